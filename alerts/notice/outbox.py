"""Rows of `notification` and `muting`, gathered in a round and written at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from alerts.life.rows import numbers
from alerts.messages.content import Content, freeze
from alerts.notice.book import Channel
from alerts.notice.news import Said, Told
from alerts.notice.stages import Verdict

#: Kinds that are news of alerts; the storm guard counts them.
NEWS = ("firing", "resolved", "lost", "flapping", "escalation")


@dataclass(frozen=True)
class About:
    """That a message is about an alert, by which flip, and what it says of it."""

    alert: int
    flip: int | None
    said: Said | None


@dataclass
class Outbox:
    """What a round writes."""

    now: datetime
    messages: list[tuple[str, Channel, str, Content, Sequence[About], datetime]] = field(default_factory=list)
    mutings: dict[tuple[int, str | None, int | None, str], tuple[int, Verdict]] = field(default_factory=dict)

    def tell(
        self,
        key: str,
        channel: Channel,
        thread: str,
        content: Content,
        about: Sequence[About] = (),
        due_at: datetime | None = None,
    ) -> None:
        """One message to one channel. ``key`` without the channel, which is added; of news without what makes it
        unique: the number of the row itself, since an alert may fire, be over and fire again."""
        self.messages.append((f"{key}/ch{channel.id}", channel, thread, content, about, due_at or self.now))

    def mute(self, alert: int, flip: int, department: str | None, verdict: Verdict, channel: int | None = None) -> None:
        """Nobody (of the department, of the channel) is told of a flip."""
        self.mutings[flip, department, channel, verdict.why] = (alert, verdict)

    def _unsaid(self, conn: psycopg.Connection) -> list[tuple[int, int, str | None, int | None, Verdict]]:
        """The mutings that are to be written, as (alert, flip, department, channel, why not).

        That another alert speaks for one is noted once an alert, department and speaker while it lasts, not at each
        flip and channel. One that is held is only left out where another that is held stands: it is what lets go.
        """
        spoken = {alert for alert, v in self.mutings.values() if v.why == "incident"}
        said: set[tuple[int, str | None, str, bool]] = set()
        if spoken:
            said.update(
                conn.execute(
                    """SELECT alert, department, by, held FROM muting
                       WHERE alert = ANY(%s) AND why = 'incident' AND over_at IS NULL""",
                    [list(spoken)],
                ).fetchall()
            )
        found = []
        for (flip, department, channel, _), (alert, v) in self.mutings.items():
            if v.why == "incident":
                if (alert, department, v.by, True) in said or (alert, department, v.by, v.held) in said:
                    continue
                said.add((alert, department, v.by, v.held))
            found.append((alert, flip, department, channel, v))
        return found

    def write(self, conn: psycopg.Connection) -> list[int]:
        """Write everything; the ids of the messages, which are in the order in which they were told."""
        ids = numbers(conn, "notification", len(self.messages))
        mutings = self._unsaid(conn)
        with conn.cursor() as cur:
            cur.executemany(
                """INSERT INTO notification
                   (id, key, department, channel, kind, severity, thread, content, created_at, due_at)
                   OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                [
                    (
                        n,
                        f"{key}/{n}" if about else key,
                        c.department,
                        channel.id,
                        c.kind,
                        c.severity,
                        thread,
                        Jsonb(freeze(c)),
                        self.now,
                        due,
                    )
                    for n, (key, channel, thread, c, about, due) in zip(ids, self.messages, strict=True)
                ],
            )
            cur.executemany(
                "INSERT INTO notification_alert (notification, alert, flip, said) VALUES (%s, %s, %s, %s)",
                [(n, a.alert, a.flip, a.said) for n, m in zip(ids, self.messages, strict=True) for a in m[4]],
            )
            cur.executemany(
                """INSERT INTO muting (at, alert, flip, department, channel, why, by, held)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
                [
                    (self.now, alert, flip, department, channel, v.why, v.by, v.held)
                    for alert, flip, department, channel, v in mutings
                ],
            )
        self.messages, self.mutings = [], {}
        return ids


def told(conn: psycopg.Connection, alerts: Iterable[int]) -> dict[tuple[int, int], Told]:
    """By alert and channel, what was told last."""
    rows = conn.execute(
        """SELECT DISTINCT ON (na.alert, n.channel) na.alert, n.channel, na.said, n.thread, na.flip, n.created_at
           FROM notification_alert na JOIN notification n ON n.id = na.notification
           WHERE na.alert = ANY(%s) AND na.said IS NOT NULL AND n.state <> 'withdrawn'
           ORDER BY na.alert, n.channel, n.id DESC""",
        [list(alerts)],
    )
    return {(alert, channel): Told(*rest) for alert, channel, *rest in rows}


def recent(conn: psycopg.Connection, department: str, now: datetime, span_s: float) -> int:
    """How many messages with news a department's busiest channel got in the last so many seconds."""
    row = conn.execute(
        """SELECT coalesce(max(n), 0) FROM (
               SELECT count(*) AS n FROM notification n JOIN notice_channel c ON c.id = n.channel
               WHERE n.department = %s AND n.created_at > %s AND n.kind = ANY(%s) AND c.kind <> 'cap'
               GROUP BY n.channel) x""",
        [department, now - timedelta(seconds=span_s), list(NEWS)],
    ).fetchone()
    return int(row[0]) if row else 0
