"""Trust in sensors: facts of a day become points lost, points become a score, and a score a verdict.

Each reason costs points on a slope: none up to where it starts, then at least one, at the end as many as it may cost
at the most. So worse facts never raise a score, and the reasons with their points explain the whole of it. The slopes
are operating proposals; no regulation sets them. docs/quality.md has them as a table.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Verdict = Literal["trusted", "untrusted", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("untrusted", "unknown", "trusted")

#: A day is judged by whole hours.
HOURS = 24
#: Who has lost trust gets it back only so many points above the limit: nobody flaps there.
REGAIN = 10
#: Readings without which nothing can be said; fewer where fewer are due.
LEAST_HEARD = 6
#: Readings in quarantine below which their share says nothing.
LEAST_QUARANTINED = 5


class Slope(NamedTuple):
    """What a fact costs: nothing up to ``start``, ``most`` points from ``full`` on, and a straight line between."""

    start: float
    full: float
    most: int

    def points(self, fact: Floats) -> Ints:
        """Whole points, rounded up; a fact that is NaN (nothing is known) costs nothing. Shape as ``fact``."""
        share = np.clip((np.nan_to_num(fact, nan=self.start) - self.start) / (self.full - self.start), 0, 1)
        # What is a whole number of points but for the last digit of a double is not one more.
        found: Ints = np.ceil(np.round(share * self.most, 9)).astype(np.int64)
        return found


@dataclass(frozen=True)
class Facts:
    """What is known of n sensors, as columns (n,): larger is worse, NaN is unknown. Fields are codes of reasons.

    ``quarantined``: share of readings that went to quarantine. ``stuck``: 2 a value does not move now, 1 it did not
    for a while. ``drift``: distance from the neighbours, in units of what is ordinary. ``jumps``: steps that are not
    plausible. ``incomplete``: share of due readings that did not come. ``clock_ahead``, ``clock_behind``: seconds.
    ``faulty``, ``calibrating``: share of rows that the device itself marked so. ``metric_missing``: share of the
    metrics it should measure of which nothing came.
    """

    quarantined: Floats
    stuck: Floats
    drift: Floats
    jumps: Floats
    incomplete: Floats
    clock_ahead: Floats
    clock_behind: Floats
    faulty: Floats
    calibrating: Floats
    metric_missing: Floats


SLOPES: dict[str, Slope] = {
    "quarantined": Slope(0.01, 0.5, 60),
    "stuck": Slope(0, 2, 60),
    "drift": Slope(3, 6, 60),
    "jumps": Slope(3, 30, 60),
    "incomplete": Slope(0.05, 1, 30),
    "clock_ahead": Slope(5, 120, 40),
    "clock_behind": Slope(60, 3600, 20),
    "faulty": Slope(0.05, 1, 30),
    "calibrating": Slope(0.05, 1, 10),
    "metric_missing": Slope(0, 1, 15),
}
REASONS: tuple[str, ...] = tuple(f.name for f in fields(Facts))


def lost(facts: Facts) -> dict[str, Ints]:
    """Points that each reason costs each sensor, (n,) by code."""
    return {code: SLOPES[code].points(getattr(facts, code)) for code in REASONS}


def scores(points: dict[str, Ints]) -> Ints:
    """100 less all points lost, at least 0, (n,)."""
    total: Ints = np.sum(list(points.values()), axis=0)
    return np.maximum(100 - total, 0)


def enough(heard: Floats, due: Floats) -> Bools:
    """Whether there is anything to judge by, (n,): readings of any quality, quarantine included, against those due."""
    return heard >= np.clip(due / 2, 1, LEAST_HEARD)


def trusted(score: Ints, known: Bools, before: Bools, limit: int) -> Bools:
    """Who is trusted now, (n,). ``before``: who was; without enough readings (not ``known``) that stays as it was."""
    needed = np.where(before, limit, min(limit + REGAIN, 100))
    return np.where(known, score >= needed, before)
