"""Readings gathered for rollups: one array a metric, in the order of sensor, channel and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from city.columns import MEASURING, Columns
from city.counters import GAP_US
from city.registry import Domain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Values of a metric in the precision of its column: float32, counters float64.
Values = NDArray[Any]

MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000


class TooMany(Exception):
    """There are more rows than the caller wants to hold: ask for a part of the sensors."""


@dataclass(slots=True)
class Rows:
    """n rows. ``sensor`` int32 (n,), ``channel`` int16 (n,), ``time_us`` int64 (n,), ``lag_s`` float32 (n,) from the
    reading's time to its receipt, NaN where that is not known. ``values``: float32 or float64 (n,) by metric, NaN
    where a row lacks it or did not measure; a metric that no row has is left out.
    """

    sensor: NDArray[np.int32]
    channel: NDArray[np.int16]
    time_us: Ints
    lag_s: NDArray[np.float32]
    values: dict[str, Values]

    def __len__(self) -> int:
        return len(self.sensor)


def gather(
    domain: Domain,
    parts: Iterable[tuple[Columns, Ints]],
    *,
    limit: int | None = None,
    received: Callable[[Ints], Ints] | None = None,
) -> Rows:
    """The parts, each with when its rows were received (microseconds, (n,)), as one. TooMany beyond ``limit`` rows.

    ``received``: the parts come with numbers instead (of batches), and this says when those were received, once all
    parts are there; 0 where nobody knows.
    """
    kinds: dict[str, type[np.generic]] = {m.name: np.float64 if m.double else np.float32 for m in domain.metrics}
    fixed: dict[str, type[np.generic]] = {"sensor": np.int32, "channel": np.int16, "time": np.int64}
    # What is behind the last row is never touched, and takes no memory.
    held = _Held(limit or 65_536, {**fixed, "when": np.int64 if received else np.float32})
    values = _Held(limit or 65_536, {})
    for cols, received_us in parts:
        if limit is not None and held.n + len(cols) > limit:
            raise TooMany(f"more than {limit} rows")
        when = received_us if received else np.where(received_us == 0, np.nan, (received_us - cols.time_us) / 1e6)
        fault = cols.quality != MEASURING
        some = bool(fault.any())
        found = {}
        for name, kind in kinds.items():
            if name in cols.metrics:
                found[name] = column = cols.values[:, cols.metrics.index(name)]
                if some:
                    found[name] = np.where(fault, np.nan, column)
                values.add(name, kind)
        values.put(found, len(cols))
        held.put({"sensor": cols.sensor, "channel": cols.channel, "time": cols.time_us, "when": when}, len(cols))
    at, lag_s = held.get("time"), held.get("when")
    if received is not None:
        numbers, places = np.unique(lag_s, return_inverse=True)
        got = received(numbers)[places] if len(numbers) else at
        lag_s = np.where(got == 0, np.nan, (got - at) / 1e6).astype(np.float32)
    return Rows(held.get("sensor"), held.get("channel"), at, lag_s, {name: values.get(name) for name in values.columns})


class _Held:
    """Columns that rows are put into, one part after the other; ``size`` is a first guess of how many."""

    def __init__(self, size: int, kinds: dict[str, type[np.generic]]) -> None:
        self.n = 0
        self.size = size
        self.columns: dict[str, Values] = {name: np.empty(size, kind) for name, kind in kinds.items()}

    def add(self, name: str, kind: type[np.generic]) -> None:
        """A further column, NaN so far."""
        if name not in self.columns:
            self.columns[name] = np.empty(self.size, kind)
            self.columns[name][: self.n] = np.nan

    def put(self, part: dict[str, Values], n: int) -> None:
        """n further rows; NaN in the columns that they lack."""
        if self.n + n > self.size:
            self.size = max(2 * self.size, self.n + n)
            for name, column in self.columns.items():
                self.columns[name] = np.empty(self.size, column.dtype)
                self.columns[name][: self.n] = column[: self.n]
        for name, column in self.columns.items():
            column[self.n : self.n + n] = part.get(name, np.nan)
        self.n += n

    def get(self, name: str) -> Values:
        """A column of all rows."""
        return self.columns[name][: self.n]


@dataclass(slots=True)
class Order:
    """Row numbers of some rows, sorted by (sensor, channel, time), and these three in that order."""

    found: Ints
    sensor: NDArray[np.int32]
    channel: NDArray[np.int16]
    time_us: Ints

    def take(self, places: Bools | Ints) -> Order:
        """Some of them, in the same order."""
        return Order(self.found[places], self.sensor[places], self.channel[places], self.time_us[places])

    def same(self) -> Bools:
        """(n - 1,): whether a row is of the sensor and channel of the one before it."""
        found: Bools = (self.sensor[1:] == self.sensor[:-1]) & (self.channel[1:] == self.channel[:-1])
        return found


def order(rows: Rows) -> Order:
    """All rows, sorted. Rows that come nearly in order of time take a third."""
    out = _by_sensor(rows, None)
    if (out.same() & (out.time_us[1:] < out.time_us[:-1])).any():
        out = _by_sensor(rows, np.argsort(rows.time_us, kind="stable"))
    return out


def _by_sensor(rows: Rows, found: Ints | None) -> Order:
    """Sort further, stably: by radix, 16 bits at a time, which numpy does for numbers of 16 bits only."""

    def further(key: Values) -> Ints:
        by = np.argsort(key if found is None else key[found], kind="stable")
        return by if found is None else found[by]

    if rows.channel.any():
        found = further(rows.channel)
    found = further((rows.sensor & 0xFFFF).astype(np.uint16))
    if len(rows) and int(rows.sensor.max()) > 0xFFFF:
        found = further((rows.sensor >> 16).astype(np.uint16))
    return Order(found, rows.sensor[found], rows.channel[found], rows.time_us[found])


def increases(rows: Rows, by: Order, name: str) -> Values:
    """What each reading of a counter adds to the one before it of its sensor and channel: float64 (n,), in the order
    ``by``.

    NaN for rows without a value. The first reading, and one more than an hour after the one before, add nothing; a
    counter that falls has started again, and its new value is what it has counted since.
    """
    now = rows.values[name][by.found]
    there = ~np.isnan(now)
    whole = bool(there.all())
    if not whole:
        now, by = now[there], by.take(there)
    rise = np.zeros(len(now))
    known = by.same() & (by.time_us[1:] - by.time_us[:-1] <= GAP_US)
    rise[1:] = np.where(known, np.where(now[1:] >= now[:-1], now[1:] - now[:-1], now[1:]), 0.0)
    if whole:
        return rise
    out = np.full(len(there), np.nan)
    out[there] = rise
    return out


def append(rows: Rows, more: Rows) -> Rows:
    """Both, one after the other; a metric that only one has is NaN in the other."""
    if not len(more):
        return rows
    values = {}
    for name in {**rows.values, **more.values}:
        parts = [
            r.values[name] if name in r.values else np.full(len(r), np.nan, o.values[name].dtype)
            for r, o in ((rows, more), (more, rows))
        ]
        values[name] = np.concatenate(parts)
    return Rows(
        np.concatenate((rows.sensor, more.sensor)), np.concatenate((rows.channel, more.channel)),
        np.concatenate((rows.time_us, more.time_us)), np.concatenate((rows.lag_s, more.lag_s)), values,
    )  # fmt: skip
