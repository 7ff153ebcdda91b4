"""Indices as they stand (infra/indices): values of sensors, zones and areas, whenever they are worked out anew.

An item's time is its ``at``. One that is said again with the same ``at`` is no new value, but a figure that was put
right since may still begin an alert (nothing that is open moves by it). One without a number says nothing. Of several
items of one subject and time the worst is looked at. An index is lost where it has said nothing for longer than it
takes to say something new (bind.py). Signs of attacks (infra/security) name only whom they are about: whoever is not
at rest and not named has 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.source import Source
from alerts.judge.world import World
from alerts.rules.model import Indexed
from infra.indices import Item
from infra.security.signs import CODES as WHOLE
from infra.times import micros

_Found = tuple[int, float]  # when, and what


class Chosen:
    """One rule: which items it looks at. ``newest``: the newest value of each subject. ``busy``: who is not at rest."""

    def __init__(self, bound: Bound, world: World, busy: Callable[[], Iterable[int]] = tuple) -> None:
        c = bound.rule.condition
        assert isinstance(c, Indexed)  # noqa: S101 -- by its Maker
        self.no, self.code, self.version = bound.no, bound.rule.code, bound.rule.version
        self.index, self._of = c.index, c.of
        self._only, self._detail = dict(c.only), c.detail.split(".") if c.detail else []
        scope = bound.rule.scope
        self._world, self._scope = world, scope
        self._worst = min if c.levels.above is None else max
        self._sensors = np.zeros(world.roster.size, bool)
        for domain in world.registry.domains:
            self._sensors |= world.mask(scope, domain)
        self.newest: dict[int, _Found] = {}
        self._whole, self._busy = c.index in WHOLE, busy

    def look(self, items: Sequence[Item]) -> dict[int, _Found]:
        """The new values that the items of its index give, by subject."""
        found: dict[int, _Found] = {}
        for item in items:
            one = self._look(item)
            if one is not None:
                subject, at_us, value = one
                before = found.get(subject)
                if before is None or at_us > before[0]:
                    found[subject] = (at_us, value)
                elif at_us == before[0]:
                    found[subject] = (at_us, self._worst(value, before[1]))
        if self._whole and items:
            at_us = max(micros(datetime.fromisoformat(item.at)) for item in items if item.at is not None)
            for subject in self._busy():
                found.setdefault(subject, (at_us, 0.0))
            self.newest = {s: x for s, x in self.newest.items() if s in found}
        new = {s: x for s, x in found.items() if x != self.newest.get(s) and x[0] >= self.newest.get(s, x)[0]}
        self.newest.update(new)
        return new

    def carried(self, world: World) -> dict[int, _Found]:
        """``newest`` in another world, in which zones and areas may have other numbers."""
        moved = ((world.number(self._world.subject(s).key), x) for s, x in self.newest.items())
        return {s: x for s, x in moved if s is not None}

    def _look(self, item: Item) -> tuple[int, int, float] | None:
        what = "sensor" if item.sensor_id is not None else "zone" if item.zone is not None else "area"
        what = what if item.area else "outside"
        if self._of not in (None, what) or any(str(item.details.get(k)) != v for k, v in self._only.items()):
            return None
        value, subject = self._value(item), self._subject(item, what)
        if value is None or subject is None or item.at is None:
            return None
        return subject, micros(datetime.fromisoformat(item.at)), value

    def _value(self, item: Item) -> float | None:
        found: Any = item.details if self._detail else item.value
        for name in self._detail:
            found = found.get(name) if isinstance(found, dict) else None
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    def _subject(self, item: Item, what: str) -> int | None:
        if what == "sensor":
            sensor = self._world.roster.numbers.get(item.sensor_id or "")
            return sensor << 16 if sensor is not None and self._sensors[sensor] else None
        s = self._scope
        if s.sensor or s.site or s.site_kind or s.tag:
            return None  # a whole zone or area is not one of these
        if (s.area and item.area not in s.area) or (s.zone and item.zone not in s.zone):
            return None
        if what == "outside":
            return None if s.area or s.zone or s.domain else self._world.number(item.key.removeprefix(f"{item.index}/"))
        return self._world.number(f"zone/{item.zone}" if what == "zone" else f"area/{item.area}")


class Indices(Source):
    """The values of items, as they come."""

    def __init__(self, bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> None:
        self.failed = {}
        known = {r.code: r for r in before._rules} if isinstance(before, Indices) else {}
        made = [self.alone(b.no, partial(Chosen, b, world, partial(_busy, machine, b.no))) for b in bounds]
        self._rules: list[Chosen] = [one for one in made if one is not None]
        for rule in self._rules:
            old = known.get(rule.code)
            if old is not None and old.version == rule.version:
                rule.newest = old.carried(world)
        self._new: list[Samples] = []

    def figures(self, items: Sequence[Item], now_us: int) -> None:
        by_index: dict[str, list[Item]] = {}
        for item in items:
            by_index.setdefault(item.index, []).append(item)
        for rule in self._rules:
            found = self.alone(rule.no, partial(rule.look, by_index.get(rule.index, ())))
            if found:
                subject, (at, value) = list(found), zip(*found.values(), strict=True)
                self._new.append(
                    Samples(rule.no, np.array(subject, np.int64), np.array(at, np.int64), np.array(value, np.float64))
                )

    def samples(self, to_us: int) -> list[Samples]:
        new, self._new = self._new, []
        return new


def _busy(machine: Machine, no: int) -> list[int]:
    return list(machine.states[no])
