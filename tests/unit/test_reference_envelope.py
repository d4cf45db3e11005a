"""The reference node's end-to-end encryption: who can read, who can forge, and what shows."""

import pytest

from tcperf.nodes.reference import envelope as envelopes
from tcperf.nodes.reference.envelope import (
    OVERHEAD_BYTES,
    PARTITIONS,
    EnvelopeError,
    is_for,
    partition_of,
    seal,
    unseal,
)
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.payload import BLOCK_BYTES, Kind, Payload, decode

ALICE, BOB, EVE = (KeyPair.from_scalar(scalar) for scalar in (11, 22, 33))
TEXT = b"the quick brown fox jumps over the lazy dog"
PAYLOAD = Payload(Kind.TEXT, 7, 1_700_000_000_000, TEXT)


def test_the_recipient_reads_what_the_sender_wrote():
    opened = unseal(seal(PAYLOAD.encode(), ALICE, BOB.public), BOB)
    assert opened.sender == ALICE.public
    assert decode(opened.payload) == PAYLOAD


@pytest.mark.parametrize("key", [EVE, ALICE], ids=["a stranger", "the sender itself"])
def test_a_wrong_key_cannot_read(key):
    with pytest.raises(EnvelopeError, match="does not open"):
        unseal(seal(PAYLOAD.encode(), ALICE, BOB.public), key)


def test_neither_the_text_nor_the_people_are_in_the_bytes():
    data = seal(PAYLOAD.encode(), ALICE, BOB.public)
    for secret in (TEXT, TEXT[:8], ALICE.public, ALICE.public[1:17], BOB.public[1:17]):
        assert secret not in data


def test_no_bit_can_be_changed():
    data = seal(PAYLOAD.encode(), ALICE, BOB.public)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(EnvelopeError):
            unseal(bytes(changed), BOB)


@pytest.mark.parametrize("data", [b"", b"\x01", bytes(36), bytes(200)])
def test_nonsense_is_no_envelope(data):
    with pytest.raises(EnvelopeError):
        unseal(data, BOB)


def test_an_envelope_cannot_be_cut():
    data = seal(PAYLOAD.encode(), ALICE, BOB.public)
    for length in range(len(data)):
        with pytest.raises(EnvelopeError):
            unseal(data[:length], BOB)


def test_bob_cannot_forward_alices_words_to_eve_as_meant_for_her(monkeypatch):
    stolen = unseal(seal(PAYLOAD.encode(), ALICE, BOB.public), BOB)
    # Bob signs for Alice the only way he can: with his own key, under her name.
    forged = KeyPair(BOB.private, ALICE.public)
    with pytest.raises(EnvelopeError, match="not signed"):
        unseal(seal(stolen.payload, forged, EVE.public), EVE)


def test_the_same_payload_never_gives_the_same_bytes_but_the_same_size():
    made = [seal(PAYLOAD.encode(), ALICE, BOB.public) for _ in range(20)]
    assert len(set(made)) == 20
    assert {len(data) for data in made} == {len(PAYLOAD.encode()) + OVERHEAD_BYTES}


def test_an_envelope_is_for_its_recipients_partition():
    data = seal(b"x", ALICE, BOB.public)
    assert is_for(data, BOB.public)
    assert not is_for(data, EVE.public)
    assert not is_for(b"", BOB.public)
    assert 0 <= partition_of(BOB.public) < PARTITIONS


def test_another_version_is_for_nobody(monkeypatch):
    data = seal(b"x", ALICE, BOB.public)
    assert not is_for(b"\x02" + data[1:], BOB.public)


def test_a_strangers_key_of_the_same_partition_tries_and_fails(monkeypatch):
    monkeypatch.setattr(envelopes, "PARTITIONS", 1)
    data = seal(b"x", ALICE, BOB.public)
    assert is_for(data, EVE.public)
    with pytest.raises(EnvelopeError):
        unseal(data, EVE)


def test_a_payloads_size_does_not_depend_on_its_digits():
    sizes = {len(Payload(Kind.TEXT, 1, 1, b"message %d" % n).encode()) for n in (1, 10, 100, 1000, 10**9)}
    assert sizes == {BLOCK_BYTES}
    assert len(Payload(Kind.ACK, 1, 1, bytes(32)).encode()) == BLOCK_BYTES


def test_a_payloads_id_depends_on_sender_and_content():
    assert PAYLOAD.id_from(ALICE.public) == decode(PAYLOAD.encode()).id_from(ALICE.public)
    assert PAYLOAD.id_from(ALICE.public) != PAYLOAD.id_from(BOB.public)
    assert PAYLOAD.id_from(ALICE.public) != Payload(Kind.TEXT, 8, PAYLOAD.timestamp, TEXT).id_from(
        ALICE.public
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PAYLOAD.encode()[:20],
        PAYLOAD.encode()[: 21 + len(TEXT) - 1],
        b"\x07" + PAYLOAD.encode()[1:],
        b"\x01" + bytes(127),
        Payload(Kind.TEXT, 0, 1, b"").encode(),
        Payload(Kind.TEXT, 1, -1, b"").encode(),
    ],
)
def test_nonsense_is_no_payload(data):
    with pytest.raises(ValueError):
        decode(data)
