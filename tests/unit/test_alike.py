"""What differs between two sides, in words."""

import re

import attrs
import pytest
import samples

from tcperf.alike import subject_warnings, unlike_builds, unlike_machines, unlike_params
from tcperf.model import Environment
from tcperf.subject import GoBuild

HEAD, BASE = samples.BACKEND, samples.PARENT


def build(version="go1.22.9", **settings):
    return GoBuild(version, settings={re.sub("^_", "-", name): value for name, value in settings.items()})


# --- programs ----------------------------------------------------------------------------------------


def command(words, sha256="a" * 64):
    return attrs.evolve(BASE, go=None, generation="command", command=words, sha256=sha256)


def test_one_interpreter_with_two_programs_is_not_one_binary():
    assert subject_warnings(command("python3 old.py"), command("python3 new.py")) == ()
    assert not command("python3 old.py").is_same(command("python3 new.py"))


def test_one_command_twice_may_still_read_something_else():
    (told,) = subject_warnings(command("sh load.sh"), command("sh load.sh"))
    assert (
        told
        == "base and head are the same command: whatever differs is noise, unless what it runs or reads has changed"
    )
    assert subject_warnings(command("./load"), command("./load", "b" * 64)) == ()


def test_one_script_or_interpreter_twice_may_still_run_something_else():
    script = attrs.evolve(BASE, go=None, path="/usr/bin/python3")
    assert subject_warnings(script, script) == (
        "base and head are the same program: whatever differs is noise, unless what it runs or reads has changed",
    )
    assert subject_warnings(script, attrs.evolve(script, sha256="b" * 64)) == ()


def test_of_two_programs_of_which_nothing_is_known_nothing_is_said():
    unknown = attrs.evolve(BASE, go=None, sha256="")
    assert subject_warnings(unknown, unknown) == ()
    assert not unknown.is_same(unknown)


def test_a_node_beside_itself_is_one_binary():
    assert subject_warnings(BASE, attrs.evolve(BASE, path="/elsewhere")) == (
        "base and head are the same binary: whatever differs is noise",
    )


# --- builds ------------------------------------------------------------------------------------------


def test_two_builds_of_different_sources_are_alike():
    head = attrs.evolve(
        samples.GO, settings={**samples.GO.settings, "vcs.revision": "b7e6", "vcs.modified": "true"}
    )
    assert unlike_builds(samples.GO, attrs.evolve(head, module_version="v1.2")) == ()
    assert unlike_builds(None, None) == ()


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        (build("go1.21.13"), build(), ("Go version: go1.21.13 against go1.22.9",)),
        (build(_tags="a,b"), build(_tags="b,c,d"), ("-tags: a against c d",)),
        (build(_tags="a,b"), build(_tags="b a"), ()),
        (build(), build(_tags="nosqlite"), ("-tags: nosqlite only in the head",)),
        (build(_race="true"), build(), ("-race: true only in the base",)),
        (build(CGO_ENABLED="1"), build(CGO_ENABLED="0"), ("CGO_ENABLED: 1 against 0",)),
        (build(_gcflags="-N -l"), build(_gcflags="-l"), ("-gcflags: -N only in the base",)),
        (
            build("go1.21.13", _tags="a"),
            build(_race="true"),
            (
                "Go version: go1.21.13 against go1.22.9",
                "-race: true only in the head",
                "-tags: a only in the base",
            ),
        ),
        (None, build(), ("only the head has build information",)),
        (build(), None, ("only the base has build information",)),
    ],
)
def test_what_differs_in_how_they_were_built(base, head, told):
    assert unlike_builds(base, head) == told


def test_the_two_are_called_as_the_caller_calls_them():
    sides = ("earlier one", "last one")
    found = unlike_builds(build(_race="true"), build(_tags="a"), sides=sides)
    assert found == ("-race: true only in the earlier one", "-tags: a only in the last one")
    assert unlike_builds(build(), None, sides=sides) == ("only the earlier one has build information",)
    assert unlike_builds(None, build(), sides=sides) == ("only the last one has build information",)
    assert unlike_builds(build(_tags="a"), build(_tags="b"), sides=sides) == ("-tags: a against b",)


def test_what_the_linker_writes_into_a_program_is_meant_to_differ():
    base = build(_ldflags='-s -X main.commit=4c6c -X "main.name=a b"')
    assert unlike_builds(base, build(_ldflags='-X=main.commit=b7e6 -X "main.name=c d" -s')) == ()
    assert unlike_builds(base, build(_ldflags="-X main.commit=b7e6")) == ("-ldflags: -s only in the base",)
    assert unlike_builds(base, build(_ldflags="-s -X")) == ()


