"""The traffic of a phase that encloses all others."""

from attrs import evolve

from tcperf.probes.enclosing import enclose
from tcperf.traffic import BROADCAST, Traffic


def row(phase, frame_bytes, packets, *, peer=BROADCAST, direction="sent"):
    return Traffic(
        phase, "program", direction, peer, "udp", "other", frame_bytes, frame_bytes - 14, 1, packets, 2, 3, 4
    )


ROWS = (
    row("run", 100, 1),
    row("load", 200, 2),
    row("", 50, 1),
    row("talk", 300, 3),
    row("talk", 9, 1, peer="(outside)"),
)


def test_the_whole_is_the_sum_of_what_lies_in_it():
    whole, outside, *others = enclose(ROWS, "run")
    assert whole == Traffic("run", "program", "sent", BROADCAST, "udp", "other", 600, 558, 3, 6, 6, 9, 12)
    assert outside == evolve(ROWS[4], phase="run")
    assert others == [ROWS[1], ROWS[2], ROWS[3], ROWS[4]]


def test_directions_are_kept_apart():
    rows = (row("run", 100, 1), row("load", 200, 2, direction="received"))
    assert [found.frame_bytes for found in enclose(rows, "run") if found.phase == "run"] == [100, 200]


def test_nothing_comes_of_nothing():
    assert enclose((), "run") == ()
    assert enclose((row("", 50, 1),), "run") == (row("", 50, 1),)
