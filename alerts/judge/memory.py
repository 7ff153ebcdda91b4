"""What is remembered of readings from one column of rows to the next: the newest judged, trends, stillness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alerts.judge.terms import micros
from alerts.judge.trend import Change, Still
from alerts.rules.model import Rate, Rule, Schedule, Stuck, Threshold
from city.columns import QUALITIES, Columns
from city.decimals import widen
from city.registry import Domain
from city.rows import RowIndex, grown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Value:
    """What a rule looks at: a reading itself, its change over ``span_us``, or how long it has stood still.

    ``qualities``: those readings that make the change or stillness; empty for a reading itself.
    """

    kind: Literal["reading", "change", "still"]
    metric: str
    span_us: int = 0
    within: float = 0.0
    qualities: tuple[str, ...] = ()


def value_of(rule: Rule) -> Value:
    """What a rule of single readings looks at."""
    match rule.condition:
        case Threshold(metric=metric) | Schedule(metric=metric):
            return Value("reading", metric)
        case Rate(metric=metric, over_s=over_s):
            return Value("change", metric, micros(over_s), 0.0, tuple(sorted(rule.quality)))
        case Stuck(metric=metric, span_s=span_s, within=within):
            return Value("still", metric, micros(span_s), float(within), tuple(sorted(rule.quality)))
        case other:
            raise TypeError(f"{type(other).__name__} does not look at single readings")


class Memory:
    """What is remembered for the rows of one domain. A cell is a channel of a sensor: sensor << 16 | channel."""

    def __init__(self, domain: Domain) -> None:
        self.metrics = tuple(m.name for m in domain.metrics)
        self.places = {name: i for i, name in enumerate(self.metrics)}
        self.cells = RowIndex()
        self.subject: Ints = np.empty(0, np.int64)
        self._single = np.array([not m.double for m in domain.metrics])
        self._judged: Ints = np.empty((0, len(self.metrics)), np.int64)
        self._trends: dict[Value, Change | Still] = {}

    def align(self, cols: Columns) -> Columns:
        """The rows with all metrics of the domain, as the decimals that people sent."""
        table = np.full((len(cols), len(self.metrics)), np.nan)
        for i, name in enumerate(cols.metrics):
            place = self.places.get(name)
            if place is not None:
                column = cols.values[:, i].copy()
                if self._single[place]:
                    there = ~np.isnan(column)
                    column[there] = widen(column[there])
                table[:, place] = column
        return Columns(
            cols.domain, self.metrics, cols.sensor, cols.channel, cols.time_us, cols.quality, cols.period_s, table
        )  # fmt: skip

    def take_cells(self, subject: Ints) -> Ints:
        """Cells of subjects; new ones are added."""
        cell = self.cells.take(subject)
        if len(self.subject) < len(self.cells):
            self.subject = grown(self.subject, len(self.cells), 0)
        self.subject[cell] = subject
        return cell

    def enter(self, cols: Columns) -> tuple[Ints, Columns, Columns | None]:
        """The cells of rows (in the order of time), the rows without what was judged before, and what was overtaken:
        readings older than the newest that was judged of their cell and metric."""
        cell = self.take_cells(cols.sensor.astype(np.int64) << 16 | cols.channel)
        self._judged = grown(self._judged, len(self.cells), _NEVER)
        judged, time_us = self._judged[cell], cols.time_us[:, None]
        overtaken = None
        if (time_us <= judged).any():
            old = np.where(time_us < judged, cols.values, np.nan)
            rows: Bools = np.logical_not(np.isnan(old).all(axis=1))
            if rows.any():
                overtaken = _with(cols, old).take(rows)
            cols = _with(cols, np.where(time_us > judged, cols.values, np.nan))
        row, metric = np.nonzero(~np.isnan(cols.values))
        self._judged[cell[row], metric] = cols.time_us[row]  # rows are in the order of time: the last one stays
        return cell, cols, overtaken

    def value(
        self, value: Value, cell: Ints, cols: Columns, member: Bools | None, silence_us: Ints
    ) -> Floats:  # fmt: skip
        """The value at each row, all of which have the metric. ``member``: rows that any rule looks at; ``silence_us``
        by sensor. NaN: nothing can be said."""
        reading: Floats = cols.values[:, self.places[value.metric]]
        if value.kind == "reading":
            return reading
        trend = self._trends.get(value)
        if trend is None:
            new = Change(value.span_us) if value.kind == "change" else Still(value.within, value.span_us)
            trend = self._trends[value] = new
        good = np.isin(cols.quality, [QUALITIES.index(q) for q in value.qualities])
        rows = np.flatnonzero(good if member is None else good & member)
        out = np.full(len(cols), np.nan)
        out[rows] = trend.take(cell[rows], cols.time_us[rows], reading[rows], silence_us[cols.sensor[rows]])
        return out

    def keep_only(self, values: Iterable[Value]) -> None:
        """Forget trends that no rule looks at any more."""
        wanted = set(values)
        self._trends = {v: t for v, t in self._trends.items() if v in wanted}


def _with(cols: Columns, values: Floats) -> Columns:
    return Columns(
        cols.domain, cols.metrics, cols.sensor, cols.channel, cols.time_us, cols.quality, cols.period_s, values
    )  # fmt: skip
