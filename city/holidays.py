"""Public holidays, and days that are worked in their place. The days are data (`city/data/holidays.toml`).

A city whose authority decides otherwise copies that file and names the copy in IOC_HOLIDAYS_FILE. Days are the city's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

#: Days that one entry may span.
_LONGEST = 31


class HolidaysError(ValueError):
    """A file of holidays says something that cannot be; the message names the place."""


class _Yearly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: str
    vi: str
    en: str


class _Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    since: date
    vi: str
    en: str
    source: str
    until: date | None = None


class _Worked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: date
    in_place_of: date
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    years: tuple[int, ...]
    yearly: tuple[_Yearly, ...] = ()
    holiday: tuple[_Holiday, ...] = ()
    worked: tuple[_Worked, ...] = ()


class Calendar(msgspec.Struct, frozen=True):
    """Names (vi, en) of holidays by day, and by (month, day) of those of every year; by day, the one it is worked in
    place of. ``years``: those whose days that are decided from year to year are known."""

    years: frozenset[int] = frozenset()
    yearly: Mapping[tuple[int, int], tuple[str, str]] = {}
    days: Mapping[date, tuple[str, str]] = {}
    worked: Mapping[date, date] = {}

    def holiday(self, day: date) -> tuple[str, str] | None:
        """Its name in both languages; None where that day is none."""
        return self.days.get(day) or self.yearly.get((day.month, day.day))

    def weekday(self, day: date) -> int | None:
        """As which day of the week it is worked (1 Monday to 7 Sunday); None: not at all, it is a holiday."""
        if day in self.worked:
            return self.worked[day].isoweekday()
        return None if self.holiday(day) else day.isoweekday()


#: No holidays at all.
NONE = Calendar()


def parse(text: str) -> Calendar:
    """Read a file of holidays; HolidaysError says what is wrong where."""
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as e:
        raise HolidaysError(str(e)) from None
    yearly = {_month_day(y.day): (y.vi, y.en) for y in found.yearly}
    days: dict[date, tuple[str, str]] = {}
    for h in found.holiday:
        last = h.until or h.since
        if not 0 <= (last - h.since).days < _LONGEST:
            raise HolidaysError(f"holiday {h.since}: to is {last}; it must not be before, nor {_LONGEST} days after")
        for ahead in range((last - h.since).days + 1):
            days[h.since + timedelta(days=ahead)] = (h.vi, h.en)
    worked = {w.day: w.in_place_of for w in found.worked}
    for day in worked.keys() & days.keys():
        raise HolidaysError(f"{day} is a holiday and is worked: take one of them away")
    _all_named([*yearly.values(), *days.values()])
    return Calendar(frozenset(found.years), yearly, days, worked)


def _month_day(text: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2024-{text}")  # a leap year
    except ValueError:
        raise HolidaysError(f"yearly {text!r}: write it as month and day, such as 09-02") from None
    return day.month, day.day


def _all_named(names: list[Any]) -> None:
    if not all(vi.strip() and en.strip() for vi, en in names):
        raise HolidaysError("a holiday has no name: give vi and en")
