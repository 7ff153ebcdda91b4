"""Reading rollups: hours and minutes of sensors as columns, also of the hours that are not rolled up yet.

Figures of the stored hours are those of the tables: means, least and greatest of single-precision metrics are single
precision (`city.decimals.widen` makes them what people wrote). Hours from `done_until_us` on, the running one
included, are worked out from the readings by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from city import buckets
from city.bucket_rows import HOUR_US, Floats, Ints, TooMany, gather
from city.buckets import Block, blocks
from city.registry import Domain, Metric
from infra.rollup import source, stored

#: Rows of readings that are held at a time, of up to ten metrics: a few hundred MB with all that is worked out.
LIMIT = 3_200_000
_NEVER = np.iinfo(np.int64).min
Minutes60 = NDArray[Any]


@dataclass(slots=True)
class Keys:
    """n rows by (sensor, channel, hour), in this order: int64 (n,) each; ``time_us`` is the start of the hour."""

    sensor: Ints
    channel: Ints
    time_us: Ints

    def __len__(self) -> int:
        return len(self.sensor)


@dataclass(slots=True)
class Hours(Keys):
    """Hours of sensors. Figures by metric, float64 (n,), NaN where an hour lacks the metric (``n`` is 0 there).

    ``x``, ``y`` (mean sine, mean cosine) of directions only; ``percentile`` by (metric, p). ``lag_s``: the least time
    from a reading to its receipt, NaN where it is not known.
    """

    lag_s: Floats
    n: dict[str, Floats] = field(default_factory=dict)
    mean: dict[str, Floats] = field(default_factory=dict)
    low: dict[str, Floats] = field(default_factory=dict)
    high: dict[str, Floats] = field(default_factory=dict)
    value: dict[str, Floats] = field(default_factory=dict)
    x: dict[str, Floats] = field(default_factory=dict)
    y: dict[str, Floats] = field(default_factory=dict)
    percentile: dict[tuple[str, int], Floats] = field(default_factory=dict)


@dataclass(slots=True)
class Minutes(Keys):
    """Minutes of sensors, an hour a row: by metric arrays (n, 60), NaN where a minute has no reading; ``n`` int16.

    ``low`` and ``high`` are float32, of counters float64; ``value`` is the mean but for amounts and counters.
    ``percentile`` by (metric, p), NaN also where it is not known.
    """

    n: dict[str, Minutes60] = field(default_factory=dict)
    mean: dict[str, Minutes60] = field(default_factory=dict)
    low: dict[str, Minutes60] = field(default_factory=dict)
    high: dict[str, Minutes60] = field(default_factory=dict)
    value: dict[str, Minutes60] = field(default_factory=dict)
    percentile: dict[tuple[str, int], Minutes60] = field(default_factory=dict)


def done_until_us(conn: psycopg.Connection, domain_code: str) -> int:
    """Hours before it are rolled up; the least int64 where none is."""
    row = conn.execute(
        """SELECT CASE WHEN isfinite(done_until) THEN (extract(epoch FROM done_until) * 1000000)::bigint END
           FROM rollup_state WHERE domain = %s""",
        [domain_code],
    ).fetchone()
    return _NEVER if row is None or row[0] is None else int(row[0])


def _chosen(domain: Domain, metrics: Sequence[str]) -> list[Metric]:
    found = [domain.metric(name) for name in metrics]
    return [m for m in found if m is not None]


def _fresh(
    conn: psycopg.Connection, domain: Domain, metrics: list[Metric], from_us: int, to_us: int,
    sensors: Sequence[int] | None,
) -> Iterator[Block]:  # fmt: skip
    """Blocks from the readings themselves, hour by hour, with bounded memory."""
    names = [m.name for m in metrics]
    before = HOUR_US if any(m.aggregate == "increase" for m in metrics) else 0
    parts = 1
    for hour in range(from_us, to_us, HOUR_US):
        i = 0
        while i < parts:
            found = source.from_rows(
                conn, domain, hour - before, hour + HOUR_US, part=(i, parts), sensors=sensors, metrics=names
            )
            try:
                rows = gather(
                    domain, found, limit=LIMIT if i == 0 else None, received=lambda b: source.received(conn, b)
                )
            except TooMany:
                parts *= 2
                continue
            yield from blocks(domain, rows, wanted=rows.time_us >= hour)
            i += 1


def _span(conn: psycopg.Connection, domain: Domain, from_us: int, to_us: int) -> tuple[int, int, int]:
    """Whole hours that begin in [from, to), and where among them the readings themselves must be asked."""
    first, last = -(-from_us // HOUR_US) * HOUR_US, -(-to_us // HOUR_US) * HOUR_US
    done = min(max(done_until_us(conn, domain.code), first), last)
    if done < last:
        # Nothing is older than the first chunk and nothing newer than the last: a long range costs nothing.
        row = conn.execute(
            """SELECT (extract(epoch FROM min(range_start)) * 1000000)::bigint,
                      (extract(epoch FROM max(range_end)) * 1000000)::bigint
               FROM timescaledb_information.chunks WHERE hypertable_name = %s""",
            [f"reading_{domain.code}"],
        ).fetchone()
        oldest, newest = row if row and row[0] is not None else (last, last)
        return first, max(done, min(int(oldest), last)), min(last, int(newest))
    return first, done, last


def _sorted(parts: list[Block]) -> tuple[list[Block], NDArray[np.intp], list[NDArray[Any]]]:
    keys = [
        np.concatenate([getattr(b, name) for b in parts]).astype(np.int64) if parts else np.empty(0, np.int64)
        for name in ("sensor", "channel", "time_us")
    ]
    by = np.lexsort((keys[2], keys[1], keys[0]))
    return parts, by, [k[by] for k in keys]


def hours(
    conn: psycopg.Connection,
    domain: Domain,
    metrics: Sequence[str],
    *,
    from_us: int,
    to_us: int,
    sensors: Sequence[int] | None = None,
) -> Hours:
    """The hours that begin in [from, to) (microseconds), by (sensor, channel, hour).

    ``metrics``: names of the domain; others are left out. ``sensors``: numbers of the database, None for all.
    """
    wanted = _chosen(domain, metrics)
    first, done, last = _span(conn, domain, from_us, to_us)
    parts = list(stored.Stretch(conn, domain, wanted, first, done, sensors).hours()) if first < done else []
    for block in _fresh(conn, domain, wanted, done, last, sensors):
        block.minutes.clear()
        block.readings.clear()
        parts.append(block)
    parts, by, keys = _sorted(parts)
    lag = np.concatenate([b.lag_s for b in parts]).astype(np.float64) if parts else np.empty(0)
    out = Hours(keys[0], keys[1], keys[2], lag[by])
    for m in wanted:

        def column(take: Any, metric: Metric = m) -> Floats:
            pieces = [
                np.asarray(take(b.hours[metric.name]), np.float64)
                if metric.name in b.hours
                else np.full(len(b), np.nan)
                for b in parts
            ]
            return np.concatenate(pieces)[by] if pieces else np.empty(0)

        out.n[m.name] = np.nan_to_num(column(lambda h: h.n))
        out.mean[m.name] = column(lambda h: h.mean)
        out.low[m.name], out.high[m.name] = column(lambda h: h.low), column(lambda h: h.high)
        out.value[m.name] = column(lambda h: h.value)
        if m.aggregate == "circular":
            out.x[m.name], out.y[m.name] = column(lambda h: h.x), column(lambda h: h.y)
        for i, p in enumerate(m.percentiles):
            out.percentile[m.name, p] = column(lambda h, i=i: h.percentiles[:, i])
    return out


def minutes(
    conn: psycopg.Connection,
    domain: Domain,
    metrics: Sequence[str],
    *,
    from_us: int,
    to_us: int,
    sensors: Sequence[int] | None = None,
    ranks: bool = False,
) -> Minutes:
    """The minutes of the hours that begin in [from, to) (microseconds), by (sensor, channel, hour). See `hours`.

    ``ranks``: with percentiles, which are half as much again.
    """
    wanted = _chosen(domain, metrics)
    first, done, last = _span(conn, domain, from_us, to_us)
    there = stored.Stretch(conn, domain, wanted, first, done, sensors)
    parts = list(there.minutes(ranks=ranks)) if first < done else []
    parts += list(_fresh(conn, domain, wanted, done, last, sensors))
    parts, by, keys = _sorted(parts)
    out = Minutes(keys[0], keys[1], keys[2])
    for m in wanted:
        found = [b.minutes.get(m.name) or _nothing(len(b)) for b in parts]

        def column(take: Callable[[buckets.Minutes], Minutes60], found: list[buckets.Minutes] = found) -> Minutes60:
            return np.concatenate([take(f) for f in found])[by] if found else np.empty((0, 60), np.float32)

        out.n[m.name], out.mean[m.name] = column(lambda f: f.counts()), column(lambda f: f.mean)
        out.low[m.name] = column(lambda f: f.mean if f.low is None else f.low)
        out.high[m.name] = column(lambda f: f.mean if f.high is None else f.high)
        out.value[m.name] = column(lambda f: f.mean if f.value is None else f.value)
        if ranks and m.percentiles:
            number = len(m.percentiles)
            known = [f.ranks(number) for f in found] or [np.empty((0, number, 60), np.float32)]
            every = np.concatenate(known)[by]
            out.percentile |= {(m.name, p): every[:, i] for i, p in enumerate(m.percentiles)}
    return out


def _nothing(hours: int) -> buckets.Minutes:
    """The minutes of so many hours that lack a metric."""
    return buckets.Minutes(np.full((hours, 60), np.nan, np.float32), None, None, None, None)
