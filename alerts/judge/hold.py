"""Rows that wait until nothing older can come any more, and come out in the order of time."""

from __future__ import annotations

import numpy as np

from city.columns import Columns, join


class Held:
    """Rows of one domain, in parts as they came. All parts have the same metrics."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int, Columns]] = []  # oldest, newest, rows

    def __len__(self) -> int:
        return sum(len(cols) for _, _, cols in self._parts)

    def add(self, cols: Columns) -> None:
        """Take rows in."""
        if len(cols):
            self._parts.append((int(cols.time_us.min()), int(cols.time_us.max()), cols))

    def due(self, until_us: int) -> Columns | None:
        """Take out the rows up to ``until_us``, sorted by time, sensor and channel; None where there are none."""
        out, rest = [], []
        for part in self._parts:
            oldest, newest, cols = part
            if newest <= until_us:
                out.append(cols)
            elif oldest > until_us:
                rest.append(part)
            else:
                now = cols.time_us <= until_us
                out.append(cols.take(now))
                later = cols.take(~now)
                rest.append((int(later.time_us.min()), newest, later))
        if not out:
            return None
        self._parts = rest
        return in_order(join(out))


def in_order(cols: Columns) -> Columns:
    """The rows sorted by time, sensor and channel."""
    return cols.take(np.lexsort((cols.channel, cols.sensor, cols.time_us)))
