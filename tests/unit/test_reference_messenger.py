"""The reference node's messenger: two of them on one wire that the test may cut."""

import asyncio
import itertools

import pytest
from reference_world import KEYS, World, play

from tcperf.nodes.reference import postbox
from tcperf.nodes.reference.burden import WIRE_BYTES
from tcperf.nodes.reference.envelope import seal
from tcperf.nodes.reference.keypair import chat_key
from tcperf.nodes.reference.messenger import LONGEST_TEXT, MessengerError
from tcperf.nodes.reference.payload import Kind, Payload

SOON_S = 0.01


@play
async def test_a_text_arrives_and_its_delivery_is_known(tmp_path):
    world = World(tmp_path)
    world.start()
    sent = world.people["alice"].send(chat_key(KEYS["bob"].public), "hello bob")
    assert world.kinds("bob") == ["messages.new"]
    (received,) = world.signals["bob"][0][1]["messages"]
    assert received["text"] == "hello bob"
    assert received["id"] == sent.id
    assert received["from"] == received["chatId"] == chat_key(KEYS["alice"].public)
    assert "outgoingStatus" not in received
    assert world.signals["alice"] == [
        ("message.delivered", {"chatID": chat_key(KEYS["bob"].public), "messageID": sent.id})
    ]
    assert list(world.people["alice"].postbox._parcels) == []
    assert not world.people["alice"].postbox._timers
    world.close()


@play
async def test_a_text_and_its_acknowledgement_are_two_envelopes_of_fixed_size(tmp_path):
    world = World(tmp_path)
    world.start()
    for number in (1, 22, 333):
        world.people["alice"].send(chat_key(KEYS["bob"].public), f"message {number}")
    assert len(world.carried) == 6
    assert len({len(envelope) for envelope in world.carried}) == 1
    world.close()


@play
async def test_planted_bytes_lengthen_text_and_acknowledgement_and_are_not_seen(tmp_path):
    sizes = {}
    for plant in ("", "bytes=64", "bytes=50%"):
        folder = tmp_path / f"planted {plant}"
        folder.mkdir()
        world = World(folder, plant=plant)
        world.start()
        sent = world.people["alice"].send(chat_key(KEYS["bob"].public), "hello bob")
        (received,) = world.signals["bob"][0][1]["messages"]
        assert (received["text"], received["id"]) == ("hello bob", sent.id)
        assert world.kinds("alice") == ["message.delivered"]
        sizes[plant] = [len(envelope) for envelope in world.carried]
        world.close()
    (text, ack) = sizes[""]
    assert sizes["bytes=64"] == [text + 64, ack + 64]
    assert sizes["bytes=50%"] == [text + round((text + WIRE_BYTES) / 2), ack + round((ack + WIRE_BYTES) / 2)]


@play
async def test_clocks_only_grow_and_ids_differ_for_equal_texts(tmp_path):
    world = World(tmp_path)
    world.start()
    sent = [world.people["alice"].send(chat_key(KEYS["bob"].public), "same") for _ in range(20)]
    assert all(one.clock < two.clock for one, two in itertools.pairwise(sent))
    assert len({message.id for message in sent}) == 20
    world.close()


@play
async def test_nothing_is_received_before_the_start(tmp_path):
    world = World(tmp_path)
    world.people["alice"].send(chat_key(KEYS["bob"].public), "too early")
    assert world.signals == {"alice": [], "bob": []}
    world.close()


@play
async def test_a_second_start_is_refused(tmp_path):
    world = World(tmp_path)
    world.start()
    with pytest.raises(MessengerError, match="messenger already started"):
        world.people["alice"].start()
    world.close()


@play
async def test_a_third_person_learns_nothing(tmp_path):
    world = World(tmp_path, ("alice", "bob", "eve"))
    world.start()
    world.people["alice"].send(chat_key(KEYS["bob"].public), "between us")
    assert world.signals["eve"] == []
    world.close()


@play
async def test_a_lost_text_is_sent_again_as_another_envelope(tmp_path):
    world = World(tmp_path, resend_after_s=SOON_S)
    world.start()
    world.cut = True
    world.people["alice"].send(chat_key(KEYS["bob"].public), "again")
    world.cut = False
    await world.until(lambda: world.kinds("alice") == ["message.delivered"])
    assert world.kinds("bob") == ["messages.new"]
    assert len(set(world.carried)) == len(world.carried) == 3
    world.close()


@play
async def test_a_lost_acknowledgement_is_repeated_without_a_second_message(tmp_path):
    world = World(tmp_path, resend_after_s=SOON_S)
    world.start()
    alice = world.people["alice"]
    heard = alice.received
    alice.received = lambda envelope: None
    alice.send(chat_key(KEYS["bob"].public), "once")
    assert world.kinds("bob") == ["messages.new"]
    alice.received = heard
    await world.until(lambda: world.signals["alice"])
    assert world.kinds("bob") == ["messages.new"]
    assert world.kinds("alice") == ["message.delivered"]
    world.close()


