"""What the reference node's messages cost on a wire: on a private network, to the byte."""

import contextlib
import itertools
import os

import pytest
from reference_client import HostedNode

from tcperf.modules import module_environment
from tcperf.network.run_network import RunNetwork

pytestmark = pytest.mark.integration
ENV = module_environment({"PATH": os.environ["PATH"]})


@contextlib.contextmanager
def hosted(folder, count):
    """A network and so many nodes with accounts on it."""
    with RunNetwork("private") as network, contextlib.ExitStack() as stack:
        made = []
        for number in range(count):
            place = folder / f"node{number}"
            place.mkdir(parents=True)
            made.append((network.add_host(f"node{number}"), place))
        yield network, [(host, HostedNode(place, stack, host, ENV).create()) for host, place in made]


def cost(hosts, send, count):
    """(bytes, frames) that all hosts sent for ``count`` messages, one after another."""
    before = [host.counters() for host in hosts]
    for number in range(count):
        send(number)
    after = [host.counters() for host in hosts]
    differences = [
        (b.sent_bytes - a.sent_bytes, b.sent_packets - a.sent_packets)
        for a, b in zip(before, after, strict=True)
    ]
    return tuple(map(sum, zip(*differences, strict=True)))


def twenty_and_forty(folder):
    """The costs of 20 and of 40 messages between two fresh nodes."""
    with hosted(folder, 2) as (network, [(one, alice), (two, bob)]):
        alice.dial(bob)
        alice.deliver(bob, "warm up")

        def send(number):
            alice.deliver(bob, f"message {number}")

        costs = [cost([one, two], send, count) for count in (20, 40)]
        network.end_processes()
        assert network.closing().closes
    return costs


def test_forty_messages_cost_twice_what_twenty_do_and_every_run_the_same(tmp_path):
    (twenty, forty), again = (twenty_and_forty(tmp_path / run) for run in ("first", "second"))
    # One frame each: the text, its acknowledgement, and TCP's acknowledgement of either.
    assert twenty[1] == 4 * 20
    assert 1.9 <= forty[0] / twenty[0] <= 2.1
    for one, two in zip((twenty, forty), again, strict=True):
        assert abs(one[0] - two[0]) <= 0.005 * one[0]


def test_ten_nodes_in_a_line_pass_a_message_from_end_to_end(tmp_path):
    with hosted(tmp_path, 10) as (network, people):
        chain = [node for _host, node in people]
        for one, two in itertools.pairwise(chain):
            one.dial(two)
        assert chain[0].deliver(chain[-1], "from end to end")[1]["from"] == chain[0].chat_id
        network.end_processes()
        assert network.closing().closes
