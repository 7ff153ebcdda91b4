"""Two rules that say the same of the same place, or whose severities stand the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from alerts.rules.checks import levels_of, metric_of, number, path, sides
from alerts.rules.findings import Finding, error, warning
from alerts.rules.known import Known
from alerts.rules.model import SEVERITIES, Aggregate, Condition, Indexed, Rate, Rule, Schedule, Scope, Stuck, Threshold


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    if not rule.enabled:
        return
    zones = {z.code: z.area for z in known.catalog.zones}
    kind, about = type(rule.condition), _looks_at(rule.condition)
    for other in others.values():
        # In the order of what it costs: there may be a thousand rules.
        if type(other.condition) is not kind or _looks_at(other.condition) != about:
            continue
        if other.code != rule.code and other.enabled and _at_once(rule, other):
            yield from _pair(rule, other, zones, known)


def _pair(rule: Rule, other: Rule, zones: Mapping[str, str], known: Known) -> Iterator[Finding]:
    if rule.condition == other.condition and rule.scope == other.scope:
        yield error(
            "duplicate",
            path(rule),
            f"giống hệt quy tắc {other.code}: bỏ một trong hai, hoặc đổi mức",
            f"is the same as the rule {other.code}: remove one of them, or change its level",
            other=other.code,
        )
        return
    if _looks_at(rule.condition) is None:
        return
    a, b = levels_of(rule.condition), levels_of(other.condition)
    if a is not None and b is not None and not set(sides(a)) & set(sides(b)):
        return
    if rule.severity != other.severity:
        yield from _order(rule, other)
    elif meets(rule.scope, other.scope, zones) and _share(rule, other, known):
        yield warning(
            "overlap",
            "scope",
            f"trùng phạm vi với {other.code}, cùng đại lượng và mức độ: một sự việc sẽ thành hai cảnh báo",
            f"overlaps with {other.code}, of the same figure and severity: one event will be two alerts",
            other=other.code,
        )


def _share(rule: Rule, other: Rule, known: Known) -> bool:
    """Whether sensors are in both scopes. Without sensors to look at, tags may mean anything: nothing is said then."""
    metric = metric_of(rule.condition)
    if rule.scope.tag == other.scope.tag or metric is None:
        return True
    if known.world is None:
        return False
    world = known.world
    return any((world.mask(rule.scope, d) & world.mask(other.scope, d)).any() for d in known.metrics(metric, ()))


def _order(rule: Rule, other: Rule) -> Iterator[Finding]:
    """The graver of two rules about one place must not be reached first."""
    if rule.scope != other.scope:
        return
    graver, milder = sorted((rule, other), key=lambda r: SEVERITIES.index(r.severity), reverse=True)
    high, low = levels_of(graver.condition), levels_of(milder.condition)
    for side, sign in (("above", 1), ("below", -1)):
        first, second = getattr(high, side, None), getattr(low, side, None)
        if first is not None and second is not None and sign * first < sign * second:
            yield warning(
                "order",
                path(rule, side),
                f"{graver.code} ({graver.severity}) báo ở {number(first)}, trước {milder.code} ({milder.severity}) ở "
                f"{number(second)}: xem lại mức",
                f"{graver.code} ({graver.severity}) is raised at {number(first)}, before {milder.code} "
                f"({milder.severity}) at {number(second)}: look at the levels",
                other=other.code,
            )


def _looks_at(c: Condition) -> tuple[object, ...] | None:
    """What a condition is about, besides its levels; None: about nothing that can be compared."""
    match c:
        case Threshold():
            return ("threshold", c.metric, c.channel)
        case Rate():
            return ("rate", c.metric, c.over_s)
        case Stuck():
            return ("stuck", c.metric)
        case Aggregate():
            return ("aggregate", c.metric, c.of, c.window_s, c.figure)
        case Indexed():
            return ("index", c.index, c.detail, c.of, tuple(sorted(c.only.items())))
        case Schedule():
            return ("schedule", c.metric, c.during)
    return None


def _at_once(a: Rule, b: Rule) -> bool:
    """Whether there is a day on which both are in force."""
    first = max(a.valid_from or date.min, b.valid_from or date.min)
    return first <= min(a.valid_to or date.max, b.valid_to or date.max)


def meets(a: Scope, b: Scope, zones: Mapping[str, str]) -> bool:
    """Whether something may be in both scopes, as far as their words tell."""
    for field in Scope.__struct_fields__:
        if field == "tag":
            continue  # a sensor may have both
        mine, theirs = getattr(a, field), getattr(b, field)
        if mine and theirs and field != "site_kind" and not set(mine) & set(theirs):
            return False
    for x, y in ((a, b), (b, a)):
        if x.zone and y.area and not {zones.get(z) for z in x.zone} & set(y.area):
            return False
    return True
