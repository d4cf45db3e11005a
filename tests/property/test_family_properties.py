"""What a scenario's pairs proved when they ended is what is told in the end, whatever became of the other scenarios."""

import random
from datetime import date

import attrs
import samples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tcperf.comparing import compare_pairs, compare_results, progress
from tcperf.comparison import Pairing
from tcperf.gate import LOOKS, MANY
from tcperf.results import dumps, loads
from tcperf.rules import GatePolicy, Rule
from tcperf.schedule import looks_of
from tcperf.thresholds import DEFAULTS, SHARED

TODAY = date(2026, 11, 28)
#: No more pairs than these are played here.
MOST = 12
#: Those that are gated in lanes, too, come first.
METRICS = ("sent_bytes", *sorted({*DEFAULTS} - SHARED - {"sent_bytes"}), *sorted({*DEFAULTS} & SHARED))
POLICIES = st.sampled_from(
    (
        GatePolicy(),
        GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),)),
        GatePolicy(rules=(Rule(match="*", report_only=False),)),
        GatePolicy(rules=(Rule(match="*.threads_count", report_only=False),)),
    )
)


@attrs.frozen
class Part:
    """One scenario of a build: how many metrics it has, how much they change and stray, and whether it fails."""

    metrics: int
    change: float
    noise: float
    lanes: int
    seed: int
    fails: bool = False


PARTS = st.builds(
    Part,
    metrics=st.integers(1, len(METRICS)),
    change=st.sampled_from((0.7, 1.0, 1.0, 1.02, 1.06, 1.12, 2.0)),
    noise=st.sampled_from((0.0005, 0.003, 0.02, 0.06)),
    lanes=st.sampled_from((1, 1, 2, 4, 6)),
    seed=st.integers(0, 9),
    fails=st.sampled_from((False, False, False, True)),
)


def declared(place, part):
    (*_others, phase) = samples.ONE_TO_ONE.phases
    phase = attrs.evolve(phase, metrics=METRICS[: part.metrics])
    return attrs.evolve(samples.ONE_TO_ONE, name=f"scenario{place}", phases=(phase,))


def values(part):
    """The first metric changes, and the others stray: what is alone is what beside others may be too weak."""
    chance = random.Random(repr(part))
    found = {}
    for place, metric in enumerate(METRICS[: part.metrics]):
        times = 1e8 * (part.change if place == 0 else 1.0)
        found[metric] = [
            (1e8 * chance.lognormvariate(0, part.noise), times * chance.lognormvariate(0, part.noise))
            for _pair in range(MOST)
        ]
    return found


def played(infos, known, left_out):
    """The result of what was played: the pairs of each scenario, by its place."""
    runs = [
        run
        for place, (columns, pairs, lanes) in known.items()
        for run in samples.paired(
            {metric: pairs_of[:pairs] for metric, pairs_of in columns.items()},
            info=infos[place],
            lane=lanes - 1,
        ).runs
    ]
    made = samples.paired({"cpu_ms": [(1.0, 1.0)]})
    return attrs.evolve(
        made,
        scenarios=tuple(infos[place] for place in known),
        runs=tuple(runs),
        pairings=tuple(
            Pairing(infos[place].name, pairs, lanes=lanes) for place, (_, pairs, lanes) in known.items()
        ),
        left_out=tuple(infos[place] for place in left_out),
    )


def play(parts, policy):
    """The whole result, and what was said of each scenario, by its name, when its pairs ended."""
    infos = [declared(place, part) for place, part in enumerate(parts)]
    known, told = {}, {}
    for place, part in enumerate(parts):
        if part.fails:
            continue
        columns = values(part)
        for pairs in range(LOOKS[0], MOST + 1):
            known[place] = (columns, pairs, part.lanes)
            result = played(infos, known, [each for each in range(len(parts)) if each not in known])
            found = progress(result, infos[place].name, policy)
            if found.may_end or (found.is_decided and pairs in looks_of(part.lanes, LOOKS)):
                break
        told[infos[place].name] = (
            found,
            of_scenario(compare_pairs(result, policy, (), TODAY), infos[place].name),
        )
    failed = [place for place, part in enumerate(parts) if part.fails]
    return (played(infos, known, failed) if known else None), told


def of_scenario(comparisons, name):
    return {each.key: each for each in comparisons if each.scenario == name}


#: Four scenarios in four lanes, of which one doubles: at the first look, of 8 pairs, p is no smaller than .0039.
SHIPPED = [Part(7, 2.0, 0.003, 4, 1), *(Part(5, 1.0, 0.003, 4, seed) for seed in (2, 3, 4))]


@given(st.lists(PARTS, min_size=1, max_size=4), POLICIES)
@example(SHIPPED, GatePolicy())
@example([SHIPPED[0], *(attrs.evolve(part, fails=True) for part in SHIPPED[1:])], GatePolicy())
@settings(max_examples=25, deadline=None)
def test_what_was_told_when_the_pairs_ended_is_told_in_the_end(parts, policy):
    result, told = play(parts, policy)
    if result is None:
        return
    final = compare_pairs(result, policy, (), TODAY)
    for name, (live, then) in told.items():
        now = of_scenario(final, name)
        assert now == then
        gated = [each for each in now.values() if each.gated and each.pairs]
        assert {key for key in live.undecided if now[f"tcperf.{key}"].change == "cannot_tell"} == {
            each.key.removeprefix("tcperf.") for each in gated if each.change == "cannot_tell"
        }
        if live.is_decided:
            assert "cannot_tell" not in {each.change for each in gated}
        if live.worst is not None and live.worst.is_regression and live.is_decided:
            assert any(each.is_regression for each in gated)
    again = loads(dumps(attrs.evolve(result, comparisons=final)))
    assert compare_pairs(again, policy, (), TODAY) == again.comparisons == final
    assert compare_results(again, again, policy, (), TODAY).comparisons == final


def test_a_doubled_metric_is_worse_by_as_many_pairs_as_it_takes_beside_all_others():
    result, told = play(SHIPPED, GatePolicy())
    name = result.scenarios[0].name
    live, _then = told[name]
    assert live.is_decided
    assert live.pairs > 8
    worst = compare_pairs(result, GatePolicy(), (), TODAY)[0]
    assert (worst.scenario, worst.change, worst.p <= 0.05 / (MANY + 1)) == (name, "worse", True)
    alone, _told = play(SHIPPED[:1], GatePolicy())
    assert len(alone.runs_of(name)) == 8
