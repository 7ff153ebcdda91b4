"""What does not belong, as rows: for the audit, and for alerts to whoever looks after information security.

A row is one kind, device, address, topic and minute, with how often it happened; its ``revision`` grows with every
change, so that `since` gives each change to whoever remembers the last one. `infra.devices.keeper` writes them.

What is new within an hour is audited in the same transaction: one entry a device or address and look, with all its
topics. Both are bounded, whoever tries however much from wherever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import psycopg

from infra import audit
from infra.access.who import Who
from infra.devices.watch import Fact, Kind

#: Topics that are kept apart, for a client and minute: who tries ever new ones is counted under "".
TOPICS = 50
#: Rows a minute; what is beyond is counted together, a row a kind.
ROWS = 2_000
#: Entries of the audit a minute; the rows above tell of the rest.
AUDITED = 60
_ODD = ("two_addresses", "taken_over")
_Key = tuple[str, ...]  # minute, kind, sensor_id, client, address, topic


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
        self._rows: dict[_Key, int] = {}
        self._topics: Counter[_Key] = Counter()
        self._minute: datetime | None = None
        self._hour: datetime | None = None
        self._told: set[_Key] = set()
        self._audited = 0

    def write(self, conn: psycopg.Connection, facts: Iterable[Fact]) -> int:
        """Add the facts, in one transaction; returns how many rows are new or have changed."""
        found: dict[_Key, list[Fact]] = {}
        rows, topics, minute, audited = dict(self._rows), Counter(self._topics), self._minute, self._audited
        fresh = len(rows)
        for fact in facts:
            at = fact.at.replace(second=0, microsecond=0, tzinfo=None)
            if at != minute:
                rows, minute, audited, fresh = {}, at, 0, 0
                topics.clear()
            who = (fact.kind, fact.sensor_id or "", fact.client if fact.kind != "refused" else "", fact.address)
            topic = fact.topic[:500]
            key: _Key = (str(at), *who, topic)
            if topic and key not in rows and key not in found:
                topics[who] += 1
                if topics[who] > TOPICS:
                    key = (str(at), *who, "")
            if key not in rows and key not in found:
                fresh += 1
                key = key if fresh <= ROWS else (str(at), fact.kind, "", "", "", "")
            found.setdefault(key, []).append(fact)
        with conn.transaction():
            # Revisions are to be seen in their order: one writer at a time.
            if found:
                conn.execute("LOCK TABLE device_event IN SHARE ROW EXCLUSIVE MODE")
            for key, same in found.items():
                rows[key] = _put(conn, rows.get(key), same, key)
            hour = minute and minute.replace(minute=0)
            told = self._told if hour == self._hour else set()
            new = {key[1:]: same for key, same in found.items() if key[1:] not in told}
            audited += _audit(conn, new, AUDITED - audited)
        self._rows, self._topics, self._minute = rows, topics, minute
        self._hour, self._told, self._audited = hour, told | set(new), audited
        return len(found)


def _audit(conn: psycopg.Connection, new: dict[_Key, list[Fact]], most: int) -> int:
    """Tell the audit of these; returns how many entries, at most ``most``."""
    groups: dict[_Key, list[_Key]] = {}
    for key in new:
        groups.setdefault(key[:-1], []).append(key)
    for (kind, sensor, client, address), keys in list(groups.items())[:most]:
        facts = [fact for key in keys for fact in new[key]]
        after = {
            "kind": kind, "times": len(facts), "client": client or facts[-1].client,
            "topics": [key[-1] for key in keys if key[-1]],
        }  # fmt: skip
        who = Who(sensor or "?", "service", (), address=address)
        subject = f"sensor {sensor}" if sensor else f"address {address}"
        if kind in _ODD:
            audit.record(conn, who, "device.odd", subject, after=after, detail=facts[-1].detail)
        else:
            audit.record(conn, who, "device.refused", subject, "refused", after=after, detail=facts[-1].detail)
    return min(len(groups), most)


def _put(conn: psycopg.Connection, known: int | None, same: list[Fact], key: _Key) -> int:
    """Write one row, new or ``known``; what is counted together names nobody."""
    last, (_, _, sensor, _, address, topic) = same[-1], key
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
            last.kind, same[0].at, last.at, len(same), sensor or None, last.client, address, topic, last.detail,
        ],
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101 -- INSERT … RETURNING always returns
    return int(row[0])


def forget(conn: psycopg.Connection, before: datetime) -> int:
    """Remove rows older than that, and counts of who sent too much."""
    conn.execute("DELETE FROM limited_minute WHERE minute < %s", [before])
    return conn.execute("DELETE FROM device_event WHERE last_at < %s", [before]).rowcount
