"""What the fault and load tests share: a steady publisher with a ledger, and the questions asked afterwards.

Every message has its own number, and carries it as its value of ``energy`` (a counter, stored in double
precision): so each message can be told from all others in the database, with a time of its own or without.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from city.sensors import Sensor
from city.topics import telemetry_topic
from infra import bus, mqtt, sensors
from simulators.publish import Publisher
from tests.service import Service, until

SENSORS = 40
#: One message in so many has no time of its own.
UNTIMED = 10
DOMAIN = "lighting"
START = Callable[..., Service]


def prepare(url: str, area: str = "bac_giang") -> None:
    """Register the sensors of that area."""
    with psycopg.connect(url, autocommit=True) as conn:
        sensors.save(conn, [Sensor(sensor_id(area, n), area, DOMAIN) for n in range(SENSORS)])


def sensor_id(area: str, number: int) -> str:
    return f"{area}-{number % SENSORS}"


def collect(service: START, database: str, broker: str, *, within_s: float = 30, **env: str) -> Service:
    """Start a collector, and wait until its session stands."""
    collector = service("ingest", "run", env={"IOC_DATABASE_URL": database, "IOC_MQTT_URL": broker, **env})
    until(lambda: collects(collector) or not collector.alive(), "the collector connects", within_s)
    assert collector.alive(), collector.text[-3000:]
    return collector


def collects(collector: Service, times: int = 1) -> bool:
    """Whether its log says that it has connected to the broker so often."""
    return collector.text.count("connected to the broker") >= times


@dataclass
class Message:
    """Makes message number n of an area: topic, body and how many readings it holds."""

    area: str = "bac_giang"
    base_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000 - 900_000)

    def topic(self, n: int) -> str:
        return telemetry_topic(self.area, DOMAIN, sensor_id(self.area, n))

    def body(self, n: int) -> bytes:
        if n % UNTIMED == 0:
            return b'{"energy":%d}' % n
        return b'{"ts":%d,"values":{"energy":%d,"power":58.5}}' % (self.base_ms + n, n)

    @staticmethod
    def readings(n: int) -> int:
        return 1 if n % UNTIMED == 0 else 2


class Load:
    """Publishes numbered messages at a rate from a thread of its own until it is stopped.

    ``acknowledged`` are the numbers for which the broker has said Success: those it has promised to hand on. When we
    heard of it is beside them, and in ``heard_on`` by which connection, from 1: a busy machine may read what a broker
    said before it was killed a while afterwards.
    """

    def __init__(self, url: str, rate: float, *, first: int = 0, message: Message | None = None, most: int = 0) -> None:
        self.message = message or Message()
        self.acknowledged: dict[int, float] = {}
        self.heard_on: dict[int, int] = {}
        self._sent_on: dict[int, int] = {}
        self.unheard: list[int] = []
        self.refused: list[int] = []
        self.next = first
        self._first = first
        self._most = most
        self._rate = rate
        self._halt = threading.Event()
        self._give_up = threading.Event()
        self._publisher = Publisher(
            url, f"device-{self.message.area}", on_settled=self._settled, window=20_000, stop=self._give_up
        )
        self._publisher.connect()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def sent(self) -> int:
        return self.next - self._first

    def _settled(self, tag: Any, _: int, reason: int) -> None:
        if reason == 0:
            self.acknowledged[tag] = time.monotonic()
            self.heard_on[tag] = self._publisher.counts.connections
        elif reason < 0x80:
            self.unheard.append(tag)
        else:
            self.refused.append(tag)

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._halt.is_set() and (not self._most or self.sent < self._most):
            due = int((time.monotonic() - begun) * self._rate)
            if self._most:
                due = min(due, self._most)
            while self.sent < due and not self._halt.is_set():
                n = self.next
                self._sent_on[n] = self._publisher.counts.connections
                if not self._publisher.send(self.message.topic(n), self.message.body(n), tag=n):
                    return
                self.next += 1
            self._halt.wait(0.01)

    def sent_again(self, n: int) -> bool:
        """Whether the connection ended before the broker's answer was heard: then it has been sent once more.

        A broker that is stopped may have taken a message and not said so. For it the second is another one, which
        only a time of its own would tell from the first.
        """
        return n % UNTIMED == 0 and self.heard_on.get(n, 0) > self._sent_on.get(n, 1)

    def reached(self, count: int) -> bool:
        """Whether so many have been sent."""
        return self.sent >= count

    def finish(self, within_s: float = 60) -> None:
        """Send no more, and wait until the broker has answered for everything."""
        self._halt.set()
        self._thread.join(within_s)
        assert self._publisher.drain(within_s), f"the broker owes {self._publisher.under_way} answers"
        assert not self.refused

    def close(self) -> None:
        self._halt.set()
        self._give_up.set()
        self._publisher.close(0)
        self._thread.join(10)


@contextmanager
def load(url: str, rate: float, **options: Any) -> Iterator[Load]:
    """A Load that is ended with the block."""
    made = Load(url, rate, **options)
    try:
        yield made
    finally:
        made.close()


def ask(url: str, query: str, *args: object) -> list[tuple[Any, ...]]:
    """Rows of a query, on a connection of its own."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as conn:
        return conn.execute(query, args).fetchall()


