"""Where the traffic of a phase went, over runs."""

import attrs
import pytest
import samples

from tcperf.contributors import Flow, contributors, is_counted, phase_traffic
from tcperf.traffic import Capture, Traffic

EXACT = Capture(10, 0, 0, ())
LOSSY = attrs.evolve(EXACT, lost_packets=1)


def row(
    node, peer, sent, *, phase="messages", direction="sent", protocol="tcp", role="p2p", packets=1, **more
):
    return Traffic(phase, node, direction, peer, protocol, role, sent, sent, sent, packets, **more)


def result(*rows_of_runs, captures=None):
    """Runs of one_to_one whose traffic is given; exactly captured unless ``captures`` says otherwise."""
    made = samples.result(runs=len(rows_of_runs), scenarios=(samples.ONE_TO_ONE,))
    captures = captures or [EXACT] * len(rows_of_runs)
    runs = [
        attrs.evolve(run, traffic=tuple(rows), capture=capture)
        for run, rows, capture in zip(made.runs, rows_of_runs, captures, strict=True)
    ]
    return attrs.evolve(made, runs=tuple(runs))


def messages(made):
    (found,) = [traffic for traffic in phase_traffic(made, "one_to_one") if traffic.phase == "messages"]
    return found


def medians(traffic):
    return {each.flow.label: each.frame_bytes for each in traffic.flows}


# --- medians -----------------------------------------------------------------------------------------


def test_a_flow_is_the_median_over_the_runs():
    made = result(*([row("alice", "bob", sent)] for sent in (300, 100, 110)))
    assert medians(messages(made)) == {"alice→bob tcp p2p": 110}
    assert messages(made).runs == 3
    assert messages(made).left_out == ()


def test_of_an_even_number_of_runs_the_median_may_be_a_half():
    made = result([row("alice", "bob", 100)], [row("alice", "bob", 101)])
    assert medians(messages(made)) == {"alice→bob tcp p2p": 100.5}


def test_a_flow_without_a_row_did_not_happen_in_a_run_that_was_captured_exactly():
    rare, usual = row("alice", "(multicast)", 90, protocol="udp"), row("alice", "bob", 100)
    made = result([usual, rare], [usual], [usual])
    assert medians(messages(made)) == {"alice→bob tcp p2p": 100, "alice→(multicast) udp p2p": 0}
    made = result([usual, rare], [usual, rare], [usual])
    assert medians(messages(made))["alice→(multicast) udp p2p"] == 90


@pytest.mark.parametrize("capture", [LOSSY, attrs.evolve(EXACT, late_cuts=1), None])
def test_a_run_that_was_not_captured_exactly_is_left_out_and_named(capture):
    made = result([row("alice", "bob", 100)], [row("alice", "bob", 1)], captures=[EXACT, capture])
    assert medians(messages(made)) == {"alice→bob tcp p2p": 100}
    assert messages(made).runs == 1
    assert messages(made).left_out == ("one_to_one-2",)
    assert not is_counted(made.runs[1])


def test_a_capture_whose_accounts_do_not_close_is_not_exact():
    run = samples.result().runs[0]
    assert is_counted(run)
    assert not is_counted(samples.emulated().runs[-1])


def test_where_no_run_was_captured_exactly_there_are_no_flows_but_the_names():
    made = result([row("alice", "bob", 100)], captures=[LOSSY])
    assert messages(made).flows == ()
    assert messages(made).left_out == ("one_to_one-1",)
    assert (messages(made).sent_bytes, messages(made).sent_packets) == (0, 0)
    assert contributors(messages(made)) == ()


def test_where_nothing_was_captured_there_is_nothing():
    assert phase_traffic(samples.result(network="host"), "one_to_one") == ()
    assert phase_traffic(samples.result(), "unknown") == ()


def test_a_run_that_never_came_to_the_phase_counts_nothing_there():
    made = result(*([row("alice", "bob", sent)] for sent in (100, 200, 0)))
    *others, last = made.runs
    made = attrs.evolve(made, runs=(*others, attrs.evolve(last, phases=last.phases[:2])))
    assert medians(messages(made)) == {"alice→bob tcp p2p": 150}
    assert messages(made).runs == 2


