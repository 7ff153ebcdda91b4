"""An alert as it is shown, in lists, alone and on the live socket."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.life.rows import COLUMNS
from infra.times import text
from ioc_api import asking
from ioc_api.alerts.whom import Whom

#: What of a row is not shown: the database's own number of a sensor, notes of the engine, and its rule's department.
_HIDDEN = ("sensor", "facts", "clearing_since", "department")
_SHOWN = tuple(c for c in COLUMNS if c not in _HIDDEN)
#: The beginning of each question for alerts; `a` is the alert, further columns may follow. What hangs on a cabinet or
#: feeder says where that is, where it is no sensor of its own.
SELECT = sql.SQL(
    "SELECT {}, a.department AS handler, v.body ->> 'vi' AS vi, v.body ->> 'en' AS en,"
    " v.body ->> 'legal_basis' AS legal_basis, s.name AS sensor_name, s.place,"
    " coalesce(s.lat, p.lat) AS lat, coalesce(s.lon, p.lon) AS lon"
).format(sql.SQL(", ").join(sql.Identifier("a", c) for c in _SHOWN))
FROM = sql.SQL(
    "FROM alert a LEFT JOIN rule_version v ON v.code = a.rule AND v.version = a.rule_version"
    " LEFT JOIN sensor s ON s.sensor_id = a.sensor_id"
    " LEFT JOIN LATERAL (SELECT avg(c.lat) AS lat, avg(c.lon) AS lon FROM sensor c WHERE s.id IS NULL"
    " AND starts_with(a.subject, 'parent/') AND c.lat IS NOT NULL AND (c.sensor_id = substr(a.subject, 8)"
    " OR (c.parent = substr(a.subject, 8) AND NOT EXISTS (SELECT FROM sensor o"
    " WHERE o.sensor_id = substr(a.subject, 8) AND o.lat IS NOT NULL)))) p ON true"
)
#: The fields of an item, in their order.
FIELDS = (
    "key", "id", "revision", "rule", "rule_version", "vi", "en", "kind", "severity", "state", "condition", "subject",
    "area", "zone", "domain", "sensor_id", "sensor_name", "place", "lat", "lon", "channel", "parent", "department",
    "departments", "started_at", "fired_at", "cleared_at", "acknowledged_at", "acknowledged_by", "assigned_at",
    "assigned_to", "resolved_at", "resolved_by", "closed_at", "closed_by", "value", "value_at", "peak", "peak_at",
    "threshold", "unit", "legal_basis", "flapping", "raises", "retroactive", "incident", "escalation", "changed_at",
)  # fmt: skip


def item(row: dict[str, Any], whom: Whom) -> dict[str, Any]:
    """An alert of a row of `SELECT`."""
    concerns = whom.of((row["zone"], row["area"], row["domain"], row["kind"], row["severity"]), row["handler"])
    handling = [c.department for c in concerns if c.role == "handles"]
    made = {
        "key": str(row["id"]),
        "department": handling[0] if handling else None,
        "departments": [{"department": c.department, "role": c.role} for c in concerns],
    }
    out = {f: made[f] if f in made else plain(row[f]) for f in FIELDS}
    # Of a rule that was not kept there is only the code.
    out["vi"], out["en"] = out["vi"] or out["rule"], out["en"] or out["rule"]
    return out


def plain(value: Any) -> Any:
    """A value of the database as JSON has it."""
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class Wanted:
    """Which alerts; an empty list takes all. ``since`` is included, ``until`` is not: of the first breach.
    ``changed_since``: of the last change of the row, also of its value alone."""

    state: Sequence[str] = ()
    severity: Sequence[str] = ()
    condition: Sequence[str] = ()
    kind: Sequence[str] = ()
    area: Sequence[str] = ()
    zone: Sequence[str] = ()
    domain: Sequence[str] = ()
    rule: Sequence[str] = ()
    sensor: Sequence[str] = ()
    department: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    retroactive: bool | None = None
    incident: int | None = None
    never_fired: bool = False


_COLUMNS = {
    "state": "state", "severity": "severity", "condition": "condition", "kind": "kind", "area": "area", "zone": "zone",
    "domain": "domain", "rule": "rule", "sensor": "sensor_id",
}  # fmt: skip


def where(wanted: Wanted, whom: Whom, areas: Iterable[str], domains: Iterable[str]) -> tuple[sql.Composable, list[Any]]:
    """The condition for the alerts that are wanted, and in the part of whoever is asking."""
    parts, values = ["true"], list[Any]()
    for name, column in _COLUMNS.items():
        if given := getattr(wanted, name):
            parts.append(f"a.{column} = ANY(%s)")
            values.append(list(given))
    for sign, at in ((">=", wanted.since), ("<", wanted.until)):
        if at is not None:
            parts.append(f"a.started_at {sign} %s")
            values.append(at)
    if wanted.changed_since is not None:
        parts.append("a.changed_at >= %s")
        values.append(wanted.changed_since)
    for column in ("retroactive", "incident"):
        if (value := getattr(wanted, column)) is not None:
            parts.append(f"a.{column} = %s")
            values.append(value)
    if not wanted.never_fired:
        parts.append("(a.fired_at IS NOT NULL OR a.state = ANY(%s))")
        values.append(["pending"] if "pending" in wanted.state else [])
    if wanted.department:
        sorts = whom.handled(wanted.department, areas, domains)
        there = list(whom.departments)
        parts.append(
            "(a.department = ANY(%s) OR ((a.department IS NULL OR a.department <> ALL(%s)) AND EXISTS ("
            "SELECT FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
            " x (zone, area, domain, kind, severity)"
            " WHERE (x.area, x.kind, x.severity) = (a.area, a.kind, a.severity)"
            " AND x.domain IS NOT DISTINCT FROM a.domain"
            " AND x.zone IS NOT DISTINCT FROM CASE WHEN a.zone = ANY(%s) THEN a.zone END)))"
        )
        values += [[d for d in wanted.department if d in whom.departments], there]
        values += [[s[i] for s in sorts] for i in range(5)]
        values.append(list(whom.zones))
    return sql.SQL("{} AND {}").format(sql.SQL(" AND ".join(parts)), asking.part().alerts()), values


def listed(
    conn: psycopg.Connection, whom: Whom, condition: tuple[sql.Composable, list[Any]], limit: int, before: int | None
) -> list[dict[str, Any]]:
    """Alerts, the newest first; ``before`` is the number of the last one of the page before."""
    parts, values = condition
    query = sql.SQL("{} {} WHERE {} {} ORDER BY a.id DESC LIMIT %s").format(
        SELECT, FROM, parts, sql.SQL("" if before is None else "AND a.id < %s")
    )
    with conn.cursor(row_factory=dict_row) as cur:
        rows = cur.execute(query, [*values, *([] if before is None else [before]), limit])
        return [item(row, whom) for row in rows]


def more_than(conn: psycopg.Connection, condition: tuple[sql.Composable, list[Any]], most: int) -> bool:
    """Whether there are more alerts than that."""
    parts, values = condition
    query = sql.SQL("SELECT count(*) FROM (SELECT FROM alert a WHERE {} LIMIT %s) x").format(parts)
    row = conn.execute(query, [*values, most + 1]).fetchone()
    return row is not None and row[0] > most


def one(conn: psycopg.Connection, whom: Whom, number: int) -> dict[str, Any] | None:
    """The alert of that number, where it is in the part of whoever is asking."""
    query = sql.SQL("{} {} WHERE a.id = %s").format(SELECT, FROM)
    with conn.cursor(row_factory=dict_row) as cur:
        row = cur.execute(query, [number]).fetchone()
    found = None if row is None else item(row, whom)
    return found if found is not None and asking.part().alert(found) else None


def pages(
    conn: psycopg.Connection, whom: Whom, condition: tuple[sql.Composable, list[Any]], most: int, page: int = 2000
) -> Iterator[dict[str, Any]]:
    """Many alerts, a page at a time."""
    before: int | None = None
    while most > 0:
        found = listed(conn, whom, condition, min(page, most), before)
        yield from found
        if len(found) < page:
            return
        most, before = most - len(found), found[-1]["id"]
