"""The accounts of a phase, and the doubts in them."""

import pytest
from diag_messages import aborted, by_cookie, counters, end_point, ended, listening, tcp

from tcperf.clock import NS_PER_S
from tcperf.measurement import EXACTNESS
from tcperf.metrics import METRICS
from tcperf.probes.connections import Span
from tcperf.probes.host_accounts import KEYS, Doubt, accounts
from tcperf.probes.ownership import Ownership

ALICE, BOB, BOBS_API = "127.0.0.1:4001", "127.0.0.1:4002", "127.0.0.1:8002"
ANY, OTHER, FAR = "127.0.0.1:50000", "127.0.0.1:50001", "198.51.100.1:443"
BEGIN = 1000


@pytest.fixture
def ownership():
    made = Ownership()
    made.add("alice", 8001)
    made.add("bob", 8002)
    made.learn(
        [listening(1, ALICE, 11), listening(2, BOB, 21), listening(3, BOBS_API, 22)],
        {"alice": {11, 12}, "bob": {21, 22, 23}},
        at_ns=0,
    )
    return made


def settle(ownership, begin=(), end=(), gone=(), **options):
    return accounts(Span(by_cookie(*begin), by_cookie(*end), gone, BEGIN), ownership, **options)


def figures(account):
    return tuple(account.values[key] for key in KEYS)


def test_every_doubt_is_of_the_models_words():
    for doubt in Doubt:
        assert doubt.exactness in EXACTNESS[1:]
        assert set(doubt.keys) <= set(KEYS) <= set(METRICS)


def test_a_dialled_connection_from_a_listening_port_leaves_no_doubt(ownership):
    found = settle(
        ownership,
        gone=[
            ended(7, ALICE, BOB, counters(30, 6, syn=1, fin=1)),
            ended(8, BOB, ALICE, counters(5, 31, fin=1)),
        ],
    )
    assert figures(found.nodes["alice"]) == (30, 5, 0, 1, 1)
    assert figures(found.nodes["bob"]) == (5, 30, 0, 0, 0)
    assert found.unknown == 0
    assert found.nodes["alice"].doubts == found.nodes["bob"].doubts == set()


def test_control_stands_apart(ownership):
    found = settle(ownership, gone=[
        ended(7, ANY, BOBS_API, counters(30, 6, syn=1, fin=1)), ended(8, BOBS_API, ANY, counters(5, 31, fin=1)),
    ])  # fmt: skip
    assert found.control["bob"].payload == (5, 30)
    assert figures(found.nodes["bob"]) == figures(found.nodes["alice"]) == (0, 0, 0, 0, 0)
    assert found.nodes["alice"].doubts == set()


def test_a_call_that_only_one_can_have_made(ownership):
    found = settle(ownership, gone=[
        ended(7, ANY, BOB, counters(30, 6, syn=1, fin=1)), ended(8, BOB, ANY, counters(5, 31, fin=1)),
    ])  # fmt: skip
    assert figures(found.nodes["alice"]) == (30, 5, 0, 1, 1)
    assert found.nodes["alice"].doubts == {Doubt.ONLY_CALLER}
    assert found.nodes["bob"].doubts == set()


def test_what_may_be_anybodys_touches_all(ownership):
    found = settle(ownership, gone=[ended(7, ANY, FAR, counters(30, 5, syn=1))])
    assert found.unknown == 1
    assert figures(found.nodes["alice"]) == (0, 0, 0, 0, 0)
    assert {Doubt.UNKNOWN} == found.nodes["alice"].doubts == found.nodes["bob"].doubts


def test_a_refused_call_is_nothing(ownership):
    found = settle(ownership, gone=[ended(7, ANY, FAR), ended(8, ALICE, FAR)])
    assert found.unknown == 0
    assert figures(found.nodes["alice"]) == (0, 0, 0, 0, 0)


def test_strangers_are_passed_over(ownership):
    ownership.learn([listening(4, "127.0.0.1:80", 99), tcp(7, ANY, "127.0.0.1:80", inode=98)], {}, at_ns=0)
    found = settle(
        ownership,
        [tcp(7, ANY, "127.0.0.1:80")],
        gone=[ended(7, ANY, "127.0.0.1:80", counters(3)), ended(8, "127.0.0.1:80", ANY, counters(0, 3))],
    )
    assert found.unknown == 0
    assert figures(found.nodes["alice"]) == figures(found.nodes["bob"]) == (0, 0, 0, 0, 0)


