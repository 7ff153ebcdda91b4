"""Readings that come for days whose readings have been dropped: kept in the rollups, and dropped again after that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from city.bucket_rows import HOUR_US
from infra import retention, settings
from infra.catalog import Catalog
from infra.retention import Verdict
from tests.integration.rollups import START, City

pytestmark = pytest.mark.servers

DAY_US = 24 * HOUR_US
#: Past by any clock: the journal goes by the database's.
BEGIN = START - 20 * DAY_US
#: The day after the last one that may go, 91 days after the readings.
LATER = BEGIN + 100 * DAY_US
KEEP = settings.load()

Hours = dict[tuple[int, int, object], list[float]]


@pytest.fixture
def city(database: str, catalog: Catalog) -> Iterator[City]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        yield City(conn, catalog, catalog.registry.domains["traffic"], 5)


def hours(city: City, table: str = "hour_traffic") -> Hours:
    """Speed by (sensor, channel, hour), as it is rolled up: n, mean, least, greatest."""
    rows = city.conn.execute(
        f"SELECT sensor, channel, time, speed$n, speed$mean, speed$min, speed$max FROM {table} WHERE speed$n > 0"
    )
    return {(s, c, t): figures for s, c, t, *figures in rows.fetchall()}


def of_all_that_came(city: City) -> Hours:
    """The same, worked out from every reading that was ever stored."""
    rows = city.conn.execute(
        """SELECT sensor, channel, date_trunc('hour', time), count(speed), avg(speed), min(speed), max(speed)
           FROM every_reading WHERE quality = 0 AND speed IS NOT NULL GROUP BY 1, 2, 3"""
    )
    return {(s, c, t): figures for s, c, t, *figures in rows.fetchall()}


def same(got: Hours, want: Hours) -> None:
    assert got.keys() == want.keys()
    for key, figures in want.items():
        assert got[key][0] == figures[0], key
        np.testing.assert_allclose(got[key][1:], figures[1:], rtol=1e-5)


def remember(city: City) -> None:
    """Copy what is there now, as far as it is not yet copied, before it is dropped."""
    city.conn.execute("CREATE TABLE IF NOT EXISTS every_reading AS SELECT * FROM reading_traffic WITH NO DATA")
    city.conn.execute("INSERT INTO every_reading TABLE reading_traffic EXCEPT TABLE every_reading")


def drop(city: City, now_us: int = LATER) -> list[Verdict]:
    return [v for v in retention.drop(city.conn, city.catalog, KEEP, now_us) if v.chunk.domain]


def count(city: City, table: str = "reading_traffic") -> int:
    row = city.conn.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row
    return int(row[0])


def some(city: City, n: int, since_us: int) -> None:
    """Readings whose instants nobody has used before: what was dropped cannot be told from what is new."""
    cols = city.batch(n, since_us, since_us + 20 * HOUR_US)
    cols.time_us = cols.time_us // 1000 * 1000 + city.seq
    cols.values = cols.values.astype(np.float32).astype(float)
    city.write(cols)


def test_a_late_reading_into_a_dropped_hour_survives(city: City) -> None:
    for day in range(3):
        some(city, 300, BEGIN + day * DAY_US)
    city.roll(BEGIN + 5 * DAY_US)
    remember(city)
    same(hours(city), of_all_that_came(city))

    assert all(v.stays is None for v in drop(city))
    assert count(city) == 0
    same(hours(city), of_all_that_came(city))

    some(city, 200, BEGIN + DAY_US)
    remember(city)
    late = drop(city)
    assert late
    assert all(v.stays and "late readings" in v.stays.en for v in late), "not before they are rolled up"
    city.roll(LATER)
    same(hours(city), of_all_that_came(city))
    assert all(v.stays is None for v in drop(city))
    assert count(city) == 0
    same(hours(city), of_all_that_came(city))


def test_what_is_dropped_in_the_middle_of_all_is_always_rolled_up(city: City) -> None:
    """Readings of many days in random order, rounds of rolling up and of retention in between: nothing is lost."""
    now, gone = BEGIN, 0
    for n in range(14):
        since = BEGIN + int(city.rng.integers(0, 8)) * DAY_US
        some(city, int(city.rng.integers(20, 120)), since)
        now = max(now, since + int(city.rng.integers(0, 2)) * DAY_US)
        remember(city)
        if city.rng.random() < 0.5:
            city.roll(now + 30 * HOUR_US)
        if city.rng.random() < 0.5:
            gone += sum(v.stays is None for v in drop(city, LATER - 12 * DAY_US + n * DAY_US))
    assert gone, "some was dropped in between"
    city.roll(LATER)
    same(hours(city), of_all_that_came(city))
    drop(city, LATER + 20 * DAY_US)
    assert count(city) == 0
    same(hours(city), of_all_that_came(city))
