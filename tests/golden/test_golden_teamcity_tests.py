"""Metrics as tests of TeamCity's, as they were accepted, to the byte.

After a wanted change, ``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden/test_golden_teamcity_tests.py`` writes the files
anew; read the difference before committing it.
"""

import io
import time
from pathlib import Path

import attrs
import comparisons
import goldens
import pytest
import samples
from teamcity_parser import check_output

from tcperf.gate import TOO_NOISY
from tcperf.gating import Gate
from tcperf.ranking import LANES_DISTURB
from tcperf.reports import teamcity
from tcperf.reports.teamcity import Manner
from tcperf.teamcity import ServiceMessages

FOLDER = Path(__file__).parent / "teamcity_tests"
NOW = 1_795_572_847.25
REPORT = Path("/home/tcperf-report")
WHOLE = Manner(as_tests=True, tag=True)


@pytest.fixture(autouse=True)
def _one_time_zone(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def told(result, gate):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output, now=lambda: NOW), REPORT, WHOLE, gate)
    return output.getvalue()


def by_history():
    """A regression of which past builds tell, and that is asked to fail."""
    asked = attrs.evolve(comparisons.UNUSUAL, warns_only=False)
    result = comparisons.beside_history((asked, comparisons.VARYING, comparisons.AS_USUAL))
    builds = tuple(
        attrs.evolve(build, statistics={asked.key: 418_000 + 379 * place})
        for place, build in enumerate(result.history.builds)
    )
    return attrs.evolve(result, history=attrs.evolve(result.history, builds=builds))


def reference():
    """The reference node's: the suite says so."""
    renamed = tuple(
        attrs.evolve(each, key=each.key.replace("tcperf.", "tcperf.reference."))
        for each in (comparisons.WORSE, *comparisons.SAME)
    )
    subjects = {"head": samples.REFERENCE, "base": samples.REFERENCE}
    return attrs.evolve(comparisons.paired(renamed), subjects=subjects)


def demoted():
    """What noise and lanes kept from being gated this time: its tests are there all the same."""
    noise, lanes = f"{TOO_NOISY} 8 %: a run varies by 30 %", f"4 {LANES_DISTURB} (--lanes 1 gates it)"
    unsure = attrs.evolve(comparisons.UNSURE, gated=False, note=noise)
    better = attrs.evolve(comparisons.BETTER, gated=False, note=lanes)
    same = tuple(each for each in comparisons.SAME if each.metric != "time_ms")
    return comparisons.paired((comparisons.WORSE, unsure, better, *same))


MADE = {
    "problem.txt": lambda: told(comparisons.paired(), Gate("problem")),
    "condition.txt": lambda: told(comparisons.paired(), Gate("condition")),
    "history.txt": lambda: told(by_history(), Gate("problem")),
    "reference.txt": lambda: told(reference(), Gate("problem")),
    "demoted.txt": lambda: told(demoted(), Gate("problem")),
    "clean.txt": lambda: told(comparisons.clean(), Gate("problem")),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_told_is_as_it_was_accepted(name):
    goldens.check(FOLDER / name, MADE[name]())


def test_no_accepted_file_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_every_accepted_file_is_what_teamcity_reads(name):
    assert check_output((FOLDER / name).read_bytes())
