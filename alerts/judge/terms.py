"""What the state machine must know of a rule: its levels and times, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from alerts.rules.model import Levels, Rule

SECOND = 1_000_000


@dataclass(frozen=True)
class Terms:
    """One rule's levels (±inf where there is none; strict comparison raises) and times (microseconds).

    ``shown_above``, ``shown_below``: the levels as people wrote them, None where there is none. ``worst``: whether a
    new worst value is news; it is not for a value that only counts time. ``silence_us``: how long a subject may
    say nothing before it is lost; None: as long as its sensor may, by its interval.
    """

    code: str
    version: int
    above: float
    clear_above: float
    below: float
    clear_below: float
    shown_above: float | None
    shown_below: float | None
    for_us: int
    clear_for_us: int
    late_us: int
    raises: int
    within_us: int
    steady_us: int
    unit: str = ""
    worst: bool = True
    silence_us: int | None = None


def terms(
    rule: Rule, levels: Levels, *, unit: str = "", worst: bool = True, silence_us: int | None = None
) -> Terms:  # fmt: skip
    """The rule's terms with ``levels``, which its condition has or means."""
    above, below = levels.above, levels.below
    clear_above = above if levels.clear_above is None else levels.clear_above
    clear_below = below if levels.clear_below is None else levels.clear_below
    # A level that is included is a strict one just before it.
    raise_above = math.inf if above is None else math.nextafter(above, -math.inf) if levels.inclusive else float(above)
    raise_below = -math.inf if below is None else math.nextafter(below, math.inf) if levels.inclusive else float(below)
    return Terms(
        rule.code, rule.version,
        raise_above, math.inf if clear_above is None else float(clear_above),
        raise_below, -math.inf if clear_below is None else float(clear_below),
        above, below,
        micros(rule.for_s), micros(rule.clear_for_s), micros(rule.late_s),
        rule.flapping.raises, micros(rule.flapping.within_s), micros(rule.flapping.steady_s),
        unit, worst, silence_us,
    )  # fmt: skip


def micros(seconds: float) -> int:
    """Seconds as whole microseconds."""
    return round(seconds * SECOND)
