"""City days of zones and areas, from their hours. A city day begins at 17:00 UTC."""

from __future__ import annotations

import numpy as np
from psycopg import sql

from city.bucket_groups import Figures, Tally
from city.bucket_rows import HOUR_US, Bools, Ints, Values
from city.registry import Metric
from infra import schema
from infra.rollup import group_tables, groups, members, source
from infra.rollup.groups import Groups, Span
from infra.rollup.source import stamp
from infra.rollup.task import DAY_US, Task

#: Readings of a metric with percentiles that a day may have: sorting them takes some 30 bytes each.
SORTED = 20_000_000


def write_day(task: Task, day: int) -> None:
    """Write the domain's city day that begins at ``day`` (microseconds), in the caller's transaction."""
    conn, domain = task.conn, task.domain
    known = members.load(conn, domain, task.settings)
    now = Groups.of(known, [day])
    places = sorted({*task.places, *((area, zone) for _, area, zone in now.keys)})
    hours, keys = _hours(task, day, places, now.keys)
    if not hours:
        group_tables.delete(conn, "group_day", domain, places, [day])
        return
    reported = _reported(task, day, known)
    wanted = members.expected(conn, domain, known, reported, day + DAY_US)
    shares = groups.expectations(now, known, [wanted], 86_400.0)
    spans = {}
    for i, (m, (count, due_n, left_out)) in enumerate(zip(domain.metrics, shares, strict=True)):
        figures = hours[m.name].figures()
        cells = np.bincount(known.cell[(known.cell >= 0) & reported[:, i]], minlength=len(known.cells))
        figures.sensors = _wider(now.sums(cells), len(keys))[:, None]
        p = _percentiles(task, m, day, now, known, len(keys), int(figures.n.sum()))
        spans[m.name] = Span(figures, p, *(_wider(v, len(keys)) for v in (count, due_n, left_out)))
    whole = Groups(keys, now.zones, now.zone, now.area)
    raw_from = task.state().raw_from
    if raw_from is not None and day < raw_from:
        group_tables.keep_percentiles(conn, "group_day", domain, places, whole, spans, raw_from)
    group_tables.delete(conn, "group_day", domain, places, [day])
    group_tables.write_spans(conn, "group_day", domain, whole, spans)
    task.count("days")


def _wider(values: Values, size: int) -> Values:
    return np.concatenate((values, np.zeros(size - len(values), values.dtype)))


def _reported(task: Task, day: int, known: members.Members) -> Bools:
    """Which sensor has reported which metric on the day: (s, m)."""
    names = ", ".join(f"bool_or({m.name}$n IS NOT NULL)" for m in task.domain.metrics)
    rows = task.conn.execute(
        sql.SQL("SELECT sensor, ARRAY[{}] FROM {} WHERE time >= {} AND time < {} GROUP BY sensor").format(
            sql.SQL(names), sql.Identifier(schema.hour_table(task.domain.code)), stamp(day), stamp(day + DAY_US)
        )
    ).fetchall()
    out = np.zeros((len(known.cell), len(task.domain.metrics)), bool)
    for sensor, flags in rows:
        if sensor < len(out):
            out[sensor] = flags
    return out


def _hours(
    task: Task, day: int, places: group_tables.Places, keys: list[tuple[int, str, str]]
) -> tuple[dict[str, Tally], list[tuple[int, str, str]]]:
    """The day's hours of every group added up by metric, and the groups: ``keys`` and those that once were."""
    hours = list(range(day, day + DAY_US, HOUR_US))
    rows = task.conn.execute(
        sql.SQL(
            """SELECT g.area, g.zone, g.metric, g.n, g.mean, g.min, g.max, g.value, g.x, g.y
               FROM group_hour g CROSS JOIN {}"""
        ).format(group_tables.of_places(task.domain, places, hours))
    ).fetchall()
    keys = list(dict.fromkeys([*keys, *((day, area, zone) for area, zone, *_ in rows)]))
    at_key = {key: i for i, key in enumerate(keys)}
    out = {m.name: Tally(m, len(keys), 1) for m in task.domain.metrics}
    for m in task.domain.metrics:
        mine = [r for r in rows if r[2] == m.name]
        if not mine:
            continue
        at: Ints = np.array([at_key[day, r[0], r[1]] for r in mine])
        n, mean, low, high, value, x, y = (
            np.array([[np.nan if r[i] is None else r[i]] for r in mine], np.float64) for i in range(3, 10)
        )
        none = np.zeros(n.shape, np.int64)  # sensors of several hours are not added up
        part = Figures(n.astype(np.int64), mean, low, high, value, x, y, none)
        out[m.name].fold(part, at)
    return (out if rows else {}), keys


def _percentiles(
    task: Task, metric: Metric, day: int, now: Groups, known: members.Members, size: int, n: int
) -> Values:
    """Percentiles of a day's readings, (groups, p)."""
    out = np.full((size, len(metric.percentiles)), np.nan)
    if not metric.percentiles:
        return out
    if n > SORTED * 2:  # a reading counts in its zone and in its area
        task.log.warning("percentiles of a day left out", domain=task.domain.code, metric=metric.name, readings=n // 2)
        return out
    spots, values = [], []
    for hour in range(day, day + DAY_US, HOUR_US):
        found = source.from_rows(task.conn, task.domain, hour, hour + HOUR_US, metrics=[metric.name])
        rows = task.rows(found, bounded=False, numbered=False)
        if metric.name in rows.values:
            value = rows.values[metric.name]
            there = ~np.isnan(value)
            cell = known.of(rows.sensor[there].astype(np.int64))
            spots.append(cell[cell >= 0].astype(np.int32))
            values.append(value[there][cell >= 0])
    if spots:
        out[: len(now.keys)] = now.percentiles(metric, np.concatenate(spots), np.concatenate(values))
    return out
