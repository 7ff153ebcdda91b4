"""Late readings: the hours of sensors that the log of changes names are worked out anew, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from city.bucket_rows import HOUR_US, Ints
from city.buckets import blocks
from infra.rollup import changed, days, group_tables, groups, members, merge, source, stored, write
from infra.rollup.task import DAY_US, State, Task, city_day

#: Hours of sensors of one transaction, about, and of one step of it.
MANY, STEP = 50_000, 5_000
#: How long a late reading waits, for each sensor of its domain: 50,000 make it a quarter of an hour.
WAIT_US = 18_000
#: Stored hours of sensors that are held while groups are folded anew.
ROWS = 16_384


def work_off(task: Task) -> bool:
    """Work off what is due of the earliest city day, in one transaction; False when nothing is due."""
    with task.snapshot():
        state = task.state()
        if state.done is None:
            return False
        ids, sensor, hour, batches = _due(task, state.done)
        if task.patient and ids and not _ripe(task, ids):
            return False
        if not ids:
            return False
        edge = -(1 << 62)
        if state.raw_from is not None:
            # The first hour with readings lacks the one before, from which its counters would rise.
            edge = state.raw_from + (HOUR_US if task.counters else 0)
        gone = hour < edge
        if gone.any():
            _merge(task, sensor[gone], hour[gone], batches)
        sensor, hour = _with_next(task, sensor, hour, state.done)
        fresh = hour >= edge
        _recompute(task, sensor[fresh], hour[fresh])
        hours = np.unique(hour).tolist()
        known = members.load(task.conn, task.domain, task.settings)
        for run in _runs(hours):
            regroup(task, run, state, known)
        for day in sorted({city_day(h) for h in hours}):
            if day + DAY_US <= state.done:
                days.write_day(task, day)
        changed.note_written(task.conn, task.domain.code, hours)
        task.conn.execute("DELETE FROM rollup_due WHERE id = ANY(%s)", [ids])
        task.count("late", len(hours))
        task.count("late_sensor_hours", len(sensor))
    return True


def _due(task: Task, done: int) -> tuple[list[int], Ints, Ints, Ints]:
    """Entries of the earliest city day with any, of its first hour only where they are many: their ids, the
    (sensor, hour) that they name, each once, and their batches."""
    rows = task.conn.execute(
        """SELECT id, (extract(epoch FROM hour) * 1000000)::bigint, batch, sensors FROM rollup_due
           WHERE domain = %(domain)s AND hour < to_timestamp(%(done)s) AND hour < (
               SELECT min(hour) FROM rollup_due WHERE domain = %(domain)s) + interval '1 day'
           ORDER BY hour, id""",
        {"domain": task.domain.code, "done": done / 1e6},
    ).fetchall()
    if rows:
        end = city_day(rows[0][1]) + DAY_US
        if sum(len(r[3]) for r in rows) > MANY:
            end = rows[0][1] + HOUR_US
        rows = [r for r in rows if r[1] < end]
    if not rows:
        return [], np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    sensor = np.concatenate([np.array(r[3], np.int64) for r in rows])
    hour = np.repeat(np.array([r[1] for r in rows]), [len(r[3]) for r in rows])
    pairs = np.unique(np.stack([sensor, hour], axis=1), axis=0)
    return [r[0] for r in rows], pairs[:, 0], pairs[:, 1], np.unique([r[2] for r in rows])


def _ripe(task: Task, ids: list[int]) -> bool:
    """Whether the entries have waited so long that folding their groups anew, which asks all sensors of the domain,
    stays below a hundredth of a processor."""
    row = task.conn.execute(
        """SELECT (extract(epoch FROM min(b.received_at)) * 1000000)::bigint,
                  (SELECT count(*) FROM sensor WHERE domain = %s AND status = 'active')
           FROM rollup_due d JOIN batch b ON b.id = d.batch WHERE d.id = ANY(%s)""",
        [task.domain.code, ids],
    ).fetchone()
    if row is None or row[0] is None:
        return True
    return bool(task.now_us - row[0] >= row[1] * WAIT_US)


def _with_next(task: Task, sensor: Ints, hour: Ints, done: int) -> tuple[Ints, Ints]:
    """With the hours after, whose counters rise from here, as far as they are rolled up."""
    if not task.counters:
        return sensor, hour
    after = hour + HOUR_US
    pairs = np.stack([np.concatenate((sensor, sensor[after < done])), np.concatenate((hour, after[after < done]))], 1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0], pairs[:, 1]


def _recompute(task: Task, sensor: Ints, hour: Ints) -> None:
    before = HOUR_US if task.counters else 0
    for a in range(0, len(sensor), STEP):
        who, when = sensor[a : a + STEP], hour[a : a + STEP]
        rows = task.rows(
            source.of_pairs(task.conn, task.domain, who, when, before), bounded=False, numbered=True
        )  # fmt: skip
        write.delete(task.conn, task.domain, who, when)
        wanted = merge.among(rows.sensor, rows.time_us // HOUR_US * HOUR_US, who, when)
        write.blocks(task.conn, task.domain, blocks(task.domain, rows, wanted=wanted))


def _merge(task: Task, sensor: Ints, hour: Ints, batches: Ints) -> None:
    for a in range(0, len(sensor), STEP):
        who, when = sensor[a : a + STEP], hour[a : a + STEP]
        block = merge.merged(task, who, when, batches)
        if block is not None:
            write.delete(task.conn, task.domain, block.sensor.astype(np.int64), block.time_us)
            write.blocks(task.conn, task.domain, [block])


def _runs(hours: list[int]) -> list[list[int]]:
    """Hours that follow each other, together."""
    at = np.array(hours)
    return [part.tolist() for part in np.split(at, np.flatnonzero(np.diff(at) > HOUR_US) + 1)]


def regroup(task: Task, hours: list[int], state: State, known: members.Members) -> None:
    """Fold the groups of hours that follow each other anew, from what is rolled up of their sensors."""
    conn, domain = task.conn, task.domain
    fold = groups.Fold(domain, known, hours)
    first, last = hours[0], hours[-1] + HOUR_US
    parts = -(-max(1, int((known.cell >= 0).sum()) * len(hours)) // ROWS)
    kept = task.settings.keep_minute_days
    whole = not kept or first >= task.now_us - kept * DAY_US  # else its minutes may have been dropped
    every = stored.Stretch(conn, domain, domain.metrics, first, last)
    several = every.arrays() if whole else {}
    for i in range(parts):
        stretch = replace(every, part=(i, parts))
        both = [list(stretch.hours())]
        if whole:
            both.append(list(stretch.minutes(several=several, ranks=False)))
        for block in map(stored.joined, both):
            if block is not None:
                fold.add(block)
    names = [m.name for m in domain.metrics if m.percentiles]
    for hour in hours if names else []:
        if state.raw_from is None or hour >= state.raw_from:
            found = source.from_rows(conn, domain, hour, hour + HOUR_US, metrics=names)
            rows = task.rows(found, bounded=False, numbered=False)
            for name, value in rows.values.items():
                there = ~np.isnan(value)
                fold.take(name, fold.spots(rows.sensor[there], rows.time_us[there]), value[there])
    places = sorted({*task.places, *known.cells})
    group_tables.write_hours(conn, fold, places=places, raw_from=state.raw_from, minutes_too=whole)
