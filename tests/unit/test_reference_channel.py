"""The reference node's handshake and frames, without a network: two channels that feed each other."""

import pytest

from tcperf.nodes.reference import handshake as handshakes
from tcperf.nodes.reference.channel import LONGEST_PAYLOAD, Channel, ChannelError, Frame, Reply
from tcperf.nodes.reference.handshake import PROTOCOL, Established, HandshakeError, dial, listen
from tcperf.nodes.reference.keypair import KeyPair

ALICE, BOB, EVE = (KeyPair.from_scalar(scalar) for scalar in (1, 2, 3))


def pump(one, two, first):
    """Carry handshake bytes to and fro; what each end learnt."""
    learnt = {one: [], two: []}
    queue = [(two, first)]
    while queue:
        end, data = queue.pop(0)
        for event in end.feed(data):
            if isinstance(event, Reply):
                queue.append((one if end is two else two, event.data))
            else:
                learnt[end].append(event)
    return learnt[one], learnt[two]


@pytest.fixture
def pair():
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
    assert listener.open() == b""
    assert pump(dialler, listener, dialler.open())
    return dialler, listener


def test_both_ends_learn_who_the_other_is():
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
    listener.open()
    ours, theirs = pump(dialler, listener, dialler.open())
    assert [type(event) for event in ours + theirs] == [Established, Established]
    assert (ours[0].peer, theirs[0].peer) == (BOB.public, ALICE.public)
    assert ours[0].send_key == theirs[0].receive_key
    assert ours[0].receive_key == theirs[0].send_key
    assert ours[0].send_key != ours[0].receive_key


def test_frames_go_both_ways(pair):
    dialler, listener = pair
    assert list(listener.feed(dialler.seal(b"ping"))) == [Frame(b"ping")]
    assert list(dialler.feed(listener.seal(b"pong"))) == [Frame(b"pong")]
    assert list(listener.feed(dialler.seal(b""))) == [Frame(b"")]


def test_a_frame_costs_its_payload_and_eighteen_bytes(pair):
    dialler, _ = pair
    assert [len(dialler.seal(bytes(size))) - size for size in (0, 1, 300, LONGEST_PAYLOAD)] == [18] * 4


def test_what_is_sent_does_not_show(pair):
    dialler, _ = pair
    assert b"a secret text" not in dialler.seal(b"a secret text")
    assert dialler.seal(b"same") != dialler.seal(b"same")


def test_a_frame_cannot_be_repeated(pair):
    dialler, listener = pair
    frame = dialler.seal(b"pay 5")
    assert list(listener.feed(frame)) == [Frame(b"pay 5")]
    with pytest.raises(ChannelError):
        list(listener.feed(frame))


def test_a_frame_cannot_be_left_out(pair):
    dialler, listener = pair
    dialler.seal(b"first")
    with pytest.raises(ChannelError):
        list(listener.feed(dialler.seal(b"second")))


def test_a_frame_cannot_be_sent_back(pair):
    dialler, _ = pair
    with pytest.raises(ChannelError):
        list(dialler.feed(dialler.seal(b"mirror")))


def test_a_frame_cannot_be_changed(pair):
    dialler, listener = pair
    frame = bytearray(dialler.seal(b"text"))
    frame[-1] ^= 1
    with pytest.raises(ChannelError, match="does not open"):
        list(listener.feed(bytes(frame)))


def test_a_payload_that_no_frame_can_hold_is_refused(pair):
    with pytest.raises(ChannelError, match="is the most"):
        pair[0].seal(bytes(LONGEST_PAYLOAD + 1))


def test_nothing_is_sealed_before_the_handshake():
    with pytest.raises(ChannelError, match="not established"):
        Channel(dial(ALICE, BOB.public)).seal(b"early")


def test_the_dialler_refuses_another_peer():
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(EVE))
    listener.open()
    with pytest.raises(HandshakeError, match="another peer"):
        pump(dialler, listener, dialler.open())


def test_eve_cannot_answer_under_bobs_name():
    impostor = KeyPair(EVE.private, BOB.public)
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(impostor))
    listener.open()
    with pytest.raises(HandshakeError, match="signature is wrong"):
        pump(dialler, listener, dialler.open())


def test_eve_cannot_dial_under_alices_name():
    impostor = KeyPair(EVE.private, ALICE.public)
    dialler, listener = Channel(dial(impostor, BOB.public)), Channel(listen(BOB))
    listener.open()
    with pytest.raises(HandshakeError, match="signature is wrong"):
        pump(dialler, listener, dialler.open())


def test_a_listeners_proof_is_no_diallers_proof(monkeypatch):
    monkeypatch.setattr(handshakes, "_DIALLER", b"listener")
    own = dial(ALICE, BOB.public)
    hello = next(own)
    monkeypatch.undo()
    other = listen(BOB)
    next(other)
    answer = other.send(hello)
    monkeypatch.setattr(handshakes, "_DIALLER", b"listener")
    with pytest.raises(StopIteration) as done:
        own.send(answer)
    monkeypatch.undo()
    with pytest.raises(HandshakeError, match="signature is wrong"):
        other.send(done.value.value[0])


@pytest.mark.parametrize("hello", [b"", b"GET / HTTP/1.1", PROTOCOL, PROTOCOL + bytes(32), bytes(31)])
def test_the_listener_refuses_another_protocol(hello):
    listener = Channel(listen(BOB))
    listener.open()
    with pytest.raises(HandshakeError, match="does not speak"):
        list(listener.feed(len(hello).to_bytes(2, "big") + hello))


@pytest.mark.parametrize("place", [0, 31, 32, -1])
def test_a_changed_answer_is_refused(place):
    dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
    listener.open()
    (reply,) = listener.feed(dialler.open())
    changed = bytearray(reply.data)
    changed[place if place < 0 else place + 2] ^= 1
    with pytest.raises(HandshakeError):
        list(dialler.feed(bytes(changed)))


def test_every_handshake_has_the_same_size():
    sizes = set()
    for _ in range(5):
        dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
        listener.open()
        hello = dialler.open()
        (answer,) = listener.feed(hello)
        proof, _established = dialler.feed(answer.data)
        sizes.add((len(hello), len(answer.data), len(proof.data)))
    assert len(sizes) == 1


def test_no_two_handshakes_share_keys():
    found = set()
    for _ in range(5):
        dialler, listener = Channel(dial(ALICE, BOB.public)), Channel(listen(BOB))
        listener.open()
        ours, _ = pump(dialler, listener, dialler.open())
        found |= {ours[0].send_key, ours[0].receive_key}
    assert len(found) == 10
