"""The reference node's private groups: how they are described, who may, and what their members hear."""

import asyncio
import re
import sqlite3
from contextlib import closing

import pytest
from reference_world import KEYS, World, play

from tcperf.nodes.reference.envelope import seal
from tcperf.nodes.reference.groups import Group, Groups, address, addressed, described
from tcperf.nodes.reference.keypair import chat_key
from tcperf.nodes.reference.messenger import MessengerError
from tcperf.nodes.reference.payload import Kind, Payload

NAMES = ("alice", "bob", "carol", "eve")
ALICE, BOB, CAROL, EVE = (chat_key(KEYS[name].public) for name in NAMES)
SOON_S = 0.01


def befriend(world, one, other):
    """One asks, the other accepts."""
    request = world.people[one].ask_contact(world.people[other].chat_id, "be my contact")
    world.people[other].accept_contact(request["messages"][0]["id"])


def make_group(world, founder="alice", others=("bob", "carol")):
    for other in others:
        befriend(world, founder, other)
    made = world.people[founder].create_group("friends", [world.people[other].chat_id for other in others])
    return made["chats"][0]["id"]


def heard(world, name, text):
    """The messages of this text that a node told of."""
    events = [event for kind, event in world.signals[name] if kind == "messages.new"]
    return [message for event in events for message in event.get("messages") or () if message["text"] == text]


