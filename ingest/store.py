"""Storing a batch: one transaction, which happens once.

The collector's row in the database counts its batches. A batch takes its number in its own transaction: so one
whose commit was answered by silence is recognised when it is tried again, and a second collector of the same name
is found out.

New rows go straight into the hypertable by binary COPY. A row that may be there already (sent before, or not newer
than the newest of its sensor) is looked up first; only what is missing is written, so that what is counted as
stored, and announced, is exactly what is new. A shared lock per domain keeps those look-ups true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from city import payload_form
from city.columns import Columns, merge
from city.decoder import Decoder
from infra import journal
from infra.rollup.closing import LOCK, closed_until, name_late
from infra.schema import table
from ingest import copy, receipts
from ingest.decode import Decoded, Item, Table
from ingest.receipts import Ledger

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSEEN = np.iinfo(np.int64).max


class Fenced(Exception):
    """Another collector of the same name has taken over."""


@dataclass(slots=True)
class Stored:
    """What is new of one domain. ``filled`` (n,): the row was there and lacked these values."""

    decoder: Decoder
    columns: Columns
    filled: NDArray[np.bool_]


@dataclass(slots=True)
class Committed:
    """What became of a batch. ``tables`` hold what is new and nothing else; None: see `Store.write`."""

    seq: int
    batch: int
    tables: list[Stored] = field(default_factory=list)
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0


def moment(us: int) -> datetime:
    """Microseconds since 1970 as a time of the database."""
    return _EPOCH + timedelta(microseconds=us)


class Newest:
    """The newest time of each sensor that this process has written: what is later cannot be there yet."""

    def __init__(self) -> None:
        self._at = np.full(1024, _UNSEEN)

    def _reach(self, cols: Columns) -> None:
        top = int(cols.sensor.max(initial=0))
        if top >= len(self._at):
            self._at = np.concatenate([self._at, np.full(top + 1024, _UNSEEN)])

    def suspects(self, cols: Columns) -> NDArray[np.bool_]:
        """Rows that may be there already; all of a sensor that was not written before."""
        self._reach(cols)
        return cols.time_us <= self._at[cols.sensor]

    def note(self, cols: Columns) -> None:
        """Remember committed rows."""
        self._reach(cols)
        self._at[cols.sensor[self._at[cols.sensor] == _UNSEEN]] = np.iinfo(np.int64).min
        np.maximum.at(self._at, cols.sensor, cols.time_us)


class Store:
    """Writes batches on one connection, which is in autocommit mode. Not for several threads."""

    def __init__(self, conn: psycopg.Connection, name: str, epoch: str, ledger: Ledger, newest: Newest) -> None:
        self.conn = conn
        self.name = name
        self.epoch = epoch
        self.ledger = ledger
        self.newest = newest

    def write(
        self,
        batch: Decoded,
        seq: int,
        received_us: int,
        *,
        careful: bool = False,
        replayed: Sequence[int] = (),
        replay: bool = False,
        replay_of: int | None = None,
    ) -> Committed | None:
        """Write and commit; None when the batch of that number was committed before.

        ``careful``: look up every row. ``replayed``: quarantine items that are done with this batch,
        which came out of quarantine (``replay``), as somebody has asked (``replay_of``: quarantine_replay.id).
        """
        done, session = None, self.ledger.newest
        with self.conn.transaction():
            number = self._take_number(seq)
            if number is not None:
                done = self._write_tables(batch, seq, number, careful)
                self._keep_journal(done, 0 if self.name.startswith(journal.FILES) else received_us)
                self._write_items(batch.items)
                self._account(batch, done, received_us, replay)
                self._count_limited(batch.limited, received_us)
                self._write_receipts(batch, seq, session)
                self._mark_replayed(replayed, replay_of, done)
        for t in batch.tables:
            self.newest.note(t.columns)
        self._keep_receipts(seq, batch)
        if done is not None:
            self.ledger.packed = session
        return done

    def _write_tables(self, batch: Decoded, seq: int, number: int, careful: bool) -> Committed:
        # In one order everywhere: then nobody waits for a lock in a circle.
        parts = sorted(batch.tables, key=lambda t: t.decoder.domain.code)
        done = Committed(seq, number, [self._write_table(part, number, careful) for part in parts])
        done.stored = sum(t.columns.readings for t in done.tables)
        done.quarantined = sum(i.readings for i in batch.items)
        done.duplicate = batch.decoded - done.stored - done.quarantined
        return done

    def _keep_journal(self, done: Committed, received_us: int) -> None:
        """Keep what is new for the rollups; what went into closed hours, or filled rows, is named instead."""
        tables = [t for t in done.tables if len(t.columns)]
        if not tables:
            return
        # Asked for now, under the locks: an hour that is closed later is read when this batch is to be seen.
        closed = closed_until(self.conn, [t.columns.domain for t in tables])
        fresh = []
        for t in tables:
            # A row that was filled keeps the quality it had, which the journal does not know.
            late = (t.columns.time_us < closed[t.columns.domain]) | t.filled
            if late.any():
                name_late(self.conn, done.batch, t.columns.take(late))
            if not late.all():
                fresh.append((t.columns.take(~late) if late.any() else t.columns, t.decoder.double))
        journal.write(self.conn, done.batch, received_us, fresh)

    def _keep_receipts(self, seq: int, batch: Decoded) -> None:
        needless = self.ledger.add(seq, batch.messages, batch.receipts)
        if seq % 256 == 0:
            with self.conn.transaction():
                self.conn.execute("DELETE FROM receipt WHERE collector = %s AND seq < %s", [self.name, needless])

    def _take_number(self, seq: int) -> int | None:
        row = self.conn.execute(
            """WITH mine AS (UPDATE collector SET seq = %s, committed_at = now()
                             WHERE name = %s AND epoch = %s AND seq = %s RETURNING 1)
               SELECT nextval('batch_id') FROM mine""",
            [seq, self.name, self.epoch, seq - 1],
        ).fetchone()
        if row is not None:
            return int(row[0])
        found = self.conn.execute("SELECT epoch, seq FROM collector WHERE name = %s", [self.name]).fetchone()
        if found is None or found[0] != self.epoch or found[1] != seq:
            raise Fenced(f"another collector named {self.name} has taken over: give each its own IOC_INGEST_NAME")
        return None

    def _write_table(self, part: Table, batch: int, careful: bool) -> Stored:
        """Write what is new of one domain and return it."""
        decoder = part.decoder
        name = table(decoder.domain.code)
        cols, again = part.columns, part.again
        suspect = self.newest.suspects(cols) | again
        if careful:
            suspect[:] = True
        merged = merge(cols)
        if merged is not cols:  # rows were put together: judge what came of them
            cols, suspect = merged, np.ones(len(merged), bool)
        lock = "pg_advisory_xact_lock" if suspect.any() else "pg_advisory_xact_lock_shared"
        self.conn.execute(f"SELECT {lock}(%s, hashtext(%s))", [LOCK, name])
        if suspect.any():
            return Stored(decoder, *self._without_known(name, cols, suspect, batch, decoder.double))
        self._copy(name, cols, decoder.double, batch)
        return Stored(decoder, cols, np.zeros(len(cols), bool))

    def _copy(self, name: str, cols: Columns, double: NDArray[np.bool_], batch: int) -> None:
        if not len(cols):
            return
        columns = ", ".join((*copy.FIXED, *cols.metrics))
        with self.conn.cursor() as cur, cur.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT binary)") as out:
            out.write(copy.HEAD)
            for data in copy.rows(cols, double, batch):
                out.write(data)
            out.write(copy.TAIL)

    def _without_known(
        self, name: str, cols: Columns, suspect: NDArray[np.bool_], batch: int, double: NDArray[np.bool_]
    ) -> tuple[Columns, NDArray[np.bool_]]:
        """Write the rows, but for values that are there; returns what was new, and which rows were filled."""
        places = np.flatnonzero(suspect)
        keys = cols.take(places)
        there = ", ".join(f"r.{m} IS NOT NULL" for m in cols.metrics)
        found = self.conn.execute(
            f"""SELECT k.place, ARRAY[{there}]
                FROM unnest(%s::int[], %s::smallint[], %s::bigint[]) WITH ORDINALITY AS k (sensor, channel, us, place)
                JOIN {name} r ON r.sensor = k.sensor AND r.channel = k.channel
                 AND r.time = 'epoch'::timestamptz + k.us * interval '1 microsecond'
                WHERE r.time BETWEEN %s AND %s""",  # nosec B608
            [
                keys.sensor.tolist(),
                keys.channel.tolist(),
                keys.time_us.tolist(),
                moment(int(keys.time_us.min())),
                moment(int(keys.time_us.max())),
            ],
            prepare=False,  # planned with its times, it looks only into the chunks they lie in
        ).fetchall()
        if not found:
            self._copy(name, cols, double, batch)
            return cols, np.zeros(len(cols), bool)
        rows = places[np.array([place - 1 for place, _ in found])]
        known = np.array([flags for _, flags in found], bool)
        cols = cols.take(slice(None))
        cols.values = cols.values.copy()
        cols.values[rows] = np.where(known, np.nan, cols.values[rows])
        some: NDArray[np.bool_] = np.asarray(~np.isnan(cols.values).all(axis=1), bool)
        present = np.zeros(len(cols), bool)
        present[rows] = True
        self._copy(name, cols.take(some & ~present), double, batch)
        if (some & present).any():
            self._fill(name, cols.take(some & present), double, batch)
        return cols.take(some), present[some]

    def _fill(self, name: str, cols: Columns, double: NDArray[np.bool_], batch: int) -> None:
        """Put values into rows that are there and lack them."""
        coming = f"coming_{name}"
        self.conn.execute(f"CREATE TEMP TABLE IF NOT EXISTS {coming} (LIKE {name}) ON COMMIT DELETE ROWS")
        self._copy(coming, cols, double, batch)
        fills = ", ".join(f"{m} = coalesce(r.{m}, c.{m})" for m in cols.metrics)
        self.conn.execute(
            f"""UPDATE {name} r SET {fills}, batch = c.batch FROM {coming} c
                WHERE r.sensor = c.sensor AND r.channel = c.channel AND r.time = c.time
                  AND r.time BETWEEN %s AND %s""",  # nosec B608
            [moment(int(cols.time_us.min())), moment(int(cols.time_us.max()))],
        )

    def _write_items(self, items: Sequence[Item]) -> None:
        if not items:
            return
        with (
            self.conn.cursor() as cur,
            cur.copy(
                "COPY quarantine_item (received_at, topic, payload, reason, detail, sensor_id, readings, collector,"
                " retained, pattern, form, shape) FROM STDIN"
            ) as out,
        ):
            for i in items:
                topic = i.message.topic.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
                out.write_row(
                    (
                        moment(i.message.received_us), topic, i.message.payload, i.reason, i.detail, i.sensor_id,
                        i.readings, self.name, bool(i.message.flags & 1), *payload_form.of(topic, i.message.payload),
                    )
                )  # fmt: skip

    def _account(self, batch: Decoded, done: Committed, received_us: int, replay: bool) -> None:
        """The batch's own row, its receipts, and the balance of its minute."""
        spans = [(int(t.columns.time_us.min()), int(t.columns.time_us.max())) for t in done.tables if len(t.columns)]
        self.conn.execute(
            "INSERT INTO batch VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                done.batch, self.name, done.seq, moment(received_us),
                moment(min(s[0] for s in spans)) if spans else None,
                moment(max(s[1] for s in spans)) if spans else None,
                batch.messages, done.stored, done.duplicate, done.quarantined, replay,
            ],
        )  # fmt: skip
        if batch.decoded or batch.messages:
            self.conn.execute(
                """INSERT INTO balance_minute AS b
                   VALUES (date_trunc('minute', %s::timestamptz), %s, %s, %s, %s, %s, %s, %s, %s)
                   ON CONFLICT (minute, collector) DO UPDATE SET
                       messages = b.messages + EXCLUDED.messages, decoded = b.decoded + EXCLUDED.decoded,
                       stored = b.stored + EXCLUDED.stored, duplicate = b.duplicate + EXCLUDED.duplicate,
                       quarantined = b.quarantined + EXCLUDED.quarantined, replayed = b.replayed + EXCLUDED.replayed,
                       limited = b.limited + EXCLUDED.limited""",
                [
                    moment(received_us), self.name, batch.messages, batch.decoded, done.stored, done.duplicate,
                    done.quarantined, batch.decoded if replay else 0, sum(batch.limited.values()),
                ],
            )  # fmt: skip

    def _count_limited(self, limited: Mapping[str, int], received_us: int) -> None:
        if limited:
            self.conn.execute(
                """INSERT INTO limited_minute AS l
                   SELECT date_trunc('minute', %s::timestamptz), n.sensor_id, %s, n.messages
                   FROM unnest(%s::text[], %s::bigint[]) AS n (sensor_id, messages)
                   ON CONFLICT (minute, sensor_id, collector) DO UPDATE SET
                       messages = l.messages + EXCLUDED.messages""",
                [moment(received_us), self.name, list(limited), list(limited.values())],
            )

    def _write_receipts(self, batch: Decoded, seq: int, session: int) -> None:
        """Keep the receipts of that session, and no others: our successor shall not take old ones for its own."""
        if self.ledger.packed != session:
            self.conn.execute("DELETE FROM receipt WHERE collector = %s", [self.name])
        mine = [r for r in batch.receipts if r.session == session]
        if mine:
            self.conn.execute(
                "INSERT INTO receipt VALUES (%s, %s, %s, %s)", [self.name, seq, batch.messages, receipts.pack(mine)]
            )

    def _mark_replayed(self, items: Sequence[int], of: int | None, done: Committed) -> None:
        if items:
            self.conn.execute(
                # Whoever has asked for them again meanwhile: it was this request that they entered by.
                "UPDATE quarantine_item SET replayed_at = now(), replay_detail = NULL, replay = %s WHERE id = ANY(%s)",
                [of, list(items)],
            )
        if of is not None:
            self.conn.execute(
                "UPDATE quarantine_replay SET stored = stored + %s, duplicate = duplicate + %s WHERE id = %s",
                [done.stored, done.duplicate, of],
            )


