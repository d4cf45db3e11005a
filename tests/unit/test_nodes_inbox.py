"""The inbox: cursors, waits, bounded memory, the end of the stream."""

import threading

import pytest
from fake_host import CalmWitness
from hypothesis import given
from hypothesis import strategies as st

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.nodes.inbox import Inbox, Signal

SOON = 5.0


def signal(kind="a", event=None, at_ns=0):
    return Signal(kind, event, at_ns)


def is_kind(kind):
    return lambda signal: signal.type == kind


def wait(inbox, kind, after=0, seconds=SOON):
    return inbox.wait(is_kind(kind), after=after, deadline=Deadline.after(seconds), what=f"say {kind}")


@pytest.fixture
def inbox():
    return Inbox(CalmWitness())


class TestSignal:
    def test_a_path_into_its_event(self):
        deep = signal(event={"settings": {"public-key": "0x04"}, "list": [1]})
        assert deep.get("settings", "public-key") == "0x04"
        assert deep.get("settings", "missing") is None
        assert deep.get("list", "0") is None
        assert deep.get() == deep.event

    @pytest.mark.parametrize("event", [None, "text", 3, [], True])
    def test_events_of_other_kinds_hold_nothing(self, event):
        assert signal(event=event).get("error") is None


class TestWait:
    def test_what_came_before_is_found_from_an_older_cursor(self, inbox):
        cursor = inbox.cursor()
        inbox.put(signal("a"), 1)
        inbox.put(signal("b"), 1)
        assert wait(inbox, "b", cursor) == (signal("b"), 2)

    def test_a_second_wait_never_finds_an_old_signal(self, inbox):
        inbox.put(signal("a", 1), 1)
        inbox.put(signal("a", 2), 1)
        first, cursor = wait(inbox, "a")
        second, cursor = wait(inbox, "a", cursor)
        assert (first.event, second.event, cursor) == (1, 2, 2)
        with pytest.raises(NodeError, match="alice did not say a within 0 s"):
            wait(inbox, "a", cursor, seconds=0)

    def test_what_comes_later_ends_the_wait(self, inbox):
        timer = threading.Timer(0.05, inbox.put, (signal("a"), 1))
        timer.start()
        assert wait(inbox, "a") == (signal("a"), 1)
        timer.join()

    def test_each_signal_is_looked_at_once(self, inbox):
        looked, look = [], threading.Semaphore(0)

        def match(signal):
            looked.append(signal.event)
            look.release()
            return signal.event == 40

        def put_one_after_another():
            for number in range(41):
                inbox.put(signal(event=number), 1)
                assert look.acquire(timeout=SOON)

        putter = threading.Thread(target=put_one_after_another)
        putter.start()
        inbox.wait(match, after=0, deadline=Deadline.after(SOON), what="say 40")
        putter.join()
        assert looked == list(range(41))

    def test_a_timeout_names_what_was_awaited_and_quotes_the_log(self, inbox):
        with pytest.raises(NodeError, match=r"alice did not say x within 0\.01 s") as caught:
            wait(inbox, "x", seconds=0.01)
        assert caught.value.details == ("first", "second")
        assert "/logs/alice.log" in caught.value.cure


class TestSeek:
    def test_what_has_come_is_found_when_time_is_up_and_what_has_not_is_none(self, inbox):
        inbox.put(signal("a"), 1)
        over = Deadline.after(0)
        assert inbox.seek(is_kind("a"), after=0, deadline=over) == signal("a")
        assert inbox.seek(is_kind("a"), after=1, deadline=over) is None

    def test_it_waits_until_then(self, inbox):
        timer = threading.Timer(0.05, inbox.put, (signal("a"), 1))
        timer.start()
        assert inbox.seek(is_kind("a"), after=0, deadline=Deadline.after(SOON)) == signal("a")
        timer.join()

    def test_a_node_that_is_lost_is_no_lost_message(self, inbox):
        inbox.close("closed its signal stream")
        with pytest.raises(NodeError, match="alice closed its signal stream while a message was awaited"):
            inbox.seek(is_kind("a"), after=0, deadline=Deadline.after(SOON))


