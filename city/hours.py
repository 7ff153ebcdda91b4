"""Hourly means on a grid of [sensor, hour]: which hours count, running means, and means of city days.

Column i of a grid is the hour that begins at ``first_us + i`` hours (UTC, whole hours); it is shown by its end, as
VN_AQI labels hours. The city's clock is UTC+7 by a fixed offset, so its hours and days lie on the grid. NaN is an
hour that does not count.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
CITY_US: Final = 7 * HOUR_US

#: The share of what should be there that must be there: of an hour's readings, of a period's hours. The Decision and
#: the standards name none for this; 75 % is our choice.
LEAST: Final = 0.75
#: Hours over which a sensor's usual number of readings is taken.
USUAL_H: Final = 24


def due(interval_s: Floats) -> Floats:
    """Readings that an hour should hold, by the sensors' intervals: at least one. Shape (n,)."""
    out: Floats = np.maximum(np.floor(3600.0 / interval_s), 1.0)
    return out


def share(count: Floats, due: Floats) -> Floats:
    """How much of what it usually sends a sensor sent in each hour, 0 to 1, [sensor, hour].

    Usual is the most in any of the USUAL_H hours that end with this one, but never more than ``due`` [sensor]. So a
    station that publishes one mean an hour is complete with one reading, whatever interval it is registered with, and
    an hour in which a sensor fell silent is not.
    """
    count = np.nan_to_num(count)
    before = np.concatenate([np.zeros((len(count), USUAL_H - 1)), count], axis=1)
    most = sliding_window_view(before, USUAL_H, axis=1).max(axis=2)
    out: Floats = np.minimum(count / np.clip(most, 1, due[:, None]), 1.0)
    return out


def needed(hours: int) -> int:
    """How many of so many hours must count."""
    return math.ceil(LEAST * hours)


def running(values: Floats, hours: int) -> tuple[Floats, Ints]:
    """The mean over the ``hours`` that end with each hour, NaN where too few count; and how many do."""
    before = np.concatenate([np.full((len(values), hours - 1), np.nan), values], axis=1)
    return means(sliding_window_view(before, hours, axis=1))


def means(parts: Floats) -> tuple[Floats, Ints]:
    """The mean over the last axis, NaN where too few of it count; and how many do."""
    there = ~np.isnan(parts)
    count = there.sum(axis=-1)
    total = np.where(there, parts, 0.0).sum(axis=-1)
    enough = count >= needed(parts.shape[-1])
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=enough), count


def city_day(end_us: Ints | int) -> Ints:
    """The number of the city day (since 1970-01-01) that a period ending there belongs to."""
    return np.asarray((np.asarray(end_us) - 1 + CITY_US) // DAY_US)


def day_end_us(day: Ints | int) -> Ints:
    """When that city day ends."""
    return (np.asarray(day) + 1) * DAY_US - CITY_US


def by_day(values: Floats, first_us: int) -> tuple[Floats, int]:
    """The whole city days of a grid as [sensor, day, 24], and the number of the first one."""
    day = -((-(first_us + CITY_US)) // DAY_US)
    skip = (day * DAY_US - CITY_US - first_us) // HOUR_US
    days = max(values.shape[1] - skip, 0) // 24
    return values[:, skip : skip + 24 * days].reshape(len(values), days, 24), day
