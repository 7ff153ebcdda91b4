"""Batches read from the database: those that were missed, and those that were judged before a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from alerts.engine.place import Place
from alerts.judge.seen import UNHEARD_US
from alerts.judge.world import World
from city.columns import Columns
from city.registry import Domain
from infra import readings
from infra.feed import history
from infra.times import SECOND, micros, moment

#: Batches that are read and judged at a time; memory stays flat however long the engine was away.
CHUNK = 200
#: How far back the last reading of a silent sensor is looked for, in hours.
SILENT_H = (1, 6, 24)
#: An old reading that came this long after its time, at least, may be one of a backlog.
_OLD = "30 seconds"


@dataclass(frozen=True)
class Batches:
    """Some batches of a collector: those with rows, the times of the rows, and when the last one was received."""

    numbers: list[int]
    since_us: int
    until_us: int
    received_us: int


def batches(conn: psycopg.Connection, collector: str, seqs: range) -> Batches:
    """What is known of the batches with these sequence numbers."""
    rows = conn.execute(
        "SELECT id, min_time, max_time, received_at FROM batch WHERE collector = %s AND seq >= %s AND seq < %s",
        [collector, seqs.start, seqs.stop],
    ).fetchall()
    full = [(n, low, high) for n, low, high, _ in rows if low is not None]
    return Batches(
        [n for n, _, _ in full],
        min((micros(low) for _, low, _ in full), default=0) - 1,
        max((micros(high) for _, _, high in full), default=0),
        max((micros(at) for *_, at in rows), default=0),
    )


def read(conn: psycopg.Connection, domains: Sequence[Domain], found: Batches) -> Iterator[Columns]:
    """The readings of these batches."""
    if not found.numbers:
        return
    for domain in domains:
        yield from readings.fetch(conn, domain, since_us=found.since_us, until_us=found.until_us, batches=found.numbers)


def pauses(conn: psycopg.Connection, collector: str, seq: int) -> list[tuple[int, int]]:
    """From a batch on, the times (µs) in which the collector received nothing, not even its own canary: it was away."""
    rows = conn.execute(
        "SELECT before, at FROM (SELECT received_at AS at, lag(received_at) OVER (ORDER BY seq) AS before FROM batch"
        " WHERE collector = %s AND seq >= %s) b WHERE at - before > %s * interval '1 microsecond'",
        [collector, seq, UNHEARD_US],
    ).fetchall()
    return [(micros(before), micros(at)) for before, at in rows]


def received(conn: psycopg.Connection, place: Place) -> dict[str, int]:
    """When the newest taken batch of each collector was received, µs."""
    out = {}
    for name, (seq, _) in place.cursors.items():
        row = conn.execute("SELECT received_at FROM batch WHERE collector = %s AND seq = %s", [name, seq]).fetchone()
        if row:
            out[name] = micros(row[0])
    return out


def taken(
    conn: psycopg.Connection, domains: Sequence[Domain], place: Place, now_us: int, late_s: float
) -> Iterator[Columns]:  # fmt: skip
    """The rows of batches up to the cursors that windows and rings at ``now`` still hold, or will; and those that
    rules hold back for so long."""
    since_us = min(now_us, place.judged_us or now_us) - max(history.BACK_US, round(late_s * SECOND))
    numbers: list[int] = []
    for name, (seq, _) in place.cursors.items():
        rows = conn.execute(
            "SELECT id FROM batch WHERE collector = %s AND seq <= %s AND max_time > %s", [name, seq, moment(since_us)]
        )
        numbers += [n for (n,) in rows]
    if not numbers:
        return
    for domain in domains:
        yield from readings.fetch(conn, domain, since_us=since_us, until_us=now_us + history.AHEAD_US, batches=numbers)


def backlog(conn: psycopg.Connection, domains: Sequence[Domain], place: Place) -> Iterator[tuple[Columns, int]]:
    """Rows of taken batches whose record was still to be made, with the time at which they had come."""
    for name, after in place.backlog.items():
        seq, _ = place.cursors.get(name, (0, ""))
        rows = conn.execute(
            "SELECT id, min_time, max_time, received_at FROM batch WHERE collector = %s AND seq > %s AND seq <= %s"
            f" AND min_time < received_at - interval '{_OLD}' ORDER BY seq",  # nosec B608
            [name, after, seq],
        ).fetchall()
        for number, low, high, at in rows:
            one = Batches([number], micros(low) - 1, micros(high), micros(at))
            for cols in read(conn, domains, one):
                yield cols, one.received_us


def silent(
    conn: psycopg.Connection, world: World, seen: Mapping[int, bool] | np.ndarray, now_us: int
) -> Iterator[Columns]:
    """The last rows of active sensors of which nothing was seen lately. ``seen``: bool[size]."""
    unseen = world.active & ~np.asarray(seen, bool)
    near = now_us - history.BACK_US
    for hours in SILENT_H:
        far = now_us - hours * 3600 * SECOND
        for number, domain in enumerate(world.roster.domains):
            mine = np.flatnonzero(unseen & (world.roster.domain == number)).tolist()
            for at in range(0, len(mine), history.ASKED):
                rows = history.last_known(
                    conn, domain, mine[at : at + history.ASKED], list(world.roster.channels), (far, near)
                )
                if rows is not None:
                    unseen[rows.sensor] = False
                    yield rows
        near = far
