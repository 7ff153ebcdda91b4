"""What a shift has to hand over of alerts: what came, what ended, what is open at its end, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.life.rows import ENGINE
from ioc_api import asking
from ioc_api.alerts import items
from ioc_api.alerts.items import plain
from ioc_api.alerts.whom import Whom

#: Rows of each list; the counts are of all.
MOST = 500
_GRAVEST = sql.SQL("array_position(ARRAY['critical', 'major', 'warning', 'info'], a.severity), a.id DESC")
#: By list: which alerts, for a shift from %(start)s to before %(end)s. What was opened again is not over.
_LISTS = {
    "open": "a.fired_at < %(end)s AND coalesce(a.resolved_at, a.closed_at, 'infinity') >= %(end)s"
            " AND NOT a.retroactive",
    "opened": "a.fired_at >= %(start)s AND a.fired_at < %(end)s",
    "ended": "a.resolved_at >= %(start)s AND a.resolved_at < %(end)s AND a.fired_at IS NOT NULL",
}  # fmt: skip


def read(conn: psycopg.Connection, whom: Whom, start: datetime, end: datetime) -> dict[str, Any]:
    """The shift, of one moment where the connection's transaction is."""
    out: dict[str, Any] = {name: _list(conn, whom, which, start, end) for name, which in _LISTS.items()}
    return {**out, "deeds": _deeds(conn, start, end)}


def _list(conn: psycopg.Connection, whom: Whom, which: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Alerts, the gravest first and of equals the newest; how many there are of each severity."""
    where, values = sql.SQL("{} AND {}").format(sql.SQL(which), asking.part().alerts()), {"start": start, "end": end}
    counting = sql.SQL("SELECT a.severity, count(*) FROM alert a WHERE {} GROUP BY 1").format(where)
    counts: dict[str, int] = dict(conn.execute(counting, values).fetchall())
    query = sql.SQL("{} {} WHERE {} ORDER BY {} LIMIT {}").format(
        items.SELECT, items.FROM, where, _GRAVEST, sql.Literal(MOST)
    )
    with conn.cursor(row_factory=dict_row) as cur:
        found = [items.item(row, whom) for row in cur.execute(query, values)]
    return {"count": sum(counts.values()), "severities": counts, "items": found}


def _deeds(conn: psycopg.Connection, start: datetime, end: datetime) -> dict[str, Any]:
    """What people did to alerts, the newest first; how often each person did what."""
    where = sql.SQL("f.at >= %(start)s AND f.at < %(end)s AND f.actor <> {} AND {}").format(
        sql.Literal(ENGINE), asking.part().alerts()
    )
    values = {"start": start, "end": end}
    source = sql.SQL("FROM flip f JOIN alert a ON a.id = f.alert")
    counting = sql.SQL("SELECT f.actor, f.what, count(*) {} WHERE {} GROUP BY 1, 2 ORDER BY 1, 2")
    people: dict[str, dict[str, int]] = {}
    for actor, what, count in conn.execute(counting.format(source, where), values):
        people.setdefault(actor, {})[what] = count
    query = sql.SQL(
        "SELECT f.id, f.at, f.what, f.actor, f.note, f.facts ->> 'to' AS given_to, f.alert, a.severity, a.rule,"
        " coalesce(v.body ->> 'vi', a.rule) AS vi, coalesce(v.body ->> 'en', a.rule) AS en, a.sensor_id, a.zone, a.area"
        " {} LEFT JOIN rule_version v ON v.code = a.rule AND v.version = a.rule_version WHERE {}"
        " ORDER BY f.id DESC LIMIT {}"
    )
    with conn.cursor(row_factory=dict_row) as cur:
        rows = cur.execute(query.format(source, where, sql.Literal(MOST)), values).fetchall()
    told = [{"actor": actor, "done": done} for actor, done in people.items()]
    return {
        "count": sum(n for done in people.values() for n in done.values()),
        "people": told,
        "items": [{k: plain(v) for k, v in row.items()} for row in rows],
    }
