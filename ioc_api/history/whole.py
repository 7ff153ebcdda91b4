"""Figures of a whole zone or area: from its own rollups and, where those end, from the readings of its sensors.

Who belongs to it, who is trusted and what is expected of whom is what `infra.rollup.members` says, as for the rollups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.buckets import MINUTES
from city.registry import Metric
from infra.readings import EPOCH_US
from infra.rollup import wire
from infra.rollup.members import Members, expected, load
from infra.roster import Group
from infra.settings import Settings
from infra.times import SECOND, rfc3339
from ioc_api.history import steps
from ioc_api.history.grid import HOUR_US, Floats, Grid, Ints, widened
from ioc_api.history.kept import UNIT_US, Span, kept, late_of
from ioc_api.history.question import Part, Question
from ioc_api.history.reply import Reply
from ioc_api.history.sources import Readings, circular
from ioc_api.history.table import Table, passed_s

#: Readings that are added up for what is not rolled up yet; a span with more is left out, and the answer says so.
READ = 8_000_000
#: A row of minutes as binary COPY has it.
_MINUTES = [
    ("metric", ">i4", 0), ("time", ">i8", 0), ("n", ">i4", 60), ("mean", ">f4", 60), ("min", ">f4", 60),
    ("max", ">f4", 60), ("value", ">f8", 60), ("sensors", ">i4", 60),
]  # fmt: skip


def tables(
    conn: psycopg.Connection, q: Question, settings: Settings, reply: Reply, *, first: int = 0
) -> Iterator[Table]:
    """The figures of the question's zone or area, a table a domain."""
    for place, part in enumerate(q.parts):
        if place >= first and q.group is not None:
            yield _Whole(conn, q, part, q.group, settings, reply).table(place)


@dataclass
class _Extra:
    """What a zone's figure says besides, (steps,): sensors that reported (the most in one unit of the step), that
    should have, that are not trusted, and readings that are due."""

    sensors: Floats
    expected: Floats
    left_out: Floats
    due: Floats


