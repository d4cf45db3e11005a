"""Properties of the reference node's codecs, ciphers, pages and gossip."""

import contextlib
import string

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tcperf.nodes.reference.channel import Channel, Frame, Reply
from tcperf.nodes.reference.connection import ProtocolViolation
from tcperf.nodes.reference.envelope import OVERHEAD_BYTES, EnvelopeError, is_for, seal, unseal
from tcperf.nodes.reference.gojson import GoJsonError, dumps, loads, unmarshal
from tcperf.nodes.reference.groups import Group, address, addressed, described
from tcperf.nodes.reference.handshake import HandshakeError, dial, listen
from tcperf.nodes.reference.keypair import ORDER, KeyPair, chat_key, parse_chat_key, verify
from tcperf.nodes.reference.multiaddr import Multiaddr
from tcperf.nodes.reference.payload import BLOCK_BYTES, Kind, Payload, decode
from tcperf.nodes.reference.peer_id import decode58, encode58, peer_id, public_key_of
from tcperf.nodes.reference.relay import CHAT_TOPIC, Relay
from tcperf.nodes.reference.requests import CreateAccount
from tcperf.nodes.reference.store import Message, MessageStore

ALICE, BOB, EVE = (KeyPair.from_scalar(scalar) for scalar in (11, 22, 33))
INT64 = st.integers(1, 2**63 - 1)
pairs = st.builds(KeyPair.from_scalar, st.integers(1, ORDER - 1))
payloads = st.builds(Payload, st.sampled_from(Kind), INT64, INT64, st.binary(max_size=600))
few = settings(max_examples=40, deadline=None)  # elliptic curves are slow


@given(st.binary(max_size=80))
def test_base58_is_undone(data):
    assert decode58(encode58(data)) == data


@given(st.text(string.digits + string.ascii_letters, max_size=60))
def test_base58_has_one_text_for_each_value(text):
    try:
        data = decode58(text)
    except ValueError:
        return
    assert encode58(data) == text


@few
@given(pairs)
def test_names_of_keys_are_undone(pair):
    assert public_key_of(peer_id(pair.public)) == pair.public
    assert peer_id(pair.public).startswith("16Uiu2HA")
    assert parse_chat_key(chat_key(pair.public)) == pair.public


@few
@given(pairs, st.binary(max_size=200))
def test_signatures_hold(pair, data):
    signature = pair.sign(data)
    assert verify(pair.public, signature, data)
    assert not verify(pair.public, signature, data + b"x")


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_addresses_are_undone(ip, port):
    address = Multiaddr(str(ip), port, peer_id(ALICE.public))
    assert Multiaddr.parse(str(address)) == address


@given(st.text())
def test_no_text_breaks_the_address_parser(text):
    try:
        parsed = Multiaddr.parse(text)
    except ValueError:
        return
    assert str(parsed) == text


@given(payloads)
def test_payloads_are_undone_and_padded(payload):
    data = payload.encode()
    assert decode(data) == payload
    assert len(data) % BLOCK_BYTES == 0


@given(st.binary(max_size=300))
def test_no_bytes_break_the_payload_parser(data):
    try:
        payload = decode(data)
    except ValueError:
        return
    assert data.startswith(payload.encode().rstrip(b"\0"))


@few
@given(payloads)
def test_an_envelope_opens_for_its_recipient_alone(payload):
    envelope = seal(payload.encode(), ALICE, BOB.public)
    assert len(envelope) == len(payload.encode()) + OVERHEAD_BYTES
    assert is_for(envelope, BOB.public)
    opened = unseal(envelope, BOB)
    assert (opened.sender, decode(opened.payload)) == (ALICE.public, payload)
    try:
        unseal(envelope, EVE)
    except EnvelopeError:
        return
    raise AssertionError("a stranger read it")


@few
@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_tampered_envelope_is_refused(payload, data):
    envelope = bytearray(seal(payload, ALICE, BOB.public))
    position = data.draw(st.integers(0, len(envelope) - 1))
    envelope[position] ^= data.draw(st.integers(1, 255))
    try:
        unseal(bytes(envelope), BOB)
    except EnvelopeError:
        return
    raise AssertionError("it opened all the same")


@few
@given(st.binary(max_size=300))
def test_no_bytes_break_the_envelope_opener(data):
    try:
        unseal(data, BOB)
    except EnvelopeError:
        return
    raise AssertionError("nonsense opened")