def one(url: str, query: str, *args: object) -> Any:
    return ask(url, query, *args)[0][0]


def stored(url: str, area: str = "bac_giang") -> dict[int, int]:
    """The numbers that are in history, and how often each."""
    rows = ask(
        url, "SELECT value::bigint, count(*) FROM observation WHERE metric = 'energy' AND area = %s GROUP BY 1", area
    )
    return dict(rows)


def caught_up(url: str, loads: list[Load], within_s: float = 60, *, still_s: float = 15) -> None:
    """Wait until history holds as many messages as the brokers have acknowledged (which are looked at later).

    It need not wait to the end where history has stood still for a while: then something is lost.
    """
    wanted = sum(len(a.acknowledged) for a in loads)
    last, since = -1, time.monotonic()

    def settled() -> bool:
        nonlocal last, since
        now = one(url, "SELECT count(energy) FROM reading_lighting")
        if now != last:
            last, since = now, time.monotonic()
        return now >= wanted or time.monotonic() - since > still_s

    until(settled, f"{wanted:,} messages are stored", within_s, 0.25)
    assert last >= wanted, f"lost {wanted - last:,} of {wanted:,} messages, or they lie somewhere else"


def check_complete(url: str, *loads: Load) -> None:
    """Lost 0, stored twice 0 (but for what was sent twice), nothing that was not sent, even books, no gap."""
    readings = 0
    for part in loads:
        found = stored(url, part.message.area)
        lost = part.acknowledged.keys() - found.keys()
        assert not lost, f"lost {len(lost)} of {len(part.acknowledged)}: {sorted(lost)[:10]}"
        twice = {n: count for n, count in found.items() if count > 1 + part.sent_again(n)}
        assert not twice, f"stored twice {len(twice)}: {sorted(twice)[:10]}"
        assert set(found) <= set(range(part._first, part.next))
        readings += sum(part.message.readings(n) + (count - 1) for n, count in found.items())
    assert one(url, "SELECT count(*) FROM observation") == readings
    check_books(url)
    assert one(url, "SELECT count(*) FROM quarantine") == 0, ask(url, "SELECT reason, detail FROM quarantine LIMIT 5")


def check_books(url: str) -> None:
    """decoded = stored + duplicate + quarantined in every minute; stored is what is there; no number left out."""
    uneven = ask(url, "SELECT * FROM balance_minute WHERE decoded <> stored + duplicate + quarantined")
    assert not uneven, uneven
    assert one(url, "SELECT coalesce(sum(stored), 0) FROM balance_minute") == one(
        url, "SELECT count(*) FROM observation"
    )
    for name, seq in ask(url, "SELECT name, seq FROM collector"):
        numbers = ask(url, "SELECT count(*), count(DISTINCT seq), max(seq) FROM batch WHERE collector = %s", name)
        assert numbers == [(seq, seq, seq)], f"{name}: batches {numbers}, number {seq}"


def left_in_session(url: str, name: str = "ingest-1", listen_s: float = 0.7) -> int:
    """How many messages the broker still holds for a collector that has ended; they stay there. A canary that it sent
    in its last moment is none: nobody waits for it."""
    found: list[str] = []
    connected = threading.Event()

    def on_connect(_: Client, __: object, flags: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        assert not code.is_failure
        assert flags.session_present
        connected.set()

    def on_message(_: Client, __: object, message: MQTTMessage) -> None:
        if message.topic != f"{bus.CANARY_TOPIC}/{name}":
            found.append(message.topic)

    broker = mqtt.parse_url(url)
    client = Client(mqtt.CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5, manual_ack=True)
    mqtt.prepare(client, broker)
    client.on_connect, client.on_message = on_connect, on_message
    client.connect(broker.host, broker.port, 30, clean_start=False, properties=mqtt.session(expiry_s=mqtt.NEVER_S))
    client.loop_start()
    try:
        assert connected.wait(10)
        time.sleep(listen_s)
    finally:
        client.disconnect()
        client.loop_stop()
    return len(found)
