"""Changes to departments and routes, by the revision that was seen. Each is checked, and says who made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.life.actions import NAME, Refused, written
from alerts.notice.hours import wrong
from alerts.notice.stale import Changed
from alerts.rules.directory import CONTACTS, PACE, Contact, Department, Hours, Pace, Role, Route, wrong_contact
from alerts.rules.model import Kind, Severity

#: As in files: alerts/rules/checks/directory.py.
_CODE = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class Kept(msgspec.Struct, frozen=True):
    """A department or route as it is kept; ``id`` is the code of a department."""

    id: str | int
    body: Department | Route
    revision: int
    changed_at: datetime
    changed_by: str


def department(conn: psycopg.Connection, code: str) -> Kept | None:
    """One department; None where there is none."""
    row = conn.execute(
        """SELECT code, vi, en, valid_from, valid_to, hours, settings, contacts, revision, changed_at, changed_by
           FROM department WHERE code = %s""",
        [code],
    ).fetchone()
    if row is None:
        return None
    known, vi, en, first, last, hours, settings, contacts, *rest = row
    body = Department(
        code=known, vi=vi, en=en, valid_from=first, valid_to=last,
        hours=msgspec.convert(hours or [], tuple[Hours, ...]),
        pace=msgspec.convert({k: v for k, v in settings.items() if k in Pace.__struct_fields__}, Pace),
        contacts=msgspec.convert(contacts, tuple[Contact, ...]),
    )  # fmt: skip
    return Kept(known, body, *rest)


def save_department(
    conn: psycopg.Connection, body: Department, revision: int | None, *, actor: str, now: datetime
) -> Kept:
    """Add a department (``revision`` None) or change it. Refused says what is wrong, Changed that somebody was faster.

    One that is no more gets a ``valid_to``: departments are not deleted, alerts of the past name them.
    """
    _check(body)
    values: list[Any] = [
        body.vi, body.en, body.valid_from, body.valid_to,
        Jsonb(msgspec.to_builtins(body.hours)) if body.hours else None,
        Jsonb(msgspec.to_builtins(body.pace)), Jsonb(msgspec.to_builtins(body.contacts)),
        written(actor, most=NAME), now,
    ]  # fmt: skip
    if revision is None:
        done = conn.execute(
            """INSERT INTO department
                   (vi, en, valid_from, valid_to, hours, settings, contacts, changed_by, changed_at, code)
               SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, c FROM (SELECT %s) x (c) WHERE c ~ %s
               ON CONFLICT DO NOTHING""",
            [*values, body.code, _CODE],
        )
    else:
        done = conn.execute(
            """UPDATE department SET vi = %s, en = %s, valid_from = %s, valid_to = %s, hours = %s, settings = %s,
                      contacts = %s, changed_by = %s, changed_at = %s, revision = revision + 1
               WHERE code = %s AND revision = %s""",
            [*values, body.code, revision],
        )
    kept = department(conn, body.code)
    if not done.rowcount:
        if kept is None and revision is None:
            raise Refused(
                "code: chữ thường không dấu, số, - và _ (tối đa 64)",
                "code: lower-case letters, digits, - and _ (64 at the most)",
            )
        if kept is None:
            raise Refused(f"không có đơn vị {body.code}", f"there is no department {body.code}")
        raise Changed(kept)
    return kept  # type: ignore[return-value]  # it has just been written


def routes(conn: psycopg.Connection) -> list[Kept]:
    """All routes."""
    rows = conn.execute(f"{_ROUTES} ORDER BY kind NULLS FIRST, id")
    return [_route(row) for row in rows]


def save_route(
    conn: psycopg.Connection, body: Route, number: int | None, revision: int | None, *, actor: str, now: datetime
) -> Kept:
    """Add a route (``number`` None) or change one. Two of the same alerts and department are refused."""
    if department(conn, body.department) is None:
        raise Refused(f"không có đơn vị {body.department}", f"there is no department {body.department}")
    for value, known, name in (
        (body.kind, get_args(Kind), "kind"), (body.severity, get_args(Severity), "severity"),
        (body.role, get_args(Role), "role"),
    ):  # fmt: skip
        if value is not None and value not in known:
            raise Refused(f"{name}: một trong {', '.join(known)}", f"{name}: one of {', '.join(known)}")
    values = [*body.key, body.role, written(actor, most=NAME), now]
    try:
        with conn.transaction():
            if number is None:
                row = conn.execute(
                    """INSERT INTO route (zone, area, domain, kind, severity, department, role, changed_by, changed_at)
                       VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
                    values,
                ).fetchone()
            else:
                row = conn.execute(
                    """UPDATE route SET zone = %s, area = %s, domain = %s, kind = %s, severity = %s, department = %s,
                              role = %s, changed_by = %s, changed_at = %s, revision = revision + 1
                       WHERE id = %s AND revision = %s RETURNING id""",
                    [*values, number, revision],
                ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Refused(
            "đã có tuyến như vậy cho đơn vị này", "there is such a route of this department: change that one"
        ) from None
    if row is None:
        raise Changed(_found_route(conn, number))
    return _found_route(conn, row[0])


def delete_route(conn: psycopg.Connection, number: int, revision: int) -> None:
    """Take a route away. Changed where it is not as it was seen."""
    if not conn.execute("DELETE FROM route WHERE id = %s AND revision = %s", [number, revision]).rowcount:
        raise Changed(_found_route(conn, number))


_ROUTES = "SELECT id, zone, area, domain, kind, severity, department, role, revision, changed_at, changed_by FROM route"


def _found_route(conn: psycopg.Connection, number: int | None) -> Kept:
    row = conn.execute(f"{_ROUTES} WHERE id = %s", [number]).fetchone()
    if row is None:
        raise Refused(f"không có tuyến số {number}", f"there is no route {number}")
    return _route(row)


def _route(row: tuple[Any, ...]) -> Kept:
    number, zone, area, domain, kind, severity, whose, role, *rest = row
    body = Route(zone=zone, area=area, domain=domain, kind=kind, severity=severity, department=whose, role=role)
    return Kept(number, body, *rest)


def _check(body: Department) -> None:
    for name, text in (("vi", body.vi), ("en", body.en)):
        try:
            written(text, what_vi="tên", what_en="name", most=NAME, need=True)
        except Refused as e:
            raise Refused(f"{name}: {e.vi}", f"{name}: {e.en}") from None
    if body.valid_from and body.valid_to and body.valid_to < body.valid_from:
        raise Refused("valid_to phải sau valid_from", "valid_to: not before valid_from")
    bad = wrong(body.hours)
    if bad:
        where, vi, en = bad
        raise Refused(f"{where}: {vi}", f"{where}: {en}")
    _reachable(body.contacts)
    values = {**msgspec.structs.asdict(body.pace), **{f"escalate_s.{s}": v for s, v in body.pace.escalate_s.items()}}
    del values["escalate_s"]
    for name, value in values.items():
        least, most = PACE[name.partition(".")[0]]
        if value is not None and not least <= value <= most:
            raise Refused(f"pace.{name}: từ {least} đến {most}", f"pace.{name}: from {least} to {most}")


def _reachable(contacts: Sequence[Contact]) -> None:
    if len(contacts) > CONTACTS:
        raise Refused(f"contacts: tối đa {CONTACTS} người", f"contacts: {CONTACTS} people at the most")
    for i, c in enumerate(contacts):
        bad = wrong_contact(c)
        if bad:
            where, vi, en = bad
            raise Refused(f"contacts.{i}.{where}: {vi}", f"contacts.{i}.{where}: {en}")
