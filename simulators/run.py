"""Runs the city against a broker: computes a little ahead, publishes each message when its moment has come."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from simulators.clock import Clock
from simulators.ledger import Ledger
from simulators.publish import Counts, Publisher
from simulators.town import Batch

AHEAD_S = 1.0  # real time that is computed at once
MOST_MESSAGES = 20_000  # computed at once
TICK_S = 0.005


class City(Protocol):
    """What a run tells: a town, or a scenario."""

    @property
    def per_s(self) -> float:
        """Messages a second of event time."""

    def between(self, after_us: int, until_us: int) -> Batch:
        """Messages of (after, until]."""
        ...


@dataclass
class Summary:
    """What a run did. ``complete``: every message was answered. Rate in messages/s of real time."""

    sensors: int
    counts: Counts
    duration_s: float
    event_from_us: int
    event_until_us: int
    complete: bool

    @property
    def rate(self) -> float:
        """Acknowledged messages a second."""
        return self.counts.acknowledged / self.duration_s if self.duration_s else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "sensors": self.sensors,
            **asdict(self.counts),
            "rate": round(self.rate, 1),
            "duration_s": round(self.duration_s, 3),
            "event_from": _iso(self.event_from_us),
            "event_until": _iso(self.event_until_us),
            "complete": self.complete,
        }


def _iso(us: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(us // 1_000_000))


class Run:
    """One run. ``messages``: end after so many, exactly; ``duration_s``: set ``stop`` after so long; ``stop``: end."""

    def __init__(
        self,
        town: City,
        publisher: Publisher,
        clock: Clock,
        stop: threading.Event,
        *,
        qos: int = 1,
        duration_s: float | None = None,
        messages: int | None = None,
        ledger: Ledger | None = None,
        progress: Callable[[Run], None] | None = None,
    ) -> None:
        self.town, self.publisher, self.clock = town, publisher, clock
        self.event_us = clock.start_us
        self._stop, self._qos, self._ledger = stop, qos, ledger
        self._duration_s = duration_s
        self._left = messages
        self._progress = progress

    @property
    def behind_s(self) -> float:
        """Event time by which publishing lags behind its clock: the broker or this machine cannot keep up."""
        return max(0.0, (self.clock.event_us() - self.event_us) / 1e6)

    def go(self) -> None:
        """Publish until the end. What is under way then is not waited for."""
        ahead_us = max(1, int(min(AHEAD_S * self.clock.speed, MOST_MESSAGES / max(self.town.per_s, 1e-3)) * 1e6))
        # By `stop`, because it also ends the waiting for a broker that is away.
        timer = threading.Timer(self._duration_s or 0, self._stop.set)
        timer.daemon = True
        if self._duration_s is not None:
            timer.start()
        edge_us = self.event_us
        try:
            while not self._over():
                batch = self.town.between(edge_us, edge_us + ahead_us)
                edge_us += ahead_us
                if not self._publish(batch, edge_us):
                    return
                self.event_us = edge_us
        finally:
            timer.cancel()

    def _over(self) -> bool:
        return self._left == 0 or self._stop.is_set()

    def _publish(self, batch: Batch, until_us: int) -> bool:
        """Send a batch message by message at its time, and wait for its end; False when the run is over before."""
        times = batch.t_us.tolist()
        at = 0
        while True:
            event = self.clock.event_us()
            due = bisect_right(times, event)
            while at < due:
                if self._left == 0 or self._stop.is_set() or not self._send(batch, at, times[at]):
                    return False
                at += 1
            self._look()
            if self._over():
                return False
            if event >= until_us:
                return True
            ahead = self.clock.wait_s(times[at] if at < len(times) else until_us)
            self._stop.wait(min(max(ahead, TICK_S), 0.5))

    def _send(self, batch: Batch, at: int, t_us: int) -> bool:
        tag = (batch.sensors[at], t_us // 1000)
        if not self.publisher.send(batch.topics[at], batch.payloads[at], qos=self._qos, tag=tag):
            return False
        self.event_us = max(self.event_us, t_us)
        if self._left is not None:
            self._left -= 1
        return True

    def _look(self) -> None:
        if self._ledger is not None:
            self._ledger.flush()
        if self._progress is not None:
            self._progress(self)
