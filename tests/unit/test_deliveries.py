"""Messages on their way: many at once, in any order, each delivered once."""

import pytest
from writers import MS, Node

from tcperf.clock import Deadline
from tcperf.deliveries import Deliveries, repeated
from tcperf.errors import NodeError, ScenarioError
from tcperf.group import Group


@pytest.fixture(name="pair")
def pair_fixture():
    clock = [0]
    return Node("alice", clock), Node("bob", clock)


def test_a_latency_runs_from_the_call_to_the_arrival(pair):
    alice, bob = pair
    post = Deliveries()
    letter = post.send(alice, bob, "hello")
    bob.tells("message", ("hello", "alice"), 12)
    alice.tells("delivery", "alice-1", 30)
    assert letter.send_ms == 2.0
    assert post.deliver(letter) == 12.0
    post.check()


def test_one_that_was_sent_late_is_measured_from_when_it_was_due(pair):
    alice, bob = pair
    alice.clock[0] = 7 * MS  # what kept the sender is in the latency, not lost between two measurements
    post = Deliveries()
    letter = post.send(alice, bob, "hello", 3 * MS)
    bob.tells("message", ("hello", "alice"), 12)
    alice.tells("delivery", "alice-1", 30)
    assert letter.sent.sent_ns == 7 * MS
    assert post.deliver(letter) == 9.0


def test_all_that_is_waited_for_has_the_deadline_that_was_given(pair):
    alice, bob = pair
    post, deadline = Deliveries(), Deadline.after(5)
    for kind in ("usual", "given", "lossy"):
        letter = post.send(alice, bob, kind)
        bob.tells("message", (kind, "alice"), 12)
        alice.tells("delivery", letter.sent.id, 30)
        if kind == "lossy":
            post.seek(letter, deadline)
        else:
            post.deliver(letter, deadline if kind == "given" else None)
    assert bob.deadlines == [None, deadline, deadline]
    assert alice.deadlines == [None, deadline]


def test_what_may_be_lost_has_a_latency_or_none_and_is_settled_either_way(pair):
    alice, bob = pair
    post = Deliveries()
    arrived, lost = post.send(alice, bob, "arrived"), post.send(alice, bob, "lost")
    bob.tells("message", ("arrived", "alice"), 12)  # and alice never hears of it
    alice.tells("expired", lost.sent.id, 20)
    assert post.seek(arrived, Deadline.after(0)) == 12.0
    assert post.seek(lost, Deadline.after(0)) is None
    assert (arrived.has_expired, lost.has_expired) == (False, True)
    post.check()
    for letter in (arrived, lost):
        with pytest.raises(ScenarioError, match="was delivered before"):
            post.seek(letter, Deadline.after(0))


def test_they_may_arrive_in_any_order(pair):
    alice, bob = pair
    post = Deliveries()
    letters = [post.send(alice, bob, text) for text in ("one", "two", "three")]
    for at_ms, text in ((20, "three"), (21, "one"), (29, "two")):
        bob.tells("message", (text, "alice"), at_ms)
    for number in (2, 3, 1):
        alice.tells("delivery", f"alice-{number}", 40)
    # They were sent at 0, 2 and 4 ms.
    assert [post.deliver(letter) for letter in letters] == [21.0, 27.0, 16.0]
    post.check()


def test_what_came_before_it_was_sent_is_not_its_arrival(pair):
    alice, bob = pair
    bob.tells("message", ("hello", "alice"), 1)
    post = Deliveries()
    letter = post.send(alice, bob, "hello")
    with pytest.raises(NodeError, match="no message"):
        post.deliver(letter)


def test_what_never_arrives_stays_under_way(pair):
    alice, bob = pair
    post = Deliveries()
    lost, other = post.send(alice, bob, "lost"), post.send(bob, alice, "other")
    alice.tells("message", ("other", "bob"), 9)
    bob.tells("delivery", "bob-1", 10)
    post.deliver(other)
    with pytest.raises(NodeError, match="no message"):
        post.deliver(lost)
    with pytest.raises(ScenarioError, match=r"1 messages were sent, and nobody waited .*") as caught:
        post.check()
    assert "stage.deliver" in caught.value.cure


