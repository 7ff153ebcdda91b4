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
KEY = ("time", "area", "zone", "domain", "metric")


class Fold:
    """One hour of a domain, being folded from blocks of its sensors' hours."""

    def __init__(self, domain: Domain, members: Members) -> None:
        self.domain = domain
        self.members = members
        cells = len(members.cells)
        self.minutes = {m.name: Tally(m, cells, 60) for m in domain.metrics}
        self.hours = {m.name: Tally(m, cells, 1) for m in domain.metrics}
        self.reported = np.zeros((len(members.cell), len(domain.metrics)), bool)
        self.readings: dict[str, list[tuple[Ints, Values]]] = {m.name: [] for m in domain.metrics if m.percentiles}

    def add(self, block: Block) -> None:
        """Take in a block, all of it of this hour: its minutes, its hours or both. A sensor comes in one block only."""
        cell = self.members.of(block.sensor.astype(np.int64))
        known = block.sensor < len(self.reported)
        for i, m in enumerate(self.domain.metrics):
            if m.name in block.minutes:
                self.minutes[m.name].minutes(block.minutes[m.name], cell, block.sensor)
            if m.name in block.hours:
                self.hours[m.name].hours(block.hours[m.name], cell, block.sensor)
                self.reported[block.sensor[known & (block.hours[m.name].n > 0)], i] = True
            if m.name in block.readings:
                row, value = block.readings[m.name]
                self.readings[m.name].append((cell[row], value))


@dataclass(slots=True)
class Groups:
    """The groups that cells make up: each zone, and each area of all its cells (zone "")."""

    keys: list[tuple[str, str]]
    cells: Ints  # of each zone
    area: Ints  # (cells,): the place of each cell's area behind the zones

    @classmethod
    def of(cls, members: Members) -> Groups:
        zones = [i for i, (_, zone) in enumerate(members.cells) if zone]
        areas = list(dict.fromkeys(area for area, _ in members.cells))
        keys = [members.cells[i] for i in zones] + [(area, "") for area in areas]
        area = np.array([len(zones) + areas.index(a) for a, _ in members.cells], np.int64)
        return cls(keys, np.array(zones, np.int64), area)

    def figures(self, tally: Tally) -> Figures:
        """The figures of all groups from a tally of the cells."""
        found = tally.figures()
        whole = Tally(tally.metric, len(self.keys), tally.n.shape[1])
        whole.fold(found, self.area)
        whole.fold(found.take(self.cells), np.arange(len(self.cells)))
        return whole.figures()

    def sums(self, by_cell: Values) -> Values:
        """(cells,) added up by group."""
        out = np.zeros(len(self.keys), by_cell.dtype)
        out[: len(self.cells)] = by_cell[self.cells]
        np.add.at(out, self.area, by_cell)
        return out

    def percentiles(self, metric: Metric, readings: Sequence[tuple[Ints, Values]]) -> Floats:
        """Percentiles of all readings of each group, (groups, p). ``readings``: (cell or -1, value)."""
        if not readings:
            return np.full((len(self.keys), len(metric.percentiles)), np.nan)
        cell = np.concatenate([c for c, _ in readings])
        value = np.concatenate([v for _, v in readings])
        cell, value = cell[cell >= 0], value[cell >= 0]
        # First the areas, then the zones: a reading counts in both, and need not be held twice.
        out = percentiles(self.area[cell], value, len(self.keys), metric.percentiles)
        zone = np.full(len(self.area), -1)
        zone[self.cells] = np.arange(len(self.cells))
        mine = zone[cell]
        out[: len(self.cells)] = percentiles(
            mine[mine >= 0], value[mine >= 0], len(self.cells), metric.percentiles
        )  # fmt: skip
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
    groups: Groups, members: Members, wanted: Bools, seconds: float
) -> list[tuple[Ints, Floats, Ints]]:  # fmt: skip
    """Per metric and group: sensors expected, readings due of them in so many seconds, and sensors kept out."""
    cells = len(members.cells)
    out = []
    for i in range(wanted.shape[1]):
        mine = np.flatnonzero(wanted[:, i] & (members.cell >= 0))
        count = np.bincount(members.cell[mine], minlength=cells)
        due = np.bincount(members.cell[mine], seconds / members.interval_s[mine], minlength=cells)
        kept = members.kept_out[wanted[:, i] & (members.kept_out >= 0)]
        out.append((groups.sums(count), groups.sums(due), groups.sums(np.bincount(kept, minlength=cells))))
    return out


