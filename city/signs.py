"""Signs of faults in columns of figures: silence, standing still, steps, and standing apart from neighbours.

Everything here is numpy over whole columns: rows are sensors or series, the second axis is time. NaN means that there
is nothing. No function knows what is a fault; `city.quality` does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Neighbours that a sensor is compared with at the most, and the least that can say anything.
NEIGHBOURS = 16
LEAST_NEIGHBOURS = 3
WITHIN_KM = 3.0
#: Sensors of one place that are looked through for the nearest; of more, every second, third, … is.
_CANDIDATES = 600
_KM_PER_DEGREE = 111.2
#: Readings that a value must have been repeated in before it can be called stuck.
LEAST_STILL = 6
#: At an end of its range (nothing there, saturation) a value may stand so many times longer.
AT_THE_END = 4.0
#: Minutes between two readings that are still neighbours.
LONGEST_GAP = 30


def awake(share: Floats) -> Floats:
    """How much of each hour the whole city was there to be heard, 0 to 1, shape (hours,).

    ``share`` [sensor, hour]: readings by those expected. An hour in which nobody reported is not held against
    anybody; beside such an hour, when all of it starts or stops, the median sensor says how much of it counts.
    """
    heard: Bools = np.asarray(share > 0, bool)
    some: Bools = np.asarray(heard.any(axis=0), bool)
    inner = some & np.concatenate([[True], some[:-1]]) & np.concatenate([some[1:], [True]])
    out: Floats = inner.astype(np.float64)
    for hour in np.flatnonzero(some & ~inner):
        out[hour] = min(1.0, float(np.median(share[heard[:, hour], hour])))
    return out


def completeness(n: Floats, due: Floats) -> Floats:
    """Readings that came by those that were due, 0 to 1, shape (n,); NaN where nothing was due.

    Both [sensor, hour]. What is too much in one hour does not make up for another's gap, but for one reading that
    came a moment before or after the hour's edge.
    """
    expected = due.sum(axis=1)
    came = np.minimum(n, np.floor(due) + 1).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Floats = np.where(expected > 0, np.minimum(came / expected, 1), np.nan)
    return out


class Still(NamedTuple):
    """How series stood still: whether they do now, whether they did, over how many hours at most, at which value."""

    now: Bools
    ever: Bools
    hours: Floats
    value: Floats


def still(n: Floats, low: Floats, high: Floats, *, per_hour: Floats, hours: float, ends: tuple[float, float]) -> Still:
    """Series that did not move for ``hours`` (four times that at an end of the range, ``ends``).

    ``n``, ``low``, ``high`` are [series, hour]; ``per_hour`` (series,) is how many readings are expected. At least
    half of those, and six, must have repeated the value. "Now" means: up to the newest hour with readings.
    """
    size, span = low.shape
    value, longest = np.full(size, np.nan), np.zeros(size)
    now, ever = np.zeros(size, bool), np.zeros(size, bool)
    at, since, count = np.full(size, np.nan), np.zeros(size), np.zeros(size)
    for hour in range(span):
        have = ~np.isnan(low[:, hour])
        flat = have & (low[:, hour] == high[:, hour])
        same = flat & (low[:, hour] == at)
        since = np.where(flat & ~same, hour, since)
        came = n[:, hour]
        count = np.where(same, count + came, np.where(flat, came, np.where(have, 0, count)))
        at = np.where(flat, low[:, hour], np.where(have, np.nan, at))
        lasted = hour + 1 - since
        end = (at <= ends[0]) | (at >= ends[1])
        needed = np.where(end, min(AT_THE_END * hours, span), min(hours, span))
        hit = flat & (lasted >= needed) & (count >= np.maximum(LEAST_STILL, per_hour * lasted / 2))
        longer = hit & (lasted > longest)
        longest, value = np.where(longer, lasted, longest), np.where(longer, at, value)
        ever |= hit
        now = np.where(have, hit, now)
    return Still(now, ever, longest, value)


def jumps(minutes: Floats, limit: float) -> tuple[Ints, Floats]:
    """Steps above ``limit`` from one minute to the next, [series, minute]: how many, and the largest; (series,).

    Readings further apart, up to half an hour, may differ by more: by the root of the minutes between them.
    """
    size = len(minutes)
    row, minute = np.nonzero(~np.isnan(minutes))
    value = minutes[row, minute]
    gap = np.diff(minute)
    step = np.abs(np.diff(value))
    near = (np.diff(row) == 0) & (gap <= LONGEST_GAP)
    hit = near & (step > limit * np.sqrt(np.where(near, gap, 1)))
    who = row[1:][hit]
    largest = np.zeros(size)
    np.maximum.at(largest, who, step[hit])
    return np.bincount(who, minlength=size).astype(np.int64), largest


def neighbours(lat: Floats, lon: Floats, zone: Ints) -> Ints:
    """The nearest sensors within 3 km of each, or of its zone where those are too few; [n, 16], -1 where none.

    ``lat``, ``lon`` degrees or NaN, ``zone`` a number or -1, all (n,). Those of a zone are in no order.
    """
    out = np.full((len(lat), NEIGHBOURS), -1, np.int64)
    placed = np.flatnonzero(~np.isnan(lat) & ~np.isnan(lon))
    if len(placed):
        x = lon[placed] * _KM_PER_DEGREE * np.cos(np.radians(lat[placed].mean()))
        out[placed] = _nearest(x, lat[placed] * _KM_PER_DEGREE, placed)
    alone = np.flatnonzero((out >= 0).sum(axis=1) < LEAST_NEIGHBOURS)
    for code in np.unique(zone[alone][zone[alone] >= 0]).tolist():
        members = _thin(np.flatnonzero(zone == code), NEIGHBOURS + 1)
        for i in alone[zone[alone] == code].tolist():
            others = members[members != i][:NEIGHBOURS]
            out[i], out[i, : len(others)] = -1, others
    return out


def _thin(members: Ints, most: int) -> Ints:
    step = -(-len(members) // most)
    return members[:: max(step, 1)]


def _nearest(x: Floats, y: Floats, who: Ints) -> Ints:
    """Cell by cell of 3 km: whoever is near stands in the same cell or in one of the eight around it."""
    out = np.full((len(x), NEIGHBOURS), -1, np.int64)
    column, row = (np.floor((a - a.min()) / WITHIN_KM).astype(np.int64) + 1 for a in (x, y))
    wide = int(column.max()) + 2
    cell = row * wide + column
    order = np.argsort(cell, kind="stable")
    codes, starts = np.unique(cell[order], return_index=True)
    inside = dict(zip(codes.tolist(), np.split(order, starts[1:]), strict=True))
    for code, mine in inside.items():
        around = (code + dy * wide + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1))
        near = _thin(np.concatenate([inside[c] for c in around if c in inside]), _CANDIDATES)
        for part in np.array_split(mine, -(-len(mine) // 1000)):
            distance = np.hypot(x[part][:, None] - x[near], y[part][:, None] - y[near])
            distance[(distance > WITHIN_KM) | (part[:, None] == near)] = np.inf
            k = min(NEIGHBOURS, len(near))
            best = np.argpartition(distance, k - 1, axis=1)[:, :k]
            reached = np.isfinite(np.take_along_axis(distance, best, axis=1))
            out[part, :k] = np.where(reached, who[near[best]], -1)
    return out


class Apart(NamedTuple):
    """How far sensors stand from their neighbours: in units of what is ordinary, by how much, from how many."""

    units: Floats
    by: Floats
    neighbours: Floats


def apart(value: Floats, near: Ints, tolerance: float, *, least_hours: int = 3) -> Apart:
    """Each sensor's distance from the median of its neighbours, hour by hour, and of these hours the median.

    ``value`` [n, hour]; ``near`` [n, k] rows or -1. One unit is the neighbours' own spread (1.4826 times the median
    absolute deviation, a standard deviation where they are normal), but at least ``tolerance``. NaN with fewer than
    three neighbours or fewer than ``least_hours`` hours to compare in.
    """
    size = len(value)
    units, by, count = np.full(size, np.nan), np.full(size, np.nan), np.zeros(size)
    padded = np.concatenate([value, np.full((1, value.shape[1]), np.nan)])  # row -1: no neighbour
    for start in range(0, size, 2000):
        part = slice(start, start + 2000)
        others = padded[near[part]]
        there = (~np.isnan(others)).sum(axis=1)
        middle = median(others)
        spread = 1.4826 * median(np.abs(others - middle[:, None, :]))
        gap = np.where(there >= LEAST_NEIGHBOURS, value[part] - middle, np.nan)
        usable = (~np.isnan(gap)).sum(axis=1) >= least_hours
        by[part] = np.where(usable, median(gap[:, :, None])[:, 0], np.nan)
        ratio = gap / np.maximum(spread, tolerance)
        units[part] = np.where(usable, np.abs(median(ratio[:, :, None])[:, 0]), np.nan)
        count[part] = there.max(axis=1, initial=0)
    return Apart(units, by, count)


def median(x: Floats) -> Floats:
    """The median along axis 1 of what is not NaN, [n, k, m] to [n, m]; NaN of nothing."""
    ordered = np.sort(x, axis=1)  # NaN stands last
    count = (~np.isnan(ordered)).sum(axis=1, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=1)
    upper = np.take_along_axis(ordered, count // 2, axis=1)
    out: Floats = ((lower + upper) / 2)[:, 0]
    return out
