"""What CAP says of an alert holds for a day. Of one that goes on it is said again before: an Update that says the same.

Not a reminder: whoever has acknowledged it, and at whatever hour, the public would take it to be over.
"""

from __future__ import annotations

from alerts.life import rows
from alerts.messages.cap import EXPIRES
from alerts.notice.incident import SPEAKING
from alerts.notice.outbox import Outbox
from alerts.notice.round import Item, Round

#: After this part of its time.
AFTER = EXPIRES * 3 / 4
REASON = ("vẫn còn hiệu lực", "still in force")


def renew(round_: Round) -> int:
    """Say again what would expire; returns how many messages that makes."""
    feeds = {
        c.id: c
        for code, channels in round_.book.channels.items()
        for c in channels
        if c.kind == "cap" and c.enabled and code in round_.book.departments
    }
    if not feeds:
        return 0
    before = round_.now - AFTER
    last = round_.conn.execute(
        """SELECT * FROM (
               SELECT DISTINCT ON (a.id, n.channel) a.id, n.channel, n.thread, na.said, na.flip, n.created_at
               FROM alert a JOIN notification_alert na ON na.alert = a.id JOIN notification n ON n.id = na.notification
               WHERE a.state = ANY(%s) AND a.started_at <= %s AND n.channel = ANY(%s) AND na.said IS NOT NULL
                 AND n.state <> 'withdrawn'
               ORDER BY a.id, n.channel, n.id DESC) x
           WHERE said <> 'resolved' AND created_at <= %s ORDER BY id, channel""",
        [list(SPEAKING), before, list(feeds), before],
    ).fetchall()
    alerts = {a.id: a for a in rows.read_many(round_.conn, {row[0] for row in last})}
    out = Outbox(round_.now)
    for number, channel, thread, said, flip, _ in last:
        feed, alert = feeds[channel], alerts[number]
        item = Item(alert, said, flip, round_.concerns(alert))
        content = round_.content(said, feed.department, [item], feed, REASON)
        out.tell(f"{thread}/{said}", feed, thread, content, [item.about])
    return len(out.write(round_.conn))
