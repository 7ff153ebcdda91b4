"""One alert speaks for many: a cabinet, gateway or feeder that is lost, for what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import psycopg

from alerts.life import others, rows
from alerts.life.rows import Alert
from alerts.notice.book import RANK, Book
from alerts.rules.model import Absence, Children, Rule

SPEAKING = ("firing", "acknowledged", "in_progress")
#: So long after its end an incident still speaks: what hangs on a cabinet reports again one after the other.
GRACE_S = 300.0
_SPEAKS = "(state = ANY(%s) OR (state IN ('resolved', 'closed') AND resolved_at > %s))"


def speakers(conn: psycopg.Connection, book: Book, alerts: Iterable[Alert], now: datetime) -> dict[int, Alert]:
    """By the ids of alerts, the open alert that speaks for each: that of its parent.

    A parent's alert is that of a rule about its children (it speaks for the alerts of the rules it counts, and for
    silence), or of the parent's own sensor that is silent (it speaks for silence). Both speak for alerts of their own
    kind that are no graver. Of several, one that is still open comes first, then one that counts the alert's rule.
    """
    children = [a for a in alerts if a.parent]
    if not children:
        return {}
    parents = list({str(a.parent) for a in children})
    found = conn.execute(
        f"SELECT id FROM alert WHERE {_SPEAKS} AND (subject = ANY(%s) OR sensor_id = ANY(%s)) ORDER BY id",  # nosec B608
        [list(SPEAKING), now - timedelta(seconds=GRACE_S), [f"parent/{p}" for p in parents], parents],
    )
    by_parent: dict[str, list[tuple[Alert, Rule]]] = {}
    for speaker in rows.read_many(conn, [n for (n,) in found]):
        rule = book.rule(conn, speaker.rule, speaker.rule_version)
        if rule is not None and isinstance(rule.condition, Children | Absence):
            name = speaker.subject.removeprefix("parent/") if speaker.subject.startswith("parent/") else None
            by_parent.setdefault(name or str(speaker.sensor_id), []).append((speaker, rule))
    return {child.id: s for child in children if (s := _speaker(conn, book, child, by_parent)) is not None}


def _speaker(
    conn: psycopg.Connection, book: Book, child: Alert, by_parent: Mapping[str, list[tuple[Alert, Rule]]]
) -> Alert | None:
    found: list[tuple[tuple[bool, bool, int, int], Alert]] = []
    own = book.rule(conn, child.rule, child.rule_version)
    silent = child.condition == "lost" or (own is not None and isinstance(own.condition, Absence))
    for speaker, rule in by_parent.get(str(child.parent), ()):
        # Of two about the same parent only one can speak for the other, or nobody would be told of either.
        if speaker.id == child.id or (speaker.subject == child.subject and _weight(speaker) <= _weight(child)):
            continue
        counted = isinstance(rule.condition, Children) and child.rule in rule.condition.rules
        # A cabinet that is lit by day does not speak for one that is dangerous to touch.
        alike = child.kind == speaker.kind and RANK[child.severity] <= RANK[speaker.severity]
        if silent or counted or alike:
            found.append(((speaker.state in SPEAKING, counted, *_weight(speaker)), speaker))
    return max(found, key=lambda one: one[0])[1] if found else None


def _weight(alert: Alert) -> tuple[int, int]:
    """The graver one first, then the older."""
    return RANK[alert.severity], -alert.id


def settle(conn: psycopg.Connection, book: Book, now: datetime) -> None:
    """Set the incident of alerts as soon as they and what speaks for them are open, whichever came first, and take it
    away where it speaks for nobody any more. The caller's transaction."""
    ended = conn.execute(
        """SELECT a.id FROM alert a JOIN alert i ON i.id = a.incident
           WHERE a.state = ANY(%s) AND NOT (i.state = ANY(%s)
                 OR (i.state IN ('resolved', 'closed') AND i.resolved_at IS NOT NULL AND i.resolved_at > %s))""",
        [list(SPEAKING), list(SPEAKING), now - timedelta(seconds=GRACE_S)],
    ).fetchall()
    alone = _alone(conn)
    if not ended and not alone:
        return
    alerts = rows.read_many(conn, [n for (n,) in (*ended, *alone)])
    found = speakers(conn, book, alerts, now)
    moved: dict[int, int | None] = {}
    for alert in alerts:
        speaker = found.get(alert.id)
        passed = {alert.id}
        while speaker and (above := found.get(speaker.id)) and above.id not in passed:  # a cabinet, and its feeder
            passed.add(speaker.id)
            speaker = above
        incident = (speaker.incident or speaker.id) if speaker else None
        if incident not in (alert.incident, alert.id):
            moved[alert.id] = incident
    others.put_all_under(conn, moved, now)


def _alone(conn: psycopg.Connection) -> list[tuple[int]]:
    """Open alerts that speak for themselves, and whose parent has an open alert too."""
    children = conn.execute(
        "SELECT id, parent FROM alert WHERE state = ANY(%s) AND incident IS NULL AND parent IS NOT NULL",
        [list(SPEAKING)],
    ).fetchall()
    if not children:
        return []
    parents = {parent for _, parent in children}
    found = conn.execute(
        "SELECT subject, sensor_id FROM alert WHERE state = ANY(%s) AND (subject = ANY(%s) OR sensor_id = ANY(%s))",
        [list(SPEAKING), [f"parent/{p}" for p in parents], list(parents)],
    )
    there = {name for subject, sensor_id in found for name in (subject.removeprefix("parent/"), sensor_id)}
    return [(number,) for number, parent in children if parent in there]


def over(conn: psycopg.Connection, number: int, now: datetime) -> bool:
    """Whether an incident speaks for nobody any more."""
    asked = [number, list(SPEAKING), now - timedelta(seconds=GRACE_S)]
    return conn.execute(f"SELECT 1 FROM alert WHERE id = %s AND {_SPEAKS}", asked).fetchone() is None  # nosec B608
