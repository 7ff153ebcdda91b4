"""Rollups say what a recomputation from the readings says, whatever arrives when, and whoever dies."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from city.bucket_rows import HOUR_US
from infra.catalog import Catalog
from tests.integration.rollups import START, City

pytestmark = pytest.mark.servers
GRACE_US = 120_000_000


def at_random(city: City, rounds: int) -> int:
    """Readings of some hours in random order, late, filled and repeated, with rounds of rolling up in between."""
    now = START
    for _ in range(rounds):
        for _ in range(int(city.rng.integers(1, 5))):
            late = city.rng.random() < 0.3
            since = START if late else max(START, now - HOUR_US // 2)
            cols = city.batch(int(city.rng.integers(1, 60)), since, max(now, since + HOUR_US))
            if city.sent and city.rng.random() < 0.4:  # what was there before, and more of it
                old = city.sent[int(city.rng.integers(len(city.sent)))]
                cols = old.take(city.rng.random(len(old)) < 0.7)
                cols.values = np.where(np.isnan(cols.values), 5.0, cols.values)
            if len(cols):
                city.write(cols, careful=bool(city.rng.random() < 0.5))
        if city.rng.random() < 0.6:
            city.roll(now)
        now += int(city.rng.integers(1, 150)) * 60_000_000
    return now


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("source", ["journal", "readings"])
@pytest.mark.parametrize("domain", ["traffic", "lighting", "environment"])
def test_rollups_say_what_a_recomputation_says(
    database: str, catalog: Catalog, domain: str, source: str, seed: int
) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], seed)
        if source == "journal":
            city.journal_is_whole()
        now = at_random(city, 14) + 26 * HOUR_US
        done = city.roll(now)
        until = (now - GRACE_US) // HOUR_US * HOUR_US
        assert city.check(until) > 500
        assert city.roll(now).counts == {}
        if done.hours:
            assert done.counts.get("hours_from_journal", 0) == (done.hours if source == "journal" else 0)
