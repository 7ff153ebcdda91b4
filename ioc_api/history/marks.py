"""How good the readings of series are: how many were marked as calibrating or faulty, and which sensor is trusted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from infra import schema
from infra.times import rfc3339
from ioc_api.history.question import Part, Question

#: Milliseconds that counting marked readings may take; an answer is worth more than this figure.
LIMIT_MS = 1000
#: The numbers of these qualities in the database (`city.columns.QUALITIES`).
_MARKS = (1, 2)


@dataclass
class Marks:
    """Of sensors, by their place in the question. ``counted``: places whose marked readings were counted; ``marked``:
    how many, by (place, channel, place of the metric, quality); ``trusted``: by place, where it was judged."""

    counted: set[int] = field(default_factory=set)
    marked: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    trusted: dict[int, bool] = field(default_factory=dict)

    def of(self, place: int, channel: int, metric: int, measuring: int | None) -> dict[str, Any]:
        """What a series says of its quality."""
        known = place in self.counted
        calibrating, fault = (self.marked.get((place, channel, metric, k), 0) if known else None for k in _MARKS)
        return {
            "quality": {"measuring": measuring, "calibrating": calibrating, "fault": fault},
            "trusted": self.trusted.get(place),
        }


def load(
    conn: psycopg.Connection, q: Question, raw_us: int, places: Collection[int] | None = None, *, count: bool = True
) -> Marks:
    """The marks of the question's sensors, or of those at these places. ``raw_us``: since when readings are kept; of
    a span that begins before, nothing is counted, nor without ``count``: then it is only who is trusted."""
    out = Marks()
    first = 0
    for part in q.parts:
        at = {s.id: first + i for i, s in enumerate(part.sensors) if places is None or first + i in places}
        first += len(part.sensors)
        if not at:
            continue
        rows = conn.execute("SELECT sensor, trusted FROM sensor_quality WHERE sensor = ANY(%s)", [list(at)])
        out.trusted.update((at[number], trusted) for number, trusted in rows)
        if count and raw_us <= q.from_us:
            _count(conn, q, part, at, out)
    return out


def _count(conn: psycopg.Connection, q: Question, part: Part, at: Mapping[int, int], out: Marks) -> None:
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(m.name)) for m in part.metrics)
    # By the index of what is marked, which is little.
    query = sql.SQL(
        "SELECT sensor, channel, quality, {counts} FROM {table} WHERE quality <> 0 AND sensor = ANY({ids})"
        " AND time >= {since} AND time < {until} GROUP BY sensor, channel, quality"
    ).format(
        counts=counts, table=sql.Identifier(schema.table(part.domain.code)), ids=list(at), since=rfc3339(q.from_us),
        until=rfc3339(q.to_us),
    )  # fmt: skip
    row = conn.execute("SELECT current_setting('statement_timeout')").fetchone()
    before = row[0] if row else "0"
    try:
        with conn.transaction():  # a savepoint: the rest of the answer is as it was
            conn.execute(f"SET LOCAL statement_timeout = {LIMIT_MS}")
            rows = conn.execute(query).fetchall()
            conn.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except psycopg.errors.QueryCanceled:
        return
    out.counted |= set(at.values())
    for number, channel, quality, *found in rows:
        for i, n in enumerate(found):
            if n:
                out.marked[at[number], channel, i, quality] = n
