"""Records of many tests become one result."""

import contextlib
from types import SimpleNamespace

import pytest
from attrs import evolve
from suite_records import FACTS, SUBJECT, TRAFFIC, made

from tcperf.measurement import Measurement
from tcperf.model import Conditions, Unmeasured
from tcperf.suite import plugin, record
from tcperf.suite.gathering import gathered, is_blank, main_program, missed, no_subject, why_blank
from tcperf.summary import published, warnings
from tcperf.watching.choosing import Heard
from tcperf.watching.watcher import Observed


def test_a_record_travels_as_a_text():
    records = (
        made(),
        made(
            "other",
            warnings=("careful",),
            lost_packets=3,
            heard=Heard(("a",), ("b", "c")),
            unseen_bytes=7,
            started=("sh",),
        ),
    )
    assert record.loads(record.dumps(records)) == records


def test_tests_are_the_phases_of_the_suite():
    result = gathered([made(), made("other", "b.py::test_other", 5000)], SUBJECT, FACTS)
    (run,) = result.runs
    assert [(phase.name, phase.start_ns, phase.end_ns) for phase in run.phases] == [
        ("send", 1000, 1010),
        ("other", 4000, 4010),
    ]
    assert run.traffic == (TRAFFIC, TRAFFIC)
    assert {each.key for each in published(result)} == {
        f"tcperf.mine.{name}.{metric}" for name in ("send", "other") for metric in ("time_ms", "cpu_ms")
    }
    assert not warnings(result)


def test_tests_are_named_by_their_own_ids():
    records = [made(), made("sizes_11a33c__send", "a.py::test_sizes[10]", part="send")]
    result = gathered(records, SUBJECT, FACTS, {"a.py::test_no": "failed"})
    named = {info.name: (info.test, info.part) for info in result.scenarios[0].phases}
    assert named == {
        "send": ("a.py::test_send", None),
        "sizes_11a33c__send": ("a.py::test_sizes[10]", "send"),
    }
    assert result.unmeasured == (Unmeasured("mine", "a.py::test_no", "failed"),)


def test_who_passed_and_was_never_seen_is_named_with_what_it_started():
    nothing = {"nodes": {}, "programs": {}}
    records = [
        made(),
        made("short", "b.py::test_short", started=("setsid", "sh"), **nothing),
        made("short__part", "b.py::test_short", part="part", **nothing),
        made("seen_once", "c.py::test_seen", 3000, started=("setsid",), **nothing),
        made("seen_once", "c.py::test_seen", 4000, started=("setsid",)),
        made("unit", "d.py::test_unit", **nothing),
    ]
    result = gathered(records, SUBJECT, FACTS, {"e.py::test_no": "failed"})
    assert result.unmeasured == (
        Unmeasured("mine", "e.py::test_no", "failed"),
        Unmeasured("mine", "b.py::test_short", "unseen", ("setsid", "sh")),
    )


def test_repeats_are_runs_in_their_order():
    records = [made(start_ns=at, value=at / 1000) for at in (9000, 3000, 6000)]
    result = gathered(records, SUBJECT, FACTS)
    assert [run.id for run in result.runs] == ["mine-1", "mine-2", "mine-3"]
    assert result.values("mine", "send", "cpu_ms") == (3.0, 6.0, 9.0)


def test_a_test_that_was_measured_once_lacks_no_run_of_another_ones():
    records = [
        made("other", "b.py::test_other"),
        made(),
        *(made("send__part", part="part", start_ns=3000 + at) for at in range(7)),
        *(made("again", "c.py::test_again", start_ns=9000 + at) for at in range(3)),
    ]
    assert not warnings(gathered(records, SUBJECT, FACTS))
    lacking = evolve(records[-1], totals={"time_ms": records[-1].totals["time_ms"]})
    assert warnings(gathered([*records[:-1], lacking], SUBJECT, FACTS)) == (
        "mine.again.cpu_ms was measured in 2 of 3 runs",
    )


