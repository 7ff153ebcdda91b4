"""What maintenance says of itself: one row of the table `maintenance`, which the API shows.

at            end of the last round
seconds       how long it took
hours, late   hours rolled up, and those that late readings had touched, in that round
judged_at, retention_at, audit_at, compression_at   when those were last done: they are not part of every round
dropped_chunks, dropped_bytes             since the database was made
stays         chunks that are old enough and had to stay
compression   whether chunks are compressed
errors        a sentence for each part that failed in the last round
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

#: A service makes a round a minute; after so long without one, something is wrong.
LATE_S = 300.0


@dataclass(frozen=True, slots=True)
class State:
    """The row as it was read; ``at`` None: there has been no round."""

    at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def since(self, name: str, now: datetime) -> float:
        """Seconds since the time of a fact; endless where there was none or the clock went back."""
        try:
            age = (now - datetime.fromisoformat(self.facts[name])).total_seconds()
        except (KeyError, TypeError, ValueError):
            return float("inf")
        return age if age >= 0 else float("inf")


def read(conn: psycopg.Connection) -> State:
    """The last round's row."""
    row = conn.execute("SELECT at, facts FROM maintenance").fetchone()
    return State(*row) if row else State()


def write(conn: psycopg.Connection, facts: dict[str, Any]) -> None:
    """Keep the facts of a round that has just ended."""
    conn.execute(
        """INSERT INTO maintenance (at, facts) VALUES (clock_timestamp(), %s)
           ON CONFLICT (only_row) DO UPDATE SET at = EXCLUDED.at, facts = EXCLUDED.facts""",
        [Jsonb(facts)],
    )


def age_s(conn: psycopg.Connection) -> float | None:
    """Seconds since the end of the last round, by the database's clock; None: there has been none."""
    row = conn.execute("SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM maintenance").fetchone()
    return float(row[0]) if row else None


def late(seconds: float | None) -> str:
    """What is wrong with the age of the last round; empty where nothing is."""
    if seconds is None:
        return "no round of maintenance has ended yet: run `ioc db maintain --every 60`"
    if seconds > LATE_S:
        return f"the last round of maintenance ended {seconds / 60:.0f} minutes ago: see its log"
    return ""
