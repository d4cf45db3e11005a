"""What TeamCity is told of the comparisons: statistics for its conditions, problems that fail the build, words.

Only what was compared has statistics, so that "no comparison" never reads as "no regression"; how many figures were
not compared is always told.  What a condition may be about is printed in every build that compared it, also where noise
or lanes kept it from being gated: what a condition makes of a statistic that is missing is the server's secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tcperf.comparison import Comparison, Pairing
from tcperf.gating import Gate, is_improvement, is_made, is_undecided
from tcperf.keys import COUNTS, KEY_LIMIT, count_key, delta_key, problem_identity, worse_key
from tcperf.model import Result
from tcperf.ranking import count, is_demoted, is_disturbed, is_missed, ranked, unseen
from tcperf.reasons import cut_short, ended
from tcperf.reports.cautions import qualified, reservation, reserved
from tcperf.reports.tests_named import tests_of
from tcperf.reports.text import clean, shorten
from tcperf.reports.verdicts import label
from tcperf.sentences import HISTORY, headline, problem, sentence
from tcperf.summary import HEAD, published

if TYPE_CHECKING:
    from tcperf.teamcity import ServiceMessages

Statistic = tuple[str, float]

#: The name of the verdict's block in the build log.
BLOCK: Final = "verdict"
#: Said where nobody asked for a comparison; where somebody did, it is said in capitals.
NOT_COMPARED: Final = "not compared"
#: What gives a base to whoever has no option of his own for it.
BASE_OPTION: Final = "--base PATH"
#: So many reasons why something was not compared are told one by one.
_REASONS: Final = 10
_LINE_LIMIT: Final = 1000
#: A percentage beyond this says no more, and a statistic has no room for every number.
LARGEST_PCT: Final = 1e9
#: The smallest figure above 0 that a statistic has digits for.
SMALLEST_PCT: Final = 1e-6


# --- statistics --------------------------------------------------------------------------------------


def changes(result: Result, scenario: str) -> Iterator[Statistic]:
    """The change of each published metric of a scenario that is gated and was compared, and how far it is worse.

    What noise or lanes kept from being gated is worse by 0.  From a
    base of 0 there is no change in percent, so it is left out; how far it is worse is told all the same, for a
    condition is about that.  What has too long a key is left out, too (``warnings``).
    """
    for each in result.comparisons:
        if each.scenario == scenario and _may_be_worse(each) and _fits(each):
            if each.gated and each.effect_pct is not None:
                yield delta_key(each.key), _percent(each.effect_pct)
            yield worse_key(each.key), _worse(each)


def counts(result: Result) -> Iterator[Statistic]:
    """How many comparisons are what; where nothing was compared, only what is known without a base."""
    subject = result.subjects.get(HEAD)
    numbers = _numbers(result)
    for what in COUNTS:
        if what in numbers:
            yield count_key(what, reference=subject is not None and subject.reference), numbers[what]


def _numbers(result: Result) -> dict[str, int]:
    counted = count(result.comparisons)
    numbers = {"not_compared": len(uncompared(result))}
    if _is_compared(result) or any(each.limit is not None for each in result.comparisons):
        numbers["over_budget"] = counted.over_budget
    if _is_compared(result):
        numbers["regressions"] = counted.regressions
        numbers["improvements"] = sum(map(is_improvement, result.comparisons))
        numbers["undecided"] = sum(map(is_undecided, result.comparisons)) + len(unseen(result.comparisons))
    if result.pairings:
        numbers["pairs"] = sum(each.pairs for each in result.pairings if each.problem is None)
    return numbers


def uncompared(result: Result) -> tuple[str, ...]:
    """The keys of the published and of the gated metrics that were not compared."""
    made = {each.key for each in result.comparisons if is_made(each)}
    figures = (summary.key for summary in published(result))
    missed = (each.key for each in result.comparisons if is_missed(each))
    return tuple(key for key in dict.fromkeys((*figures, *missed)) if key not in made)


def _is_compared(result: Result) -> bool:
    return any(map(is_made, result.comparisons))


def _may_be_worse(each: Comparison) -> bool:
    """Whether a condition may be about it: it was compared and is gated, or is in quieter builds, or in one lane."""
    is_due = each.gated or is_demoted(each) or is_disturbed(each)
    return each.published and is_due and is_made(each)


def _fits(each: Comparison) -> bool:
    return len(delta_key(each.key)) <= KEY_LIMIT


def _worse(each: Comparison) -> float:
    """0 unless it is a regression, and then never 0, whatever is rounded.

    One that no percentage says, such as one from 0, is the largest there is.
    """
    if not each.is_regression:
        return 0
    return LARGEST_PCT if each.effect_pct is None else max(_percent(each.effect_pct), SMALLEST_PCT)


def _percent(effect: float) -> float:
    return min(effect, LARGEST_PCT)


# --- words -------------------------------------------------------------------------------------------


def warnings(result: Result, gate: Gate, base: str = BASE_OPTION) -> Iterator[str]:
    """What must be said loudly before any figure: what was not compared, and what has no statistic.

    ``base`` is the option that gives something to compare with.
    """
    missed = gate.missed(result)
    yield from (f"NOT COMPARED: {reason}" for reason in missed[:_REASONS])
    if len(missed) > _REASONS:
        yield f"NOT COMPARED: {len(missed) - _REASONS} more; the report names them"
    if not missed:
        yield from _uncompared(result, base)
    for each in result.comparisons:
        if _may_be_worse(each) and not _fits(each):
            yield f"the key {delta_key(each.key)} is too long for a statistic: shorten the scenario's names"


def _uncompared(result: Result, base: str) -> Iterator[str]:
    """What nobody asked to compare; whoever knows why has said it among the result's warnings."""
    left = uncompared(result)
    if _is_compared(result):
        yield from [f"{NOT_COMPARED}: {', '.join(left)}"] if left else []
    elif not any(text.startswith(NOT_COMPARED) for text in result.warnings):
        yield f"{NOT_COMPARED}: no base was given ({base}); {len(left)} figures have no verdict"


