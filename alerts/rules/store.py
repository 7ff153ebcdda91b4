"""Rules in the database: every change is a new version, and none is ever lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.rules import model
from alerts.rules.model import Rule

#: Whoever writes rules takes it first: versions are then without gaps, and two people cannot both win.
LOCK = 0x10C_0A01
#: Who has made what ships with the product.
SHIPPED = "ioc"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it stands: who made this version when and why, and why judgement has set it aside, if it has."""

    rule: Rule
    changed_at: datetime
    changed_by: str
    note: str = ""
    set_aside: str | None = None
    set_aside_at: datetime | None = None
    deleted_at: datetime | None = None


class Conflict(Exception):
    """Somebody else has changed the rule meanwhile; ``current`` is what it is now (None: deleted)."""

    def __init__(self, current: Rule | None) -> None:
        super().__init__("the rule has another version now")
        self.current = current


def version(conn: psycopg.Connection) -> int:
    """A number that grows with every change of rules, departments, routes, channels or silences."""
    row = conn.execute("SELECT version FROM alert_version").fetchone()
    return int(row[0]) if row else 0


def load(conn: psycopg.Connection) -> list[Rule]:
    """The rules that are to be judged, by code: neither deleted nor set aside. Those that are disabled are among them.

    One that this version of the program cannot read is left out, and `stored` says why.
    """
    return [s.rule for s in stored(conn) if s.set_aside is None]


def stored(conn: psycopg.Connection, *, deleted: bool = False) -> list[Stored]:
    """All rules with what is known about them, by code; ``deleted``: those that were deleted as well."""
    rows = conn.execute(
        """SELECT r.code, r.version, v.body, v.created_at, v.created_by, v.note, r.set_aside, r.set_aside_at,
                  r.deleted_at
           FROM rule r JOIN rule_version v USING (code, version)
           WHERE r.deleted_at IS NULL OR %s ORDER BY r.code""",
        [deleted],
    ).fetchall()
    return [_stored(row) for row in rows]


def find(conn: psycopg.Connection, code: str) -> Stored | None:
    """One rule as it stands, deleted or not; None where there never was one."""
    return next((s for s in stored(conn, deleted=True) if s.rule.code == code), None)


def history(conn: psycopg.Connection, code: str, most: int = 200) -> list[Stored]:
    """The versions of a rule, the newest first; of very many the old ones are left out."""
    rows = conn.execute(
        """SELECT code, version, body, created_at, created_by, note, NULL::text, NULL::timestamptz, NULL::timestamptz
           FROM rule_version WHERE code = %s ORDER BY version DESC LIMIT %s""",
        [code, most],
    ).fetchall()
    return [_stored(row) for row in rows]


def _stored(row: tuple[Any, ...]) -> Stored:
    code, number, body, at, by, note, aside, aside_at, deleted_at = row
    try:
        rule = model.decode({**body, "version": number})
    except msgspec.ValidationError as e:
        # A rule of another program's version: seen by people, never judged.
        aside = aside or f"không đọc được / cannot be read: {e}"
        rule = _unreadable(code, number)
    return Stored(
        rule=rule, changed_at=at, changed_by=by, note=note, set_aside=aside, set_aside_at=aside_at,
        deleted_at=deleted_at,
    )  # fmt: skip


def _unreadable(code: str, number: int) -> Rule:
    return Rule(code=code, version=number, vi=code, en=code, kind="sensor_offline", severity="info", enabled=False,
                condition=model.Absence())  # fmt: skip


def body(rule: Rule) -> dict[str, Any]:
    """What is kept of a version: everything but its number."""
    out = model.encode(rule)
    out.pop("version", None)
    return out


def lock(conn: psycopg.Connection) -> None:
    """Wait until nobody else writes rules; held to the end of the transaction."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def save(conn: psycopg.Connection, rule: Rule, actor: str, note: str = "", seen: int | None = None) -> Rule:
    """Keep a rule as a new version; what says the same as the version in force makes none.

    ``seen`` is the version that the person has changed (0: there was none); Conflict when another one is in force by
    now. A rule that was deleted or set aside is judged again.
    """
    with conn.transaction():
        lock(conn)
        row = conn.execute(
            """SELECT r.version, v.body, r.deleted_at IS NULL, r.set_aside IS NULL,
                      (SELECT max(version) FROM rule_version WHERE code = r.code)
               FROM rule r JOIN rule_version v USING (code, version) WHERE r.code = %s""",
            [rule.code],
        ).fetchone()
        now, before, there, sound, newest = row or (0, None, False, True, 0)
        if seen is not None and seen != (now if there else 0):
            raise Conflict(model.decode({**before, "version": now}) if there else None)
        said = msgspec.json.decode(msgspec.json.encode(body(rule)))
        if there and sound and before == said:
            return msgspec.structs.replace(rule, version=now)
        made = msgspec.structs.replace(rule, version=newest + 1)
        conn.execute(
            "INSERT INTO rule_version (code, version, body, created_by, note) VALUES (%s, %s, %s, %s, %s)",
            [rule.code, made.version, Jsonb(said), actor, note],
        )
        conn.execute(
            """INSERT INTO rule (code, version, enabled, changed_by) VALUES (%s, %s, %s, %s)
               ON CONFLICT (code) DO UPDATE SET version = EXCLUDED.version, enabled = EXCLUDED.enabled,
                   set_aside = NULL, set_aside_at = NULL, deleted_at = NULL, changed_at = now(),
                   changed_by = EXCLUDED.changed_by""",
            [rule.code, made.version, rule.enabled, actor],
        )
    return made


def delete(conn: psycopg.Connection, code: str, actor: str, seen: int | None = None) -> bool:
    """Take a rule out of force; its versions and its alerts stay. False where there is none.

    Conflict when ``seen`` is not the version in force.
    """
    with conn.transaction():
        lock(conn)
        there = find(conn, code)
        if there is None or there.deleted_at is not None:
            return False
        if seen is not None and seen != there.rule.version:
            raise Conflict(there.rule)
        conn.execute(
            "UPDATE rule SET deleted_at = now(), changed_at = now(), changed_by = %s WHERE code = %s", [actor, code]
        )
    return True


def set_aside(conn: psycopg.Connection, reasons: Iterable[tuple[str, int, str]]) -> None:
    """Judge these (code, version, reason) no more, until they are changed. Another version by now is left alone."""
    with conn.transaction(), conn.cursor() as cur:
        cur.executemany(
            """UPDATE rule SET set_aside = %s, set_aside_at = now()
               WHERE code = %s AND version = %s AND set_aside IS NULL""",
            [(reason[:2000] or "?", code, number) for code, number, reason in reasons],
        )


def resume(conn: psycopg.Connection, code: str) -> bool:
    """Judge a rule again that was set aside, as it is."""
    done = conn.execute(
        "UPDATE rule SET set_aside = NULL, set_aside_at = NULL WHERE code = %s AND set_aside IS NOT NULL", [code]
    )
    return done.rowcount == 1
