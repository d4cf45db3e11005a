"""Which flows make a difference, and the sentence that tells it."""

import attrs
import pytest
import samples

from tcperf.differences import EXPLAINED, explain, explain_nodes
from tcperf.model import METRICS, Capture, Traffic

EXACT = Capture(10, 0, 0, ())
RUN = samples.result().runs[0]


def row(
    node, peer, packets, *, protocol="tcp", role="p2p", direction="sent", phase="messages", size=100, **more
):
    return Traffic(
        phase,
        node,
        direction,
        peer,
        protocol,
        role,
        packets * size,
        packets * 86,
        packets * 34,
        packets,
        **more,
    )


def run(*rows, **changes):
    return attrs.evolve(RUN, **{"traffic": rows, "capture": EXACT, **changes})


def runs(*packets):
    return [run(row("alice", "bob", each)) for each in packets]


def sentence(base, head, metric="packets_count", phase="messages"):
    return explain([run(*base)], [run(*head)], phase, metric).sentence


def test_all_of_it_is_one_flow():
    base = [row("alice", "bob", 10), row("bob", "alice", 12)]
    head = [row("alice", "bob", 51), row("bob", "alice", 12)]
    found = explain([run(*base)], [run(*head)], "messages", "packets_count")
    assert found.sentence == "all of it alice→bob TCP in messages, +41 packets"
    assert found.total == 41
    assert [(each.flow.label, each.difference) for each in found.contributions] == [("alice→bob tcp p2p", 41)]


@pytest.mark.parametrize(
    ("head", "told", "brief"),
    [
        (
            [row("alice", "bob", 5)],
            "all of it alice→bob TCP in messages, +5 packets",
            "all of it alice→bob TCP, +5 packets",
        ),
        (
            [row("alice", "bob", 7), row("bob", "alice", 3)],
            "70 % of it alice→bob TCP in messages, +7 packets",
            "70 % of it alice→bob TCP, +7 packets",
        ),
        (
            [row("alice", "bob", 5), row("bob", "alice", 5)],
            "spread over 2 flows in messages, the largest alice→bob TCP, +5 packets",
            "spread over 2 flows, the largest alice→bob TCP, +5 packets",
        ),
        ([], "no flow differs in messages", "no flow differs"),
    ],
)
def test_who_knows_the_phase_is_not_told_it(head, told, brief):
    found = explain([run()], [run(*head)], "messages", "packets_count")
    assert found.sentence == told
    assert found.brief == brief


def test_less_is_told_as_less():
    assert sentence([row("alice", "bob", 51)], [row("alice", "bob", 50)]) == (
        "all of it alice→bob TCP in messages, -1 packet"
    )


def test_bytes_are_told_in_their_units():
    assert sentence([row("alice", "bob", 1)], [row("alice", "bob", 25)], "sent_bytes") == (
        "all of it alice→bob TCP in messages, +2.34 KiB"
    )


def test_more_than_half_of_it_has_a_percentage_that_is_rounded_down():
    base = [row("alice", "bob", 0), row("bob", "alice", 0)]
    assert sentence(base, [row("alice", "bob", 87), row("bob", "alice", 13)]) == (
        "87 % of it alice→bob TCP in messages, +87 packets"
    )
    assert sentence(base, [row("alice", "bob", 9_999), row("bob", "alice", 1)]).startswith("99 % of it")


def test_half_of_it_and_less_is_spread():
    halves = [row("alice", "bob", 20), row("bob", "alice", 20)]
    assert sentence([], halves) == "spread over 2 flows in messages, the largest alice→bob TCP, +20 packets"
    many = [row(f"n{place}", "bob", 10 + place, protocol="udp") for place in range(5)]
    assert sentence([], many) == "spread over 5 flows in messages, the largest n4→bob UDP, +14 packets"
    assert sentence(many, []) == "spread over 5 flows in messages, the largest n4→bob UDP, -14 packets"


