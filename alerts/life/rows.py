"""Alerts as they stand, read and written many at a time, and the flips that say what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from infra.alerts_state import LOCK

#: States in which somebody still has to do something; a rule and subject have one such alert at the most.
OPEN = ("pending", "firing", "acknowledged", "in_progress")
ENGINE = "engine"


class Alert(msgspec.Struct, kw_only=True):
    """One row of `alert`; its fields are the columns. ``changed`` is no column: it is to be written."""

    id: int
    rule: str
    rule_version: int
    subject: str
    kind: str
    severity: str
    area: str
    state: str
    condition: str
    started_at: datetime
    changed_at: datetime
    zone: str | None = None
    domain: str | None = None
    sensor: int | None = None
    sensor_id: str | None = None
    channel: str | None = None
    parent: str | None = None
    department: str | None = None
    fired_at: datetime | None = None
    clearing_since: datetime | None = None
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    assigned_at: datetime | None = None
    assigned_to: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    value: float | None = None
    value_at: datetime | None = None
    peak: float | None = None
    peak_at: datetime | None = None
    threshold: float | None = None
    unit: str = ""
    flapping: bool = False
    raises: int = 0
    retroactive: bool = False
    incident: int | None = None
    escalation: int = 0
    facts: dict[str, Any] = {}
    revision: int = 1
    changed: bool = False

    @property
    def open(self) -> bool:
        return self.state in OPEN

    def forget_the_end(self) -> None:
        """It is open again: nobody has acknowledged what has come back, and nobody was called on for it."""
        self.resolved_at = self.resolved_by = self.closed_at = self.closed_by = None
        self.acknowledged_at = self.acknowledged_by = self.assigned_at = self.assigned_to = None
        self.escalation = 0


COLUMNS = tuple(f for f in Alert.__struct_fields__ if f != "changed")
#: What never changes once an alert is there.
FIXED = ("id", "rule", "subject", "area", "zone", "domain", "sensor", "sensor_id", "channel", "parent", "started_at",
         "retroactive")  # fmt: skip
_SET = tuple(c for c in COLUMNS if c not in FIXED and c != "revision")
_SELECT = ", ".join(f"a.{c}" for c in COLUMNS)


@dataclass
class Flip:
    """One row of `flip` to be written. ``told``: nobody is to be told of it."""

    alert: Alert
    at: datetime
    what: str
    from_state: str | None
    actor: str
    note: str = ""
    value: float | None = None
    threshold: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    told: bool = False
    to_state: str = ""
    rule_version: int = 0

    def __post_init__(self) -> None:
        self.to_state = self.to_state or self.alert.state
        self.rule_version = self.alert.rule_version


def lock(conn: psycopg.Connection) -> None:
    """Wait until no other writer of flips is under way; held to the end of the transaction. Taken twice is once."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def read(conn: psycopg.Connection, number: int) -> Alert | None:
    """The alert as it stands."""
    return next(iter(read_many(conn, [number])), None)


def read_many(conn: psycopg.Connection, numbers: Iterable[int]) -> list[Alert]:
    """Alerts by their ids, in the order of these."""
    rows = conn.execute(f"SELECT {_SELECT} FROM alert a WHERE id = ANY(%s) ORDER BY id", [list(numbers)])  # nosec B608
    return [_alert(row) for row in rows]


def latest(conn: psycopg.Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Alert]:
    """Of each (rule, subject) the alert that is open, else the last one that is not closed yet."""
    rows = conn.execute(
        f"""SELECT {_SELECT} FROM unnest(%s::text[], %s::text[]) k (rule, subject) CROSS JOIN LATERAL (
                SELECT * FROM alert l WHERE l.rule = k.rule AND l.subject = k.subject AND l.state <> 'closed'
                ORDER BY l.state = 'resolved', l.id DESC LIMIT 1) a""",  # nosec B608
        [[rule for rule, _ in keys], [subject for _, subject in keys]],
    )
    found = (_alert(row) for row in rows)
    return {(a.rule, a.subject): a for a in found}


def numbers(conn: psycopg.Connection, table: str, count: int) -> list[int]:
    """Ids for so many new rows, in ascending order."""
    query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    return sorted(n for (n,) in conn.execute(query, [table, count])) if count else []


def write(conn: psycopg.Connection, alerts: Iterable[Alert], flips: Sequence[Flip], now: datetime) -> list[int]:
    """Write alerts that are new (id 0) or changed, and their flips; returns the flips' ids.

    The revision of those that were there goes up by one where they have flips: a value that is a little worse is no
    reason to refuse what people do.
    """
    fresh: list[Alert] = []
    old: list[Alert] = []
    for alert in alerts:
        if alert.id == 0:
            fresh.append(alert)
        elif alert.changed:
            old.append(alert)
    for alert, number in zip(fresh, numbers(conn, "alert", len(fresh)), strict=True):
        alert.id = number
    for alert in (*fresh, *old):
        alert.changed_at, alert.changed = now, False
    if old:
        flipped = {id(f.alert) for f in flips}
        for alert in old:
            alert.revision += id(alert) in flipped
        changes = ", ".join(f"{c} = %s" for c in (*_SET, "revision"))
        with conn.cursor() as cur:
            cur.executemany(
                f"UPDATE alert SET {changes} WHERE id = %s",  # nosec B608
                [[*_values(a, _SET), a.revision, a.id] for a in old],  # nosec B608
            )
    if fresh:
        _copy(conn, f"alert ({', '.join(COLUMNS)})", (_values(a, COLUMNS) for a in fresh))
    return _write_flips(conn, flips, now)


def _write_flips(conn: psycopg.Connection, flips: Sequence[Flip], now: datetime) -> list[int]:
    ids = numbers(conn, "flip", len(flips))
    names = "id, alert, at, what, from_state, to_state, value, threshold, rule_version, actor, note, facts, told_at"
    if len(flips) == 1:
        # What one person does: COPY is not for tables of which whoever acts sees only a part.
        (n,), (f,) = ids, flips
        conn.execute(
            f"INSERT INTO flip ({names}) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",  # nosec B608
            [n, f.alert.id, f.at, f.what, f.from_state, f.to_state, f.value, f.threshold, f.rule_version, f.actor,
             f.note, Jsonb(f.facts), now if f.told else None],
        )  # fmt: skip
    elif flips:
        _copy(conn, f"flip ({names})", (
            (n, f.alert.id, f.at, f.what, f.from_state, f.to_state, f.value, f.threshold, f.rule_version, f.actor,
             f.note, Jsonb(f.facts), now if f.told else None)
            for n, f in zip(ids, flips, strict=True)
        ))  # fmt: skip
    return ids


def _copy(conn: psycopg.Connection, target: str, rows: Iterable[Sequence[Any]]) -> None:
    # COPY takes ids that were given, and is one statement for the triggers.
    with conn.cursor() as cur, cur.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _alert(row: Sequence[Any]) -> Alert:
    return Alert(**dict(zip(COLUMNS, row, strict=True)))


def _values(alert: Alert, columns: Sequence[str]) -> list[Any]:
    return [Jsonb(alert.facts) if c == "facts" else getattr(alert, c) for c in columns]
