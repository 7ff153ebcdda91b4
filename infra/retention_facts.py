"""What retention must know before anything goes: how far domains are rolled up, what is due, what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from infra import schema
from infra.catalog import Catalog


class Reason(NamedTuple):
    """Why something stays, in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Facts:
    """``done``: hours before it are rolled up (None: none is); ``due``: the earliest hour that a late reading touched.

    ``spans``: the spans of time (start, end) in which a domain has readings, a pair a chunk.
    """

    done: dict[str, datetime | None]
    due: dict[str, datetime]
    spans: dict[str, list[tuple[datetime, datetime]]]

    @property
    def with_readings(self) -> list[str]:
        """Domains that have readings; the others have nothing that could be rolled up."""
        return [code for code, spans in self.spans.items() if spans]

    def not_rolled_up(self, domains: Iterable[str], until: datetime) -> Reason | None:
        """Why what lies before ``until`` is not all rolled up; None where it is."""
        for code in domains:
            done, due = self.done.get(code), self.due.get(code)
            if done is None:
                return Reason(f"{code} chưa được tổng hợp", f"{code} is not rolled up yet")
            if done < until:
                at = f"{done:%Y-%m-%d %H:%M}"
                return Reason(f"{code} mới tổng hợp đến {at}", f"{code} is rolled up only until {at}")
            if due is not None and due < until:
                at = f"{due:%Y-%m-%d %H:%M}"
                return Reason(
                    f"số liệu đến muộn của giờ {at} ({code}) chưa được tổng hợp",
                    f"late readings of {code}, hour {at}, are not rolled up yet",
                )
        return None

    def batches_stay(self, conn: psycopg.Connection, start: object, end: object, before: datetime) -> Reason | None:
        """Why the batches of these numbers stay; None where all were received ``before`` and no reading is left."""
        row = conn.execute(
            """SELECT min(min_time), max(max_time), max(received_at) >= %s,
                      EXISTS (SELECT FROM rollup_due WHERE batch >= %s AND batch < %s)
               FROM batch WHERE id >= %s AND id < %s""",
            [before, start, end, start, end],
        ).fetchone()
        if row is None or row[2] or row[3]:
            return Reason("còn lô mới trong đó", "it holds batches that are not old enough")
        first, last = row[:2]
        for code in self.spans if first else ():
            if any(since <= last and until > first for since, until in self.spans[code]):
                name = schema.table(code)
                return Reason(f"{name} còn số liệu của các lô này", f"{name} has readings of its time")
        return None

    def replay_waits(self, conn: psycopg.Connection, start: object, end: object) -> Reason | None:
        """Why quarantine of that time stays; None where nobody has asked for a replay that is still to come."""
        row = conn.execute(
            """SELECT EXISTS (SELECT FROM quarantine_item WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL
                              AND received_at >= %s AND received_at < %s)""",
            [start, end],
        ).fetchone()
        waits = Reason("đang chờ nạp lại", "a replay of it was asked for and is still to come")
        return waits if row == (True,) else None


def gather(conn: psycopg.Connection, catalog: Catalog) -> Facts:
    """The facts as they are now, of the domains that the registry has."""
    codes = list(catalog.registry.domains)
    done = conn.execute(
        "SELECT domain, CASE WHEN isfinite(done_until) THEN done_until END FROM rollup_state WHERE domain = ANY(%s)",
        [codes],
    ).fetchall()
    due = conn.execute("SELECT domain, min(hour) FROM rollup_due GROUP BY domain").fetchall()
    spans: dict[str, list[tuple[datetime, datetime]]] = {code: [] for code in codes}
    by_table = {schema.table(code): code for code in codes}
    for table, start, end in conn.execute(
        """SELECT hypertable_name, range_start, range_end FROM timescaledb_information.chunks
           WHERE hypertable_schema = 'public' AND hypertable_name = ANY(%s)""",
        [list(by_table)],
    ):
        spans[by_table[table]].append((start, end))
    return Facts(dict(done), dict(due), spans)
