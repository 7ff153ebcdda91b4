"""Rollups that are not worked out anew: after readings were dropped, and in a database of an older version."""

from __future__ import annotations

import math

import numpy as np
import psycopg
import pytest

from city.bucket_rows import HOUR_US
from city.columns import Columns
from infra import migrate, schema
from infra.catalog import Catalog
from infra.rollup import read
from tests.integration.rollups import MINUTE, START, City, recomputed, same

pytestmark = pytest.mark.servers
GRACE_US = 120_000_000


@pytest.mark.parametrize("domain", ["traffic", "environment"])
def test_late_readings_of_an_hour_whose_others_are_gone_are_added(database: str, catalog: Catalog, domain: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], 11)
        for m in city.domain.metrics:
            assert m.aggregate != "increase"
        late = [city.batch(30, START, START + 3 * HOUR_US) for _ in range(3)]
        # Many in a minute; of a direction it is not kept how steady it was in the minute to which more is added.
        dense = 240_000_000 if domain == "traffic" else 3 * HOUR_US
        late.append(without(city.batch(300, START, START + dense), late))
        for _ in range(3):
            last = len(city.sent) == 2
            cols = city.batch(400 if last else 60, START, START + (dense if last else 3 * HOUR_US))
            city.write(without(cols, late))
        now = START + 40 * HOUR_US
        city.roll(now)
        table = schema.table(domain)
        conn.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")
        conn.execute("SELECT drop_chunks(%s, older_than => to_timestamp(%s))", [table, (START + 30 * HOUR_US) / 1e6])
        conn.execute("UPDATE rollup_state SET raw_from = to_timestamp(%s)", [(START + 30 * HOUR_US) / 1e6])
        before = percentiles_of(conn, domain)
        minutes, wider = city.minutes(), city.minutes_of_groups()
        for cols in late:
            city.write(cols)
            city.roll(now)
        assert conn.execute("SELECT count(*) FROM rollup_due").fetchone() == (0,)
        # What is rolled up stands for both: those that were dropped, and those that came late.
        conn.execute(f"INSERT INTO {table} SELECT * FROM kept ON CONFLICT DO NOTHING")
        city.percentiles = False
        assert city.check(now) > 500
        assert before.items() <= percentiles_of(conn, domain).items()
        for was, is_now in ((minutes, city.minutes()), (wider, city.minutes_of_groups())):
            grown = [key for key in was if is_now[key].n > was[key].n]
            assert len(grown) > 20
            assert domain != "traffic" or sum(bool(was[key].p) for key in grown) > 5
            assert all(is_now[key].p == was[key].p for key in was), "as they were"
        now_there = city.minutes()
        assert len(now_there) > len(minutes)
        for key, one in recomputed(conn, city.domain, MINUTE).items():
            if key not in minutes:  # nothing was there: the late ones are all there are
                same(city.domain, key[-1], one, now_there[key], key)


def without(cols: Columns, others: list[Columns]) -> Columns:
    """The rows whose keys none of the others has."""

    def keys(c: Columns) -> list[tuple[int, ...]]:
        return [tuple(k) for k in np.stack([c.sensor, c.channel, c.time_us], 1).tolist()]

    taken = {k for c in others for k in keys(c)}
    return cols.take(np.array([k not in taken for k in keys(cols)]))


def test_late_readings_of_many_sensors_whose_others_are_gone(database: str, catalog: Catalog) -> None:
    """More than a block holds, of which some have minutes with several readings and others have none."""
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 12)
        more = (
            "INSERT INTO sensor (sensor_id, area, domain) SELECT 'M' || i, 'bac_giang', 'traffic' FROM generate_series"
        )
        conn.execute(f"{more}(1, 120) AS i")
        city.sensors = [n for (n,) in conn.execute("SELECT id FROM sensor ORDER BY id").fetchall()]
        city.roll(START + 40 * HOUR_US)
        conn.execute("UPDATE rollup_state SET raw_from = to_timestamp(%s)", [(START + 36 * HOUR_US) / 1e6])
        cols = city.batch(8000, START + 8 * HOUR_US, START + 30 * HOUR_US)
        keys = np.stack([cols.sensor, cols.channel, cols.time_us // HOUR_US], 1)
        _, first = np.unique(keys, axis=0, return_index=True)
        alone = np.isin(np.arange(len(cols)), first)
        city.write(cols.take((cols.sensor < city.sensors[70]) | alone))
        assert city.roll(START + 40 * HOUR_US).late_sensor_hours > 2048
        assert city.check_minutes("") > 10_000


def percentiles_of(conn: psycopg.Connection, domain: str) -> dict[tuple[object, ...], object]:
    """Percentiles of the groups that are there."""
    rows = conn.execute(
        "SELECT area, zone, metric, time, p FROM group_hour WHERE domain = %s AND p IS NOT NULL", [domain]
    )
    return {tuple(row[:4]): tuple(row[4]) for row in rows}


@pytest.mark.parametrize("domain", ["traffic", "lighting"])
def test_a_database_from_before_percentiles_of_minutes(database: str, catalog: Catalog, domain: str) -> None:
    """What its rows do not say is not known, nor taken for the mean; what is rolled up anew says it."""
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], 21)
        city.write(city.batch(400, START, START + 2 * HOUR_US))
        city.roll(START + 3 * HOUR_US)
        late = [(m.name, p) for d in catalog.registry.domains.values() for m in d.metrics for p in m.percentiles]
        conn.execute("DROP VIEW scoped.minute_traffic, scoped.group_minute")  # younger than these columns
        for name, p in late:
            conn.execute(f'ALTER TABLE minute_traffic DROP COLUMN "{name}$p{p}"')
        conn.execute("ALTER TABLE group_minute DROP COLUMN p")
        conn.execute("DELETE FROM migration WHERE name = '0009_minute_percentiles.sql'")
        assert schema.missing(conn, catalog.registry) == [f"minute_traffic.{name}$p{p}" for name, p in late]
        assert migrate.migrate(database, catalog.registry) == ["0009_minute_percentiles.sql"]
        assert schema.missing(conn, catalog.registry) == []
        for found in (city.minutes(), city.minutes_of_groups()):
            for key, one in found.items():
                assert all(p == one.mean if one.n == 1 else math.isnan(p) for p in one.p), key
            assert {one.n > 1 for one in found.values() if one.p} == ({True, False} if domain == "traffic" else set())
        names = [m.name for m in city.domain.metrics]
        minutes = read.minutes(conn, city.domain, names, from_us=START, to_us=START + 2 * HOUR_US, ranks=True)
        for (name, _), found_p in minutes.percentile.items():
            np.testing.assert_array_equal(found_p, np.where(minutes.n[name] == 1, minutes.mean[name], np.nan))
        for at in (0, HOUR_US):  # a late reading of each
            cols = city.batch(len(city.sensors) * 4, START + at, START + at + HOUR_US)
            cols.sensor[:], cols.channel[:] = city.sensors * 4, 0
            city.write(cols)
        city.roll(START + 3 * HOUR_US)
        assert city.check(START + 3 * HOUR_US - GRACE_US) > 100
