"""Reads for one replay: where it begins, what comes next, and the indices. All of it runs in threads of replays."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import psycopg
import structlog

from city.columns import Columns
from infra.catalog import Catalog
from infra.feed.history import BACK_US
from infra.indices import Memory
from infra.indices.catalogue import SUBJECTS, city_of
from infra.roster import Roster
from infra.settings import Settings
from infra.times import SECOND
from ioc_api.alerts.whom import Whom
from ioc_api.asking import Asking, begin
from ioc_api.database import Database
from ioc_api.live.alerts import Standing
from ioc_api.live.indices import Written, write
from ioc_api.past import source, story
from ioc_api.past.frames import Span
from ioc_api.past.hands import Hands
from ioc_api.past.source import Kept, Superseded
from ioc_api.past.story import Story
from ioc_api.past.tape import Step, Tape, by_the_minute

T = TypeVar("T")

#: A beginning, and what is read ahead at once, may take so long.
_BEGIN_S, _AHEAD_S = 120.0, 60.0
#: Rows to read ahead at once, and seconds of the past that they may be of.
ROWS, FROM_S, TO_S = 100_000, 10.0, 3600.0

log = structlog.get_logger()


class Begun(NamedTuple):
    """A replay at its beginning, or where it has jumped to."""

    tape: Tape
    standing: dict[int, Standing]
    place: int


class Loader:
    """The reader of one replay. ``reads`` is who asks and their part of the city, ``alerts`` the same for alerts, None
    where they may see none. Its threads are those of ``hands``."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        settings: Settings,
        reads: Asking,
        alerts: Asking | None,
        hands: Hands,
    ) -> None:
        self.hands = hands
        self._database, self._catalog, self._settings = database, catalog, settings
        self._reads, self._alerts = reads, alerts
        self._memory: Memory = {}
        self._density = 100.0  # rows a second of the past
        self.kept = Kept()
        self.story = Story()

    async def _work(self, task: Callable[[psycopg.Connection], T], limit_s: float, over: threading.Event) -> T:
        """Run it in a thread of replays. Superseded where it is ``over`` before it has begun."""

        def run(conn: psycopg.Connection) -> T:
            if over.is_set():
                raise Superseded
            return task(conn)

        return await self._database.work(run, limit_s=limit_s, pool=self.hands)

    async def step(self, tape: Tape, to_us: int) -> Step:
        """Go on with a tape."""
        return await asyncio.get_running_loop().run_in_executor(self.hands, tape.step, to_us)

    async def learn(self, span: Span, whom: Whom | None, over: threading.Event) -> None:
        """What is kept, and the alerts of the span. Superseded where it is ``over``."""
        begin(self._reads)
        self.kept = await self._work(source.kept, _AHEAD_S, over)
        self.story = Story()
        if self._alerts is not None and whom is not None:
            begin(self._alerts)
            self.story = await self._work(
                lambda conn: story.read(conn, whom, span.from_us, span.to_us, over.is_set), _AHEAD_S, over
            )

    async def start(self, roster: Roster, at_us: int, over: threading.Event) -> Begun:
        """Everything as of a moment. Superseded where it is ``over``."""
        begin(self._reads)
        if self.kept.said([d.code for d in roster.domains], at_us) != "readings":
            roster = by_the_minute(roster)
        tape = Tape(roster, at_us)

        def read(conn: psycopg.Connection) -> Begun:
            rows = 0
            for domain in roster.domains:
                for part in source.between(conn, domain, self.kept, at_us - BACK_US, at_us, over.is_set):
                    rows += len(part)
                    tape.warm(part)
            self._density = max(rows * SECOND / BACK_US, 0.1)
            for number, domain in enumerate(roster.domains):
                mine = np.flatnonzero(roster.known & ~roster.retired & (roster.domain == number))
                unseen = partial(tape.unseen, mine)
                for part in source.silent(conn, domain, unseen, list(roster.channels), at_us - BACK_US, over.is_set):
                    tape.recall(part)
            standing = self.story.begin(at_us)
            return Begun(tape, standing, self.story.place)

        return await self._work(read, _BEGIN_S, over)

    def length_us(self, speed: float) -> int:
        """How much of the past to read at once: as many rows as are good to hold, and not more than is soon needed."""
        rows_s = ROWS / self._density
        return int(min(max(rows_s, FROM_S), max(4.0 * speed, 30.0), TO_S) * SECOND)

    async def ahead(self, tape: Tape, until_us: int, over: threading.Event) -> None:
        """Read on, up to a moment."""
        begin(self._reads)
        from_us = tape.until_us

        def read(conn: psycopg.Connection) -> int:
            found: list[Columns] = []
            for domain in tape.roster.domains:
                found += source.between(conn, domain, self.kept, from_us, until_us, over.is_set)
            tape.add(found, until_us)
            return sum(map(len, found))

        rows = await self._work(read, _AHEAD_S, over)
        now = rows * SECOND / (until_us - from_us)
        self._density = max(0.5 * (self._density + now), now, 0.1)

    async def indices(self, roster: Roster, at_us: int, over: threading.Event) -> dict[str, Written]:
        """The indices as they would have been worked out at a moment, from what is known by now. Superseded where it is
        ``over``."""
        begin(self._reads)
        mine = replace(roster, _declared={}, _held={})

        def work(conn: psycopg.Connection) -> dict[str, Written]:
            conn.execute("SET TRANSACTION READ ONLY")
            said: dict[str, Written] = {}
            with conn.transaction():
                city = city_of(conn, self._catalog, mine, self._settings, self._memory)
            for name, subject in SUBJECTS.items():
                if over.is_set():
                    raise Superseded
                try:
                    with conn.transaction():
                        said |= write(subject.current(conn, city, at_us // SECOND * SECOND))
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    raise
                except Exception:
                    # One subject that fails by a fault of ours does not take the others with it.
                    log.exception("replay.indices_failed", subject=name)
            return said

        return await self._work(work, _BEGIN_S, over)
