"""Receipts: how a redelivered message is known that has no key in history.

A reading without a time gets the time of its receipt; a message that cannot be read goes to quarantine as it is.
If the acknowledgement is lost after the commit, the broker sends such a message again (DUP, same packet id), and
nothing in its rows says so. A receipt keeps packet id, digest and time of receipt, for as many messages as the
broker may redeliver. DUP alone never counts: it says "sent before", not "seen before".

Packet ids mean something within one session of the broker only. When it has lost ours, they begin anew, and
receipts of the session before say nothing of the messages after, whenever they were committed.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections import deque
from operator import attrgetter
from typing import NamedTuple

_ROW = struct.Struct("<H8sqI")
_PLACE = attrgetter("place")


class Receipt(NamedTuple):
    """One message without a key: when it was received first, and its place among the batch's messages.

    ``session``: see `Ledger.session`; it is not packed, since only receipts of the newest session are.
    """

    mid: int
    digest: bytes
    received_us: int
    place: int
    session: int = 0


def digest(topic: bytes, payload: bytes) -> bytes:
    """8 bytes that name the message's content."""
    return hashlib.blake2b(topic + b"\0" + payload, digest_size=8).digest()


def pack(receipts: list[Receipt]) -> bytes:
    return b"".join(_ROW.pack(*r[:4]) for r in receipts)


def unpack(data: bytes) -> list[Receipt]:
    return [Receipt(*row) for row in _ROW.iter_unpack(data)]


def reach(window: int) -> int:
    """For how many messages receipts must last, with that receive window.

    The inbox holds one and a half windows at the most, of which many may be copies; a further window may be on its
    way before a message comes again. Packet ids come round after 65,535.
    """
    return min(3 * window, 60_000)


class Ledger:
    """Receipts of the last ``reach`` messages that were committed.

    Sessions are numbered: 0 is the one that this process has found, and each loss begins the next. ``packed`` is
    the session of the receipts that lie in the database.
    """

    def __init__(self, reach: int) -> None:
        self._reach = reach
        self._count = 0
        self._known: dict[int, tuple[int, bytes, int, int]] = {}
        self._losses: list[int] = []
        self.packed = 0
        self._batches: deque[tuple[int, int]] = deque()

    @property
    def newest(self) -> int:
        """The session that there is now."""
        return len(self._losses)

    def session(self, epoch: int) -> int:
        """The session that a connection belonged to."""
        return bisect_right(self._losses, epoch)

    def lose(self, epoch: int) -> None:
        """On this connection the broker did not know the session any more. Called on paho's thread."""
        self._losses.append(epoch)

    def find(self, session: int, mid: int, content: bytes) -> int | None:
        """When a message of that packet id and content was first received in that session, or None."""
        known = self._known.get(mid)
        if known is None or known[:2] != (session, content) or known[3] <= self._count - self._reach:
            return None
        return known[2]

    def add(self, seq: int, messages: int, receipts: list[Receipt]) -> int:
        """Remember a committed batch; returns the sequence number below which rows are no longer needed."""
        # In the order of arrival: of two with one packet id, the broker means the later.
        for r in sorted(receipts, key=_PLACE):
            self._known[r.mid] = (r.session, r.digest, r.received_us, self._count + r.place)
        self._count += messages
        self._batches.append((seq, self._count))
        while self._batches and self._batches[0][1] <= self._count - self._reach:
            self._batches.popleft()
        return self._batches[0][0] if self._batches else seq + 1