@play
async def test_a_repeated_acknowledgement_is_no_news(tmp_path):
    world = World(tmp_path)
    world.start()
    world.people["alice"].send(chat_key(KEYS["bob"].public), "text")
    acknowledgement = world.carried[-1]
    world.people["alice"].received(acknowledgement)
    assert world.kinds("alice") == ["message.delivered"]
    world.close()


@play
async def test_sending_again_ends(tmp_path):
    world = World(tmp_path, resend_after_s=0.0)
    world.start()
    world.cut = True
    world.people["alice"].send(chat_key(KEYS["bob"].public), "nobody hears")
    await world.until(lambda: not world.people["alice"].postbox._timers)
    assert len(world.carried) == postbox.ATTEMPTS
    assert world.signals["alice"] == []
    world.close()


@play
async def test_without_a_peer_the_envelope_has_expired(tmp_path):
    world = World(tmp_path)
    world.start()
    world.alone = True
    sent = world.people["alice"].send(chat_key(KEYS["bob"].public), "alone")
    ((kind, event),) = world.signals["alice"]
    assert (kind, event["ids"]) == ("envelope.expired", [sent.id])
    assert sent.outgoing_status == "sending"
    world.close()


@play
async def test_what_an_earlier_login_left_over_is_taken_up(tmp_path):
    world = World(tmp_path)
    world.start()
    world.cut = True
    world.people["alice"].send(chat_key(KEYS["bob"].public), "left over")
    world.close()
    world = World(tmp_path, resend_after_s=SOON_S)
    world.start()
    await world.until(lambda: world.kinds("alice") == ["message.delivered"])
    assert world.signals["bob"][0][1]["messages"][0]["text"] == "left over"
    world.close()


@play
async def test_a_text_sent_before_the_start_keeps_its_one_timer(tmp_path):
    world = World(tmp_path)
    world.cut = True
    sent = world.people["alice"].send(chat_key(KEYS["bob"].public), "early")
    key = (sent.id[2:], KEYS["bob"].public)
    timer = world.people["alice"].postbox._timers[key]
    world.start()
    assert world.people["alice"].postbox._timers == {key: timer}
    world.close()


@play
async def test_only_the_recipient_can_acknowledge(tmp_path):
    world = World(tmp_path)
    world.start()
    world.cut = True
    sent = world.people["alice"].send(chat_key(KEYS["bob"].public), "text")
    forged = Payload(Kind.ACK, 1, 1, bytes.fromhex(sent.id[2:])).encode()
    world.people["alice"].received(seal(forged, KEYS["eve"], KEYS["alice"].public))
    assert world.signals["alice"] == []
    assert world.people["alice"].postbox._timers
    world.close()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense" * 40,
        Payload(Kind.TEXT, 2**62, 1, b"from the future").encode(),
        Payload(Kind.TEXT, 1, 1, b"\xff\xfe").encode(),
    ],
)
def test_nonsense_from_a_stranger_is_passed_over(tmp_path, payload):
    async def scene():
        world = World(tmp_path)
        world.start()
        world.people["alice"].received(seal(payload, KEYS["eve"], KEYS["alice"].public))
        envelope = bytearray(seal(payload, KEYS["eve"], KEYS["alice"].public))
        envelope[-1] ^= 1
        world.people["alice"].received(bytes(envelope))
        assert world.signals["alice"] == []
        assert world.carried == []
        world.close()

    asyncio.run(scene())


@pytest.mark.parametrize("text", ["", "x" * (LONGEST_TEXT + 1)])
def test_empty_and_too_long_texts_are_refused(tmp_path, text):
    async def scene():
        world = World(tmp_path)
        with pytest.raises(MessengerError, match="1 to 4096 characters"):
            world.people["alice"].send(chat_key(KEYS["bob"].public), text)
        world.close()

    asyncio.run(scene())


@play
async def test_the_longest_text_of_the_widest_characters_arrives(tmp_path):
    world = World(tmp_path)
    world.start()
    text = "\U0001f98a" * LONGEST_TEXT
    world.people["alice"].send(chat_key(KEYS["bob"].public), text)
    assert world.signals["bob"][0][1]["messages"][0]["text"] == text
    world.close()


@play
async def test_wrong_recipients_are_refused(tmp_path):
    world = World(tmp_path)
    with pytest.raises(MessengerError, match="oneself"):
        world.people["alice"].send(chat_key(KEYS["alice"].public), "me")
    with pytest.raises(ValueError, match="chat id"):
        world.people["alice"].send("0x1234", "who")
    with pytest.raises(UnicodeEncodeError):
        world.people["alice"].send(chat_key(KEYS["bob"].public), "\ud800")
    assert world.carried == []
    world.close()


@play
async def test_a_closed_messenger_is_silent(tmp_path):
    world = World(tmp_path)
    world.start()
    world.cut = True
    world.people["alice"].send(chat_key(KEYS["bob"].public), "text")
    world.people["alice"].close()
    world.people["bob"].close()
    world.people["bob"].received(world.carried[0])
    assert not world.people["alice"].postbox._timers
    assert world.signals == {"alice": [], "bob": []}
    world.close()
