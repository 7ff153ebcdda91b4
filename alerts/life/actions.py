"""What people do to an alert. Each action is a flip with who and when, and names the revision that was seen.

Each takes the lock, in a transaction of its own or the caller's, and returns the alert as it then stands.
``revision`` None: whatever it is now, as for a link in a message. ``note`` is kept as given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg

from alerts.life import rows
from alerts.life.rows import Alert, Flip

#: Characters in a text that people write, and in a name.
TEXT, NAME = 2000, 200
#: Marks that turn the direction of what follows: a text could show as what it is not.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(ValueError):
    """It cannot be done as asked; the message says why, and what to do."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi} / {en}")
        self.vi, self.en = vi, en


class Conflict(Exception):
    """Somebody was faster; ``current`` is how the alert stands now."""

    def __init__(self, current: Alert) -> None:
        super().__init__(f"alert {current.id} has changed: it is at revision {current.revision}")
        self.current = current


def written(text: str, *, what_vi: str = "ghi chú", what_en: str = "note", most: int = TEXT, need: bool = False) -> str:
    """A text of people's, as it is, or Refused: too long, empty where one is needed, control characters."""
    if len(text) > most:
        raise Refused(f"{what_vi} dài quá {most} ký tự", f"the {what_en} is longer than {most} characters: shorten it")
    if any((unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t") or c in _TURNING for c in text):
        raise Refused(f"{what_vi} có ký tự điều khiển", f"the {what_en} has control characters: write it as plain text")
    if need and not text.strip():
        raise Refused(f"cần có {what_vi}", f"{'an' if what_en[:1] in 'aeiou' else 'a'} {what_en} is needed")
    return text


def acknowledge(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str = "") -> Alert:
    """Somebody has seen it and sees to it."""
    with _action(conn, alert_id, revision, actor, note, "acknowledged") as (alert, now):
        if alert.state in ("acknowledged", "in_progress"):
            raise Refused(
                f"cảnh báo đã được {alert.acknowledged_by} xác nhận",
                f"it was acknowledged by {alert.acknowledged_by} already: nothing more to do",
            )
        _from(alert, "firing")
        alert.state, alert.acknowledged_at, alert.acknowledged_by = "acknowledged", now, actor
    return alert


def unacknowledge(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str = "") -> Alert:
    """Nobody sees to it any more."""
    with _action(conn, alert_id, revision, actor, note, "unacknowledged") as (alert, _):
        _from(alert, "acknowledged", "in_progress")
        alert.state = "firing"
        alert.acknowledged_at = alert.acknowledged_by = alert.assigned_at = alert.assigned_to = None
    return alert


def assign(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, to: str, note: str = "") -> Alert:
    """Give it to a person or a crew: it is in progress."""
    written(to, what_vi="tên người nhận", what_en="name of whom it is assigned to", most=NAME, need=True)
    with _action(conn, alert_id, revision, actor, note, "assigned", {"to": to}) as (alert, now):
        _from(alert, "firing", "acknowledged", "in_progress")
        if alert.acknowledged_at is None:
            alert.acknowledged_at, alert.acknowledged_by = now, actor
        alert.state, alert.assigned_at, alert.assigned_to = "in_progress", now, to
    return alert


def comment(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str) -> Alert:
    """Add a word, in any state."""
    written(note, need=True)
    with _action(conn, alert_id, revision, actor, note, "comment") as (alert, _):
        pass
    return alert


def resolve(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str = "") -> Alert:
    """It is done. Where readings say otherwise, or nothing, a note must say why; a breach that goes on reopens it."""
    with _action(conn, alert_id, revision, actor, note, "resolved") as (alert, now):
        _from(alert, "firing", "acknowledged", "in_progress")
        if alert.condition != "clear" and not note.strip():
            if alert.flapping and alert.condition != "lost":
                raise Refused(
                    "cảnh báo đang chập chờn: sẽ tự kết thúc khi số đo bình thường đủ lâu; muốn kết thúc ngay,"
                    " hãy ghi lý do",
                    "its readings swing: it will be resolved by itself when they have stayed clear; to resolve it now,"
                    " add a note",
                )
            if alert.condition == "clearing":
                raise Refused(
                    "số đo mới trở lại bình thường: cảnh báo sẽ tự kết thúc khi đủ lâu; muốn kết thúc ngay,"
                    " hãy ghi lý do",
                    "its readings have been clear for a short time only: it will be resolved by itself when they have"
                    " stayed clear; to resolve it now, add a note",
                )
            raise Refused(
                "số đo chưa trở lại bình thường: hãy ghi lý do",
                "its readings are not clear yet: add a note that says why it is resolved",
            )
        alert.state, alert.resolved_at, alert.resolved_by = "resolved", now, actor
    return alert


def close(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str = "") -> Alert:
    """It is over and done with."""
    with _action(conn, alert_id, revision, actor, note, "closed") as (alert, now):
        _from(alert, "resolved")
        if alert.condition not in ("clear", "lost"):
            if alert.flapping:
                raise Refused(
                    "cảnh báo đang chập chờn: hãy đóng khi số đo đã bình thường đủ lâu",
                    "its readings swing: close it when they have stayed clear",
                )
            if alert.condition == "clearing":
                raise Refused(
                    "số đo mới trở lại bình thường: hãy đóng khi đã đủ lâu",
                    "its readings have been clear for a short time only: close it when they have stayed clear",
                )
            raise Refused(
                "số đo vẫn vượt ngưỡng: chưa thể đóng",
                "its readings still breach: close it when they are clear",
            )
        alert.state, alert.closed_at, alert.closed_by = "closed", now, actor
    return alert


def reopen(conn: psycopg.Connection, alert_id: int, revision: int | None, actor: str, note: str = "") -> Alert:
    """It is not done after all."""
    with _action(conn, alert_id, revision, actor, note, "reopened") as (alert, _):
        _from(alert, "resolved", "closed")
        if alert.fired_at is None or alert.retroactive:
            raise Refused("cảnh báo này chưa từng phát", "it has never fired: there is nothing to reopen")
        other = rows.latest(conn, [(alert.rule, alert.subject)]).get((alert.rule, alert.subject))
        if other is not None and other.id > alert.id:
            raise Refused(
                f"đã có cảnh báo mới hơn, số {other.id}", f"there is a newer alert of the same kind: see {other.id}"
            )
        alert.state = "firing"
        alert.facts.pop("again_us", None)
        alert.forget_the_end()
    return alert


@contextmanager
def _action(
    conn: psycopg.Connection,
    alert_id: int,
    revision: int | None,
    actor: str,
    note: str,
    what: str,
    facts: dict[str, str] | None = None,
) -> Iterator[tuple[Alert, datetime]]:
    """The alert under the lock, for the block to change; its flip and itself are written afterwards."""
    written(note)
    with conn.transaction():
        rows.lock(conn)
        row = conn.execute("SELECT clock_timestamp()").fetchone()
        alert = rows.read(conn, alert_id)
        if alert is None or row is None:
            raise Refused(f"không có cảnh báo số {alert_id}", f"there is no alert {alert_id}")
        if revision is not None and revision != alert.revision:
            raise Conflict(alert)
        now, before = row[0], alert.state
        yield alert, now
        alert.changed = True
        flip = Flip(alert, now, what, before, actor, note, alert.value, alert.threshold, facts=dict(facts or {}))
        rows.write(conn, [alert], [flip], now)


def _from(alert: Alert, *states: str) -> None:
    if alert.state not in states:
        raise Refused(
            f"cảnh báo đang ở trạng thái {_VI[alert.state]}, không làm được việc này",
            f"it is {alert.state.replace('_', ' ')}: this can be done when it is"
            f" {' or '.join(states).replace('_', ' ')}",
        )


_VI = {
    "pending": "chờ", "firing": "chưa xác nhận", "acknowledged": "đã xác nhận", "in_progress": "đang xử lý",
    "resolved": "đã hết", "closed": "đã đóng",
}  # fmt: skip
