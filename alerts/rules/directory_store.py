"""Departments and routes in the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.rules.directory import Contact, Department, Hours, Pace, Route


def departments(conn: psycopg.Connection) -> list[Department]:
    """All departments, by code."""
    rows = conn.execute(
        "SELECT code, vi, en, valid_from, valid_to, hours, settings, contacts FROM department ORDER BY code"
    )
    return [
        Department(
            code=code, vi=vi, en=en, valid_from=first, valid_to=last,
            hours=msgspec.convert(hours or [], tuple[Hours, ...]),
            pace=msgspec.convert({k: v for k, v in settings.items() if k in Pace.__struct_fields__}, Pace),
            contacts=msgspec.convert(contacts, tuple[Contact, ...]),
        )
        for code, vi, en, first, last, hours, settings, contacts in rows
    ]  # fmt: skip


def routes(conn: psycopg.Connection) -> list[Route]:
    """All routes: by kind, the gravest last, those who handle first."""
    rows = conn.execute(
        """SELECT kind, severity, domain, area, zone, department, role FROM route
           ORDER BY kind NULLS FIRST, array_position('{info,warning,major,critical}', severity) NULLS FIRST,
                    domain NULLS FIRST, area NULLS FIRST, zone NULLS FIRST,
                    array_position('{handles,supports,informed}', role), department"""
    )
    return [
        Route(kind=kind, severity=severity, domain=domain, area=area, zone=zone, department=department, role=role)
        for kind, severity, domain, area, zone, department, role in rows
    ]


def save_departments(conn: psycopg.Connection, found: Iterable[Department], actor: str) -> int:
    """Insert or change departments, by their code; how many are new or other than before. One that names no contacts
    keeps those that it has."""
    count = 0
    for d in found:
        hours = Jsonb(msgspec.to_builtins(d.hours)) if d.hours else None
        pace, contacts = Jsonb(msgspec.to_builtins(d.pace)), Jsonb(msgspec.to_builtins(d.contacts))
        row: list[Any] = [d.code, d.vi, d.en, d.valid_from, d.valid_to, hours, pace, contacts]
        done = conn.execute(
            """INSERT INTO department AS d (code, vi, en, valid_from, valid_to, hours, settings, contacts, changed_by)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (code) DO UPDATE SET vi = EXCLUDED.vi, en = EXCLUDED.en, valid_from = EXCLUDED.valid_from,
                   valid_to = EXCLUDED.valid_to, hours = EXCLUDED.hours, settings = EXCLUDED.settings,
                   contacts = CASE WHEN EXCLUDED.contacts = '[]' THEN d.contacts ELSE EXCLUDED.contacts END,
                   changed_by = EXCLUDED.changed_by, changed_at = now(), revision = d.revision + 1
               WHERE (d.vi, d.en, d.valid_from, d.valid_to, d.hours, d.settings) IS DISTINCT FROM
                     (EXCLUDED.vi, EXCLUDED.en, EXCLUDED.valid_from, EXCLUDED.valid_to, EXCLUDED.hours,
                      EXCLUDED.settings) OR EXCLUDED.contacts NOT IN ('[]', d.contacts)""",
            [*row, actor],
        )
        count += done.rowcount
    return count


def save_routes(conn: psycopg.Connection, found: Iterable[Route], actor: str) -> int:
    """Insert routes, or change the role of those that are there; how many are new or other than before."""
    count = 0
    for r in found:
        done = conn.execute(
            """INSERT INTO route AS r (zone, area, domain, kind, severity, department, role, changed_by)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (zone, area, domain, kind, severity, department) DO UPDATE SET role = EXCLUDED.role,
                   changed_by = EXCLUDED.changed_by, changed_at = now(), revision = r.revision + 1
               WHERE r.role <> EXCLUDED.role""",
            [*r.key, r.role, actor],
        )
        count += done.rowcount
    return count
