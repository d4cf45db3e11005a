"""Where a change is: by node, and by flow."""

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports.origins import FLOWS_SHOWN, METRICS_SHOWN, Part, origins
from tcperf.traffic import Traffic

MEMORY = attrs.evolve(
    made.WORSE, metric="memory_peak_bytes", base_median=4 << 20, head_median=5 << 20, explanation=None
)
#: alice and bob in MiB, pair by pair: the base and the head.
NODES = {"alice": [(1, 2), (1, 2), (1.5, 2)], "bob": [(3, 3), (3, 3), (2.5, 3)]}


def nodes_of(pair, side, metric, nodes):
    return {
        name: {metric: samples.measurement(metric, int(values[pair][side == "head"] * 2**20))}
        for name, values in nodes.items()
        if values[pair][side == "head"] is not None
    }


def result_of(nodes=None, metric="memory_peak_bytes", rows=None):
    """Three pairs with these nodes, and these rows of traffic: (side) -> Traffic."""
    result = samples.paired({metric: [(4, 5)] * 3})

    def changed(run):
        (phase,) = run.phases
        measured = nodes_of(run.pair, run.subject, metric, nodes or {})
        traffic = run.traffic if rows is None else tuple(rows(run.subject))
        capture = attrs.evolve(run.capture, packets=len(traffic))
        return attrs.evolve(
            run, phases=(attrs.evolve(phase, nodes=measured),), traffic=traffic, capture=capture
        )

    return attrs.evolve(result, runs=tuple(map(changed, result.runs)))


def sent(node, peer, frame_bytes, protocol="tcp"):
    return Traffic("messages", node, "sent", peer, protocol, "p2p", frame_bytes, frame_bytes, frame_bytes, 1)


def rows(side):
    yield sent("alice", "bob", 6144 if side == "head" else 4096)
    yield sent("bob", "alice", 1024)
    if side == "head":
        yield sent("bob", "carol", 512, "udp")
    else:
        yield sent("alice", "bob", 100, "icmp")


# --- by node -----------------------------------------------------------------------------------------


def test_each_node_has_its_medians_and_what_became_of_them():
    (found,) = origins(result_of(NODES), [MEMORY])
    assert found.comparison is MEMORY
    assert found.whole == Part("all nodes", "4.00 MiB", "5.00 MiB", "+1.00 MiB", "+25.0 %")
    assert found.nodes == (
        Part("alice", "1.00 MiB", "2.00 MiB", "+1.00 MiB", "+100 %"),
        Part("bob", "3.00 MiB", "3.00 MiB", "0 B", "0.0 %"),
    )
    assert found.flows == ()


def test_what_became_less_has_a_minus():
    better = attrs.evolve(MEMORY, change="better")
    (found,) = origins(result_of({"alice": [(2, 1)] * 3}), [better])
    assert found.nodes == (Part("alice", "2.00 MiB", "1.00 MiB", "-1.00 MiB", "-50.0 %"),)


def test_a_node_that_one_side_has_not_is_told_with_what_there_is():
    (found,) = origins(
        result_of({"alice": [(1, 2)] * 3, "carol": [(None, 1)] * 3, "dave": [(1, None)] * 3}), [MEMORY]
    )
    assert found.nodes[1:] == (Part("carol", "", "1.00 MiB", "", ""), Part("dave", "1.00 MiB", "", "", ""))


def test_from_nothing_there_is_no_percentage():
    (found,) = origins(result_of({"alice": [(0, 2)] * 3}), [MEMORY])
    assert found.nodes == (Part("alice", "0 B", "2.00 MiB", "+2.00 MiB", ""),)


@pytest.mark.parametrize(("before", "percent"), [(1, ""), (3, "+66.7 %"), (4, "+25.0 %")])
def test_from_next_to_nothing_there_is_none_either(before, percent):
    whole = attrs.evolve(MEMORY, base_median=2000 * 1024 * 1024)
    after = 5
    (found,) = origins(result_of({"alice": [(before, after)] * 3}), [whole])
    assert found.nodes[0].difference == f"+{after - before}.00 MiB"
    assert found.nodes[0].percent == percent


