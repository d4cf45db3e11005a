"""Ends of connections through a phase, and what each moved."""

import pytest
from diag_messages import aborted, by_cookie, counters, ended, listening, tcp
from hypothesis import given
from hypothesis import strategies as st

from tcperf.probes.connections import Moved, Span, aborted_ports, ends, missing_partner, moved, opened
from tcperf.probes.inet_diag import CLOSE_WAIT, FIN_WAIT1, LAST_ACK

A, B, C = "127.0.0.1:50000", "127.0.0.1:4002", "127.0.0.1:50001"


def span(begin=(), end=(), gone=()):
    return Span(by_cookie(*begin), by_cookie(*end), gone, begin_ns=100)


def found(made):
    return {end.cookie: end for end in ends(made)}


class TestWhatAnEndMoved:
    def test_is_the_difference_while_it_lives(self):
        made = span(
            [tcp(1, A, B, counters(100, 10, retransmissions=1))],
            [tcp(1, A, B, counters(350, 30, repeated=50, retransmissions=3))],
        )
        assert moved(found(made)[1]) == Moved(250, 20, 2)

    def test_is_all_where_it_was_born(self):
        assert moved(found(span(end=[tcp(1, A, B, counters(7, 8))]))[1]) == Moved(7, 8, 0)

    @pytest.mark.parametrize("state", [CLOSE_WAIT, LAST_ACK])
    def test_has_no_fin_in_it_while_the_state_tells(self, state):
        made = span([tcp(1, A, B, counters(0, 10))], [tcp(1, A, B, counters(0, 31), state=state)])
        assert moved(found(made)[1]) == Moved(0, 20, 0)
        made = span(
            [tcp(1, A, B, counters(0, 11), state=state)], [tcp(1, A, B, counters(5, 11), state=state)]
        )
        assert moved(found(made)[1]) == Moved(5, 0, 0)

    @pytest.mark.parametrize(("received", "payload"), [(100, 100), (101, 100), (60, 60)])
    def test_has_no_fin_in_it_where_the_other_end_tells(self, received, payload):
        made = span(
            gone=[ended(1, A, B, counters(0, received)), ended(2, B, A, counters(130, 0, repeated=30))]
        )
        assert moved(found(made)[1]) == Moved(0, payload, 0)

    def test_has_a_doubtful_byte_where_nobody_tells(self):
        made = span(gone=[ended(1, A, B, counters(9, 101))])
        assert moved(found(made)[1]) == Moved(9, 101, 0, fin_received=True)
        assert moved(found(span(gone=[ended(1, A, B, counters(9, 0))]))[1]) == Moved(9, 0, 0)

    def test_has_no_doubtful_byte_where_the_fin_was_seen(self):
        made = span([tcp(1, A, B, counters(0, 11), state=CLOSE_WAIT)], gone=[ended(1, A, B, counters(9, 11))])
        assert moved(found(made)[1]) == Moved(9, 0, 0)

    def test_is_what_the_other_end_saw_of_it_where_it_was_aborted(self):
        made = span(
            [tcp(1, A, B, counters(120, 40, repeated=20)), tcp(2, B, A, counters(40, 100))],
            gone=[aborted(1, A), ended(2, B, A, counters(70, 300))],
        )
        assert moved(found(made)[1]) == Moved(200, 30, 0, by_partner=True, fin_sent=True)
        assert moved(found(made)[2]) == Moved(30, 200, 0, fin_received=True)

    def test_is_never_less_than_nothing(self):
        made = span(
            [tcp(1, A, B, counters(120, 40)), tcp(2, B, A, counters(40, 100))],
            gone=[aborted(1, A), ended(2, B, A, counters(30, 90))],  # it was aborted with bytes on their way
        )
        assert moved(found(made)[1]).sent == 0

    def test_is_unknown_where_both_ends_are_gone_without_a_word(self):
        made = span([tcp(1, A, B, counters(120, 40)), tcp(2, B, A, counters(40, 100))], gone=[aborted(1, A)])
        assert moved(found(made)[1]) == moved(found(made)[2]) == Moved(0, 0, 0, unseen=True)

    def test_is_estimated_where_the_kernel_has_no_count(self):
        old = counters(10, 101, estimated=True)
        made = span(gone=[ended(1, A, B, old), ended(2, B, A, old)])
        assert moved(found(made)[1]) == Moved(10, 101, 0, estimated=True, fin_received=True)

    def test_of_an_end_that_nobody_saw(self):
        made = found(span(gone=[ended(2, B, A, counters(70, 301))]))[2]
        other = missing_partner(made)
        assert (other.local, other.remote) == (made.remote, made.local)
        assert moved(other) == Moved(301, 70, 0, by_partner=True, fin_sent=True)


