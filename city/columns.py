"""Readings as columns: what one domain's part of a batch looks like everywhere after the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Codes of a reading's quality; only MEASURING enters aggregates and alerts.
QUALITIES = ("measuring", "calibrating", "fault")
MEASURING = 0


@dataclass(slots=True)
class Columns:
    """n rows of one domain, a row per (sensor, channel, time).

    ``sensor`` int32 (n,) database numbers; ``channel`` int16 (n,), 0 the sensor itself; ``time_us`` int64 (n,)
    microseconds since 1970 UTC; ``quality`` uint8 (n,) index into QUALITIES; ``period_s`` float32 (n,), 0 where not
    stated; ``values`` float64 (n, m) in the order of ``metrics``, NaN where the row lacks the metric.
    """

    domain: str
    metrics: tuple[str, ...]
    sensor: NDArray[np.int32]
    channel: NDArray[np.int16]
    time_us: NDArray[np.int64]
    quality: NDArray[np.uint8]
    period_s: NDArray[np.float32]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sensor)

    @property
    def readings(self) -> int:
        """How many values there are."""
        return int(np.count_nonzero(~np.isnan(self.values)))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Columns:
        """The chosen rows."""
        return Columns(
            self.domain, self.metrics, self.sensor[rows], self.channel[rows], self.time_us[rows],
            self.quality[rows], self.period_s[rows], self.values[rows],
        )  # fmt: skip


def join(parts: Sequence[Columns]) -> Columns:
    """Several parts of one domain, one after the other. At least one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return Columns(
        first.domain, first.metrics,
        np.concatenate([p.sensor for p in parts]), np.concatenate([p.channel for p in parts]),
        np.concatenate([p.time_us for p in parts]), np.concatenate([p.quality for p in parts]),
        np.concatenate([p.period_s for p in parts]), np.concatenate([p.values for p in parts]),
    )  # fmt: skip


def merge(cols: Columns) -> Columns:
    """One row per (sensor, channel, time): of rows that share a key, the first value of each metric stays.

    Two messages of one instant may carry different metrics. Rows come out in the order of their key where any
    were merged, and as they are where none were.
    """
    n = len(cols)
    order = np.lexsort((cols.time_us, cols.channel, cols.sensor))
    s, c, t = cols.sensor[order], cols.channel[order], cols.time_us[order]
    fresh = np.ones(n, bool)
    fresh[1:] = (s[1:] != s[:-1]) | (c[1:] != c[:-1]) | (t[1:] != t[:-1])
    if fresh.all():
        return cols
    cols = cols.take(order)
    start = np.flatnonzero(fresh)
    group = np.cumsum(fresh) - 1
    merged = cols.take(start)
    # The sort is stable, so within a group the first to arrive stands first: fill gaps from later ones, rank by rank.
    rank = np.arange(n) - start[group]
    for r in range(1, int(rank.max()) + 1):
        rows = np.flatnonzero(rank == r)
        target = merged.values[group[rows]]
        merged.values[group[rows]] = np.where(np.isnan(target), cols.values[rows], target)
    return merged


def shortest(values: NDArray[np.float32]) -> list[float]:
    """Single precision as the doubles that people wrote: 41.3, not 41.29999923706055. Shape (n,)."""
    return [float(text) for text in values.astype(np.str_)]
