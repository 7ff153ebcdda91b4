"""The bus: committed batches, announced on the broker itself.

Every batch has the next number of its collector's sequence, over restarts too; a batch is one frame or more, so
that none is larger than the broker takes. A consumer that sees a gap reads the missing batches from the database:
the bus keeps nothing.

A frame: 4 bytes length of the head, the head as MessagePack, then the columns, one after the other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import Columns

BATCH_TOPIC = "ioc/bus/v1/batch"
STATUS_TOPIC = "ioc/bus/v1/status"
CANARY_TOPIC = "ioc/bus/v1/canary"

#: Bytes of columns in one frame: with the head it stays below a broker's max_packet_size of 256 KiB.
FRAME_BYTES = 192 * 1024


class BusError(ValueError):
    """Bytes on the bus that are no frame."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What stands before the columns.

    ``part`` of ``parts`` counts from 0. ``received_us`` is when the batch's first message was received,
    ``canary_us`` when the canary in it was sent (0: it holds none). ``metrics`` are (name, double) of the columns
    that follow. ``domain`` is empty in a batch without rows.
    """

    collector: str
    epoch: str
    seq: int
    part: int
    parts: int
    batch: int
    received_us: int
    canary_us: int
    replay: bool
    domain: str
    rows: int
    metrics: tuple[tuple[str, bool], ...]


class Frame(msgspec.Struct, frozen=True):
    """One part of a committed batch: its head, and the rows of one domain (None: the batch stored none)."""

    head: Head
    columns: Columns | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Head).decode


def _body(cols: Columns, double: NDArray[np.bool_]) -> tuple[list[tuple[str, bool]], bytes]:
    """The columns as bytes; a metric that no row has is left out."""
    parts = [
        cols.sensor.astype("<i4").tobytes(), cols.channel.astype("<i2").tobytes(),
        cols.time_us.astype("<i8").tobytes(), cols.quality.astype("u1").tobytes(),
        cols.period_s.astype("<f4").tobytes(),
    ]  # fmt: skip
    named = []
    present = np.flatnonzero(~np.isnan(cols.values).all(axis=0))
    for i in present.tolist():
        named.append((cols.metrics[i], bool(double[i])))
        parts.append(cols.values[:, i].astype("<f8" if double[i] else "<f4").tobytes())
    return named, b"".join(parts)


def encode(
    head: Head, tables: Sequence[tuple[Columns, NDArray[np.bool_]]], *, frame_bytes: int = FRAME_BYTES
) -> Iterator[bytes]:
    """The frames of one batch. ``tables``: each domain's columns and, per metric, whether it is double.

    ``head`` gives what all frames share; its part, parts, domain, rows and metrics are filled in here.
    """
    slices: list[tuple[Columns, NDArray[np.bool_]]] = []
    for cols, double in tables:
        row_bytes = 19 + int(4 * len(double) + 4 * double.sum())
        step = max(1, frame_bytes // row_bytes)
        slices += [(cols.take(slice(i, i + step)), double) for i in range(0, len(cols), step)]
    if not slices:
        packed = _encode(msgspec.structs.replace(head, part=0, parts=1, domain="", rows=0, metrics=()))
        yield struct.pack("<I", len(packed)) + packed
        return
    for part, (cols, double) in enumerate(slices):
        metrics, body = _body(cols, double)
        packed = _encode(
            msgspec.structs.replace(
                head, part=part, parts=len(slices), domain=cols.domain, rows=len(cols), metrics=tuple(metrics)
            )
        )
        yield struct.pack("<I", len(packed)) + packed + body


def decode(data: bytes) -> Frame:
    """The frame in ``data``, or BusError. Its ``metrics`` are those present in the frame, in the sender's order."""
    try:
        (length,) = struct.unpack_from("<I", data)
        head = _decode(data[4 : 4 + length])
    except (struct.error, msgspec.MsgspecError) as e:
        raise BusError(f"no frame: {e}") from None
    if not head.domain:
        return Frame(head, None)
    offset, n = 4 + length, head.rows

    def column(kind: str) -> NDArray[Any]:
        nonlocal offset
        found = np.frombuffer(data, kind, n, offset)
        offset += found.nbytes
        return found

    try:
        sensor, channel, time_us = column("<i4"), column("<i2"), column("<i8")
        quality, period_s = column("u1"), column("<f4")
        values = np.empty((len(head.metrics), n)).T  # metric by metric in memory, as they come
        for i, (_, double) in enumerate(head.metrics):
            values[:, i] = column("<f8" if double else "<f4")
    except ValueError as e:
        raise BusError(f"no frame: {e}") from None
    names = tuple(name for name, _ in head.metrics)
    return Frame(head, Columns(head.domain, names, sensor, channel, time_us, quality, period_s, values))
