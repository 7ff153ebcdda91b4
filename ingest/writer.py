"""The writer: takes messages from the inbox and sees them through to the commit, however long that takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psycopg

from city.payload import Limits
from city.routes import Routes
from infra import sensors, telemetry
from infra.catalog import Catalog
from infra.link import Link, Lost
from infra.settings import Settings
from ingest import flood, receipts
from ingest.announce import Announcer
from ingest.decode import Decoded, Decoding, Item
from ingest.flood import Flood, Over
from ingest.inbox import Inbox
from ingest.receipts import Ledger
from ingest.receive import Received, Receiver
from ingest.store import Committed, Newest, Store, take_over

#: SQLSTATE classes that speak of the data itself: trying the same again cannot help.
DATA_ERRORS = ("22", "23")


class Stopped(Exception):
    """The collector was asked to end while a batch was under way: its messages will come again."""


class Unreadable(Exception):
    """Decoding stumbled over something in a batch: a fault of ours, which must not stop the other messages."""


class Writer:
    """One collector's writing, on one thread. ``counts`` since the start, for status and metrics."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        link: Link,
        inbox: Inbox,
        announcer: Announcer,
        epoch: str,
        canary_topic: str,
        log: Any,
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.link = link
        self.inbox = inbox
        self.announcer = announcer
        self.epoch = epoch
        self.canary_topic = canary_topic
        self.log = log
        self.receiver: Receiver | None = None
        self.stopping = False
        self.seq = 0
        self.canary_us = 0
        self.replay_asked = False
        self.writing = 0
        self.counts: Counter[str] = Counter()
        self._ledger: Ledger | None = None
        self._newest = Newest()
        self._flood = Flood(settings.ingest_sensor_rate, settings.ingest_sensor_burst, canary_topic)
        self._routes: Routes | None = None
        self._version = -1
        self._looked = 0.0

    def begin(self) -> None:
        """Take over the collector's name and read the registry. Lost when the database is away."""
        with self.link.at_work() as conn:
            if self._ledger is None:
                reach = receipts.reach(self.settings.ingest_window)
                self.seq, self._ledger = take_over(conn, self.settings.ingest_name, self.epoch, reach)
            self._read_registry(conn)

    def forget_session(self) -> None:
        """The broker no longer knows our session: packet ids begin anew."""
        if self._ledger is not None:
            self._ledger.lose(self.receiver.epoch if self.receiver else 0)

    def limits(self, received_us: int | None = None) -> Limits:
        """How far times may be off; ``received_us`` counts the past from an earlier receipt."""
        now, s = time.time_ns() // 1000, self.settings
        received = now if received_us is None else received_us
        return Limits.around(now, received, late_days=s.max_late_days, early_s=s.max_early_s)

    @property
    def ledger(self) -> Ledger:
        assert self._ledger is not None  # noqa: S101 -- begin() comes first
        return self._ledger

    @property
    def routes(self) -> Routes:
        assert self._routes is not None  # noqa: S101 -- begin() comes first
        return self._routes

    def take(self) -> list[Received]:
        """The next batch's messages; empty when there were none for a while."""
        s = self.settings
        return self.inbox.take(s.ingest_batch, s.ingest_linger_ms / 1000, 0.5)

    def see_through(self, messages: Sequence[Received]) -> None:
        """Commit, acknowledge and announce, trying until it is done. Stopped when we must end before."""
        self.writing = len(messages)
        try:
            taken, over = self._flood.admit(messages, self.canary_us)
            self._commit(taken, over, received_us=messages[0].received_us)
            self._acknowledge(messages)
        finally:
            self.writing = 0

    def _commit(
        self, messages: Sequence[Received], over: Sequence[Over] = (), refused: str = "", *, received_us: int
    ) -> None:
        def work(conn: psycopg.Connection, careful: bool) -> None:
            batch = self.decode(conn, messages, self.limits()) if not refused else self._refuse(messages, refused)
            flood.count(batch, over, self._flood.rate)
            self.write(conn, batch, received_us, careful=careful)

        try:
            self.persist(work)
        except (psycopg.Error, Unreadable) as e:
            # Something in it that we let pass is refused by the database, or we trip over it: find it, keep the rest.
            if len(messages) > 1:
                middle = len(messages) // 2
                self._commit(messages[:middle], over, received_us=received_us)
                self._commit(messages[middle:], received_us=messages[middle].received_us)
            elif not refused:
                self.log.error("a message can be neither stored nor refused in the usual way", error=str(e))
                self._commit(messages, over, str(e).splitlines()[0], received_us=received_us)
            else:
                raise

    def persist(self, work: Callable[[psycopg.Connection, bool], None]) -> None:
        """Do ``work(conn, careful)`` until it succeeds. Raises only Stopped, or an error that speaks of the data."""
        wait_s, careful = 0.1, False
        while True:
            try:
                if self._routes is None:
                    self.begin()
                with self.link.at_work() as conn:
                    work(conn, careful)
                return
            except Lost:
                pass
            except psycopg.errors.UniqueViolation:
                # Somebody has stored one of these rows meanwhile: look all of them up.
                if careful:
                    raise
                careful = True
                continue
            except psycopg.Error as e:
                if (e.sqlstate or "")[:2] in DATA_ERRORS:
                    raise
                self.log.error("the database cannot store now; trying again", error=str(e).splitlines()[0])
                self.link.trouble = str(e).splitlines()[0]
            if self.stopping:
                raise Stopped
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, 2.0)

    def decode(self, conn: psycopg.Connection, messages: Sequence[Received], limits: Limits) -> Decoded:
        """Decode; sensors and channels that the batch needs are registered on the way."""
        register = self.settings.unknown_sensors == "register"
        while True:
            try:
                batch = Decoding(self.routes, limits, self.ledger, register=register).run(messages)
            except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as e:
                raise Unreadable(f"{type(e).__name__}: {e}") from e
            if not batch.strangers and not batch.new_channels:
                return batch
            if batch.strangers:
                sensors.register(conn, sorted(set(batch.strangers)))
                self.log.info("registered sensors", count=len(set(batch.strangers)))
            if batch.new_channels:
                sensors.add_channels(conn, batch.new_channels)
            self._read_registry(conn)

    def _refuse(self, messages: Sequence[Received], why: str) -> Decoded:
        return Decoded(
            messages=len(messages),
            items=[Item(m, "malformed", f"it could not be stored: {why}", None, 1) for m in messages],
            decoded=len(messages),
        )

    def write(
        self,
        conn: psycopg.Connection,
        batch: Decoded,
        received_us: int,
        *,
        careful: bool = False,
        replayed: Sequence[int] = (),
        replay: bool = False,
        replay_of: int | None = None,
    ) -> Committed | None:
        """Write one batch under the next number and announce it; counts what became of it."""
        store = Store(conn, self.settings.ingest_name, self.epoch, self.ledger, self._newest)
        started = time.monotonic()
        done = store.write(
            batch, self.seq + 1, received_us, careful=careful, replayed=replayed, replay=replay, replay_of=replay_of
        )
        self.seq += 1
        self.link.trouble = ""
        self.canary_us = max(self.canary_us, batch.canary_us)
        if done is None:
            self.log.info("the batch had been committed before", seq=self.seq)
            return None
        self._count(batch, done, time.monotonic() - started)
        self.announcer.batch(done, received_us, batch.canary_us, replay)
        return done

    def _count(self, batch: Decoded, done: Committed, seconds: float) -> None:
        name = self.settings.ingest_name
        self.counts["messages"] += batch.messages
        self.counts["decoded"] += batch.decoded
        telemetry.MESSAGES.labels(name).inc(batch.messages)
        telemetry.BATCHES.labels(name).inc()
        telemetry.COMMIT_SECONDS.labels(name).observe(seconds)
        for outcome in ("stored", "duplicate", "quarantined"):
            self.counts[outcome] += getattr(done, outcome)
            telemetry.READINGS.labels(name, outcome).inc(getattr(done, outcome))
        telemetry.LIMITED.labels(name).inc(limited := sum(batch.limited.values()))
        self.counts["limited"] += limited
        for item in batch.items:
            telemetry.QUARANTINED.labels(name, item.reason).inc()

    def _acknowledge(self, messages: Sequence[Received]) -> None:
        receiver = self.receiver
        if receiver is None:
            return
        epochs = np.array([m.epoch for m in messages])
        mids = np.array([m.mid for m in messages], np.uint16)
        for epoch in np.unique(epochs).tolist():
            mine = mids[(epochs == epoch) & (mids > 0)]
            if len(mine) and not receiver.acknowledge(epoch, mine):
                self.log.debug(
                    "committed after its connection was gone: the broker will send it again", count=len(mine)
                )

    def resync(self, conn: psycopg.Connection) -> None:
        """Read our number from the database: before a batch that is not the one whose commit may have succeeded."""
        row = conn.execute(
            "SELECT seq FROM collector WHERE name = %s AND epoch = %s", [self.settings.ingest_name, self.epoch]
        ).fetchone()
        if row is not None:
            self.seq = int(row[0])

    def look_around(self) -> None:
        """Once a second: has the registry changed, has somebody asked for a replay?"""
        if time.monotonic() - self._looked < 1.0:
            return
        self._looked = time.monotonic()
        try:
            if self._routes is None:
                self.begin()
            with self.link.at_work() as conn:
                if sensors.version(conn) != self._version:
                    self._read_registry(conn)
                asked = conn.execute(
                    "SELECT EXISTS (SELECT FROM quarantine_item"
                    " WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL)"
                ).fetchone()
                self.replay_asked = asked == (True,)
        except Lost:
            pass
        except psycopg.Error as e:
            self.log.error("cannot read the registry", error=str(e).splitlines()[0])

    def _read_registry(self, conn: psycopg.Connection) -> None:
        with conn.transaction():
            version = sensors.version(conn)
            known = self.catalog.registry.with_ranges(sensors.ranges(conn))
            everyone = sensors.load(conn)
            channels = sensors.channels(conn)
        self._routes = Routes(known, self.catalog.area_codes, everyone, channels, self.canary_topic)
        self._version = version
