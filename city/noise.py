"""Noise over the day and the night, as the law measures it: L_Aeq of the whole period, not an instant.

The day is 06:00 to 21:00 of the city's clock; the night is 21:00 to 06:00 and belongs to the date of its evening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from city.hours import CITY_US, DAY_US, HOUR_US, Bools, Floats, Ints, needed

DAY_FROM_H: Final = 6
DAY_H: Final = 15
NIGHT_H: Final = 9


@dataclass(frozen=True)
class Periods:
    """Whole days and nights in their order. [period]: ``date`` (days since 1970-01-01), ``night``, ``start_us``,
    ``end_us``, ``hours``. [sensor, period]: ``level`` dB(A), NaN where too few hours count, and how many do."""

    date: Ints
    night: Bools
    start_us: Ints
    end_us: Ints
    hours: Ints
    level: Floats
    counted: Ints

    def only(self, which: Bools) -> Periods:
        """The chosen periods."""
        return Periods(
            self.date[which], self.night[which], self.start_us[which], self.end_us[which], self.hours[which],
            self.level[:, which], self.counted[:, which],
        )  # fmt: skip


def _first(first_us: int, last_us: int, *, night: bool) -> Ints:
    """The dates whose day or night lies wholly within the span."""
    shift = (DAY_FROM_H + (DAY_H if night else 0)) * HOUR_US - CITY_US
    length = (NIGHT_H if night else DAY_H) * HOUR_US
    begin, end = -((shift - first_us) // DAY_US), (last_us - length - shift) // DAY_US
    return np.arange(begin, end + 1, dtype=np.int64)


def periods(levels: Floats, first_us: int) -> Periods:
    """Days and nights of a grid of hourly L_eq in dB(A), [sensor, hour], whose first hour begins at ``first_us``.

    Each hour weighs the same: the energies of the hours are averaged, and three in four of them must count.
    """
    energy = 10.0 ** (levels / 10.0)
    last_us = first_us + levels.shape[1] * HOUR_US
    parts = []
    for night in (False, True):
        date = _first(first_us, last_us, night=night)
        width = NIGHT_H if night else DAY_H
        start = date * DAY_US - CITY_US + (DAY_FROM_H + (DAY_H if night else 0)) * HOUR_US
        column = ((start - first_us) // HOUR_US)[:, None] + np.arange(width)
        own = energy[:, column]
        there = ~np.isnan(own)
        counted = there.sum(axis=2)
        mean = np.divide(
            np.where(there, own, 0.0).sum(axis=2), counted,
            out=np.full(counted.shape, np.nan), where=counted >= needed(width),
        )  # fmt: skip
        hours = np.full(len(date), width)
        parts.append((date, np.full(len(date), night), start, start + width * HOUR_US, hours, mean, counted))
    date, nights, start, end, hours = (np.concatenate([p[i] for p in parts]) for i in range(5))
    mean, counted = (np.concatenate([p[i] for p in parts], axis=1) for i in (5, 6))
    order = np.argsort(start)
    with np.errstate(divide="ignore"):
        level = 10.0 * np.log10(mean[:, order])
    return Periods(
        date[order], nights[order], start[order], end[order], hours[order], level, counted[:, order]
    )  # fmt: skip