@few
@given(st.lists(st.binary(max_size=500), max_size=8), st.data())
def test_a_channel_does_not_care_how_the_stream_is_cut(frames, data):
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
    listener.open()
    (answer,) = listener.feed(dialler.open())
    (proof, _established) = dialler.feed(answer.data)
    stream = proof.data + b"".join(dialler.seal(frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    events = [event for piece in pieces for event in listener.feed(piece)]
    assert [event.payload for event in events if isinstance(event, Frame)] == frames
    assert not any(isinstance(event, Reply) for event in events)


@few
@given(st.binary(max_size=200))
def test_no_bytes_break_a_listening_channel(data):
    channel = Channel(listen(BOB))
    channel.open()
    try:
        events = list(channel.feed(data))
    except HandshakeError:
        return
    assert events == []


@given(st.binary(max_size=60))
def test_no_bytes_break_the_relay(data):
    relay = Relay(lambda _peer, _frame: None, lambda _message: None)
    relay.joined("peer")
    try:
        relay.received("peer", data)
    except ProtocolViolation:
        return
    assert relay.mesh(CHAT_TOPIC) == []


@given(st.integers(2, 8), st.data())
def test_in_any_connected_network_everybody_gets_a_message_exactly_once(count, data):
    queue, got = [], [[] for _ in range(count)]
    relays = [
        Relay(lambda peer, frame, name=name: queue.append((str(name), int(peer), frame)), got[name].append)
        for name in range(count)
    ]
    links = {(data.draw(st.integers(0, node - 1)), node) for node in range(1, count)}
    pairs_of_nodes = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    links |= {
        (min(pair), max(pair))
        for pair in data.draw(st.lists(pairs_of_nodes, max_size=6))
        if pair[0] != pair[1]
    }
    for one, two in sorted(links):
        relays[one].joined(str(two))
        relays[two].joined(str(one))
    _drain(queue, relays, data)
    source = data.draw(st.integers(0, count - 1))
    relays[source].publish(b"message")
    _drain(queue, relays, data)
    assert got == [[] if node == source else [b"message"] for node in range(count)]


def _drain(queue, relays, data):
    """Deliver everything, links in any order, each link in its own."""
    while queue:
        source, target, _frame = queue[data.draw(st.integers(0, len(queue) - 1))]
        first = next(index for index, found in enumerate(queue) if found[:2] == (source, target))
        source, target, frame = queue.pop(first)
        relays[target].received(source, frame)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30)), unique=True, max_size=30), st.integers(1, 7)
)
def test_pages_hold_every_message_once_newest_first(tmp_path_factory, stamps, limit):
    store = MessageStore(tmp_path_factory.mktemp("store") / "messages.sqlite")
    for clock, number in stamps:
        store.add(Message(f"0x{clock:02x}{number:02x}", "chat", "me", "text", clock, 1))
    seen, cursor = [], ""
    while True:
        page, cursor = store.page("chat", cursor, limit)
        assert len(page) <= limit
        seen += page
        if not cursor:
            break
    store.close()
    assert [(found.clock, found.id) for found in seen] == sorted(
        ((clock, f"0x{clock:02x}{number:02x}") for clock, number in stamps), reverse=True
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_json_is_undone(value):
    assert loads(dumps(value)) == value


@given(st.text())
def test_no_text_breaks_the_request_reader(text):
    try:
        request = unmarshal(text, CreateAccount)
    except GoJsonError:
        return
    assert isinstance(request, CreateAccount)


PEOPLE = [chat_key(KeyPair.from_scalar(scalar).public) for scalar in range(1, 9)]


@few
@given(st.text(), st.lists(st.sampled_from(PEOPLE), max_size=20), st.integers(1, 2**62))
def test_a_groups_description_is_undone(name, members, clock):
    assume(not any(0xD800 <= ord(character) < 0xE000 for character in name))
    group = Group.make(name, PEOPLE[0], tuple(members), clock)
    assert described(group.describe(), PEOPLE[0], clock) == group


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parsers_of_groups(data):
    with contextlib.suppress(ValueError):
        described(data, PEOPLE[0], 1)
    with contextlib.suppress(ValueError):
        group_id, text = addressed(data)
        assert address(group_id, text) == data


@few
@given(st.binary(max_size=40), st.data())
def test_a_damaged_description_is_refused_or_another(junk, data):
    whole = Group.make("friends", PEOPLE[0], tuple(PEOPLE[1:4]), 1).describe()
    place = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(ValueError):
        found = described(whole[:place] + junk + whole[place + len(junk) :], PEOPLE[0], 1)
        assert found.members[0] == PEOPLE[0]
        assert found.id.endswith(PEOPLE[0])
