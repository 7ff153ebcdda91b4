"""The topic `alerts`: what is open, and each flip as a delta of its own.

Here seq is the number of the flip: it means the same after a restart of this process, so that a client resumes where
it was. Flips get their numbers in the order of their commits (alerts.life.lock), so that none comes in between later.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from infra.access.scope import Scope
from ioc_api.live.topic import Filter, Ints, Topic, tail

#: Flips that are kept for those who come back: a client that was away for longer begins with a snapshot.
KEPT = 20_000
#: What is shown where a filter names no state. What is closed, or has never fired, is not there.
SHOWN = frozenset({"firing", "acknowledged", "in_progress", "resolved"})
_OPEN = SHOWN - {"resolved"}
_POSSIBLE = SHOWN | {"pending"}


class Place(NamedTuple):
    """What filters look at. ``departments`` are those that handle it, ``concerned`` all that have to do with it."""

    area: str
    zone: str | None
    domain: str | None
    sensor: str | None
    rule: str
    kind: str
    severity: str
    departments: frozenset[str]
    concerned: frozenset[str]
    state: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Place:
        handling = frozenset(d["department"] for d in item["departments"] if d["role"] == "handles")
        return cls(
            item["area"], item["zone"], item["domain"], item["sensor_id"], item["rule"], item["kind"],
            item["severity"], handling, frozenset(d["department"] for d in item["departments"]), item["state"],
        )  # fmt: skip


class Change(NamedTuple):
    """One flip: where its alert stood before (None: nowhere) and stands now, and both as JSON."""

    seq: int
    alert: int
    before: Place | None
    after: Place
    item: bytes
    flip: bytes


Standing = tuple[Place, bytes]


def change(item: Mapping[str, Any], flip: Mapping[str, Any]) -> Change:
    """The change that a flip is. The item is the alert as it was read, in the state to which the flip brought it."""
    now = {**item, "state": flip["to"], "flip": flip["id"]}
    after = Place.of(now)
    before = None if flip["from"] is None else after._replace(state=flip["from"])
    encode = msgspec.json.encode
    return Change(flip["id"], item["id"], before, after, encode(now), encode({"alert": item["id"], **flip}))


def standing(item: Mapping[str, Any]) -> Standing:
    """An alert as a snapshot shows it."""
    return Place.of(item), msgspec.json.encode(item)


class Alerts(Topic):
    """Items by the numbers of their alerts, and the last flips."""

    fields = ("area", "zone", "domain", "sensor", "rule", "kind", "severity", "department", "state")
    whole = True
    reset = "alerts are read anew"

    def __init__(self) -> None:
        super().__init__("alerts")
        self.ready = self._read = asyncio.Event()
        self._items: dict[int, Standing] = {}
        self._log: list[Change] = []
        self._arrived: list[float] = []

    def begin(self, epoch: str, seq: int, floor: int, items: dict[int, Standing], log: Iterable[Change]) -> None:
        """Start with what was read at one moment: everything open, and the flips from ``floor`` to ``seq``."""
        now = time.monotonic()
        self.renewed = self.renewed or (self.epoch not in ("", epoch))
        self.epoch, self.seq, self.floor = epoch, seq, floor
        self._items, self._log = items, list(log)
        self._arrived = [now] * len(self._log)
        self._read.set()
        self.on_change(self)

    def flipped(self, changes: Iterable[Change], seq: int) -> None:
        """Take flips in, ascending; the topic moves to ``seq``."""
        now = time.monotonic()
        for one in changes:
            # Where it stood is what clients were told, which a filter may have taken for another severity.
            known = self._items.get(one.alert)
            if known is not None and known[0] != one.before:
                one = one._replace(before=known[0])
            if one.after.state in _POSSIBLE:
                self._items[one.alert] = (one.after, one.item)
            else:
                self._items.pop(one.alert, None)
            self._log.append(one)
            self._arrived.append(now)
        if len(self._log) > KEPT * 2:
            self.floor = self._log[-KEPT - 1].seq
            del self._log[:-KEPT], self._arrived[:-KEPT]
        if seq != self.seq:
            self.seq = seq
            self.on_change(self)

    def unresolved(self, scope: Scope) -> Iterator[tuple[str, str]]:
        """The sensor and severity of each alert of a scope that asks for somebody still."""
        for place, _ in self._items.values():
            if place.sensor is not None and place.state in _OPEN and (
                scope.all or scope.alert(place.area, place.zone, place.domain, place.concerned)
            ):  # fmt: skip
                yield place.sensor, place.severity

    def everything(self, wanted: Filter) -> Ints:
        takes = _taker(wanted)
        return np.array(sorted(n for n, (place, _) in self._items.items() if takes(place)), np.int64)

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        numbers = items.tolist()
        there = [self._items[n][1] for n in numbers if n in self._items]
        return there, [str(n) for n in numbers if n not in self._items]

    def delta(self, wanted: Filter, since: int) -> tuple[int, str | None]:
        """The next flip that concerns the filter: alone in its frame, never put together with another."""
        takes = _taker(wanted)
        for place in range(self._after(since), len(self._log)):
            one = self._log[place]
            if takes(one.after):
                return one.seq, tail([one.item], [], self.clock(), f',"flip":{one.flip.decode()}')
            if takes(one.before):
                return one.seq, tail([], [str(one.alert)], self.clock(), f',"flip":{one.flip.decode()}')
        return self.seq, None

    def arrived(self, since: int) -> float | None:
        place = self._after(since)
        return self._arrived[place] if place < len(self._arrived) else None

    def _after(self, since: int) -> int:
        return bisect_right(self._log, since, key=lambda one: one.seq)


def _taker(wanted: Filter) -> Callable[[Place | None], bool]:
    """Whether a filter takes a place."""
    areas, zones, domains, sensors, rules, kinds, severities, departments, states = (
        wanted.takes(f) for f in Alerts.fields
    )
    scope = wanted.scope
    shown = SHOWN if states is None else states & _POSSIBLE

    def takes(p: Place | None) -> bool:
        return (
            p is not None
            and p.state in shown
            and (scope.all or scope.alert(p.area, p.zone, p.domain, p.concerned))
            and (areas is None or p.area in areas)
            and (zones is None or p.zone in zones)
            and (domains is None or p.domain in domains)
            and (sensors is None or p.sensor in sensors)
            and (rules is None or p.rule in rules)
            and (kinds is None or p.kind in kinds)
            and (severities is None or p.severity in severities)
            and (departments is None or not departments.isdisjoint(p.departments))
        )

    return takes
