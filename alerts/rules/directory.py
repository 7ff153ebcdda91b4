"""Departments, when they work, and who has to do with which alerts: data, as the rules are."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from alerts.rules.model import Kind, Severity

Role = Literal["handles", "supports", "informed"]
ROLES: tuple[Role, ...] = ("handles", "supports", "informed")


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from"}):
    """Working hours, in UTC+7, on these days of the week (1 Monday to 7 Sunday); ``to`` before ``from``: over night."""

    days: tuple[int, ...]
    start: str
    to: str


class Pace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a department's alerts are told, seconds; None: as the product does (alerts/notice/book.py).

    ``storm``: messages in ten minutes beyond which there is one summary; ``escalate_s``: how long nobody may have
    acknowledged, by severity.
    """

    wait_s: float | None = None
    interval_s: float | None = None
    repeat_s: float | None = None
    storm: int | None = None
    escalate_s: dict[Severity, float] = {}


#: Least and most of each, seconds (``storm``: messages); shorter repeats would be a flood of their own.
PACE: dict[str, tuple[float, float]] = {
    "wait_s": (0, 3600), "interval_s": (10, 86_400), "repeat_s": (600, 604_800), "storm": (3, 1000),
    "escalate_s": (60, 86_400),
}  # fmt: skip


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who handles alerts. ``hours`` empty: always at work. In force from ``valid_from`` to ``valid_to``, included."""

    code: str
    vi: str
    en: str
    valid_from: date | None = None
    valid_to: date | None = None
    hours: tuple[Hours, ...] = ()
    pace: Pace = Pace()


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts like these concern a department, in this role. None: any; ``severity``: this one and the graver ones."""

    kind: Kind | None = None
    severity: Severity | None = None
    domain: str | None = None
    area: str | None = None
    zone: str | None = None
    department: str
    role: Role

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it this route and no other; its role may be changed."""
        return (self.zone, self.area, self.domain, self.kind, self.severity, self.department)