def test_what_goes_the_other_way_is_told_behind_it_and_ranked_last():
    base = [row("alice", "bob", 10), row("bob", "alice", 90), row("carol", "bob", 5)]
    head = [row("alice", "bob", 110), row("bob", "alice", 50), row("carol", "bob", 4)]
    found = explain([run(*base)], [run(*head)], "messages", "packets_count")
    assert found.sentence == "all of it alice→bob TCP in messages, +100 packets; -41 packets elsewhere"
    assert [each.difference for each in found.contributions] == [100, -1, -40]
    back = explain([run(*head)], [run(*base)], "messages", "packets_count")
    assert back.sentence == "all of it alice→bob TCP in messages, -100 packets; +41 packets elsewhere"
    assert [each.difference for each in back.contributions] == [-100, 1, 40]


def test_flows_that_make_up_for_each_other_are_told():
    found = explain(
        [run(row("alice", "bob", 10), row("bob", "alice", 20))],
        [run(row("alice", "bob", 15), row("bob", "alice", 15))],
        "messages",
        "packets_count",
    )
    assert found.sentence == "2 flows in messages differ, and make up for each other"
    assert found.total == 0


def test_no_difference_is_told():
    assert sentence([row("alice", "bob", 10)], [row("alice", "bob", 10)]) == "no flow differs in messages"


def test_a_flow_that_is_new_or_gone_counts_whole():
    assert sentence([], [row("alice", "(multicast)", 3, protocol="udp")]) == (
        "all of it alice→(multicast) UDP in messages, +3 packets"
    )
    assert sentence([row("alice", "bob", 3, protocol="arp", role="other")], []) == (
        "all of it alice→bob ARP (other) in messages, -3 packets"
    )
    assert sentence([], [row("alice", "bob", 3, protocol="other", role="other")]) == (
        "all of it alice→bob other protocols (other) in messages, +3 packets"
    )


def test_medians_are_compared_and_halves_are_exact():
    found = explain(runs(10, 11), runs(20, 90, 30), "messages", "packets_count")
    assert found.total == 19.5
    assert found.sentence == "all of it alice→bob TCP in messages, +19.5 packets"


def test_received_traffic_is_the_senders_seen_again():
    base = [row("alice", "bob", 1), row("bob", "alice", 1, direction="received")]
    head = [row("alice", "bob", 2), row("bob", "alice", 9, direction="received")]
    assert explain([run(*base)], [run(*head)], "messages", "packets_count").total == 1


def test_other_phases_do_not_count():
    head = [row("alice", "bob", 9, phase="connect"), row("alice", "bob", 4, phase="")]
    assert sentence([], head, phase="messages") == "no flow differs in messages"
    assert sentence([], head, phase="") == "all of it alice→bob TCP outside of the phases, +4 packets"


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("ip_bytes", "+86 B"),
        ("retransmissions_count", "+1 retransmission"),
        ("connections_count", "+2 connections"),
        ("short_connections_count", "+3 short connections"),
    ],
)
def test_other_metrics_of_flows_are_explained_alike(metric, told):
    head = [row("alice", "bob", 1, retransmissions=1, connections=2, short_connections=3)]
    assert sentence([], head, metric) == f"all of it alice→bob TCP in messages, {told}"


def test_only_metrics_of_flows_are_explained():
    assert set(EXPLAINED) <= set(METRICS)
    with pytest.raises(KeyError, match="cpu_ms"):
        explain(runs(1), runs(2), "messages", "cpu_ms")


@pytest.mark.parametrize(
    "changes",
    [{"capture": None}, {"capture": attrs.evolve(EXACT, lost_packets=1)}, {"phases": RUN.phases[:2]}],
)
def test_without_a_run_that_counts_on_both_sides_there_is_no_explanation(changes):
    useless = [attrs.evolve(runs(1)[0], **changes)]
    assert explain(useless, runs(2), "messages", "packets_count") is None
    assert explain(runs(2), useless, "messages", "packets_count") is None
    assert explain([], [], "messages", "packets_count") is None
    assert explain([*useless, *runs(1)], runs(2), "messages", "packets_count").total == 1


def test_captured_runs_of_real_shape_are_explained():
    first, second = samples.result().runs[:2]
    found = explain([first], [second], "messages", "sent_bytes")
    measured = [each.phase("messages").totals["sent_bytes"].value for each in (first, second)]
    assert found.total == measured[1] - measured[0]


# --- nodes -------------------------------------------------------------------------------------------

MIB = 1 << 20


