"""The collector is killed again and again, and the database, and the connection at the worst moment."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable

import pytest

from infra.servers import Mosquitto, Postgres
from tests.load import common
from tests.proxy import Proxy
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

KILLS = 20
MESSAGES = 50_000
RATE = 2_000


def it_commits(url: str, within_s: float = 20) -> None:
    """Wait for the collector's next commit."""
    before = common.one(url, "SELECT seq FROM collector")
    until(lambda: common.one(url, "SELECT seq FROM collector") > before, "it commits", within_s, 0.02)


def test_kill_9_of_the_collector(
    service: common.START, database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy]
) -> None:
    common.prepare(database)
    between = proxy(mosquitto.url)
    collector = common.collect(service, database, between.url)
    moments = random.Random(20)
    with common.load(mosquitto.url, RATE) as load:
        for kill in range(KILLS):
            it_commits(database)
            if kill % 2:
                # In turn at the worst moment: committed, and the broker does not know of it yet.
                between.stall()
                with contextlib.suppress(AssertionError):  # unless nothing was under way just then
                    it_commits(database, 3)
            else:
                time.sleep(moments.uniform(0, 0.15))  # somewhere in receiving, decoding, committing, acknowledging
            collector.kill()
            between.cut()
            between.resume()
            collector.start()
            until(lambda: common.collects(collector, kill + 2), "it is back")  # noqa: B023
        until(lambda: load.reached(MESSAGES), "enough has been sent", 60)
        load.finish()
        common.caught_up(database, [load])
        assert collector.stop() == 0
        assert len(load.acknowledged) == load.sent >= MESSAGES
        common.check_complete(database, load)
        assert common.left_in_session(mosquitto.url) == 0
        repeated = common.one(database, "SELECT sum(duplicate) FROM balance_minute")
        print(f"{load.sent:,} messages, {KILLS} kills: lost 0, stored twice 0; {repeated:,} readings came twice")
        assert repeated > 0, "no message was ever repeated: this test has shown nothing"


def test_sigkill_of_the_database(
    service: common.START, own_postgres: Postgres, own_database: str, mosquitto: Mosquitto
) -> None:
    common.prepare(own_database)
    collector = common.collect(service, own_database, mosquitto.url)
    pid = collector.pid
    with common.load(mosquitto.url, RATE) as load:
        for _ in range(4):
            for _ in range(3):
                it_commits(own_database)
            own_postgres.kill()
            own_postgres.start()
        load.finish()
        common.caught_up(own_database, [load])
        assert collector.pid == pid
        assert collector.stop() == 0
        common.check_complete(own_database, load)
        assert len(load.acknowledged) == load.sent


def test_the_connection_is_cut_at_commit(
    service: common.START, database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy]
) -> None:
    common.prepare(database)
    between = proxy(database)
    collector = common.collect(service, between.url, mosquitto.url)
    with common.load(mosquitto.url, 1_000) as load:
        for n in range(8):
            # In turn: a commit that happens and is never heard of, and one that never arrives.
            between.cut_at(b"COMMIT", forward=n % 2 == 0)
            until(lambda: between.cuts_at_needle == n + 1, "a commit is cut")  # noqa: B023
            it_commits(database)
        load.finish()
        common.caught_up(database, [load])
        collector.kill()  # and what it has not acknowledged comes once more
        collector.start()
        until(lambda: common.collects(collector, 2), "it is back")
        time.sleep(0.5)
        assert collector.stop() == 0
        common.check_complete(database, load)
        assert "had been committed before" in collector.text