def take_over(conn: psycopg.Connection, name: str, epoch: str, reach: int) -> tuple[int, Ledger]:
    """Become the collector of that name: its sequence number so far, and the receipts of its last messages.

    A predecessor's transaction that still hangs in the server is ended first.
    """
    conn.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = %s AND usename = current_user AND pid <> pg_backend_pid()""",
        [f"ioc ingest {name}"],
    )
    row = conn.execute(
        """INSERT INTO collector (name, epoch) VALUES (%s, %s)
           ON CONFLICT (name) DO UPDATE SET epoch = EXCLUDED.epoch, started_at = now()
           RETURNING seq""",
        [name, epoch],
    ).fetchone()
    assert row is not None  # noqa: S101 -- INSERT … RETURNING always returns
    ledger = Ledger(reach)
    # Batches without receipts count too: the ledger reaches back by messages.
    rows = conn.execute(
        """SELECT b.seq, b.messages, r.data FROM batch b
           LEFT JOIN receipt r ON r.collector = b.collector AND r.seq = b.seq
           WHERE b.collector = %s ORDER BY b.seq DESC LIMIT 5000""",
        [name],
    ).fetchall()
    for seq, messages, data in reversed(rows):
        ledger.add(seq, messages, receipts.unpack(data or b""))
    return int(row[0]), ledger
