"""Peer ids and addresses of the reference node, against ids that exist outside it."""

import socket

import pytest

from tcperf.nodes.reference.multiaddr import LOOPBACK, Multiaddr, interface_addresses
from tcperf.nodes.reference.peer_id import decode58, encode58, peer_id, public_key_of

# The key in a public Waku node's ENR, and the peer id that status-go's own list of fleets gives that node.
PUBLIC = bytes.fromhex("03af0f74b78d43480acace20b96684436258032631594097af90f30441ee189d63")
PEER = "16Uiu2HAmQSMNExfUYUqfuXWkD5DaNZnMYnigRxFKbk3tcEFQeQeE"


def test_a_real_nodes_key_gives_its_real_peer_id():
    assert peer_id(PUBLIC) == PEER


def test_a_peer_id_holds_its_key():
    assert public_key_of(PEER) == PUBLIC


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # https://datatracker.ietf.org/doc/html/draft-msporny-base58-03, section 5
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"", ""),
        (b"\0", "1"),
    ],
)
def test_base58_is_bitcoins(data, text):
    assert encode58(data) == text
    assert decode58(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "16Uiu2HAm/", "é"])
def test_base58_refuses_what_is_not_in_its_alphabet(text):
    with pytest.raises(ValueError, match="no base58 character"):
        decode58(text)


@pytest.mark.parametrize(
    "peer", ["", "16Uiu2HAm", PEER + "1", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"]
)
def test_other_peer_ids_are_refused(peer):
    with pytest.raises(ValueError, match="no peer id of a secp256k1 key"):
        public_key_of(peer)


def test_an_uncompressed_key_has_no_peer_id():
    with pytest.raises(ValueError, match="33 bytes, not 65"):
        peer_id(bytes(65))


def test_a_multiaddr_reads_what_it_writes():
    address = Multiaddr("10.77.0.2", 34161, PEER)
    assert str(address) == f"/ip4/10.77.0.2/tcp/34161/p2p/{PEER}"
    assert Multiaddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "/ip4/127.0.0.1/tcp/1",
        f"/ip4/127.0.0.256/tcp/1/p2p/{PEER}",
        f"/ip4/127.0.0.1/tcp/0/p2p/{PEER}",
        f"/ip4/127.0.0.1/tcp/65536/p2p/{PEER}",
        f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}x",
        f"/ip6/::1/tcp/1/p2p/{PEER}",
        f" /ip4/127.0.0.1/tcp/1/p2p/{PEER}",
        f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}\n",
    ],
)
def test_other_addresses_are_refused(text):
    with pytest.raises(ValueError):
        Multiaddr.parse(text)


def test_the_loopback_comes_last():
    addresses = interface_addresses()
    assert addresses[-1] == LOOPBACK
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        socket.inet_aton(address)


def test_without_any_interface_there_is_the_loopback(monkeypatch):
    monkeypatch.setattr("psutil.net_if_stats", dict)
    assert interface_addresses() == [LOOPBACK]
