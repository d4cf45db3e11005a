"""What is said of a comparison, in a sentence, in a few words, in a headline."""

import attrs
import comparisons
import pytest

from tcperf.sentences import headline, interval, p_value, percent, problem, sentence, short, signed, value

WORSE = comparisons.WORSE


def changed(found=WORSE, **changes):
    return attrs.evolve(found, **changes)


def test_what_is_worse_is_told_with_its_evidence_and_where_it_comes_from():
    assert sentence(changed(explanation="all of it alice→bob TCP, +25.4 KiB")) == (
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; "
        "all of it alice→bob TCP, +25.4 KiB"
    )


def test_what_is_better():
    assert sentence(comparisons.BETTER) == (
        "one_to_one.messages latency_ms -28.4 % (-31.2 … -25.5), worse in 0 of 10 pairs, p=0.00098"
    )


def test_what_cannot_be_told_says_why():
    assert sentence(comparisons.UNSURE) == (
        "one_to_one.messages cpu_ms +4.6 % (-0.4 … 9.1), worse in 8 of 10 pairs, p=0.024: cannot be told; "
        "-0.4 … +9.1 % reaches beyond 8 %: visible from 8.4 %"
    )
    assert sentence(changed(comparisons.UNSURE, note=None)).endswith("p=0.024: cannot be told")


def test_what_is_ok_says_within_what():
    assert sentence(comparisons.SAME[1]) == (
        "one_to_one.messages packets_count +0.1 % (-0.6 … 0.8), worse in 5 of 10 pairs, p=0.42: "
        "no more than 3 % worse"
    )


def test_what_is_ok_for_its_floor_says_the_floor():
    found = changed(change="ok", explanation=None, floor=65_536)
    assert sentence(found).endswith("p=0.00098: no more than 64.0 KiB worse")
    assert sentence(changed(found, floor=0.0)).endswith("no more than 3 % worse")
    assert sentence(changed(found, high_pct=None)).endswith("no more than 64.0 KiB worse")


def test_that_it_is_the_floor_is_told_once():
    found = changed(change="ok", explanation=None, note="less than 64.0 KiB worse, which is its floor")
    assert sentence(found) == (
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098: "
        "less than 64.0 KiB worse, which is its floor"
    )


def test_what_was_not_compared_says_why():
    assert sentence(comparisons.LOST) == (
        "one_to_one.messages send_ms not compared: no run of the base has it"
    )
    assert sentence(changed(comparisons.LOST, note=None)) == "one_to_one.messages send_ms not compared"
    assert sentence(changed(comparisons.LOST, gated=False)) == (
        "one_to_one.messages send_ms not compared: no run of the base has it; only reported"
    )


def test_what_is_over_budget_says_the_limit_first():
    assert sentence(comparisons.OVER) == (
        "one_to_one.messages memory_peak_bytes 337 MiB is over the limit of 320 MiB; "
        "+0.3 % (-0.8 … 1.1), worse in 4 of 10 pairs, p=0.31: no more than 5 % worse"
    )


def test_a_budget_needs_no_base():
    found = changed(comparisons.OVER, change="not_compared", note="no base", pairs=0, effect_pct=None)
    assert sentence(found) == (
        "one_to_one.messages memory_peak_bytes 337 MiB is over the limit of 320 MiB; not compared: no base"
    )


def test_what_is_hardly_over_a_limit_is_told_in_all_digits():
    found = changed(comparisons.OVER, head_median=335_544_321)
    assert "335,544,321 is over the limit of 335,544,320;" in sentence(found)


def test_what_is_accepted_and_what_is_not_any_more():
    assert sentence(changed(explanation=None, accepted="larger (until 2027-01-01)")).endswith(
        "p=0.00098; accepted: larger (until 2027-01-01)"
    )
    assert sentence(changed(explanation=None, note="it was accepted until 2026-01-01")).endswith(
        "p=0.00098; it was accepted until 2026-01-01"
    )


def test_what_is_only_reported_says_so():
    assert sentence(comparisons.TOLD_ONLY[0]).endswith(
        "p=0.00098; only reported: repeats sent_bytes, for the network closes"
    )
    assert sentence(changed(comparisons.TOLD_ONLY[0], note=None)).endswith("p=0.00098; only reported")


def test_samples_are_no_pairs():
    assert sentence(changed(paired=False, worse_pairs=0, explanation=None)) == (
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), 10 unpaired runs a side, p=0.00098"
    )


def test_one_pair_has_no_interval():
    found = changed(pairs=1, worse_pairs=1, low_pct=None, high_pct=None, p=0.5, explanation=None)
    assert sentence(found) == "one_to_one.messages sent_bytes +6.2 %, worse in 1 of 1 pair, p=0.5"


