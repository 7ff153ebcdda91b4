"""Receipts: how a redelivered message is known that has no key in history.

A reading without a time gets the time of its receipt; a message that cannot be read goes to quarantine as it is.
If the acknowledgement is lost after the commit, the broker sends such a message again (DUP, same packet id), and
nothing in its rows says so. A receipt keeps packet id, digest and time of receipt, for as many messages as the
broker may redeliver. DUP alone never counts: it says "sent before", not "seen before".
"""

from __future__ import annotations

import hashlib
import struct
from collections import deque
from typing import NamedTuple

_ROW = struct.Struct("<H8sqI")


class Receipt(NamedTuple):
    """One message without a key: when it was received first, and its place among the batch's messages."""

    mid: int
    digest: bytes
    received_us: int
    place: int


def digest(topic: bytes, payload: bytes) -> bytes:
    """8 bytes that name the message's content."""
    return hashlib.blake2b(topic + b"\0" + payload, digest_size=8).digest()


def pack(receipts: list[Receipt]) -> bytes:
    return b"".join(_ROW.pack(*r) for r in receipts)


def unpack(data: bytes) -> list[Receipt]:
    return [Receipt(*row) for row in _ROW.iter_unpack(data)]


class Ledger:
    """Receipts of the last ``reach`` messages that were committed."""

    def __init__(self, reach: int) -> None:
        self._reach = reach
        self._count = 0
        self._known: dict[int, tuple[bytes, int, int]] = {}
        self._batches: deque[tuple[int, int]] = deque()

    def find(self, mid: int, content: bytes) -> int | None:
        """When a message of that packet id and content was first received, or None."""
        known = self._known.get(mid)
        if known is None or known[0] != content or known[2] <= self._count - self._reach:
            return None
        return known[1]

    def add(self, seq: int, messages: int, receipts: list[Receipt]) -> int:
        """Remember a committed batch; returns the sequence number below which rows are no longer needed."""
        for r in receipts:
            self._known[r.mid] = (r.digest, r.received_us, self._count + r.place)
        self._count += messages
        self._batches.append((seq, self._count))
        while self._batches and self._batches[0][1] <= self._count - self._reach:
            self._batches.popleft()
        return self._batches[0][0] if self._batches else seq + 1

    def clear(self) -> None:
        """Forget all: the broker has forgotten the session, its packet ids begin anew."""
        self._known.clear()
