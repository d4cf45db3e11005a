"""docs/statistics.rst tells the truth: every figure in it is calculated here, by the gate's own code where it can be."""

import math
import random
import re
from statistics import NormalDist, fmean

import pytest
from doc_examples import ROOT

from tcperf import band, gate, stats
from tcperf.schedule import looks_of

PAGE = (ROOT / "docs" / "statistics.rst").read_text("utf-8")
PLAIN = " ".join(PAGE.split())


def row(name):
    """The numbers of a row of a table."""
    (found,) = re.findall(rf"^{re.escape(name)}(?:, of|, in CV)? +([\d. ]+)$", PAGE, re.MULTILINE)
    return [float(each) for each in found.split()]


def test_how_often_one_value_against_another_is_wrong():
    """Of two values of one program with a CV of 5 %, so many differ upwards by more than 10 %."""
    noise = NormalDist(0, 0.05 * math.sqrt(2))
    wrong = 1 - noise.cdf(math.log(1.10))
    assert "by more than 10 % once in eleven times upwards" in PLAIN
    assert round(1 / wrong) == 11
    assert "lets every second one pass" in PLAIN
    slower = NormalDist(math.log(1.10), noise.stdev)
    assert slower.cdf(math.log(1.10)) == pytest.approx(0.5)


def test_a_steady_drift_cancels():
    """A B B A …, each run one part in a hundred slower than the one before."""
    speed = [1.01**number for number in range(16)]
    pairs = [speed[place : place + 2] for place in range(0, 16, 2)]
    sides = [
        (first, second) if place % 2 == 0 else (second, first) for place, (first, second) in enumerate(pairs)
    ]
    found = gate.weigh_pairs(sides)
    assert "the pairs say by turns +1 % and -1 %" in PLAIN
    assert [round(100 * (head / base - 1)) for base, head in sides] == [1, -1] * 4
    assert found.relative.value == pytest.approx(0, abs=1e-9)
    assert min(found.p_worse, found.p_better) > 0.3


def test_an_outlier_moves_the_mean_and_not_the_estimate():
    (told,) = re.findall(r"eight pairs that differ by ([\d., ]+) and, once, (48) %", PLAIN)
    values = [float(each) for each in re.findall(r"\d+\.\d", told[0])] + [float(told[1])]
    assert len(values) == 8
    assert f"Their mean is {fmean(values):.1f} %" in PLAIN
    assert f"is {stats.hodges_lehmann(values).value:.1f} %. The test" in PLAIN


def test_the_smallest_p_that_there_is():
    pairs, told = row("all pairs are worse"), row("the smallest p there is")
    assert len(pairs) == len(told) == 5
    for count, p in zip(pairs, told, strict=True):
        assert stats.signed_rank_p([1.0 + number for number in range(int(count))]) == pytest.approx(
            p, rel=0.02
        )
        assert (p < gate.ALPHA) == (count >= 8)


def test_the_looks_and_levels_are_the_gates():
    *few, last = looks_of(1, gate.LOOKS)
    assert f"after {', '.join(map(str, few))} and {last} pairs" in PLAIN
    assert PLAIN.count("p below .004") == PLAIN.count(f"p below {gate.ALPHA:.3f}".replace("0.", ".")) > 0
    assert f"With more than {gate.MANY} gated metrics" in PLAIN
    assert f"below {gate.MANY_ALPHA:.2f} / n".replace("0.", ".") in PLAIN
    assert f"A threshold of {gate.CARRIES} CV is" in PLAIN


def test_looking_at_every_pair_would_find_something_where_nothing_is():
    """Where the page says why there are looks: p below .01 after some pair, of programs that are equal."""
    source = random.Random(5)
    found = 0
    for _trial in range(400):
        values = [source.gauss(0, 1) for _pair in range(30)]
        found += any(stats.signed_rank_p(values[:size]) < 0.01 for size in range(5, 31))
    assert found / 400 > 0.03, "several times the one in a hundred that .01 seems to promise"


def test_the_smallest_visible_change_in_multiples_of_a_runs_noise():
    """A difference of two runs strays by √2 of what one does."""
    for pairs, told in zip(row("pairs"), row("visible from"), strict=True):
        values = [(-1.0) ** number for number in range(int(pairs) // 2 * 2)]
        one_run = stats.deviation(values) / math.sqrt(2)
        assert stats.smallest_visible(values, int(pairs)) / one_run * math.sqrt(
            len(values) / pairs
        ) == pytest.approx(told, abs=0.06)


def test_what_is_said_of_traffic_and_of_a_time():
    visible = dict(zip(row("pairs"), row("visible from"), strict=True))
    assert "Traffic with a CV of 1 % shows 3 % after ten pairs" in PLAIN
    assert visible[10] * 1 == pytest.approx(3, abs=0.2)
    assert "a time with 7 % needs thirty for 8 %" in PLAIN
    assert visible[20] * 7 > 10
    assert visible[30] * 7 == pytest.approx(8, abs=0.5)


def test_the_band_is_the_programs():
    values = [100.0, 101, 99, 102, 98, 100, 103]
    middle = stats.median(values)
    spread = stats.median([abs(value - middle) for value in values])
    (times, scale) = map(float, re.findall(r"± (\d) × ([\d.]+) × their median absolute deviation", PLAIN)[0])
    assert band.usual(values).high == pytest.approx(middle + times * scale * spread)
