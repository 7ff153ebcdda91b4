"""MQTT packets as bytes, and what becomes of them when something on the way, or somebody, changes them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable


def text(said: str | bytes) -> bytes:
    data = said.encode() if isinstance(said, str) else said
    return struct.pack(">H", len(data)) + data


def packet(head: int, body: bytes) -> bytes:
    """The body under that first byte, with its length."""
    length, n = bytearray(), len(body)
    while True:
        n, low = divmod(n, 128)
        length.append(low | 0x80 if n else low)
        if not n:
            return bytes([head]) + bytes(length) + body


def connect(client_id: str, user: str, password: str) -> bytes:
    """MQTT 5, a session that begins anew."""
    head = text("MQTT") + b"\x05\xc2" + struct.pack(">H", 60) + b"\x00"
    return packet(0x10, head + text(client_id) + text(user) + text(password))


def publish(topic: str, body: bytes, head: int = 0x32, properties: bytes = b"", mid: int = 7) -> bytes:
    number = struct.pack(">H", mid) if head & 0x06 else b""
    return packet(head, text(topic) + number + bytes([len(properties)]) + properties + body)


def seeds(topic: str) -> list[bytes]:
    """Packets of every kind, as a client may send them."""
    body = b'{"ts":1763800000000,"values":{"speed":41.5}}'
    return [
        publish(topic, body),
        publish(topic, body, 0x30),
        publish(topic, body, 0x34),
        publish(topic, body, 0x33, b"\x01\x01\x02\x00\x00\x00\x3c"),  # retained; text, for a minute
        publish(topic, body, properties=b"\x23\x00\x05"),  # a topic alias
        publish("", body, properties=b"\x23\x00\x05"),
        publish(topic, body, properties=b"\x26" + text("key") + text("value") + b"\x03" + text("application/json")),
        publish(topic, body, properties=b"\x08" + text("ioc/answer") + b"\x09" + text(b"\x00\xff")),
        packet(0x82, b"\x00\x01\x00" + text("ioc/v1/#") + b"\x01"),
        packet(0x82, b"\x00\x02\x02\x0b\x05" + text("$share/a/ioc/+/x") + b"\x2d" + text("#") + b"\x00"),
        packet(0xA2, b"\x00\x03\x00" + text("ioc/v1/#")),
        *(packet(head, b"\x00\x07\x00\x00") for head in (0x40, 0x50, 0x62, 0x70)),
        packet(0xC0, b""),
        packet(0xF0, b"\x18\x10\x15" + text("SCRAM-SHA-256") + b"\x16" + text(b"\x00\x01")),
        packet(0xE0, b"\x04\x05\x11\x00\x00\x00\x05"),
        packet(0x10, text("MQTT") + b"\x05\xee\x00\x3c\x05\x11\x00\x00\x00\x05" + text("another") + b"\x00"
               + text("ioc/will") + text("gone") + text("user") + text("password")),
        packet(0x10, text("MQIsdp") + b"\x03\x02\x00\x3c" + text("old")),
    ]  # fmt: skip


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _put(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] = rng.choice((0x00, 0x01, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 300)))


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 8))]


def _double(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randrange(1, 40)]


def _length(data: bytearray, rng: random.Random) -> None:
    """The length says something else, or never ends."""
    data[1:2] = rng.choice((b"\x00", b"\x7f", b"\xff\x7f", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\xff"))


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _put, _insert, _remove, _double, _length)


def mutated(known: list[bytes], rng: random.Random) -> bytes:
    """One of these packets, changed in one to four places."""
    data = bytearray(rng.choice(known))
    for _ in range(rng.randrange(1, 5)):
        if len(data) > 2:
            rng.choice(_CHANGES)(data, rng)
    return bytes(data)