def test_discarded_runs_and_other_subjects_count_nothing():
    made = result(*([row("alice", "bob", sent)] for sent in (100, 500, 900)))
    first, second, third = made.runs
    made = attrs.evolve(
        made, runs=(first, attrs.evolve(second, discarded=True), attrs.evolve(third, subject="base"))
    )
    assert medians(messages(made)) == {"alice→bob tcp p2p": 100}
    (base,) = [each for each in phase_traffic(made, "one_to_one", "base") if each.phase == "messages"]
    assert medians(base) == {"alice→bob tcp p2p": 900}


def test_every_number_has_a_median_of_its_own():
    made = result(
        [row("alice", "bob", 100, packets=3, retransmissions=1, connections=1, short_connections=1)],
        [row("alice", "bob", 90, packets=5, retransmissions=2)],
        [row("alice", "bob", 95, packets=4, retransmissions=9, connections=4)],
    )
    (flow,) = messages(made).flows
    assert attrs.asdict(flow, recurse=False) == {
        "flow": Flow("alice", "sent", "bob", "tcp", "p2p"), "frame_bytes": 95, "ip_bytes": 95,
        "payload_bytes": 95, "packets": 4, "retransmissions": 2, "connections": 1, "short_connections": 0,
    }  # fmt: skip


# --- phases and order --------------------------------------------------------------------------------


def test_phases_are_in_their_order_and_what_passed_outside_of_them_is_last():
    found = phase_traffic(samples.result(), "one_to_one")
    assert [traffic.phase for traffic in found] == ["accounts", "connect", "messages", ""]
    assert {traffic.scenario for traffic in found} == {"one_to_one"}


def test_where_nothing_passed_outside_there_is_no_such_phase():
    made = result([row("alice", "bob", 1)])
    assert [traffic.phase for traffic in phase_traffic(made, "one_to_one")][-1] == "messages"


def test_nodes_keep_their_order_and_what_was_sent_comes_first_the_most_first():
    made = result([
        row("bob", "alice", 5),
        row("stranger", "bob", 1),
        row("alice", "bob", 7, direction="received"),
        row("alice", "bob", 7),
        row("alice", "bob", 9, protocol="udp"),
        row("alice", "bob", 7, role="control"),
    ])  # fmt: skip
    found = [(each.flow.node, each.flow.direction, each.flow.label) for each in messages(made).flows]
    assert found == [
        ("alice", "sent", "alice→bob udp p2p"),
        ("alice", "sent", "alice→bob tcp control"),
        ("alice", "sent", "alice→bob tcp p2p"),
        ("alice", "received", "bob→alice tcp p2p"),
        ("bob", "sent", "bob→alice tcp p2p"),
        ("stranger", "sent", "stranger→bob tcp p2p"),
    ]


def test_what_the_runs_sent_together_is_a_median_of_sums():
    one, other = (
        (row("alice", "bob", 100), row("bob", "alice", 1)),
        (row("alice", "bob", 1), row("bob", "alice", 50)),
    )
    third = (row("alice", "bob", 2), row("bob", "alice", 2))
    found = messages(result(one, other, third))
    assert found.sent_bytes == 51
    assert found.total("frame_bytes") == 2 + 2
    assert found.sent_packets == found.total("packets") == 2


def test_of_captured_runs_it_is_the_published_figure():
    made = samples.result()
    for traffic in phase_traffic(made, "one_to_one")[:3]:
        values = sorted(made.values("one_to_one", traffic.phase, "sent_bytes"))
        assert traffic.sent_bytes == values[1]
        packets = sorted(made.values("one_to_one", traffic.phase, "packets_count"))
        assert traffic.sent_packets == packets[1]


# --- contributors ------------------------------------------------------------------------------------


def test_contributors_are_the_senders_view_ranked_with_shares():
    made = result([
        row("alice", "bob", 20),
        row("bob", "alice", 60),
        row("bob", "(multicast)", 20, protocol="udp", packets=4),
        row("alice", "bob", 60, direction="received"),
        row("carol", "bob", 0, packets=0),
    ])  # fmt: skip
    found = [
        (each.median.flow.label, each.share, each.median.packets) for each in contributors(messages(made))
    ]
    assert found == [
        ("bob→alice tcp p2p", 0.6, 1),
        ("alice→bob tcp p2p", 0.2, 1),
        ("bob→(multicast) udp p2p", 0.2, 4),
    ]


def test_the_shares_of_a_phase_add_up():
    for traffic in phase_traffic(samples.result(), "cold_start"):
        assert sum(each.share for each in contributors(traffic)) == pytest.approx(1)
