"""The topic `map`: the sensors that somebody looks at, put together where they would stand on top of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.means import means
from city.registry import Aggregate
from city.sensors import LIVENESS, Sensor
from infra.roster import Bools, Roster
from infra.times import rfc3339
from ioc_api.live.latest import sensors_taken
from ioc_api.live.scenes import Scene, Scenes
from ioc_api.live.sight import GRAVITY, Sight
from ioc_api.live.topic import Filter, Ints
from ioc_api.live.viewport import Look, Viewport, mercator, viewport

#: So many sensors in a viewport all stand alone; and there are never more items than that.
FEW, MOST = 400, 1500
#: Significant digits of a cluster's figures: more than is seen, and fewer changes to tell.
_DIGITS = 4


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """Sensors in one cell. ``box``: west, south, east, north of their places."""

    key: str
    lon: float
    lat: float
    count: int
    online: int
    late: int
    offline: int
    never_seen: int
    maintenance: int
    value: float | None
    min: float | None
    max: float | None
    severity: str | None
    box: tuple[float, float, float, float]
    kind: str = "cluster"


class Alone(msgspec.Struct, frozen=True, gc=False):
    """One sensor."""

    key: str
    sensor: str
    name: str
    area: str
    domain: str
    zone: str | None
    status: str
    liveness: str
    lon: float
    lat: float
    value: float | None
    unit: str | None
    at: str | None
    severity: str | None
    kind: str = "sensor"


class MapScene(Scene):
    """A viewport. Which sensors are put together depends on their places alone, so that it is worked out but once."""

    def __init__(self, number: int, wanted: Filter, seq: int, points: Points) -> None:
        super().__init__(number, wanted, seq)
        self._points = points
        self._view: Viewport = dict(wanted)["view"]
        self._alerts = wanted.alerts
        self._sensors: tuple[Sensor | None, ...] = ()
        self._who = np.empty(0, np.int64)
        self._first = np.empty(0, np.int64)
        self._size = np.empty(0, np.int64)
        self._place = np.empty((0, 4))
        self._unit: str | None = None
        self._aggregate: Aggregate = "mean"

    def lay(self, roster: Roster) -> list[str]:
        self._sensors = roster.sensors
        domain = next((d for d in roster.domains if d.code == self._view.domain), None)
        metric = domain.metric(self._view.metric) if domain else None
        self._unit, self._aggregate = (metric.unit, metric.aggregate) if metric else (None, "mean")
        who, x, y = self._points.within(roster, self.wanted, self._view.box)
        level, cell = _cells(x, y, self._view)
        order = np.argsort(cell, kind="stable")
        self._who, cell = who[order], cell[order]
        starts = np.ones(len(cell), bool)
        starts[1:] = cell[1:] != cell[:-1]
        self._first = np.flatnonzero(starts)
        self._size = np.diff(np.append(self._first, len(cell)))
        lon, lat = roster.lon[self._who], roster.lat[self._who]
        edges = [np.minimum.reduceat(v, self._first) if len(v) else v for v in (lon, lat)]
        edges += [np.maximum.reduceat(v, self._first) if len(v) else v for v in (lon, lat)]
        mid = [np.add.reduceat(v, self._first) / self._size if len(v) else v for v in (lon, lat)]
        self._place = np.round(np.column_stack([*mid, *edges]), 6)
        keys = []
        for first, size, code in zip(
            self._first.tolist(), self._size.tolist(), cell[self._first].tolist(), strict=True
        ):
            sensor = self._sensors[self._who[first]]
            alone = size == 1 and sensor is not None
            keys.append(f"s/{sensor.sensor_id}" if alone and sensor else f"c/{level}/{code & 0xFFFFFFFF}/{code >> 32}")
        return keys

    def work(self, sight: Sight) -> tuple[NDArray[Any], ...]:
        n, who, first = len(self.keys), self._who, self._first
        if not n:
            return (np.empty(0),)
        roster = sight.roster
        alive = np.where(roster.maintenance[who], len(LIVENESS), sight.liveness()[who])
        group = np.repeat(np.arange(n), self._size)
        tally = np.bincount(group * 5 + alive, minlength=n * 5).reshape(n, 5)
        grave = np.maximum.reduceat(sight.gravity(self._alerts)[who], first)
        state = sight.liveness()[who[first]]
        value, low, high = (np.full(n, np.nan) for _ in range(3))
        at = np.zeros(n, np.int64)
        if self._unit is not None:
            newest = sight.newest(self._view.domain, self._view.metric)
            single = self._size == 1
            of, time_us = newest.value[who], newest.time_us[who]
            of = np.where(roster.active[who], of, np.nan)
            # The last word of a sensor that is silent says how it was and not how it is: alone it has its time beside
            # it, among others it would not.
            counts = ~np.isnan(of) & ((alive < 2) | single[group])
            value = means(self._aggregate, of[counts], group[counts], n)
            if self._aggregate not in ("circular", "increase"):
                low = np.minimum.reduceat(np.where(counts, of, np.inf), first)
                high = np.maximum.reduceat(np.where(counts, of, -np.inf), first)
                low[np.isinf(low)] = high[np.isinf(high)] = np.nan
            value, low, high = (_short(v) for v in (value, low, high))
            there = single & ~np.isnan(of[first])
            value[there] = of[first][there]
            at[there] = time_us[first][there]
        return tally, grave, state, value, low, high, at

    def texts(self, places: Sequence[int]) -> list[bytes]:
        if not places:
            return []  # where nobody stands there is but one column
        encode, out = msgspec.json.encode, []
        tally, grave, state, value, low, high, at = (c[list(places)].tolist() for c in self.columns)
        where = self._place[list(places)].tolist()
        for i, place in enumerate(places):
            lon, lat, *box = where[i]
            if self._size[place] > 1:
                west, south, east, north = box
                online, late, offline, never_seen, maintenance = tally[i]
                item: Any = Cluster(
                    self.keys[place], lon, lat, int(self._size[place]), online, late, offline, never_seen, maintenance,
                    _number(value[i]), _number(low[i]), _number(high[i]), GRAVITY[grave[i]], (west, south, east, north),
                )  # fmt: skip
            else:
                s = self._sensors[self._who[self._first[place]]]
                if s is None:
                    continue
                known = at[i] > 0
                item = Alone(
                    self.keys[place], s.sensor_id, s.name, s.area, s.domain, s.zone, s.status, LIVENESS[state[i]], lon,
                    lat, _number(value[i]), self._unit if known else None, rfc3339(at[i]) if known else None,
                    GRAVITY[grave[i]],
                )  # fmt: skip
            out.append(encode(item))
        return out


class Points:
    """Where the sensors are, by filter: worked out once for all viewports."""

    def __init__(self) -> None:
        self._roster: Roster | None = None
        self._masks: dict[Filter, Bools] = {}
        self._x = self._y = np.empty(0)

    def within(
        self, roster: Roster, wanted: Filter, box: tuple[float, float, float, float]
    ) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64]]:
        """Numbers and places of the sensors that a filter takes in a box."""
        if roster is not self._roster:
            self._roster = roster
            self._masks.clear()
            self._x, self._y = mercator(roster.lon, roster.lat)
        sensors = wanted.without("view", "alerts")
        if sensors not in self._masks:
            if len(self._masks) > 200:
                self._masks.clear()
            self._masks[sensors] = sensors_taken(roster, sensors) & ~np.isnan(self._x) & ~np.isnan(self._y)
        west, north, east, south = box
        good = self._masks[sensors] & (self._x >= west) & (self._x < east) & (self._y >= north) & (self._y < south)
        who = np.flatnonzero(good)
        return who, self._x[who], self._y[who]


class MapTopic(Scenes):
    """Clusters and sensors in a viewport; of who sees a part of the city only those in it."""

    fields = ("area", "zone", "domain")
    shows_alerts = True
    most = 6

    def __init__(self, sight: Sight) -> None:
        super().__init__("map", sight)
        self._points = Points()

    def aim(self, look: Look | None) -> Viewport:
        if look is None:
            example = '{"west":106.0,"south":21.1,"east":106.3,"north":21.4,"zoom":11}'
            raise ValueError(f"view: hãy nêu vùng đang xem, ví dụ {example} / say what you look at, such as {example}")
        found = viewport(look)
        domain = next((d for d in self._sight.roster.domains if d.code == found.domain), None)
        if look.metric is not None and (domain is None or domain.metric(found.metric) is None):
            raise ValueError("view: metric gồm lĩnh vực và đại lượng của nó, ví dụ traffic/speed"
                             " / metric is a domain and its metric, such as traffic/speed")  # fmt: skip
        return found

    def scene(self, number: int, wanted: Filter) -> MapScene:
        return MapScene(number, wanted, self.seq, self._points)


def _cells(x: NDArray[np.float64], y: NDArray[np.float64], view: Viewport) -> tuple[int, Ints]:
    """The level of the cells, and the cell of each sensor; where sensors stand alone each has its own."""
    n = len(x)
    if n <= FEW or (view.close and n <= MOST):
        return view.level, np.arange(n, dtype=np.int64)
    for level in range(view.level, -1, -1):
        cells = 2.0**level
        code = (np.floor(y * cells).astype(np.int64) << 32) + np.floor(x * cells).astype(np.int64)
        if len(np.unique(code)) <= MOST:
            break
    return level, code


def _short(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to _DIGITS significant digits, or to whole numbers beyond."""
    size = np.abs(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.clip(_DIGITS - 1 - np.floor(np.log10(np.where(size > 0, size, 1.0))), 0, 12)
        scale = 10.0**places
        return np.asarray(np.rint(value * scale) / scale)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
