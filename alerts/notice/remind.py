"""What nobody has acknowledged is told again, every few hours, to who handles it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from alerts.life import rows
from alerts.notice import group as groups
from alerts.notice import incident, outbox
from alerts.notice.book import Channel
from alerts.notice.news import status
from alerts.notice.outbox import Outbox
from alerts.notice.round import Item, Round
from alerts.notice.silence import muting
from alerts.notice.stages import takes_now


def remind(round_: Round) -> int:
    """Send the reminders that are due; returns how many."""
    round_.save()
    due = groups.load(round_.conn, "repeat_at <= %s", [round_.now])
    count = 0
    for found in due:
        group = round_.group(found.department, found.key)
        count += _one(round_, group)
        group.repeat_at = (
            round_.now + timedelta(seconds=round_.pace(group.department).repeat_s) if group.members else None
        )
        group.changed = True
    round_.save()
    return count


def _one(round_: Round, group: groups.Group) -> int:
    alerts = [a for a in rows.read_many(round_.conn, group.members) if status(a) != "resolved"]
    group.members = [a.id for a in alerts]
    department = round_.book.departments.get(group.department)
    if department is None:
        return 0
    told = outbox.told(round_.conn, group.members)
    spoken = incident.speakers(round_.conn, round_.book, alerts, round_.now)
    batches: dict[tuple[Channel, str], list[Item]] = defaultdict(list)
    for alert in alerts:
        concerns = round_.concerns(alert)
        handles = any(c.department == department.code and c.role == "handles" for c in concerns)
        if alert.state != "firing" or alert.flapping or alert.id in spoken or not handles:
            continue
        if muting(round_.book.silences, alert, department.code):
            continue
        for channel in round_.book.channels.get(department.code, ()):
            last = told.get((alert.id, channel.id))
            open_now = takes_now(department, channel, alert.severity, round_.now)
            if last and last.said != "resolved" and channel.enabled and channel.kind != "cap" and open_now:
                batches[channel, last.thread].append(Item(alert, last.said, last.flip, concerns))
    out = Outbox(round_.now)
    for (channel, thread), items in batches.items():
        hours = round_.pace(department.code).repeat_s / 3600
        reason = (f"sau {hours:g} giờ vẫn chưa ai xác nhận", f"nobody has acknowledged it for {hours:g} hours")
        content = round_.content("reminder", department.code, items, channel, reason)
        out.tell(f"{thread}/reminder", channel, thread, content, [i.about for i in items])
    return len(out.write(round_.conn))