def test_what_nobody_could_look_at_is_told_once_for_all_tests():
    records = [
        made(unseen_bytes=700),
        made("send__part", part="part", unseen_bytes=700),
        made("other", "b.py::test_other", unseen_bytes=11),
        made("quiet", "c.py::test_quiet"),
    ]
    (warning,) = gathered(records, SUBJECT, FACTS).warnings
    assert warning.startswith("711 bytes on the loopback were of no known program")
    assert "in send, other:" in warning


def test_nothing_that_has_passed_is_no_result():
    assert gathered([], SUBJECT, FACTS) is None


def test_two_tests_of_a_name_are_left_out_aloud():
    result = gathered([made(), made(origin="b.py::test_send"), made("other")], SUBJECT, FACTS)
    assert [info.name for info in result.scenarios[0].phases] == ["other"]
    (warning,) = result.warnings
    assert "send is left out" in warning
    assert "a.py::test_send and b.py::test_send" in warning


def test_there_are_never_more_keys_than_allowed_and_it_is_said():
    records = [made(f"test_{number}", f"a.py::test_{number}") for number in range(9)]
    result = gathered(records, SUBJECT, evolve(FACTS, keys=5))
    assert len(published(result)) == 4
    assert any("7 of 9 tests and phases are not published" in warning for warning in result.warnings)
    chosen = gathered(records, SUBJECT, evolve(FACTS, keys=5, publish=("*_7",)))
    assert {each.phase for each in published(chosen)} == {"test_7"}
    assert not chosen.warnings


def test_what_is_not_called_as_was_asked_is_told_with_who_was_there():
    records = [
        made(heard=Heard(("node",), ("sleep",))),
        made("other", nodes={}, heard=Heard((), ("curl", "sleep"))),
    ]
    facts = evolve(FACTS, processes=("node", "nosuch"), publish=("se*", "x*"))
    process, pattern = missed(records, facts)
    assert process == (
        "--tcperf-process nosuch: no program was called so while the tests ran that passed; there were curl, sleep (give one of "
        "these names, or a pattern of it: 'status-*')"
    )
    assert pattern == "--tcperf-publish x*: no test and no phase is called so, for they are send, other"
    assert set(gathered(records, SUBJECT, facts).warnings) >= {process, pattern}
    assert not is_blank(records, facts)
    assert not missed(records, evolve(FACTS, processes=("node",), publish=("se*",)))


@pytest.mark.parametrize(
    ("strangers", "told"),
    [
        (("status-backend",), "; did you mean status-backend?"),
        (("curl", "sh", "status-backend"), "; did you mean status-backend? (there were curl, sh, too)"),
        (("curl", "status-backend"), "; did you mean status-backend? (there was curl, too)"),
        (("curl",), "; there was curl (give one of these names, or a pattern of it: 'status-*')"),
    ],
)
def test_of_a_name_that_was_mistyped_the_nearest_one_is_told(strangers, told):
    records = [made(nodes={}, programs={}, heard=Heard((), strangers))]
    facts = evolve(FACTS, processes=("statusbackend",))
    (found,) = missed(records, facts)
    assert found.endswith(f"no program was called so while the tests ran that passed{told}")
    assert why_blank(records, facts) == found


def test_where_nothing_is_published_that_is_why_whatever_else_was_missed():
    facts = evolve(FACTS, processes=("node", "nosuch"), publish=("x*",))
    records = [made(heard=Heard(("node",)))]
    process, pattern = missed(records, facts)
    assert why_blank(records, facts) == pattern
    assert why_blank(records, evolve(facts, publish=())) is None
    assert process.startswith("--tcperf-process nosuch: ")


def test_where_no_program_was_seen_at_all_that_is_told():
    records = [made(nodes={}, programs={})]
    (told,) = missed(records, FACTS)
    assert told.startswith(
        "no test that passed had a program of its own running, and all there is are times ("
    )
    assert why_blank(records, FACTS) == told
    (told,) = missed(records, evolve(FACTS, processes=("node",)))
    assert "no program was called so while the tests ran that passed, and no other program either" in told
    assert not missed(records, evolve(FACTS, processes=None))  # containers and apps tell it themselves
    assert is_blank(records, FACTS)


