"""What can be wrong with a rule, a module a subject. Each has `check(rule, known, others) -> findings`."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.rules.model import Aggregate, Condition, Levels, Rate, Rule, Schedule, Stuck, Threshold


def path(rule: Rule, field: str = "") -> str:
    """Where something stands in a rule's condition."""
    tag = str(type(rule.condition).__struct_config__.tag)
    return f"condition.{tag}.{field}" if field else f"condition.{tag}"


def metric_of(condition: Condition) -> str | None:
    """The metric that a condition looks at, None where it looks at none."""
    found = isinstance(condition, Threshold | Rate | Stuck | Aggregate | Schedule)
    return getattr(condition, "metric", None) if found else None


def levels_of(condition: Condition) -> Levels | None:
    """The levels of a condition, None where it has none."""
    found = getattr(condition, "levels", None)
    return found if isinstance(found, Levels) else None


def sides(levels: Levels) -> Iterator[str]:
    """Which sides it breaches on."""
    if levels.above is not None:
        yield "above"
    if levels.below is not None:
        yield "below"


def number(value: float) -> str:
    """A number as people write it: 95000, never 9.5e+04."""
    said = f"{value:.10g}"
    return f"{value:.0f}" if "e+" in said and abs(value) < 1e15 else said