def test_without_an_acknowledgement_it_is_not_delivered(pair):
    alice, bob = pair
    post = Deliveries()
    letter = post.send(alice, bob, "hello")
    bob.tells("message", ("hello", "alice"), 12)
    with pytest.raises(NodeError, match="no delivery"):
        post.deliver(letter)


def test_each_is_delivered_once(pair):
    alice, bob = pair
    post = Deliveries()
    letter = post.send(alice, bob, "hello")
    bob.tells("message", ("hello", "alice"), 12)
    alice.tells("delivery", "alice-1", 30)
    post.deliver(letter)
    with pytest.raises(ScenarioError, match=r"'hello' was delivered before"):
        post.deliver(letter)


def test_two_of_the_same_text_are_two(pair):
    alice, bob = pair
    post = Deliveries()
    first, second = post.send(alice, bob, "same"), post.send(alice, bob, "same")
    assert first != second
    bob.tells("message", ("same", "alice"), 12)
    alice.tells("delivery", "alice-1", 30)
    alice.tells("delivery", "alice-2", 30)
    post.deliver(first)
    with pytest.raises(ScenarioError, match="1 messages"):
        post.check()


class TestGroups:
    @pytest.fixture
    def three(self):
        clock = [0]
        return [Node(name, clock) for name in ("alice", "bob", "carol")]

    def test_one_call_and_a_letter_for_each_other_member(self, three):
        alice, bob, carol = three
        post = Deliveries()
        mailing = post.send_to_group(bob, Group("group", (alice, bob, carol)), "hello")
        assert [letter.target for letter in mailing.letters] == [alice, carol]
        assert (bob.sent, mailing.text, mailing.send_ms) == (1, "hello", 2.0)
        alice.signals.append(("message", ("hello", "bob"), 12 * MS))
        carol.signals.append(("message", ("hello", "bob"), 15 * MS))
        bob.signals.append(("delivery", "bob-1", 16 * MS))  # the first member's: a sender waits for no more
        assert [post.deliver(letter) for letter in mailing.letters] == [12.0, 15.0]
        post.check()

    def test_one_member_that_hears_nothing_is_enough_to_fail(self, three):
        alice, bob, carol = three
        post = Deliveries()
        mailing = post.send_to_group(alice, Group("group", (alice, bob, carol)), "hello")
        bob.signals.append(("message", ("hello", "alice"), 12 * MS))
        alice.signals.append(("delivery", "alice-1", 16 * MS))
        post.deliver(mailing.letters[0])
        with pytest.raises(NodeError):
            post.deliver(mailing.letters[1])
        with pytest.raises(ScenarioError, match="1 messages were sent, and nobody waited for them"):
            post.check()

    def test_who_is_no_member_cannot_write(self, three):
        alice, bob, carol = three
        with pytest.raises(ScenarioError, match="carol is not in the group that it sends to"):
            Deliveries().send_to_group(carol, Group("group", (alice, bob)), "hello")


def test_reports_beyond_one_each_are_duplicates(pair):
    alice, bob = pair
    post = Deliveries()
    bob.signals.append(("message", ("one", "alice"), MS))  # of another time
    letters = [post.send(alice, bob, text) for text in ("one", "two", "three")]
    back = post.send(bob, alice, "one")
    for text in ("one", "two", "one", "one", "two"):
        bob.signals.append(("message", (text, "alice"), 20 * MS))
    alice.signals.append(("message", ("one", "bob"), 20 * MS))
    bob.signals.append(("message", ("two", "eve"), 20 * MS))
    assert repeated([*letters, back]) == 3
    assert repeated([]) == 0


def test_where_nodes_acknowledge_nothing_it_is_delivered_when_it_has_arrived(pair):
    alice, bob = pair
    alice.capabilities = frozenset()
    post = Deliveries()
    letter = post.send(alice, bob, "hello")
    bob.signals.append(("message", ("hello", "alice"), 12 * MS))
    assert post.deliver(letter) == 12.0
    post.check()
