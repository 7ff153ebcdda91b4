"""The outbox for tests: a department, channels, and notifications put into it; and one message by one channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from alerts.deliver.channels import all as channels
from alerts.deliver.outcome import Channel, Earlier, Message, Outcome
from alerts.deliver.ways import Ways
from alerts.messages.content import Content, Telling, freeze
from infra.settings import Settings, load
from tests.messages import NOW, content, told

NASTY = "Ngập\r\nBcc: victim@example.vn\n\n<script>"


def settings(database: str, **changes: Any) -> Settings:
    """Of a sender that may call this machine. A receiver on a busy machine has time to answer: who hangs gets less."""
    facts = {
        "database_url": database,
        "webhook_allow": "127.0.0.1,localhost",
        "public_url": "https://ioc.example.vn",
        "mail_from": "IOC Bắc Giang <ioc@example.vn>",
        "deliver_timeout_s": 20.0,
        "deliver_retry_s": 2.0,
    }
    return load(**{**facts, **changes})


class Outbox:
    """One department on one database; ``conn`` commits by itself."""

    def __init__(self, database: str) -> None:
        self.conn = psycopg.connect(database, autocommit=True)
        self.conn.execute("INSERT INTO department (code, vi, en) VALUES ('nnmt', 'Sở NN&MT', 'Agriculture')")

    def channel(self, kind: str, address: str, *, secret: str = "", enabled: bool = True, **config: Any) -> int:
        row = self.conn.execute(
            "INSERT INTO notice_channel (department, kind, name, address, secret, config, enabled)"
            " VALUES ('nnmt', %s, %s, %s, %s, %s, %s) RETURNING id",
            (kind, f"{kind} {address}", address, secret, Jsonb(config), enabled),
        ).fetchone()
        assert row
        return int(row[0])

    def put(
        self, channel: int, thread: str, kind: Telling = "firing", severity: str = "major", at: datetime | None = None
    ) -> str:
        """Put a notification; its key."""
        number = int(thread.rpartition("/")[2]) if thread.rpartition("/")[2].isdigit() else 1
        row = self.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM notification").fetchone()
        assert row
        key = f"{thread}/{kind}/{row[0]}/ch{channel}"
        now = at or datetime.now(UTC)
        self.conn.execute(
            "INSERT INTO notification (key, department, channel, kind, severity, thread, content, created_at, due_at)"
            " VALUES (%s, 'nnmt', %s, %s, %s, %s, %s, %s, %s)",
            (key, channel, kind, severity, thread, Jsonb(freeze(content(kind, told(number)))), now, now),
        )
        return key

    def state(self, key: str) -> str:
        row = self.conn.execute("SELECT state FROM notification WHERE key = %s", (key,)).fetchone()
        assert row
        return str(row[0])

    def states(self) -> dict[str, int]:
        rows = self.conn.execute("SELECT state, count(*) FROM notification GROUP BY state").fetchall()
        return {str(state): int(count) for state, count in rows}

    def attempts(self, key: str) -> list[tuple[str, int | None, str]]:
        """(outcome, status, detail) of each try, in order."""
        return self.conn.execute(
            "SELECT a.outcome, a.status, a.detail FROM attempt a JOIN notification n ON n.id = a.notification"
            " WHERE n.key = %s ORDER BY a.id",
            (key,),
        ).fetchall()

    def close(self) -> None:
        self.conn.close()


def channel(kind: Any, address: str, secret: str = "", **config: Any) -> Channel:
    return Channel(3, "nnmt", kind, "test", address, secret, config)


def message(what: Content | None = None, key: str = "alert/12/firing/1/ch3", *earlier: Earlier) -> Message:
    return Message(key, "alert/12", "major", NOW, what or content(), earlier)


def send(to: Channel, what: Message | None = None, **changes: Any) -> Outcome:
    return channels.send(Ways(settings("", **changes)), to, what or message(), datetime.now(UTC))
