"""What does not belong, as rows: for the audit, and for alerts to whoever looks after information security.

A row is one kind, device, address, topic and minute, with how often it happened; its ``revision`` grows with every
change, so that `since` gives each change to whoever remembers the last one. `infra.devices.keeper` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import psycopg

from infra.devices.watch import Fact, Kind

#: Topics that are kept apart, for a client and minute: who tries ever new ones is counted under "".
TOPICS = 50


class Event(NamedTuple):
    """One row. Times are UTC; ``times``: how often it has happened from ``first_at`` to ``last_at``."""

    id: int
    revision: int
    kind: Kind
    first_at: datetime
    last_at: datetime
    times: int
    sensor_id: str | None
    client: str
    address: str
    topic: str
    detail: str


def since(conn: psycopg.Connection, revision: int, most: int = 1_000) -> list[Event]:
    """Rows that are new or have changed after that revision (0: all), in its order."""
    rows = conn.execute(
        """SELECT id, revision, kind, first_at, last_at, count, sensor_id, client, address, topic, detail
           FROM device_event WHERE revision > %s ORDER BY revision LIMIT %s""",
        [revision, most],
    )
    return [Event(*row) for row in rows]


class Book:
    """Writes facts as rows; remembers those of this minute."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], int] = {}
        self._topics: Counter[tuple[str, ...]] = Counter()
        self._minute: datetime | None = None

    def write(self, conn: psycopg.Connection, facts: Iterable[Fact]) -> int:
        """Add the facts, in one transaction; returns how many rows are new or have changed."""
        found: dict[tuple[str, ...], list[Fact]] = {}
        rows, topics, minute = dict(self._rows), Counter(self._topics), self._minute
        for fact in facts:
            at = fact.at.replace(second=0, microsecond=0, tzinfo=None)
            if at != minute:
                rows, minute = {}, at
                topics.clear()
            who = (fact.kind, fact.sensor_id or "", fact.client if fact.kind != "refused" else "", fact.address)
            topic = fact.topic[:500]
            key: tuple[str, ...] = (str(at), *who, topic)
            if topic and key not in rows and key not in found:
                topics[who] += 1
                if topics[who] > TOPICS:
                    key = (str(at), *who, "")
            found.setdefault(key, []).append(fact)
        with conn.transaction():
            # Revisions are to be seen in their order: one writer at a time.
            if found:
                conn.execute("LOCK TABLE device_event IN SHARE ROW EXCLUSIVE MODE")
            for key, same in found.items():
                rows[key] = _put(conn, rows.get(key), same, key[-1])
        self._rows, self._topics, self._minute = rows, topics, minute
        return len(found)


def _put(conn: psycopg.Connection, known: int | None, same: list[Fact], topic: str) -> int:
    last = same[-1]
    if known is not None:
        conn.execute(
            """UPDATE device_event SET count = count + %s, last_at = %s, detail = %s,
                   revision = nextval('device_event_revision') WHERE id = %s""",
            [len(same), last.at, last.detail, known],
        )
        return known
    row = conn.execute(
        """INSERT INTO device_event
               (kind, first_at, last_at, count, sensor_id, client, address, topic, detail, revision)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, nextval('device_event_revision')) RETURNING id""",
        [
            last.kind, same[0].at, last.at, len(same), last.sensor_id, last.client, last.address, topic, last.detail,
        ],
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101 -- INSERT … RETURNING always returns
    return int(row[0])


def forget(conn: psycopg.Connection, before: datetime) -> int:
    """Remove rows older than that, and counts of who sent too much."""
    conn.execute("DELETE FROM limited_minute WHERE minute < %s", [before])
    return conn.execute("DELETE FROM device_event WHERE last_at < %s", [before]).rowcount
