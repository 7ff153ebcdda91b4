"""What rules of single readings say, one reading at a time in plain Python: slow, and obvious."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.rules.model import Levels, Rate, Rule, Schedule, Stuck, Threshold
from city import sun

S = 1_000_000
NAN = float("nan")
Said = tuple[str, str, str, int, int, float | None, float | None]


@dataclass(frozen=True)
class Reading:
    """A reading of one metric; ``channel`` is its name."""

    sensor: str
    channel: str
    at: int
    value: float
    quality: str = "measuring"
    metric: str = "level"

    @property
    def subject(self) -> str:
        return f"sensor/{self.sensor}" + (f"/{self.channel}" if self.channel else "")


def expected(rules: list[Rule], readings: list[Reading], silence: int, now: int) -> list[Said]:
    """All events: (rule, subject, what, at, since, value, peak)."""
    by_pair: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    rule_of = {r.code: r for r in rules}
    for r in sorted(readings, key=lambda r: r.at):
        for rule in rules:
            channel = rule.condition.channel if isinstance(rule.condition, Threshold) else None
            if r.metric == rule.condition.metric and r.quality in rule.quality and channel in (None, r.channel):
                by_pair[rule.code, r.subject].append(r)
    out: list[Said] = []
    for (code, subject), found in by_pair.items():
        out += [(code, subject, *e) for e in _judge(rule_of[code], found, silence, now)]
    return out


def _values(rule: Rule, readings: list[Reading], silence: int) -> list[tuple[int, float, bool]]:
    """(time, value, outside the hours); NaN: it speaks, but nothing can be said."""
    c: Any = rule.condition
    if isinstance(c, Threshold):
        return [(r.at, r.value, False) for r in readings]
    if isinstance(c, Schedule):
        return [(r.at, r.value, not _inside(c, r.at)) for r in readings]
    if isinstance(c, Rate):
        return [(r.at, _change(readings[: i + 1], round(c.over_s * S), silence), False) for i, r in enumerate(readings)]
    out, run = [], [readings[0]]
    from_the_first = True
    for i, r in enumerate(readings):
        if i:
            seen = [x.value for x in (*run, r)]
            if r.at - run[-1].at > silence or max(seen) - min(seen) > c.within:
                run, from_the_first = [r], False
            else:
                run.append(r)
        still = (r.at - run[0].at) / S
        out.append((r.at, NAN if from_the_first and still < c.span_s else still, False))
    return out


def _change(readings: list[Reading], over: int, silence: int) -> float:
    now, part = readings[-1], over // 60
    kept: list[Reading] = []
    for r in readings[:-1]:
        if not kept or r.at - kept[-1].at >= part:
            kept.append(r)
    base = now.at - over
    before = [r for r in kept if r.at <= base]
    if not before:
        return NAN
    a, b = before[-1], next((r for r in kept if r.at > base), now)
    if a.at < base and b.at - a.at > silence + part:
        return NAN
    return now.value - (a.value + (b.value - a.value) * ((base - a.at) / (b.at - a.at)))


def _inside(c: Schedule, at: int) -> bool:
    day, margin = sun.local_day(np.array([at])), c.margin_s * S
    dawn, dusk = int(sun.civil_dawn(day)[0]), int(sun.civil_dusk(day)[0])
    if c.during == "day":
        return dawn + margin <= at < dusk - margin
    if c.during == "night":
        return at < dawn - margin or at >= dusk + margin
    a, b = ((int(x[:2]) * 60 + int(x[3:])) * 60 * S for x in c.during.split("-"))
    clock = (at + sun.LOCAL_US) % sun.DAY_US
    if a < b:
        return a + margin <= clock < b - margin
    return any(a + margin <= t < b + sun.DAY_US - margin for t in (clock, clock + sun.DAY_US))


def _judge(rule: Rule, readings: list[Reading], silence: int, now: int) -> list[tuple[Any, ...]]:
    c: Any = rule.condition
    levels = Levels(above=c.span_s, inclusive=True) if isinstance(c, Stuck) else c.levels
    for_, clear_for, late = (round(x * S) for x in (rule.for_s, rule.clear_for_s, rule.late_s))
    within, steady = round(rule.flapping.within_s * S), round(rule.flapping.steady_s * S)
    out: list[tuple[Any, ...]] = []
    phase, side, since, clearing, last, peak = "rest", 0, 0, 0, 0, NAN
    lost = flapping = False
    raised: list[int] = []

    def say(what: str, at: int, value: float | None) -> None:
        out.append((what, at, since, None if value != value else value, peak))

    def breached(v: float) -> int:
        if levels.above is not None and (v > levels.above or (levels.inclusive and v == levels.above)):
            return 1
        return -int(levels.below is not None and (v < levels.below or (levels.inclusive and v == levels.below)))

    def is_clear(v: float) -> bool:
        if side > 0:
            return v <= (levels.above if levels.clear_above is None else levels.clear_above)
        return v >= (levels.below if levels.clear_below is None else levels.clear_below)

    def note_raise(at: int, what: str, value: float) -> None:
        nonlocal raised, flapping
        raised = [r for r in raised if r > at - within] + [at]
        if not flapping:
            say(what, at, value)
            if len(raised) >= rule.flapping.raises:
                flapping = True
                say("flapping", at, value)
        else:
            say("back", at, value)

    for at, value, outside in _values(rule, readings, silence):
        breach = 0 if outside else breached(value)
        if phase == "pending" and at - last > max(silence, for_):
            say("cancelled", last + max(silence, for_), None)
            phase = "rest"
        if phase in ("open", "clearing") and at - last > silence and not lost:
            say("lost", last + silence, None)
            lost = True
        gap, last = at - last, at
        if lost:
            lost = False
            say("found", at, value)
        if value != value:
            continue
        clear = phase != "rest" and not breach and (outside or is_clear(value))
        if phase == "pending" and (clear or breach == -side):
            say("cancelled", at, value)
            phase = "rest"
        if phase == "rest":
            if not breach:
                continue
            phase, side, since, peak = "pending", breach, at, value
            if for_:
                say("pending", at, value)
                continue
        if phase == "pending":
            if breach:
                peak = max(peak, value) if side > 0 else min(peak, value)
                if at >= since + for_:
                    phase = "open"
                    note_raise(at, "fired", value)
            continue
        hold = max(clear_for, steady) if flapping else clear_for
        if phase == "open":
            if not clear:
                worse = breach == -side or (breach and (value > peak if side > 0 else value < peak))
                if worse:
                    side, peak = breach, value
                    if not isinstance(c, Stuck):
                        say("worse", at, value)
                if flapping and at >= raised[-1] + steady:
                    flapping = False
                    say("steady", at, value)
                continue
            phase, clearing = "clearing", at
            if hold:
                say("eased" if flapping else "clearing", at, value)
                continue
        elif breach:
            phase = "open"
            if breach == -side or (value > peak if breach > 0 else value < peak):
                side, peak = breach, value
            note_raise(at, "breach", value)
            continue
        elif gap > max(silence, hold):
            clearing = at
            say("eased" if flapping else "clearing", at, value)
            continue
        if at >= clearing + hold:
            if flapping:
                flapping = False
                say("steady", at, value)
            say("cleared", at, value)
            phase = "rest"
    if phase == "pending" and now - late >= last + max(silence, for_):
        say("cancelled", last + max(silence, for_), None)
    if phase in ("open", "clearing") and not lost and now - late >= last + silence:
        say("lost", last + silence, None)
    return out
