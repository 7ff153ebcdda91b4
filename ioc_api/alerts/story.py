"""One alert whole: what happened to it, and who was told of it, with every try."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.messages import render
from alerts.messages.content import Content, thaw
from alerts.notice.stages import REASONS
from ioc_api import asking
from ioc_api.alerts.items import plain

#: Rows of one alert that are shown at most: the newest.
MOST = 500


def flips(conn: psycopg.Connection, alert: int) -> list[dict[str, Any]]:
    """What happened to an alert, in its order; of very many the newest."""
    query = """SELECT id, at, recorded_at, what, from_state AS from, to_state AS to, value, threshold, rule_version,
                      actor, note, facts FROM flip WHERE alert = %s ORDER BY id DESC LIMIT %s"""
    return _rows(conn, query, [alert, MOST])[::-1]


_NOTIFICATION = """SELECT n.id, n.key, n.department, n.channel, c.name AS channel_name, c.kind AS channel_kind, n.kind,
                          n.severity, n.thread, n.state, n.created_at, n.due_at, n.sent_at, n.attempts, n.error"""


def notifications(conn: psycopg.Connection, alert: int) -> list[dict[str, Any]]:
    """Messages about an alert with all tries, in their order; ``said`` is what they said of it."""
    found = _rows(
        conn,
        f"""{_NOTIFICATION}, na.said, na.flip FROM notification_alert na JOIN notification n ON n.id = na.notification
            JOIN notice_channel c ON c.id = n.channel WHERE na.alert = %s ORDER BY n.id DESC LIMIT %s""",
        [alert, MOST],
    )[::-1]
    return _with_tries(conn, found)


def within() -> sql.Composable:
    """The condition that a message `n` is in the part of whoever is asking: it went to a department all of whose alerts
    are, or tells of nothing but alerts in it."""
    part = asking.part()
    if part.all:
        return sql.SQL("true")
    about = "SELECT FROM notification_alert na JOIN alert a ON a.id = na.alert WHERE na.notification = n.id"
    whole = f"(EXISTS ({about}) AND NOT EXISTS ({about} AND NOT coalesce({{}}, false)))"
    mine = sql.Literal(sorted(part.scope.throughout))
    return sql.SQL(f"(n.department = ANY({{}}::text[]) OR {whole})").format(mine, part.alerts())


def notification(conn: psycopg.Connection, number: int) -> dict[str, Any] | None:
    """One message with all tries and its text, where it is in the part of whoever is asking."""
    query = sql.SQL(
        "{}, n.content FROM notification n JOIN notice_channel c ON c.id = n.channel WHERE n.id = %s AND {}"
    )
    found = _rows(conn, query.format(sql.SQL(_NOTIFICATION), within()), [number])
    if not found:
        return None
    row = _with_tries(conn, found)[0]
    body = row.pop("content")
    try:
        content = without_links(thaw(body))
    except msgspec.ValidationError:  # of another version of the program
        return {**row, "subject": "", "text": ""}
    return {**row, "subject": render.subject(content), "text": render.text(content)}


def without_links(content: Content) -> Content:
    """The message without its links that act without a login: they are the receiver's alone."""
    told = tuple(msgspec.structs.replace(t, ack_url=None) for t in content.alerts)
    return msgspec.structs.replace(content, alerts=told, confirm_url=None)


def listed(conn: psycopg.Connection, filters: dict[str, Any], limit: int, before: int | None) -> list[dict[str, Any]]:
    """Messages, the newest first; ``filters`` by column: accepted values."""
    parts, values = list[sql.Composable](), list[Any]()
    parts.append(within())
    for column, given in filters.items():
        if given:
            parts.append(sql.SQL("{} = ANY(%s)").format(sql.Identifier("n", column)))
            values.append(list(given))
    if before is not None:
        parts.append(sql.SQL("n.id < %s"))
        values.append(before)
    query = sql.SQL("{} FROM notification n JOIN notice_channel c ON c.id = n.channel WHERE {} ORDER BY n.id DESC"
                    " LIMIT %s").format(sql.SQL(_NOTIFICATION), sql.SQL(" AND ").join(parts))  # fmt: skip
    return _rows(conn, query, [*values, limit])


def _with_tries(conn: psycopg.Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    tries: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in found}
    rows = _rows(
        conn,
        """SELECT notification, at, took_ms, outcome, status, detail, retry_at FROM attempt
           WHERE notification = ANY(%s) ORDER BY id""",
        [list(tries)],
    )
    for row in rows:
        tries[row.pop("notification")].append(row)
    return [{**row, "tries": tries[row["id"]]} for row in found]


def mutings(conn: psycopg.Connection, alerts: Iterable[int]) -> list[dict[str, Any]]:
    """Why somebody was not told of alerts, or not yet, with the silences that it was by."""
    found = _rows(
        conn,
        """SELECT m.at, m.alert, m.flip, m.department, m.channel, c.name AS channel_name, m.why, m.by, m.held,
                  m.over_at FROM muting m LEFT JOIN notice_channel c ON c.id = m.channel
           WHERE m.alert = ANY(%s) ORDER BY m.id DESC LIMIT %s""",
        [list(alerts), MOST],
    )[::-1]
    numbers = {int(n) for row in found if (n := row["by"].removeprefix("silence/")).isdecimal()}
    silences = {
        s["id"]: s
        for s in _rows(
            conn,
            "SELECT id, kind, reason, author, created_at, starts_at, ends_at, ended_at, ended_by FROM silence"
            " WHERE id = ANY(%s)",
            [list(numbers)],
        )
    }
    for row in found:
        row["vi"], row["en"] = REASONS.get(row["why"], (row["why"], row["why"]))
        number = row["by"].removeprefix("silence/")
        row["silence"] = silences.get(int(number)) if number.isdecimal() else None
    return found


def _rows(conn: psycopg.Connection, query: str | sql.Composed, values: list[Any]) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cur:
        found = cur.execute(query, values).fetchall()
    return [{k: plain(v) for k, v in row.items()} for row in found]
