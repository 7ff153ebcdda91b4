"""Event time of a run: real, or accelerated from the past until it has caught up with now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.errors import ConfigError

DAY_US = 86_400_000_000
#: A collector refuses readings older than 30 days: a run begins a day later at the earliest.
OLDEST_US = 29 * DAY_US


def now_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Clock:
    """Event time goes ``speed`` times as fast as real time, from ``start_us`` at ``begun_us``; never past now."""

    start_us: int
    begun_us: int
    speed: float
    now: Callable[[], int] = now_us

    def event_us(self) -> int:
        """Event time now."""
        now = self.now()
        return min(now, self.start_us + int((now - self.begun_us) * self.speed))

    def wait_s(self, event_us: int) -> float:
        """Seconds of real time until event time reaches a moment; 0 when it has."""
        now = self.now()
        reached = self.begun_us + (event_us - self.start_us) / self.speed
        return max(0.0, (max(reached, event_us) - now) / 1e6)


def plan(speed: float, duration_s: float | None, start: str | None, now: Callable[[], int] = now_us) -> Clock:
    """The clock of a run; ConfigError on a start in the future or over 29 days ago.

    Without a start, an accelerated run begins where it will catch up with now at its end (at most 29 days ago);
    without a duration it begins a day ago.
    """
    begun = now()
    if start is not None:
        first = _parse(start)
        if first > begun:
            raise ConfigError(f"--start {start} lies in the future: a reading cannot be newer than now")
        if first < begun - OLDEST_US:
            raise ConfigError(f"--start {start} is over 29 days ago: the collector refuses readings that old")
        return Clock(first, begun, speed, now)
    covered_us = DAY_US if duration_s is None else int(duration_s * 1e6 * (speed - 1))
    return Clock(begun - (min(covered_us, OLDEST_US) if speed > 1 else 0), begun, speed, now)


def _parse(text: str) -> int:
    """Microseconds of an ISO 8601 time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--start {text} is no ISO 8601 time, such as 2026-11-22T06:00+07:00") from None
    delta = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
