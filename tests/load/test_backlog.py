"""A backlog of 300,000 messages after an outage of the database: lost 0, memory flat, books even."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.servers import Mosquitto, Postgres
from tests.load import common
from tests.service import Service, until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

MESSAGES = 300_000
GROWTH_MB = 150


class Memory:
    """The greatest resident size of a process so far, looked at five times a second."""

    def __init__(self, watched: Service) -> None:
        self.idle = self.most = watched.memory_mb()
        self._watched = watched
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.most = max(self.most, self._watched.memory_mb())

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)


@contextmanager
def memory(watched: Service) -> Iterator[Memory]:
    made = Memory(watched)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.timeout(300)
def test_a_backlog_of_300_000(
    service: common.START, own_postgres: Postgres, own_database: str, mosquitto: Mosquitto
) -> None:
    common.prepare(own_database)
    collector = common.collect(service, own_database, mosquitto.url)
    pid = collector.pid
    with memory(collector) as seen:
        own_postgres.kill()
        with common.load(mosquitto.url, 1e6, most=MESSAGES) as load:
            until(lambda: load.reached(MESSAGES), "everything is sent", 150)
            load.finish()
        own_postgres.start()
        common.caught_up(own_database, [load], 120)
        until(lambda: common.one(own_database, "SELECT sum(messages) FROM balance_minute") >= MESSAGES, "it is counted")
        print(f"memory: idle {seen.idle:.0f} MB, most {seen.most:.0f} MB")
        assert seen.most <= seen.idle + GROWTH_MB
    assert collector.pid == pid
    assert collector.stop() == 0
    assert len(load.acknowledged) == load.sent == MESSAGES
    common.check_complete(own_database, load)
    assert common.left_in_session(mosquitto.url) == 0
