"""Hold times, lateness, validity, flapping."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from alerts.rules.checks import levels_of, metric_of, number, path
from alerts.rules.durations import show
from alerts.rules.findings import Finding, error, warning
from alerts.rules.known import Known
from alerts.rules.model import Absence, Composite, Rate, Rule, Schedule, Stuck, Threshold

#: Field of the rule, and the longest that makes sense.
MOST = (
    ("for_s", 7 * 86_400.0),
    ("clear_for_s", 7 * 86_400.0),
    ("late_s", 3600.0),
    ("retro_s", 7 * 86_400.0),
    ("reopen_s", 7 * 86_400.0),
)


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    spans = [(f[:-2], getattr(rule, f), most) for f, most in MOST]
    c = rule.condition
    if isinstance(c, Rate):
        spans.append((path(rule, "over"), c.over_s, 86_400.0))
    if isinstance(c, Stuck):
        spans.append((path(rule, "span"), c.span_s, 7 * 86_400.0))
    if isinstance(c, Absence):
        spans.append((path(rule, "at_least"), c.at_least_s, 30 * 86_400.0))
    if isinstance(c, Composite):
        spans.append((path(rule, "within"), c.within_s, 86_400.0))
    spans += [
        ("flapping.within", rule.flapping.within_s, 86_400.0),
        ("flapping.steady", rule.flapping.steady_s, 86_400.0),
    ]
    wrong = set()
    for where, seconds, most in spans:
        least = 1 if where.endswith((".over", ".span")) else 0
        if not math.isfinite(seconds) or not least <= seconds <= most:
            wrong.add(where)
            now = show(seconds) if math.isfinite(seconds) else str(seconds)
            yield error(
                "duration",
                where,
                f"phải từ {show(least)} đến {show(most)} (đang là {now})",
                f"must be from {show(least)} to {show(most)} (it is {now})",
            )
    if rule.late_s > rule.retro_s and wrong.isdisjoint(("late", "retro")):
        yield error(
            "late",
            "late",
            f"late ({show(rule.late_s)}) không được dài hơn retro ({show(rule.retro_s)})",
            f"late ({show(rule.late_s)}) must not be longer than retro ({show(rule.retro_s)})",
        )
    if rule.late_s > 30 and rule.severity == "critical":
        yield warning(
            "late_critical",
            "late",
            f"cảnh báo khẩn cấp sẽ chờ {show(rule.late_s)}: cân nhắc giảm late",
            f"a critical alert will wait {show(rule.late_s)}: consider less",
        )
    if not 2 <= rule.flapping.raises <= 100:
        yield error("flapping", "flapping.raises", "từ 2 đến 100", "from 2 to 100")
    if not rule.quality:
        yield error("quality", "quality", "nêu ít nhất một: measuring", "name at least one: measuring")
    yield from _days(rule, known)
    yield from _holds(rule, known)


def _days(rule: Rule, known: Known) -> Iterator[Finding]:
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        yield error(
            "valid",
            "valid_to",
            "trước valid_from: quy tắc không bao giờ có hiệu lực",
            "is before valid_from: the rule is never in force",
        )
    elif rule.valid_to and rule.valid_to < known.today:
        yield warning("valid", "valid_to", "đã qua: quy tắc hết hiệu lực", "has passed: the rule is no longer in force")


def _holds(rule: Rule, known: Known) -> Iterator[Finding]:
    """A bare comparison of a value that moves swings at its level."""
    if not isinstance(rule.condition, Threshold | Schedule):
        return
    name, levels = metric_of(rule.condition), levels_of(rule.condition)
    gauges = [m for m in known.metrics(name or "", rule.scope.domain).values() if m.kind == "gauge"]
    if levels is None or not gauges or rule.for_s or rule.clear_for_s:
        return
    if levels.clear_above is None and levels.clear_below is None:
        level = levels.above if levels.above is not None else levels.below
        if level is not None:
            side = -1 if levels.above is not None else 1
            away = 0.05 * abs(level) or 0.05 * (gauges[0].high - gauges[0].low)
            better = number(float(f"{level + side * away:.4g}"))
            yield warning(
                "no_hysteresis",
                path(rule),
                "không có clear, for hay clear_for: cảnh báo sẽ bật tắt liên tục "
                f"quanh mức; thêm ví dụ clear: {better}",
                f"neither clear, for nor clear_for: it will swing at its level; add, say, clear: {better}",
            )
