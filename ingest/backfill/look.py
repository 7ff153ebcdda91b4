"""A dry run: what would become of each reading, and nothing is stored."""

from __future__ import annotations

import numpy as np
import psycopg

from infra.errors import Unavailable
from infra.link import Link, Lost
from infra.schema import table
from ingest.backfill.book import Book
from ingest.backfill.load import Sum
from ingest.backfill.parts import Part
from ingest.backfill.rows import tables
from ingest.decode import Table
from ingest.store import moment


class Look:
    """Takes parts as a Loader does, and only counts. What two parts of a file have in common counts twice."""

    def __init__(self, link: Link, book: Book) -> None:
        self.sum = Sum()
        self._link = link
        self._book = book

    def begin(self) -> None:
        """Nothing has to be taken."""

    def end(self) -> None:
        """Nothing has to be given back."""

    def store(self, part: Part) -> None:
        """Count what a part holds, and what of it is there already."""
        try:
            with self._link.at_work() as conn:
                for found, count in tables(part.whole(self._book), self._book.decoders):
                    there = sum(_there(conn, t) for t in found)
                    fresh = sum(t.columns.readings for t in found) - there
                    self.sum.stored += fresh
                    self.sum.duplicate += count - fresh
        except Lost as e:
            raise Unavailable(f"the database is away: {e}") from None
        self.sum.quarantined += sum(b.readings for b in part.bad)


def _there(conn: psycopg.Connection, part: Table) -> int:
    """How many values of a table are stored already."""
    cols = part.columns
    bits = (~np.isnan(cols.values)) @ (1 << np.arange(len(cols.metrics), dtype=np.int64))
    both = " + ".join(f"(r.{m} IS NOT NULL AND k.bits & {1 << i} <> 0)::int" for i, m in enumerate(cols.metrics))
    row = conn.execute(
        f"""SELECT coalesce(sum({both}), 0)
            FROM unnest(%s::int[], %s::smallint[], %s::bigint[], %s::bigint[]) AS k (sensor, channel, us, bits)
            JOIN {table(cols.domain)} r ON r.sensor = k.sensor AND r.channel = k.channel
             AND r.time = 'epoch'::timestamptz + k.us * interval '1 microsecond'
            WHERE r.time BETWEEN %s AND %s""",  # nosec B608
        [
            cols.sensor.tolist(),
            cols.channel.tolist(),
            cols.time_us.tolist(),
            bits.tolist(),
            moment(int(cols.time_us.min())),
            moment(int(cols.time_us.max())),
        ],
        prepare=False,
    ).fetchone()
    return int(row[0]) if row else 0
