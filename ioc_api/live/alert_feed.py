"""Feeds the topic `alerts`: reads the flips that are new, as soon as PostgreSQL says that there are some.

The notification only wakes; what is read is everything after the last flip that was read. So a lost connection, a
notification that never came or a burst of them cost at most a look that finds nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import dict_row

from infra import db
from ioc_api.alerts import items
from ioc_api.alerts.items import plain
from ioc_api.alerts.whom import Routes, Whom
from ioc_api.database import Away, Database, why
from ioc_api.live.alerts import KEPT, Alerts, Change, Standing, change, standing

#: Time between two looks where nothing has woken us.
LOOK_S = 2.0
#: Flips of one look.
MOST = 2000

log = structlog.get_logger()

_FLIPS = sql.SQL(
    """{}, f.id AS f_id, f.at AS f_at, f.what AS f_what, f.from_state AS f_from, f.to_state AS f_to,
       f.value AS f_value, f.threshold AS f_threshold, f.actor AS f_actor, f.note AS f_note
       {} JOIN flip f ON f.alert = a.id WHERE NOT a.retroactive"""
).format(items.SELECT, items.FROM)
_OPEN = sql.SQL(
    """{}, (SELECT max(f.id) FROM flip f WHERE f.alert = a.id) AS f_id {}
       WHERE a.state <> 'closed' AND (a.fired_at IS NOT NULL OR a.state = 'pending')"""
).format(items.SELECT, items.FROM)
_SHOWN = ("id", "at", "what", "from", "to", "value", "threshold", "actor", "note")


class _Start(NamedTuple):
    """Everything, of one moment."""

    epoch: str
    seq: int
    floor: int
    items: dict[int, Standing]
    log: list[Change]


class _News(NamedTuple):
    """What came after the last flip that was read."""

    seq: int
    changes: list[Change]


class AlertFeed:
    """Runs on the event loop; reads and writes texts in a thread."""

    def __init__(self, database: Database, routes: Routes, topic: Alerts) -> None:
        self._database, self._routes, self._topic = database, routes, topic
        self._whom: Whom | None = None
        self._news = asyncio.Event()
        self._away = ""

    async def run(self) -> None:
        """Look for flips without end."""
        listening = asyncio.create_task(self._listen(), name="flips")
        try:
            while True:
                more = await self.once()
                if not more:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
                            await self._news.wait()
        finally:
            listening.cancel()

    async def once(self) -> bool:
        """One look; whether there is more to read already. A database that is away is logged once."""
        self._news.clear()
        try:
            found = await self._database.act(self._read)
        except (Away, psycopg.Error) as e:
            if why(e) != self._away:
                log.warning("alerts.wait", error=why(e))
            self._away = why(e)
            return False
        self._away = ""
        if isinstance(found, _Start):
            self._topic.begin(*found)
            return False
        self._topic.flipped(found.changes, found.seq)
        return len(found.changes) >= MOST

    def _read(self, conn: psycopg.Connection) -> _Start | _News:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        whom = self._routes.read(conn)
        head = _head(conn)
        topic = self._topic
        # Fewer flips than there were: it is another database, or an older state of it.
        if not topic.epoch or head < topic.seq or (whom is not self._whom and _epoch(conn, whom) != topic.epoch):
            self._whom = whom
            return _start(conn, whom, head)
        self._whom = whom
        if head == topic.seq:
            return _News(head, [])
        found = _changes(conn, whom, topic.seq, "ORDER BY f.id LIMIT %s", MOST)
        return _News(found[-1].seq if len(found) >= MOST else head, found)

    async def _listen(self) -> None:
        """Be woken by commits of flips; a connection that is lost is made anew."""
        while True:
            try:
                conn = await psycopg.AsyncConnection.connect(
                    self._database.url, autocommit=True, **{**db.OPTIONS, "application_name": "ioc api flips"}
                )
                async with conn:
                    await conn.execute("LISTEN flip")
                    self._news.set()
                    async for _ in conn.notifies():
                        self._news.set()
            except psycopg.Error:
                await asyncio.sleep(LOOK_S)  # the look says what is wrong


def _head(conn: psycopg.Connection) -> int:
    row = conn.execute("SELECT coalesce(max(id), 0) FROM flip").fetchone()
    return int(row[0]) if row else 0


def _epoch(conn: psycopg.Connection, whom: Whom) -> str:
    """Names this history of this database, and the routes by which alerts are departments': the same for each
    process, so that clients resume when one is started anew."""
    try:
        with conn.transaction():
            row = conn.execute(
                """SELECT (pg_control_system()).system_identifier, (pg_control_checkpoint()).timeline_id, oid
                   FROM pg_database WHERE datname = current_database()"""
            ).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        row = (secrets.token_hex(8),)
    return hashlib.sha256(f"{row} {whom.print}".encode()).hexdigest()[:16]


def _start(conn: psycopg.Connection, whom: Whom, head: int) -> _Start:
    found = _changes(conn, whom, 0, "ORDER BY f.id DESC LIMIT %s", KEPT)[::-1]
    floor = found[0].seq - 1 if len(found) == KEPT else 0
    with conn.cursor(row_factory=dict_row) as cur:
        there = {row["id"]: standing({**items.item(row, whom), "flip": row["f_id"]}) for row in cur.execute(_OPEN)}
    return _Start(_epoch(conn, whom), head, floor, there, found)


def _changes(conn: psycopg.Connection, whom: Whom, after: int, order: str, most: int) -> list[Change]:
    query = sql.SQL("{} AND f.id > %s {}").format(_FLIPS, sql.SQL(order))
    with conn.cursor(row_factory=dict_row) as cur:
        return [change(items.item(row, whom), _flip(row)) for row in cur.execute(query, [after, most])]


def _flip(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(row[f"f_{name}"]) for name in _SHOWN}
