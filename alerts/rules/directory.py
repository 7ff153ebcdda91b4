"""Departments, when they work, and who has to do with which alerts: data, as the rules are."""

from __future__ import annotations

import re
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


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody to call: nothing is sent there by itself. ``duty``: when or for what, as `trực đêm`."""

    name: str
    duty: str = ""
    phone: str = ""
    email: str = ""


_PHONE, _EMAIL = re.compile(r"\+?[\d .()-]{3,30}"), re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
#: A department has at most so many.
CONTACTS = 20


def wrong_contact(c: Contact) -> tuple[str, str, str] | None:
    """The first field of a contact that is not right, and what is, in both languages; None: all are."""
    for field in ("name", "duty", "phone", "email"):
        text = getattr(c, field)
        if len(text) > 200 or not text.isprintable():
            return field, "tối đa 200 ký tự trên một dòng", "200 characters of one line at the most"
    if not c.name.strip():
        return "name", "cần có tên", "a name is needed"
    if not c.phone and not c.email:
        return "phone", "cần số điện thoại hoặc thư điện tử", "a telephone or an e-mail is needed"
    if c.phone and not _PHONE.fullmatch(c.phone):
        return "phone", "số điện thoại như 0204 385 4321", "a telephone is written like 0204 385 4321"
    if c.email and not _EMAIL.fullmatch(c.email):
        return "email", "thư điện tử như truc@donvi.vn", "an e-mail is written like desk@office.vn"
    return None


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who handles alerts. ``hours`` empty: always at work. In force from ``valid_from`` to ``valid_to``, included.
    ``contacts`` are called in their order."""

    code: str
    vi: str
    en: str
    valid_from: date | None = None
    valid_to: date | None = None
    hours: tuple[Hours, ...] = ()
    pace: Pace = Pace()
    contacts: tuple[Contact, ...] = ()


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
