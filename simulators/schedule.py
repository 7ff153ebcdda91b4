"""Who reports when: each sensor at its own interval, the sensors of an interval spread evenly over it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulators.noise import Ticks
from simulators.world import Index

GOLDEN = 0.6180339887498949


class Schedule:
    """Reports of n sensors. A report is due at phase + k·interval since the epoch, whoever else is in the run.

    ``interval_us`` has shape (n,). Phases come from the golden ratio over the sensors of one interval, in their
    order: any number of first sensors is spread evenly too.
    """

    def __init__(self, interval_us: Ticks) -> None:
        self._groups: list[tuple[int, Ticks, Index]] = []
        for interval in np.unique(interval_us):
            members = np.flatnonzero(interval_us == interval)
            phase = ((np.arange(len(members)) * GOLDEN) % 1 * interval).astype(np.int64)
            order = np.argsort(phase, kind="stable")
            self._groups.append((int(interval), phase[order], members[order]))

    @property
    def per_s(self) -> float:
        """Reports a second."""
        return sum(len(members) * 1e6 / interval for interval, _, members in self._groups)

    def due(self, after_us: int, until_us: int) -> tuple[Index, Ticks]:
        """Sensors and times of all reports in (after, until], by time and then by sensor."""
        found = [
            (members[low:high], phase[low:high] + cycle)
            for interval, phase, members in self._groups
            for cycle, low, high in _cycles(interval, phase, after_us, until_us)
        ]
        if not found:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64)
        who = np.concatenate([w for w, _ in found])
        when = np.concatenate([t for _, t in found])
        order = np.lexsort((who, when))
        return who[order], when[order]


def _cycles(interval: int, phase: NDArray[np.int64], after: int, until: int) -> Iterator[tuple[int, int, int]]:
    """For each cycle that (after, until] touches: its start and the slice of phases in it."""
    for cycle in range(after // interval * interval, until + 1, interval):
        low = int(np.searchsorted(phase, after - cycle, side="right"))
        high = int(np.searchsorted(phase, until - cycle, side="right"))
        if high > low:
            yield cycle, low, high
