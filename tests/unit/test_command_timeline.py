"""Which phases marks make: each one stretch, of a name of its own."""

import pytest

from tcperf.command.timeline import MOST, RefusedMarkError, Timeline


def test_each_mark_ends_the_phase_before():
    line = Timeline()
    for name, open_ in (("load", "load"), ("talk", "talk"), ("", ""), ("", ""), ("rest", "rest")):
        line.mark(name)
        assert line.open == open_
    assert line.names == ["load", "talk", "rest"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Load", "the phase name 'Load' does not fit"),
        ("load-1", "does not fit"),
        ("x" * 25, "does not fit"),
        ("a\n##teamcity[x]", "does not fit"),
        ("run", "a phase is marked run, which is the whole life"),
        ("load", "the phase load is marked twice"),
    ],
)
def test_what_is_refused_changes_nothing(name, why):
    line = Timeline()
    line.mark("load")
    with pytest.raises(RefusedMarkError, match=why) as refused:
        line.mark(name)
    assert (line.open, line.names) == ("load", ["load"])
    assert refused.value.cure
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 3


def test_there_is_an_end_to_phases():
    line = Timeline()
    for number in range(MOST):
        line.mark(f"p{number}")
    with pytest.raises(RefusedMarkError, match=f"more than {MOST} phases"):
        line.mark("one_more")
    line.mark("")
    assert line.open == ""
