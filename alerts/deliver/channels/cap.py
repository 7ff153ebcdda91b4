"""CAP 1.2 as a signed webhook, and as an Atom feed of the same documents.

A channel whose address is `feed` is only published: its documents are in its feed, and nothing is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.deliver import outbox
from alerts.deliver.channels import webhook
from alerts.deliver.outcome import Channel, Doubts, Earlier, Message, Outcome
from alerts.deliver.ways import Ways
from alerts.messages import cap
from alerts.messages.content import thaw
from alerts.messages.sheet import headline
from infra.errors import ConfigError

FEED = "feed"
CONTENT_TYPE = "application/cap+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_ALL = sql.SQL("true")


def sender(ways: Ways, channel: Channel) -> cap.Sender:
    """Who speaks on this channel; config {"scope": "Public"} makes its documents public."""
    scope: cap.Scope = "Public" if channel.config.get("scope") == "Public" else "Restricted"
    return cap.Sender(ways.cap_sender, ways.settings.open_publisher, scope, ways.zones)


def _document(ways: Ways, channel: Channel, earlier: Sequence[Earlier], last: cap.Sent) -> bytes:
    before = [cap.Sent(e.key, e.created_at, e.content) for e in earlier]
    return cap.document(sender(ways, channel), before, last)


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """One try."""
    if channel.address == FEED:
        return Outcome("sent", "đã đăng trong nguồn tin CAP / published in the CAP feed")
    body = _document(ways, channel, message.earlier, cap.Sent(message.key, message.created_at, message.content))
    return webhook.deliver(ways, channel, body, CONTENT_TYPE, message.key, now)


def check(ways: Ways, channel: Channel) -> Doubts:
    """The address is `feed` or that of a webhook."""
    if channel.config.get("scope", "Restricted") not in ("Public", "Restricted"):
        raise ConfigError(
            "config.scope của kênh CAP là Public hoặc Restricted"
            " / config.scope of a CAP channel is Public or Restricted"
        )
    return () if channel.address == FEED else webhook.check(ways, channel)


def document(conn: psycopg.Connection, ways: Ways, notification: int) -> bytes | None:
    """The CAP document of a notification that has gone out by a CAP channel, or None."""
    with conn.cursor(row_factory=dict_row) as cur:
        row = cur.execute(
            "SELECT n.id, n.key, n.thread, n.channel, n.content, n.created_at FROM notification n"
            " JOIN notice_channel c ON c.id = n.channel WHERE n.id = %s AND n.state = 'sent' AND c.kind = 'cap'",
            (notification,),
        ).fetchone()
    channel = outbox.channel(conn, row["channel"]) if row else None
    if row is None or channel is None:
        return None
    earlier = outbox.earlier(conn, channel.id, row["thread"], row["id"])
    return _document(ways, channel, earlier, cap.Sent(row["key"], row["created_at"], thaw(row["content"])))


def feed(
    conn: psycopg.Connection,
    ways: Ways,
    number: int,
    url: str,
    document_url: Callable[[int], str],
    most: int = 50,
    within: sql.Composable = _ALL,
) -> bytes | None:
    """The Atom feed of a CAP channel: its newest documents, each with a link to it. None: no such channel.

    ``url`` is the feed's own; ``document_url`` makes that of a notification's document. ``within`` is a condition for
    the notification `n`.
    """
    channel = outbox.channel(conn, number)
    if channel is None or channel.kind != "cap":
        return None
    with conn.cursor(row_factory=dict_row) as cur:
        query = sql.SQL(
            "SELECT n.id, n.key, n.created_at, n.content FROM notification n WHERE n.channel = %s AND n.state = 'sent'"
            " AND {} ORDER BY n.id DESC LIMIT %s"
        )
        rows = cur.execute(query.format(within), (number, most)).fetchall()
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "vi"})
    newest = rows[0]["created_at"] if rows else datetime.fromtimestamp(0).astimezone()
    _text(root, "id", url)
    _text(root, "title", f"Cảnh báo CAP · {ways.settings.open_publisher}")
    _text(root, "updated", cap.stamp(newest))
    ET.SubElement(root, "link", {"rel": "self", "href": url, "type": "application/atom+xml"})
    _text(ET.SubElement(root, "author"), "name", ways.settings.open_publisher)
    for row in rows:
        content = thaw(row["content"])
        entry = ET.SubElement(root, "entry")
        _text(entry, "id", f"urn:ioc:{ways.cap_sender}:{cap.identifier(row['key'])}")
        _text(entry, "title", headline(content, "vi"))
        _text(entry, "updated", cap.stamp(row["created_at"]))
        _text(entry, "summary", headline(content, "en"))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": CONTENT_TYPE, "href": document_url(row["id"])})
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