class TestAborted:
    GONE = (aborted(7, ANY), ended(8, BOB, ANY, counters(5, 30)))

    def test_by_the_caller(self, ownership):
        found = settle(ownership, gone=self.GONE)
        assert figures(found.nodes["alice"]) == (30, 5, 0, 1, 1)
        assert found.nodes["alice"].doubts == {Doubt.ONLY_CALLER, Doubt.BY_PARTNER, Doubt.FIN_BY_PARTNER}
        assert found.nodes["alice"].about("tcp_received_bytes") == [Doubt.ONLY_CALLER, Doubt.BY_PARTNER]
        assert figures(found.nodes["bob"]) == (5, 30, 0, 0, 0)
        assert found.nodes["bob"].doubts == {Doubt.FIN}
        assert found.early == frozenset()

    def test_nobody_is_made_up_where_news_were_lost(self, ownership):
        found = settle(ownership, gone=self.GONE, doubts=frozenset({Doubt.LOST}))
        assert figures(found.nodes["alice"]) == (0, 0, 0, 0, 0)
        assert Doubt.LOST in found.nodes["alice"].doubts
        assert Doubt.LOST in found.nodes["bob"].doubts

    def test_one_that_is_held_on_to_is_said(self, ownership):
        found = settle(ownership, gone=self.GONE[1:])
        assert figures(found.nodes["alice"]) == (30, 5, 0, 1, 1)
        assert found.early == {(end_point(ANY), end_point(BOB))}

    def test_nobody_is_made_up_on_another_machine(self, ownership):
        found = settle(ownership, gone=[ended(8, BOB, FAR, counters(5, 30))])
        assert figures(found.nodes["alice"]) == (0, 0, 0, 0, 0)
        assert found.unknown == 0

    def test_both_ends_without_a_word(self, ownership):
        ownership.learn([tcp(7, ANY, BOB, inode=12)], {"alice": {12}}, at_ns=0)
        found = settle(ownership, [tcp(7, ANY, BOB, counters(3, syn=1))], gone=[aborted(7, ANY)])
        assert Doubt.UNSEEN in found.nodes["alice"].doubts


class TestConnections:
    def known(self, ownership, since_ns):
        ownership.learn([tcp(7, ANY, BOB, inode=12)], {"alice": {12}}, at_ns=since_ns)
        return [tcp(7, ANY, BOB, counters(3, syn=1))]

    def gone(self, at_ns):
        return [ended(7, ANY, BOB, counters(30, syn=1, fin=1), at_ns=at_ns)]

    def test_one_from_before_is_not_opened_again(self, ownership):
        found = settle(ownership, self.known(ownership, 0), gone=self.gone(2 * NS_PER_S))
        assert found.nodes["alice"].values["connections_count"] == 0
        assert found.nodes["alice"].values["short_connections_count"] == 0
        assert not found.nodes["alice"].about("short_connections_count")

    def test_one_from_just_before_may_have_been_short(self, ownership):
        found = settle(ownership, self.known(ownership, BEGIN), gone=self.gone(BEGIN + NS_PER_S))
        assert found.nodes["alice"].values["short_connections_count"] == 1
        assert found.nodes["alice"].about("short_connections_count") == [Doubt.AGE]
        assert not found.nodes["alice"].about("connections_count")

    @pytest.mark.parametrize(
        ("at_ns", "doubts"), [(BEGIN + NS_PER_S, []), (BEGIN + NS_PER_S + 1, [Doubt.AGE])]
    )
    def test_one_that_no_dump_saw_was_short_or_may_have_been(self, ownership, at_ns, doubts):
        gone = [
            ended(7, ALICE, BOB, counters(30, syn=1, fin=1), at_ns=at_ns),
            ended(8, BOB, ALICE, counters(0, 31, fin=1), at_ns=at_ns),
        ]
        account = settle(ownership, gone=gone).nodes["alice"]
        assert account.values["connections_count"] == account.values["short_connections_count"] == 1
        assert account.about("short_connections_count") == doubts

    def test_one_that_lives_on_is_not_short(self, ownership):
        ownership.learn([tcp(7, ANY, BOB, inode=12)], {"alice": {12}}, at_ns=BEGIN)
        account = settle(ownership, end=[tcp(7, ANY, BOB, counters(3, syn=1))]).nodes["alice"]
        assert figures(account) == (3, 0, 0, 1, 0)
        assert account.doubts == set()

    def test_the_port_decides_where_no_counter_does(self, ownership):
        old = {"syn": 1, "estimated": True}
        ownership.learn([tcp(7, ANY, BOB, inode=12)], {"alice": {12}}, at_ns=BEGIN)
        found = settle(ownership, end=[
            tcp(7, ANY, BOB, counters(3, **old)), tcp(8, BOB, ANY, counters(0, 3, **old)),
        ])  # fmt: skip
        assert found.nodes["alice"].values["connections_count"] == 1
        assert found.nodes["bob"].values["connections_count"] == 0
        assert found.nodes["alice"].doubts == {Doubt.OPENER, Doubt.ESTIMATED}
