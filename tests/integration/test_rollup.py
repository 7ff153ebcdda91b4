"""Rollups say what a recomputation from the readings says, whatever arrives when, and whoever dies."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from typing import Any

import numpy as np
import psycopg
import pytest

from city.bucket_rows import HOUR_US
from city.columns import Columns
from infra import journal, migrate, schema
from infra.catalog import Catalog
from infra.rollup import closing, due, read, task
from infra.rollup.run import RUNNER, roll
from ingest.store import Newest, Store, take_over
from tests.integration.rollups import LOG, MINUTE, SETTINGS, START, City, recomputed, same

pytestmark = pytest.mark.servers
GRACE_US = 120_000_000


def at_random(city: City, rounds: int) -> int:
    """Readings of some hours in random order, late, filled and repeated, with rounds of rolling up in between."""
    now = START
    for _ in range(rounds):
        for _ in range(int(city.rng.integers(1, 5))):
            late = city.rng.random() < 0.3
            since = START if late else max(START, now - HOUR_US // 2)
            until = max(now, since + HOUR_US)
            if city.rng.random() < 0.3:
                until = since + 180_000_000  # many in a minute
            cols = city.batch(int(city.rng.integers(1, 60)), since, until)
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


@pytest.mark.parametrize(("source", "seed"), [("journal", 1), ("readings", 2)])
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


class Cut(Exception):
    """The process ends here."""


class Cutting(psycopg.Connection):
    """A connection that is lost before its n-th statement."""

    left = 1 << 30

    def _count(self) -> None:
        type(self).left -= 1
        if type(self).left <= 0:
            self.pgconn.finish()
            raise Cut

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self._count()
        return super().wait(*args, **kwargs)


@pytest.mark.parametrize("domain", ["traffic", "lighting"])
def test_a_death_anywhere_changes_nothing(database: str, catalog: Catalog, domain: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], 5)
        city.journal_is_whole()
        rng = np.random.default_rng(7)
        now, deaths = START, 0
        for _ in range(4):
            for late in (False, True):
                since = START if late else max(START, now - HOUR_US // 2)
                city.write(city.batch(40, since, max(now, since + HOUR_US)), careful=late)
            now += 100 * 60_000_000
            for _ in range(8):  # at first it dies early, then later and later, until it gets through
                Cutting.left = int(rng.integers(5, 60))
                with Cutting.connect(database, autocommit=True) as one:
                    try:
                        roll(one, catalog, SETTINGS, now, LOG)
                    except (Cut, psycopg.Error):
                        deaths += 1
        assert deaths > 16
        while city.roll(now + 26 * HOUR_US).busy:  # the server has not noticed the last death yet
            time.sleep(0.05)
        assert city.check((now + 26 * HOUR_US - GRACE_US) // HOUR_US * HOUR_US) > 100


def test_late_readings_of_a_large_domain_wait_for_others(
    database: str, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "WAIT_US", HOUR_US)  # of 8 sensors: eight hours
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 3)
        city.write(city.batch(20, START, START + HOUR_US))
        city.roll(START + 3 * HOUR_US)
        city.write(city.batch(20, START, START + HOUR_US))

        def patient(now_us: int) -> int:
            return roll(conn, catalog, SETTINGS, now_us, LOG, patient=True).late

        assert patient(START + 4 * HOUR_US) == 0
        assert patient(START + 10 * HOUR_US) == 1
        city.write(city.batch(20, START, START + HOUR_US))
        assert patient(START + 4 * HOUR_US) == 0
        assert city.roll(START + 4 * HOUR_US).late == 1, "who comes once has it all done"


def test_writers_and_rollups_at_the_same_time(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn, psycopg.connect(database, autocommit=True) as other:
        city = City(conn, catalog, catalog.registry.domains["lighting"], 6)
        city.journal_is_whole()
        written = threading.Event()
        failed: list[BaseException] = []

        def write() -> None:
            try:
                for i in range(40):  # each hour in turn, and again and again the first ones
                    since = START + (i % 7) * HOUR_US
                    city.write(city.batch(20, since, since + HOUR_US), careful=bool(i % 3))
            except BaseException as e:
                failed.append(e)
            finally:
                written.set()

        thread = threading.Thread(target=write)
        thread.start()
        rounds, late = 0, 0
        while not written.is_set():
            late += roll(other, catalog, SETTINGS, START + min(2 + rounds, 9) * HOUR_US, LOG).late
            rounds += 1
        thread.join()
        assert not failed
        assert rounds > 1
        late += roll(other, catalog, SETTINGS, START + 40 * HOUR_US, LOG).late
        assert late > 0
        assert city.check(START + 39 * HOUR_US) > 500


def test_one_at_a_time(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn, psycopg.connect(database, autocommit=True) as other:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 3)
        city.write(city.batch(20, START, START + HOUR_US))
        conn.execute("SELECT pg_advisory_lock(%s)", [RUNNER])
        assert roll(other, catalog, SETTINGS, START + 3 * HOUR_US, LOG).busy
        conn.execute("SELECT pg_advisory_unlock(%s)", [RUNNER])
        assert roll(other, catalog, SETTINGS, START + 3 * HOUR_US, LOG).hours == 1
        assert roll(conn, catalog, SETTINGS, START + 3 * HOUR_US, LOG).counts == {}


def test_a_batch_under_way_keeps_an_hour_open(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn, psycopg.connect(database) as writer:
        city = City(conn, catalog, catalog.registry.domains["water"], 3)
        city.write(city.batch(20, START, START + HOUR_US))
        writer.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext('reading_water'))", [closing.LOCK])
        done = city.roll(START + 3 * HOUR_US)
        assert done.waits == ["water"]
        assert done.hours == 0
        writer.rollback()
        assert city.roll(START + 3 * HOUR_US).hours == 1


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
        conn.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")  # type: ignore[arg-type]
        conn.execute("SELECT drop_chunks(%s, older_than => to_timestamp(%s))", [table, (START + 30 * HOUR_US) / 1e6])
        conn.execute("UPDATE rollup_state SET raw_from = to_timestamp(%s)", [(START + 30 * HOUR_US) / 1e6])
        before = percentiles_of(conn, domain)
        minutes, wider = city.minutes(), city.minutes_of_groups()
        for cols in late:
            city.write(cols)
            city.roll(now)
        assert conn.execute("SELECT count(*) FROM rollup_due").fetchone() == (0,)
        # What is rolled up stands for both: those that were dropped, and those that came late.
        conn.execute(f"INSERT INTO {table} SELECT * FROM kept ON CONFLICT DO NOTHING")  # type: ignore[arg-type]
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
        conn.execute(f"{more}(1, 120) AS i")  # type: ignore[arg-type]
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


def test_who_is_expected_who_reports_and_who_is_left_out(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 1)
        conn.execute("UPDATE sensor SET metrics = '{speed}' WHERE id <> %s", [city.sensors[7]])
        conn.execute("UPDATE sensor SET interval_s = 30 WHERE id = %s", [city.sensors[0]])
        conn.execute("UPDATE sensor SET status = 'maintenance' WHERE id = %s", [city.sensors[2]])
        conn.execute("INSERT INTO sensor_quality VALUES (%s, now(), 10, false)", [city.sensors[1]])
        cols = city.batch(8, START, START + HOUR_US)
        cols.sensor[:] = city.sensors
        cols.quality[:] = 0
        cols.values[:] = np.nan
        cols.values[:7, cols.metrics.index("speed")] = np.arange(7) * 10.0
        city.write(cols.take(slice(0, 6)))  # the last two are silent
        city.roll(START + 2 * HOUR_US)
        row = "SELECT n, mean, sensors, expected, due_n, left_out FROM group_hour WHERE metric = %s AND zone = ''"
        # 0, 3, 4, 5 report; 6 is silent; 1 is not trusted, 2 not in service; 7 has promised nothing.
        assert conn.execute(row, ["speed"]).fetchall() == [(4, 30.0, 4, 5, 60.0 * 4 + 120.0, 1)]
        zone = "SELECT expected, sensors FROM group_hour WHERE metric = 'speed' AND zone <> '' ORDER BY zone"
        assert conn.execute(zone).fetchall() == [(3, 3), (1, 0)]


@pytest.mark.parametrize("domain", ["traffic", "lighting", "environment"])
def test_hours_and_minutes_read_back_also_before_they_are_rolled_up(
    database: str, catalog: Catalog, domain: str
) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], 4)
        for _ in range(5):
            city.write(city.batch(60, START, START + 5 * HOUR_US))
        names = [m.name for m in city.domain.metrics]
        span = {"from_us": START, "to_us": START + 6 * HOUR_US}
        answers = []
        for until in (0, 2, 6):  # nothing, a part, all is rolled up
            if until:
                city.roll(START + until * HOUR_US + GRACE_US)
            assert read.done_until_us(conn, domain) == (START + until * HOUR_US if until else np.iinfo(np.int64).min)
            both = (
                read.hours(conn, city.domain, names, **span),
                read.minutes(conn, city.domain, names, ranks=True, **span),
            )
            assert all(len(found) > 50 for found in both)
            answers.append(both)
        for answer in answers[1:]:
            for mine, first in zip(answer, answers[0], strict=True):
                equal(mine, first)
        some = read.hours(conn, city.domain, names[:2], sensors=city.sensors[:2], **span)
        assert set(some.sensor.tolist()) == set(city.sensors[:2])
        assert list(some.mean) == names[:2]
        later = {"from_us": START + 90 * HOUR_US, "to_us": START + 99 * HOUR_US}
        assert len(read.hours(conn, city.domain, names, **later)) == 0


def equal(a: Any, b: Any) -> None:
    """Two answers say the same, to single precision."""
    for f in dataclasses.fields(a):
        mine, other = getattr(a, f.name), getattr(b, f.name)
        if isinstance(mine, dict):
            assert mine.keys() == other.keys()
            for key in mine:
                np.testing.assert_allclose(mine[key], other[key], rtol=1e-6, atol=1e-6, err_msg=f"{f.name} {key}")
        else:
            np.testing.assert_allclose(mine, other, rtol=1e-6)


@pytest.mark.parametrize("source", ["journal", "readings"])
def test_more_readings_than_are_held_are_taken_in_parts(
    database: str, catalog: Catalog, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "READINGS", 300)
    monkeypatch.setattr(due, "ROWS", 3)
    monkeypatch.setattr(due, "STEP", 2)
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["lighting"], 8)
        if source == "journal":
            city.journal_is_whole()
        for _ in range(4):
            city.write(city.batch(100, START, START + 2 * HOUR_US))
        names = [m.name for m in city.domain.metrics]
        span = {"from_us": START, "to_us": START + 2 * HOUR_US}
        whole = read.hours(conn, city.domain, names, **span)
        monkeypatch.setattr(read, "LIMIT", 30)
        equal(read.hours(conn, city.domain, names, **span), whole)
        city.roll(START + 3 * HOUR_US)
        city.write(city.batch(30, START, START + 2 * HOUR_US))
        city.roll(START + 40 * HOUR_US)
        assert city.check(START + 39 * HOUR_US) > 500


def test_a_domain_that_cannot_be_rolled_up_does_not_hold_the_others(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["water"], 3)
        city.write(city.batch(20, START, START + HOUR_US))
        conn.execute("DROP TABLE reading_lighting CASCADE")
        conn.execute(
            "INSERT INTO rollup_due (domain, hour, batch, sensors) VALUES ('lighting', '2020-01-01', 1, '{1}')"
        )
        with pytest.raises(psycopg.Error):
            city.roll(START + 3 * HOUR_US)
        assert conn.execute("SELECT count(*) FROM hour_water").fetchone() != (0,)


@pytest.mark.parametrize("source", ["journal", "readings"])
def test_when_a_file_was_read_says_nothing_of_clocks(database: str, catalog: Catalog, source: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 1)
        if source == "journal":
            city.journal_is_whole()
        live = city.batch(30, START, START + HOUR_US)
        city.write(live)
        name = f"{journal.FILES}20261123-050000-1a2b"
        city.store, city.seq = Store(conn, name, "e", take_over(conn, name, "e", 10)[1], Newest()), 0
        city.write(city.batch(30, START + HOUR_US, START + 2 * HOUR_US))
        city.roll(START + 3 * HOUR_US)
        city.write(city.batch(30, START + HOUR_US, START + 2 * HOUR_US), careful=True)  # and late ones
        city.roll(START + 3 * HOUR_US)
        found = conn.execute("SELECT time, count(*), count(lag_s) FROM hour_traffic GROUP BY 1 ORDER BY 1").fetchall()
        assert [(n > 0, n == lags) for _, n, lags in found] == [(True, True), (True, False)]
        assert found[1][2] == 0


@pytest.mark.parametrize("domain", ["traffic", "lighting"])
def test_a_database_from_before_percentiles_of_minutes(database: str, catalog: Catalog, domain: str) -> None:
    """What its rows do not say is not known, nor taken for the mean; what is rolled up anew says it."""
    with psycopg.connect(database, autocommit=True) as conn:
        city = City(conn, catalog, catalog.registry.domains[domain], 21)
        city.write(city.batch(400, START, START + 2 * HOUR_US))
        city.roll(START + 3 * HOUR_US)
        late = [(m.name, p) for d in catalog.registry.domains.values() for m in d.metrics for p in m.percentiles]
        for name, p in late:
            conn.execute(f'ALTER TABLE minute_traffic DROP COLUMN "{name}$p{p}"')  # type: ignore[arg-type]
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
