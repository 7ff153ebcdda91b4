"""The tables of zones and areas: what is written, taken away, and kept where readings are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.bucket_groups import Figures
from city.bucket_rows import HOUR_US, Bools, Ints, Values
from city.buckets import MINUTES, Minutes, by_minute
from city.registry import Domain
from infra.rollup import wire
from infra.rollup.groups import Fold, Groups, Span, expectations
from infra.rollup.members import expected
from infra.rollup.source import stamp
from infra.rollup.wire import Column

MINUTE = ("n", "mean", "min", "max", "value", "sensors", "p")
HOUR = ("n", "mean", "min", "max", "value", "x", "y", "p", "sensors", "expected", "due_n", "left_out")
KEY = ("time", "area", "zone", "domain", "metric")
#: (area, zone), and (area, "") for the whole area.
Places = Sequence[tuple[str, str]]


def write_hours(
    conn: psycopg.Connection, fold: Fold, *, places: Places | None = None, raw_from: int | None = None,
    minutes_too: bool = True,
) -> None:  # fmt: skip
    """Write what the hours of a fold come to; in place of what is there of all ``places``, if they are given.

    Percentiles of hours and minutes before ``raw_from``, whose readings are gone, stay as they are there.
    ``minutes_too``: else the figures of minutes stay.
    """
    domain, times = fold.domain, fold.hours_us.tolist()
    groups = Groups.of(fold.members, times)
    wanted = [
        expected(conn, domain, fold.members, reported, hour + HOUR_US)
        for hour, reported in zip(times, fold.reported, strict=True)
    ]
    shares = expectations(groups, fold.members, wanted, 3600.0)
    minutes: dict[str, Figures] = {}
    ranks: dict[str, NDArray[np.float32]] = {}
    spans = {}
    for m, (count, due_n, left_out) in zip(domain.metrics, shares, strict=True):
        found = groups.figures(fold.minutes[m.name])
        if found.n.any():
            minutes[m.name] = found
        p = np.empty((len(groups.keys), 0))
        if m.percentiles:
            spot, value = fold.taken(m.name)
            p = groups.percentiles(m, spot // MINUTES, value)
            if minutes_too:
                ranks[m.name] = by_minute(groups.percentiles(m, spot, value, MINUTES))
        spans[m.name] = Span(groups.figures(fold.hours[m.name]), p, count, due_n, left_out)
    if places is not None:
        if raw_from is not None and times[0] < raw_from:
            keep_percentiles(conn, "group_hour", domain, places, groups, spans, raw_from)
            if minutes_too:
                keep_minutes(conn, domain, places, groups, ranks, raw_from)
        delete(conn, "group_hour", domain, places, times)
        if minutes_too:
            delete(conn, "group_minute", domain, places, times)
    if minutes_too:
        _write_minutes(conn, domain, groups, minutes, ranks)
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


def keep_minutes(
    conn: psycopg.Connection, domain: Domain, places: Places, groups: Groups, ranks: dict[str, NDArray[np.float32]],
    raw_from: int,
) -> None:  # fmt: skip
    """Take the percentiles of the minutes of groups before ``raw_from`` from the table: (groups, p, 60) by metric."""
    times = sorted({time for time, _, _ in groups.keys})
    rows = conn.execute(
        sql.SQL(
            """SELECT (extract(epoch FROM g.time) * 1000000)::bigint, g.area, g.zone, g.metric, g.n, g.mean, g.p
               FROM group_minute g CROSS JOIN {} AND g.metric = ANY({})"""
        ).format(of_places(domain, places, times), sql.Literal(list(ranks)))
    ).fetchall()
    at = {key: i for i, key in enumerate(groups.keys)}
    for values in ranks.values():
        values[[i for key, i in at.items() if key[0] < raw_from]] = np.nan
    for time, area, zone, metric, n, mean, p in rows:
        i = at.get((time, area, zone))
        if i is None or time >= raw_from:
            continue
        was = Minutes(np.array([mean], np.float32), np.array([n], np.int16), None, None, None)
        number = ranks[metric].shape[1]
        if p is not None and len(p) == number * MINUTES:
            was.percentiles = np.array(p, np.float32).reshape(1, number, MINUTES)
        ranks[metric][i] = was.ranks(number)[0]


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


def _write_minutes(
    conn: psycopg.Connection, domain: Domain, groups: Groups, found: dict[str, Figures],
    ranks: dict[str, NDArray[np.float32]],
) -> None:  # fmt: skip
    """Percentiles are null where no minute has several readings, or none is known: of one reading the mean is each."""

    def parts() -> Iterator[bytes]:
        for metric, f in found.items():
            some = np.flatnonzero(f.n.any(axis=1))
            f = f.take(some)
            p = ranks[metric][some].reshape(len(some), -1) if metric in ranks else f.mean
            known: Bools = np.array((f.n > 1).any(axis=1) & ~np.isnan(p).all(axis=1) & (metric in ranks), bool)
            yield from wire.rows(
                [
                    *_key(groups, domain, metric, some),
                    Column("n", ">i4", f.n), Column("mean", ">f4", f.mean), Column("min", ">f4", f.low),
                    Column("max", ">f4", f.high), Column("value", ">f8", f.value), Column("sensors", ">i4", f.sensors),
                    Column("p", ">f4", p, known),
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
