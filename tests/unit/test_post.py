"""What nodes write to each other in one run: its texts, and what is said of what was lost."""

import pytest
from writers import Node

from tcperf.errors import ScenarioError
from tcperf.post import Post


@pytest.fixture(name="pair")
def pair_fixture():
    clock = [0]
    return Node("alice", clock), Node("bob", clock)


def arrives(letter):
    """At its receiver, and its sender hears of it."""
    letter.target.tells("message", (letter.text, letter.source.public_key), 12)
    letter.source.tells("delivery", letter.sent.id, 30)


def test_texts_are_as_long_in_every_run_and_never_the_same(pair):
    alice, bob = pair
    texts = []
    for run in (1, 999_999):
        post = Post("burst", f"burst-{run}", run)
        texts += [post.send(alice, bob, "hi ", None).text for _ in range(1001)]
    assert len(set(texts)) == 2002
    assert {len(text) for text in texts} == {len("hi burst 000001 message 000001")}


def test_what_became_of_each_in_their_order(pair):
    alice, bob = pair
    post = Post("burst", "burst-1", 1)
    lost, arrived = (post.send(alice, bob, "", None) for _ in range(2))
    arrives(arrived)
    assert list(post.deliver([lost, arrived], 0, lossy=True)) == [[(lost, None)], [(arrived, 10.0)]]
    assert post.warnings == ["burst-1: 1 of 2 deliveries were not made within 0 s, and count as lost"]
    post.check()


def test_nothing_is_said_where_nothing_was_lost(pair):
    alice, bob = pair
    post = Post("burst", "burst-1", 1)
    letters = [post.send(alice, bob, "", None), post.send(bob, alice, "", None)]
    for letter in letters:
        arrives(letter)
    assert len(list(post.deliver(letters, 5, lossy=True))) == 2
    assert post.warnings == []


def test_what_may_be_lost_is_not_waited_for_without_end(pair):
    alice, bob = pair
    post = Post("burst", "burst-1", 1)
    letter = post.send(alice, bob, "", None)
    with pytest.raises(ScenarioError, match="burst waits for ever for what may be lost") as refused:
        next(post.deliver([letter], None, lossy=True))
    assert refused.value.cure == "say within how many seconds"


def test_what_nobody_waited_for_is_missed(pair):
    alice, bob = pair
    post = Post("burst", "burst-1", 1)
    post.send(alice, bob, "", None)
    with pytest.raises(ScenarioError, match="1 messages were sent, and nobody waited for them"):
        post.check()
