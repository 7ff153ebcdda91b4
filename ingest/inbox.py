"""The bounded queue between paho's thread and the writer.

QoS 1 is bounded by the receive window: the broker sends no more. But each new connection sends the same again,
so when copies pile up (no database, and a broker that comes and goes) the network thread stops reading. QoS 0 knows
no back pressure; what does not fit is dropped and counted, as QoS 0 allows.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from ingest.receive import Received


class Inbox:
    """Messages in the order of their arrival."""

    def __init__(self, window: int) -> None:
        self._limit = 2 * window
        self._enough = window * 3 // 2
        self._chunks: deque[list[Received]] = deque()
        self._count = 0
        self._since = 0.0
        self._news = threading.Condition()
        self.dropped = 0

    def __len__(self) -> int:
        return self._count

    def full(self) -> bool:
        """Whether it holds more than one connection delivers: read no more until some is written."""
        return self._count >= self._enough

    def put(self, messages: list[Received]) -> None:
        """Called on paho's thread. What is dropped beyond two windows is of QoS 0 only."""
        with self._news:
            if self._count + len(messages) > self._limit:
                kept = [m for m in messages if m.mid]
                self.dropped += len(messages) - len(kept)
                messages = kept
            if not messages:
                return
            if not self._count:
                self._since = time.monotonic()
            self._chunks.append(messages)
            self._count += len(messages)
            self._news.notify()

    def wake(self) -> None:
        """Let a waiting `take` return."""
        with self._news:
            self._news.notify()

    def take(self, most: int, linger_s: float, patience_s: float) -> list[Received]:
        """At most ``most`` messages; empty after ``patience_s`` without any.

        Waits until the first is ``linger_s`` old or ``most`` are there, so that messages travel in company.
        """
        with self._news:
            if not self._count:
                self._news.wait(patience_s)
            while self._count and self._count < most:
                left = self._since + linger_s - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(left)
            taken: list[Received] = []
            while self._chunks and len(taken) < most:
                chunk = self._chunks.popleft()
                room = most - len(taken)
                if len(chunk) > room:
                    self._chunks.appendleft(chunk[room:])
                    chunk = chunk[:room]
                taken += chunk
            self._count -= len(taken)
            # What is left has waited already.
            self._since = time.monotonic() - linger_s
            return taken
