"""Times as files write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from city.payload import show

#: Nothing was measured before; a time before it is seconds where milliseconds are meant, or a wrong format.
EARLIEST_US = 946_684_800_000_000  # 2000-01-01

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_MILLISECONDS = re.compile(r"\d{12,14}\Z", re.ASCII)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII,
)


class Clock:
    """Reads times. ``offset_s``: of times that state none; ``form``: as of strptime, empty for ISO 8601."""

    def __init__(self, offset_s: int | None, form: str) -> None:
        self.offset_s = offset_s
        self.form = form

    def micros(self, text: str) -> int:
        """Microseconds since 1970; ValueError says in words what is wrong."""
        if not text:
            raise ValueError("there is no time")
        try:
            if self.form:
                return self._of(datetime.strptime(text, self.form), text)  # noqa: DTZ007 -- _of sees to its offset
            if _MILLISECONDS.match(text):
                return int(text) * 1000
            found = _ISO.match(text)
            if found:
                return self._iso(found, text)
        except (OverflowError, ValueError) as e:
            raise ValueError(f"time {show(text)}: {e}") from None
        raise ValueError(f"time {show(text)} is neither ISO 8601 nor epoch milliseconds; another form: --time-format")

    def _iso(self, found: re.Match[str], text: str) -> int:
        year, month, day, hour, minute, second, part, zone = found.groups(default="0")
        tz = None
        if found[8]:
            digits = zone[1:].replace(":", "").ljust(4, "0")
            away = timedelta(hours=int(digits[:2] or 0), minutes=int(digits[2:] or 0)) if zone not in "Zz" else None
            tz = UTC if away is None else timezone(-away if zone[0] == "-" else away)
        # Nanoseconds are cut to microseconds.
        us = int(part[:6].ljust(6, "0")) if found[7] else 0
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), us, tz)
        return self._of(at, text)

    def _of(self, at: datetime, text: str) -> int:
        if at.tzinfo is not None:
            return (at - _EPOCH) // _US
        if self.offset_s is None:
            raise ValueError("it states no offset from UTC: give --utc-offset, as +07:00")
        return (at.replace(tzinfo=UTC) - _EPOCH) // _US - self.offset_s * 1_000_000


def iso(us: int) -> str:
    """Microseconds as ISO 8601, as the reader of messages takes it."""
    return (_EPOCH + us * _US).isoformat(timespec="microseconds")
