"""Scenarios are found by name, and imported when they are asked for."""

import sys
import textwrap
from pathlib import Path

import pytest
import tcperf_scenarios

from tcperf.errors import ConfigError, UsageError
from tcperf.registry import GROUP, discover

SOURCE = '''\
"""A scenario of {name}."""
from attrs import frozen
from tcperf.scenario import Phase
PHASES = (Phase("only", publish=True),)
@frozen
class Params:
    pass
def run(stage, params): ...
'''
OWN = (
    *("burst", "churn", "cold_start", "group_chat", "idle", "login"),
    *("many_chats", "offline_catchup", "one_to_one", "paced", "relay_chain"),
)


MADE = ("_tcperf_scenario_", "greet_module", "broken_module")


@pytest.fixture(autouse=True)
def _clean_imports():
    path = list(sys.path)
    yield
    assert sys.path == path
    for name in [name for name in sys.modules if name.startswith(MADE)]:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "scenarios"
    made.mkdir()
    return made


def write(folder, name, text=None):
    path = folder / f"{name}.py"
    path.write_text(SOURCE.format(name=name) if text is None else textwrap.dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Installs a distribution ``strangers`` with the entry points and modules given."""
    site = tmp_path / "site"

    def install(entry_points, **modules):
        info = site / "strangers-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_points}\n")
        for name, text in modules.items():
            write(site, name, text)

    monkeypatch.syspath_prepend(site)
    return install


@pytest.fixture
def nothing_installed(monkeypatch):
    """As in a clone that nobody installed: no distribution at all."""
    monkeypatch.setattr(sys, "path", [])


def test_tcperfs_own_scenarios_are_found_through_their_entry_points():
    registry = discover([])
    assert registry.names == OWN
    assert registry.installed
    assert registry.get("idle").origin == "distribution tcperf"


def test_names_are_found_without_an_import(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("tcperf_scenarios")]:
        monkeypatch.delitem(sys.modules, name)
    assert discover([]).names == OWN
    assert not [name for name in sys.modules if name.startswith("tcperf_scenarios")]


def test_modules_of_a_folder_are_found(folder):
    path = write(folder, "mine")
    write(folder, "_shared", "raise SystemExit('not a scenario')")
    (folder / "notes.txt").write_text("no module")
    (folder / "package.py").mkdir()
    registry = discover([folder])
    assert registry.names == tuple(sorted((*OWN, "mine")))
    scenario = registry.get("mine")
    assert (scenario.name, scenario.help, scenario.origin) == ("mine", "A scenario of mine.", str(path))


def test_a_folders_modules_are_imported_when_asked_for_and_once(folder):
    write(
        folder,
        "mine",
        SOURCE.format(name="mine") + "import sys\nsys.counted = getattr(sys, 'counted', 0) + 1\n",
    )
    registry = discover([folder])
    try:
        assert not hasattr(sys, "counted")
        assert registry.get("mine") is registry.get("mine")
        assert sys.counted == 1
    finally:
        del sys.counted


def test_modules_of_a_folder_have_private_names_and_hide_no_other(folder):
    write(folder, "json")
    scenario = discover([folder]).get("json")
    import json

    assert json.loads("1") == 1
    assert scenario.run.__module__.startswith("_tcperf_scenario_")
    assert sys.modules[scenario.run.__module__].run is scenario.run


def test_modules_of_one_name_in_two_folders_keep_apart(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    write(folder, "mine")
    write(other, "mine", SOURCE.format(name="the other"))
    assert discover([folder]).get("mine").help == "A scenario of mine."
    assert discover([other]).get("mine").help == "A scenario of the other."
    with pytest.raises(
        ConfigError, match=r"two scenarios are called mine: .*/scenarios/mine\.py, .*/other/mine\.py"
    ):
        discover([folder, other])


def test_a_folder_given_twice_is_searched_once(folder):
    write(folder, "mine")
    assert "mine" in discover([folder, folder / ".." / folder.name]).names


def test_a_folders_scenario_may_not_take_an_installed_name(folder):
    path = write(folder, "idle")
    with pytest.raises(ConfigError) as caught:
        discover([folder])
    assert (
        str(caught.value)
        == f"two scenarios are called idle: distribution tcperf, {path} (rename one of them)"
    )


@pytest.mark.parametrize("name", ["absent", "file"])
def test_a_folder_that_cannot_be_read(folder, name):
    (folder / "file").write_text("")
    with pytest.raises(
        ConfigError, match=r"the folder of scenarios .* cannot be read: .*--scenarios takes a folder"
    ):
        discover([folder / name])


def test_an_unknown_scenario_gets_the_nearest_name_and_all_others():
    with pytest.raises(UsageError) as caught:
        discover([]).get("one_two_one")
    assert (
        str(caught.value) == "there is no scenario 'one_two_one' (did you mean one_to_one? "
        f"others are {', '.join(name for name in OWN if name != 'one_to_one')})"
    )
    assert caught.value.exit_status == 2


def test_an_unknown_scenario_elsewhere_is_reported_with_its_place():
    error = discover([]).unknown("idel", "tcperf.toml:3")
    assert error.message == "tcperf.toml:3: there is no scenario 'idel'"


@pytest.mark.usefixtures("nothing_installed")
def test_a_clone_that_is_not_installed_says_how_to_install_it():
    registry = discover([])
    assert (registry.names, registry.installed) == ((), False)
    with pytest.raises(UsageError) as caught:
        registry.get("one_to_one")
    assert caught.value.cure == "install tcperf to have its own scenarios: pip install ."
    assert registry.listing().warnings == ("install tcperf to have its own scenarios: pip install .",)


@pytest.mark.usefixtures("nothing_installed")
def test_a_clone_that_is_not_installed_still_runs_scenarios_of_folders(folder):
    write(folder, "mine")
    registry = discover([folder])
    assert registry.get("mine").name == "mine"
    with pytest.raises(UsageError, match=r"did you mean mine\?; install tcperf to have its own scenarios"):
        registry.get("min")


def test_a_strangers_distribution_is_found(distribution):
    distribution("greet = greet_module", greet_module=SOURCE.format(name="strangers"))
    scenario = discover([]).get("greet")
    assert (scenario.name, scenario.origin) == ("greet", "distribution strangers")


BROKEN = {
    "an exception": ("raise ValueError('one\\ntwo')\n", "cannot be imported: ValueError: one two"),
    "an exception without a text": ("raise KeyError\n", "cannot be imported: KeyError"),
    "an end of the program": ("import sys\nsys.exit(3)\n", "cannot be imported: SystemExit: 3"),
    "a syntax error": ("\ndef run(:\n", "cannot be imported: SyntaxError: invalid syntax (mend that line"),
    "no text": ("\0", "cannot be imported: SyntaxError: source code string cannot contain null bytes (save it"),
    "an absent module": ("import absent_module\n", "ModuleNotFoundError: No module named 'absent_module'"),
    "a phase's name": ("from tcperf.scenario import Phase\nPhase('A b')\n", ": the phase name 'A b' does not fit (a name"),
    "no scenario": ("x = 1\n", ": it has no docstring"),
    "a metric": (
        "\nfrom tcperf.scenario import Phase\nPhase('a', publish=('time',))\n",
        ": phase a publishes 'time', which is no metric (did you mean time_ms?",
    ),
    "a need": (SOURCE + "NEEDS = ('groops',)\n", ": it needs groops, which is no capability (did you mean groups?"),
}  # fmt: skip
#: The line that each is told with; None: Python itself tells none.
LINES = {
    "an exception": 1,
    "an exception without a text": 1,
    "an end of the program": 2,
    "a syntax error": 2,
    "no text": None,
    "an absent module": 1,
    "a phase's name": 2,
    "no scenario": 1,
    "a metric": 3,
    "a need": 9,
}


def place(path, kind):
    return f"{path}" if LINES[kind] is None else f"{path}:{LINES[kind]}"


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_an_error_only_when_asked_for(folder, kind):
    text, message = BROKEN[kind]
    path = write(folder, "broken", text)
    registry = discover([folder])
    assert registry.get("idle").name == "idle"
    with pytest.raises(ConfigError) as caught:
        registry.get("broken")
    assert caught.value.exit_status == 2
    assert caught.value.cure
    assert str(caught.value).startswith(f"scenario broken ({place(path, kind)})")
    assert message in str(caught.value)
    assert all(line.startswith(f"{path}:") for line in caught.value.details)
    imported = kind in {"no scenario", "a need"}
    assert not [name for name in sys.modules if name.startswith("_tcperf_scenario_")] or imported


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_entry_point_is_an_error_that_names_its_distribution(distribution, tmp_path, kind):
    text, message = BROKEN[kind]
    distribution("broken = broken_module", broken_module=text)
    with pytest.raises(ConfigError) as caught:
        discover([]).get("broken")
    lines = "" if LINES[kind] is None else f", {place(tmp_path / 'site' / 'broken_module.py', kind)}"
    assert str(caught.value).startswith(f"scenario broken (distribution strangers{lines})")
    assert message.partition(" (")[0] in str(caught.value)


def test_an_entry_point_of_an_absent_module_says_what_to_do(distribution):
    distribution("broken = gone")
    with pytest.raises(ConfigError) as caught:
        discover([]).get("broken")
    assert caught.value.cure == "install it again, or remove it: its entry point is broken = gone"


def test_an_entry_point_is_a_module(distribution):
    distribution("broken = broken_module:run", broken_module="def run(): ...")
    with pytest.raises(ConfigError, match=r"\(distribution strangers\) is no module but function"):
        discover([]).get("broken")


def test_a_files_name_never_breaks_the_line(folder):
    write(folder, "two\nlines")
    (warning,) = discover([folder]).listing().warnings
    assert warning.isprintable()
    assert warning.startswith(r"scenario 'two\nlines' (")


def test_the_place_of_the_fault_is_among_the_details(folder):
    path = write(folder, "broken", "x = 1\n\n1 / 0\n")
    with pytest.raises(ConfigError) as caught:
        discover([folder]).get("broken")
    assert caught.value.details == (f"{path}:3: 1 / 0",)


def test_what_fails_far_from_the_module_is_told_with_the_modules_own_lines(folder):
    text = "import json\ndef read(text):\n    return json.loads(text)\n\nread('{')\n"
    path = write(folder, "broken", text)
    with pytest.raises(ConfigError) as caught:
        discover([folder]).get("broken")
    assert str(caught.value).startswith(f"scenario broken ({path}:3) cannot be imported: JSONDecodeError: ")
    assert caught.value.details == (f"{path}:5: read('{{')", f"{path}:3: return json.loads(text)")


def test_an_interruption_of_an_import_passes(folder):
    write(folder, "slow", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        discover([folder]).get("slow")


def test_a_listing_has_every_good_scenario_and_a_line_for_each_broken_one(folder, distribution):
    distribution("stranger = gone")
    write(folder, "good")
    path = write(folder, "Bad-Name")
    listing = discover([folder]).listing()
    assert [scenario.name for scenario in listing.scenarios] == sorted((*OWN, "good"))
    assert len(listing.warnings) == 2
    assert listing.warnings[0].startswith(f"scenario Bad-Name ({path}:1): its name does not fit")
    assert listing.warnings[1].startswith("scenario stranger (distribution strangers) cannot be imported")
    assert all("\n" not in warning for warning in listing.warnings)


def test_in_a_clone_that_is_installed_for_work_its_folder_may_be_named(tmp_path):
    folder = Path(tcperf_scenarios.__file__).parent
    assert discover([folder]).names == OWN
    (tmp_path / "burst.py").write_text("")
    with pytest.raises(ConfigError, match="two scenarios are called burst"):
        discover([tmp_path])