class TestContacts:
    @play
    async def test_a_request_that_is_accepted_makes_both_mutual(self, tmp_path):
        world = World(tmp_path)
        world.start()
        asked = world.people["alice"].ask_contact(BOB, "hello")
        assert asked["contacts"] == [{"id": BOB, "added": True, "hasAddedUs": False, "mutual": False}]
        ((kind, event),) = world.signals["bob"]
        (request,) = event["messages"]
        assert (kind, request["text"], request["contentType"]) == ("messages.new", "hello", 11)
        assert event["contacts"] == [{"id": ALICE, "added": False, "hasAddedUs": True, "mutual": False}]
        accepted = world.people["bob"].accept_contact(request["id"])
        assert accepted["contacts"][0]["mutual"]
        assert world.signals["alice"][-1] == (
            "messages.new",
            {"contacts": [{"id": BOB, "added": True, "hasAddedUs": True, "mutual": True}]},
        )
        assert list(world.people["alice"].postbox._parcels) == []
        assert list(world.people["bob"].postbox._parcels) == []
        world.close()

    @play
    async def test_only_a_request_that_came_can_be_accepted(self, tmp_path):
        world = World(tmp_path)
        world.start()
        own = world.people["alice"].ask_contact(BOB, "hello")["messages"][0]["id"]
        text = world.people["bob"].send(ALICE, "no request").id
        for wrong in (own, text, "0x1234"):
            with pytest.raises(MessengerError, match="record not found"):
                world.people["alice"].accept_contact(wrong)
        world.close()

    @play
    async def test_what_was_never_asked_cannot_be_accepted(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        asked = world.people["alice"].ask_contact(BOB, "hello")["messages"][0]["id"]
        said = len(world.signals["alice"])
        forged = Payload(Kind.CONTACT_ACCEPTED, 1, 1, bytes.fromhex(asked[2:])).encode()
        world.people["alice"].received(seal(forged, KEYS["eve"], KEYS["alice"].public))
        assert not world.people["alice"].contacts[EVE].has_added_us
        assert len(world.signals["alice"]) == said
        world.close()


class TestGroups:
    @play
    async def test_each_member_is_told_and_hears_each_text_once(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        group = make_group(world)
        assert re.fullmatch(rf"[0-9a-f-]{{36}}-{ALICE}", group)
        for member in ("bob", "carol"):
            (chat,) = world.signals[member][-1][1]["chats"]
            assert (chat["id"], chat["chatType"], chat["name"]) == (group, 3, "friends")
            assert [one["id"] for one in chat["members"]] == [ALICE, BOB, CAROL]
            assert [one["admin"] for one in chat["members"]] == [True, False, False]
        for sender, others in (("alice", ("bob", "carol")), ("carol", ("alice", "bob"))):
            (sent,) = world.people[sender].send_to_group(group, f"from {sender}")["messages"]
            for other in others:
                (message,) = heard(world, other, f"from {sender}")
                assert (message["id"], message["chatId"], message["messageType"]) == (sent["id"], group, 3)
                assert message["from"] == world.people[sender].chat_id
            # Each member's is told, as the original does.
            told = [event for kind, event in world.signals[sender] if kind == "message.delivered"]
            assert told[-2:] == [{"chatID": group, "messageID": sent["id"]}] * 2
            assert world.people[sender]._store.get(sent["id"]).outgoing_status == "delivered"
        assert world.signals["eve"] == []
        assert all(list(person.postbox._parcels) == [] for person in world.people.values())
        world.close()

    @play
    async def test_only_mutual_contacts_can_be_put_into_one(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        befriend(world, "alice", "bob")
        world.people["alice"].ask_contact(CAROL, "not accepted")
        with pytest.raises(MessengerError, match="can't add members who are not mutual contacts"):
            world.people["alice"].create_group("friends", [BOB, CAROL])
        world.close()

    @play
    async def test_a_stranger_can_neither_make_nor_write(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        group = make_group(world)
        with pytest.raises(MessengerError, match="Chat not found"):
            world.people["eve"].send_to_group(group, "let me in")
        before = [len(world.signals[name]) for name in NAMES]
        for kind, body in (
            (Kind.GROUP_TEXT, address(group, "let me in")),
            (Kind.GROUP_TEXT, address("no group", "let me in")),
            (Kind.GROUP_TEXT, b""),
            (Kind.GROUP, Group.make("trap", EVE, (ALICE,), 1).describe()),
            (Kind.GROUP, world.people["alice"].groups.get(group).describe()),
        ):
            payload = Payload(kind, 1, 1, body).encode()
            world.people["alice"].received(seal(payload, KEYS["eve"], KEYS["alice"].public))
        assert [len(world.signals[name]) for name in NAMES] == before
        world.close()

    @play
    async def test_a_group_of_a_contact_without_us_is_none_of_ours(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        befriend(world, "alice", "bob")
        body = Group.make("others", ALICE, (CAROL,), 1).describe()
        world.people["bob"].received(
            seal(Payload(Kind.GROUP, 1, 1, body).encode(), KEYS["alice"], KEYS["bob"].public)
        )
        assert world.people["bob"].groups.get(described(body, ALICE, 1).id) is None
        world.close()

    @play
    async def test_who_was_cut_off_hears_it_later_and_the_others_once(self, tmp_path):
        world = World(tmp_path, NAMES, resend_after_s=SOON_S)
        world.start()
        group = make_group(world)
        hears, world.people["carol"].received = world.people["carol"].received, lambda _envelope: None
        world.people["alice"].send_to_group(group, "again")
        assert not heard(world, "carol", "again")
        world.people["carol"].received = hears
        await world.until(lambda: not world.people["alice"].postbox._timers)
        assert [len(heard(world, name, "again")) for name in ("bob", "carol")] == [1, 1]
        world.close()

    @play
    async def test_a_text_that_overtakes_the_group_comes_again(self, tmp_path):
        world = World(tmp_path, NAMES, resend_after_s=SOON_S)
        world.start()
        for other in ("bob", "carol"):
            befriend(world, "alice", other)
        hears, world.people["carol"].received = world.people["carol"].received, lambda _envelope: None
        group = world.people["alice"].create_group("friends", [BOB, CAROL])["chats"][0]["id"]
        world.people["carol"].received = hears
        world.people["bob"].send_to_group(group, "too early for carol")
        assert not heard(world, "carol", "too early for carol")
        await world.until(lambda: heard(world, "carol", "too early for carol"))
        world.close()

    @play
    async def test_groups_and_contacts_outlive_the_login(self, tmp_path):
        world = World(tmp_path, NAMES)
        world.start()
        group = make_group(world)
        world.people["alice"].send_to_group(group, "before")
        world.close()
        world = World(tmp_path, NAMES)
        world.start()
        world.people["carol"].send_to_group(group, "after")
        assert [message["text"] for message in heard(world, "alice", "after")] == ["after"]
        assert world.people["alice"].contacts[BOB].mutual
        assert [one.text for one in world.people["bob"]._store.page(group, "", 5)[0]] == ["after", "before"]
        world.close()

    @play
    async def test_a_group_of_one_is_delivered_to_nobody(self, tmp_path):
        world = World(tmp_path)
        world.start()
        group = world.people["alice"].create_group("alone", [])["chats"][0]["id"]
        world.people["alice"].send_to_group(group, "anybody?")
        assert world.carried == []
        world.close()


def test_a_description_is_undone():
    group = Group.make("ünïcode", ALICE, (BOB, CAROL, BOB, ALICE), 7)
    assert group.members == (ALICE, BOB, CAROL)
    assert described(group.describe(), ALICE, 7) == group


@pytest.mark.parametrize("end", [0, 1, 30, 200, -1, -33, -99])
def test_a_description_that_is_cut_off_is_refused(end):
    body = Group.make("friends", ALICE, (BOB, CAROL), 7).describe()[:end]
    if end == -33:  # a whole member less is a description, too
        assert described(body, ALICE, 7).members == (ALICE, BOB)
    else:
        with pytest.raises(ValueError):
            described(body, ALICE, 7)


def test_nobody_describes_anothers_group():
    body = Group.make("friends", ALICE, (BOB,), 7).describe()
    with pytest.raises(ValueError, match="described by its admin"):
        described(body, BOB, 7)


def test_a_text_to_a_group_is_undone():
    assert addressed(address("group", "tëxt")) == ("group", "tëxt")
    with pytest.raises(ValueError, match="shorter"):
        addressed(b"\x00\x09group")


def test_a_group_is_kept_as_it_was_first_told(tmp_path):
    group = Group.make("friends", ALICE, (BOB,), 7)
    with closing(sqlite3.connect(tmp_path / "groups.sqlite", isolation_level=None)) as db:
        groups = Groups(db)
        assert groups.add(group)
        assert not groups.add(Group(group.id, "other", group.members, 8))
        assert groups.get(group.id) == group
        assert groups.get("none") is None


@pytest.mark.parametrize("text", ["", "x" * 4097])
def test_empty_and_too_long_texts_are_refused(tmp_path, text):
    async def scene():
        world = World(tmp_path)
        group = world.people["alice"].create_group("alone", [])["chats"][0]["id"]
        for say in (
            lambda: world.people["alice"].send_to_group(group, text),
            lambda: world.people["alice"].ask_contact(BOB, text),
        ):
            with pytest.raises(MessengerError, match="1 to 4096 characters"):
                say()
        world.close()

    asyncio.run(scene())
