"""Levels: reachable, on their right sides, and not always reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from alerts.rules.checks import levels_of, metric_of, number, path, sides
from alerts.rules.findings import Finding, error, warning
from alerts.rules.known import Known
from alerts.rules.model import Aggregate, Children, Indexed, Levels, Rate, Rule, Stuck, Threshold

#: What an index can be, where it is no metric.
INDEX_RANGE = {
    "vn_aqi_hourly": (0.0, 500.0),
    "vn_aqi_daily": (0.0, 500.0),
    "noise_laeq": (0.0, 160.0),
    "los": (0.0, 300.0),
    "tti": (0.0, 150.0),
    "lamps_on": (0.0, 100.0),
    "lamps_faulty": (0.0, 100.0),
    "lamps_unreachable": (0.0, 100.0),
}


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    levels = levels_of(rule.condition)
    if levels is not None:
        wrong = list(_shape(rule, levels))
        yield from wrong
        if not wrong:
            yield from _reach(rule, levels, known)
    if isinstance(rule.condition, Aggregate):
        if not 0 < rule.condition.quorum <= 1:
            yield error(
                "quorum", path(rule, "quorum"), "là tỷ lệ từ 0 đến 1, ví dụ 0.5", "is a share from 0 to 1, such as 0.5"
            )
        if rule.condition.sensors < 1:
            yield error("quorum", path(rule, "sensors"), "ít nhất 1", "at least 1")
    if isinstance(rule.condition, Children) and rule.condition.at_least < 1:
        yield error("quorum", path(rule, "at_least"), "ít nhất 1", "at least 1")
    if isinstance(rule.condition, Stuck):
        yield from _stuck(rule, rule.condition, known)
    yield from _counter(rule, known)


def _shape(rule: Rule, levels: Levels) -> Iterator[Finding]:
    given = {f: getattr(levels, f) for f in ("above", "below", "clear_above", "clear_below")}
    given = {f: v for f, v in given.items() if v is not None}
    for field, value in given.items():
        if not math.isfinite(value):
            yield error("number", path(rule, field), "phải là số hữu hạn", "must be a finite number")
            return
    if not list(sides(levels)):
        yield error("no_level", path(rule), "thiếu mức: thêm above hoặc below", "there is no level: add above or below")
        return
    for side, sign, vi, en in (("above", 1, "thấp hơn", "below"), ("below", -1, "cao hơn", "above")):
        clear, level = given.get(f"clear_{side}"), given.get(side)
        if clear is None:
            continue
        if level is None:
            yield error(
                "clear_side", path(rule, f"clear_{side}"), f"clear_{side} cần có {side}", f"clear_{side} needs {side}"
            )
        elif sign * clear > sign * level:
            yield error(
                "clear_side",
                path(rule, f"clear_{side}"),
                f"mức hết cảnh báo {number(clear)} nằm sai phía: phải {vi} hoặc bằng {side} {number(level)}",
                f"the clear level {number(clear)} is on the wrong side: it must be {en} or at {side} {number(level)}",
            )
    above, below = given.get("above"), given.get("below")
    if above is None or below is None:
        return
    if above <= below:
        yield error(
            "always",
            path(rule, "below"),
            f"above {number(above)} không lớn hơn below {number(below)}: luôn đúng; đổi chỗ hai mức",
            f"above {number(above)} is not more than below {number(below)}: always true; exchange them",
        )
    elif given.get("clear_above", above) <= below or given.get("clear_below", below) >= above:
        yield error(
            "clear_side",
            path(rule),
            "mức hết cảnh báo của một phía đã là mức cảnh báo của phía kia",
            "one side is clear only where the other one is raised",
        )


def span(rule: Rule, known: Known) -> tuple[float, float, str] | None:
    """The least and the greatest that the judged value can be, and its unit; None where nobody knows."""
    c = rule.condition
    if isinstance(c, Children):
        return 0.0, 1.0, ""
    if isinstance(c, Indexed):
        found = None if c.detail else INDEX_RANGE.get(c.index)
        return None if found is None else (*found, known.indices[c.index].unit)
    metrics = list(known.metrics(metric_of(c) or "", rule.scope.domain).values())
    if not metrics or (isinstance(c, Aggregate) and c.figure == "sum"):
        return None
    if isinstance(c, Aggregate) and c.figure == "value" and any(m.aggregate in ("sum", "increase") for m in metrics):
        return 0.0, math.inf, metrics[0].unit
    low, high = min(m.low for m in metrics), max(m.high for m in metrics)
    return (low - high, high - low, metrics[0].unit) if isinstance(c, Rate) else (low, high, metrics[0].unit)


def _reach(rule: Rule, levels: Levels, known: Known) -> Iterator[Finding]:
    """Levels against what the value can be."""
    found = span(rule, known)
    if found is None:
        return
    low, high, unit = found
    can = f"{number(low)} – {number(high)} {unit}".strip()
    can_en = f"{number(low)} to {number(high)} {unit}".strip()
    edge = levels.inclusive
    for side, level in (("above", levels.above), ("below", levels.below)):
        if level is None:
            continue
        far, near = (high, low) if side == "above" else (low, high)
        sign = 1 if side == "above" else -1
        never = sign * level > sign * far or (sign * level == sign * far and not edge)
        always = sign * level < sign * near or (sign * level == sign * near and edge)
        if never:
            yield error(
                "never",
                path(rule, side),
                f"không bao giờ đúng: giá trị nằm trong {can}",
                f"can never be true: values are {can_en}",
            )
        elif always:
            yield error(
                "always",
                path(rule, side),
                f"luôn đúng: giá trị nằm trong {can}",
                f"is always true: values are {can_en}",
            )
        clear = levels.clear_above if side == "above" else levels.clear_below
        if clear is not None and sign * clear < sign * near:
            yield error(
                "never_clears",
                path(rule, f"clear_{side}"),
                f"không bao giờ hết: giá trị nằm trong {can}",
                f"never clears: values are {can_en}",
            )


def _stuck(rule: Rule, c: Stuck, known: Known) -> Iterator[Finding]:
    for m in known.metrics(c.metric, rule.scope.domain).values():
        if c.within < 0 or c.within >= m.high - m.low:
            yield error(
                "always",
                path(rule, "within"),
                f"từ 0 đến dưới {number(m.high - m.low)} {m.unit}",
                f"from 0 to less than {number(m.high - m.low)} {m.unit}",
            )
        if m.kind in ("state", "delta") or m.still_h is None:
            yield warning(
                "still",
                path(rule, "metric"),
                f"{m.vi} có thể đứng yên khi mọi thứ bình thường",
                f"{m.en} may stand still while all is well",
            )


def _counter(rule: Rule, known: Known) -> Iterator[Finding]:
    if isinstance(rule.condition, Threshold):
        for m in known.metrics(rule.condition.metric, rule.scope.domain).values():
            if m.kind == "counter":
                yield warning(
                    "counter",
                    path(rule, "metric"),
                    f"{m.vi} là công tơ, chỉ tăng: dùng rate",
                    f"{m.en} is a meter that only grows: use rate",
                )
