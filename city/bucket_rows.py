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

HOUR_US = 3_600_000_000


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
    sensor, channel, time_us, when = [], [], [], []
    values: dict[str, list[Values | None]] = {m.name: [] for m in domain.metrics}
    kinds = {m.name: np.float64 if m.double else np.float32 for m in domain.metrics}
    total = 0
    for cols, received_us in parts:
        total += len(cols)
        if limit is not None and total > limit:
            raise TooMany(f"more than {limit} rows")
        sensor.append(cols.sensor)
        channel.append(cols.channel)
        time_us.append(cols.time_us)
        when.append(received_us)
        fault = cols.quality != MEASURING
        some = bool(fault.any())
        for name, held in values.items():
            held.append(None)
            if name in cols.metrics:
                column = cols.values[:, cols.metrics.index(name)].astype(kinds[name])
                if some:
                    column[fault] = np.nan
                held[-1] = column
    sizes = [len(s) for s in sensor]
    joined = {}
    for name in list(values):
        held = values.pop(name)  # one after the other: both forms of all metrics would be twice the memory
        if any(h is not None for h in held):
            joined[name] = np.concatenate(
                [np.full(n, np.nan, kinds[name]) if h is None else h for h, n in zip(held, sizes, strict=True)]
            )
    if not sizes:
        return Rows(np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int64), np.empty(0, np.float32), {})
    at, got = np.concatenate(time_us).astype(np.int64), np.concatenate(when)
    if received is not None:
        numbers, places = np.unique(got, return_inverse=True)
        got = received(numbers)[places]
    lag_s = np.where(got == 0, np.nan, (got - at) / 1e6).astype(np.float32)
    return Rows(np.concatenate(sensor).astype(np.int32), np.concatenate(channel).astype(np.int16), at, lag_s, joined)


def order(rows: Rows) -> Ints:
    """Row numbers that sort by (sensor, channel, time). Rows that come nearly in order of time take a third."""
    found = _by_sensor(rows, np.arange(len(rows)))
    sensor, channel, time_us = rows.sensor[found], rows.channel[found], rows.time_us[found]
    same = (sensor[1:] == sensor[:-1]) & (channel[1:] == channel[:-1])
    if (same & (time_us[1:] < time_us[:-1])).any():
        found = _by_sensor(rows, np.argsort(rows.time_us, kind="stable"))
    return found


def _by_sensor(rows: Rows, found: Ints) -> Ints:
    """Sort further, stably: by radix, 16 bits at a time, which numpy does for numbers of 16 bits only."""
    if rows.channel.any():
        found = found[np.argsort(rows.channel[found], kind="stable")]
    sensor = rows.sensor[found]
    found = found[np.argsort((sensor & 0xFFFF).astype(np.uint16), kind="stable")]
    if len(sensor) and int(sensor.max()) > 0xFFFF:
        found = found[np.argsort((rows.sensor[found] >> 16).astype(np.uint16), kind="stable")]
    return found


def increases(rows: Rows, found: Ints, name: str) -> Values:
    """What each reading of a counter adds to the one before it of its sensor and channel: float64 (n,), by row.

    NaN for rows without a value. The first reading, and one more than an hour after the one before, add nothing; a
    counter that falls has started again, and its new value is what it has counted since.
    """
    out = np.full(len(rows), np.nan)
    value = rows.values[name]
    at = found[~np.isnan(value[found])]
    if not len(at):
        return out
    now, sensor, channel, time_us = value[at], rows.sensor[at], rows.channel[at], rows.time_us[at]
    rise = np.zeros(len(at))
    known = (sensor[1:] == sensor[:-1]) & (channel[1:] == channel[:-1]) & (time_us[1:] - time_us[:-1] <= GAP_US)
    rise[1:] = np.where(known, np.where(now[1:] >= now[:-1], now[1:] - now[:-1], now[1:]), 0.0)
    out[at] = rise
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
