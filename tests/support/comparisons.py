"""Results with a base beside the head, and what the gate said of them, built by hand: for tests of reports."""

from __future__ import annotations

import math

import attrs
import samples

from tcperf.comparison import Comparison, Pairing
from tcperf.history import History, PastBuild
from tcperf.model import Surroundings
from tcperf.subject import Subject

BASE = Subject(
    "/build/parent/status-backend",
    "1b3d5f7092a4c6e8" * 4,
    "b7e6b161aa02",
    "status-backend (relayPeersByTopic)",
    go=attrs.evolve(samples.GO, settings={**samples.GO.settings, "vcs.revision": "b7e6b161aa02"}),
)
_MESSAGES = {"scenario": "one_to_one", "phase": "messages", "gated": True, "published": True, "pairs": 10}


def comparison(metric, change, **changes):
    """What was said of a total of one_to_one.messages; gated, published, 10 pairs."""
    found = {**_MESSAGES, **changes}
    key = f"tcperf.{found['scenario']}.{found['phase']}.{metric}"
    return Comparison(key=key, metric=metric, change=change, **found)


WORSE = comparison(
    "sent_bytes", "worse", worse_pairs=10, base_median=420_082, head_median=446_127, effect_pct=6.2,
    low_pct=4.9, high_pct=7.6, p=1 / 1024, noise_pct=0.9, visible_pct=1.4, threshold_pct=3.0, floor=4096,
    explanation="all of it alice→bob TCP in messages, +25.4 KiB",
)  # fmt: skip
OVER = comparison(
    "memory_peak_bytes", "ok", worse_pairs=4, base_median=352_321_536, head_median=353_370_112, effect_pct=0.3,
    low_pct=-0.8, high_pct=1.1, p=0.31, noise_pct=1.2, visible_pct=2.0, threshold_pct=5.0, floor=2 << 20,
    limit=335_544_320,
)  # fmt: skip
UNSURE = comparison(
    "cpu_ms", "cannot_tell", worse_pairs=8, base_median=18_454.25, head_median=19_312.5, effect_pct=4.6,
    low_pct=-0.4, high_pct=9.1, p=0.024, noise_pct=5.1, visible_pct=8.4, threshold_pct=8.0, floor=20,
    note="-0.4 … +9.1 % reaches beyond 8 %: visible from 8.4 %",
)  # fmt: skip
BETTER = comparison(
    "latency_ms", "better", worse_pairs=0, base_median=981.2, head_median=702.4, effect_pct=-28.4,
    low_pct=-31.2, high_pct=-25.5, p=1 / 1024, noise_pct=3.3, visible_pct=5.5, threshold_pct=10.0, floor=0.1,
)  # fmt: skip
LOST = comparison("send_ms", "not_compared", pairs=0, head_median=21.5, note="no run of the base has it")
SAME = tuple(
    comparison(
        metric, "ok", worse_pairs=5, base_median=base, head_median=round(base * 1.001), effect_pct=0.1, low_pct=-0.6,
        high_pct=0.8, p=0.42, noise_pct=1.0, visible_pct=1.7, threshold_pct=threshold, floor=10,
    )
    for metric, base, threshold in (("time_ms", 201_480.0, 10.0), ("packets_count", 1762, 3.0))
)  # fmt: skip
TOLD_ONLY = (
    comparison(
        "received_bytes", "worse", gated=False, worse_pairs=10, base_median=420_082, head_median=446_127,
        effect_pct=6.2, low_pct=4.9, high_pct=7.6, p=1 / 1024, noise_pct=0.9, visible_pct=1.4,
        threshold_pct=3.0, note="repeats sent_bytes, for the network closes", published=False,
    ),
    comparison(
        "threads_count", "ok", gated=False, published=False, worse_pairs=0, base_median=28, head_median=28,
        effect_pct=0.0, low_pct=0.0, high_pct=0.0, p=1.0, threshold_pct=5.0,
    ),
)  # fmt: skip
#: Worst first, as a result has them.
ALL = (OVER, WORSE, LOST, UNSURE, BETTER, *SAME, *TOLD_ONLY)
_PAST = {"paired": False, "pairs": 0, "history_builds": 12, "history_of": "develop", "warns_only": True}
#: What past builds say: one that is unusual, one that is not, and one of which they differ by as much.
UNUSUAL = comparison(
    "sent_bytes", "worse", base_median=420_082, head_median=446_127, effect_pct=6.2, noise_pct=0.7, visible_pct=2.1,
    threshold_pct=3.0, floor=4096, **_PAST,
)  # fmt: skip
AS_USUAL = comparison(
    "time_ms", "ok", base_median=201_480.0, head_median=202_000.0, effect_pct=0.3, noise_pct=1.0, visible_pct=3.0,
    threshold_pct=10.0, floor=20, **_PAST,
)  # fmt: skip
VARYING = comparison(
    "cpu_ms", "cannot_tell", base_median=18_454.25, head_median=20_299.7, effect_pct=10.0, noise_pct=9.0,
    visible_pct=27.0, threshold_pct=8.0, floor=20, note="builds differ as much: usual 13.5 s … 23.4 s", **_PAST,
)  # fmt: skip
#: How far the pairs' sides are from each other, around an effect of 1.
_WOBBLE = (0.0, 0.006, -0.004, 0.011, -0.009, 0.002, -0.012, 0.008, 0.004, -0.006)


