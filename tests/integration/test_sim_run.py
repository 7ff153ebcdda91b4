"""The simulated city against a real broker: what is sent is acknowledged, and what is acknowledged arrives."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from city import topics
from infra import mqtt, sensors
from infra.servers import Mosquitto
from simulators.faults import HARMLESS, POISONS
from simulators.ledger import read
from simulators.publish import Publisher
from tests.proxy import Proxy
from tests.service import Service, until

pytestmark = pytest.mark.servers

Start = Callable[..., Service]
Arrived = Counter[tuple[str, int]]


@pytest.fixture
def subscriber(mosquitto: Mosquitto) -> Iterator[Arrived]:
    """Counts what arrives, by (sensor, ts)."""
    arrived: Arrived = Counter()
    ready = threading.Event()
    client, broker = mqtt.client(mosquitto.url, "test-subscriber")
    client.on_connect = lambda c, *_: c.subscribe("ioc/v1/#", 1)
    client.on_subscribe = lambda *_: ready.set()

    def on_message(_: Any, __: Any, message: Any) -> None:
        arrived[topics.parse(message.topic).sensor_id, json.loads(message.payload)["ts"]] += 1

    client.on_message = on_message
    client.connect(broker.host, broker.port, 30, properties=mqtt.session(expiry_s=3600))
    client.loop_start()
    assert ready.wait(60)
    yield arrived
    client.disconnect()
    client.loop_stop()


def summary(service: Service) -> dict[str, Any]:
    """The summary of a run that has ended by itself."""
    until(lambda: not service.alive(), "the run ends", within_s=120)
    lines = [line for line in service.text.splitlines() if line.startswith("{")]
    assert lines, service.text
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def answered(book: Path) -> int:
    """How many answers of the broker stand in a ledger by now."""
    return max(0, book.read_bytes().count(b"\n") - 1) if book.exists() else 0


def test_sent_is_acknowledged_is_received(
    service: Start, mosquitto: Mosquitto, subscriber: Arrived, tmp_path: Path
) -> None:
    book = tmp_path / "ledger.csv"
    args = ["sim", "run", "--sensors", "400", "--rate", "4000", "--messages", "6000", "--json", "--ledger"]
    run = service(*args, str(book), env={"IOC_MQTT_URL": mosquitto.url})
    told = summary(run)
    assert run.child.returncode == 0
    assert (told["sent"], told["acknowledged"], told["unheard"], told["refused"]) == (6000, 6000, 0, 0)
    assert told["complete"]
    until(lambda: subscriber.total() >= 6000, "all arrive", 60)
    assert set(subscriber.values()) == {1}
    assert set(subscriber) == {(e.sensor_id, e.ts_ms) for e in read(book)}
    assert {e.reason for e in read(book)} == {0}


def test_nothing_is_lost_when_the_cable_is_cut(
    service: Start, mosquitto: Mosquitto, proxy: Callable[[str], Proxy], subscriber: Arrived, tmp_path: Path
) -> None:
    book = tmp_path / "ledger.csv"
    way = proxy(mosquitto.url)
    args = ["sim", "run", "--sensors", "100", "--rate", "1000", "--messages", "8000", "--json", "--ledger"]
    run = service(*args, str(book), env={"IOC_MQTT_URL": way.url})
    for cut in range(3):
        until(lambda n=cut: way.accepted > n or not run.alive(), "it has connected", 60)
        before = answered(book)
        # By what it has heard itself: what arrives here may be behind, on a busy machine by a whole connection.
        until(lambda n=before: answered(book) > n + 800 or not run.alive(), "this connection is good for some", 60)
        way.cut()
    told = summary(run)
    assert run.child.returncode == 0
    assert told["sent"] == told["acknowledged"] == 8000
    assert told["connections"] >= 4
    until(lambda: len(subscriber) >= 8000, "all arrive", 60)
    assert set(subscriber) == {(e.sensor_id, e.ts_ms) for e in read(book)}


def test_a_restart_of_the_broker_is_survived(service: Start, mosquitto: Mosquitto, tmp_path: Path) -> None:
    book = tmp_path / "ledger.csv"
    args = ["sim", "run", "--sensors", "100", "--rate", "1000", "--messages", "4000", "--json", "--ledger"]
    run = service(*args, str(book), env={"IOC_MQTT_URL": mosquitto.url})
    until(lambda: answered(book) > 100 or not run.alive(), "it is under way", 60)
    mosquitto.stop()
    mosquitto.start()
    told = summary(run)
    assert told["sent"] == told["acknowledged"] == 4000
    assert run.child.returncode == 0


def test_accelerated_run_ends_now(service: Start, mosquitto: Mosquitto, subscriber: Arrived) -> None:
    args = ["sim", "run", "--sensors", "20", "--speed", "600", "--duration", "4", "--json"]
    told = summary(service(*args, env={"IOC_MQTT_URL": mosquitto.url}))
    assert told["complete"]
    until(lambda: len(subscriber) == told["acknowledged"], "all arrive", 60)
    times = [ts for _, ts in subscriber]
    assert max(times) - min(times) > 0.5 * 4 * 600 * 1000
    assert told["event_until"] > told["event_from"]


@pytest.mark.parametrize("options", [[], ["--wait", "--mqtt", "mqtt://127.0.0.1:1"]])
def test_sigterm_ends_it_with_a_summary(service: Start, mosquitto: Mosquitto, options: list[str]) -> None:
    run = service("sim", "run", "--sensors", "50", *options, env={"IOC_MQTT_URL": mosquitto.url})
    # Without a broker there is nothing to see: the signal may then come before the run has begun to listen for it.
    until(lambda: b"SIGTERM" in _caught(run.pid), "it listens for signals", 60)
    assert run.stop() == 0
    assert "đã xác nhận / acknowledged" in run.text


def _caught(pid: int) -> bytes:
    """b"SIGTERM" when the process handles that signal itself."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    mask = int(next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1], 16)
    return b"SIGTERM" if mask >> 14 & 1 else b""