class TestEnds:
    def test_listening_and_never_connected_sockets_are_none(self):
        made = span([listening(1, B, 11)], [listening(1, B, 11)], [aborted(2, A), aborted(3, "0.0.0.0:0")])
        assert ends(made) == []
        assert aborted_ports(made) == {50000: 1, 0: 1}

    def test_an_ended_socket_that_the_last_dump_still_had_ended_after_it(self):
        made = span(end=[tcp(1, A, B, counters(7, 8))], gone=[ended(1, A, B, counters(70, 80))])
        (only,) = ends(made)
        assert only.ended_ns is None
        assert moved(only).sent == 7

    def test_an_aborted_one_that_was_known_keeps_its_endpoints(self):
        made = span([tcp(1, A, B)], gone=[aborted(1, A)])
        assert found(made)[1].remote == tcp(1, A, B).remote
        assert not aborted_ports(made)

    def test_a_refused_connection_never_was_one(self):
        refused, real = ends(span(gone=[ended(1, A, B), ended(2, C, B, counters(0, 0, syn=1))]))
        assert not refused.was_open
        assert real.was_open


class TestPartners:
    def partners(self, made):
        return {end.cookie: end.partner.cookie for end in ends(made) if end.partner}

    def test_have_each_others_endpoints(self):
        made = span([tcp(1, A, B), tcp(2, B, A), tcp(3, C, B)], [tcp(1, A, B), tcp(2, B, A), tcp(3, C, B)])
        assert self.partners(made) == {1: 2, 2: 1}
        assert found(made)[3].partner_is == "missing"

    def test_follow_each_other_where_ports_are_used_again(self):
        made = span(
            [tcp(1, A, B), tcp(2, B, A)],
            [tcp(9, A, B), tcp(10, B, A)],
            [
                ended(3, A, B, at_ns=300), ended(6, B, A, at_ns=401), ended(4, B, A, at_ns=301),
                ended(5, A, B, at_ns=400), ended(1, A, B, at_ns=200), ended(2, B, A, at_ns=201),
            ],
        )  # fmt: skip
        assert self.partners(made) == {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 9: 10, 10: 9}

    def test_of_the_first_and_the_last_are_sure_though_others_were_aborted(self):
        made = span(
            [tcp(1, A, B), tcp(2, B, A)],
            [tcp(9, A, B), tcp(10, B, A)],
            [aborted(1, A), ended(2, B, A), aborted(3, A), ended(4, B, A), aborted(5, A), ended(6, B, A)],
        )
        assert self.partners(made) == {1: 2, 2: 1, 9: 10, 10: 9}
        assert found(made)[4].partner_is == found(made)[6].partner_is == "missing"

    def test_are_unsure_where_some_of_several_are_missing(self):
        made = span(gone=[ended(1, A, B), ended(2, B, A), ended(3, B, A)])
        assert {end.partner_is for end in ends(made)} == {"unsure"}
        assert self.partners(made) == {}

    def test_a_connection_with_itself_has_none(self):
        assert self.partners(span(end=[tcp(1, A, A)])) == {}


class TestOpener:
    @pytest.mark.parametrize("syn", [0, 1])
    def test_of_a_living_one(self, syn):
        for state, fin in ((1, 0), (FIN_WAIT1, 1)):
            made = span(end=[tcp(1, A, B, counters(90, 5, syn=syn, fin=fin, in_flight=20), state=state)])
            assert opened(found(made)[1]) is bool(syn)

    def test_a_fin_that_still_waits_behind_data_is_not_counted(self):
        made = span(end=[tcp(1, A, B, counters(90, 5, syn=1, unsent=7), state=FIN_WAIT1)])
        assert opened(found(made)[1]) is True

    @pytest.mark.parametrize(
        ("surplus", "others", "expected"),
        [(2, None, True), (0, None, False), (1, None, None), (1, 2, False), (1, 0, True), (1, 1, None)],
    )
    def test_of_an_ended_one(self, surplus, others, expected):
        gone = [ended(1, A, B, counters(90, 5, syn=surplus))]
        if others is not None:
            gone.append(ended(2, B, A, counters(4, 90, syn=others)))
        assert opened(found(span(gone=gone))[1]) is expected

    def test_one_that_was_known_alive(self):
        made = span([tcp(1, A, B, counters(3, syn=1))], gone=[ended(1, A, B, counters(90, syn=1))])
        assert opened(found(made)[1]) is True

    def test_by_the_other_end_alone(self):
        end = found(span(gone=[ended(2, B, A, counters(70, 301, syn=1, fin=1))]))[2]
        assert opened(missing_partner(end)) is False

    def test_of_a_kernel_that_does_not_tell(self):
        made = span(end=[tcp(1, A, B, counters(90, 5, syn=1, estimated=True))])
        assert opened(found(made)[1]) is None


SIZES = st.integers(0, 10**12)


@given(before=SIZES, sent=SIZES, back=SIZES, repeats=SIZES, fins=st.tuples(st.booleans(), st.booleans()))
def test_both_ends_agree_however_a_connection_ends(before, sent, back, repeats, fins):
    """What one end sent once is what the other received, whichever of the two FINs were received in time."""
    near = counters(before + sent + repeats, before + back + fins[0], repeated=repeats, syn=1, fin=fins[1])
    far = counters(before + back, before + sent + fins[1], fin=fins[0])
    made = found(
        span(
            [tcp(1, A, B, counters(before, before)), tcp(2, B, A, counters(before, before))],
            gone=[ended(1, A, B, near), ended(2, B, A, far)],
        )
    )
    assert moved(made[1]) == Moved(sent + repeats, back, 0)
    assert moved(made[2]) == Moved(back, sent, 0)
