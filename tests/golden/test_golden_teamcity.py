"""What TeamCity is told of comparisons, as it was accepted, to the byte.

After a wanted change, ``TCPERF_UPDATE_GOLDEN=1 pytest tests/golden/test_golden_teamcity.py`` writes the files anew;
read the difference before committing it.
"""

import io
from pathlib import Path

import attrs
import comparisons
import goldens
import pytest
import samples
from teamcity_parser import check_output

from tcperf import reasons
from tcperf.allowance import Allowance
from tcperf.comparison import Pairing
from tcperf.gating import Gate
from tcperf.reports import teamcity
from tcperf.rules import GatePolicy
from tcperf.teamcity import ServiceMessages

FOLDER = Path(__file__).parent / "teamcity"
NOW = 1_795_572_847.25
REPORT = Path("/home/tcperf-report")


@pytest.fixture(autouse=True)
def _one_time_zone(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def told(result, gate):
    output = io.BytesIO()
    teamcity.emit(result, ServiceMessages(output, now=lambda: NOW), REPORT, gate=gate)
    return output.getvalue()


def accepted():
    """A change that tcperf.toml accepts, beside figures that are as they were."""
    known = attrs.evolve(comparisons.WORSE, accepted="larger keys, until 2027-01-31")
    return comparisons.paired((known, *comparisons.SAME))


def limited():
    """A limit that is exceeded, without a base to compare with."""
    over = attrs.evolve(
        comparisons.OVER,
        change="not_compared",
        note="no base",
        base_median=None,
        effect_pct=None,
        low_pct=None,
        high_pct=None,
        p=None,
        pairs=0,
    )
    return attrs.evolve(samples.result(scenarios=(samples.ONE_TO_ONE,)), comparisons=(over,))


def cut_short():
    """Pairs that the budget ended while a gated metric could not be told."""
    pairing = Pairing("one_to_one", 10, stopped="budget")
    found = (comparisons.UNSURE, *comparisons.SAME)
    return comparisons.paired(found, pairings=pairing, warnings=tuple(reasons.warnings((pairing,), found)))


def too_short():
    """Pairs that the budget ended before there was anything to say."""
    problem = Allowance(20.0, 7, lambda: 0.0).problem(1, 30, 10)
    lost = tuple(
        comparisons.comparison(metric, "not_compared", pairs=0, note=problem) for metric in samples.PUBLISHED
    )
    return comparisons.paired(
        lost, pairs=1, pairings=Pairing("one_to_one", 1, redone=10, stopped="budget", problem=problem)
    )


PROBLEM = Gate("problem")
MADE = {
    "worse.txt": lambda: told(comparisons.paired(), PROBLEM),
    "worse_exit.txt": lambda: told(comparisons.paired(), Gate("exit")),
    "undecided_fails.txt": lambda: told(
        comparisons.paired((comparisons.UNSURE, *comparisons.SAME)),
        Gate("problem", GatePolicy(undecided="fail")),
    ),
    "clean.txt": lambda: told(comparisons.clean(), PROBLEM),
    "accepted.txt": lambda: told(accepted(), PROBLEM),
    "failed.txt": lambda: told(comparisons.failed(), PROBLEM),
    "cut_short.txt": lambda: told(cut_short(), PROBLEM),
    "too_short.txt": lambda: told(too_short(), PROBLEM),
    "limited.txt": lambda: told(limited(), PROBLEM),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_told_is_as_it_was_accepted(name):
    goldens.check(FOLDER / name, MADE[name]())


def test_no_accepted_file_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_every_accepted_file_is_what_teamcity_reads(name):
    assert check_output((FOLDER / name).read_bytes())
