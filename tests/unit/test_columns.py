"""What two sides have of each total: values, pairs, or why there is nothing to compare."""

import attrs
import pytest
import samples

from tcperf.columns import Column, columns, is_closed, lanes_of, pair_count
from tcperf.comparison import Pairing
from tcperf.model import PhaseInfo
from tcperf.traffic import Closing

CPU = [(100.0, 110.0), (101.0, 111.0), (99.0, 109.0)]
SENT = [(4096, 4100), (4097, 4200), (4095, 4000)]
CLOSED = Closing(10, 10, 1, 1, 0, 0, 0)
OPEN = Closing(10, 9, 1, 1, 0, 0, 1)


def made(**changes):
    return samples.paired({"cpu_ms": CPU, "sent_bytes": SENT, "threads_count": [(9, 9)] * 3}, **changes)


def found(result, **options):
    return {
        each.metric: each
        for each in columns(result, result.scenarios[0], **options)
        if each.phase == "messages"
    }


def changed(result, change):
    """The result with ``change`` made to each run; a run is left out where that is None."""
    runs = (change(run) for run in result.runs)
    return attrs.evolve(result, runs=tuple(run for run in runs if run is not None))


def without(metric, side, pairs=range(99)):
    def change(run):
        if run.subject != side or run.pair not in pairs:
            return run
        (phase,) = run.phases
        totals = {key: value for key, value in phase.totals.items() if key != metric}
        return attrs.evolve(run, phases=(attrs.evolve(phase, totals=totals),))

    return change


def test_pairs_and_values_of_both_sides():
    column = found(made())["cpu_ms"]
    assert column.pairs == tuple(CPU)
    assert column.base == (100.0, 101.0, 99.0)
    assert column.head == (110.0, 111.0, 109.0)
    assert (column.base_median, column.head_median) == (100.0, 110.0)
    assert column.missing is None
    assert column.tail == "one_to_one.messages.cpu_ms"
    assert column.key == "tcperf.one_to_one.messages.cpu_ms"


def test_medians_of_counts_stay_whole():
    assert type(found(made())["sent_bytes"].base_median) is int


def test_keys_of_the_reference_node_say_so():
    result = attrs.evolve(made(), subjects={"head": samples.REFERENCE, "base": samples.REFERENCE})
    assert found(result)["cpu_ms"].key == "tcperf.reference.one_to_one.messages.cpu_ms"


def test_the_order_is_the_declared_one_published_metrics_first():
    names = [each.metric for each in columns(made(), samples.ONE_TO_ONE)]
    assert names == [*samples.PUBLISHED, "threads_count"]
    assert [each.published for each in columns(made(), samples.ONE_TO_ONE)] == [True] * 7 + [False]


def test_a_phase_that_nobody_declared_comes_last():
    extra = attrs.evolve(
        made(),
        scenarios=(
            attrs.evolve(samples.ONE_TO_ONE, phases=(PhaseInfo("boot", publish=True, metrics=("time_ms",)),)),
        ),
    )
    phases = [each.phase for each in columns(extra, extra.scenarios[0])]
    assert list(dict.fromkeys(phases)) == ["boot", "messages"]


def test_traffic_is_not_published_over_the_hosts_network():
    result = attrs.evolve(made(), conditions=attrs.evolve(made().conditions, network="host"))
    names = found(result)
    assert not names["sent_bytes"].published
    assert "packets_count" not in names
    assert names["cpu_ms"].published


# --- which runs count --------------------------------------------------------------------------------


def test_what_was_discarded_counts_nowhere():
    def change(run):
        return attrs.evolve(run, discarded=run.pair == 1)

    result = changed(made(), change)
    assert found(result)["cpu_ms"].pairs == (CPU[0], CPU[2])
    assert pair_count(result, "one_to_one") == 2