class TestReopen:
    def test_cursors_from_before_are_good_for_what_comes_after(self, inbox):
        inbox.put(signal("a"), 1)
        cursor = inbox.cursor()
        inbox.close("closed its signal stream")
        inbox.reopen(CalmWitness("was killed by SIGKILL"))
        assert not inbox.closed
        inbox.put(signal("b"), 1)
        assert wait(inbox, "b", cursor) == (signal("b"), 2)
        inbox.close("closed its signal stream")
        with pytest.raises(NodeError, match="alice was killed by SIGKILL before it did say c"):
            wait(inbox, "c", cursor)


class TestSince:
    def test_what_came_behind_a_cursor_and_is_remembered(self):
        inbox = Inbox(CalmWitness(), kept=2)
        for number in range(4):
            inbox.put(signal("a", number), 1)
        assert [found.event for found in inbox.since(2)] == [2, 3]
        assert inbox.since(4) == []
        for number in range(4, 100):
            inbox.put(signal("a", number), 1)
        assert [found.event for found in inbox.since(0)][-1] == 99
        assert len(inbox.since(0)) == len(inbox._signals)


class TestEnd:
    def test_every_waiter_is_told_at_once(self, inbox):
        errors = []

        def expect():
            try:
                wait(inbox, "x", seconds=60)
            except NodeError as error:
                errors.append(error.message)

        waiters = [threading.Thread(target=expect) for _ in range(3)]
        for waiter in waiters:
            waiter.start()
        inbox.close("closed its signal stream")
        for waiter in waiters:
            waiter.join(10)
        assert errors == ["alice closed its signal stream before it did say x"] * 3

    def test_the_first_reason_counts(self, inbox):
        inbox.close("sent nonsense")
        inbox.close("closed its signal stream")
        with pytest.raises(NodeError, match="alice sent nonsense before"):
            wait(inbox, "x")

    def test_the_processs_end_is_the_better_reason(self):
        inbox = Inbox(CalmWitness("was killed by SIGKILL"))
        inbox.close("closed its signal stream")
        with pytest.raises(NodeError, match="alice was killed by SIGKILL before it did say x"):
            wait(inbox, "x")

    def test_what_came_before_the_end_is_still_found(self, inbox):
        inbox.put(signal("a"), 1)
        inbox.close("closed its signal stream")
        assert inbox.closed
        assert wait(inbox, "a")[1] == 1


class TestMemory:
    def test_old_signals_are_forgotten_by_number(self):
        inbox = Inbox(CalmWitness(), kept=10)
        for number in range(1000):
            inbox.put(signal("a", number), 1)
        assert len(inbox._signals) <= 20
        assert inbox.cursor() == 1000
        assert wait(inbox, "a", 995) == (signal("a", 995), 996)

    def test_and_by_bytes(self):
        inbox = Inbox(CalmWitness(), kept_bytes=100)
        for number in range(100):
            inbox.put(signal("a", number), 60)
        assert len(inbox._signals) == 1
        assert inbox._bytes == 60

    def test_a_wait_that_missed_some_says_so(self):
        inbox = Inbox(CalmWitness(), kept=1)
        for _ in range(10):
            inbox.put(signal("a"), 1)
        with pytest.raises(NodeError, match=r"did not say b within 0 s \(\d older signals were forgotten\)"):
            wait(inbox, "b", 0, seconds=0)

    @given(st.lists(st.sampled_from("abc")), st.integers(1, 5), st.data())
    def test_a_wait_finds_the_first_match_behind_its_cursor(self, kinds, kept, data):
        inbox = Inbox(CalmWitness(), kept=kept)
        for number, kind in enumerate(kinds):
            inbox.put(signal(kind, number), 1)
        assert inbox.cursor() == len(kinds)
        after = data.draw(st.integers(inbox._base, len(kinds)))
        expected = next((n for n in range(after, len(kinds)) if kinds[n] == "a"), None)
        if expected is None:
            with pytest.raises(NodeError):
                wait(inbox, "a", after, seconds=0)
        else:
            assert wait(inbox, "a", after) == (signal("a", expected), expected + 1)
