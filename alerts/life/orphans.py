"""Alerts that judgement no longer speaks of: their rule is gone, has changed, or no longer looks at their subject."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

import psycopg

from alerts.life import rows
from alerts.life.rows import ENGINE, Alert, Flip
from alerts.rules.model import Rule
from infra.times import micros, moment

#: A rule that has changed gets so long, beyond its own hold time, to say the same again.
GRACE_S = 600.0
GONE = "quy tắc không còn hiệu lực / its rule is no longer in force"
SILENT = "quy tắc đã thay đổi, đối tượng không còn vượt ngưỡng / its rule has changed, its subject no longer breaches"


def end_orphans(
    conn: psycopg.Connection,
    held: Set[tuple[str, str]],
    judged: Mapping[str, Rule],
    aside: Set[str],
    now: datetime,
) -> list[int]:
    """End open alerts that are not ``held`` by judgement; ids of the flips, in the caller's transaction.

    At once where the rule is not ``judged`` any more; after a while where it is, as it may say the same again. Rules
    that were set ``aside`` say nothing, so that their alerts stay as they are; what people have reopened is theirs.
    """
    found = conn.execute(
        "SELECT id, rule, subject, facts ? 'unheld_us' FROM alert WHERE condition <> 'clear'"
        " AND state IN ('pending', 'firing', 'acknowledged', 'in_progress')"
    ).fetchall()
    touched = [
        number
        for number, rule, subject, marked in found
        if ((rule, subject) in held) == marked or (marked and (rule, subject) not in held)
    ]
    if not touched:
        return []
    rows.lock(conn)
    alerts = rows.read_many(conn, touched)
    flips: list[Flip] = []
    for alert in alerts:
        if not alert.open or alert.rule in aside:
            continue
        if (alert.rule, alert.subject) in held:
            alert.changed = alert.facts.pop("unheld_us", None) is not None
            continue
        rule = judged.get(alert.rule)
        since = alert.facts.get("unheld_us")
        if rule is None:
            flips.append(_end(alert, now, GONE))
        elif since is None:
            alert.facts["unheld_us"], alert.changed = micros(now), True
        elif now - moment(since) > timedelta(seconds=GRACE_S + rule.for_s + rule.late_s):
            flips.append(_end(alert, now, SILENT))
    return rows.write(conn, alerts, flips, now)


def _end(alert: Alert, now: datetime, note: str) -> Flip:
    before, alert.changed, alert.condition, alert.clearing_since = alert.state, True, "clear", None
    alert.facts.pop("unheld_us", None)
    if before == "pending":
        alert.state, alert.closed_at, alert.closed_by = "closed", now, ENGINE
        return Flip(alert, now, "cancelled", before, ENGINE, note, alert.value, alert.threshold)
    alert.state, alert.resolved_at, alert.resolved_by, alert.cleared_at = "resolved", now, ENGINE, now
    return Flip(alert, now, "cleared", before, ENGINE, note, alert.value, alert.threshold)
