"""What a comparison is: one metric of the head against the base's, and how the runs behind it were paired.

The gate says which *change* there is; an absolute limit, valid without a base as well, makes a *verdict* of it.
These are values like those of ``model``, and a result holds them: it is ``compare`` that makes them, ``results``
that keeps them, and the reports that tell them.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

Change = Literal["worse", "better", "ok", "cannot_tell", "not_compared"]
Verdict = Literal["worse", "better", "ok", "cannot_tell", "not_compared", "over_budget"]


@frozen
class Comparison:
    """The head's total of one metric against the base's, and what the gate says of it.

    Percentages are of the base; ``low_pct`` and ``high_pct`` are the ends of the 95 % interval, None where there are
    too few pairs for one.  ``p`` is one-sided, in the direction of the effect.  ``pairs`` are those that were looked
    at when it was decided; ``worse_pairs`` are those in which the head's value is the larger one.  ``noise_pct`` is
    one run's, ``visible_pct`` the smallest change that would have shown.  ``limit`` is an absolute one, in the
    metric's unit.  ``note`` says why it was not compared, is not gated, or cannot be told; ``explanation`` where the
    difference comes from; ``accepted`` why a change for the worse is no regression.

    ``history_builds`` is None unless past builds stand for the base: so many of them.  ``base_median`` is then their
    median, ``noise_pct`` one build's, ``visible_pct`` how far the band of what is usual reaches (``tcperf.band``), and
    ``history_of`` says whose they are.  What ``warns_only`` never makes a build bad, whatever it is.
    """

    key: str
    scenario: str
    phase: str
    metric: str
    change: Change
    gated: bool
    published: bool
    paired: bool = True
    pairs: int = 0
    worse_pairs: int = 0
    base_median: float | None = None
    head_median: float | None = None
    effect_pct: float | None = None
    low_pct: float | None = None
    high_pct: float | None = None
    p: float | None = None
    noise_pct: float | None = None
    visible_pct: float | None = None
    threshold_pct: float | None = None
    floor: float | None = None
    limit: float | None = None
    note: str | None = None
    explanation: str | None = None
    accepted: str | None = None
    history_builds: int | None = None
    history_of: str | None = None
    warns_only: bool = False

    @property
    def is_over_budget(self) -> bool:
        """Whether the head's median is above the limit: with a base or without one."""
        return self.limit is not None and self.head_median is not None and self.head_median > self.limit

    @property
    def verdict(self) -> Verdict:
        """The change, but that being over budget comes first."""
        return "over_budget" if self.is_over_budget else self.change

    @property
    def is_regression(self) -> bool:
        """Whether it makes a build bad: gated, worse, not accepted, and no warning alone."""
        return self.is_alarming and not self.warns_only

    @property
    def is_warned_of(self) -> bool:
        """Whether it would be a regression, were it not only a warning."""
        return self.is_alarming and self.warns_only

    @property
    def is_alarming(self) -> bool:
        """Whether it is gated, worse and not accepted."""
        return self.gated and self.change == "worse" and self.accepted is None


@frozen
class Pairing:
    """How the runs of one scenario were paired with the base's.

    ``pairs`` count, ``redone`` were done again.  ``stopped`` says why there are not more.  ``problem`` says why
    there was no comparison although one was asked for; what was measured until then is in the runs.
    """

    scenario: str
    pairs: int
    redone: int = 0
    lanes: int = 1
    stopped: Literal["decided", "budget", "pairs", "failed"] = "decided"
    problem: str | None = None
