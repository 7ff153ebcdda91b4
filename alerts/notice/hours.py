"""Working hours of a department, in the city's time (UTC+7 all the year). Who has any does not work on holidays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, timezone
from functools import cache

from alerts.rules.directory import Hours
from city import holidays
from city.holidays import Calendar

CITY = timezone(timedelta(hours=7))
#: Days that are looked through for the next that is worked: longer than any Tết.
_AHEAD = 32


def is_open(hours: Sequence[Hours] | None, now: datetime, calendar: Calendar = holidays.NONE) -> bool:
    """Whether somebody works at that time; no hours, or all those of the week: always, on holidays too."""
    if not hours or _round_the_clock(tuple(hours)):
        return True
    return any(begin <= now < end for begin, end in _spans(hours, now, calendar, range(-1, 1)))


def next_open(hours: Sequence[Hours] | None, now: datetime, calendar: Calendar = holidays.NONE) -> datetime:
    """When somebody works next (now, where somebody does)."""
    if not hours or is_open(hours, now, calendar):
        return now
    coming = (begin for begin, _ in _spans(hours, now, calendar, range(_AHEAD)) if begin > now)
    return min(coming, default=now + timedelta(days=7))


def wrong(hours: Sequence[Hours]) -> tuple[str, str, str] | None:
    """The first field of working hours that is not right, and what is, in both languages; None: all are right."""
    for i, h in enumerate(hours):
        if not h.days or any(not 1 <= d <= 7 for d in h.days):
            return f"hours.{i}.days", "số từ 1 (thứ hai) đến 7 (chủ nhật)", "numbers from 1 (Monday) to 7 (Sunday)"
        for field, text in (("from", h.start), ("to", h.to)):
            try:
                _clock(text)
            except ValueError:
                return f"hours.{i}.{field}", "giờ viết là 07:30", "a time is written 07:30"
    return None


def _clock(text: str) -> time:
    if len(text) != 5 or text[2] != ":":
        raise ValueError(text)
    return time(0, 0) if text == "24:00" else time.fromisoformat(text)


@cache
def _round_the_clock(hours: tuple[Hours, ...]) -> bool:
    """Whether no minute of an ordinary week is without somebody."""
    week = bytearray(7 * 1440)
    for h in hours:
        begin, end = (60 * t.hour + t.minute for t in (_clock(h.start), _clock(h.to)))
        for day in h.days:
            for minute in range(begin, end if end > begin else end + 1440):
                week[((day - 1) * 1440 + minute) % len(week)] = 1
    return all(week)


def _spans(
    hours: Sequence[Hours], now: datetime, calendar: Calendar, days: range
) -> Iterator[tuple[datetime, datetime]]:
    """The spans that begin on these days, counted from today. None begins on a holiday; what began before goes on."""
    today = now.astimezone(CITY).date()
    for ahead in days:
        day = today + timedelta(days=ahead)
        weekday = calendar.weekday(day)
        for h in hours:
            if weekday in h.days:
                begin = datetime.combine(day, _clock(h.start), CITY)
                end = datetime.combine(day, _clock(h.to), CITY)
                yield begin, end if end > begin else end + timedelta(days=1)
