"""The storm guard: a department that gets more messages than anybody reads gets one summary instead."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.life.rows import Alert
from alerts.notice import outbox
from alerts.notice.group import STORM, Group
from alerts.notice.round import Round

#: The span in which messages are counted, and from one summary to the next; something critical waits only URGENT_S.
SPAN_S = 600.0
URGENT_S = 60.0


def blows(round_: Round, department: str, coming: int) -> bool:
    """Whether messages of a department are summed up: a storm is on, or begins with ``coming`` more messages."""
    storm = round_.group(department, STORM)
    if _until(storm) > round_.now:
        return True
    pace = round_.pace(department)
    if outbox.recent(round_.conn, department, round_.now, SPAN_S) + coming <= pace.storm:
        return False
    _extend(storm, round_.now)
    return True


def add(round_: Round, department: str, flip: int, alert: Alert) -> None:
    """Let a flip wait for the storm's next summary; the first comes as soon as a group's first message."""
    storm = round_.group(department, STORM)
    soon = round_.now + timedelta(seconds=round_.pace(department).wait_s)
    if storm.sent_at is None or storm.sent_at + timedelta(seconds=SPAN_S) <= round_.now:
        due = soon
    else:
        gap = URGENT_S if alert.severity == "critical" else SPAN_S
        due = max(soon, storm.sent_at + timedelta(seconds=gap))
    storm.waiting.append(flip)
    storm.next_at = due if storm.next_at is None else min(storm.next_at, due)
    storm.changed = True


def told(round_: Round, storm: Group, alerts: int) -> None:
    """A summary of so many alerts has gone out: many of them keep the storm going."""
    if alerts > round_.pace(storm.department).storm:
        _extend(storm, round_.now)


def _until(storm: Group) -> datetime:
    return datetime.fromisoformat(storm.facts.get("until", "1970-01-01T00:00:00+00:00"))


def _extend(storm: Group, now: datetime) -> None:
    storm.facts["until"] = (now + timedelta(seconds=SPAN_S)).isoformat()
    storm.changed = True
