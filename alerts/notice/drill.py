"""The weekly drill: a message to every channel of every department, with a link by which people confirm it.

Its table shows who could be reached: what was delivered says that a machine took it, what was confirmed that
somebody reads it.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

import msgspec
import psycopg

from alerts.messages import links
from alerts.messages.content import Content
from alerts.notice.book import Channel, Department
from alerts.notice.hours import CITY
from alerts.notice.outbox import Outbox
from alerts.notice.round import Round
from alerts.notice.stages import takes_now

#: Monday, from nine o'clock on, in UTC+7; a service that starts later in the day still holds it.
AT = time(9)

Reached = Literal["no_channel", "waiting", "not_delivered", "delivered", "confirmed"]


class Answer(msgspec.Struct, frozen=True):
    """One channel in a drill; ``channel`` None: the department has none that is on."""

    week: date
    department: str
    channel: int | None
    channel_name: str | None
    reached: Reached
    sent_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    error: str | None


def drill(round_: Round) -> int:
    """Hold the drill of this week where it is due and has not been held; returns how many messages that makes."""
    local = round_.now.astimezone(CITY)
    if local.isoweekday() != 1 or local.time() < AT:
        return 0
    return hold(round_, local.date())


def hold(round_: Round, week: date) -> int:
    """Send the drill to whom it was not sent yet. What the public reads (CAP) is left out."""
    done = set(round_.conn.execute("SELECT department, channel FROM drill WHERE week = %s", [week]).fetchall())
    if done:
        return 0
    out = Outbox(round_.now)
    asked: list[tuple[int, str, int]] = []
    for department in round_.book.departments.values():
        channels = [c for c in round_.book.channels.get(department.code, ()) if c.enabled and c.kind != "cap"]
        for channel in channels or (None,):
            number = _row(round_, week, department.code, channel)
            if channel is None:
                continue
            content = _content(round_, department, channel, f"drill/{number}")
            ready = takes_now(department, channel, "info", round_.now)
            due = round_.now if ready else department.next_at_work(round_.now)
            out.tell(f"drill/{week}", channel, f"drill/{department.code}", content, due_at=due)
            asked.append((number, department.code, channel.id))
    ids = out.write(round_.conn)
    with round_.conn.cursor() as cur:
        cur.executemany(
            "UPDATE drill SET notification = %s WHERE id = %s", [(n, a[0]) for n, a in zip(ids, asked, strict=True)]
        )
    return len(ids)


def _row(round_: Round, week: date, department: str, channel: Channel | None) -> int:
    row = round_.conn.execute(
        "INSERT INTO drill (week, department, channel, at) VALUES (%s, %s, %s, %s) RETURNING id",
        [week, department, channel.id if channel else None, round_.now],
    ).fetchone()
    return int(row[0])  # type: ignore[index]  # an INSERT that returns has a row


def _content(round_: Round, department: Department, channel: Channel, about: str) -> Content:
    return Content(
        kind="drill", severity="info", department=department.code, at=round_.now, department_vi=department.vi,
        department_en=department.en, reason_vi=f"kênh {channel.name}", reason_en=f"channel {channel.name}",
        confirm_url=links.confirming(round_.conn, round_.city.base_url, department.code, about, round_.now),
    )  # fmt: skip


def confirm(conn: psycopg.Connection, about: str, by: str, now: datetime) -> bool:
    """Somebody has used the link of a drill (`links.Link.about`); False: it was confirmed already, or is none."""
    kind, _, number = about.partition("/")
    if kind != "drill" or not number.isdecimal():
        return False
    done = conn.execute(
        "UPDATE drill SET confirmed_at = %s, confirmed_by = %s WHERE id = %s AND confirmed_at IS NULL",
        [now, by, int(number)],
    )
    return done.rowcount == 1


def answers(conn: psycopg.Connection, weeks: int = 8) -> list[Answer]:
    """Who could be reached in the last drills, the latest first, by department and channel."""
    rows = conn.execute(
        """SELECT d.week, d.department, d.channel, c.name,
                  CASE WHEN d.confirmed_at IS NOT NULL THEN 'confirmed' WHEN n.id IS NULL THEN 'no_channel'
                       WHEN n.state = 'sent' THEN 'delivered' WHEN n.state IN ('given_up', 'withdrawn')
                       THEN 'not_delivered' ELSE 'waiting' END,
                  n.sent_at, d.confirmed_at, d.confirmed_by, n.error
           FROM drill d LEFT JOIN notice_channel c ON c.id = d.channel LEFT JOIN notification n ON n.id = d.notification
           WHERE d.week IN (SELECT DISTINCT week FROM drill ORDER BY week DESC LIMIT %s)
           ORDER BY d.week DESC, d.department, d.channel""",
        [weeks],
    )
    return [Answer(*row) for row in rows]
