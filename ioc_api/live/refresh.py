"""Works the current indices out in the background, so that asking for them costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import structlog

from infra.catalog import Catalog
from infra.indices import Memory
from infra.indices.catalogue import SUBJECTS, city_of
from infra.roster import Roster
from infra.settings import Settings
from infra.times import SECOND, now_us
from ioc_api.database import Away, Database, why
from ioc_api.live.indices import Indices, Written, write

#: A round that takes longer is given up; the next one begins a period later.
LIMIT_S = 120.0

log = structlog.get_logger()


class Refresher:
    """Feeds the topic `indices`. What cannot be worked out now stays as it was: every item says of when it is."""

    def __init__(
        self, database: Database, catalog: Catalog, settings: Settings, topic: Indices, roster: Callable[[], Roster]
    ) -> None:
        self._database, self._catalog, self._settings = database, catalog, settings
        self._topic, self._roster = topic, roster
        self._said: dict[str, dict[str, Written]] = {}
        self._memory: Memory = {}
        self._away = ""
        #: When the last round ended, µs; 0: none has.
        self.done_us = 0

    async def run(self) -> None:
        """Rounds without end. Runs on the event loop, works in a thread."""
        while True:
            await self.once()
            await asyncio.sleep(self._settings.indices_s)

    async def once(self) -> None:
        """One round; a database that is away is logged once."""
        roster = self._roster()
        try:
            said = await self._database.work(lambda conn: self._work(conn, roster), limit_s=LIMIT_S)
        except Away as e:
            if why(e) != self._away:
                log.warning("indices.wait", error=why(e))
            self._away = why(e)
            return
        self._away = ""
        self._said |= said
        self.done_us = now_us()
        self._topic.update({key: item for items in self._said.values() for key, item in items.items()})

    def _work(self, conn: psycopg.Connection, roster: Roster) -> dict[str, dict[str, Written]]:
        conn.read_only = True
        said: dict[str, dict[str, Written]] = {}
        with conn.transaction():
            city = city_of(conn, self._catalog, roster, self._settings, self._memory)
        for name, subject in SUBJECTS.items():
            try:
                with conn.transaction():
                    said[name] = write(subject.current(conn, city, now_us() // SECOND * SECOND))
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:
                # One subject that fails by a fault of ours does not take the others with it.
                log.exception("indices.failed", subject=name)
        return said
