"""History put to a rule: how often it would have fired. Pure: the readings come from whoever calls it.

The rule is judged by the judge itself, in event time, with all readings in their order; beside it a second one that is
the same but for more hysteresis. What a live engine cannot know any better, late readings, is not played: `late` and
`retro` do not count, and neither does whether the rule is on or in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from alerts.judge.bind import OF_ROWS, Bound, bind
from alerts.judge.hold import in_order
from alerts.judge.indexed import Chosen
from alerts.judge.judge import Judge
from alerts.judge.terms import SECOND, micros
from alerts.judge.world import World
from alerts.rules.model import Absence, Aggregate, Children, Indexed, Levels, Rate, Rule, Stuck
from alerts.trial.tally import Count, Tally, Worst
from city.columns import Columns
from infra.indices import Item
from infra.indices.catalogue import OF_HOURS
from infra.shown import Shown

#: What indices said, and when it was new.
Said = tuple[int, list[Item]]
#: How often rules about places, parents, silence and other rules are asked.
TICK_US = 60 * SECOND
#: Of the rule with more hysteresis.
MORE = "+hysteresis"
#: No reading is too old here.
_ALL_S = 100 * 366 * 86_400.0


class Unfit(Exception):
    """Such a rule cannot be put to history; the message says why, in both languages."""


class Hysteresis(Shown, frozen=True, kw_only=True):
    """What clear levels ``share`` of the level away would change; ``count`` is None where ``why`` says that they
    change nothing. ``when``: as in the report."""

    shown_as = "ReplayHysteresis"
    share: float
    clear_above: float | None = None
    clear_below: float | None = None
    count: Count | None = None
    when: tuple[int, ...] = ()
    why_vi: str = ""
    why_en: str = ""


class Report(Shown, frozen=True, kw_only=True):
    """``scope``: the sensors, zones, areas or parents that the rule looks at, of an index those that it spoke of;
    ``readings``: values that were judged; ``when``: how often it was raised in each of 96 equal parts of the span."""

    shown_as = "ReplayReport"
    rule: str
    version: int
    scope: int
    readings: int
    count: Count
    hysteresis: Hysteresis
    when: tuple[int, ...]
    worst: tuple[Worst, ...]


def with_hysteresis(rule: Rule, share: float) -> Rule | None:
    """The rule with clear levels at least ``share`` of the level away; None where that changes nothing."""
    levels: Levels | None = getattr(rule.condition, "levels", None)
    if levels is None:
        return None
    changes: dict[str, float] = {}
    for side, sign in (("above", -1), ("below", 1)):
        level = getattr(levels, side)
        if level is None:
            continue
        now = getattr(levels, f"clear_{side}")
        wanted = level + sign * share * abs(level)
        if sign * (wanted - (level if now is None else now)) > 0:
            changes[f"clear_{side}"] = wanted
    if not changes:
        return None
    condition: Any = rule.condition
    wider = msgspec.structs.replace(condition, levels=msgspec.structs.replace(levels, **changes))
    return msgspec.structs.replace(rule, condition=wider, code=rule.code + MORE)


def lead_us(rules: Iterable[Rule]) -> int:
    """How long before the span readings must begin, so that what the rules say at its beginning is known."""
    found = [15 * 60.0]
    for r in rules:
        c = r.condition
        own = c.over_s if isinstance(c, Rate) else c.span_s if isinstance(c, Stuck) else 0.0
        own = c.window_s if isinstance(c, Aggregate) else getattr(c, "within_s", own)
        found.append(max(own, c.at_least_s if isinstance(c, Absence) else 0.0) + r.for_s + r.clear_for_s)
        if isinstance(c, Indexed):
            return micros(2 * 86_400)  # what is said once a day is known by then
    # Levels may have been crossed long ago; a day back is far enough for all but those that never come home.
    return micros(min(max(found) + 15 * 60, 86_400.0))


class Replay:
    """``rule`` put to [from, to); ``others``: the rules that it looks at. Unfit where it cannot be."""

    def __init__(
        self, rule: Rule, world: World, from_us: int, to_us: int, *, others: Sequence[Rule] = (), share: float = 0.05
    ) -> None:
        self.indices = {r.condition.index for r in (rule, *others) if isinstance(r.condition, Indexed)}
        for one in (rule, *others):
            if isinstance(one.condition, Indexed) and one.condition.index not in OF_HOURS:
                raise Unfit(
                    f"{one.code} xét chỉ số {one.condition.index}, tính từ từng phút và trạng thái lúc đó nên không"
                    f" xét lại được: hãy xem trang chỉ số / {one.code} is about the index {one.condition.index}, which"
                    " is worked out from minutes and from what stood then: it cannot be put to history, see its page"
                )
        self.rule, self._share = rule, share
        self._from_us, self._to_us = from_us, to_us
        self._more = with_hysteresis(rule, share)
        rules = [_for_ever(r) for r in (rule, *others, *([self._more] if self._more else []))]
        self.begin_us = from_us - lead_us(rules)
        bounds, failed = bind(rules, world)
        if failed:
            raise Unfit(next(iter(failed.values())).partition(": ")[2])
        self.scope = _scope(bounds[0], world)
        self.bounds = bounds
        self._judge = Judge(rules, world, self.begin_us)
        #: None of the rules is asked at ticks: when they are asked changes nothing.
        self.ticks = not all(isinstance(r.condition, (*OF_ROWS, Indexed)) for r in rules)
        self._chosen = Chosen(bounds[0], world) if isinstance(rule.condition, Indexed) else None
        self._said_of: set[int] = set()
        self._now_us = self.begin_us
        self._tally = Tally(rule, from_us, to_us)
        self._second = Tally(rule, from_us, to_us)
        self.readings = 0

    def take(self, parts: Sequence[Columns], until_us: int, said: Iterable[Said] = ()) -> None:
        """Judge the readings up to ``until_us`` that are later than those of before, in any order, and what indices
        ``said`` meanwhile."""
        parts = [in_order(p) for p in parts if len(p)]
        self.readings += sum(p.readings for p in parts)
        figures = dict(said)
        ticks = range((self._now_us // TICK_US + 1) * TICK_US, until_us, TICK_US) if self.ticks else ()
        edges = sorted({*ticks, *figures, until_us})
        places = [np.searchsorted(p.time_us, edges, side="right") for p in parts]
        for i, edge in enumerate(edges):
            now = [p.take(slice(at[i - 1] if i else 0, at[i])) for p, at in zip(parts, places, strict=True)]
            if edge in figures:
                self._figures(figures[edge], edge)
            self._take([p for p in now if len(p)], edge)

    def _figures(self, items: list[Item], at_us: int) -> None:
        if self._chosen is not None:
            new = self._chosen.look([x for x in items if x.index == self._chosen.index])
            self._said_of |= new.keys()
            self.readings += len(new)
        self._judge.figures(items, at_us)

    def _take(self, parts: Sequence[Columns], until_us: int) -> None:
        for part in parts:
            self._judge.take(part, until_us)
        events = self._judge.advance(until_us)
        self._now_us = until_us
        if self._judge.poisoned:
            raise Unfit(next(iter(self._judge.poisoned.values())))
        self._tally.take(e for e in events if e.rule == self.rule.code)
        if self._more is not None:
            self._second.take(e for e in events if e.rule == self._more.code)

    def report(self) -> Report:
        """What came of it."""
        scope = self.scope if self._chosen is None else len(self._said_of)
        count = self._tally.count(scope)
        if self._more is None:
            none = getattr(self.rule.condition, "levels", None) is None
            hysteresis = Hysteresis(
                share=self._share,
                why_vi="quy tắc không có mức" if none else "quy tắc đã có dải trễ ít nhất như vậy, hoặc mức bằng 0",
                why_en="the rule has no level" if none else "the rule has at least that already, or its level is 0",
            )
        else:
            levels: Levels = getattr(self._more.condition, "levels")  # noqa: B009 -- those that have one
            hysteresis = Hysteresis(share=self._share, clear_above=levels.clear_above, clear_below=levels.clear_below,
                                    count=self._second.count(scope), when=self._second.when())  # fmt: skip
        return Report(
            rule=self.rule.code, version=self.rule.version, scope=scope, readings=self.readings, count=count,
            hysteresis=hysteresis, when=self._tally.when(), worst=tuple(self._tally.worst()),
        )  # fmt: skip


def replay(
    rule: Rule,
    world: World,
    steps: Iterable[tuple[Sequence[Columns], int]],
    from_us: int,
    to_us: int,
    *,
    others: Sequence[Rule] = (),
    share: float = 0.05,
    look: Callable[[Replay], None] = lambda _: None,
) -> Report:
    """Put a rule to readings that come in steps (rows, and up to when they are); ``look`` may end it by raising."""
    run = Replay(rule, world, from_us, to_us, others=others, share=share)
    for parts, until_us in steps:
        run.take(parts, until_us)
        look(run)
    return run.report()


def _for_ever(rule: Rule) -> Rule:
    return msgspec.structs.replace(
        rule, late_s=0.0, retro_s=_ALL_S, enabled=True, valid_from=None, valid_to=None
    )  # fmt: skip


def _scope(bound: Bound, world: World) -> int:
    """How many subjects the rule may have: sensors, or places and parents."""
    c = bound.rule.condition
    if bound.masks:
        return int(sum(m.sum() for m in bound.masks.values()))
    of = getattr(c, "of", "sensor")
    if isinstance(c, Children):
        return len(world.children)
    if of != "sensor":
        return len(world.places(bound.rule.scope, of))
    return int(sum(world.mask(bound.rule.scope, d).sum() for d in world.registry.domains))
