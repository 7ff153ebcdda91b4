"""What rollups must say: recomputed in SQL from the view `observation`, and a city that reports at random."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
import structlog

from city.bucket_rows import HOUR_US
from city.columns import Columns
from city.decoder import Decoder
from city.registry import Domain
from infra import schema, settings
from infra.catalog import Catalog
from infra.rollup.run import Rolled, roll
from ingest.decode import Decoded, Table
from ingest.receipts import Ledger
from ingest.store import Newest, Store, take_over

#: 2026-11-21T10:00Z; a city day begins seven hours later.
START = 1_795_255_200_000_000
LOG = structlog.get_logger()
SETTINGS = settings.load()

#: Every figure of a bucket, and of a counter the rise over the reading before, if that is an hour old at the most.
FIGURES = """
    WITH o AS (
        SELECT s.id AS sensor, c.id AS channel, o.area, o.zone, o.metric, o.time, o.value,
               lag(o.value) OVER w AS before, o.time - lag(o.time) OVER w <= interval '1 hour' AS near
        FROM observation o JOIN sensor s USING (sensor_id) JOIN channel c ON c.name = o.channel
        WHERE o.domain = %(domain)s AND o.quality = 'measuring'
        WINDOW w AS (PARTITION BY o.sensor_id, o.channel, o.metric ORDER BY o.time)
    ), r AS (
        SELECT *, CASE WHEN NOT coalesce(near, false) THEN 0
                       WHEN value >= before THEN value - before ELSE value END AS rise
        FROM o
    )
    SELECT {key}, metric, count(*), avg(value), min(value), max(value), sum(value), sum(rise),
           avg(sind(value)), avg(cosd(value)), 10 * log(avg(10 ^ (CASE WHEN metric = 'noise' THEN value END / 10))),
           percentile_cont(ARRAY[0.15, 0.5, 0.85]) WITHIN GROUP (ORDER BY value), count(DISTINCT sensor)
    FROM r {where} GROUP BY {group}, metric"""

#: The keys of a minute of a sensor.
MINUTE = "sensor, channel, date_trunc('minute', time)"


@dataclass
class Figure:
    n: int
    mean: float
    low: float
    high: float
    value: float
    p: list[float]
    sensors: int
    length: float  # of the mean vector of directions; 1 for all else


def figure(domain: Domain, metric: str, row: tuple[Any, ...]) -> Figure:
    n, mean, low, high, total, rise, x, y, energy, p, sensors = row
    m = domain.metric(metric)
    assert m is not None
    length = 1.0
    if m.aggregate == "circular":
        length = math.hypot(x, y)
        mean = math.degrees(math.atan2(x, y)) % 360
    elif m.aggregate == "energy":
        mean = energy
    value = {"sum": total, "increase": rise}.get(m.aggregate, mean)
    return Figure(n, mean, low, high, value, p if m.percentiles else [], sensors, length)


def recomputed(conn: psycopg.Connection, domain: Domain, key: str, where: str = "") -> dict[tuple[Any, ...], Figure]:
    """What the buckets of ``key`` (SQL expressions, separated by commas) come to, by (*key, metric)."""
    parts = key.count(",") - key.count("',") + 1
    group = ", ".join(str(i + 1) for i in range(parts))
    rows = conn.execute(FIGURES.format(key=key, group=group, where=where), {"domain": domain.code}).fetchall()
    return {row[: parts + 1]: figure(domain, row[parts], row[parts + 1 :]) for row in rows}


def close(a: float, b: float, rel: float = 3e-6) -> bool:
    return math.isclose(a, b, rel_tol=rel, abs_tol=2e-6)


def same(domain: Domain, metric: str, want: Figure, got: Figure, where: object, percentiles: bool = True) -> None:
    m = domain.metric(metric)
    assert m is not None
    assert got.n == want.n, (where, metric, got, want)
    assert close(got.low, want.low), (where, metric, got, want)
    assert close(got.high, want.high), (where, metric, got, want)
    if m.aggregate == "circular":
        if want.length > 1e-3:
            gap = abs(got.mean - want.mean) % 360
            assert min(gap, 360 - gap) < 1e-4 / want.length, (where, metric, got, want)
    else:
        assert close(got.mean, want.mean), (where, metric, got, want)
        assert close(got.value, want.value), (where, metric, got, want)
    if not percentiles:
        return
    assert len(got.p) == len(want.p), (where, metric, got, want)
    assert all(map(close, got.p, want.p)), (where, metric, got, want)


def known(ranks: list[float | None], n: int, mean: float) -> list[float]:
    """Percentiles of a minute as they are kept: null is its only reading, and NaN where it has several."""
    return [(mean if n == 1 else math.nan) if p is None else p for p in ranks]


@dataclass
class City:
    """A domain whose sensors report at random, through the collector's store; time goes on as the test says."""

    conn: psycopg.Connection
    catalog: Catalog
    domain: Domain
    seed: int
    sensors: list[int] = field(default_factory=list)
    seq: int = 0
    percentiles: bool = True  # compare them too
    sent: list[Columns] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.decoder = Decoder(self.domain)
        zones = [z.code for z in self.catalog.zones if z.area == "bac_giang"][:2]
        places = [("bac_giang", zones[0]), ("bac_giang", zones[0]), ("bac_giang", zones[1]), ("bac_giang", None)]
        for i, (area, zone) in enumerate([*places, *places]):
            row = self.conn.execute(
                """INSERT INTO sensor (sensor_id, area, domain, zone, interval_s) VALUES (%s, %s, %s, %s, 60)
                   RETURNING id""",
                [f"S-{self.domain.code}-{i}", area, self.domain.code, zone],
            ).fetchone()
            assert row is not None
            self.sensors.append(row[0])
        self.conn.execute("INSERT INTO channel (name) VALUES ('a'), ('b') ON CONFLICT DO NOTHING")
        self.channels = [r[0] for r in self.conn.execute("SELECT id FROM channel ORDER BY id").fetchall()]
        _, ledger = take_over(self.conn, "t", "e", 1000)
        self.store = Store(self.conn, "t", "e", ledger, Newest())
        assert isinstance(ledger, Ledger)

    def journal_is_whole(self) -> None:
        self.conn.execute("UPDATE rollup_state SET journal_from = '-infinity'")

    def batch(self, n: int, since_us: int, until_us: int) -> Columns:
        """n rows at random: a few sensors, channels, qualities; some values missing; some counters start again."""
        rng = self.rng
        values = rng.integers(1, 1440, (n, len(self.decoder.metrics))) / 16
        for i, m in enumerate(self.domain.metrics):
            if m.aggregate == "circular":
                values[:, i] = rng.integers(0, 24, n) * 15
            elif m.aggregate == "increase":
                values[:, i] = 1e6 + rng.integers(0, 40, n) * (1 - 0.9 * (rng.random(n) < 0.1))
        values[rng.random(values.shape) < 0.4] = np.nan
        values[np.isnan(values).all(axis=1), 0] = 1.0
        step = rng.choice([1, 1_000_000, 30_000_000])
        return Columns(
            self.domain.code, self.decoder.metrics, rng.choice(self.sensors, n).astype(np.int32),
            rng.choice([0, 0, *self.channels], n).astype(np.int16),
            since_us + rng.integers(0, (until_us - since_us) // step, n) * step,
            rng.choice([0, 0, 0, 0, 1, 2], n).astype(np.uint8), np.zeros(n, np.float32), values,
        )  # fmt: skip

    def write(self, cols: Columns, *, careful: bool = False) -> None:
        self.seq += 1
        self.sent.append(cols)
        again = np.zeros(len(cols), bool)
        received = int(cols.time_us.max()) + int(self.rng.integers(0, 90_000_000))
        done = self.store.write(
            Decoded(1, [Table(self.decoder, cols, again)], decoded=cols.readings), self.seq, received, careful=careful
        )
        assert done is not None

    def roll(self, now_us: int) -> Rolled:
        return roll(self.conn, self.catalog, SETTINGS, now_us, LOG)

    # What must hold

    def check(self, until_us: int) -> int:
        """All that is rolled up before ``until_us`` says what a recomputation says; returns how many figures."""
        where = f"WHERE time < to_timestamp({until_us / 1e6})"
        count = self.check_hours(where) + self.check_minutes(where) + self.check_groups(where, until_us)
        self.check_minutes_of_groups(where)
        assert self.conn.execute("SELECT count(*) FROM rollup_due").fetchone() == (0,)
        return count

    def check_hours(self, where: str) -> int:
        want = recomputed(self.conn, self.domain, "sensor, channel, date_trunc('hour', time)", where)
        got = {}
        for m in self.domain.metrics:
            value = f'"{m.name}$value"' if m.aggregate in ("sum", "increase") else f'"{m.name}$mean"'
            p = ", ".join(f'"{m.name}$p{p}"' for p in m.percentiles)
            for row in self.conn.execute(
                f"""SELECT sensor, channel, time, "{m.name}$n", "{m.name}$mean", "{m.name}$min", "{m.name}$max",
                           {value}, ARRAY[{p}]::real[] FROM {schema.hour_table(self.domain.code)}
                    WHERE "{m.name}$n" IS NOT NULL"""
            ):
                got[(*row[:3], m.name)] = Figure(*(math.nan if v is None else v for v in row[3:]), 1, 1.0)
        assert got.keys() == want.keys()
        for key, one in want.items():
            same(self.domain, key[-1], one, got[key], key, self.percentiles)
        lag = self.conn.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE abs(h.lag_s - r.lag) < 1e-3 * (1 + abs(r.lag)))
                FROM (SELECT sensor, channel, date_trunc('hour', time) AS hour,
                             min(extract(epoch FROM b.received_at - r.time)) AS lag
                      FROM {schema.table(self.domain.code)} r JOIN batch b ON b.id = r.batch {where} GROUP BY 1, 2, 3) r
                FULL JOIN {schema.hour_table(self.domain.code)} h USING (sensor, channel)
                WHERE h.time = r.hour OR h.time IS NULL OR r.hour IS NULL"""
        ).fetchone()
        assert lag is not None
        assert lag[0] == lag[1], "lag_s is the least of the hour"
        return len(want)

    def check_minutes(self, where: str) -> int:
        want = recomputed(self.conn, self.domain, MINUTE, where)
        got = self.minutes()
        assert got.keys() == want.keys()
        for key, one in want.items():
            same(self.domain, key[-1], one, got[key], key, self.percentiles)
        return len(want)

    def minutes(self) -> dict[tuple[Any, ...], Figure]:
        """Minutes of sensors as they are kept, by (sensor, channel, time, metric). Percentiles that are not known are
        NaN."""
        got = {}
        for m in self.domain.metrics:
            value = f'"{m.name}$value"' if m.aggregate in ("sum", "increase") else f'"{m.name}$mean"'
            p = "".join(f', "{m.name}$p{p}"[i]' for p in m.percentiles)
            for row in self.conn.execute(
                f"""SELECT sensor, channel, time + (i - 1) * interval '1 minute', "{m.name}$mean"[i], "{m.name}$n"[i],
                           "{m.name}$min"[i], "{m.name}$max"[i], {value}[i]{p}
                    FROM {schema.minute_table(self.domain.code)} CROSS JOIN generate_series(1, 60) AS i
                    WHERE "{m.name}$mean" IS NOT NULL"""
            ):
                key, (mean, n, low, high, own, *ranks) = row[:3], row[3:]
                if n is None:
                    assert set(ranks) <= {None}, "one reading is each of its percentiles"
                    n, low, high = int(not math.isnan(mean)), mean, mean
                if n:
                    got[(*key, m.name)] = Figure(n, mean, low, high, own, known(ranks, n, mean), 1, 1.0)
        return got

    def check_groups(self, where: str, until_us: int) -> int:
        count = 0
        day = "date_trunc('day', time + interval '7 hours') - interval '7 hours'"
        for table, key in (("group_hour", "date_trunc('hour', time)"), ("group_day", day)):
            within = where
            if table == "group_day":  # whole city days only
                last = (until_us - 17 * HOUR_US) // (24 * HOUR_US) * 24 * HOUR_US + 17 * HOUR_US
                within = f"WHERE time < to_timestamp({last / 1e6})"
            want = recomputed(self.conn, self.domain, f"area, zone, {key}", f"{within} AND zone IS NOT NULL")
            want |= recomputed(self.conn, self.domain, f"area, ''::text, {key}", within)
            got = {}
            for area, zone, at, metric, *row in self.conn.execute(
                f"""SELECT area, zone, time, metric, n, mean, min, max, value, p, sensors FROM {table}
                    WHERE n > 0 AND domain = %s""",
                [self.domain.code],
            ):
                n, mean, low, high, value, p, sensors = row
                one = Figure(
                    n, *(math.nan if v is None else v for v in (mean, low, high, value)), p or [], sensors, 1.0
                )
                got[area, zone, at, metric] = one
            assert got.keys() == want.keys(), table
            for k, one in want.items():
                same(self.domain, k[-1], one, got[k], (table, k), self.percentiles)
                assert got[k].sensors == one.sensors, (table, k)
            count += len(want)
        return count

    def check_minutes_of_groups(self, where: str) -> None:
        """Minutes of groups, but for directions: of a minute the length of their mean is not kept."""
        minute = "date_trunc('minute', time)"
        want = recomputed(self.conn, self.domain, f"area, zone, {minute}", f"{where} AND zone IS NOT NULL")
        want |= recomputed(self.conn, self.domain, f"area, ''::text, {minute}", where)
        circular = {m.name for m in self.domain.metrics if m.aggregate == "circular"}
        got = self.minutes_of_groups()
        assert got.keys() == want.keys()
        for key, one in want.items():
            assert got[key].sensors == one.sensors, key
            if key[-1] not in circular:
                same(self.domain, key[-1], one, got[key], key, self.percentiles)

    def minutes_of_groups(self) -> dict[tuple[Any, ...], Figure]:
        """Minutes of zones and areas as they are kept, by (area, zone, time, metric)."""
        count = {m.name: len(m.percentiles) for m in self.domain.metrics}
        got = {}
        for *key, n, mean, low, high, value, sensors, p in self.conn.execute(
            """SELECT area, zone, time + (i - 1) * interval '1 minute', metric, n[i], mean[i], min[i], max[i], value[i],
                      sensors[i], ARRAY(SELECT p[k + i] FROM generate_series(0, cardinality(p) - 1, 60) AS k)
               FROM group_minute CROSS JOIN generate_series(1, 60) AS i WHERE domain = %s AND n[i] > 0""",
            [self.domain.code],
        ):
            ranks = known(p or [None] * count[key[-1]], n, mean)
            got[tuple(key)] = Figure(n, mean, low, high, value, ranks, sensors, 1.0)
        return got
