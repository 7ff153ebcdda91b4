"""Why an alert is there, and why somebody got a message: the rule, the values, who changed what, who was told."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from ioc_api.alerts import items, story
from ioc_api.alerts.items import plain
from ioc_api.alerts.whom import Whom

#: Earlier alerts of the same rule and subject that are named.
BEFORE = 10
#: Alerts of one message that are gone into.
NAMED = 20


def of_alert(conn: psycopg.Connection, whom: Whom, number: int) -> dict[str, Any] | None:
    """Everything that has to do with an alert's being there."""
    alert = items.one(conn, whom, number)
    if alert is None:
        return None
    flips = story.flips(conn, number)
    values = [
        {k: f[k] for k in ("at", "what", "value", "threshold")} for f in flips if f["value"] is not None
        and f["actor"] == "engine"
    ]  # fmt: skip
    return {
        "alert": alert,
        "rule": _rule(conn, alert["rule"], alert["rule_version"]),
        "values": values,
        "before": _before(conn, alert),
        "concerned": [
            {"department": d["department"], "role": d["role"], **_named(whom, d["department"])}
            for d in alert["departments"]
        ],
        "told": story.notifications(conn, number),
        "muted": story.mutings(conn, [number]),
        "people": [f for f in flips if f["actor"] != "engine"],
    }


def of_notification(conn: psycopg.Connection, whom: Whom, number: int) -> dict[str, Any] | None:
    """Why a message was sent: each of its alerts with what was said of it."""
    message = story.notification(conn, number)
    if message is None:
        return None
    rows = conn.execute(
        """SELECT na.alert, na.said, f.id, f.what, f.at FROM notification_alert na LEFT JOIN flip f ON f.id = na.flip
           WHERE na.notification = %s ORDER BY na.alert""",
        [number],
    ).fetchall()
    about = []
    for alert, said, flip, what, at in rows[:NAMED]:
        found = of_alert(conn, whom, alert)
        if found is not None:
            about.append({"said": said, "flip": flip, "what": what, "at": plain(at), **found})
    return {"notification": message, "alerts": about, "more": len(rows) - len(about)}


def _named(whom: Whom, code: str) -> dict[str, str]:
    found = whom.departments.get(code)
    return {"vi": found.vi if found else code, "en": found.en if found else code}


def _rule(conn: psycopg.Connection, code: str, version: int) -> dict[str, Any]:
    """The rule at the version that was judged, and who changed it last."""
    with conn.cursor(row_factory=dict_row) as cur:
        row = (
            cur.execute(
                """SELECT v.body, v.created_at AS made_at, v.created_by AS made_by, v.note, r.version AS version_now,
                      r.changed_at, r.changed_by, r.enabled, r.deleted_at, r.set_aside
               FROM rule_version v LEFT JOIN rule r USING (code) WHERE v.code = %s AND v.version = %s""",
                [code, version],
            ).fetchone()
            or {}
        )
    body = row.pop("body", None) or {}
    kept = ("vi", "en", "severity", "condition", "scope", "for_s", "clear_for_s", "legal_basis",
            "advice_vi", "advice_en")  # fmt: skip
    out = {"code": code, "version": version, **{k: body.get(k) for k in kept}}
    names = ("made_at", "made_by", "note", "version_now", "changed_at", "changed_by", "enabled", "deleted_at",
             "set_aside")  # fmt: skip
    return out | {name: plain(row.get(name)) for name in names}


def _before(conn: psycopg.Connection, alert: dict[str, Any]) -> dict[str, Any]:
    """Earlier alerts of the same rule and subject: the last ones, and how many there were in 30 days."""
    same = "rule = %s AND subject = %s AND id < %s AND fired_at IS NOT NULL"
    values = [alert["rule"], alert["subject"], alert["id"]]
    row = conn.execute(
        f"SELECT count(*) FROM alert WHERE {same} AND started_at > %s::timestamptz - interval '30 days'",  # nosec B608
        [*values, alert["started_at"]],
    ).fetchone()
    with conn.cursor(row_factory=dict_row) as cur:
        found = cur.execute(
            f"""SELECT id, state, started_at, fired_at, cleared_at, resolved_at, peak, acknowledged_by, retroactive
                FROM alert WHERE {same} ORDER BY id DESC LIMIT {BEFORE}""",  # nosec B608
            values,
        ).fetchall()
    return {"in_30_days": row[0] if row else 0, "last": [{k: plain(v) for k, v in r.items()} for r in found]}
