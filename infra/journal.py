"""The journal: what each batch has newly stored, kept as columns until it is rolled up.

A batch writes it in its own transaction, one bus frame a domain. Reading an hour back as frames costs a fiftieth of
reading its rows; readings that go into hours that are closed are left out, for those are recomputed from the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.columns import Columns
from infra import bus
from infra.bus import Head
from infra.rollup import wire

#: What the names of collectors begin with that read files: when those came says nothing of a sensor's clock.
FILES = "backfill-"
#: How far the clocks of collector and database may be apart.
CLOCKS_S = 3600
#: The whole of a domain's part in one frame: no broker has to take it.
_WHOLE = 1 << 30


class Entry(NamedTuple):
    """One batch's rows of a domain, and when its first message was received (microseconds; 0: out of a file)."""

    received_us: int
    columns: Columns


def write(
    conn: psycopg.Connection, batch: int, received_us: int, tables: Sequence[tuple[Columns, NDArray[np.bool_]]]
) -> None:
    """Keep what a batch has stored, in the caller's transaction. ``tables``: as of `infra.bus.encode`, none empty."""
    head = Head("", "", 0, 0, 1, batch, received_us, 0, False, "", 0, ())
    for cols, double in tables:
        (frame,) = bus.encode(head, [(cols, double)], frame_bytes=_WHOLE)
        conn.execute(
            """INSERT INTO journal (batch, domain, min_time, max_time, data)
               SELECT %s, %s, epoch + %s * us, epoch + %s * us, %b
               FROM (VALUES ('epoch'::timestamptz, interval '1 microsecond')) AS unit (epoch, us)""",
            [batch, cols.domain, int(cols.time_us.min()), int(cols.time_us.max()), frame],
        )


def whole(conn: psycopg.Connection, domain: str, since_us: int, early_us: int) -> bool:
    """Whether the journal holds everything of a domain whose time is ``since_us`` or later.

    ``early_us``: how far ahead of its storing a reading's time may be.
    """
    row = conn.execute(
        "SELECT journal_from <= to_timestamp(%s) FROM rollup_state WHERE domain = %s",
        [(since_us - early_us) / 1e6, domain],
    ).fetchone()
    return row == (True,)


def fetch(conn: psycopg.Connection, domain: str, *, since_us: int, until_us: int, early_us: int) -> Iterator[Entry]:
    """What was stored with since <= time < until (microseconds), in the order of storing."""
    query = sql.SQL(
        """SELECT data FROM journal WHERE domain = {} AND stored_at >= to_timestamp({}) AND max_time >= to_timestamp({})
           AND min_time < to_timestamp({}) ORDER BY batch"""
    ).format(domain, (since_us - early_us) / 1e6 - CLOCKS_S, since_us / 1e6, until_us / 1e6)
    for data in wire.fetch_bytes(conn, query):
        frame = bus.decode(data)
        cols = frame.columns
        if cols is None:
            continue
        inside = (cols.time_us >= since_us) & (cols.time_us < until_us)
        if inside.any():
            yield Entry(frame.head.received_us, cols if inside.all() else cols.take(inside))
