"""The database's disk is full: the broker keeps what comes, and when there is room it is stored."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from infra import migrate
from infra.catalog import Catalog
from infra.servers import Installation, Mosquitto, Postgres
from tests.load import common
from tests.load.small_disk import fill, small_disk
from tests.service import Service, until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

RATE = 1_000
#: A cluster with its first WAL, and then some.
DISK_MB = 400


def test_a_full_disk(installed: Installation, catalog: Catalog, service: common.START, mosquitto: Mosquitto) -> None:
    with small_disk(DISK_MB) as disk:
        server = Postgres(installed, disk / "postgres", password=secrets.token_hex(8), log=mosquitto.log)
        server.start()
        try:
            migrate.migrate(server.url, catalog.registry)
            fill_up_and_recover(disk, server, service, mosquitto)
        finally:
            server.stop()


def fill_up_and_recover(disk: Path, server: Postgres, service: common.START, mosquitto: Mosquitto) -> None:
    common.prepare(server.url)
    collector = common.collect(service, server.url, mosquitto.url)
    pid = collector.pid
    with common.load(mosquitto.url, RATE) as load:
        until(lambda: load.reached(RATE), "it runs")
        ballast = fill(disk, leave=1 << 18)
        until(lambda: complains(collector, server), "the disk is full", 60)
        # PostgreSQL ends itself when it cannot write its log; then it is started again, as often as it takes.
        mark = load.sent
        until(lambda: load.reached(mark + 3 * RATE), "more comes than can be stored")
        ballast.unlink()
        if not server.alive():
            server.start()
        load.finish()
        common.caught_up(server.url, [load])
        assert collector.pid == pid
        assert collector.stop() == 0
        common.check_complete(server.url, load)
        assert len(load.acknowledged) == load.sent
        assert common.left_in_session(mosquitto.url) == 0


def complains(collector: Service, server: Postgres) -> bool:
    """Whether the collector has been told that nothing more fits, or the database has ended for it."""
    return "No space left on device" in collector.text or not server.alive()