class _Whole:
    """One domain of a question about a zone or area."""

    def __init__(
        self, conn: psycopg.Connection, q: Question, part: Part, group: Group, settings: Settings, reply: Reply
    ) -> None:
        self.conn, self.q, self.part, self.group, self.settings, self.reply = conn, q, part, group, settings, reply
        self.kept = kept(conn, q, part)
        self.step_us = q.every_s * SECOND
        self.start_us = steps.begin(q.from_us, q.every_s)
        ranks = steps.kept(q.every_s)
        self.grid = Grid(1, part.metrics, self.start_us, self.step_us, q.steps, ranks=ranks)
        #: Percentiles that are read of each minute.
        minute = q.every_s == steps.MINUTE_S
        self.ranks = max((len(m.percentiles) for m in part.metrics), default=0) if minute else 0
        self.extra = {m.name: _Extra(*(np.zeros(q.steps) for _ in range(4))) for m in part.metrics}
        self.unit = steps.unit(q.every_s)
        self.exact: tuple[Metric, ...] = ()

    def table(self, place: int) -> Table:
        """Read it all."""
        q, done = self.q, self.kept.done_us
        end = min(q.to_us, max(q.now_us + HOUR_US, q.from_us))
        rolled, rest = self.kept.split(self.unit, q.from_us, end)
        if rolled[1]:
            self.exact = self._directions(rolled)
            self._rolled(rolled)
            self.reply.note({self.unit}, done)
            self._fresh(rolled, self.exact)
            group = self.group
            self.reply.late += late_of(self.conn, self.part.domain.code, rolled, group.area, group.zone)
        there, gone = self.kept.readable(rest)
        self.reply.left_out += gone
        for span in there:
            self._fresh(span, self.part.metrics)
        if q.every_s == steps.DAY_S:
            self._days()
        self._expect_now(max(-(-q.from_us // UNIT_US[self.unit]) * UNIT_US[self.unit], done))
        self._expect_at_least()
        names = [{"area": self.group.area, "zone": self.group.zone, "domain": self.part.domain.code}]
        metrics = self.part.metrics
        return Table(
            names, np.array([place]), np.array([0]), metrics, {m.name: self.grid.figures(m.name) for m in metrics},
            {n: e.due[None, :] for n, e in self.extra.items()}, self.start_us, self.step_us,
            np.ones((1, len(metrics)), bool),
            {n: {"sensors": e.sensors[None, :], "expected": e.expected[None, :], "left_out": e.left_out[None, :]}
             for n, e in self.extra.items()},
        )  # fmt: skip

    # What is rolled up

    def _where(self, span: Span) -> sql.Composable:
        return sql.SQL(
            "zone = {zone} AND metric = ANY({metrics}) AND domain = {domain} AND area = {area} AND time >= {since}"
            " AND time < {until}"
        ).format(
            zone=self.group.zone or "", metrics=[m.name for m in self.part.metrics], domain=self.part.domain.code,
            area=self.group.area, since=rfc3339(span[0]), until=rfc3339(span[1]),
        )  # fmt: skip

    def _select(self, table: str, columns: str, span: Span) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of all metrics at once, by metric: (start in microseconds, columns…), by time."""
        query = sql.SQL(
            "SELECT metric, (extract(epoch FROM time) * 1000000)::bigint, {columns} FROM {table} WHERE {where}"
            " ORDER BY time"
        ).format(columns=sql.SQL(columns), table=sql.Identifier(table), where=self._where(span))
        out: dict[str, list[tuple[Any, ...]]] = {m.name: [] for m in self.part.metrics}
        for metric, *row in self.conn.execute(query, binary=True):
            out[metric].append(tuple(row))
        return out

    def _rolled(self, span: Span) -> None:
        outer = (span[0] // HOUR_US * HOUR_US, span[1])
        hours = self._select(
            "group_hour", "sensors, expected, left_out, due_n, n, mean, min, max, value, x, y, p", outer
        )
        minutes = self._arrays(outer) if self.unit == "minute" else {}
        for m in self.part.metrics:
            if m.name in minutes and m not in self.exact:
                self._minutes(m, span, minutes[m.name])
            if not hours[m.name]:
                continue
            time_us, *columns = (list(c) for c in zip(*hours[m.name], strict=True))
            p = columns.pop()
            numbers = [np.array(c, np.float64) for c in columns]
            self._expected(m, np.array(time_us), span, *numbers[1:4])
            if self.unit == "hour":
                self._hours(m, np.array(time_us), numbers[0], numbers[4:], p)

    def _expected(self, m: Metric, time_us: Ints, span: Span, want: Floats, left: Floats, due: Floats) -> None:
        """Spread what an hour expects over the steps that it touches."""
        extra = self.extra[m.name]
        if self.unit == "hour":
            at = (time_us - self.start_us) // self.step_us
            share = due
        else:
            time_us = (time_us[:, None] + np.arange(60) * UNIT_US["minute"]).reshape(-1)
            want, left, share = (np.repeat(x, 60) for x in (want, left, due / 60))
            mine = (time_us >= span[0]) & (time_us < span[1])
            at, want, left, share = (time_us[mine] - self.start_us) // self.step_us, want[mine], left[mine], share[mine]
        np.maximum.at(extra.expected, at, want)
        np.maximum.at(extra.left_out, at, left)
        np.add.at(extra.due, at, share)

    def _hours(self, m: Metric, time_us: Ints, sensors: Floats, figures: list[Floats], p: list[Any]) -> None:
        n, mean, low, high, value, x, y = figures
        at = (time_us - self.start_us) // self.step_us
        number = len(m.percentiles)
        none = [float("nan")] * number
        # What was kept when the metric had other percentiles says nothing of these.
        ranks = np.array([v if v and len(v) == number else none for v in p], np.float64).reshape(len(p), number)
        self.grid.add_rolled(
            m.name, at, n, mean, widened(low, m), widened(high, m),
            value if m.aggregate in ("sum", "increase") else None, (x, y) if m.aggregate == "circular" else None,
            {q: widened(ranks[:, i], m) for i, q in enumerate(m.percentiles)},
        )  # fmt: skip
        np.maximum.at(self.extra[m.name].sensors, at, sensors)

    def _arrays(self, span: Span) -> dict[str, NDArray[np.void]]:
        """Rows of minutes by metric: arrays of an hour, as they come from the database."""
        names = [m.name for m in self.part.metrics]
        # Binary COPY is read at once where all rows are of one size: NaN fills up what a metric has less.
        width = self.ranks * MINUTES
        ranks = sql.SQL(
            ", coalesce(cardinality(p), 0), (coalesce(p, '{{}}') || array_fill('NaN'::real, ARRAY[{0}]))[1:{0}]"
        ).format(width)
        query = sql.SQL(
            "SELECT array_position({metrics}, metric), time, n, mean, min, max, value, sensors{ranks}"
            " FROM group_minute WHERE {where}"
        ).format(metrics=names, ranks=ranks if width else sql.SQL(""), where=self._where(span))
        fields = [*_MINUTES, *([("kept", ">i4", 0), ("p", ">f4", width)] if width else [])]
        rows = [r.copy() for r in wire.fetch(self.conn, query, fields)]
        if not rows:
            return {}
        every = np.concatenate(rows)
        return {name: every[every["metric"] == i] for i, name in enumerate(names, 1)}

    def _minutes(self, m: Metric, span: Span, rows: NDArray[np.void]) -> None:
        start = rows["time"].astype(np.int64) + EPOCH_US
        time_us = start[:, None] + np.arange(60) * UNIT_US["minute"]
        mine = (time_us >= span[0]) & (time_us < span[1])
        n, mean, low, high, value, sensors = (
            rows[name]["value"].astype(np.float64)[mine] for name in ("n", "mean", "min", "max", "value", "sensors")
        )
        at = (time_us[mine] - self.start_us) // self.step_us
        ranks = {}
        if self.ranks:
            known = rows["p"]["value"].astype(np.float64).reshape(len(rows), self.ranks, MINUTES)
            known[rows["kept"] != len(m.percentiles) * MINUTES] = np.nan
            for i, p in enumerate(m.percentiles):
                ranks[p] = widened(np.where(n == 1, mean, known[:, i][mine]), None)  # a single reading is each of them
        self.grid.add_rolled(
            m.name, at, n, widened(mean, None), widened(low, None), widened(high, None),
            value if m.aggregate in ("sum", "increase") else None, None, ranks,
            alone=self.step_us == UNIT_US["minute"],
        )  # fmt: skip
        np.maximum.at(self.extra[m.name].sensors, at, sensors)

    def _days(self) -> None:
        """Whole days know what hours cannot say of a day: percentiles, and how many sensors there were in all."""
        days = self._select("group_day", "n, sensors, p", (self.start_us, self.q.to_us))
        for m in self.part.metrics:
            for time_us, n, sensors, p in days[m.name]:
                at = (time_us - self.start_us) // self.step_us
                sums = self.grid.sums[m.name]
                if 0 <= at < self.q.steps and sums.n[0, at] == n:
                    self.extra[m.name].sensors[at] = sensors
                    there = p if p and len(p) == len(sums.percentiles) else ()
                    for k, v in zip(sums.percentiles, there, strict=False):
                        sums.percentiles[k][0, at] = widened(np.array([v], np.float64), m)[0]

    # What is not rolled up yet

    @cached_property
    def members(self) -> Members:
        """Who belongs to it; asked for only where something is not rolled up yet."""
        return load(self.conn, self.part.domain, self.settings)

    @cached_property
    def _ids(self) -> list[int]:
        mine = [
            i for i, (area, zone) in enumerate(self.members.cells)
            if area == self.group.area and (self.group.zone is None or zone == self.group.zone)
        ]  # fmt: skip
        return [int(n) for n in np.flatnonzero(np.isin(self.members.cell, mine))]

    def _directions(self, span: Span) -> tuple[Metric, ...]:
        """Directions of several minutes, which rolled-up minutes tell only roughly; where that is not too much."""
        found = circular(self.part, self.q.every_s) if span[0] >= self.kept.raw_us else ()
        return found if found and self._number(span, found) <= READ else ()

    def _number(self, span: Span, metrics: Sequence[Metric]) -> float:
        """About how many readings a span has."""
        each = float((len(metrics) / self.members.interval_s[self._ids]).sum())
        return max(0, min(span[1], self.q.now_us) - span[0]) / SECOND * each

    def _fresh(self, span: Span, metrics: tuple[Metric, ...]) -> None:
        if not metrics:
            return
        if self._number(span, metrics) > READ:
            self.reply.left_out.append(span)
            return
        part = replace(self.part, metrics=metrics)
        for a in range(span[0] // HOUR_US * HOUR_US, span[1], HOUR_US):  # an hour at a time: memory stays flat
            found = Readings.read(self.conn, part, self._ids, (max(a, span[0]), min(a + HOUR_US, span[1])))
            if len(found.sensor):
                self.reply.sources.add("raw")
                self._add(found)

    def _add(self, found: Readings) -> None:
        size = UNIT_US[self.unit]
        at = (found.time_us - self.start_us) // self.step_us
        for m in self.part.metrics:
            if m.name not in found.values:
                continue
            value = found.values[m.name]
            there = found.inside & ~np.isnan(value)
            rise = found.rises[m.name][there] if m.name in found.rises else None
            self.grid.add_readings(m.name, at[there], value[there], rise)
            unit = found.time_us[there] // size
            pairs = np.unique(unit << 32 | found.sensor[there]) >> 32  # sensors are int4
            units, count = np.unique(pairs, return_counts=True)
            np.maximum.at(self.extra[m.name].sensors, (units * size - self.start_us) // self.step_us, count)

    def _expect_now(self, since_us: int) -> None:
        """What is expected from ``since_us`` on: of the sensors as they are now."""
        passed = passed_s(self.q)
        starts = self.start_us + np.arange(self.q.steps) * self.step_us
        ends = np.minimum(starts + self.step_us, min(self.q.to_us, self.q.now_us))
        fresh = np.clip((ends - np.maximum(starts, max(since_us, self.q.from_us))) / SECOND, 0, passed)
        if not fresh.any():
            return
        reported = np.zeros((len(self.members.cell), len(self.part.domain.metrics)), bool)
        wanted = expected(self.conn, self.part.domain, self.members, reported, self.q.now_us)
        ids = np.array(self._ids, np.int64)
        index = {m.name: i for i, m in enumerate(self.part.domain.metrics)}
        for m in self.part.metrics:
            mine = ids[wanted[ids, index[m.name]]] if len(ids) else ids
            extra = self.extra[m.name]
            extra.due += fresh * float((1.0 / self.members.interval_s[mine]).sum())
            extra.expected[fresh > 0] = np.maximum(extra.expected[fresh > 0], len(mine))

    def _expect_at_least(self) -> None:
        """Who reports was to be expected, also where nobody knows any more what was: readings of long ago."""
        usual = float(np.median(self.members.interval_s[self._ids])) if self._ids else self.part.domain.interval_s
        for extra in self.extra.values():
            unknown = (extra.due == 0) & (extra.sensors > 0)
            extra.due[unknown] = (extra.sensors * passed_s(self.q) / usual)[unknown]
            np.maximum(extra.expected, extra.sensors, out=extra.expected)
