"""Addresses of devp2p nodes, as a node tells its own and those of its peers."""

import pytest
from fake_host import CalmWitness
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import NodeError
from tcperf.nodes.admin_module import AdminModule
from tcperf.nodes.enode import Enode, enode_of, protocols_of

KEY = "ab" * 64
HEX = st.text("0123456789abcdef", min_size=128, max_size=128)


@given(HEX, st.ip_addresses(v=4), st.integers(1, 65535))
def test_what_is_told_is_read_and_dialled(key, address, port):
    found = enode_of({"enode": f"enode://{key}@{address}:{port}?discport=0"})
    assert found == Enode(key, str(address), port)
    assert enode_of({"enode": found.url}) == found


@pytest.mark.parametrize("host", ["[::]", "127.0.0.1", "10.77.0.2"])
def test_whatever_it_believes_its_address_to_be(host):
    assert enode_of({"enode": f"enode://{KEY}@{host}:30303"}).port == 30303


@pytest.mark.parametrize(
    "told",
    [
        None,
        7,
        [],
        {},
        {"enode": None},
        {"enode": f"enode://{KEY[1:]}@10.0.0.1:30303"},
        {"enode": f"enode://{KEY}@10.0.0.1:0"},
        {"enode": f"enode://{KEY}@10.0.0.1:99999"},
        {"enode": f"enr:-{KEY}"},
        {"enode": f"enode://{KEY}@evil.example:30303"},
    ],
)
def test_what_is_none(told):
    assert enode_of(told) is None


@pytest.mark.parametrize(
    ("peer", "spoken"),
    [
        ({"protocols": {"waku": "unknown", "shh": "unknown"}}, {"waku", "shh"}),
        ({"protocols": None}, set()),
        ({}, set()),
        (None, set()),
    ],
)
def test_what_is_spoken_with_a_peer(peer, spoken):
    assert protocols_of(peer) == spoken


def module(answers):
    called = []

    def call(method, params):
        called.append((method, params))
        return answers[method]

    return AdminModule(call, CalmWitness()), called


def test_a_peer_is_known_by_its_key_and_by_what_is_spoken():
    peers = [{"enode": f"enode://{KEY}@10.0.0.1:1", "protocols": {"waku": "unknown"}}, 7, {"enode": "?"}]
    admin, _called = module({"admin_peers": peers})
    assert admin.peers() == {KEY}
    assert admin.peers(frozenset({"waku"})) == {KEY}
    assert admin.peers(frozenset({"shh"})) == frozenset()
    assert module({"admin_peers": None})[0].peers() == frozenset()


def test_it_is_told_to_dial():
    admin, called = module({"admin_addPeer": True})
    admin.dial("enode://x")
    assert called == [("admin_addPeer", ["enode://x"])]


def test_a_node_that_does_not_say_who_it_is():
    with pytest.raises(NodeError, match="alice answered admin_nodeInfo without an enode with a port"):
        module({"admin_nodeInfo": {"enode": f"enode://{KEY}@10.0.0.1:0"}})[0].enode()
