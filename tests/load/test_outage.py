"""Thirty seconds without: a frozen database, a cut network on either side. Then everything is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from infra import bus
from infra.servers import Mosquitto, Postgres
from tests.fix_api import Api
from tests.fix_servers import freeze, thaw
from tests.load import common
from tests.proxy import Proxy
from tests.publisher import Publisher
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OUTAGE_S = 30
RATE = 1_000


def test_a_frozen_database(
    service: common.START,
    own_postgres: Postgres,
    own_database: str,
    mosquitto: Mosquitto,
    api: Callable[..., Api],
) -> None:
    common.prepare(own_database)
    collector = common.collect(service, own_database, mosquitto.url)
    pid = collector.pid
    door = api(own_database, mosquitto.url)
    with common.load(mosquitto.url, RATE) as load:
        until(door.ready, "everything is ready", 30)
        freeze(own_postgres)
        frozen, before = time.monotonic(), load.sent
        until(lambda: door.http.get("/readyz").status_code == 503, "readiness says no", 15)
        assert door.http.get("/healthz").status_code == 200
        until(lambda: "cutting the connection" in collector.text, "the watchdog cuts the connection", 15)
        time.sleep(max(0.0, OUTAGE_S - (time.monotonic() - frozen)))
        during = load.sent
        thaw(own_postgres)
        # All that came meanwhile, within 15 s, while more comes; and the whole way is ready again.
        until(
            lambda: common.one(own_database, "SELECT count(energy) FROM reading_lighting") >= during and door.ready(),
            "it has caught up",
            15,
            0.2,
        )
        load.finish()
        common.caught_up(own_database, [load], 15)
        assert collector.pid == pid
        assert collector.stop() == 0
        common.check_complete(own_database, load)
        assert common.left_in_session(mosquitto.url) == 0
        assert len(load.acknowledged) == load.sent
        assert during - before >= RATE * OUTAGE_S / 2


def test_a_cut_network(
    service: common.START, database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy]
) -> None:
    """Two collectors at once: one loses the broker for 30 s, the other the database. Nothing arrives, no error says so.

    What was on its way comes out at the end, a late COMMIT among it.
    """
    broker, base = proxy(mosquitto.url), proxy(database)
    collectors = []
    for area, (database_url, broker_url) in {
        "bac_giang": (database, broker.url),
        "viet_yen": (base.url, mosquitto.url),
    }.items():
        common.prepare(database, area)
        collectors.append(
            common.collect(
                service,
                database_url,
                broker_url,
                IOC_INGEST_NAME=area.replace("_", "-"),
                IOC_INGEST_FILTERS=f"ioc/v1/{area}/#",
            )
        )
    with (
        common.load(mosquitto.url, RATE) as first,
        common.load(mosquitto.url, RATE, message=common.Message("viet_yen")) as second,
    ):
        until(lambda: first.reached(RATE) and second.reached(RATE), "it runs")
        for one in (broker, base):
            one.stall()
        time.sleep(OUTAGE_S)
        connected = (broker.accepted, base.accepted)
        for one in (broker, base):
            one.resume()
        time.sleep(1)
        first.finish()
        second.finish()
        common.caught_up(database, [first, second])
        assert base.accepted > 1
        assert broker.accepted > 1, connected
        for collector in collectors:
            assert collector.stop() == 0, collector.text[-2000:]
        common.check_complete(database, first, second)
        for name in ("bac-giang", "viet-yen"):
            assert common.left_in_session(mosquitto.url, name) == 0


def test_a_broker_that_comes_and_goes_while_the_database_is_away(
    service: common.START,
    own_postgres: Postgres,
    own_database: str,
    mosquitto: Mosquitto,
    proxy: Callable[[str], Proxy],
) -> None:
    """Each connection brings the same messages again: they must not pile up, nor be taken for new ones afterwards."""
    window = 1_000
    common.prepare(own_database)
    between = proxy(mosquitto.url)
    collector = common.collect(service, own_database, between.url, IOC_INGEST_WINDOW=str(window))
    queued: list[int] = []
    listener = Publisher(mosquitto.url, "listener")
    listener.hear(f"{bus.STATUS_TOPIC}/+", lambda status: queued.append(json.loads(status)["queued"]))
    try:
        with common.load(mosquitto.url, RATE) as load:
            until(lambda: load.reached(RATE), "it runs")
            freeze(own_postgres)
            for _ in range(6):
                between.cut()
                # It is back and is sent everything again, until it holds enough and reads no more.
                time.sleep(1.5)
            seen = len(queued)
            until(lambda: len(queued) > seen + 1, "it says how it is")
            thaw(own_postgres)
            load.finish()
            common.caught_up(own_database, [load])
    finally:
        listener.close()
    # One and a half windows, the pieces that were being read just then, and the batch that waits.
    assert window < max(queued) < 5 * window, queued
    assert common.collects(collector, 3)
    assert collector.stop() == 0
    common.check_complete(own_database, load)
    assert common.left_in_session(mosquitto.url) == 0
