"""Figures of many series over steps of time, added up from readings and from rollups alike.

A cell keeps sums and not means, so that parts of a step which come from different sources (the hours that are rolled
up, the readings since) add up to what the readings alone would say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from city.decimals import widen
from city.percentiles import percentiles
from city.registry import Metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR_US = 3_600_000_000


def tidy(value: Floats) -> Floats:
    """Without the dust of binary arithmetic: nine significant digits, which is more than is measured."""
    size = np.abs(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 8 - np.floor(np.log10(np.where(size > 0, size, 1.0)))
        scale = 10.0 ** np.clip(places, 0, 300)
        return np.asarray(np.where(size < 1e8, np.rint(value * scale) / scale, value))


@dataclass
class Sums:
    """What the readings of one metric add up to, [series, step]: ``n`` of them, ``total`` of the values (of the sound
    energies where the mean is of energy), ``x`` and ``y`` of sines and cosines, ``rise`` of a counter's increases
    (else of its values), least and greatest value, and percentiles where one source knew all the readings."""

    n: Floats
    total: Floats
    low: Floats
    high: Floats
    rise: Floats
    x: Floats | None
    y: Floats | None
    percentiles: dict[int, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What people ask for, [series, step]; NaN where ``count`` is 0, and ``mean`` where directions cancel out."""

    count: Floats
    mean: Floats
    min: Floats
    max: Floats
    value: Floats
    percentiles: Mapping[int, Floats]


