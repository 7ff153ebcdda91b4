"""Bytes from the broker become messages, however the network cuts them."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.receive import DUP, RETAIN, ProtocolError, Received, split


def length(n: int) -> bytes:
    """A variable byte integer of MQTT."""
    out = b""
    while True:
        n, rest = divmod(n, 128)
        out += bytes([rest | (0x80 if n else 0)])
        if not n:
            return out


class Packet(NamedTuple):
    """A PUBLISH (head 0x3_) or any other packet."""

    head: int
    topic: bytes = b""
    payload: bytes = b""
    mid: int = 0
    properties: bytes = b""

    def encoded(self) -> bytes:
        if self.head & 0xF0 != 0x30:
            body = self.payload
        else:
            body = struct.pack(">H", len(self.topic)) + self.topic
            body += struct.pack(">H", self.mid) if self.head & 0x06 else b""
            body += length(len(self.properties)) + self.properties + self.payload
        return bytes([self.head]) + length(len(body)) + body


PUBLISHES = st.builds(
    Packet,
    st.sampled_from([0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B]),
    st.binary(max_size=20) | st.just(b"ioc/v1/bac_giang/traffic/S1/telemetry"),
    st.binary(max_size=300) | st.sampled_from([b"x" * 127, b"x" * 16_384]),
    st.integers(1, 65_535),
    st.binary(max_size=5) | st.just(b"p" * 200),
)
OTHERS = st.builds(Packet, st.sampled_from([0x20, 0x40, 0x90, 0xD0, 0xE0]), payload=st.binary(max_size=200))
PACKETS = st.lists(PUBLISHES | PUBLISHES | OTHERS, max_size=8)


def wanted(packets: list[Packet]) -> tuple[list[tuple[bytes, bytes, int, int]], list[tuple[int, bytes]]]:
    published = [p for p in packets if p.head & 0xF0 == 0x30]
    return (
        [(p.topic, p.payload, p.mid if p.head & 0x06 else 0, p.head & (DUP | RETAIN)) for p in published],
        [(p.head, p.payload) for p in packets if p.head & 0xF0 != 0x30],
    )


@given(PACKETS, st.data())
def test_any_cuts_give_the_same_messages(packets: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(p.encoded() for p in packets)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    found: list[Received] = []
    others: list[tuple[int, bytes]] = []
    rest = b""
    for a, b in pairwise([0, *cuts, len(stream)]):
        more, rest = split(rest + stream[a:b], 1_000_000 + a, 3, lambda head, body: others.append((head, body)))
        assert [m.received_us for m in more] == list(range(1_000_000 + a, 1_000_000 + a + len(more)))
        found += more
    assert rest == b""
    messages, rests = wanted(packets)
    assert [(m.topic, m.payload, m.mid, m.flags) for m in found] == messages
    assert others == rests
    assert {m.epoch for m in found} <= {3}


@given(st.binary(max_size=200))
def test_garbage_raises_only_what_the_receiver_expects(data: bytes) -> None:
    try:
        found, rest = split(data, 0, 1, lambda *_: None)
    except (ProtocolError, IndexError):
        return
    assert len(rest) <= len(data)
    assert len(found) <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x32\x04\x00\x09ab" + b"x" * 20,  # a topic that is longer than its packet
        b"\x32\x05\x00\x01t\x00\x01" + b"\x10" * 20,  # no properties where they should begin
    ],
)
def test_a_broken_packet_is_an_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        split(data, 0, 1, lambda *_: None)
