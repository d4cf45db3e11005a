"""How often a change is proved that is as large as the smallest visible one that is told of as many pairs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from proofs.simulated import standard_error
from tcperf.gate import ALPHA
from tcperf.stats import signed_rank_p, smallest_visible

#: The numbers of pairs that are tried: those of looks in one lane, in three and in six, and more.
PAIRS: Final = (8, 9, 10, 12, 15, 20, 21, 30, 60)
#: It is to be nine times in ten; a little less is nobody's loss.
LEAST: Final = 0.88


def proved(pairs: int, trials: int, seed: int) -> int:
    """How often it is, of so many trials, at one look.

    What is visible is told by pairs without a change; others of the same noise have a change as large as that.
    """
    chance = random.Random(f"{seed} {pairs}")
    found = 0
    for _trial in range(trials):
        size = smallest_visible([chance.gauss() for _pair in range(pairs)]) or 0.0
        found += signed_rank_p([chance.gauss(size) for _pair in range(pairs)]) < ALPHA
    return found


def broken(found: Sequence[int], trials: int) -> list[str]:
    """The numbers of PAIRS at which it is too seldom, beyond chance."""
    return [
        f"{pairs} pairs: what is visible is proved {each / trials:.1%} of the time"
        for pairs, each in zip(PAIRS, found, strict=True)
        if each / trials + 2 * standard_error(each, trials) < LEAST
    ]


def table(found: Sequence[int], trials: int) -> str:
    """How often it is, by the number of pairs."""
    lines = [f"{'visible':<30} {'proved':>16}"]
    lines += [
        f"{f'{pairs} pairs':<30} {f'{100 * each / trials:.1f} ± {100 * standard_error(each, trials):.1f} %':>16}"
        for pairs, each in zip(PAIRS, found, strict=True)
    ]
    return "\n".join(lines)