def test_a_container_that_has_no_figures_is_told_beside_one_that_has():
    facts = evolve(FACTS, processes=None, devices=("container waku*", "android im.status.ethereum"))
    (told,) = missed([made(programs={"waku": "container waku*"})], facts)
    assert told.startswith("--tcperf-android im.status.ethereum: nothing that is called so has figures")
    assert not missed([], facts)


def test_where_only_others_that_were_asked_for_were_there_that_is_told():
    (told,) = missed([made(heard=Heard(("sle*",)))], evolve(FACTS, processes=("node", "sle*")))
    assert told.endswith(
        "no program was called so while the tests ran that passed, and no other than those of sle*"
    )


def test_many_names_are_not_all_told():
    records = [made(f"send_{number:02}") for number in range(30)]
    (told,) = missed(records, evolve(FACTS, publish=("x",)))
    assert told.endswith("send_10, send_11 and 18 more")


def test_nothing_is_measured_where_no_test_has_passed_or_none_is_published():
    assert is_blank([], FACTS)
    assert not missed([], evolve(FACTS, processes=("node",), publish=("x",)))
    assert is_blank([made()], evolve(FACTS, publish=("x", "y")))
    assert not is_blank([made()], evolve(FACTS, publish=("x", "send")))


def test_a_test_in_which_nothing_lived_publishes_nothing():
    result = gathered([made(), made("unit", "c.py::test_unit", nodes={}, programs={})], SUBJECT, FACTS)
    assert {each.phase for each in published(result)} == {"send"}


def test_traffic_is_published_where_nobody_else_was_on_the_network():
    traffic = Measurement(100, "bytes", "sampled", "loopback, by port")
    records = [made(totals={**made().totals, "ip_bytes": traffic})]
    keys = {each.metric for each in published(gathered(records, SUBJECT, FACTS))}
    assert "ip_bytes" in keys
    on_host = evolve(FACTS, conditions=Conditions("host", None, "host"))
    assert "ip_bytes" not in {each.metric for each in published(gathered(records, SUBJECT, on_host))}


def test_lost_packets_and_several_programs_are_told():
    records = [made(lost_packets=7), made("other", programs={"node": "/bin/other"}, warnings=("one", "one"))]
    result = gathered(records, SUBJECT, FACTS)
    assert [warning for warning in result.warnings if "7 packets" in warning]
    assert [warning for warning in result.warnings if "/bin/other" in warning]
    assert result.warnings.count("one") == 1


def test_the_subject_is_what_most_of_it_executes():
    records = [made(), made(), made(programs={"node": "/bin/another"})]
    assert main_program(records) == "/bin/node"
    assert main_program([made(programs={})]) is None
    assert no_subject().path == "no program was measured"


class Still:
    """A watcher of nothing."""

    def begin(self):
        return 1

    def end(self, _number, _calls):
        return Observed({})

    def close(self):
        """Nothing to give back."""


def played(item, *phases):
    """The records of a test that plays these phases, as pytest's hooks make them."""
    tests = plugin.Tests(Still(), ())
    for _ in tests.pytest_runtest_setup(item):
        with tests.measured():
            for phase in phases:
                with tests.handle.phase(phase):
                    pass
    report = SimpleNamespace(passed=True)
    hook = tests.pytest_runtest_makereport(SimpleNamespace(when="teardown"))
    next(hook)
    with contextlib.suppress(StopIteration):
        hook.send(SimpleNamespace(get_result=lambda: report))
    tests.pytest_unconfigure()
    return record.loads(report.tcperf)


def test_a_phase_that_two_tests_play_is_each_ones_own():
    records = [
        each
        for name in ("one", "two")
        for each in played(SimpleNamespace(nodeid=f"test_a.py::test_{name}"), "send", "send")
    ]
    result = gathered(records, SUBJECT, FACTS)
    assert {info.name for info in result.scenarios[0].phases} == {
        "a_one", "a_one__send", "a_two", "a_two__send",
    }  # fmt: skip
    assert len(result.values("mine", "a_one__send", "time_ms")) == 2
    assert not [warning for warning in result.warnings if "left out" in warning]