def test_what_is_not_known_is_left_out():
    found = changed(pairs=0, p=None, low_pct=None, high_pct=None, explanation=None)
    assert sentence(found) == "one_to_one.messages sent_bytes +6.2 %"


def test_of_nothing_there_is_no_percentage():
    found = changed(effect_pct=None, low_pct=None, high_pct=None, base_median=0, explanation=None)
    assert sentence(found) == (
        "one_to_one.messages sent_bytes 0 B → 436 KiB, worse in 10 of 10 pairs, p=0.00098"
    )
    assert short(found) == "sent_bytes 0 B → 436 KiB"
    assert short(changed(found, base_median=None)) == "sent_bytes –"


def test_a_tiny_p_is_not_zero():
    assert "p<0.0001;" in sentence(changed(p=1e-9))
    assert "p=0.0001;" in sentence(changed(p=0.0001))


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (1 / 256, "0.0039"),  # of eight pairs: below .004, and seen to be
        (1 / 128, "0.0078"),
        (1 / 1024, "0.00098"),
        (0.004, "0.004"),
        (1 / 252, "0.00397"),  # of five runs a side: below .004, too, which two digits would hide
        (0.00999, "0.00999"),
        (0.0101, "0.01"),
        (0.02441, "0.024"),
        (0.5, "0.5"),
        (1.0, "1"),
        (2**-30, "<0.0001"),
        (0.0, "<0.0001"),
    ],
)
def test_a_p_has_two_digits_that_count(p, told):
    assert p_value(p) == told


def test_an_open_end_is_left_open():
    assert interval(changed(high_pct=None)) == "4.9 …"
    assert interval(changed(low_pct=None)) == "… 7.6"


# --- short forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (WORSE, "sent_bytes +6.2 %"),
        (comparisons.BETTER, "latency_ms -28.4 %"),
        (comparisons.LOST, "send_ms not compared"),
        (comparisons.OVER, "memory_peak_bytes 337 MiB > 320 MiB"),
        (changed(comparisons.OVER, change="worse"), "memory_peak_bytes +0.3 %"),
    ],
)
def test_a_few_words(found, told):
    assert short(found) == told


@pytest.mark.parametrize("found", [WORSE, comparisons.OVER, comparisons.LOST, comparisons.BETTER])
def test_a_build_problem_is_the_sentence(found):
    assert problem(found) == sentence(found)


def test_a_build_problem_of_what_cannot_be_told_says_who_asked_for_it():
    assert problem(comparisons.UNSURE) == f'{sentence(comparisons.UNSURE)} (gate.undecided is "fail")'
    over = changed(comparisons.UNSURE, limit=1)
    assert problem(over) == sentence(over)


def test_a_headline_names_what_is_worse_and_counts_the_rest():
    assert headline(comparisons.ALL) == (
        "1 metric worse: one_to_one.messages sent_bytes +6.2 %; "
        "1 metric over budget: one_to_one.messages memory_peak_bytes 337 MiB > 320 MiB; "
        "1 not compared; 1 cannot be told; 1 better; 2 unchanged"
    )


def test_a_headline_names_the_worst_three():
    found = [changed(metric=f"m{effect}_bytes", effect_pct=effect) for effect in (5.0, 9.0, 6.0, 8.0, 7.0)]
    assert headline(found) == (
        "5 metrics worse: one_to_one.messages m9.0_bytes +9.0 %, one_to_one.messages m8.0_bytes +8.0 %, "
        "one_to_one.messages m7.0_bytes +7.0 %, 2 more"
    )


def test_headlines_of_little():
    assert headline(()) == "nothing was compared"
    assert headline(comparisons.TOLD_ONLY) == "nothing is gated"
    assert headline(comparisons.SAME) == "2 unchanged"
    assert headline([changed(accepted="known")]) == "1 worse as accepted"
    assert headline([comparisons.LOST]) == "1 not compared"


def test_what_is_worse_and_over_budget_is_named_once_and_counted_as_both():
    assert headline([changed(limit=1)]) == (
        "1 metric worse and over budget: one_to_one.messages sent_bytes +6.2 %"
    )
    assert headline([changed(limit=1), changed(metric="ip_bytes"), comparisons.OVER]) == (
        "1 metric worse and over budget: one_to_one.messages sent_bytes +6.2 %; "
        "1 metric worse: one_to_one.messages ip_bytes +6.2 %; "
        "1 metric over budget: one_to_one.messages memory_peak_bytes 337 MiB > 320 MiB"
    )


def test_without_a_base_a_limit_alone_counts():
    found = changed(comparisons.LOST, published=True, head_median=5.0, limit=1.0)
    assert headline([found]).startswith("1 metric over budget: ")
    assert "not compared" not in headline([found])
    assert headline([found, comparisons.BETTER]).endswith("; 1 not compared; 1 better")


