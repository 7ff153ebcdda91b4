"""The parts of a unit test of rules, as its file has them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal, get_args

import msgspec

from alerts.judge.events import What
from alerts.rules import durations

#: What a subject can be at a time: at rest (also when a breach did not hold), or as the alert's condition would say.
Stands = Literal["clear", "pending", "firing", "clearing", "lost"]
Quality = Literal["measuring", "calibrating", "fault"]
CITY = timezone(timedelta(hours=7))
START = "2026-06-01T08:00:00+07:00"
#: A test lasts at most so long: it is judged moment by moment.
LONGEST_S = 40 * 86_400.0


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor of a test. ``area`` is that of its zone or site where none is given."""

    id: str
    domain: str
    area: str = ""
    zone: str = ""
    site: str = ""
    parent: str = ""
    tags: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    interval_s: float = 0.0
    lat: float | None = None
    lon: float | None = None


class Readings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sensor reports: one ``value`` at ``at``, or a ``series`` from ``at`` on, one ``every`` so often (none: the
    test's interval). ``late_s``: so much later they come."""

    sensor: str
    metric: str
    value: float | None = None
    series: str = ""
    at_s: float = 0.0
    every_s: float | None = None
    late_s: float = 0.0
    channel: str = ""
    quality: Quality = "measuring"


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an index says of a sensor, a zone or an area; ``detail`` is a number among its details, by dotted path."""

    index: str
    sensor: str = ""
    zone: str = ""
    area: str = ""
    value: float | None = None
    series: str = ""
    at_s: float = 0.0
    every_s: float | None = None
    detail: str = ""
    details: dict[str, str] = {}


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``state`` at a time, or all ``events`` in their order (`fired 5m`, or without the time; worse ones only where one
    is named). Rule and subject may be left out where the test has only one."""

    rule: str = ""
    sensor: str = ""
    channel: str = ""
    zone: str = ""
    area: str = ""
    parent: str = ""
    at_s: float | None = None
    state: Stands | None = None
    flapping: bool | None = None
    events: tuple[str, ...] | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test. ``until_s``: it goes on so long; none: to the last thing that it names."""

    name: str
    rules: tuple[str, ...] = ()
    start: str = START
    interval_s: float = 60.0
    until_s: float = 0.0
    sensors: tuple[Thing, ...] = ()
    readings: tuple[Readings, ...] = ()
    figures: tuple[Figures, ...] = ()
    expect: tuple[Expected, ...] = ()

    @property
    def begin_us(self) -> int:
        """When it begins, µs."""
        return round(moment(self.start).timestamp() * 1e6)


def moment(text: str) -> datetime:
    """A time of the city; without an offset it is UTC+7. ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=CITY)


def event_of(text: str) -> tuple[str, float | None]:
    """(what, at, s) of an expected event; ValueError."""
    what, _, at = text.strip().partition(" ")
    if what not in get_args(What):
        raise ValueError(what)
    return what, durations.parse(at) if at.strip() else None