def test_it_waits_for_a_broker_that_comes_later(service: Start, mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    args = ["sim", "run", "--sensors", "10", "--rate", "100", "--messages", "50", "--wait", "--json"]
    run = service(*args, env={"IOC_MQTT_URL": mosquitto.url})
    until(lambda: _caught(run.pid), "it has begun", 60)
    mosquitto.start()
    assert summary(run)["acknowledged"] == 50


def test_the_registry_is_filled_first(service: Start, mosquitto: Mosquitto, database: str) -> None:
    args = ["sim", "run", "--register", "--sensors", "120", "--rate", "60", "--messages", "10", "--json"]
    run = service(*args, env={"IOC_MQTT_URL": mosquitto.url, "IOC_DATABASE_URL": database})
    assert summary(run)["acknowledged"] == 10
    with psycopg.connect(database) as conn:
        found = sensors.load(conn)
    assert len(found) == 120
    assert {s.interval_s for s in found} == {2.0}
    assert any(s.parent for s in found)


def test_poisons_go_to_quarantine_each_once(service: Start, mosquitto: Mosquitto, database: str) -> None:
    """One in a hundred is bad: no good reading is lost, and the collector is still the same process."""
    ids = [f"P{i:03d}" for i in range(len(POISONS) + len(HARMLESS))]
    with psycopg.connect(database) as conn:
        sensors.save(conn, [sensors.Sensor(i, "bac_giang", "traffic", zone="07210") for i in [*ids, "GOOD"]])
    env = {"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url}
    collector = service("ingest", "run", env=env)
    until(lambda: "connected to the broker" in collector.text, "the collector connects", 60)
    pid = collector.pid
    good = topics.telemetry_topic("bac_giang", "traffic", "GOOD")
    with psycopg.connect(database, autocommit=True) as db, Publisher(mosquitto.url, "test-poisons") as publisher:
        begun = db.execute("SELECT (extract(epoch FROM now()) * 1000)::bigint").fetchone()
        assert begun
        n = 0
        for i, poison in zip(ids, (*POISONS, *HARMLESS), strict=True):
            publisher.send(poison.topic("bac_giang", "traffic", i), poison.payload)
            for _ in range(99):
                n += 1
                publisher.send(good, b'{"ts":%d,"values":{"speed":40}}' % (begun[0] - n))
        assert publisher.drain(60)
        assert publisher.counts.acknowledged == len(ids) * 100

        def stored(sensor_id: str) -> int:
            row = db.execute("SELECT count(value) FROM observation WHERE sensor_id = %s", (sensor_id,)).fetchone()
            return int(row[0]) if row else 0

        until(lambda: stored("GOOD") == n, "every good reading is stored", 60)
        wanted = Counter((p.topic("bac_giang", "traffic", i), p.reason) for i, p in zip(ids, POISONS, strict=False))

        def held() -> Counter[tuple[str, str]]:
            rows = db.execute("SELECT topic, reason, count(*) FROM quarantine GROUP BY 1, 2")
            return Counter({(topic, reason): int(number) for topic, reason, number in rows})

        until(lambda: held().total() >= len(POISONS), "every poison is in quarantine", 60)
        assert held() == wanted
        for i, poison in zip(ids, (*POISONS, *HARMLESS), strict=True):
            if poison.reason != "bad_topic":
                assert stored(i) == poison.stored, poison.name
    assert collector.alive()
    assert collector.pid == pid
