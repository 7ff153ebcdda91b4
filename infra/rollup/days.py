"""City days of zones and areas, from their hours. A city day begins at 17:00 UTC."""

from __future__ import annotations

import numpy as np
from psycopg import sql

from city.bucket_groups import Figures, Tally
from city.bucket_rows import HOUR_US, Bools, Ints, Values
from city.registry import Metric
from infra import schema
from infra.rollup import groups, members, source
from infra.rollup.groups import Groups, Span
from infra.rollup.source import stamp
from infra.rollup.task import DAY_US, Task

#: Readings of a metric with percentiles that a day may have: sorting them takes some 30 bytes each.
SORTED = 20_000_000


def write_day(task: Task, day: int) -> None:
    """Write the domain's city day that begins at ``day`` (microseconds), in the caller's transaction."""
    conn, domain = task.conn, task.domain
    known = members.load(conn, domain, task.settings)
    reported = _reported(task, day, known)
    wanted = members.expected(conn, domain, known, reported, day + DAY_US)
    now = Groups.of(known)
    hours, keys = _hours(task, day, now.keys)
    old = groups.old_percentiles(conn, "group_day", domain, day)
    groups.delete(conn, "group_day", domain, task.places, day)
    if not hours:
        return
    shares = groups.expectations(now, known, wanted, 86_400.0)
    spans = {}
    for i, (m, (count, due_n, left_out)) in enumerate(zip(domain.metrics, shares, strict=True)):
        figures = hours[m.name].figures()
        there = known.cell[: len(reported)] >= 0
        cells = np.bincount(known.cell[there & reported[:, i]], minlength=len(known.cells))
        figures.sensors = _wider(now.sums(cells), len(keys))[:, None]
        p = _percentiles(task, m, day, now, known, old, keys, int(figures.n.sum()))
        spans[m.name] = Span(figures, p, *(_wider(v, len(keys)) for v in (count, due_n, left_out)))
    whole = Groups(keys, now.cells, now.area)
    groups.write_spans(conn, "group_day", domain, whole, day, spans)
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


def _hours(task: Task, day: int, keys: list[tuple[str, str]]) -> tuple[dict[str, Tally], list[tuple[str, str]]]:
    """The day's hours of every group added up by metric, and the groups: ``keys`` and those that once were."""
    pairs = sorted({*task.places, *keys})
    rows = task.conn.execute(
        sql.SQL(
            """SELECT g.area, g.zone, g.metric, g.n, g.mean, g.min, g.max, g.value, g.x, g.y
               FROM unnest(%s::text[], %s::text[]) AS k (area, zone) CROSS JOIN unnest(%s::text[]) AS m (name)
               JOIN group_hour g ON g.zone = k.zone AND g.metric = m.name AND g.domain = {} AND g.area = k.area
               WHERE g.time >= {} AND g.time < {}"""
        ).format(sql.Literal(task.domain.code), stamp(day), stamp(day + DAY_US)),
        [[a for a, _ in pairs], [z for _, z in pairs], [m.name for m in task.domain.metrics]],
        prepare=False,
    ).fetchall()
    keys = list(dict.fromkeys([*keys, *((area, zone) for area, zone, *_ in rows)]))
    places = {key: i for i, key in enumerate(keys)}
    out = {m.name: Tally(m, len(keys), 1) for m in task.domain.metrics}
    for m in task.domain.metrics:
        mine = [r for r in rows if r[2] == m.name]
        if not mine:
            continue
        at: Ints = np.array([places[r[0], r[1]] for r in mine])
        n, mean, low, high, value, x, y = (
            np.array([[np.nan if r[i] is None else r[i]] for r in mine], np.float64) for i in range(3, 10)
        )
        none = np.zeros(n.shape, np.int64)  # sensors of several hours are not added up
        part = Figures(n.astype(np.int64), mean, low, high, value, x, y, none)
        out[m.name].fold(part, at)
    return (out if rows else {}), keys


def _percentiles(
    task: Task,
    metric: Metric,
    day: int,
    now: Groups,
    known: members.Members,
    old: dict[tuple[str, str, str], list[float]],
    keys: list[tuple[str, str]],
    n: int,
) -> Values:
    """Percentiles of a day's readings, (groups, p); what was there where the readings are gone."""
    out = np.full((len(keys), len(metric.percentiles)), np.nan)
    if not metric.percentiles:
        return out
    raw_from = task.state().raw_from
    if raw_from is not None and raw_from > day:
        for i, key in enumerate(keys):
            out[i] = old.get((*key, metric.name), np.nan)
        return out
    if n > SORTED * 2:  # a reading counts in its zone and in its area
        task.log.warning("percentiles of a day left out", domain=task.domain.code, metric=metric.name, readings=n // 2)
        return out
    readings = []
    for hour in range(day, day + DAY_US, HOUR_US):
        found = source.from_rows(task.conn, task.domain, hour, hour + HOUR_US, metrics=[metric.name])
        rows = task.rows(found, bounded=False, numbered=False)
        if metric.name in rows.values:
            value = rows.values[metric.name]
            there = ~np.isnan(value)
            readings.append((known.of(rows.sensor[there].astype(np.int64)), value[there]))
    out[: len(now.keys)] = now.percentiles(metric, readings)
    return out
