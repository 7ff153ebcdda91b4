"""What is done to alerts by the dispatcher and by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import psycopg

from alerts.life import rows
from alerts.life.rows import ENGINE, Flip

#: How long a breach may go on after people have resolved its alert.
STILL_S = 900.0
#: Rows that one round closes at the most.
_MOST = 1000


def put_under(conn: psycopg.Connection, alert_id: int, incident: int | None, now: datetime, note: str = "") -> None:
    """Let another alert speak for this one (None: it speaks for itself again). The caller's transaction."""
    put_all_under(conn, {alert_id: incident}, now, note)


def put_all_under(conn: psycopg.Connection, incidents: Mapping[int, int | None], now: datetime, note: str = "") -> None:
    """The same for many alerts at once, by their ids: a feeder may have thousands of lamps."""
    if not incidents:
        return
    rows.lock(conn)
    flips = []
    for alert in rows.read_many(conn, incidents):
        incident = incidents[alert.id]
        if alert.incident != incident:
            alert.incident, alert.changed = incident, True
            facts = {"incident": incident}
            flips.append(Flip(alert, now, "incident", alert.state, ENGINE, note, facts=facts, told=True))
    rows.write(conn, [f.alert for f in flips], flips, now)


def escalate(conn: psycopg.Connection, alert_id: int, step: int, now: datetime, note: str = "") -> None:
    """Nobody has acknowledged it: note the step that has been reached. The caller's transaction."""
    rows.lock(conn)
    alert = rows.read(conn, alert_id)
    if alert is None or alert.escalation >= step:
        return
    alert.escalation, alert.changed = step, True
    facts = {"step": step}
    rows.write(conn, [alert], [Flip(alert, now, "escalated", alert.state, ENGINE, note, facts=facts, told=True)], now)


def tend(conn: psycopg.Connection, now: datetime, close_h: float) -> list[int]:
    """What is resolved and breaches still is reopened, what has long been over is closed; ids of the flips.

    In the caller's transaction; takes the lock only where there is something to do.
    """
    due = """SELECT id FROM alert WHERE state = 'resolved' AND (
                 (condition <> 'breach' AND NOT facts ? 'again_us' AND resolved_at < %(old)s AND changed_at < %(old)s)
              OR (condition = 'breach' AND NOT facts ? 'again_us' AND resolved_at < %(still)s))
             ORDER BY id LIMIT %(most)s"""
    asked = {"old": now - timedelta(hours=close_h), "still": now - timedelta(seconds=STILL_S), "most": _MOST}
    if not conn.execute(due, asked).fetchone():
        return []
    rows.lock(conn)
    alerts = rows.read_many(conn, [n for (n,) in conn.execute(due, asked)])
    flips = []
    for alert in alerts:
        alert.changed = True
        if alert.condition == "breach":
            alert.state = "firing"
            alert.forget_the_end()
            note = f"vẫn vượt ngưỡng sau {STILL_S / 60:.0f} phút / it still breaches after {STILL_S / 60:.0f} minutes"
            flips.append(Flip(alert, now, "reopened", "resolved", ENGINE, note, alert.value, alert.threshold))
        else:
            alert.state, alert.closed_at, alert.closed_by = "closed", now, ENGINE
            flips.append(Flip(alert, now, "closed", "resolved", ENGINE, told=True))
    return rows.write(conn, alerts, flips, now)
