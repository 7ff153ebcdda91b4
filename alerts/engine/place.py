"""Where the engine is: what it has taken and judged, kept in the transaction that writes what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from alerts import life
from alerts.judge.events import Event
from alerts.judge.state import Open
from alerts.life import Subjects
from alerts.rules.model import Rule
from infra.times import micros, moment

LOCK = 0x10C_0A03


class Fenced(Exception):
    """Another engine has taken over: what we know is no longer what is."""


@dataclass(frozen=True)
class Place:
    """``judged_us`` None: no engine has ever run here. ``cursors``: the newest taken batch of each collector, and the
    collector's epoch. ``backlog``: batches after these may hold old readings whose record is still to be made."""

    judged_us: int | None = None
    cursors: dict[str, tuple[int, str]] = field(default_factory=dict)
    backlog: dict[str, int] = field(default_factory=dict)


@dataclass
class Round:
    """What one transaction is to write."""

    judged_us: int
    cursors: Mapping[str, tuple[int, str]]
    events: Sequence[Event]
    subjects: Sequence[Open]
    facts: Mapping[str, Any]


def alone(conn: psycopg.Connection) -> bool:
    """Become the one engine, for as long as the connection lasts; False where another one is."""
    return conn.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,)


def take_over(conn: psycopg.Connection, epoch: str) -> Place:
    """Where the engine before us came to. From now on only ``epoch`` can write."""
    with conn.transaction():
        row = conn.execute("SELECT judged_to, facts FROM alert_engine FOR UPDATE").fetchone()
        if row is None:
            return Place()
        conn.execute("UPDATE alert_engine SET epoch = %s", [epoch])
        cursors = {name: (seq, of) for name, of, seq in conn.execute("SELECT collector, epoch, seq FROM alert_cursor")}
    return Place(micros(row[0]), cursors, dict(row[1].get("backlog", {})))


def found(conn: psycopg.Connection, epoch: str, now: datetime) -> None:
    """The first engine's place, where there is none yet."""
    conn.execute(
        "INSERT INTO alert_engine (epoch, judged_to) VALUES (%s, %s) ON CONFLICT (only_row) DO NOTHING", [epoch, now]
    )


class Writer:
    """Writes rounds. ``held`` are the cursors as the database has them."""

    def __init__(self, epoch: str, place: Place, subjects: Subjects) -> None:
        self._epoch = epoch
        self._held: dict[str, tuple[int, str]] = dict(place.cursors)
        self._subjects = subjects

    def write(
        self, conn: psycopg.Connection, round_: Round, rules: Mapping[str, Rule], now: datetime, note: str = ""
    ) -> list[int]:
        """One transaction: the place by compare-and-swap, events, subjects. Fenced when another engine has written.

        Returns the ids of the flips, which are committed.
        """
        moved = {n: at for n, at in round_.cursors.items() if self._held.get(n) != at}
        with conn.transaction():
            mine = conn.execute(
                "UPDATE alert_engine SET judged_to = %s, at = clock_timestamp(), facts = %s WHERE epoch = %s",
                [moment(round_.judged_us), Jsonb(dict(round_.facts)), self._epoch],
            )
            if mine.rowcount != 1:
                raise Fenced
            flips = life.apply(conn, round_.events, rules, now, note)
            self._subjects.write(conn, round_.subjects)
            if moved:
                conn.execute(
                    "INSERT INTO alert_cursor (collector, seq, epoch) SELECT * FROM unnest(%s::text[], %s::bigint[],"
                    " %s::text[]) ON CONFLICT (collector) DO UPDATE SET seq = EXCLUDED.seq, epoch = EXCLUDED.epoch",
                    [list(moved), [seq for seq, _ in moved.values()], [of for _, of in moved.values()]],
                )
        self._subjects.written()
        self._held.update(moved)
        return flips
