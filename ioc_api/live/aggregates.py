"""The topic `aggregates`: the figures of every zone and area, metric and window."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.registry import Domain
from city.windows import SPANS_S, Figures
from infra.roster import Group
from infra.times import rfc3339
from ioc_api.live.topic import Filter, Ints, Newest

WINDOWS = tuple(SPANS_S)


class Sensors(msgspec.Struct, frozen=True):
    """How many sensors of the group reported the metric in the window, and how many should."""

    reporting: int
    expected: int


class Aggregate(msgspec.Struct, frozen=True):
    """One figure. ``mean`` is the right mean for the metric, ``value`` its own aggregate, which ``agg`` names;
    ``newest`` is the time of the newest reading in the window, ``at`` the window's end."""

    key: str
    area: str
    zone: str | None
    domain: str
    metric: str
    window: str
    count: int
    mean: float | None
    min: float | None
    max: float | None
    value: float | None
    agg: str
    sensors: Sensors
    newest: str | None
    at: str


class _Table:
    """The figures of one domain as they were last told, [window, group, metric]."""

    def __init__(self, domain: Domain, shape: tuple[int, int, int], first: int) -> None:
        self.domain = domain
        self.first = first  # number of its first item
        self.shape = shape
        self.changed = np.zeros(shape, np.int64)
        self.present = np.zeros(shape, bool)
        self.columns: tuple[NDArray[Any], ...] = ()
        self.figures: Figures | None = None
        self.at_us = np.zeros(shape, np.int64)


def tidy(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means and sums without the dust of binary arithmetic: nine significant digits, which is more than is measured."""
    size = np.abs(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 8 - np.floor(np.log10(np.where(size > 0, size, 1.0)))
        scale = 10.0 ** np.clip(places, 0, 300)
        return np.asarray(np.where(size < 1e8, np.rint(value * scale) / scale, value))


class Aggregates(Newest):
    """Figures by (domain, window, group, metric); an item's number is its place in those arrays."""

    hz = 5.0
    fields = ("area", "zone", "domain", "metric", "window")

    def __init__(self, domains: Sequence[Domain], groups: Sequence[Group]) -> None:
        super().__init__("aggregates")
        self._groups = tuple(groups)
        self._tables: list[_Table] = []
        self._texts: dict[int, tuple[int, bytes]] = {}
        self._masks: dict[Filter, Ints] = {}
        first = 0
        for domain in domains:
            shape = (len(WINDOWS), len(groups), len(domain.metrics))
            self._tables.append(_Table(domain, shape, first))
            first += math.prod(shape)
        self._size = first
        named = Counter(m.name for d in domains for m in d.metrics)
        self._shared = {name for name, n in named.items() if n > 1}

    def update(self, figures: Sequence[Figures]) -> None:
        """Take the figures of all domains, in their order; what differs from before has changed."""
        before = self.seq
        for table, now in zip(self._tables, figures, strict=True):
            expected = np.broadcast_to(now.expected, table.shape)
            columns: tuple[NDArray[Any], ...] = (
                now.count, tidy(now.mean), now.low, now.high, tidy(now.value), now.newest_us, now.reporting, expected,
            )  # fmt: skip
            present = (now.count > 0) | (expected > 0)
            differs = present != table.present
            for new, old in zip(columns, table.columns, strict=bool(table.columns)):
                differs |= (new != old) & ~((new != new) & (old != old)) & present
            if not table.columns:
                differs |= present
            items = np.flatnonzero(differs)
            table.changed.reshape(-1)[items] = self.step(len(items))
            table.at_us.reshape(-1)[items] = now.at_us
            table.columns, table.present = columns, present
        if self.seq != before:
            self.on_change(self)

    def _mask(self, wanted: Filter) -> Ints:
        """Numbers of the items that a filter takes."""
        if wanted not in self._masks:
            if len(self._masks) > 1000:
                self._masks.clear()
            areas, zones, metrics = (wanted.takes(f) for f in ("area", "zone", "metric"))
            domains, windows = wanted.takes("domain"), wanted.takes("window")
            places = np.array(
                [(areas is None or g.area in areas) and (zones is None or g.zone in zones) for g in self._groups], bool
            )
            spans = np.array([windows is None or w in windows for w in WINDOWS])
            found = []
            for t in self._tables:
                if domains is not None and t.domain.code not in domains:
                    continue
                names = np.array([metrics is None or m.name in metrics for m in t.domain.metrics])
                held = [wanted.scope.holds(g.area, g.zone, t.domain.code) for g in self._groups]
                mine = places & np.array(held, bool)
                found.append(t.first + np.flatnonzero(spans[:, None, None] & mine[:, None] & names))
            self._masks[wanted] = np.concatenate(found) if found else np.empty(0, np.int64)
        return self._masks[wanted]

    def everything(self, wanted: Filter) -> Ints:
        mask = self._mask(wanted)
        present: NDArray[np.bool_] = np.concatenate([t.present.reshape(-1) for t in self._tables])
        return np.asarray(mask[present[mask]])

    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        mask = self._mask(wanted)
        seqs = np.concatenate([t.changed.reshape(-1) for t in self._tables])[mask]
        items, seqs = mask[seqs > since], seqs[seqs > since]
        order = np.argsort(seqs, kind="stable")
        return items[order], seqs[order]

    def key(self, item: int) -> str:
        table, w, g, m = self._place(item)
        name = table.domain.metrics[m].name
        # The same name may be measured in several domains: then the key says which.
        if name in self._shared:
            name = f"{table.domain.code}.{name}"
        return f"{self._groups[g].code}/{name}/{WINDOWS[w]}"

    def _place(self, item: int) -> tuple[_Table, int, int, int]:
        table = next(t for t in reversed(self._tables) if item >= t.first)
        w, rest = divmod(item - table.first, table.shape[1] * table.shape[2])
        return table, w, *divmod(rest, table.shape[2])

    def items(self, numbers: Ints) -> list[Aggregate]:
        """The figures of these items as they are now."""
        return [self._item(n) for n in numbers.tolist()]

    def _item(self, number: int) -> Aggregate:
        table, w, g, m = self._place(number)
        group, metric = self._groups[g], table.domain.metrics[m]
        count, mean, low, high, value, newest_us, reporting, expected = (c[w, g, m].item() for c in table.columns)
        return Aggregate(
            self.key(number), group.area, group.zone, table.domain.code, metric.name, WINDOWS[w], count,
            _number(mean), _number(low), _number(high), _number(value), metric.aggregate,
            Sensors(reporting, expected), rfc3339(newest_us) if newest_us else None,
            rfc3339(int(table.at_us[w, g, m])),
        )  # fmt: skip

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        texts, removed = [], []
        for number in items.tolist():
            table = self._place(number)[0]
            at = number - table.first
            if not table.present.reshape(-1)[at]:
                removed.append(self.key(number))
                continue
            seq = int(table.changed.reshape(-1)[at])
            cached = self._texts.get(number)
            if cached is None or cached[0] != seq:
                cached = self._texts[number] = (seq, msgspec.json.encode(self._item(number)))
            texts.append(cached[1])
        return texts, removed


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