def test_where_libraries_lie_on_the_machine_that_built_it_means_nothing():
    base = build(CGO_LDFLAGS="-L/build/head/lib -lsds", CGO_CFLAGS="-I/build/head/include -O2")
    head = build(CGO_LDFLAGS="-L/build/base/lib -lsds", CGO_CFLAGS="-I/build/base/include -O0")
    assert unlike_builds(base, head) == ("CGO_CFLAGS: -O2 against -O0",)


def test_a_quotation_that_does_not_end_is_taken_word_by_word():
    assert unlike_builds(build(_ldflags='-s "-w'), build(_ldflags="-s")) == (
        '-ldflags: "-w only in the base',
    )


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_whatever_stands_in_a_build_is_told_on_one_short_line(text):
    for told in unlike_builds(build(text, **{f"_{text}": text}), build()):
        assert told.isprintable()
        assert "\n" not in told


# --- subjects ----------------------------------------------------------------------------------------


def test_two_builds_of_a_branch_and_its_parent_need_no_warning():
    assert subject_warnings(BASE, HEAD) == ()


def test_one_binary_twice():
    assert subject_warnings(HEAD, HEAD) == ("base and head are the same binary: whatever differs is noise",)
    assert len(subject_warnings(samples.REFERENCE, samples.REFERENCE)) == 1


def test_binaries_that_were_built_differently():
    base = attrs.evolve(BASE, go=attrs.evolve(samples.GO, go_version="go1.21.13"))
    assert subject_warnings(base, HEAD) == (
        "base and head are built differently: Go version: go1.21.13 against go1.22.9",
    )
    assert subject_warnings(attrs.evolve(BASE, go=None), HEAD) == (
        "base and head are built differently: only the head has build information",
    )


def test_nodes_that_are_driven_differently():
    base = attrs.evolve(BASE, generation="statusd")
    assert subject_warnings(base, HEAD) == (
        "base and head are of unlike generations: 'statusd' against 'status-backend (relayPeersByTopic)'",
    )
    never_ran = attrs.evolve(
        BASE, generation="unknown"
    )  # then nobody knows, and something else is told of it
    assert subject_warnings(never_ran, HEAD) == subject_warnings(HEAD, never_ran) == ()
    assert subject_warnings(samples.REFERENCE, HEAD) == ("only the base is the bundled reference node",)
    assert subject_warnings(BASE, samples.REFERENCE) == ("only the head is the bundled reference node",)


# --- machines ----------------------------------------------------------------------------------------


def test_a_machine_is_like_itself_whatever_its_name_and_load():
    other = attrs.evolve(
        samples.ENVIRONMENT, hostname="agent-9", load_1m=2.5, cpu_mhz=3100.0, pressure_cpu_some_avg10=None,
        python="3.13.1", memory_bytes=8_100_000_000,
    )  # fmt: skip
    assert unlike_machines(samples.ENVIRONMENT, other) == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"machine": "aarch64"}, "architecture: x86_64 against aarch64"),
        ({"cpu_model": None}, "CPU: AMD EPYC 9454P 48-Core Processor against unknown"),
        ({"cpu_count": 4}, "cores: 2 against 4"),
        ({"memory_bytes": 4 << 30}, "memory: 7.65 GiB against 4.00 GiB"),
        ({"memory_bytes": None}, "memory: 7.65 GiB against unknown"),
        ({"kernel": "6.1.0"}, "kernel: 6.18.5-amd64 against 6.1.0"),
        ({"governor": "powersave"}, "governor: unknown against powersave"),
        ({"virtualization": None}, "virtualization: kvm against unknown"),
    ],
)
def test_what_makes_machines_unlike(changes, told):
    assert unlike_machines(samples.ENVIRONMENT, attrs.evolve(samples.ENVIRONMENT, **changes)) == (told,)


def test_every_figure_of_a_machine_is_thought_of():
    """What is added to the model must be compared, too, or be named here."""
    compared = {"machine", "cpu_model", "cpu_count", "memory_bytes", "kernel", "governor", "virtualization"}
    momentary = {"cpu_mhz", "load_1m", "pressure_cpu_some_avg10"}
    names = {"hostname", "system", "python"}
    assert compared | momentary | names == {field.name for field in attrs.fields(Environment)}


# --- parameters --------------------------------------------------------------------------------------


def test_parameters_are_told_one_by_one():
    other = attrs.evolve(samples.ONE_TO_ONE, params={"messages": 20, "step": 2.0})
    assert unlike_params(samples.ONE_TO_ONE, samples.ONE_TO_ONE) == ()
    assert unlike_params(samples.ONE_TO_ONE, other) == (
        "messages: 100 against 20", "order: 'blocks' against none", "step: none against 2.0",
    )  # fmt: skip