def in_short(result: Result, gate: Gate, limit: int) -> str:
    """The verdict for the status text, in parts of at most ``limit`` characters.

    What was not compared although it was asked for comes first, then the worst sentence, else the headline, either with
    what keeps it from being the whole truth, and last what the budget ended too early.
    """
    missed = gate.missed(result)
    bad = ranked(gate.objections(result))
    groups = [[f"NOT COMPARED: {reason}" for reason in missed], [_qualified(each, result) for each in bad]]
    if not missed and not _is_compared(result):
        groups.append([NOT_COMPARED])
    elif not bad and _is_compared(result):
        groups.append([_headline(result, limit)])
    groups.append([_ended(each, result) for each in cut_short(result.pairings, result.comparisons)])
    return "; ".join(_first(group, limit) for group in groups if group)


def _ended(each: Pairing, result: Result) -> str:
    """With the scenario's name, where there are others."""
    return ended(each) if len(result.scenarios) == 1 else f"{each.scenario}: {ended(each)}"


def tell(result: Result, messages: ServiceMessages, gate: Gate, *, problems: bool = True) -> None:
    """A block with a line for whatever changed, worst first, and the build problems; none where nothing is judged.

    Without ``problems`` something else fails the build.
    """
    if not result.comparisons:
        return
    tests = tests_of(result)
    with messages.block(BLOCK, description=shorten(headline(result.comparisons), _LINE_LIMIT)):
        for each in ranked(result.comparisons):
            if _is_told(each):
                text = f"{_told(each)}{_test(each, tests)}"
                messages.log(f"tcperf: {shorten(text, _LINE_LIMIT)}", status=_status(each))
        for each in ranked(gate.problems(result) if problems else ()):
            text = reserved(f"{problem(each)}{_test(each, tests)}", result)
            messages.buildProblem(clean(text), problem_identity(each.key))


def _test(each: Comparison, tests: Mapping[tuple[str, str], str]) -> str:
    """The id of the test that a figure is of, for what is behind its sentence; "" where it is none's."""
    test = tests.get((each.scenario, each.phase))
    return "" if test is None else f" (test: {test})"


def _is_told(each: Comparison) -> bool:
    """Whatever changed, and why a published figure is not gated; what was not compared is among the warnings."""
    if each.is_over_budget:
        return True
    return is_made(each) and (each.change != "ok" if each.gated else each.published)


def _told(each: Comparison) -> str:
    """What is only reported has no verdict before it."""
    return f"{label(each)} {sentence(each)}" if each.gated or each.is_over_budget else sentence(each)


def _qualified(each: Comparison, result: Result) -> str:
    """The same with what keeps it from being the whole truth, which comes first, for the end may be cut."""
    if reservation(result) and (each.gated or each.is_over_budget):
        return f"{qualified(label(each), result)}: {sentence(each)}"
    return reserved(_told(each), result)


def _status(each: Comparison) -> str:
    """WARNING draws the eye, and fails nothing by itself."""
    if each.is_over_budget:
        return "WARNING"
    is_calm = not each.gated or each.change == "better" or each.accepted is not None
    return "NORMAL" if is_calm else "WARNING"


def _headline(result: Result, limit: int) -> str:
    """The headline, whose end goes where it is too long, and behind it, whole, what keeps it from being the whole truth."""
    told, behind, past = headline(result.comparisons), reserved("", result), f"; {HISTORY}"
    if told.endswith(past):
        told, behind = told.removesuffix(past), past + behind
    return shorten(told, limit - len(behind)) + behind


def _first(texts: Sequence[str], limit: int) -> str:
    """The first of the texts, and how many there are beside it."""
    more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
    return shorten(texts[0], limit - len(more)) + more
