"""A rule put to history: how many readings a second, the judge alone and with a database.

    python -m benchmarks.replay [--sensors 2000] [--hours 6]

So many air stations report every 10 s; of 200 one swings around the level. A rule with hold times looks at all of them.
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import date

import numpy as np
import psycopg

from alerts.judge.terms import SECOND
from alerts.judge.world import World, world
from alerts.rules.model import Aggregate, Condition, Levels, Rate, Rule, Scope, Threshold
from alerts.trial import ask
from alerts.trial.replay import replay
from benchmarks.proc import rss_mb
from benchmarks.rig import rig, table
from city.columns import Columns
from city.sensors import Sensor
from infra import catalog, sensors, settings
from infra.catalog import Catalog
from infra.roster import groups_of, roster

HOUR_US, EVERY_US = 3600 * SECOND, 10 * SECOND
CONDITIONS: dict[str, Condition] = {
    "threshold": Threshold(metric="pm2_5", levels=Levels(above=50.0)),
    "rate": Rate(metric="pm2_5", over_s=600, levels=Levels(above=50.0)),
    "aggregate": Aggregate(metric="pm2_5", of="zone", window_s=300, levels=Levels(above=50.0)),
}


def a_rule(name: str) -> Rule:
    """A rule of that kind, with hold times."""
    return Rule(
        code=name, vi="-", en="-", kind="air_quality", severity="warning", condition=CONDITIONS[name],
        scope=Scope(domain=("environment",)), for_s=10.0, clear_for_s=30.0,
    )  # fmt: skip


def stations(count: int, city: Catalog) -> list[Sensor]:
    """So many air stations in all zones."""
    zones = list(city.zones)
    return [
        Sensor(f"A{i}", zones[i % len(zones)].area, "environment", zone=zones[i % len(zones)].code, interval_s=10.0,
               metrics=("pm2_5",), id=i + 1)
        for i in range(count)
    ]  # fmt: skip


def a_world(found: list[Sensor], city: Catalog) -> World:
    """Their world."""
    groups = groups_of(city.areas, city.zones, date(2026, 1, 1))
    everyone = roster(found, city.registry, groups, channels={"": 0}, version=1)
    return world(everyone, city.registry, city.zones, city.sites)


def step(count: int, begin_us: int, end_us: int) -> Columns:
    """Their readings of (begin, end]."""
    moments = np.arange(begin_us + EVERY_US, end_us + 1, EVERY_US, dtype=np.int64)
    sensor = np.tile(np.arange(1, count + 1, dtype=np.int32), len(moments))
    rng = np.random.default_rng(begin_us % 1_000_003)
    n = len(sensor)
    values = np.round(40 + np.where(sensor % 200 == 0, 20.0, 3.0) * rng.standard_normal(n), 1)
    return Columns(
        "environment", ("pm2_5",), sensor, np.zeros(n, np.int16), np.repeat(moments, count), np.zeros(n, np.uint8),
        np.zeros(n, np.float32), values.astype(np.float32).astype(np.float64)[:, None],
    )  # fmt: skip


FILL = """INSERT INTO reading_environment (time, sensor, batch, channel, quality, period_s, pm2_5)
    SELECT t, s.id, 1, 0, 0, 10,
           40 + CASE WHEN s.id %% 200 = 0 THEN 20 ELSE 3 END * sin(extract(epoch FROM t) / 300 + s.id)
    FROM generate_series(to_timestamp(%s), to_timestamp(%s) - interval '1 second', interval '10 seconds') AS t,
         (SELECT id FROM sensor) AS s"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sensors", type=int, default=2_000)
    parser.add_argument("--hours", type=int, default=6)
    asked = parser.parse_args()
    city = catalog.load(settings.load())
    to_us = time.time_ns() // 1000 // HOUR_US * HOUR_US
    from_us = to_us - asked.hours * HOUR_US
    found = stations(asked.sensors, city)
    there = a_world(found, city)
    steps = [([step(asked.sensors, at, at + HOUR_US)], at + HOUR_US) for at in range(from_us, to_us, HOUR_US)]
    head = ("rule", "readings", "judge, readings/s", "with a database, readings/s", "alerts")
    rows: list[tuple[str, ...]] = []
    with rig() as r, psycopg.connect(r.postgres.url, autocommit=True) as conn:
        sensors.save(conn, found)
        conn.execute(FILL, [from_us / 1e6, to_us / 1e6])
        conn.execute("ANALYZE reading_environment")
        for name in CONDITIONS:
            begun = time.process_time()
            said = replay(a_rule(name), there, steps, from_us, to_us)
            alone = said.readings / (time.process_time() - begun)
            kept = ask.replay(conn, city, settings.load(), a_rule(name), from_us, to_us)
            rows.append((name, f"{said.readings:,}", f"{alone:,.0f}", f"{kept.readings_per_s:,.0f}",
                         f"{said.count.alerts}"))  # fmt: skip
    print(table(head, rows))
    print(f"\nmemory {rss_mb(os.getpid()):,.0f} MB; {asked.sensors:,} sensors, {asked.hours} h, every 10 s")


if __name__ == "__main__":
    main()
