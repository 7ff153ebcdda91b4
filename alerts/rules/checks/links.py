"""Rules that look at other rules: those must be there, fit, and never lead back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alerts.rules.checks import path
from alerts.rules.findings import Finding, error, meant, short, warning
from alerts.rules.known import Known
from alerts.rules.model import Aggregate, Children, Composite, Indexed, Rule


def links(rule: Rule) -> tuple[str, ...]:
    """The codes of the rules that a rule looks at."""
    c = rule.condition
    if isinstance(c, Children):
        return c.rules
    return (*c.all, *c.any, *c.none) if isinstance(c, Composite) else ()


def of_sensors(rule: Rule) -> bool:
    """Whether a rule's subjects are sensors."""
    c = rule.condition
    if isinstance(c, Indexed | Composite):
        return c.of in (None, "sensor")
    return not isinstance(c, Aggregate | Children)


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    c = rule.condition
    if not isinstance(c, Children | Composite):
        return
    yield from _shape(rule)
    fields = ("rules",) if isinstance(c, Children) else ("all", "any", "none")
    for field in fields:
        for i, code in enumerate(getattr(c, field)):
            yield from _link(rule, f"{path(rule, field)}.{i}", code, known, others)
    ring = cycle(rule, others)
    if ring:
        row = " → ".join(ring)
        yield error("cycle", path(rule), f"quy tắc dẫn về chính nó: {row}", f"the rule leads back to itself: {row}")


def _shape(rule: Rule) -> Iterator[Finding]:
    c = rule.condition
    if isinstance(c, Children) and not c.rules:
        yield error("missing", path(rule, "rules"), "nêu ít nhất một quy tắc", "name at least one rule")
    if not isinstance(c, Composite):
        return
    if not c.all and not c.any:
        yield error("missing", path(rule), "nêu quy tắc trong all hoặc any", "name rules in all or in any")
    both = (set(c.all) & set(c.none)) or (set(c.any) if c.any and set(c.any) <= set(c.none) else set())
    if both:
        row = ", ".join(sorted(both))
        yield error(
            "never",
            path(rule, "none"),
            f"không bao giờ đúng: {row} vừa phải có vừa không được có",
            f"can never be true: {row} must be and must not be",
        )


def _link(rule: Rule, where: str, code: str, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    if code == rule.code:
        return
    other = others.get(code)
    if other is None:
        if code not in known.codes:
            vi, en = meant(code, others)
            yield error(
                "unknown_rule", where, f"không có quy tắc {short(code)}{vi}", f"there is no rule {short(code)}{en}"
            )
        return
    if not other.enabled and rule.enabled:
        yield warning("disabled_rule", where, f"quy tắc {code} đang tắt", f"the rule {code} is disabled")
    c = rule.condition
    if not of_sensors(other) and (isinstance(c, Children) or (isinstance(c, Composite) and c.of == "sensor")):
        yield error(
            "not_of_sensors", where, f"{code} không nói về từng cảm biến", f"{code} is not about single sensors"
        )


def cycle(rule: Rule, others: Mapping[str, Rule]) -> list[str]:
    """A way from the rule through others back to itself, its code first and last; empty where there is none."""
    way: dict[str, str] = {}
    waiting = [rule.code]
    seen = {rule.code}
    while waiting:
        code = waiting.pop()
        at = rule if code == rule.code else others.get(code)
        for link in links(at) if at else ():
            if link == rule.code:
                back = [link, code]
                while back[-1] != rule.code:
                    back.append(way[back[-1]])
                return back[::-1]
            if link not in seen:
                seen.add(link)
                way[link] = code
                waiting.append(link)
    return []
