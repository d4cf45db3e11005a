"""Which flows make a difference, and the sentence that tells it."""

import attrs
import pytest
import samples

from tcperf.differences import EXPLAINED, explain
from tcperf.metrics import METRICS
from tcperf.traffic import Capture, Traffic

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
            "alice↔bob TCP in messages, evenly both ways, +10 packets",
            "alice↔bob TCP, evenly both ways, +10 packets",
        ),
        ([], "no flow differs in messages", "no flow differs"),
    ],
)
def test_who_knows_the_phase_is_not_told_it(head, told, brief):
    found = explain([run()], [run(*head)], "messages", "packets_count")
    assert found.sentence == told
    assert found.brief == brief
    assert (
        found.place == brief.partition(", +")[0]
    )  # beside medians of the whole, how much it is would contradict


def test_less_is_told_as_less():
    assert sentence([row("alice", "bob", 51)], [row("alice", "bob", 50)]) == (
        "all of it alice→bob TCP in messages, -1 packet"
    )


def test_bytes_are_told_in_their_units():
    assert sentence([row("alice", "bob", 1)], [row("alice", "bob", 25)], "sent_bytes") == (
        "all of it alice→bob TCP in messages, +2.34 KiB"
    )


def test_most_of_it_has_a_percentage_that_is_rounded_down():
    base = [row("alice", "bob", 0), row("bob", "alice", 0)]
    assert sentence(base, [row("alice", "bob", 87), row("bob", "alice", 13)]) == (
        "87 % of it alice→bob TCP in messages, +87 packets"
    )
    assert sentence(base, [row("alice", "bob", 9_999), row("bob", "alice", 1)]).startswith("99 % of it")


@pytest.mark.parametrize(
    ("packets", "told"),
    [
        ((20, 20), "alice↔bob TCP in messages, evenly both ways, +40 packets"),
        ((301, 299), "alice↔bob TCP in messages, evenly both ways, +600 packets"),
        ((52, 48), "alice↔bob TCP in messages, evenly both ways, +100 packets"),
        ((53, 47), "53 % of it alice→bob TCP and 47 % bob→alice TCP in messages, +100 packets"),
        ((69, 31), "69 % of it alice→bob TCP and 31 % bob→alice TCP in messages, +100 packets"),
        ((699, 301), "69 % of it alice→bob TCP and 31 % bob→alice TCP in messages, +1,000 packets"),
        ((70, 30), "70 % of it alice→bob TCP in messages, +70 packets"),
    ],
)
def test_what_is_not_most_of_it_is_not_named_alone(packets, told):
    one, other = packets
    assert sentence([], [row("alice", "bob", one), row("bob", "alice", other)]) == told
    less = told.replace("+", "-")
    assert sentence([row("alice", "bob", one), row("bob", "alice", other)], []) == less


def test_two_of_three_flows_have_shares_that_are_rounded_down_each():
    three = [row("alice", "bob", 400), row("bob", "alice", 399), row("carol", "bob", 201)]
    assert sentence([], three) == "40 % of it alice→bob TCP and 39 % bob→alice TCP in messages, +799 packets"


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (
            row("bob", "alice", 50, role="other"),
            row("alice", "bob", 49, role="other"),
            "alice↔bob TCP (other) in messages, evenly both ways, +99 packets",
        ),
        (
            row("alice", "bob", 50),
            row("bob", "alice", 50, protocol="udp"),
            "50 % of it alice→bob TCP and 50 % bob→alice UDP in messages, +100 packets",
        ),
        (
            row("alice", "bob", 50),
            row("bob", "alice", 50, role="other"),
            "50 % of it alice→bob TCP and 50 % bob→alice TCP (other) in messages, +100 packets",
        ),
        (
            row("alice", "bob", 50),
            row("bob", "carol", 50),
            "50 % of it alice→bob TCP and 50 % bob→carol TCP in messages, +100 packets",
        ),
    ],
)
def test_halves_are_two_ways_of_one_talk(one, other, told):
    assert sentence([], [one, other]) == told


def test_of_halves_what_a_third_flow_had_is_not_told_as_theirs():
    three = [row("alice", "bob", 49), row("bob", "alice", 48), row("carol", "bob", 3)]
    assert sentence([], three) == "alice↔bob TCP in messages, evenly both ways, +97 packets"


def test_what_not_even_two_flows_make_is_spread():
    many = [row(f"n{place}", "bob", 10 + place, protocol="udp") for place in range(5)]
    assert sentence([], many) == (
        "spread over 5 flows in messages, the largest n4→bob UDP 23 % and n3→bob UDP 21 %, +27 packets"
    )
    assert sentence(many, []) == (
        "spread over 5 flows in messages, the largest n4→bob UDP 23 % and n3→bob UDP 21 %, -27 packets"
    )


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
