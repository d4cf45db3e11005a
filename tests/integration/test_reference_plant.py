"""The reference node's plants, in real processes: each costs what was asked for, and nothing breaks."""

import contextlib
import os
import sys
from pathlib import Path

import pytest
import reference_client
from reference_client import HostedNode, nodes

from tcperf.modules import module_environment
from tcperf.network.run_network import RunNetwork
from tcperf.probes.cpu import cpu_clock_ns

pytestmark = pytest.mark.integration
ENV = module_environment({"PATH": os.environ["PATH"]})
MESSAGES = 20


def plant(monkeypatch, text):
    """Let every node started from now on carry a plant; none where the text is empty."""
    command = [sys.executable, "-m", "tcperf.nodes.reference", "--address", "127.0.0.1:0"]
    planted = [*command, "--plant", text] if text else command
    monkeypatch.setattr(reference_client, "command", lambda *_arguments: planted)


def bytes_sent(folder):
    """What two nodes send for MESSAGES messages, acknowledgements and headers included."""
    with RunNetwork("private") as network, contextlib.ExitStack() as stack:
        hosts = [network.add_host(name) for name in ("alice", "bob")]
        people = []
        for host in hosts:
            place = folder / host.name
            place.mkdir(parents=True)
            people.append(HostedNode(place, stack, host, ENV).create())
        alice, bob = people
        alice.dial(bob)
        alice.deliver(bob, "warm up")
        before = sum(host.counters().sent_bytes for host in hosts)
        for number in range(MESSAGES):
            alice.deliver(bob, f"message {number}")
        return sum(host.counters().sent_bytes for host in hosts) - before


def test_bytes_are_what_was_asked_for_to_the_rounding(tmp_path, monkeypatch):
    plain, percent, fixed = (
        (plant(monkeypatch, text), bytes_sent(tmp_path / f"with {text}"))[1]
        for text in ("", "bytes=20%", "bytes=64")
    )
    envelopes = 2 * MESSAGES
    assert fixed - plain == pytest.approx(64 * envelopes, abs=0.01 * plain)
    assert percent - plain == pytest.approx(0.2 * plain, abs=0.01 * plain)


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_is_resident_from_the_login_on(tmp_path, monkeypatch):
    plant(monkeypatch, "memory=64MiB")
    with nodes(tmp_path) as (alice,):
        before = resident(alice.process.pid)
        alice.create()
        planted = resident(alice.process.pid) - before
    plant(monkeypatch, "")
    (tmp_path / "plain").mkdir()
    with nodes(tmp_path / "plain") as (alice,):
        before = resident(alice.process.pid)
        alice.create()
        plain = resident(alice.process.pid) - before
    assert planted - plain == pytest.approx(64 << 20, abs=8 << 20)


def test_cpu_is_owed_as_long_as_the_node_works(tmp_path, monkeypatch):
    """The whole life's CPU of two nodes, one of which owes as much again: it has nearly twice the other's."""
    spent = {}
    for text in ("", "cpu=100%"):
        plant(monkeypatch, text)
        folder = tmp_path / f"with {text}"
        folder.mkdir()
        with nodes(folder) as (alice,):
            alice.create()
            for _ in range(100):
                alice.rpc("wakuext_peers")
            spent[text] = cpu_clock_ns(alice.process.pid)
    assert spent["cpu=100%"] >= 1.5 * spent[""]


def test_all_at_once_and_the_nodes_still_talk(tmp_path, monkeypatch):
    plant(monkeypatch, "cpu=15%,bytes=6%,memory=1MiB,delay=3ms")
    with nodes(tmp_path, 2) as (alice, bob):
        alice.create().dial(bob.create())
        for sender, receiver in ((alice, bob), (bob, alice)):
            sent = [sender.send(receiver, f"message {number}")["id"] for number in range(20)]
            arrived = [receiver.signal("messages.new")["messages"][0]["id"] for _ in sent]
            assert arrived == sent
            for _ in sent:
                sender.signal("message.delivered")