def test_the_green_word_says_what_keeps_it_from_being_the_whole_truth():
    (same, *_more) = comparisons.SAME
    floored = changed(
        same, note="no more than 4 KiB worse, which is its floor; otherwise it would be WORSE: …"
    )
    noisy = changed(same, gated=False, note="too noisy to be gated at 10 %: a run varies by 12.2 %")
    disturbed = changed(same, gated=False, note="3 runs at a time disturb it (--lanes 1 gates it)")
    chosen = changed(same, gated=False, note="a rule says report_only")
    assert headline([same, floored, noisy, disturbed, disturbed, chosen]) == (
        "2 unchanged (1 for its floor alone); 1 too noisy to be gated; 2 not gated in several lanes"
    )
    assert headline([changed(noisy, published=False)]) == "nothing is gated"


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "bare", "with_sign"),
    [
        (0.0, "0.0", "0.0"),
        (-0.0, "0.0", "0.0"),
        (0.04, "0.0", "0.0"),
        (-0.04, "0.0", "0.0"),
        (0.06, "0.1", "+0.1"),
        (-0.06, "-0.1", "-0.1"),
        (6.15, "6.2", "+6.2"),
        (99.94, "99.9", "+99.9"),
        (99.96, "100", "+100"),
        (-99.96, "-100", "-100"),
        (1234.5, "1234", "+1234"),
    ],
)
def test_percentages(number, bare, with_sign):
    assert percent(number) == bare
    assert signed(number) == with_sign


def test_values_are_scaled_and_an_unknown_metrics_unit_is_the_end_of_its_key():
    assert value(2048, WORSE) == "2.00 KiB"
    assert value(2048, changed(metric="frob_ms")) == "2.05 s"
    assert value(2, changed(metric="frob")) == "2.00 frob"


# --- past builds -------------------------------------------------------------------------------------


def test_what_past_builds_show_says_whose_they_are_and_that_it_is_history():
    assert sentence(comparisons.UNUSUAL) == (
        "one_to_one.messages sent_bytes +6.2 % against the median of 12 builds of develop (usual: ±2.1 %); "
        "history, not a paired run"
    )


def test_what_is_as_usual_says_within_what():
    assert sentence(comparisons.AS_USUAL) == (
        "one_to_one.messages time_ms +0.3 % against the median of 12 builds of develop (usual: ±3.0 %): "
        "no more than 10 % worse; history, not a paired run"
    )
    small = changed(comparisons.UNUSUAL, change="ok", floor=65_536)
    assert "(usual: ±2.1 %): no more than 64.0 KiB worse; history" in sentence(small)


def test_what_builds_differ_by_says_so():
    assert sentence(comparisons.VARYING) == (
        "one_to_one.messages cpu_ms +10.0 % against the median of 12 builds of develop (usual: ±27.0 %): "
        "cannot be told; builds differ as much: usual 13.5 s … 23.4 s; history, not a paired run"
    )


def test_too_few_builds_have_nothing_usual():
    few = changed(
        comparisons.VARYING,
        history_builds=1,
        history_of=None,
        visible_pct=None,
        note="5 or more builds are needed",
    )
    assert sentence(few) == (
        "one_to_one.messages cpu_ms +10.0 % against 1 build: cannot be told; 5 or more builds are needed; "
        "history, not a paired run"
    )


def test_what_history_accepts_or_only_reports_is_history_as_well():
    accepted = sentence(changed(comparisons.UNUSUAL, accepted="known (until 2027-01-01)"))
    assert accepted.endswith("; accepted: known (until 2027-01-01); history, not a paired run")
    aside = sentence(changed(comparisons.UNUSUAL, gated=False, note="a rule says report_only"))
    assert aside.endswith("; only reported: a rule says report_only; history, not a paired run")


def test_a_headline_of_history_names_what_is_unusual_and_what_it_is():
    found = (comparisons.UNUSUAL, comparisons.VARYING, comparisons.AS_USUAL)
    assert headline(found) == (
        "1 metric worse than usual: one_to_one.messages sent_bytes +6.2 %; 1 cannot be told; 1 unchanged; "
        "history, not a paired run"
    )
    asked = headline((changed(comparisons.UNUSUAL, warns_only=False),))
    assert asked == "1 metric worse: one_to_one.messages sent_bytes +6.2 %; history, not a paired run"


def test_what_is_unusual_and_over_budget_is_named_once():
    told = headline((changed(comparisons.UNUSUAL, limit=440_000),))
    assert told.count("sent_bytes") == 1
    assert told.startswith("1 metric over budget: ")
