"""Alerts of a department that are told together, and when the next message of a group is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.life.rows import Alert
from alerts.notice.book import RANK, Pace

STORM, HOURS, RETRO = "storm", "hours", "retro"
#: From so many raises on an alert swings, whether judgement has noticed it or not: it is not told at once any more.
SWINGS = 3
#: What makes an alert worse for who is told, or has them told at last.
WORSE = frozenset({"fired", "reopened", "lost", "released"})


class Group(msgspec.Struct, kw_only=True):
    """One row of `notice_group`. ``changed``: it is to be written."""

    department: str
    key: str
    opened_at: datetime
    next_at: datetime | None = None
    sent_at: datetime | None = None
    repeat_at: datetime | None = None
    round: int = 0
    waiting: list[int] = []
    members: list[int] = []
    facts: dict[str, Any] = {}
    changed: bool = False

    @property
    def thread(self) -> str:
        """The thread of its messages: an alert that is alone has its own, whatever the department."""
        return self.key if self.key.startswith("alert/") else f"group/{self.department}/{self.key}"

    def add(self, flip: int, what: str, alert: Alert, pace: Pace, now: datetime, *, over: bool = False) -> None:
        """Let a flip wait for the next message. ``over``: with it, all that the group has told of is over."""
        self.waiting.append(flip)
        due = self._due(what, alert, pace, now, over)
        self.next_at = due if self.next_at is None else min(self.next_at, due)
        self.changed = True

    def _due(self, what: str, alert: Alert, pace: Pace, now: datetime, over: bool) -> datetime:
        if at_once(what, alert):
            return now
        soon = now + timedelta(seconds=pace.wait_s)
        # Who was told of trouble is told at once when all of it is over, unless it comes and goes.
        if self.sent_at is None or (over and alert.raises < SWINGS) or self._graver(what, alert):
            return soon
        return max(soon, self.sent_at + timedelta(seconds=pace.interval_s))

    def _graver(self, what: str, alert: Alert) -> bool:
        """Whether graver news must not wait behind lesser: what is critical, and what is graver than all that the last
        message told (``facts["gravest"]``; not known of a group of earlier times). What swings waits."""
        if what not in WORSE or alert.flapping or alert.raises > SWINGS:
            return False
        if alert.severity == "critical" and what == "lost":
            return True
        return RANK[alert.severity] > RANK[self.facts.get("gravest", "critical")]


def at_once(what: str, alert: Alert) -> bool:
    """Whether an alert is told without waiting for company."""
    return (
        alert.severity == "critical" and what in ("fired", "reopened") and alert.raises <= SWINGS and not alert.flapping
    )


def key_of(alert: Alert) -> str:
    """The group of an alert: what is critical is alone, the others are told with those of their kind and area."""
    return f"alert/{alert.id}" if alert.severity == "critical" else f"{alert.kind}/{alert.area}"


_FIELDS = ("department", "key", "opened_at", "next_at", "sent_at", "repeat_at", "round", "waiting", "members", "facts")


def load(conn: psycopg.Connection, where: str = "true", args: Iterable[Any] = ()) -> list[Group]:
    """Groups, in the order in which they are due."""
    rows = conn.execute(
        f"SELECT {', '.join(_FIELDS)} FROM notice_group WHERE {where} ORDER BY next_at, department, key",  # nosec B608
        list(args),  # nosec B608
    )
    return [Group(**dict(zip(_FIELDS, row, strict=True))) for row in rows]


def save(conn: psycopg.Connection, groups: Iterable[Group]) -> None:
    """Write the groups that have changed."""
    rows = [[*(getattr(g, f) for f in _FIELDS[:-1]), Jsonb(g.facts)] for g in groups if g.changed]
    if rows:
        changes = ", ".join(f"{f} = EXCLUDED.{f}" for f in _FIELDS[2:])
        with conn.cursor() as cur:
            cur.executemany(
                f"""INSERT INTO notice_group ({", ".join(_FIELDS)}) VALUES ({", ".join(["%s"] * len(_FIELDS))})
                    ON CONFLICT (department, key) DO UPDATE SET {changes}""",  # nosec B608
                rows,
            )


def tidy(conn: psycopg.Connection, now: datetime) -> int:
    """Forget groups in which nothing has waited and nothing is open for a day; no message comes of it."""
    conn.execute(
        """DELETE FROM notice_group
           WHERE next_at IS NULL AND waiting = '{}' AND members = '{}' AND coalesce(sent_at, opened_at) < %s""",
        [now - timedelta(days=1)],
    )
    return 0
