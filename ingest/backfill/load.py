"""Parts of a file into the database: the collector's own way of storing, without its announcements."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg

from infra.errors import Unavailable
from infra.link import Link, Lost
from ingest.backfill.book import Book
from ingest.backfill.clock import EARLIEST_US
from ingest.backfill.parts import Bad, Part
from ingest.backfill.rows import Readings, renumber, tables
from ingest.decode import Decoded, Item
from ingest.receipts import Ledger
from ingest.receive import Received
from ingest.store import Committed, Fenced, Newest, Store, take_over

T = TypeVar("T")

#: How long a database that is away is waited for.
PATIENCE_S = 120.0
#: A statement that takes longer is cut: the first row of a day makes a chunk, and there may be many.
HANG_S = 120.0


@dataclass(slots=True)
class Sum:
    """What became of the readings so far.

    ``repeated``: of bad lines that were in quarantine from before. ``gone``: of the stored ones, those of days whose
    readings retention has dropped.
    """

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    repeated: int = 0
    gone: int = 0


class Loader:
    """Writes parts under a collector's name of its own, so that several may work beside each other.

    ``source`` stands for the topic of its quarantine items. A line that lies in quarantine from an earlier run is not
    put there again.
    """

    def __init__(self, link: Link, book: Book, name: str, source: str, log: Any) -> None:
        self.sum = Sum()
        self._link = link
        self._book = book
        self._name = name
        self._source = source.encode()
        self._log = log
        self._seq = 0
        self._ledger = Ledger(1)
        self._newest = Newest()
        self._known: set[bytes] = set()
        self._raw_from: dict[str, int] = {}
        # Until a batch shows that nothing of it was there: a file often comes a second time.
        self._careful = True

    def begin(self) -> None:
        """Take the name, and see which lines are in quarantine already."""

        def work(conn: psycopg.Connection) -> None:
            self._seq, self._ledger = take_over(conn, self._name, self._name, 1)
            with conn.transaction(), conn.cursor(name="known") as cur:
                cur.execute(
                    "SELECT payload, split_part(detail, ':', 1) FROM quarantine_item WHERE topic = %s",
                    [self._source.decode()],
                )
                self._known = {_digest(payload, where) for payload, where in cur}
            rows = conn.execute(
                """SELECT domain, (extract(epoch FROM raw_from) * 1000000)::bigint FROM rollup_state
                   WHERE isfinite(raw_from)"""
            )
            self._raw_from = dict(rows.fetchall())

        self._persist(work)

    def end(self) -> None:
        """Give the name back; its batches and its balance stay."""

        def work(conn: psycopg.Connection) -> None:
            conn.execute("DELETE FROM collector WHERE name = %s AND epoch = %s", [self._name, self._name])

        self._persist(work)

    def store(self, part: Part) -> None:
        """Store the good readings of a part, and quarantine its bad lines."""
        whole, received_us = part.whole(self._book), time.time_ns() // 1000
        whole = self._persist(lambda conn: self._settle(conn, whole))
        items, repeated = self._items(part.bad, received_us)
        batches = [Decoded(tables=found, decoded=count) for found, count in tables(whole, self._book.decoders)]
        if not batches:
            batches.append(Decoded())
        # The bad lines, and all that are counted, go with the first of them.
        first = batches[0]
        first.messages, first.items, first.repeated = part.lines, items, repeated
        first.decoded += repeated + sum(i.readings for i in items)
        for batch in batches:
            if batch.decoded or batch.messages:
                self._write(batch, received_us, part)

    def _settle(self, conn: psycopg.Connection, whole: Readings) -> Readings:
        new_sensors = set(whole.sensor[whole.sensor < 0].tolist())
        new_channels = set(whole.channel[whole.channel < 0].tolist())
        if new_sensors or new_channels:
            sensors, channels = self._book.settle(conn, sorted(new_sensors), sorted(new_channels))
            whole.sensor = renumber(whole.sensor, sensors)
            whole.channel = renumber(whole.channel, channels)
        return whole

    def _items(self, bad: Sequence[Bad], received_us: int) -> tuple[list[Item], int]:
        """Items for the lines that are not in quarantine yet, and how many readings the others have."""
        items, repeated = [], 0
        for b in bad:
            where = f"line {b.line}"
            if _digest(b.raw, where) in self._known:
                repeated += b.readings
                continue
            message = Received(self._source, b.raw, 0, 0, received_us, -1)
            items.append(Item(message, b.reason, f"{where}: {b.detail}", b.sensor_id, b.readings))
        return items, repeated

    def _write(self, batch: Decoded, received_us: int, part: Part) -> None:
        def work(conn: psycopg.Connection) -> Committed | None:
            store = Store(conn, self._name, self._name, self._ledger, self._newest)
            return store.write(batch, self._seq + 1, received_us, careful=self._careful)

        try:
            try:
                done = self._persist(work)
            except psycopg.errors.UniqueViolation:
                self._careful = True
                done = self._persist(work)
        except (psycopg.IntegrityError, psycopg.DataError) as e:
            raise Unavailable(f"the database refuses a reading before byte or row {part.done:,}: {_first(e)}") from None
        self._seq += 1
        if done is None:
            done = self._persist(self._committed)
        self.sum.stored += done.stored
        self.sum.duplicate += done.duplicate - batch.repeated
        self.sum.repeated += batch.repeated
        for t in done.tables:
            old = t.columns.time_us < self._raw_from.get(t.columns.domain, EARLIEST_US)
            self.sum.gone += t.columns.take(old).readings
        self.sum.quarantined += done.quarantined
        self._careful = done.duplicate > batch.repeated

    def _committed(self, conn: psycopg.Connection) -> Committed:
        """What a batch did whose commit was answered by silence."""
        row = conn.execute(
            "SELECT id, stored, duplicate, quarantined FROM batch WHERE collector = %s AND seq = %s",
            [self._name, self._seq],
        ).fetchone()
        assert row is not None  # noqa: S101 -- its number says that it was committed
        return Committed(self._seq, row[0], [], *row[1:])

    def _persist(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do ``work`` until it succeeds, for as long as the database may be away. Unavailable when it stays so."""
        deadline, wait_s = time.monotonic() + PATIENCE_S, 0.2
        while True:
            try:
                with self._link.at_work() as conn:
                    return work(conn)
            except Lost as e:
                reason = str(e)
            except (psycopg.IntegrityError, psycopg.DataError):
                raise
            except Fenced as e:
                raise Unavailable(str(e)) from None
            except psycopg.Error as e:
                reason = _first(e)
                self._log.error("the database cannot store now; trying again", error=reason)
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the database is away: {reason}; run the same again, what is stored is not stored twice"
                )
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, 2.0)


def _digest(payload: bytes, where: str) -> bytes:
    return hashlib.blake2b(where.encode() + b"\0" + payload, digest_size=8).digest()


def _first(e: BaseException) -> str:
    return str(e).strip().splitlines()[0] if str(e).strip() else type(e).__name__
