"""Patterns of tcperf.toml that can match nothing or have nothing to say, beside the scenarios there are and a result."""

import re
from pathlib import Path

import attrs
import pytest
import samples

from tcperf import config, registry
from tcperf.cli.patterns import pattern_warnings
from tcperf.config import Config
from tcperf.remarks import of_runs
from tcperf.rules import NOTHING_LEFT

ACCEPT = 'up_to = "5 %"\nreason = "known"\nuntil = 2030-01-01\n'
GREET = (
    '"""Greet."""\nfrom attrs import frozen\nfrom tcperf.scenario import Phase\nPHASES = (Phase("hello"),)\n'
    "@frozen\nclass Params:\n    pass\n\ndef run(stage, params):\n    pass\n"
)


@pytest.fixture(name="installed", scope="module")
def installed_fixture():
    return registry.discover(())


def loaded(folder, text):
    (folder / "tcperf.toml").write_text(text)
    return config.load(None, folder)


class NoRegistry:
    """Scenarios that nobody may look at: their modules are others' code."""

    def listing(self):
        raise AssertionError("the scenarios were imported")


def test_without_patterns_no_scenario_is_looked_at():
    assert pattern_warnings(Config(), NoRegistry()) == ()


def test_patterns_of_any_scenario_are_fine_whichever_is_played(tmp_path, installed):
    found = loaded(
        tmp_path,
        '[[gate.rule]]\nmatch = "cold_start.*.time_ms"\nreport_only = true\n'
        f'[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "9 %"\n[[accept]]\nmatch = "idle.*"\n{ACCEPT}',
    )
    assert pattern_warnings(found, installed) == ()


def test_each_that_matches_nothing_is_told_with_its_place(tmp_path, installed):
    found = loaded(
        tmp_path,
        '[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "9 %"\n'
        '[[gate.rule]]\nmatch = "*.sent_byte"\nworse_by = "9 %"\n'
        f'[[accept]]\nmatch = "one_to_one.mesages.*"\n{ACCEPT}',
    )
    assert pattern_warnings(found, installed) == (
        f"no key matches *.sent_byte: did you mean *.sent_bytes? ([[gate.rule]] at {tmp_path}/tcperf.toml:5)",
        (
            "no key matches one_to_one.mesages.*: did you mean one_to_one.messages.*? "
            f"([[accept]] at {tmp_path}/tcperf.toml:8)"
        ),
    )


def test_a_rule_that_later_ones_leave_nothing_of_is_told_with_its_place_and_theirs(tmp_path, installed):
    found = loaded(
        tmp_path,
        '[[gate.rule]]\nmatch = "one_to_one.messages.cpu_ms"\nworse_by = "20 %"\n\n'
        '[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "9 %"\nfloor = "50 ms"\n',
    )
    path = tmp_path / "tcperf.toml"
    assert pattern_warnings(found, installed) == (
        (
            "nothing is left of the rule one_to_one.messages.cpu_ms: whatever it says, a later one says of the same "
            f"keys, and the last match wins (*.cpu_ms at {path}:6): put it below, or delete it "
            f"([[gate.rule]] at {path}:2)"
        ),
    )


def test_an_exception_below_what_it_is_an_exception_from_is_fine(tmp_path, installed):
    found = loaded(
        tmp_path,
        '[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "9 %"\n\n'
        '[[gate.rule]]\nmatch = "one_to_one.messages.cpu_ms"\nworse_by = "20 %"\n',
    )
    assert pattern_warnings(found, installed) == ()


def test_whether_a_rule_is_hidden_hangs_on_the_scenarios_there_are(tmp_path, installed):
    (tmp_path / "welcome.py").write_text(GREET)
    found = loaded(
        tmp_path,
        '[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "9 %"\n'
        '[[gate.rule]]\nmatch = "[!w]*"\nworse_by = "5 %"\n',
    )
    (told,) = pattern_warnings(found, installed)
    assert told.startswith("nothing is left of the rule *.cpu_ms: ")
    assert pattern_warnings(found, registry.discover([tmp_path])) == ()


def test_such_a_warning_is_about_a_comparison_and_not_about_its_runs():
    """Other rules make other ones: what was said of an earlier comparison is not said of this one."""
    told = f"{NOTHING_LEFT} *.cpu_ms: whatever it says"
    result = attrs.evolve(samples.result(), warnings=("a run's own", told))
    assert of_runs(result) == ("a run's own",)


def test_the_example_of_the_documentation_has_no_such_pattern(tmp_path, installed):
    page = (Path(__file__).parents[2] / "docs" / "thresholds.rst").read_text("utf-8")
    (example,) = re.findall(r"code-block:: toml\n\n((?:   .*\n|\n)+)", page)
    found = loaded(tmp_path, re.sub(r"^   ", "", example, flags=re.MULTILINE))
    assert found.has_patterns
    assert pattern_warnings(found, installed) == ()


def test_the_scenarios_of_a_folder_are_known(tmp_path):
    (tmp_path / "greet.py").write_text(GREET)
    found = loaded(tmp_path, '[[gate.rule]]\nmatch = "greet.hello.cpu_ms"\nreport_only = false\n')
    assert pattern_warnings(found, registry.discover([tmp_path])) == ()
    assert len(pattern_warnings(found, registry.discover(()))) == 1


def test_so_are_those_of_a_result_from_elsewhere(tmp_path, installed):
    found = loaded(tmp_path, '[[gate.rule]]\nmatch = "party.dance.cpu_ms"\nreport_only = false\n')
    info = attrs.evolve(samples.ONE_TO_ONE, name="party", phases=())
    run = attrs.evolve(samples.run(samples.ONE_TO_ONE, 1), scenario="party")
    run = attrs.evolve(run, phases=(attrs.evolve(run.phases[0], name="dance"),))
    result = attrs.evolve(samples.result(), scenarios=(info,), runs=(run,))
    assert pattern_warnings(found, installed, result) == ()
    assert len(pattern_warnings(found, installed, attrs.evolve(result, runs=()))) == 1
