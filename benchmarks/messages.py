"""The messages that are measured with, and a way to publish many of them quickly.

python -m benchmarks.messages SENSORS RATE SECONDS     publishes what is measured now, at a steady rate
"""

from __future__ import annotations

import os
import random
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import psycopg

from city.sensors import Sensor
from city.topics import telemetry_topic
from infra import sensors
from infra.mqtt import Broker, parse_url

AREA, DOMAIN = "bac_giang", "traffic"
ZONES = ("07210", "07228", "07696", "07699")
#: Readings in a message: all metrics of the traffic domain, battery and signal among them.
READINGS = 8
STEP_MS = 10_000
#: Messages written at once, and messages that may wait for their acknowledgement.
CHUNK, WINDOW = 1_000, 4_000


def name(number: int) -> str:
    """The id of a sensor of the benchmark, counted from 0."""
    return f"BG-TR-{number:05d}"


def topic(number: int) -> str:
    """The topic on which that sensor publishes."""
    return telemetry_topic(AREA, DOMAIN, name(number))


def register(url: str, count: int) -> None:
    """Put ``count`` sensors into the registry of the database."""
    with psycopg.connect(url) as conn:
        sensors.save(
            conn, [Sensor(name(i), AREA, DOMAIN, zone=ZONES[i % len(ZONES)], name=name(i)) for i in range(count)]
        )


def payload(rng: random.Random, ts_ms: int) -> bytes:
    """One message as a device writes it: about 200 bytes of JSON, which make 250 with the topic."""
    u = rng.uniform
    return (
        f'{{"ts": {ts_ms}, "values": {{"flow": {u(50, 2400):.1f}, "count": {rng.randrange(40)}, '
        f'"speed": {u(5, 70):.2f}, "occupancy": {u(0, 100):.2f}, "queue": {u(0, 300):.1f}, '
        f'"headway": {u(0.5, 30):.2f}, "battery": {u(20, 100):.1f}, "signal": {-u(40, 110):.1f}}}}}'
    ).encode()


def history(count: int, sensors: int, last_ms: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """``count`` messages of ``sensors`` taking turns, every STEP_MS each, the last of them at ``last_ms``."""
    rng = random.Random(seed)
    turns = -(-count // sensors)
    topics = [topic(i) for i in range(sensors)]
    for n in range(count):
        turn, sensor = divmod(n, sensors)
        yield topics[sensor], payload(rng, last_ms - (turns - 1 - turn) * STEP_MS - sensors + sensor)


def _length(n: int) -> bytes:
    out = bytearray()
    while True:
        n, low = divmod(n, 128)
        out.append(low | 0x80 if n else low)
        if not n:
            return bytes(out)


def packet(topic: str, payload: bytes, mid: int) -> bytes:
    """PUBLISH with QoS 1, in MQTT 3.1.1: the form without flow control by the broker."""
    body = struct.pack(">H", len(topic)) + topic.encode() + struct.pack(">H", mid) + payload
    return b"\x32" + _length(len(body)) + body


def _connect(broker: Broker, client_id: str) -> socket.socket:
    def text(s: str) -> bytes:
        return struct.pack(">H", len(s.encode())) + s.encode()

    flags = 0x02 | (0xC0 if broker.user else 0)
    body = text("MQTT") + bytes([4, flags]) + struct.pack(">H", 60) + text(client_id)
    if broker.user:
        body += text(broker.user) + text(broker.password or "")
    sock = socket.create_connection((broker.host, broker.port), 10)
    sock.sendall(b"\x10" + _length(len(body)) + body)
    if sock.recv(4) != b"\x20\x02\x00\x00":
        raise RuntimeError("the broker refused the publisher")
    return sock


class Publisher:
    """A connection that publishes at QoS 1 without waiting for more than the last WINDOW acknowledgements."""

    def __init__(self, url: str) -> None:
        self.sent = 0
        self._answered = 0
        self._socket = _connect(parse_url(url), f"bench-publisher-{time.monotonic_ns()}")

    def send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish some at once."""
        self._socket.sendall(b"".join(packet(t, p, 1 + (self.sent + i) % 65_535) for i, (t, p) in enumerate(messages)))
        self.sent += len(messages)
        self._settle(WINDOW)

    def close(self) -> None:
        """Wait for every acknowledgement, then leave."""
        self._settle(0)
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def _settle(self, outstanding: int) -> None:
        while self._answered < 4 * (self.sent - outstanding):  # a PUBACK has four bytes
            data = self._socket.recv(1 << 16)
            if not data:
                raise RuntimeError("the broker has cut the publisher")
            self._answered += len(data)


def publish(url: str, messages: Iterable[tuple[str, bytes]]) -> None:
    """Publish all as fast as the broker acknowledges them."""
    source, publisher = iter(messages), Publisher(url)
    while chunk := list(islice(source, CHUNK)):
        publisher.send(chunk)
    publisher.close()


def publish_live(url: str, sensors: int, rate: float, seconds: float) -> None:
    """Publish what is measured now, at a steady ``rate`` of messages a second, the sensors taking turns."""
    rng, publisher = random.Random(7), Publisher(url)
    begun = time.monotonic()
    while (elapsed := time.monotonic() - begun) < seconds:
        due = int(elapsed * rate) - publisher.sent
        publisher.send(
            [
                (topic((publisher.sent + i) % sensors), payload(rng, time.time_ns() // 1_000_000))
                for i in range(min(due, CHUNK))
            ]
        )
        time.sleep(0.005)
    publisher.close()


if __name__ == "__main__":
    publish_live(os.environ["IOC_MQTT_URL"], int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