@pytest.mark.parametrize("change", ["ok", "cannot_tell", "not_compared"])
def test_only_what_changed_has_a_place(change):
    assert origins(result_of(NODES), [attrs.evolve(MEMORY, change=change)]) == ()


def test_what_no_node_has_is_left_out():
    assert origins(result_of(NODES), [made.BETTER]) == ()


def test_runs_that_were_discarded_count_nowhere():
    result = result_of(NODES)
    wild = attrs.evolve(
        result_of({"alice": [(1, 900)] * 3}).runs[1], id="again", discarded=True, discarded_because="polluted"
    )
    assert origins(attrs.evolve(result, runs=(*result.runs, wild)), [MEMORY]) == origins(result, [MEMORY])


def test_not_more_metrics_than_anybody_reads():
    many = [attrs.evolve(MEMORY, key=str(number)) for number in range(METRICS_SHOWN + 3)]
    assert len(origins(result_of(NODES), many)) == METRICS_SHOWN


# --- by flow -----------------------------------------------------------------------------------------


def traffic_of(**changes):
    result = result_of({"alice": [(1, 2)] * 3}, "sent_bytes", rows)
    return attrs.evolve(result, **changes)


def test_each_flow_that_differs_is_told_the_largest_difference_first():
    (found,) = origins(traffic_of(), [made.WORSE])
    assert found.flows == (
        Part("alice→bob tcp p2p", "4.00 KiB", "6.00 KiB", "+2.00 KiB", "+50.0 %"),
        Part("bob→carol udp p2p", "0 B", "512 B", "+512 B", ""),
        Part("alice→bob icmp p2p", "100 B", "0 B", "-100 B", "-100 %"),
    )
    assert found.hidden == 0
    assert [part.name for part in found.nodes] == ["alice"]


def test_flows_tell_nothing_of_memory():
    (found,) = origins(result_of(NODES, rows=rows), [MEMORY])
    assert found.flows == ()


def test_a_side_that_was_not_captured_exactly_leaves_no_flows():
    result = traffic_of()
    runs = tuple(
        attrs.evolve(run, capture=attrs.evolve(run.capture, lost_packets=1)) if run.subject == "base" else run
        for run in result.runs
    )
    (found,) = origins(attrs.evolve(result, runs=runs), [made.WORSE])
    assert found.flows == ()
    assert found.nodes


def test_of_many_flows_the_largest_are_told_and_the_others_counted():
    def many(side):
        for number in range(FLOWS_SHOWN + 4):
            yield sent("alice", f"peer{number}", 1000 + (1 + number) * (side == "head"))

    (found,) = origins(result_of(None, "sent_bytes", many), [made.WORSE])
    assert [part.name for part in found.flows][:2] == [
        f"alice→peer{FLOWS_SHOWN + 3 - n} tcp p2p" for n in (0, 1)
    ]
    assert (len(found.flows), found.hidden) == (FLOWS_SHOWN, 4)


def test_the_differences_are_those_of_the_sentence():
    """Both take each flow's median of head less that of base."""
    from tcperf.differences import explain

    result = traffic_of()
    base, head = (result.runs_of("one_to_one", side) for side in ("base", "head"))
    (found,) = origins(result, [made.WORSE])
    explained = explain(base, head, "messages", "sent_bytes")
    assert {each.flow.label for each in explained.contributions} == {part.name for part in found.flows}
    assert explained.contributions[0].difference == 2048


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_breaks_it(text):
    each = attrs.evolve(MEMORY, scenario=text, phase=text, metric=text)
    result = samples.hostile(text)
    runs = tuple(attrs.evolve(run, subject=side) for run in result.runs for side in ("head", "base"))
    (found,) = origins(attrs.evolve(result, runs=runs), [each])
    assert all(len(part.name) <= 40 and len(part.base) <= 40 for part in found.nodes)
