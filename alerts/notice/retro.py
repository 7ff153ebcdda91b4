"""Breaches of the past, known only now: one summary a department and backlog, and nobody is woken."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from alerts.messages.content import Content, Line, Section
from alerts.messages.forms import time
from alerts.notice.group import RETRO, Group
from alerts.notice.outbox import About, Outbox
from alerts.notice.round import Round
from alerts.notice.stages import takes_now

#: A backlog is over when nothing more of it came for so long; it is told after LONGEST_S all the same.
QUIET_S, LONGEST_S = 60.0, 900.0
#: Lines of a summary.
LINES = 30


def add(round_: Round, department: str, flip: int) -> None:
    """Let a record of the past wait for the summary."""
    group = round_.group(department, RETRO)
    if not group.waiting:
        group.opened_at = round_.now
    group.waiting.append(flip)
    group.next_at = min(round_.now + timedelta(seconds=QUIET_S), group.opened_at + timedelta(seconds=LONGEST_S))
    group.changed = True


def flush(round_: Round, group: Group) -> int:
    """Send the summary; returns how many messages that makes. Outside working hours it is sent when they begin."""
    flips, group.waiting, group.next_at, group.changed = group.waiting, [], None, True
    department = round_.book.departments.get(group.department)
    found = round_.conn.execute(
        """SELECT a.id, a.rule, a.rule_version, a.severity, a.sensor_id, a.started_at,
                  coalesce(a.resolved_at, a.cleared_at, a.closed_at, f.at), f.id
           FROM flip f JOIN alert a ON a.id = f.alert WHERE f.id = ANY(%s) ORDER BY f.id""",
        [flips],
    ).fetchall()
    if department is None or not found:
        return 0
    by_rule: dict[str, list[tuple[int, str, int, str, str | None, datetime, datetime, int]]] = defaultdict(list)
    for row in found:
        by_rule[row[1]].append(row)
    lines = []
    for code, records in sorted(by_rule.items(), key=lambda kv: -len(kv[1])):
        rule = round_.book.rule(round_.conn, code, records[-1][2])
        begin, end = min(r[5] for r in records), max(r[6] for r in records)
        sensors = len({r[4] for r in records if r[4]})
        many = "time" if len(records) == 1 else "times", "sensor" if sensors == 1 else "sensors"
        lines.append(
            Line(
                vi=f"{rule.vi if rule else code}: {len(records)} lần, {sensors} cảm biến,"
                f" {time(begin, 'vi')} – {time(end, 'vi')}",
                en=f"{rule.en if rule else code}: {len(records)} {many[0]}, {sensors} {many[1]},"
                f" {time(begin, 'en')} – {time(end, 'en')}",
            )
        )
    content = Content(
        kind="retro", severity="info", department=department.code, at=round_.now, department_vi=department.vi,
        department_en=department.en, since=min(r[5] for r in found), until=max(r[6] for r in found), more=len(found),
        sections=(Section(
            vi="Đã vượt ngưỡng trong quá khứ", en="Breaches of the past", lines=tuple(lines[:LINES]),
            more=max(0, len(lines) - LINES),
        ),),
    )  # fmt: skip
    out = Outbox(round_.now)
    about = [About(r[0], r[7], None) for r in found]
    for channel in round_.book.channels.get(department.code, ()):
        if channel.enabled and channel.kind != "cap":
            open_now = takes_now(department, channel, "info", round_.now)
            due = round_.now if open_now else department.next_at_work(round_.now)
            out.tell(f"{group.thread}/retro", channel, group.thread, content, about, due)
    group.sent_at, group.round = round_.now, group.round + 1
    return len(out.write(round_.conn))
