"""What earlier readings make of a reading: how much a metric has changed lately, and how long it has stood still.

Both work on whole columns, in the order of time; several readings of one cell (a sensor's channel) in a column are
taken in one after the other. NaN is said where too little is remembered to say anything.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alerts.judge.terms import SECOND
from city.rows import RowIndex, grown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Into so many parts a span is divided: of the readings within a part the first is remembered.
PARTS = 60
_SLOTS = 64  # PARTS, one before the span, and some to spare
_NEVER = np.iinfo(np.int64).min
_EVER = np.iinfo(np.int64).max


def _one_by_one(row: Ints) -> Iterator[Ints]:
    """Places in ``row`` such that each cell occurs once a turn, in order."""
    order = np.argsort(row, kind="stable")
    fresh = np.ones(len(row), bool)
    fresh[1:] = row[order][1:] != row[order][:-1]
    start = np.flatnonzero(fresh)
    rank = np.empty(len(row), np.int64)
    rank[order] = np.arange(len(row)) - start[np.cumsum(fresh) - 1]
    for turn in range(int(rank.max()) + 1 if len(row) else 0):
        yield np.flatnonzero(rank == turn)


class Change:
    """By how much readings differ from what they were ``over_us`` before: between the two remembered readings around
    that moment it lies on a straight line. NaN where they are further apart than a sensor may be silent."""

    def __init__(self, over_us: int) -> None:
        self.over_us = over_us
        self.part_us = over_us // PARTS
        self._cells = RowIndex()
        self._time = np.empty((0, _SLOTS), np.int64)
        self._value = np.empty((0, _SLOTS))
        self._next = np.empty(0, np.int64)
        self._last = np.empty(0, np.int64)

    def take(self, cell: Ints, at_us: Ints, value: Floats, silence_us: Ints) -> Floats:
        """The change at each of the n readings, which are remembered. ``silence_us`` is that of each one's sensor."""
        row = self._cells.take(cell)
        size = len(self._cells)
        self._time, self._value = grown(self._time, size, _NEVER), grown(self._value, size, 0.0)
        self._next, self._last = grown(self._next, size, 0), grown(self._last, size, _NEVER)
        out = np.full(len(cell), np.nan)
        for turn in _one_by_one(row):
            out[turn] = self._take(row[turn], at_us[turn], value[turn], silence_us[turn])
        return out

    def _take(self, row: Ints, at_us: Ints, value: Floats, silence_us: Ints) -> Floats:
        base = at_us - self.over_us
        time, n = self._time[row], np.arange(len(row))
        before = time <= base[:, None]
        older = np.where(before, time, _NEVER)
        newer = np.where(before, _EVER, time)
        i, j = older.argmax(1), newer.argmin(1)
        t0, t1 = older[n, i], newer[n, j]
        v0 = self._value[row, i]
        v1 = np.where(t1 == _EVER, value, self._value[row, j])
        t1 = np.where(t1 == _EVER, at_us, t1)
        known = t0 != _NEVER
        t0 = np.where(known, t0, t1 - 1)
        known &= (t1 - t0 <= silence_us + self.part_us) | (t0 == base)
        out: Floats = np.where(known, value - (v0 + (v1 - v0) * ((base - t0) / (t1 - t0))), np.nan)

        last = self._last[row]
        kept = (last == _NEVER) | (at_us - np.where(last == _NEVER, at_us, last) >= self.part_us)
        where, slot = row[kept], self._next[row[kept]]
        self._time[where, slot], self._value[where, slot] = at_us[kept], value[kept]
        self._next[where], self._last[where] = (slot + 1) % _SLOTS, at_us[kept]
        return out


class Still:
    """For how many seconds readings have not moved by more than ``within`` from each other.

    A run ends with the reading that does, or that comes after a silence; that reading begins the next. NaN where the
    run is shorter than ``span_us`` and began before what is remembered: it may be longer.
    """

    def __init__(self, within: float, span_us: int) -> None:
        self.within = within
        self.span_us = span_us
        self._cells = RowIndex()
        self._begun = np.empty(0, np.int64)
        self._last = np.empty(0, np.int64)
        self._low = np.empty(0)
        self._high = np.empty(0)
        self._whole = np.empty(0, bool)

    def take(self, cell: Ints, at_us: Ints, value: Floats, silence_us: Ints) -> Floats:
        """The stillness at each of the n readings, which are remembered."""
        row = self._cells.take(cell)
        size = len(self._cells)
        self._begun, self._last = grown(self._begun, size, 0), grown(self._last, size, _NEVER)
        self._low, self._high = grown(self._low, size, 0.0), grown(self._high, size, 0.0)
        self._whole = grown(self._whole, size, False)
        out = np.full(len(cell), np.nan)
        for turn in _one_by_one(row):
            out[turn] = self._take(row[turn], at_us[turn], value[turn], silence_us[turn])
        return out

    def _take(self, row: Ints, at_us: Ints, value: Floats, silence_us: Ints) -> Floats:
        last = self._last[row]
        first = last == _NEVER
        low, high = np.minimum(self._low[row], value), np.maximum(self._high[row], value)
        ended = ~first & ((high - low > self.within) | (at_us - np.where(first, at_us, last) > silence_us))
        anew = first | ended
        begun = np.where(anew, at_us, self._begun[row])
        whole = ended | (self._whole[row] & ~first)
        self._begun[row], self._last[row], self._whole[row] = begun, at_us, whole
        self._low[row], self._high[row] = np.where(anew, value, low), np.where(anew, value, high)
        still = at_us - begun
        out: Floats = np.where(whole | (still >= self.span_us), still / SECOND, np.nan)
        return out
