"""Contributors and differences, for any traffic."""

import attrs
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.contributors import contributors, phase_traffic
from tcperf.differences import explain
from tcperf.traffic import Capture, Traffic

RUN = samples.result(scenarios=(samples.ONE_TO_ONE,)).runs[0]
NUMBERS = st.integers(0, 10**9)
FLOWS = st.tuples(
    st.sampled_from(("alice", "bob", "carol")),
    st.sampled_from(("sent", "received")),
    st.sampled_from(("alice", "bob", "(multicast)")),
    st.sampled_from(("tcp", "udp")),
    st.sampled_from(("p2p", "other")),
)
TRAFFIC = st.dictionaries(FLOWS, st.lists(NUMBERS, min_size=7, max_size=7), max_size=8)
RUNS = st.lists(TRAFFIC, min_size=1, max_size=5)


def run(found):
    rows = tuple(Traffic("messages", *flow, *numbers) for flow, numbers in found.items())
    return attrs.evolve(RUN, traffic=rows, capture=Capture(1, 0, 0, ()))


def messages(runs):
    result = attrs.evolve(samples.result(), runs=tuple(map(run, runs)))
    return next(each for each in phase_traffic(result, "one_to_one") if each.phase == "messages")


@given(RUNS)
def test_contributors_are_all_that_was_sent_in_their_order(runs):
    traffic = messages(runs)
    found = contributors(traffic)
    sizes = [each.median.frame_bytes for each in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == traffic.total("frame_bytes")
    assert not found or abs(sum(each.share for each in found) - 1) < 1e-9


@given(RUNS)
def test_medians_do_not_depend_on_the_order_of_the_runs(runs):
    assert messages(runs).flows == messages(runs[::-1]).flows


@given(TRAFFIC)
def test_one_run_is_its_own_median(found):
    flows = messages([found]).flows
    assert {attrs.astuple(each.flow): list(attrs.astuple(each)[1:]) for each in flows} == found


@given(RUNS, RUNS, st.sampled_from(("sent_bytes", "packets_count")))
def test_contributions_are_the_whole_difference_and_turn_round_with_the_sides(base, head, metric):
    there = explain(map(run, base), map(run, head), "messages", metric)
    back = explain(map(run, head), map(run, base), "messages", metric)
    assert sum(each.difference for each in there.contributions) == there.total == -back.total
    ways = {each.flow: each.difference for each in there.contributions}
    assert ways == {each.flow: -each.difference for each in back.contributions}
    assert 0 not in ways.values()
    assert there.sentence


@given(TRAFFIC, TRAFFIC)
def test_of_single_runs_the_flows_explain_the_totals(base, head):
    sent = [sum(n[0] for flow, n in found.items() if flow[1] == "sent") for found in (base, head)]
    assert explain([run(base)], [run(head)], "messages", "sent_bytes").total == sent[1] - sent[0]


@given(RUNS, RUNS)
def test_what_goes_the_way_of_the_sum_stands_first(base, head):
    found = explain(map(run, base), map(run, head), "messages", "packets_count")
    along = [each.difference * (1 if found.total > 0 else -1) for each in found.contributions]
    if found.total:
        assert along == sorted(along, reverse=True)
        assert along[0] > 0
