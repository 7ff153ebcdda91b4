"""The messages that are measured with, and a way to publish many of them quickly."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from itertools import islice

import psycopg

from city.sensors import Sensor
from city.topics import telemetry_topic
from infra import sensors
from infra.mqtt import Broker, parse_url

AREA, DOMAIN = "bac_giang", "traffic"
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
        sensors.save(conn, [Sensor(name(i), AREA, DOMAIN, zone="07210", name=name(i)) for i in range(count)])


def payload(rng: random.Random, ts_ms: int) -> bytes:
    """One message as a device writes it: about 200 bytes of JSON, which make 250 with the topic."""
    return (
        f'{{"ts": {ts_ms}, "values": {{"flow": {rng.uniform(50, 2400):.1f}, "count": {rng.randrange(0, 40)}, '
        f'"speed": {rng.uniform(5, 70):.2f}, "occupancy": {rng.uniform(0, 100):.2f}, "queue": {rng.uniform(0, 300):.1f}, '
        f'"headway": {rng.uniform(0.5, 30):.2f}, "battery": {rng.uniform(20, 100):.1f}, "signal": {-rng.uniform(40, 110):.1f}}}}}'
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


def publish(url: str, messages: Iterable[tuple[str, bytes]]) -> int:
    """Publish all at QoS 1 as fast as the broker acknowledges them; returns how many there were."""
    source = iter(messages)
    sent = answered = 0
    with _connect(parse_url(url), f"bench-publisher-{time.monotonic_ns()}") as sock:
        while chunk := [packet(t, p, 1 + (sent + i) % 65_535) for i, (t, p) in enumerate(islice(source, CHUNK))]:
            sock.sendall(b"".join(chunk))
            sent += len(chunk)
            answered += _answers(sock, 4 * (sent - WINDOW) - answered)
        _answers(sock, 4 * sent - answered)
        sock.sendall(b"\xe0\x00")
    return sent


def _answers(sock: socket.socket, at_least: int) -> int:
    """Read so many bytes of PUBACKs, four each, or some more."""
    got = 0
    while got < at_least:
        data = sock.recv(1 << 16)
        if not data:
            raise RuntimeError("the broker has cut the publisher")
        got += len(data)
    return got
