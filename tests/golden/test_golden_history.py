"""What ``tcperf history`` prints, as it was accepted.  TCPERF_UPDATE_GOLDEN=1 writes it anew: look at the difference."""

from pathlib import Path

import goldens
import pasts
import pytest

from tcperf.reports import console_history, history_csv
from tcperf.reports.past import WINDOW, past

FOLDER = Path(__file__).parent / "history"
KEYS = (
    pasts.SENT,
    pasts.TIME,
    "tcperf.one_to_one.messages.cpu_ms",
    "tcperf.one_to_one.messages.memory_peak_bytes",
    "tcperf.one_to_one.messages.packets_count",
    pasts.IDLE,
    "tcperf.reference.cold_start.first_peer.time_ms",
)


def found(count):
    return past("Perf_OneToOne", pasts.many(count, KEYS))


MADE = {
    "history.csv": lambda: history_csv.render(found(6)),
    "console.txt": lambda: console_history.render(found(60), window=WINDOW),
    "console_few.txt": lambda: console_history.render(found(3), window=WINDOW),
}


@pytest.mark.parametrize("name", MADE)
def test_a_report_is_as_it_was_accepted(name):
    goldens.check(FOLDER / name, MADE[name]())


def test_no_accepted_report_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)
