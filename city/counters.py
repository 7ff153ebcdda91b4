"""Increases of counters (energy meters and their like) between consecutive readings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from city.rows import RowIndex, grown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GAP_US = 3_600_000_000
_NEVER = np.iinfo(np.int64).min


class Counters:
    """The newest reading of each counter of one metric, and what each further reading adds to it.

    A counter that falls has started again from zero: its increase is its new value. The first reading of a counter,
    one that comes more than an hour after the one before (nobody can say when in between it rose), and one that is
    older than the newest (its increase is already booked) add nothing.
    """

    def __init__(self) -> None:
        self._index = RowIndex()
        self._time = np.empty(0, np.int64)
        self._value = np.empty(0, np.float64)

    def increases(self, sensor: Ints, channel: Ints, time_us: Ints, value: Floats) -> Floats:
        """The increase that each of the n readings brings, in the order given, whatever their order in time."""
        rows = self._index.take(sensor << 16 | channel)
        self._time = grown(self._time, len(self._index), _NEVER)
        self._value = grown(self._value, len(self._index), 0.0)
        out = np.zeros(len(value))
        newer = np.nonzero(time_us > self._time[rows])[0]
        if not len(newer):
            return out
        order = newer[np.lexsort((time_us[newer], rows[newer]))]
        row, time, now = rows[order], time_us[order], value[order]
        first = np.concatenate(([True], row[1:] != row[:-1]))
        before = np.where(first, self._value[row], np.concatenate(([0.0], now[:-1])))
        since = np.where(first, self._time[row], np.concatenate(([0], time[:-1])))
        known = since != _NEVER
        known[known] = time[known] - since[known] <= GAP_US
        out[order] = np.where(known, np.where(now >= before, now - before, now), 0.0)
        last = np.concatenate((first[1:], [True]))
        self._time[row[last]], self._value[row[last]] = time[last], now[last]
        return out
