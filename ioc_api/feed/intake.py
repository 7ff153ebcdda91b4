"""Keeps the live state equal to what is committed: history first, then the bus, and the database where it has gaps.

start ─▶ listen to the bus, keep its frames ─▶ read history at one moment ─▶ fold frames newer than that ─▶ live
live  ─▶ fold frames ─▶ a gap: read those batches ─▶ a gap too wide: read history again
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

import psycopg
import structlog

from city.columns import Columns
from city.registry import Registry
from city.windows import Windows
from infra.bus import Frame
from infra.catalog import Catalog
from infra.errors import IocError
from infra.feed import history
from infra.feed.sequence import Sequence
from infra.roster import Roster
from infra.times import SECOND, now_us
from ioc_api import asking
from ioc_api.database import Away, Database, why
from ioc_api.live.state import Live

#: Frames kept while history is read; older ones are dropped and read from the database afterwards.
KEPT = 2000
#: Missing batches beyond which all of history is read again.
WIDE = 2000
#: Rows folded before others have their turn.
SLICE = 10_000
_HISTORY_S = 120.0
_AGAIN_S = 2.0

log = structlog.get_logger()


class Intake:
    """Feeds the live state. Everything but the reading itself runs in the event loop's thread.

    ``leave_out``: figures leave out sensors that are not trusted.
    """

    def __init__(self, live: Live, database: Database, catalog: Catalog, *, leave_out: bool = False) -> None:
        self.live = live
        self.registry: Registry = catalog.registry
        self.warm = asyncio.Event()
        self.trouble = ""
        self.gaps = 0
        self._database, self._catalog, self._leave_out = database, catalog, leave_out
        self._kept: deque[Frame] = deque(maxlen=KEPT)
        self._sequences: dict[str, Sequence] = {}
        self._missing: deque[tuple[str, range]] = deque()
        self._work = asyncio.Event()
        self.on_warm: Callable[[], None] = lambda: None
        self._silent = asyncio.Event()
        self._refresh = asyncio.Lock()
        self.canaries: dict[str, tuple[int, int]] = {}  # collector -> (sent, arrived), microseconds

    @property
    def complete(self) -> bool:
        """Whether also the last readings of sensors that were silent when we started are known."""
        return self.warm.is_set() and not self._silent.is_set()

    def frame(self, frame: Frame) -> None:
        """Take a frame from the bus."""
        head = frame.head
        if head.canary_us:
            self.canaries[head.collector] = (head.canary_us, now_us())
        if not self.warm.is_set():
            self._kept.append(frame)
            return
        sequence = self._sequences.setdefault(head.collector, Sequence(0))
        arrived = sequence.take(frame)
        if arrived.restarted:
            log.warning("intake.restarted", collector=head.collector, seq=head.seq)
            self._again()
        if arrived.missing:
            self.gaps += len(arrived.missing)
            if len(arrived.missing) > WIDE:
                self._again()
            else:
                self._missing.append((head.collector, arrived.missing))
                self._work.set()
        for part in arrived.complete:
            if part.columns is not None:
                self.live.fold(part.columns, now_us())

    def _again(self) -> None:
        self._missing.clear()
        self.warm.clear()
        self._work.set()

    async def run(self) -> None:
        """Read history, then what is missing, whenever something is."""
        while True:
            try:
                if not self.warm.is_set():
                    await self._read_history()
                    self._silent.set()
                while self._missing:
                    gap = self._missing[0]
                    await self._read_missing(*gap)
                    if self._missing and self._missing[0] is gap:  # history may be wanted anew meanwhile
                        self._missing.popleft()
                if self.live.strangers:
                    await self.refresh()
                self.trouble = ""
            except (Away, IocError, psycopg.Error) as e:
                if why(e) != self.trouble:
                    log.warning("intake.waits", error=why(e))
                self.trouble = why(e)
                await asyncio.sleep(_AGAIN_S)
                continue
            self._work.clear()
            if self.warm.is_set() and not self._missing:
                await self._work.wait()

    async def refresh(self) -> None:
        """Read the sensors again: all of them, whoever has changed one."""
        with asking.ours():
            await self._read_sensors()

    async def _read_sensors(self) -> None:
        async with self._refresh:
            groups = self.live.roster.groups
            registry, roster = await self._database.work(
                lambda conn: history.read_roster(conn, self._catalog, groups, leave_out=self._leave_out), limit_s=20
            )
            self.registry = registry
            self.live.use(roster)

    async def _fold(self, rows: Columns, windows: list[Windows] | None) -> None:
        for at in range(0, len(rows), SLICE):
            self.live.fold(rows.take(slice(at, at + SLICE)), now_us(), windows)
            await asyncio.sleep(0)

    def _fold_from_thread(
        self, loop: asyncio.AbstractEventLoop, parts: Iterable[Columns], windows: list[Windows] | None
    ) -> None:
        # Waiting for each part keeps memory flat, however fast the database is.
        for rows in parts:
            asyncio.run_coroutine_threadsafe(self._fold(rows, windows), loop).result(60)

    async def _read_history(self) -> None:
        loop = asyncio.get_running_loop()
        groups, domains = self.live.roster.groups, self.live.roster.domains

        async def take_roster(registry: Registry, roster: Roster) -> list[Windows]:
            self.registry = registry
            self.live.use(roster)
            return self.live.fresh_windows(now_us())

        def read(conn: psycopg.Connection) -> tuple[history.Heads, list[Windows]]:
            heads = history.heads(conn)  # the first statement fixes the moment of all that follow
            registry, roster = history.read_roster(conn, self._catalog, groups, leave_out=self._leave_out)
            windows = asyncio.run_coroutine_threadsafe(take_roster(registry, roster), loop).result(60)
            self._fold_from_thread(loop, history.recent(conn, domains, now_us()), windows)
            return heads, windows

        begun = now_us()
        heads, windows = await self._database.work(read, limit_s=_HISTORY_S, repeatable=True)
        self._sequences = {name: Sequence(seq, epoch) for name, (seq, epoch) in heads.seqs.items()}
        for w in windows:
            w.advance(now_us())
        self.live.show(windows)
        self.on_warm()
        self.warm.set()
        kept, self._kept = self._kept, deque(maxlen=KEPT)
        for frame in kept:
            self.frame(frame)
        log.info("intake.warm", seconds=round((now_us() - begun) / SECOND, 2), frames=len(kept))

    async def _read_missing(self, collector: str, seqs: range) -> None:
        loop = asyncio.get_running_loop()
        domains = self.live.roster.domains
        folded = False

        def read(conn: psycopg.Connection) -> None:
            nonlocal folded
            for rows in history.batches(conn, domains, collector, seqs):
                folded = True
                self._fold_from_thread(loop, [rows], None)

        try:
            await self._database.work(read, limit_s=30)
        except Exception:
            # Windows add up, and the same rows must not come twice: then history is read anew, with more time.
            if folded:
                self._again()
            raise
        log.info("intake.gap", collector=collector, first=seqs.start, count=len(seqs))

    async def run_silent(self) -> None:
        """Look for the silent sensors' last readings, beside everything else."""
        while True:
            await self._silent.wait()
            try:
                await self._read_silent()
                self._silent.clear()
            except (Away, psycopg.Error) as e:
                log.info("intake.silent_waits", error=why(e))
                await asyncio.sleep(10)

    async def _read_silent(self) -> None:
        """Find the last reading of sensors that have been silent for longer than windows reach."""
        now, roster = now_us(), self.live.roster
        near = now - history.BACK_US
        for hours in history.STEPS_H:
            far = now - hours * 3600 * SECOND
            unseen = self.live.sensors.unseen()
            for number, domain in enumerate(roster.domains):
                mine = unseen[roster.domain[unseen] == number].tolist()
                for at in range(0, len(mine), history.ASKED):
                    ask = partial(
                        history.last_known,
                        domain=domain,
                        numbers=mine[at : at + history.ASKED],
                        channels=list(roster.channels),
                        span_us=(far, near),
                    )
                    rows = await self._database.work(ask, limit_s=30)
                    if rows is not None:
                        self.live.recall(rows, now)
            near = far

    def strangers(self) -> None:
        """Look for sensors that the roster does not know yet."""
        if self.live.strangers:
            self._work.set()