def paired(comparisons=ALL, *, pairs=10, pairings=None, **changes):
    """A result of one_to_one in ``pairs`` pairs, A B B A, with a warm-up of each side and one pair done again."""
    effects = {each.metric: 1 + each.effect_pct / 100 for each in comparisons if each.effect_pct is not None}
    runs = [_warm_up(side, order) for order, side in enumerate(("base", "head"))]
    runs += [_polluted(side, order + 2) for order, side in enumerate(("base", "head"))]
    for pair in range(pairs):
        sides = ("base", "head") if pair % 2 == 0 else ("head", "base")
        for place, side in enumerate(sides):
            runs.append(_run(side, pair, 4 + 2 * pair + place, effects))
    told = (
        Pairing("one_to_one", pairs, redone=1, lanes=2, stopped="decided") if pairings is None else pairings
    )
    made = samples.result(scenarios=(samples.ONE_TO_ONE,))
    return attrs.evolve(
        made,
        subjects={"head": samples.BACKEND, "base": BASE},
        runs=tuple(runs),
        comparisons=tuple(comparisons),
        pairings=(told,) if isinstance(told, Pairing) else tuple(told),
        **changes,
    )


def clean(**changes):
    """A paired result in which nothing changed."""
    return paired((*SAME, TOLD_ONLY[1]), **changes)


def beside_history(found=(UNUSUAL, VARYING, AS_USUAL), **changes):
    """A result without a base, beside past builds."""
    made = samples.result(scenarios=(samples.ONE_TO_ONE,))
    told = "12 successful builds of develop; the newest, #111, is 2 days old and 3 commits behind"
    builds = tuple(
        PastBuild(
            100 + place,
            f"{100 + place}",
            f"2026-10-{10 + place}T02:14:07+00:00",
            f"https://tc.example.org/{place}",
        )
        for place in range(12)
    )
    return attrs.evolve(
        made,
        comparisons=tuple(found),
        **{"history": History(builds, "target", told, same_agent=True), **changes},
    )


def failed(**changes):
    """A comparison that was asked for and not made: the base ended in the middle."""
    pairing = Pairing(
        "one_to_one",
        3,
        redone=2,
        stopped="failed",
        problem="base failed twice in a row: bob ended with status 2",
    )
    return paired((), pairs=3, pairings=pairing, **changes)


def _warm_up(side, order):
    return attrs.evolve(
        _run(side, None, order, {}), id=f"one_to_one-w-{side}", discarded=True, discarded_because="warm-up"
    )


def _polluted(side, order):
    return attrs.evolve(
        _run(side, 0, order, {}),
        id=f"one_to_one-p00-{side}-1",
        discarded=True,
        discarded_because="other programs kept 0.8 cores busy",
        surroundings=Surroundings(0.8, 0.0, 0.02),
    )


def _run(side, pair, order, effects):
    number = 1 if pair is None else pair + 1
    made = samples.run(samples.ONE_TO_ONE, number, order=order)
    wobble = _WOBBLE[(number - 1) % len(_WOBBLE)]
    phases = tuple(_changed(phase, effects, wobble) if side == "head" else phase for phase in made.phases)
    name = "w" if pair is None else f"p{pair:02}"
    return attrs.evolve(
        made,
        id=f"one_to_one-{name}-{side}",
        subject=side,
        pair=pair,
        lane=order % 2,
        phases=phases,
        series=f"series/one_to_one-{name}-{side}.json.gz",
    )


def _changed(phase, effects, wobble):
    totals = {
        key: attrs.evolve(
            measured, value=_like(measured.value, measured.value * (effects.get(key, 1.0) + wobble))
        )
        for key, measured in phase.totals.items()
    }
    return attrs.evolve(phase, totals=totals)


def _like(model, value):
    return round(value) if isinstance(model, int) else math.floor(value * 1000) / 1000
