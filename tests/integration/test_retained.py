"""Retained telemetry is no news: however often the collector comes back, it makes no row and no event."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import psycopg
import pytest

from city.sensors import Sensor
from infra import bus, sensors
from infra.servers import Mosquitto
from tests.load import common
from tests.proxy import Proxy
from tests.publisher import Publisher
from tests.service import until

pytestmark = pytest.mark.servers

TOPIC = "ioc/v1/bac_giang/traffic/{}/telemetry"
DAY_MS = 86_400_000


def state(url: str) -> tuple[int, int, int]:
    """Rows of history, items in quarantine, messages that were ever taken in."""
    (found,) = common.ask(
        url,
        """SELECT (SELECT count(*) FROM observation), (SELECT count(*) FROM quarantine),
                  (SELECT coalesce(sum(messages), 0) FROM balance_minute)::int""",
    )
    return found[0], found[1], found[2]


@pytest.mark.slow
def test_retained_telemetry_and_ten_reconnects(
    service: common.START, database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy]
) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, [Sensor(f"S{n}", "bac_giang", "traffic") for n in range(4)])
    publisher = Publisher(mosquitto.url)
    events: list[bus.Head] = []
    listener = Publisher(mosquitto.url, "listener")
    listener.hear(f"{bus.BATCH_TOPIC}/+", lambda payload: events.append(bus.decode(payload).head))
    now = time.time_ns() // 1_000_000
    try:
        # Retained before the collector has ever been there: stale by any measure.
        publisher.send(TOPIC.format("S0"), '{"speed":41}', retain=True)
        publisher.send(TOPIC.format("S1"), json.dumps({"ts": now - DAY_MS, "values": {"speed": 42}}), retain=True)
        publisher.send(TOPIC.format("S2"), "{broken", retain=True)
        publisher.drain()
        between = proxy(mosquitto.url)
        collector = common.collect(service, database, between.url)
        # Retained while it listens: that is a message like any other, once.
        publisher.send(TOPIC.format("S3"), '{"speed":43}', retain=True)
        until(lambda: state(database)[0] == 1, "the live one is stored", 60)
        until(lambda: sum(e.rows for e in events) == 1, "and announced, before it is killed", 60)
        for n in range(10):
            if n % 2:
                between.cut()
            else:
                collector.kill()
                collector.start()
            until(lambda: common.collects(collector, n + 2), "it is back", 60)  # noqa: B023
        # What comes by the same connection afterwards would come after what was retained.
        publisher.send(TOPIC.format("S3"), '{"speed":44}')
        until(lambda: state(database)[0] == 2, "the last one is stored", 60)
        assert state(database) == (2, 0, 2)
        until(lambda: sum(e.rows for e in events) == 2, "both were announced, and nothing else", 60)
        assert collector.stop() == 0
        common.check_books(database)
    finally:
        publisher.close()
        listener.close()
