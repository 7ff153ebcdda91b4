"""Times: microseconds since 1970 inside, RFC 3339 in UTC outside."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000


def now_us() -> int:
    """The clock on the wall, in microseconds."""
    return time.time_ns() // 1000


def rfc3339(us: int) -> str:
    """Microseconds as text, with as many decimals of a second as are needed: none, milli or micro."""
    whole, part = divmod(us, SECOND)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    if not part:
        return stamp + "Z"
    return f"{stamp}.{part // 1000:03d}Z" if part % 1000 == 0 else f"{stamp}.{part:06d}Z"


def text(moment: datetime | None) -> str | None:
    """A time of the database as RFC 3339 in UTC."""
    return None if moment is None else rfc3339(micros(moment))


def micros(moment: datetime) -> int:
    """A time with an offset as microseconds."""
    gap = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (gap.days * 86_400 + gap.seconds) * SECOND + gap.microseconds


def moment(us: int) -> datetime:
    """Microseconds as a time of the database, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
