"""Rollups say what a recomputation from the readings says, whatever arrives when, and whoever dies."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from typing import Any

import numpy as np
import psycopg
import pytest

from city.bucket_rows import HOUR_US
from infra import journal
from infra.catalog import Catalog
from infra.rollup import closing, due, read, task
from infra.rollup.run import RUNNER, roll
from ingest.store import Newest, Store, take_over
from tests.integration.rollups import LOG, SETTINGS, START, City
from tests.service import until

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


def nobody_runs(conn: psycopg.Connection) -> bool:
    """Whether the server has noticed the last death: until then the next one finds that another is at it."""
    if conn.execute("SELECT pg_try_advisory_lock(%s)", [RUNNER]).fetchone() != (True,):
        return False
    conn.execute("SELECT pg_advisory_unlock(%s)", [RUNNER])
    return True


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
                until(lambda: nobody_runs(conn), "the server has noticed the last death", 60)
                Cutting.left = int(rng.integers(5, 60))
                with Cutting.connect(database, autocommit=True) as one:
                    try:
                        roll(one, catalog, SETTINGS, now, LOG)
                    except (Cut, psycopg.Error):
                        deaths += 1
        assert deaths > 16
        until(lambda: nobody_runs(conn), "the server has noticed the last death", 60)
        assert not city.roll(now + 26 * HOUR_US).busy
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
                for i in itertools.count():  # each hour in turn, and again and again the first ones
                    if i >= 40 and ((rounds > 1 and late) or i > 2000):
                        break
                    since = START + (i % 7) * HOUR_US
                    city.write(city.batch(20, since, since + HOUR_US), careful=bool(i % 3))
            except BaseException as e:
                failed.append(e)
            finally:
                written.set()

        rounds, late = 0, 0
        thread = threading.Thread(target=write)
        thread.start()
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
