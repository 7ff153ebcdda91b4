"""What a rule would do this moment: one that fires for much of the city is a mistake in the rule, not in the city."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from alerts.rules.findings import Finding, error, warning
from alerts.rules.known import Bools, Floats, Known
from alerts.rules.model import Levels, Rule, Schedule, Threshold
from city import sun
from infra.times import now_us

#: A share of the sensors beyond which it is said, and fewer that are never many.
SHARE, FEW = 0.1, 3


def count(rule: Rule, known: Known) -> tuple[int, int] | None:
    """How many sensors breach now, and how many of the scope report the metric; None where it cannot be said."""
    c = rule.condition
    if known.world is None or known.latest is None or not isinstance(c, Threshold | Schedule):
        return None
    quiet = isinstance(c, Schedule) and not during(c, now_us())
    firing, asked = 0, 0
    for domain in known.metrics(c.metric, rule.scope.domain):
        mask = known.world.mask(rule.scope, domain)
        sensor, value = known.latest(domain, c.metric)
        inside = (sensor < len(mask)) & mask[np.minimum(sensor, len(mask) - 1)] if len(mask) else np.zeros(0, bool)
        if len(mask):
            asked += len(np.unique(sensor[inside]))
            firing += 0 if quiet else len(np.unique(sensor[inside & breaches(value, c.levels)]))
    return firing, asked


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    counted = count(rule, known) if rule.enabled else None
    if counted is None or known.world is None:
        return
    firing, asked = counted
    if firing <= FEW or firing <= SHARE * asked:
        return
    everyone = int(known.world.active.sum())
    if firing > SHARE * everyone:
        yield error(
            "storm",
            "condition",
            f"lúc này sẽ báo {firing:,} trong {everyone:,} cảm biến của thành phố: xem lại mức và phạm vi",
            f"would fire now for {firing:,} of the city's {everyone:,} sensors: look at its level and scope",
        )
    else:
        yield warning(
            "many",
            "condition",
            f"lúc này sẽ báo {firing:,} trong {asked:,} cảm biến thuộc phạm vi",
            f"would fire now for {firing:,} of the {asked:,} sensors in its scope",
        )


def breaches(value: Floats, levels: Levels) -> Bools:
    """Which values are beyond the raise levels, bool[n]."""
    out = np.zeros(len(value), bool)
    if levels.above is not None:
        out |= value >= levels.above if levels.inclusive else value > levels.above
    if levels.below is not None:
        out |= value <= levels.below if levels.inclusive else value < levels.below
    return out


def during(c: Schedule, at_us: int) -> bool:
    """Whether a moment is in the time of day of a schedule, in the middle of the city."""
    margin_us = round(c.margin_s * 1e6)
    if c.during in ("day", "night"):
        day = sun.local_day(np.array([at_us]))
        dawn, dusk = int(sun.civil_dawn(day)[0]), int(sun.civil_dusk(day)[0])
        if c.during == "day":
            return dawn + margin_us <= at_us < dusk - margin_us
        return at_us < dawn - margin_us or at_us >= dusk + margin_us
    now = (datetime.fromtimestamp(at_us / 1e6, UTC) + timedelta(hours=7)).strftime("%H:%M")
    first, _, last = c.during.partition("-")
    return first <= now < last if first <= last else now >= first or now < last
