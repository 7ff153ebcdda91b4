"""Departments, routes, channels and silences as they are in force for one round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import msgspec
import psycopg

from alerts.notice.hours import CITY, is_open, next_open
from alerts.notice.silence import Silence, in_force
from alerts.rules.directory import Hours, Role
from alerts.rules.model import SEVERITIES, Rule, Severity, decode
from city import holidays
from city.holidays import Calendar

RANK: Mapping[str, int] = {severity: i for i, severity in enumerate(SEVERITIES)}


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a department is told; seconds. `department.settings` holds what is not as here.

    ``storm``: messages in ten minutes beyond which it gets one summary. ``escalate_s``: how long nobody may have
    acknowledged an alert it handles, by severity.
    """

    wait_s: float = 30.0
    interval_s: float = 300.0
    repeat_s: float = 14_400.0
    storm: int = 20
    escalate_s: Mapping[Severity, float] = {}


#: Minutes 30, 15 and 5 [P]; an `info` is never escalated.
ESCALATE_S: Mapping[str, float] = {"warning": 1800.0, "major": 900.0, "critical": 300.0}


class Department(msgspec.Struct, frozen=True):
    """Who is told. In force from ``valid_from`` to ``valid_to``, both included (city days)."""

    code: str
    vi: str
    en: str
    valid_from: date | None = None
    valid_to: date | None = None
    hours: tuple[Hours, ...] | None = None
    pace: Pace = Pace()
    calendar: Calendar = holidays.NONE

    def at_work(self, now: datetime) -> bool:
        """Whether somebody works there at that time."""
        return is_open(self.hours, now, self.calendar)

    def next_at_work(self, now: datetime) -> datetime:
        """When somebody works there next."""
        return next_open(self.hours, now, self.calendar)

    def in_force(self, now: datetime) -> bool:
        day = now.astimezone(CITY).date()
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def escalate_s(self, severity: str) -> float:
        return self.pace.escalate_s.get(severity, ESCALATE_S.get(severity, float("inf")))  # type: ignore[call-overload,no-any-return]


class Route(msgspec.Struct, frozen=True):
    """Which alerts a department has to do with. None: any; ``severity``: the least one."""

    id: int
    zone: str | None
    area: str | None
    domain: str | None
    kind: str | None
    severity: str | None
    department: str
    role: Role


class Channel(msgspec.Struct, frozen=True, eq=False):
    """How a department is reached, without what only the sender needs (address, secret)."""

    id: int
    department: str
    kind: Literal["email", "webhook", "cap", "apprise"]
    name: str
    severity: str
    roles: tuple[Role, ...]
    outside_hours: Literal["all", "critical", "none"]
    enabled: bool
    config: dict[str, Any]
    changed_at: datetime


@dataclass
class Book:
    """What one round goes by. ``rules`` fills up with the versions that its alerts are of."""

    departments: Mapping[str, Department]
    routes: Sequence[Route]
    channels: Mapping[str, Sequence[Channel]]
    silences: Sequence[Silence]
    rules: dict[tuple[str, int], Rule | None] = field(default_factory=dict)

    def rule(self, conn: psycopg.Connection, code: str, version: int) -> Rule | None:
        """The rule at that version; None where it is not (or no longer) readable."""
        key = (code, version)
        if key not in self.rules:
            row = conn.execute("SELECT body FROM rule_version WHERE code = %s AND version = %s", key).fetchone()
            try:
                self.rules[key] = decode(row[0]) if row else None
            except msgspec.ValidationError:
                self.rules[key] = None
        return self.rules[key]


def hours_of(hours: Any) -> tuple[Hours, ...] | None:
    """Working hours; what this program does not understand keeps nobody from being told: they are always at work."""
    try:
        return msgspec.convert(hours, tuple[Hours, ...] | None)
    except msgspec.ValidationError:
        return None


def load(conn: psycopg.Connection, now: datetime, calendar: Calendar = holidays.NONE) -> Book:
    """Read the book. Departments that are not in force are left out, and so are their routes."""
    found = {}
    rows = conn.execute("SELECT code, vi, en, valid_from, valid_to, hours, settings FROM department")
    for code, vi, en, valid_from, valid_to, hours, settings in rows:
        department = Department(
            code, vi, en, valid_from, valid_to, hours_of(hours), pace_of(settings), calendar
        )  # fmt: skip
        if department.in_force(now):
            found[code] = department
    routes = [
        Route(*row)
        for row in conn.execute(
            "SELECT id, zone, area, domain, kind, severity, department, role FROM route ORDER BY id"
        )
        if row[6] in found
    ]
    channels: dict[str, list[Channel]] = {}
    rows = conn.execute("""
        SELECT id, department, kind, name, severity, roles, outside_hours, enabled, config, changed_at
        FROM notice_channel ORDER BY id""")
    for number, department_of, kind, name, severity, roles, *rest in rows:
        channel = Channel(number, department_of, kind, name, severity, tuple(roles), *rest)
        channels.setdefault(channel.department, []).append(channel)
    return Book(found, routes, channels, in_force(conn, now))


def pace_of(settings: Any) -> Pace:
    """The pace of a department; what is not understood does not keep anybody from being told."""
    try:
        return msgspec.convert(settings or {}, Pace)
    except msgspec.ValidationError:
        return Pace()
