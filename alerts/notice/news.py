"""What a channel does not know yet of an alert. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from alerts.life.rows import Alert

Said = Literal["firing", "lost", "flapping", "resolved"]


class Told(NamedTuple):
    """What a channel was last told of an alert, in which thread and with which flip."""

    said: Said
    thread: str
    flip: int | None
    at: datetime


def status(alert: Alert) -> Said:
    """How an alert stands, in the words of messages."""
    if alert.state in ("resolved", "closed", "pending"):
        return "resolved"
    if alert.flapping:
        return "flapping"
    return "lost" if alert.condition == "lost" else "firing"


def news(now: Said, said: Said | None) -> Said | None:
    """What is to be said to a channel that knows ``said`` of an alert that stands ``now``; None: nothing.

    What was never told to fire is not told to be over. A sensor that speaks again is no news, nor is one that falls
    silent while its alert swings: the alert fires as before.
    """
    if now == said or (now == "resolved" and said is None):
        return None
    if (said == "lost" and now == "firing") or (said == "flapping" and now == "lost"):
        return None
    return now
