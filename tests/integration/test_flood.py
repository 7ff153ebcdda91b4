"""A device that sends without end, on a real broker and database, beside others that do not."""

from __future__ import annotations

import json

import psycopg
import pytest

from city.sensors import Sensor
from city.topics import telemetry_topic
from infra import bus, sensors
from infra.servers import Mosquitto
from tests.load import common
from tests.publisher import Publisher
from tests.service import until

pytestmark = pytest.mark.servers

BURST, FLOOD, NEIGHBOURS, EACH = 50, 3_000, 20, 30


def test_a_flooder_is_limited_and_counted_and_its_neighbours_lose_nothing(
    service: common.START, database: str, mosquitto: Mosquitto
) -> None:
    names = [f"N-{n}" for n in range(NEIGHBOURS)]
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, [Sensor(name, "bac_giang", "lighting") for name in (*names, "NOISY")])
    limits = {"IOC_INGEST_SENSOR_RATE": "1", "IOC_INGEST_SENSOR_BURST": str(BURST), "IOC_INGEST_CANARY_S": "0.2"}
    collector = common.collect(service, database, mosquitto.url, **limits)
    publisher = Publisher(mosquitto.url)
    base_ms = common.Message().base_ms

    def send(name: str, n: int) -> None:
        publisher.send(
            telemetry_topic("bac_giang", "lighting", name), b'{"ts":%d,"values":{"energy":%d}}' % (base_ms + n, n)
        )

    try:
        ages: list[object] = []
        publisher.hear(f"{bus.STATUS_TOPIC}/ingest-1", lambda said: ages.append(json.loads(said)["canary_age_s"]))
        until(lambda: any(age is not None for age in ages), "a canary has come back", 60)
        for n in range(FLOOD):
            send("NOISY", n)
            if n % (FLOOD // EACH) == 0:
                for name in names:
                    send(name, n)
        publisher.drain()
        assert not publisher.refused, "a flooder is not told"
        until(
            lambda: common.one(database, "SELECT sum(messages) FROM balance_minute") == publisher.sent,
            "all are seen",
            60,
        )
        assert collector.stop() == 0
    finally:
        publisher.close()

    stored = dict(common.ask(database, "SELECT sensor_id, count(*) FROM observation GROUP BY 1"))
    assert {name: stored[name] for name in names} == dict.fromkeys(names, EACH)
    limited = dict(
        common.ask(database, "SELECT sensor_id, sum(messages)::bigint FROM limited_minute GROUP BY sensor_id")
    )
    assert limited == {"NOISY": FLOOD - stored["NOISY"]}
    assert BURST <= stored["NOISY"] < FLOOD / 2
    assert common.ask(database, "SELECT reason, sensor_id FROM quarantine") == [("flood", "NOISY")], "one sample"
    assert common.one(database, "SELECT sum(limited)::bigint FROM balance_minute") == limited["NOISY"]
    assert common.one(database, "SELECT sum(messages)::bigint FROM batch") == publisher.sent
    common.check_books(database)
    assert common.left_in_session(mosquitto.url) == 0, "it is acknowledged, too"
