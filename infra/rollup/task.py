"""What every part of rolling up works with."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from city.bucket_rows import HOUR_US, Rows, gather
from city.registry import Domain
from infra.catalog import Catalog
from infra.rollup import source
from infra.rollup.source import Parts
from infra.settings import Settings

DAY_US = 24 * HOUR_US
#: A city day begins at 17:00 UTC.
DAY_OFFSET_US = 17 * HOUR_US
#: Readings that are held at a time: with what is worked out of them some 500 MB.
READINGS = 32_000_000


@dataclass(slots=True)
class State:
    """A domain's row of rollup_state, microseconds; None where nothing is closed, done or dropped yet."""

    raw_from: int | None
    closed: int | None
    done: int | None


@dataclass(slots=True)
class Task:
    """One domain being rolled up. ``conn`` is in autocommit mode. ``parts``: in how many its sensors are taken.

    ``patient``: late readings of a large domain wait for others, for each time its groups are folded anew.
    """

    conn: psycopg.Connection
    domain: Domain
    catalog: Catalog
    settings: Settings
    now_us: int
    log: Any
    parts: int = 1
    patient: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def counters(self) -> bool:
        """Whether an hour depends on the one before it."""
        return any(m.aggregate == "increase" for m in self.domain.metrics)

    @property
    def places(self) -> list[tuple[str, str]]:
        """Every (area, zone) of the city, and every area alone."""
        areas = [(a.code, "") for a in self.catalog.areas]
        return areas + [(z.area, z.code) for z in self.catalog.zones]

    def count(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A transaction that sees one state of the database all through."""
        with self.conn.transaction():
            self.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            try:
                yield
            except BaseException as e:
                # A COPY that is being read holds the connection's lock until its generator is closed, and the frames
                # of the error hold the generator: the rollback would wait for ever.
                traceback.clear_frames(e.__traceback__)
                raise

    def state(self) -> State:
        """How far the domain is."""
        names = ("raw_from", "closed_until", "done_until")
        row = self.conn.execute(
            f"""SELECT {
                ", ".join(
                    f"CASE WHEN isfinite({n}) THEN (extract(epoch FROM {n}) * 1000000)::bigint END" for n in names
                )
            }
                FROM rollup_state WHERE domain = %s""",  # nosec B608
            [self.domain.code],
        ).fetchone()
        return State(*row) if row else State(None, None, None)

    def set_done(self, until_us: int) -> None:
        """Say that hours before are rolled up, in the caller's transaction."""
        self.conn.execute(
            "UPDATE rollup_state SET done_until = to_timestamp(%s) WHERE domain = %s",
            [until_us / 1e6, self.domain.code],
        )

    def rows(self, found: Parts, *, bounded: bool, numbered: bool) -> Rows:
        """Gather; TooMany where the sensors must be taken in more parts. ``numbered``: parts name batches."""
        limit = READINGS // len(self.domain.metrics) if bounded else None
        names = (lambda batches: source.received(self.conn, batches)) if numbered else None
        return gather(self.domain, found, limit=limit, received=names)


def city_day(us: int) -> int:
    """The beginning of the city day that a time lies in."""
    return (us - DAY_OFFSET_US) // DAY_US * DAY_US + DAY_OFFSET_US
