"""Figures of zones and areas: folded from their sensors' hours, and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from city.bucket_groups import Figures, Tally
from city.bucket_rows import HOUR_US, Bools, Floats, Ints, Values
from city.buckets import Block, percentiles
from city.registry import Domain, Metric
from infra.rollup import wire
from infra.rollup.members import Members, expected
from infra.rollup.source import stamp
from infra.rollup.wire import Column

MINUTE = ("n", "mean", "min", "max", "value", "sensors")
HOUR = ("n", "mean", "min", "max", "value", "x", "y", "p", "sensors", "expected", "due_n", "left_out")
#: (area, zone), and (area, "") for the whole area.
Places = Sequence[tuple[str, str]]
KEY = ("time", "area", "zone", "domain", "metric")


class Fold:
    """Hours of a domain, being folded from blocks of its sensors' hours. ``hours``: their beginnings, ascending."""

    def __init__(self, domain: Domain, members: Members, hours: Sequence[int]) -> None:
        self.domain = domain
        self.members = members
        self.hours_us: Ints = np.array(hours, np.int64)
        size = len(hours) * len(members.cells)
        self.minutes = {m.name: Tally(m, size, 60) for m in domain.metrics}
        self.hours = {m.name: Tally(m, size, 1) for m in domain.metrics}
        self.reported = np.zeros((len(hours), len(members.cell), len(domain.metrics)), bool)
        self.readings: dict[str, list[tuple[Ints, Values]]] = {m.name: [] for m in domain.metrics if m.percentiles}

    def places(self, sensor: Values, time_us: Ints) -> Ints:
        """The cell and hour of rows of these hours: hour * cells + cell, -1 for sensors that do not count."""
        cell = self.members.of(sensor.astype(np.int64))
        hour = np.searchsorted(self.hours_us, time_us // HOUR_US * HOUR_US)
        return np.where(cell >= 0, hour * len(self.members.cells) + cell, -1)

    def add(self, block: Block) -> None:
        """Take in a block of these hours: its minutes, its hours or both. All of a sensor comes in one block."""
        place = self.places(block.sensor, block.time_us)
        hour = np.searchsorted(self.hours_us, block.time_us)
        known = block.sensor < self.reported.shape[1]
        for i, m in enumerate(self.domain.metrics):
            if m.name in block.minutes:
                self.minutes[m.name].minutes(block.minutes[m.name], place, block.sensor)
            if m.name in block.hours:
                self.hours[m.name].hours(block.hours[m.name], place, block.sensor)
                there = known & (block.hours[m.name].n > 0)
                self.reported[hour[there], block.sensor[there], i] = True
            if m.name in block.readings:
                row, value = block.readings[m.name]
                self.readings[m.name].append((place[row], value))


@dataclass(slots=True)
class Groups:
    """The groups that the cells make up at some times: each zone, and each area of all its cells (zone "")."""

    keys: list[tuple[int, str, str]]  # time in microseconds, area, zone
    zones: Ints  # the places (time * cells + cell) that are zones
    zone: Ints  # by place: its zone's group, -1 where it is none
    area: Ints  # by place: its area's group

    @classmethod
    def of(cls, members: Members, times: Sequence[int]) -> Groups:
        zones = [i for i, (_, zone) in enumerate(members.cells) if zone]
        areas = list(dict.fromkeys(area for area, _ in members.cells))
        names = [members.cells[i] for i in zones] + [(area, "") for area in areas]
        zone = np.full((len(times), len(members.cells)), -1, np.int64)
        area = np.zeros(zone.shape, np.int64)
        first = np.arange(len(times))[:, None] * len(names)
        zone[:, zones] = first + np.arange(len(zones))
        area[:] = first + [len(zones) + areas.index(a) for a, _ in members.cells]
        keys = [(time, *name) for time in times for name in names]
        return cls(keys, np.flatnonzero(zone.ravel() >= 0), zone.ravel(), area.ravel())

    def figures(self, tally: Tally) -> Figures:
        """The figures of all groups from a tally of the places."""
        found = tally.figures()
        whole = Tally(tally.metric, len(self.keys), tally.n.shape[1])
        whole.fold(found, self.area)
        whole.fold(found.take(self.zones), self.zone[self.zones])
        return whole.figures()

    def sums(self, by_place: Values) -> Values:
        """(places,) added up by group."""
        out = np.zeros(len(self.keys), by_place.dtype)
        out[self.zone[self.zones]] = by_place[self.zones]
        np.add.at(out, self.area, by_place)
        return out

    def percentiles(self, metric: Metric, readings: Sequence[tuple[Ints, Values]]) -> Floats:
        """Percentiles of all readings of each group, (groups, p). ``readings``: (place or -1, value)."""
        out = np.full((len(self.keys), len(metric.percentiles)), np.nan)
        if not readings:
            return out
        place = np.concatenate([c for c, _ in readings])
        value = np.concatenate([v for _, v in readings])
        place, value = place[place >= 0], value[place >= 0]
        # First the areas, then the zones: a reading counts in both, and need not be held twice.
        for group in (self.area[place], self.zone[place]):
            mine = group >= 0
            found = percentiles(group[mine], value[mine], len(self.keys), metric.percentiles)
            out = np.where(np.isnan(found), out, found)
        return out


@dataclass(slots=True)
class Span:
    """One metric of all groups over an hour or a day."""

    figures: Figures
    percentiles: Floats
    expected: Ints
    due_n: Floats
    left_out: Ints


def expectations(
    groups: Groups, members: Members, wanted: Sequence[Bools], seconds: float
) -> list[tuple[Ints, Floats, Ints]]:
    """Per metric and group: sensors expected, readings due of them in so many seconds, and sensors kept out.

    ``wanted``: (s, m) of each time, which sensor is expected to report which metric.
    """
    cells = len(members.cells)

    def by_group(cell: Ints, weights: Floats | None) -> Values:
        return np.bincount(cell, weights, minlength=cells)

    out = []
    for i in range(wanted[0].shape[1]):
        shares: list[tuple[Values, Values, Values]] = []
        for every in wanted:
            mine = np.flatnonzero(every[:, i] & (members.cell >= 0))
            kept = members.kept_out[every[:, i] & (members.kept_out >= 0)]
            cell = members.cell[mine]
            shares.append(
                (by_group(cell, None), by_group(cell, seconds / members.interval_s[mine]), by_group(kept, None))
            )
        count, every_due, left_out = (groups.sums(np.concatenate(columns)) for columns in zip(*shares, strict=True))
        out.append((count, every_due, left_out))
    return out


def write_hours(
    conn: psycopg.Connection, fold: Fold, *, places: Places | None = None, raw_from: int | None = None,
    minutes_too: bool = True,
) -> None:  # fmt: skip
    """Write what the hours of a fold come to; in place of what is there of all ``places``, if they are given.

    Percentiles of hours before ``raw_from``, whose readings are gone, stay as they are there. ``minutes_too``: else
    the figures of minutes stay.
    """
    domain, times = fold.domain, fold.hours_us.tolist()
    groups = Groups.of(fold.members, times)
    wanted = [
        expected(conn, domain, fold.members, reported, hour + HOUR_US)
        for hour, reported in zip(times, fold.reported, strict=True)
    ]
    shares = expectations(groups, fold.members, wanted, 3600.0)
    minutes, spans = {}, {}
    for m, (count, due_n, left_out) in zip(domain.metrics, shares, strict=True):
        found = groups.figures(fold.minutes[m.name])
        if found.n.any():
            minutes[m.name] = found
        p = groups.percentiles(m, fold.readings.get(m.name, []))
        spans[m.name] = Span(groups.figures(fold.hours[m.name]), p, count, due_n, left_out)
    if places is not None:
        if raw_from is not None and times[0] < raw_from:
            keep_percentiles(conn, "group_hour", domain, places, groups, spans, raw_from)
        delete(conn, "group_hour", domain, places, times)
        if minutes_too:
            delete(conn, "group_minute", domain, places, times)
    if minutes_too:
        _write_minutes(conn, domain, groups, minutes)
    write_spans(conn, "group_hour", domain, groups, spans)


def of_places(domain: Domain, places: Places, times: Sequence[int]) -> sql.Composable:
    """SQL, from JOIN's ON to the end: rows g of a domain's groups at these times, found by their index."""
    pairs = sorted(set(places))
    return sql.SQL(
        """unnest({areas}::text[], {zones}::text[]) AS k (area, zone) CROSS JOIN unnest({metrics}::text[]) AS m (name)
           WHERE g.zone = k.zone AND g.metric = m.name AND g.domain = {domain} AND g.area = k.area
             AND g.time >= {first} AND g.time <= {last} AND g.time = ANY(ARRAY[{times}])"""
    ).format(
        areas=sql.Literal([area for area, _ in pairs]),
        zones=sql.Literal([zone for _, zone in pairs]),
        metrics=sql.Literal([m.name for m in domain.metrics]),
        domain=sql.Literal(domain.code),
        first=stamp(times[0]),
        last=stamp(times[-1]),
        times=sql.SQL(", ").join(map(stamp, times)),
    )


def keep_percentiles(
    conn: psycopg.Connection, table: str, domain: Domain, places: Places, groups: Groups, spans: dict[str, Span],
    raw_from: int,
) -> None:  # fmt: skip
    """Take the percentiles of groups before ``raw_from`` from the table."""
    times = sorted({time for time, _, _ in groups.keys})
    rows = conn.execute(
        sql.SQL(
            """SELECT (extract(epoch FROM g.time) * 1000000)::bigint, g.area, g.zone, g.metric, g.p
               FROM {} g CROSS JOIN {} AND g.p IS NOT NULL"""
        ).format(sql.Identifier(table), of_places(domain, places, times))
    )
    old = {(time, area, zone, metric): p for time, area, zone, metric, p in rows}
    for metric, span in spans.items():
        for i, key in enumerate(groups.keys):
            if key[0] < raw_from and span.percentiles.shape[1]:
                span.percentiles[i] = old.get((*key, metric), np.nan)


def _key(groups: Groups, domain: Domain, metric: str, rows: Ints) -> list[Column]:
    def texts(values: Iterable[str]) -> Values:
        return np.array([v.encode() for v in values], np.bytes_)

    keys = [groups.keys[i] for i in rows.tolist()]
    return [
        Column("time", ">i8", wire.times(np.array([t for t, _, _ in keys], np.int64))),
        Column("area", "", texts(a for _, a, _ in keys)),
        Column("zone", "", texts(z for _, _, z in keys)),
        Column("domain", "", texts([domain.code] * len(keys))),
        Column("metric", "", texts([metric] * len(keys))),
    ]


def _write_minutes(conn: psycopg.Connection, domain: Domain, groups: Groups, found: dict[str, Figures]) -> None:
    def parts() -> Iterator[bytes]:
        for metric, f in found.items():
            some = np.flatnonzero(f.n.any(axis=1))
            f = f.take(some)
            yield from wire.rows(
                [
                    *_key(groups, domain, metric, some),
                    Column("n", ">i4", f.n), Column("mean", ">f4", f.mean), Column("min", ">f4", f.low),
                    Column("max", ">f4", f.high), Column("value", ">f8", f.value), Column("sensors", ">i4", f.sensors),
                ]
            )  # fmt: skip

    wire.write(conn, "group_minute", (*KEY, *MINUTE), parts())


def write_spans(conn: psycopg.Connection, table: str, domain: Domain, groups: Groups, spans: dict[str, Span]) -> None:
    """Write hours or days of all groups that have readings or should have some."""

    def parts() -> Iterator[bytes]:
        for metric, s in spans.items():
            some = np.flatnonzero((s.figures.n[:, 0] > 0) | (s.expected > 0) | (s.left_out > 0))
            if not len(some):
                continue
            f = s.figures.take(some)
            columns = [*_key(groups, domain, metric, some), Column("n", ">i8", f.n[:, 0])]
            for name, values in (
                ("mean", f.mean), ("min", f.low), ("max", f.high), ("value", f.value), ("x", f.x), ("y", f.y)
            ):  # fmt: skip
                columns.append(Column(name, ">f8", values[:, 0], ~np.isnan(values[:, 0])))
            p = s.percentiles[some]
            there: Bools = np.array(~np.isnan(p).any(axis=1) if p.shape[1] else np.zeros(len(p)), bool)
            columns.append(Column("p", ">f8", p, there))
            columns.append(Column("sensors", ">i4", f.sensors[:, 0]))
            columns.append(Column("expected", ">i4", s.expected[some]))
            columns.append(Column("due_n", ">f8", s.due_n[some]))
            columns.append(Column("left_out", ">i4", s.left_out[some]))
            yield from wire.rows(columns)

    wire.write(conn, table, (*KEY, *HOUR), parts())


def delete(conn: psycopg.Connection, table: str, domain: Domain, places: Places, times: Sequence[int]) -> None:
    """Take away a domain's rows of these hours or days (ascending). ``places``: every (area, zone) that there is."""
    conn.execute(
        sql.SQL("DELETE FROM {} g USING {}").format(sql.Identifier(table), of_places(domain, places, times))
    )  # fmt: skip
