"""Working hours of a department, in the city's time (UTC+7 all the year)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone

from alerts.rules.directory import Hours

CITY = timezone(timedelta(hours=7))


def is_open(hours: Sequence[Hours] | None, now: datetime) -> bool:
    """Whether somebody works at that time; none: always."""
    return not hours or any(begin <= now < end for begin, end in _spans(hours, now))


def next_open(hours: Sequence[Hours] | None, now: datetime) -> datetime:
    """When somebody works next (now, where somebody does)."""
    if not hours or is_open(hours, now):
        return now
    return min((begin for begin, _ in _spans(hours, now) if begin > now), default=now + timedelta(days=7))


def wrong(hours: Sequence[Hours]) -> str:
    """What is wrong with working hours, in a few words; empty: nothing."""
    for h in hours:
        if not h.days or any(not 1 <= d <= 7 for d in h.days):
            return f"days {list(h.days)}: numbers from 1 (Monday) to 7 (Sunday)"
        for text in (h.start, h.to):
            try:
                _clock(text)
            except ValueError:
                return f"{text!r}: a time of day such as 07:30"
    return ""


def _clock(text: str) -> time:
    if len(text) != 5 or text[2] != ":":
        raise ValueError(text)
    return time(0, 0) if text == "24:00" else time.fromisoformat(text)


def _spans(hours: Sequence[Hours], now: datetime) -> list[tuple[datetime, datetime]]:
    """The spans of the days around now, from yesterday to a week ahead."""
    today = now.astimezone(CITY).date()
    found = []
    for ahead in range(-1, 9):
        day = today + timedelta(days=ahead)
        for h in hours:
            if day.isoweekday() in h.days:
                begin = datetime.combine(day, _clock(h.start), CITY)
                end = datetime.combine(day, _clock(h.to), CITY)
                found.append((begin, end if end > begin else end + timedelta(days=1)))
    return found