class Grid:
    """``rows`` series (their order is the caller's) over ``steps`` steps of ``step_us`` from ``start_us`` on."""

    def __init__(
        self, rows: int, metrics: Sequence[Metric], start_us: int, step_us: int, steps: int, *, ranks: bool = True
    ) -> None:
        """``ranks``: whether percentiles are wanted, of the metrics that have them."""
        self.rows, self.steps = rows, steps
        self.start_us, self.step_us = start_us, step_us
        self.metrics = {m.name: m for m in metrics}
        self.sums: dict[str, Sums] = {}
        for m in metrics:
            shape = (rows, steps)
            circular = m.aggregate == "circular"
            self.sums[m.name] = Sums(
                np.zeros(shape), np.zeros(shape), np.full(shape, np.inf), np.full(shape, -np.inf), np.zeros(shape),
                np.zeros(shape) if circular else None, np.zeros(shape) if circular else None,
                {p: np.full(shape, np.nan) for p in m.percentiles if ranks},
            )  # fmt: skip

    def place(self, row: Ints, time_us: Ints) -> Ints:
        """Cells (row times steps, and step) of times that are inside."""
        return row * self.steps + (time_us - self.start_us) // self.step_us

    def add_readings(self, name: str, cell: Ints, value: Floats, rise: Floats | None) -> None:
        """Add readings of quality `measuring`: ``value`` as people wrote it, ``rise`` what each adds to a counter."""
        metric, sums, size = self.metrics[name], self.sums[name], self.rows * self.steps
        if not len(cell):
            return
        count = np.bincount(cell, minlength=size)
        sums.n.reshape(-1)[:] += count
        power = 10.0 ** (value / 10.0) if metric.aggregate == "energy" else value
        sums.total.reshape(-1)[:] += np.bincount(cell, power, minlength=size)
        sums.rise.reshape(-1)[:] += np.bincount(cell, value if rise is None else rise, minlength=size)
        if sums.x is not None and sums.y is not None:
            angle = np.radians(value)
            sums.x.reshape(-1)[:] += np.bincount(cell, np.sin(angle), minlength=size)
            sums.y.reshape(-1)[:] += np.bincount(cell, np.cos(angle), minlength=size)
        np.minimum.at(sums.low.reshape(-1), cell, value)
        np.maximum.at(sums.high.reshape(-1), cell, value)
        if sums.percentiles:
            self._rank(sums, cell, value, count)

    def _rank(self, sums: Sums, cell: Ints, value: Floats, count: Ints) -> None:
        """Percentiles by linear interpolation; only where no other source has readings of the step."""
        found = percentiles(cell, value, len(count), tuple(sums.percentiles))
        found[sums.n.reshape(-1) != count] = np.nan
        for i, into in enumerate(sums.percentiles.values()):
            into.reshape(-1)[count > 0] = found[count > 0, i]

    def add_rolled(
        self, name: str, cell: Ints, n: Floats, mean: Floats, low: Floats | None, high: Floats | None,
        value: Floats | None, xy: tuple[Floats, Floats] | None, percentiles: Mapping[int, Floats] | None = None, *,
        alone: bool = False,
    ) -> None:  # fmt: skip
        """Add rolled-up figures, all of one shape with ``cell``; where ``n`` is 0 or NaN there is nothing.
        ``alone``: no cell occurs twice.

        ``value`` is the increase of a counter or the sum of amounts; ``xy`` mean sine and cosine (None: from the
        mean). ``percentiles`` are taken for cells that have no other source.
        """
        metric, sums = self.metrics[name], self.sums[name]
        there = n > 0
        if not there.all():
            cell, n, mean = cell[there], n[there], mean[there]
            low, high = (None if v is None else v[there] for v in (low, high))
            value = None if value is None else value[there]
            xy = None if xy is None else (xy[0][there], xy[1][there])
            percentiles = {p: v[there] for p, v in (percentiles or {}).items()}
        if not len(cell):
            return
        total = n * (10.0 ** (mean / 10.0) if metric.aggregate == "energy" else np.nan_to_num(mean))
        add, least, most = (_add, _least, _most) if alone else (np.add.at, np.minimum.at, np.maximum.at)
        add(sums.n.reshape(-1), cell, n)
        add(sums.total.reshape(-1), cell, total)
        if value is not None:
            add(sums.rise.reshape(-1), cell, np.nan_to_num(value))
        elif metric.aggregate in ("sum", "increase"):
            add(sums.rise.reshape(-1), cell, total)
        if low is not None and high is not None:
            least(sums.low.reshape(-1), cell, low)
            most(sums.high.reshape(-1), cell, high)
        if sums.x is not None and sums.y is not None:
            if xy is None:
                angle = np.radians(mean)
                xy = np.nan_to_num(np.sin(angle)), np.nan_to_num(np.cos(angle))
            add(sums.x.reshape(-1), cell, n * xy[0])
            add(sums.y.reshape(-1), cell, n * xy[1])
        if not sums.percentiles:
            return
        single = sums.n.reshape(-1)[cell] == n
        for p, into in sums.percentiles.items():
            flat = into.reshape(-1)
            flat[cell] = np.where(single, (percentiles or {}).get(p, np.nan), np.nan)

    def figures(self, name: str) -> Figures:
        """What a metric's sums come to."""
        metric, sums = self.metrics[name], self.sums[name]
        n, empty = sums.n, sums.n == 0
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums.total / n
            if metric.aggregate == "energy":
                mean = 10.0 * np.log10(mean)
            elif sums.x is not None and sums.y is not None:
                angle = np.degrees(np.arctan2(sums.x, sums.y)) % 360.0
                # Directions that cancel out have no mean; what is left is rounding.
                mean = np.where(np.hypot(sums.x, sums.y) > 1e-6 * n, angle, np.nan)
        mean = tidy(mean)
        value = tidy(sums.rise) if metric.aggregate in ("sum", "increase") else mean
        blank = np.where(empty, np.nan, 0.0)
        return Figures(
            n, mean + blank, np.where(empty, np.nan, sums.low), np.where(empty, np.nan, sums.high), value + blank,
            {p: tidy(v) for p, v in sums.percentiles.items()},
        )  # fmt: skip


def _add(into: Floats, cell: Ints, value: Floats) -> None:
    into[cell] += value


def _least(into: Floats, cell: Ints, value: Floats) -> None:
    into[cell] = np.minimum(into[cell], value)


def _most(into: Floats, cell: Ints, value: Floats) -> None:
    into[cell] = np.maximum(into[cell], value)


def widened(values: Floats, metric: Metric | None) -> Floats:
    """Single precision as the decimals that people wrote; counters are double already. Any shape, NaN allowed."""
    if metric is not None and metric.double:
        return values
    flat = values.reshape(-1).copy()
    there = np.isfinite(flat)
    flat[there] = widen(flat[there])
    return flat.reshape(values.shape)
