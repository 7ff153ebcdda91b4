"""Late readings of hours whose other readings have been dropped: added to what is rolled up.

Counts, sums, least and greatest add up; percentiles, of minutes too, stay as they were. A reading that was there
before and comes a second time cannot be told any more, and counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from city.bucket_groups import Figures, Tally
from city.bucket_rows import HOUR_US, Bools, Ints, Values
from city.buckets import MINUTES, Block, Hours, Minutes, blocks
from city.registry import Metric
from infra.rollup import source, stored
from infra.rollup.source import Parts
from infra.rollup.task import Task


def merged(task: Task, sensor: Ints, hour_us: Ints, batches: Ints) -> Block | None:
    """These (sensor, hour) with what the batches have stored into them added to what is rolled up."""
    marks: list[Bools] = []

    def marked(found: Parts) -> Parts:
        for cols, batch in found:
            marks.append(np.isin(batch, batches))
            yield cols, batch

    before = HOUR_US if task.counters else 0
    rows = task.rows(
        marked(source.of_pairs(task.conn, task.domain, sensor, hour_us, before)), bounded=False, numbered=True
    )
    if not len(rows):
        return None
    wanted = np.concatenate(marks) & among(rows.sensor, rows.time_us // HOUR_US * HOUR_US, sensor, hour_us)
    # All in one block: of several, one may have arrays that another does without.
    new = next(blocks(task.domain, rows, wanted=wanted, size=len(rows)), None)
    if new is None:
        return None
    first, last = int(hour_us.min()), int(hour_us.max()) + HOUR_US
    who = np.unique(sensor).tolist()
    parts = [stored.joined(list(_there(task, first, last, who, kind))) for kind in ("hours", "minutes")]
    old = [_take(b, among(b.sensor, b.time_us, sensor, hour_us)) for b in parts if b is not None]
    return _added(task, [new, *old])


def among(sensor: Values, hour_us: Values, sensors: Ints, hours_us: Ints) -> Bools:
    """Which (sensor, hour) are among those of the second pair of columns."""
    key = sensor.astype(np.int64) << 32 | hour_us // HOUR_US
    return np.isin(key, sensors << 32 | hours_us // HOUR_US)


def _there(task: Task, first: int, last: int, sensors: list[int], kind: str) -> Iterator[Block]:
    there = stored.Stretch(task.conn, task.domain, task.domain.metrics, first, last, sensors)
    return there.hours() if kind == "hours" else there.minutes()


def _take(block: Block, rows: Bools) -> Block:
    def some(values: Values | None) -> Values | None:
        return None if values is None else values[rows]

    def minutes(m: Minutes) -> Minutes:
        return Minutes(m.mean[rows], some(m.n), some(m.low), some(m.high), some(m.value), some(m.percentiles))

    def hours(h: Hours) -> Hours:
        return Hours(
            h.n[rows], h.mean[rows], h.low[rows], h.high[rows], h.value[rows], some(h.x), some(h.y),
            some(h.percentiles),
        )  # fmt: skip

    return Block(
        block.sensor[rows], block.channel[rows], block.time_us[rows], block.lag_s[rows],
        {k: minutes(m) for k, m in block.minutes.items()}, {k: hours(h) for k, h in block.hours.items()}, {},
    )  # fmt: skip


def _added(task: Task, parts: list[Block]) -> Block:
    """The blocks added up, by (sensor, channel, hour)."""
    keys = np.concatenate([np.stack([b.sensor, b.channel, b.time_us], axis=1).astype(np.int64) for b in parts])
    unique, place = np.unique(keys, axis=0, return_inverse=True)
    places = np.split(place.ravel(), np.cumsum([len(b) for b in parts])[:-1])
    out = Block(
        unique[:, 0].astype(np.int32), unique[:, 1].astype(np.int16), unique[:, 2],
        np.full(len(unique), np.nan, np.float32), {}, {}, {},
    )  # fmt: skip
    for block, at in zip(parts, places, strict=True):
        out.lag_s[at] = np.fmin(out.lag_s[at], block.lag_s)
    for m in task.domain.metrics:
        if not any(m.name in b.minutes or m.name in b.hours for b in parts):
            continue
        minutes, hours = Tally(m, len(out), 60), Tally(m, len(out), 1)
        p = np.full((len(out), len(m.percentiles)), np.nan)
        p60 = np.full((*p.shape, MINUTES), np.nan, np.float32)
        for i, (block, at) in enumerate(zip(parts, places, strict=True)):
            if m.name in block.minutes:
                part = block.minutes[m.name]
                minutes.minutes(part, at, block.sensor)
                # What is rolled up stays, known or not; where nothing was, the new readings are all there are.
                was = (part.counts() > 0)[:, None] if i else True
                p60[at] = np.where(was, part.ranks(len(m.percentiles)), p60[at])
            if m.name in block.hours:
                hours.hours(block.hours[m.name], at, block.sensor)
                found = block.hours[m.name].percentiles
                if found is not None:
                    p[at] = np.where(block.hours[m.name].n[:, None] > 0 if i else True, found, p[at])
        out.minutes[m.name] = _minutes(m, minutes.figures(), p60)
        out.hours[m.name] = _hours(m, hours.figures(), p)
    return out


def _minutes(metric: Metric, f: Figures, percentiles: NDArray[np.float32]) -> Minutes:
    wide = np.float64 if metric.double else np.float32
    n = np.minimum(f.n, np.iinfo(np.int16).max).astype(np.int16)
    value = f.value.astype(np.float32) if metric.aggregate in ("sum", "increase") else None
    return Minutes(
        f.mean.astype(np.float32), n, f.low.astype(wide), f.high.astype(wide), value,
        percentiles if metric.percentiles else None,
    )  # fmt: skip


def _hours(metric: Metric, f: Figures, percentiles: Values) -> Hours:
    circular = metric.aggregate == "circular"
    return Hours(
        f.n[:, 0], f.mean[:, 0], f.low[:, 0], f.high[:, 0], f.value[:, 0],
        f.x[:, 0] if circular else None, f.y[:, 0] if circular else None,
        percentiles if metric.percentiles else None,
    )  # fmt: skip