def test_half_a_pair_is_none_but_its_value_counts():
    result = changed(made(), lambda run: None if (run.pair, run.subject) == (2, "base") else run)
    column = found(result)["cpu_ms"]
    assert column.pairs == tuple(CPU[:2])
    assert len(column.head) == 3
    assert pair_count(result, "one_to_one") == 2


def test_pairs_are_in_the_order_in_which_they_were_completed():
    """The second pair was done again after the third: a look at two pairs had seen the first and the third."""

    def change(run):
        return attrs.evolve(run, order=run.order + 10 * (run.pair == 1))

    assert found(changed(made(), change))["cpu_ms"].pairs == (CPU[0], CPU[2], CPU[1])


def test_runs_of_another_scenario_are_not_mixed_in():
    result = attrs.evolve(made(), runs=tuple(attrs.evolve(run, scenario="idle") for run in made().runs))
    assert found(result)["cpu_ms"].pairs == ()
    assert pair_count(result, "one_to_one") == 0
    assert pair_count(result, "idle") == 3


# --- what is missing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "spoken"), [("base", "the base"), ("head", "the head")])
def test_a_metric_that_one_side_lacks(side, spoken):
    column = found(changed(made(), without("cpu_ms", side)))["cpu_ms"]
    assert column.missing == f"no run of {spoken} has it"
    assert column.pairs == ()
    assert (column.base_median is None) is (side == "base")
    assert (column.head_median is None) is (side == "head")


def test_a_published_metric_that_both_sides_lack_is_missed():
    column = found(made())["time_ms"]
    assert column.missing == "no run of the base and none of the head has it"
    assert column.published


def test_a_metric_that_some_pairs_lack_has_the_others():
    column = found(changed(made(), without("cpu_ms", "head", [1])))["cpu_ms"]
    assert column.missing is None
    assert column.pairs == (CPU[0], CPU[2])


def test_a_metric_that_no_pair_has_on_both_sides():
    half = changed(made(), without("cpu_ms", "head", [0, 1]))
    result = changed(half, without("cpu_ms", "base", [2]))
    assert found(result)["cpu_ms"].missing == "no pair has it on both sides"
    assert found(result, paired=False)["cpu_ms"].missing is None


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ({"base"}, "there is no run of the base"),
        ({"head"}, "there is no run of the head"),
        ({"base", "head"}, "there is no run of the base and none of the head"),
    ],
)
def test_a_side_without_a_run(gone, told):
    result = changed(made(), lambda run: None if run.subject in gone else run)
    for each in columns(result, samples.ONE_TO_ONE):
        assert each.missing == told


# --- lanes and networks ------------------------------------------------------------------------------


def test_lanes_are_those_of_the_pairing_or_of_the_runs():
    assert lanes_of(made(), "one_to_one") == 1
    assert lanes_of(made(lane=2), "one_to_one") == 3
    assert (
        lanes_of(
            made(pairings=(Pairing("one_to_one", 3, lanes=2), Pairing("idle", 3, lanes=5))), "one_to_one"
        )
        == 2
    )
    assert lanes_of(made(lane=2), "idle") == 1
    assert lanes_of(changed(made(lane=2), lambda run: attrs.evolve(run, discarded=True)), "one_to_one") == 1


def test_a_network_is_closed_where_it_closed_in_all_runs_that_count():
    assert is_closed(made(closing=CLOSED), "one_to_one")
    assert not is_closed(made(closing=OPEN), "one_to_one")
    assert not is_closed(made(), "one_to_one")
    assert not is_closed(made(closing=CLOSED), "idle")

    def change(run):
        return attrs.evolve(run, closing=OPEN if run.pair == 1 else CLOSED, discarded=run.pair == 1)

    assert is_closed(changed(made(), change), "one_to_one")


def test_a_column_is_a_plain_value():
    assert Column("a", "b", "cpu_ms", published=True, reference=False) == Column(
        "a", "b", "cpu_ms", published=True, reference=False
    )
