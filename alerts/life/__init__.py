"""The life of alerts: what judgement says and what people do becomes rows of `alert` and `flip`.

    pending ▸ firing ▸ acknowledged ▸ in_progress (assigned) ▸ resolved ▸ closed
       └▸ closed (cancelled)   ◂──────────── reopened ────────────┘

rows.py     an alert as it stands, read and written many at a time; the lock
apply.py    events of judgement
actions.py  what people do, with the revision they saw
others.py   what the dispatcher and the clock do: incidents, escalation, closing what is long over
orphans.py  alerts that judgement no longer speaks of
restart.py  open subjects, for judgement to go on from

Every writer takes `lock` first in its transaction: ids of flips are then in the order of their commits. ``state`` is
what has been done about an alert, ``condition`` what the readings say; neither follows from the other.
"""

from alerts.life.actions import (
    Conflict,
    Refused,
    acknowledge,
    assign,
    close,
    comment,
    reopen,
    resolve,
    unacknowledge,
    written,
)
from alerts.life.apply import apply
from alerts.life.orphans import end_orphans
from alerts.life.others import escalate, put_under, tend
from alerts.life.restart import Subjects, open_subjects
from alerts.life.rows import OPEN, Alert, lock, read, read_many

__all__ = [
    "OPEN", "Alert", "Conflict", "Refused", "Subjects", "acknowledge", "apply", "assign", "close", "comment",
    "end_orphans", "escalate", "lock", "open_subjects", "put_under", "read", "read_many", "reopen", "resolve", "tend",
    "unacknowledge", "written",
]  # fmt: skip
