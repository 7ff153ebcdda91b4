"""The answer to a question, put together from pages of readings, of steps, or from whole series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ioc_api.history import items, raw, sources, steps
from ioc_api.history.question import Question
from ioc_api.history.table import Table, of_sensors
from ioc_api.problems import Stop
from ioc_api.times import rfc3339

#: Cells (series times steps) that are figured out at once: memory stays flat however many there are.
CELLS = 200_000
#: Cells that an answer of whole series may have.
SERIES_CELLS = 3_000_000
_MOST = 500

After = tuple[int, int, int, int]


@dataclass
class Reply:
    """What goes into an answer. ``sources``: raw, minute, hour, day."""

    items: list[dict[str, Any]] = field(default_factory=list)
    keys: list[After] = field(default_factory=list)
    series: list[dict[str, Any]] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    rolled_us: int | None = None
    left_out: list[tuple[int, int]] = field(default_factory=list)

    def note(self, filled_from: set[str], done_us: int) -> None:
        self.sources |= filled_from
        if filled_from - {"raw"}:
            self.rolled_us = done_us if self.rolled_us is None else min(self.rolled_us, done_us)

    def head(self, q: Question) -> dict[str, Any]:
        """What an answer says of itself."""
        source = next(iter(self.sources)) if len(self.sources) == 1 else "mix" if self.sources else "raw"
        return {
            "from": rfc3339(q.from_us), "to": rfc3339(q.to_us), "step_s": q.step_s, "source": source,
            "made_from": sorted(self.sources),
            "rolled_up_to": None if self.rolled_us is None else rfc3339(self.rolled_us),
            "left_out": [{"from": rfc3339(a), "to": rfc3339(b)} for a, b in self.left_out],
        }  # fmt: skip


def readings(conn: psycopg.Connection, q: Question, after: After | None, limit: int, channels: dict[int, str]) -> Reply:
    """A page of readings as they came."""
    found = raw.page(conn, q, after, limit)
    keys = [(r.place, r.time_us, r.channel, r.metric) for r in found]
    return Reply(items.of_readings(q, found, channels), keys, sources={"raw"} if found else set())


def tables(
    conn: psycopg.Connection,
    q: Question,
    channels: Mapping[int, str],
    reply: Reply,
    *,
    first: int = 0,
    cells: int = CELLS,
) -> Iterator[Table]:
    """The figures of the question's sensors from place ``first`` on, some sensors at a time."""
    place = 0
    for part in q.parts:
        last = place + len(part.sensors)
        at = max(first, place)
        if at < last:
            how = sources.plan(conn, q, part)
            size = max(1, min(_MOST, cells // (q.steps * len(part.metrics))))
            while at < last:
                mine = part.sensors[at - place : at - place + size]
                filled = sources.fill(conn, q, part, mine, how)
                reply.note(filled.sources, how.done_us)
                yield of_sensors(q, part, mine, at, filled, channels)
                at += len(mine)
        place = last


def steps_page(found_in: Iterator[Table], reply: Reply, after: After | None, limit: int, *, gaps: bool) -> Reply:
    """A page of steps, and what the series on it are."""
    for t in found_in:
        found, keys = items.page(t, after, limit - len(reply.items), gaps=gaps)
        reply.items += found
        reply.keys += keys
        reply.series += items.summaries(t, keys)
        if len(reply.items) >= limit:
            break
    return reply


def bound_series(q: Question) -> None:
    """422 where an answer of whole series would be too large."""
    if q.step_s is None:
        raise Stop(422, "query.layout: series have a `step`, or `points` that are fewer than the readings")
    number = 0 if q.group else q.steps * sum(len(p.sensors) * len(p.metrics) for p in q.parts)
    if number > SERIES_CELLS:
        raise steps.stop_too_many(number, SERIES_CELLS, "steps", "ask for a longer step, less time, fewer sensors or"
                                  " metrics, or take `format=csv`")  # fmt: skip


def percentiles(q: Question) -> list[str]:
    """The names of the percentiles that an answer may have."""
    known = q.every_s in (steps.HOUR_S, steps.DAY_S) if q.group else sources.ranked(q.every_s)
    found = {p for part in q.parts for m in part.metrics for p in m.percentiles} if known else set()
    return [f"p{p}" for p in sorted(found)]
