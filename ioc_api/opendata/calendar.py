"""City days and months as they stand in addresses, and what of them is old enough to be published.

All times are microseconds since 1970 in UTC; a city day begins at 17:00 UTC (UTC+7, no daylight saving).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from infra.times import SECOND
from ioc_api.problems import Stop

HOUR_US = 3600 * SECOND
DAY_US = 24 * HOUR_US
_CITY_US = 7 * HOUR_US
_EPOCH = date(1970, 1, 1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
#: The database and we can both hold these, and no city has figures beyond.
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 1)


@dataclass(frozen=True)
class Span:
    """The city days of one file: ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def from_us(self) -> int:
        return start_us(self.first)

    @property
    def to_us(self) -> int:
        return start_us(self.last) + DAY_US


def start_us(day: date) -> int:
    """When a city day begins."""
    return (day - _EPOCH).days * DAY_US - _CITY_US


def city_day(us: int) -> date:
    """The city day that a moment lies in."""
    return _EPOCH + timedelta(days=(us + _CITY_US) // DAY_US)


def public_until(done_until_us: int | None, now_us: int, delay_s: int) -> int | None:
    """Hours before this moment, a whole hour, are published: they are rolled up and old enough. None: there is none."""
    if done_until_us is None:
        return None
    return min(done_until_us, now_us - delay_s * SECOND) // HOUR_US * HOUR_US


def whole_days_until(until_us: int) -> int:
    """The end of the last city day that has wholly passed before a moment."""
    return start_us(city_day(until_us))


def _parse(text: str, where: str, example: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Stop(
            422, f"{where}: không có ngày này; viết là {example} / there is no such date; write it as {example}"
        ) from None
    if not _FIRST <= found <= _LAST:
        raise Stop(422, f"{where}: quá xa hiện tại / it is too far away")
    return found


def day(text: str) -> Span:
    """The city day that an address names, or 422."""
    if not _DAY.fullmatch(text):
        raise Stop(422, "path.day: ngày viết là 2026-11-22 / a city day, written as 2026-11-22")
    found = _parse(text, "path.day", "2026-11-22")
    return Span(found, found)


def month(text: str) -> Span:
    """The month that an address names, or 422."""
    if not _MONTH.fullmatch(text):
        raise Stop(422, "path.month: tháng viết là 2026-11 / a month, written as 2026-11")
    first = _parse(f"{text}-01", "path.month", "2026-11")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Span(first, following - timedelta(days=1))
