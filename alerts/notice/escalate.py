"""Nobody acknowledges: first those who support are called on too, then those who are informed.

What swings is not escalated until it is steady, nor what is silenced or what another alert speaks for. The time counts
from when somebody was told: who is told in the morning is not called on at night.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.life import others, rows
from alerts.life.rows import Alert
from alerts.notice import incident, outbox
from alerts.notice.book import Channel, Department
from alerts.notice.group import key_of
from alerts.notice.news import status
from alerts.notice.outbox import Outbox
from alerts.notice.round import Item, Round
from alerts.notice.route import Concern
from alerts.notice.silence import muting
from alerts.notice.stages import Verdict, takes_now

#: Roles that are called on at each step; after the last one nobody is left.
STEPS: tuple[frozenset[str], ...] = (
    frozenset({"handles", "supports"}),
    frozenset({"handles", "supports", "informed"}),
)  # fmt: skip


#: In place of departments that are not there: the usual times.
_NOBODY = Department("", "", "")


class _Due(NamedTuple):
    alert: Alert
    concerns: list[Concern]
    step: int
    minutes: float


def escalate(round_: Round) -> int:
    """Take every alert that has waited too long one step further; returns how many messages that makes."""
    since = _waiting(round_)
    due = [d for a in rows.read_many(round_.conn, since) if (d := _due(round_, a, since[a.id])) is not None]
    spoken = incident.speakers(round_.conn, round_.book, [d.alert for d in due], round_.now)
    due = [d for d in due if d.alert.id not in spoken]
    return _tell(round_, due) if due else 0


def _waiting(round_: Round) -> dict[int, tuple[datetime, datetime | None, datetime | None]]:
    """Alerts that nobody has acknowledged for as long as any department gives: since when, when somebody was first
    told, when it was last escalated."""
    departments = [*round_.book.departments.values(), _NOBODY]
    found = round_.conn.execute(
        """SELECT a.id, raised.at, told.at, escalated.at FROM alert a
           CROSS JOIN LATERAL (SELECT id, told_at AS at FROM flip f WHERE f.alert = a.id AND f.told_at IS NOT NULL
               AND f.what IN ('fired', 'reopened', 'unacknowledged', 'steady') ORDER BY f.id DESC LIMIT 1) raised
           CROSS JOIN LATERAL (SELECT min(n.created_at) AS at FROM notification_alert na
               JOIN notification n ON n.id = na.notification
               WHERE na.alert = a.id AND na.said <> 'resolved' AND n.state <> 'withdrawn') told
           CROSS JOIN LATERAL (SELECT max(told_at) AS at FROM flip f
               WHERE f.alert = a.id AND f.what = 'escalated' AND f.id > raised.id) escalated
           WHERE a.state = 'firing' AND a.severity <> 'info' AND a.escalation < %s AND a.incident IS NULL
             AND NOT a.flapping AND NOT a.retroactive AND greatest(raised.at, told.at, escalated.at)
                 <= %s - make_interval(secs =>
                     CASE a.severity WHEN 'critical' THEN %s WHEN 'major' THEN %s ELSE %s END)""",
        [
            len(STEPS),
            round_.now,
            *(min(d.escalate_s(s) for d in departments) for s in ("critical", "major", "warning")),
        ],
    )
    return {number: tuple(times) for number, *times in found}


def _due(round_: Round, alert: Alert, times: tuple[datetime, datetime | None, datetime | None]) -> _Due | None:
    raised, told, escalated = times
    concerns = round_.concerns(alert)
    handling = [round_.book.departments[c.department] for c in concerns if c.role == "handles"]
    if any(muting(round_.book.silences, alert, d.code) for d in handling):
        return None
    delay = min(
        (d.escalate_s(alert.severity) for d in handling), default=Department("", "", "").escalate_s(alert.severity)
    )
    if escalated is not None:
        begin = escalated
    elif told is not None:
        begin = max(raised, told)
    elif any(c.enabled for d in handling for c in round_.book.channels.get(d.code, ())):
        return None  # who handles it is told when they begin to work
    else:
        begin = raised
    if round_.now < begin + timedelta(seconds=delay):
        return None
    step = alert.escalation + 1
    if step < len(STEPS) and not any(c.role in STEPS[step - 1] - {"handles"} for c in concerns):
        step += 1
    return _Due(alert, concerns, step, delay / 60)


def _tell(round_: Round, due: list[_Due]) -> int:
    told = outbox.told(round_.conn, [d.alert.id for d in due])
    out = Outbox(round_.now)
    batches: dict[tuple[Channel, str, int, float], list[Item]] = defaultdict(list)
    for alert, concerns, step, minutes in due:
        others.escalate(round_.conn, alert.id, step, round_.now, f"{minutes:g} phút / {minutes:g} min")
        row = round_.conn.execute(
            "SELECT max(id) FROM flip WHERE alert = %s AND what = 'escalated'", [alert.id]
        ).fetchone()
        flip = row[0] if row else None
        for concern in concerns:
            department = round_.book.departments[concern.department]
            if concern.role not in STEPS[step - 1] or flip is None:
                continue
            silence = muting(round_.book.silences, alert, department.code)
            if silence:
                out.mute(alert.id, flip, department.code, Verdict(silence.kind, f"silence/{silence.id}", held=True))
                continue
            for channel in round_.book.channels.get(department.code, ()):
                if not channel.enabled or channel.kind == "cap":
                    continue
                last = told.get((alert.id, channel.id))
                if not takes_now(department, channel, alert.severity, round_.now):
                    verdict = Verdict("hours", f"channel/{channel.id}", held=True)
                    out.mute(alert.id, flip, department.code, verdict, channel.id)
                    continue
                thread = last.thread if last else round_.group(department.code, key_of(alert)).thread
                batches[channel, thread, step, minutes].append(Item(alert, status(alert), flip, concerns))
    for (channel, thread, step, minutes), items in batches.items():
        reason = (
            f"sau {minutes:g} phút chưa ai xác nhận (bước {step})",
            f"nobody has acknowledged it within {minutes:g} minutes (step {step})",
        )
        content = round_.content("escalation", channel.department, items, channel, reason)
        out.tell(f"{thread}/escalation", channel, thread, content, [i.about for i in items])
    return len(out.write(round_.conn))
