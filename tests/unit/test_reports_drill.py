"""The drill's table."""

import attrs
import comparisons
import pytest

from tcperf.plants.finding import Finding
from tcperf.plants.goal import Goal
from tcperf.plants.kinds import KINDS
from tcperf.plants.means import Means
from tcperf.reports.drill import Row, render

CLEAN = Row("none", Finding(7, None))
GOAL = Goal(KINDS["bytes"], comparisons.WORSE.key, "messages", 420_082, 25_205, 12_602)
BYTES = Row(
    "bytes",
    Finding(10, comparisons.WORSE, also=(attrs.evolve(comparisons.UNSURE, change="worse"),)),
    GOAL,
    Means("the reference node's own switch, --plant bytes=6.0000%", switch="bytes=6.0000%"),
)
MISSED = Row(
    "memory",
    Finding(15, None, objections=("tcperf.one_to_one.messages.memory_peak_bytes was not compared",)),
    attrs.evolve(GOAL, kind=KINDS["memory"], clean=1 << 30, amount=100 << 20),
    Means("a companion, the node's child, that holds 52428800 bytes"),
)


def test_the_table_as_it_is_shown():
    assert render([CLEAN, BYTES, MISSED], "drill of one_to_one, the reference node: 1 of 3 steps WRONG") == (
        "drill of one_to_one, the reference node: 1 of 3 steps WRONG\n"
        "\n"
        "      plant  must turn red              planted           seen\n"
        "ok    none   nothing                    nothing           nothing red, 7 pairs\n"
        "ok    bytes  messages sent_bytes        +24.6 KiB (6.0%)  +6.2 % (4.9 … 7.6)\n"
        "WRONG memory messages memory_peak_bytes +100 MiB (9.8%)   not compared\n"
        "\n"
        "bytes: in 10 pairs, planted by the reference node's own switch, --plant\n"
        "  bytes=6.0000%\n"
        "  red with it, as may be: messages cpu_ms +4.6 %\n"
        "memory: in 15 pairs, planted by a companion, the node's child, that holds\n"
        "  52428800 bytes\n"
        "  WRONG: tcperf.one_to_one.messages.memory_peak_bytes was not compared\n"
    )


@pytest.mark.parametrize("width", [80, 60])
def test_no_line_is_too_long(width):
    title = f"drill of one_to_one, {'/very/long' * 30}: fine"
    assert all(len(line) <= width for line in render([CLEAN, BYTES, MISSED], title, width).splitlines())


def test_others_text_commands_nobody():
    hostile = "##teamcity[buildStatus status='SUCCESS']"
    row = attrs.evolve(MISSED, finding=attrs.evolve(MISSED.finding, objections=(hostile,)))
    assert "##teamcity[" not in render([row], hostile)