def write_hour(
    conn: psycopg.Connection, fold: Fold, hour_us: int, *, old: dict[tuple[str, str, str], list[float]] | None = None
) -> None:
    """Write what an hour's fold comes to. ``old``: percentiles by (area, zone, metric) that stay as they are."""
    groups = Groups.of(fold.members)
    if not groups.keys:
        return
    wanted = expected(conn, fold.domain, fold.members, fold.reported, hour_us + HOUR_US)
    shares = expectations(groups, fold.members, wanted, 3600.0)
    minutes, spans = {}, {}
    for m, (count, due_n, left_out) in zip(fold.domain.metrics, shares, strict=True):
        found = groups.figures(fold.minutes[m.name])
        if found.n.any():
            minutes[m.name] = found
        if m.percentiles and old is not None:
            p = np.array([old.get((*k, m.name), [np.nan] * len(m.percentiles)) for k in groups.keys])
        else:
            p = groups.percentiles(m, fold.readings.get(m.name, []))
        spans[m.name] = Span(groups.figures(fold.hours[m.name]), p, count, due_n, left_out)
    _write_minutes(conn, fold.domain, groups, hour_us, minutes)
    write_spans(conn, "group_hour", fold.domain, groups, hour_us, spans)


def _key(groups: Groups, domain: Domain, time_us: int, metric: str, rows: Ints) -> list[Column]:
    def texts(values: Iterable[str]) -> Values:
        return np.array([v.encode() for v in values], np.bytes_)

    keys = [groups.keys[i] for i in rows.tolist()]
    return [
        Column("time", ">i8", wire.times(np.full(len(keys), time_us))),
        Column("area", "", texts(a for a, _ in keys)),
        Column("zone", "", texts(z for _, z in keys)),
        Column("domain", "", texts([domain.code] * len(keys))),
        Column("metric", "", texts([metric] * len(keys))),
    ]


def _write_minutes(
    conn: psycopg.Connection, domain: Domain, groups: Groups, hour_us: int, found: dict[str, Figures]
) -> None:
    def parts() -> Iterator[bytes]:
        for metric, f in found.items():
            some = np.flatnonzero(f.n.any(axis=1))
            f = f.take(some)
            yield from wire.rows(
                [
                    *_key(groups, domain, hour_us, metric, some),
                    Column("n", ">i4", f.n), Column("mean", ">f4", f.mean), Column("min", ">f4", f.low),
                    Column("max", ">f4", f.high), Column("value", ">f8", f.value), Column("sensors", ">i4", f.sensors),
                ]
            )  # fmt: skip

    wire.write(conn, "group_minute", (*KEY, *MINUTE), parts())


def write_spans(
    conn: psycopg.Connection, table: str, domain: Domain, groups: Groups, time_us: int, spans: dict[str, Span]
) -> None:
    """Write an hour or a day of all groups that have readings or should have some."""

    def parts() -> Iterator[bytes]:
        for metric, s in spans.items():
            some = np.flatnonzero((s.figures.n[:, 0] > 0) | (s.expected > 0) | (s.left_out > 0))
            if not len(some):
                continue
            f = s.figures.take(some)
            columns = [*_key(groups, domain, time_us, metric, some), Column("n", ">i8", f.n[:, 0])]
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


def delete(
    conn: psycopg.Connection, table: str, domain: Domain, places: Sequence[tuple[str, str]], time_us: int
) -> None:
    """Take away a domain's rows of that hour or day. ``places``: every (area, zone) that the city has."""
    areas = sorted({area for area, _ in places})
    pairs = sorted({*places, *((area, "") for area in areas)})
    conn.execute(
        sql.SQL(
            """DELETE FROM {table} g
               USING unnest(%s::text[], %s::text[]) AS k (area, zone), unnest(%s::text[]) AS m (name)
               WHERE g.zone = k.zone AND g.metric = m.name AND g.domain = {domain} AND g.area = k.area
                 AND g.time = {time}"""
        ).format(table=sql.Identifier(table), domain=sql.Literal(domain.code), time=stamp(time_us)),
        [[a for a, _ in pairs], [z for _, z in pairs], [m.name for m in domain.metrics]],
        prepare=False,
    )


def old_percentiles(
    conn: psycopg.Connection, table: str, domain: Domain, time_us: int
) -> dict[tuple[str, str, str], list[float]]:
    """Percentiles that are there, by (area, zone, metric)."""
    rows = conn.execute(
        sql.SQL("SELECT area, zone, metric, p FROM {} WHERE domain = {} AND time = {} AND p IS NOT NULL").format(
            sql.Identifier(table), sql.Literal(domain.code), stamp(time_us)
        )
    )
    return {(area, zone, metric): p for area, zone, metric, p in rows}
