"""What the page tells of traffic: flows by node, captures and identities, the emulated link."""

import attrs
import pytest
import samples

from tcperf.link import Link
from tcperf.model import Conditions
from tcperf.reports.closure import capture_view, closing_view
from tcperf.reports.flows import LARGEST, SHOWN_FLOWS, flows_view
from tcperf.reports.link import link_text
from tcperf.traffic import Traffic

# --- flows -------------------------------------------------------------------------------------------


def mesh(nodes):
    """One run in which everyone sends to everyone, in ``messages``; the later, the more."""
    made = samples.reference_result()
    names = [f"n{place}" for place in range(nodes)]
    pairs = [(node, peer) for node in names for peer in names if node != peer]
    rows = [
        Traffic("messages", node, "sent", peer, "tcp", "p2p", 1000 + place, 900, 800, 10)
        for place, (node, peer) in enumerate(pairs)
    ]
    return attrs.evolve(made, runs=(attrs.evolve(made.runs[0], traffic=tuple(rows)),))


def view(result):
    return flows_view(result, samples.ONE_TO_ONE)


def test_every_phase_with_traffic_is_told_and_whether_it_is_published():
    found = view(samples.result())
    assert [(each.traffic.phase, each.published) for each in found.phases] == [
        ("accounts", False), ("connect", False), ("messages", True), ("", False),
    ]  # fmt: skip
    assert found.left_out == ()


def test_without_a_capture_there_is_nothing_to_tell():
    assert view(samples.result(network="host")) is None


def test_runs_that_are_left_out_are_named_once():
    found = flows_view(samples.emulated(), samples.COLD_START)
    assert found.left_out == ("cold_start-3",)
    assert {each.traffic.runs for each in found.phases} == {2}


def test_nodes_have_their_flows_with_shares_of_each_direction():
    (phase,) = [each for each in view(samples.result()).phases if each.traffic.phase == "messages"]
    assert [each.node for each in phase.nodes] == ["alice", "bob"]
    for direction in ("sent", "received"):
        shares = [
            row.share for node in phase.nodes for row in node.rows if row.median.flow.direction == direction
        ]
        assert sum(shares) == pytest.approx(1)
    assert (phase.hidden, phase.rest) == (0, None)


def test_the_smaller_contributors_are_summed_up():
    (phase,) = view(mesh(4)).phases
    assert len(phase.largest) == LARGEST
    assert phase.rest.flows == 12 - LARGEST
    assert (
        phase.rest.frame_bytes + sum(each.median.frame_bytes for each in phase.largest)
        == phase.traffic.sent_bytes
    )
    assert phase.rest.packets == 10 * phase.rest.flows
    assert phase.rest.share + sum(each.share for each in phase.largest) == pytest.approx(1)


def test_a_single_smaller_one_is_told_as_the_others_are():
    made = mesh(4)
    (run,) = made.runs
    made = attrs.evolve(made, runs=(attrs.evolve(run, traffic=run.traffic[: LARGEST + 1]),))
    (phase,) = view(made).phases
    assert len(phase.largest) == LARGEST + 1
    assert phase.rest is None


def test_of_very_many_flows_the_largest_are_shown_in_their_order():
    (phase,) = view(mesh(10)).phases
    shown = [row.median for node in phase.nodes for row in node.rows]
    assert len(shown) == SHOWN_FLOWS
    assert phase.hidden == 90 - SHOWN_FLOWS
    assert min(each.frame_bytes for each in shown) == 1000 + phase.hidden
    assert [node.node for node in phase.nodes] == sorted(node.node for node in phase.nodes)


def test_a_flow_of_nothing_has_no_share():
    made = samples.reference_result()
    rows = (Traffic("messages", "alice", "received", "bob", "tcp", "p2p", 0, 0, 0, 0, connections=1),)
    made = attrs.evolve(made, runs=(attrs.evolve(made.runs[0], traffic=rows),))
    (phase,) = view(made).phases
    assert [row.share for node in phase.nodes for row in node.rows] == [0]
    assert phase.largest == ()


# --- does it add up ----------------------------------------------------------------------------------


def test_what_was_lost_on_purpose_is_no_difference():
    run = samples.emulated().runs[-1]
    assert run.closing.lost_bytes > 0
    assert closing_view(run).difference == 0
    closing = attrs.evolve(run.closing, received_bytes=run.closing.received_bytes + 60)
    assert closing_view(attrs.evolve(run, closing=closing)).difference == 60
    assert closing_view(attrs.evolve(run, closing=None)) is None


def test_a_capture_is_told_with_its_accounts():
    found = capture_view(samples.result().runs[0])
    assert (found.closed, len(found.accounts)) == (4, 4)
    assert [each.difference for each in found.accounts] == [0, 0, 0, 0]
    short = capture_view(samples.emulated().runs[-1])
    assert (short.closed, len(short.accounts)) == (3, 4)
    assert [each.difference for each in short.accounts] == [462, 0, 0, 0]
    assert capture_view(samples.result(network="host").runs[0]) is None


def test_control_and_unknown_traffic_are_no_difference():
    run = samples.result().runs[0]
    first, *others = run.capture.accounts
    moved = attrs.evolve(
        first,
        attributed_bytes=first.attributed_bytes - 300,
        control_bytes=200,
        unknown_bytes=100,
    )
    found = capture_view(attrs.evolve(run, capture=attrs.evolve(run.capture, accounts=(moved, *others))))
    assert found.accounts[0].difference == 0


# --- the link ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (None, None),
        (Link(), None),
        (Link(50, 10_000_000, 0.01), "50 ms delay, 10 Mbit/s, 1 % loss"),
        (Link(delay_ms=0.5), "0.5 ms delay"),
        (Link(rate_bits_per_s=2_500_000_000), "2.5 Gbit/s"),
        (Link(rate_bits_per_s=256_000), "256 kbit/s"),
        (Link(rate_bits_per_s=800), "800 bit/s"),
        (Link(loss_ratio=0.07), "7 % loss"),
        (Link(loss_ratio=0.0005), "0.05 % loss"),
    ],
)
def test_a_link_is_told_in_words(link, told):
    assert link_text(Conditions("private", link=link)) == told
