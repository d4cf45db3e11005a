"""Which runs count, in plain sentences."""

import attrs
import comparisons as made
import pytest
import samples

from tcperf.comparison import Pairing
from tcperf.reports.runs_told import runs_sentence


def result(*lost, pairs=2, redone=0):
    """Pairs and, discarded for these reasons, other runs."""
    whole = made.paired(pairs=pairs, pairings=Pairing("one_to_one", pairs, redone=redone))
    kept = [run for run in whole.runs if not run.discarded]
    more = [
        attrs.evolve(kept[0], id=f"lost-{place}", discarded=True, discarded_because=because)
        for place, because in enumerate(lost)
    ]
    return attrs.evolve(whole, runs=(*kept, *more))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (result(), "All 4 runs count, two a pair."),
        (result("warm-up"), "Of 5 runs 4 count, two a pair. 1 run only warmed up."),
        (
            result("warm-up", "warm-up", "the head failed", pairs=10, redone=2),
            (
                "Of 23 runs 20 count, two a pair. 2 runs only warmed up. 2 pairs were made again, for a run failed or was "
                "disturbed: 1 run is kept that counts nowhere."
            ),
        ),
        (
            result("busy", "busy", redone=1),
            (
                "Of 6 runs 4 count, two a pair. 1 pair was made again, for a run failed or was disturbed: 2 runs are kept "
                "that count nowhere."
            ),
        ),
        (
            result(redone=1),
            "All 4 runs count, two a pair. 1 pair was made again, for a run failed or was disturbed.",
        ),
        (result("busy"), "Of 5 runs 4 count, two a pair. 1 run is kept that counts nowhere."),
        (attrs.evolve(result(), runs=result().runs[:1]), "All 1 run count."),
        (samples.result(), ""),
    ],
)
def test_the_numbers_add_up(found, told):
    assert runs_sentence(found) == told