def of_nodes(metric="memory_peak_bytes", **values):
    """A run whose nodes have these values of a metric in the phase messages; of None it has none."""
    model = RUN.phase("messages").totals["cpu_ms"]
    nodes = {
        name: {} if value is None else {metric: attrs.evolve(model, value=value)}
        for name, value in values.items()
    }
    phases = tuple(
        attrs.evolve(each, nodes=nodes) if each.name == "messages" else each for each in RUN.phases
    )
    return attrs.evolve(RUN, phases=phases)


def node(base, head, metric="memory_peak_bytes", phase="messages"):
    return explain_nodes(base, head, phase, metric)


@pytest.mark.parametrize(
    ("alice", "bob", "told"),
    [
        (37, 0, "all of it alice, +37.0 MiB"),
        (37, 0.3, "all of it alice, +37.0 MiB"),
        (0, 37, "all of it bob, +37.0 MiB"),
        (-37, 0, "all of it alice, -37.0 MiB"),
        (80, 20, "80 % of it alice, +80.0 MiB"),
        (9, 1, "90 % of it alice, +9.00 MiB"),
        (10, -4, "all of it alice, +10.0 MiB; -4.00 MiB elsewhere"),
        (10, -0.01, "all of it alice, +10.0 MiB"),
        (4, -10, "all of it bob, -10.0 MiB; +4.00 MiB elsewhere"),
    ],
)
def test_the_node_that_makes_most_of_it_is_named(alice, bob, told):
    found = node(
        [of_nodes(alice=100 * MIB, bob=100 * MIB)],
        [of_nodes(alice=(100 + alice) * MIB, bob=(100 + bob) * MIB)],
    )
    assert found.brief == told
    assert found.total == pytest.approx((alice + bob) * MIB)


@pytest.mark.parametrize(("alice", "bob"), [(79, 21), (50, 50), (5, -5), (0, 0)])
def test_where_no_node_makes_most_of_it_none_is_named(alice, bob):
    before, after = [of_nodes(alice=100, bob=100)], [of_nodes(alice=100 + alice, bob=100 + bob)]
    assert node(before, after) is None


def test_it_is_medians_that_are_compared_and_a_run_without_the_figure_does_not_count():
    base = [of_nodes(alice=value, bob=10) for value in (10, 11, 900)]
    head = [of_nodes(alice=value, bob=10) for value in (21, 1, 22)] + [of_nodes(alice=None, bob=None)]
    assert node(base, head).difference == 10


def test_other_units_are_told_in_theirs():
    found = node([of_nodes("cpu_ms", alice=100, bob=9)], [of_nodes("cpu_ms", alice=1600, bob=9)], "cpu_ms")
    assert found.brief == "all of it alice, +1.50 s"
    found = node(
        [of_nodes("threads_count", alice=9, bob=9)],
        [of_nodes("threads_count", alice=20, bob=9)],
        "threads_count",
    )
    assert found.brief == "all of it alice, +11"


def test_who_is_alone_or_has_no_counterpart_is_not_named():
    assert node([of_nodes(alice=1)], [of_nodes(alice=99)]) is None
    assert node([of_nodes(alice=1, bob=1)], [of_nodes(alice=99, carol=1, bob=1)]) is None
    assert node([], [of_nodes(alice=99, bob=1)]) is None
    assert node([of_nodes(alice=1, bob=1)], [of_nodes(alice=99, bob=1)], phase="nowhere") is None


@pytest.mark.parametrize("metric", ["time_ms", "latency_ms", "go_gc_cpu_pct", "unheard_of_ms"])
def test_what_does_not_add_up_over_nodes_is_nobodys(metric):
    assert node([of_nodes(metric, alice=1, bob=1)], [of_nodes(metric, alice=99, bob=1)], metric) is None


def test_figures_of_real_shape_are_explained():
    run = samples.result().runs[0]
    grown = attrs.evolve(run, phases=tuple(_grown(each) for each in run.phases))
    found = node([run], [grown])
    assert found.node == "bob"
    assert found.brief == "all of it bob, +64.0 MiB"


def _grown(phase):
    bob = dict(phase.nodes["bob"])
    bob["memory_peak_bytes"] = attrs.evolve(
        bob["memory_peak_bytes"], value=bob["memory_peak_bytes"].value + 64 * MIB
    )
    return attrs.evolve(phase, nodes={**phase.nodes, "bob": bob})
