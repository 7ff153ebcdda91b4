"""The collector on real servers: what is sent is stored, once, and what is not is in quarantine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.proxy import Proxy
from tests.publisher import Publisher
from tests.service import Service, until

pytestmark = pytest.mark.servers

Start = Callable[..., Service]


@pytest.fixture
def publisher(mosquitto: Mosquitto) -> Iterator[Publisher]:
    made = Publisher(mosquitto.url)
    yield made
    made.close()


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def one(db: psycopg.Connection, query: str, *args: object) -> object:
    row = db.execute(query, args).fetchone()
    assert row is not None
    return row[0]


def start(service: Start, database: str, mosquitto: Mosquitto, **env: str) -> Service:
    collector = service("ingest", "run", env={"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url, **env})
    until(lambda: "connected to the broker" in collector.text or not collector.alive(), "the collector connects", 60)
    assert collector.alive(), collector.text
    return collector


def register(db: psycopg.Connection, *ids: str, domain: str = "traffic") -> None:
    sensors.save(db, [Sensor(i, "bac_giang", domain, zone="07210") for i in ids])


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_reading_reaches_history(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    register(db, "S1")
    collector = start(service, database, mosquitto)
    ts = now_ms()
    publisher.send(
        "ioc/v1/bac_giang/traffic/S1/telemetry", json.dumps({"ts": ts, "values": {"speed": 41.3, "flow": 820}})
    )
    until(lambda: one(db, "SELECT count(*) FROM observation") == 2, "two readings are stored")
    rows = db.execute("SELECT * FROM observation ORDER BY metric").fetchall()
    assert [(r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10]) for r in rows] == [
        ("bac_giang", "07210", "traffic", "S1", "flow", "", "veh/h", 820.0, "measuring"),
        ("bac_giang", "07210", "traffic", "S1", "speed", "", "km/h", 41.3, "measuring"),
    ]
    assert round(rows[0][0].timestamp() * 1000) == ts
    assert ts / 1000 - 1 < rows[0][1].timestamp() < time.time() + 1
    assert collector.stop() == 0
    balance = db.execute("SELECT sum(decoded), sum(stored), sum(duplicate), sum(quarantined) FROM balance_minute")
    assert balance.fetchone() == (2, 2, 0, 0)


def test_all_forms_of_a_message(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    register(db, "L1", domain="lighting")
    start(service, database, mosquitto)
    ts = now_ms()
    topic = "ioc/v1/bac_giang/lighting/L1/telemetry"
    publisher.send(topic, json.dumps({"ts": ts, "values": {"lamp_on": True, "power": 58.5, "dim": None}}))
    publisher.send(topic, json.dumps({"ts": ts, "values": {"dim": 50, "power": 1}}))  # fills what is missing
    publisher.send(topic, json.dumps([{"ts": ts + 1, "values": {"voltage:L1": 229.5}, "quality": "fault"}]))
    publisher.send(topic, json.dumps({"energy": 123456.789}))
    until(lambda: one(db, "SELECT count(*) FROM observation") == 5, "five readings are stored")
    found = db.execute("SELECT metric, channel, value, quality FROM observation").fetchall()
    assert sorted(found) == [
        ("dim", "", 50.0, "measuring"),
        ("energy", "", 123456.789, "measuring"),
        ("lamp_on", "", 1.0, "measuring"),
        ("power", "", 58.5, "measuring"),
        ("voltage", "L1", 229.5, "fault"),
    ]
    assert db.execute("SELECT sum(duplicate) FROM balance_minute").fetchone() == (1,)


def test_what_was_stored_before_is_a_duplicate(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    register(db, "S1", "S2")
    collector = start(service, database, mosquitto)
    ts = now_ms()
    messages = [
        (f"ioc/v1/bac_giang/traffic/S{s}/telemetry", json.dumps({"ts": ts + i, "values": {"speed": i % 100}}))
        for i in range(500)
        for s in (1, 2)
    ]
    publisher.send_all(messages)
    publisher.send_all(messages[::-1])
    until(lambda: one(db, "SELECT coalesce(sum(decoded), 0) FROM balance_minute") == 2000, "all is decoded", 60)
    collector.stop()
    start(service, database, mosquitto)
    publisher.send_all(messages)
    until(lambda: one(db, "SELECT sum(decoded) FROM balance_minute") == 3000, "all is decoded again", 60)
    assert one(db, "SELECT count(*) FROM observation") == 1000
    assert db.execute("SELECT sum(stored), sum(duplicate) FROM balance_minute").fetchone() == (1000, 2000)


def test_replay_after_a_fix(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    register(db, "S1")
    start(service, database, mosquitto)
    ts = now_ms() - 60_000
    publisher.send("ioc/v1/bac_giang/traffic/NEW/telemetry", json.dumps({"ts": ts, "values": {"speed": 33}}))
    publisher.send("ioc/v1/bac_giang/traffic/NEW/telemetry", json.dumps({"speed": 34}))
    publisher.send("ioc/v1/bac_giang/traffic/S1/telemetry", json.dumps({"ts": ts, "values": {"speed": 180, "flow": 7}}))
    publisher.send("ioc/v1/bac_giang/traffic/S1/telemetry", "{oops")
    until(lambda: one(db, "SELECT count(*) FROM quarantine") == 4, "four messages are in quarantine")
    assert one(db, "SELECT count(*) FROM observation") == 1

    register(db, "NEW")
    db.execute("INSERT INTO metric_override (domain, metric, low, high) VALUES ('traffic', 'speed', 0, 200)")
    time.sleep(1.5)  # the collector looks once a second
    for _ in range(2):  # asking twice stores nothing twice
        db.execute("UPDATE quarantine_item SET replay_requested_at = now(), replayed_at = NULL")
        until(
            lambda: (
                one(db, "SELECT count(*) FROM quarantine_item WHERE replay_requested_at IS NULL") == 1
                and one(db, "SELECT count(*) FROM quarantine WHERE replayed_at IS NOT NULL") == 3
            ),
            "three items enter, one stays",
        )
    rows = db.execute("SELECT sensor_id, metric, value FROM observation ORDER BY 1, 2, 3").fetchall()
    assert rows == [("NEW", "speed", 33.0), ("NEW", "speed", 34.0), ("S1", "flow", 7.0), ("S1", "speed", 180.0)]
    same = one(
        db,
        "SELECT o.time = q.received_at FROM observation o, quarantine q WHERE o.value = 34"
        " AND q.payload = convert_to('{\"speed\": 34}', 'UTF8')",
    )
    assert same is True
    assert one(db, "SELECT bool_and(decoded = stored + duplicate + quarantined) FROM balance_minute") is True
    assert "malformed" in str(one(db, "SELECT replay_detail FROM quarantine_item WHERE replayed_at IS NULL"))


def test_unknown_sensors_register_by_themselves_where_that_is_wanted(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    start(service, database, mosquitto, IOC_UNKNOWN_SENSORS="register")
    publisher.send("ioc/v1/viet_yen/environment/E-7/telemetry", '{"pm2_5": 22.5}')
    publisher.send("ioc/v1/viet_yen/environment/E-8/telemetry", '{"pm2_5": "x"}')
    until(lambda: one(db, "SELECT count(*) FROM observation") == 1, "the reading is stored")
    until(lambda: one(db, "SELECT count(*) FROM quarantine") == 1, "the bad one is in quarantine")
    assert db.execute("SELECT sensor_id, area, domain FROM sensor").fetchall() == [("E-7", "viet_yen", "environment")]


def test_two_collectors_share_the_work(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    env = {"IOC_UNKNOWN_SENSORS": "register"}
    for area in ("bac_giang", "viet_yen"):
        name = area.replace("_", "-")
        start(service, database, mosquitto, IOC_INGEST_NAME=name, IOC_INGEST_FILTERS=f"ioc/v1/{area}/#", **env)
    ts = now_ms()
    publisher.send_all(
        (f"ioc/v1/{area}/traffic/{area}-{i % 20}/telemetry", json.dumps({"ts": ts + i, "values": {"flow": i}}))
        for i in range(2000)
        for area in ("bac_giang", "viet_yen")
    )
    until(lambda: one(db, "SELECT count(*) FROM observation") == 4000, "everything is stored", 60)
    rows = db.execute("SELECT collector, sum(stored), sum(duplicate) FROM balance_minute GROUP BY 1 ORDER BY 1")
    assert rows.fetchall() == [("bac-giang", 2000, 0), ("viet-yen", 2000, 0)]


def test_a_replay_whose_commit_was_answered_by_silence(
    service: Start,
    database: str,
    mosquitto: Mosquitto,
    publisher: Publisher,
    db: psycopg.Connection,
    proxy: Callable[[str], Proxy],
) -> None:
    way = proxy(database)
    start(service, way.url, mosquitto, IOC_INGEST_CANARY_S="600")  # no other batch shall come between
    publisher.send("ioc/v1/bac_giang/traffic/NEW/telemetry", '{"speed": 34}')
    until(lambda: one(db, "SELECT count(*) FROM quarantine") == 1, "the message is in quarantine")
    register(db, "NEW", "S1")
    time.sleep(1.5)  # the collector looks once a second
    way.cut_at(b"COMMIT")
    db.execute("UPDATE quarantine_item SET replay_requested_at = now()")
    until(lambda: way.cuts_at_needle == 1, "the connection is cut at the commit")
    publisher.send("ioc/v1/bac_giang/traffic/S1/telemetry", '{"speed": 35}')
    until(lambda: one(db, "SELECT count(*) FROM observation") == 2, "the replayed reading and the next one are stored")
    assert one(db, "SELECT replayed_at IS NOT NULL FROM quarantine") is True
    balance = db.execute("SELECT sum(decoded), sum(stored), sum(duplicate), sum(quarantined) FROM balance_minute")
    assert balance.fetchone() == (3, 2, 0, 1)


def test_what_the_database_refuses_is_set_aside_and_replayed_when_it_no_longer_does(
    service: Start, database: str, mosquitto: Mosquitto, publisher: Publisher, db: psycopg.Connection
) -> None:
    register(db, "S1")
    db.execute("ALTER TABLE reading_traffic ADD CONSTRAINT strange CHECK (speed <> 66)")
    collector = start(service, database, mosquitto)
    ts = now_ms() - 60_000
    for i in range(60, 70):
        message = json.dumps({"ts": ts + i, "values": {"speed": i}})
        publisher.send("ioc/v1/bac_giang/traffic/S1/telemetry", message)
    until(lambda: one(db, "SELECT count(*) FROM observation") == 9, "the others are stored")
    until(lambda: one(db, "SELECT count(*) FROM quarantine") == 1, "and it is set aside")
    assert "could not be stored" in str(one(db, "SELECT detail FROM quarantine"))

    db.execute("UPDATE quarantine_item SET replay_requested_at = now()")
    until(lambda: one(db, "SELECT replay_detail FROM quarantine_item") is not None, "it is set aside again")
    db.execute("ALTER TABLE reading_traffic DROP CONSTRAINT strange")
    db.execute("UPDATE quarantine_item SET replay_requested_at = now()")
    until(lambda: one(db, "SELECT count(*) FROM observation") == 10, "it enters")
    assert collector.alive()
    balance = db.execute("SELECT sum(decoded), sum(stored), sum(duplicate), sum(quarantined) FROM balance_minute")
    assert balance.fetchone() == (11, 10, 0, 1)
