"""The answer to a question, put together from pages of readings, of steps, or from whole series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from infra.times import rfc3339
from ioc_api.history import items, notes, raw, sources, steps
from ioc_api.history import marks as marked
from ioc_api.history.kept import NEVER, Since
from ioc_api.history.question import Question
from ioc_api.history.table import Table, of_sensors
from ioc_api.problems import Stop

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
    since: Since = field(default_factory=Since)
    late: int = 0

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
            "raw_from": _time(self.since.raw_us),
            "kept_from": {
                name: _time(us) if us > q.from_us else None
                for name, us in (("raw", self.since.raw_us), ("minute", self.since.minute_us))
            },
            "late": self.late,
            "left_out": [{"from": rfc3339(a), "to": rfc3339(b)} for a, b in sorted(set(self.left_out))],
            "notes": notes.of(q, self.since, self.left_out),
        }  # fmt: skip


def _time(us: int) -> str | None:
    return None if us == NEVER else rfc3339(us)


def readings(
    conn: psycopg.Connection, q: Question, after: After | None, limit: int, channels: dict[int, str], since: Since
) -> Reply:
    """A page of readings as they came, one more than ``limit`` where there are more, and what the page's series are."""
    found = raw.page(conn, q, after, limit + 1)
    keys = [(r.place, r.time_us, r.channel, r.metric) for r in found]
    out = Reply(items.of_readings(q, found, channels), keys, sources={"raw"} if found else set(), since=since)
    raw_us = since.raw_us
    if raw_us > q.from_us:
        out.left_out.append((q.from_us, min(raw_us, q.to_us)))
        q = replace(q, from_us=min(raw_us, q.to_us))
    wanted = sorted({(place, channel, metric) for place, _, channel, metric in keys[:limit]})
    if not wanted:
        return out
    marks = marked.load(conn, q, raw_us, {place for place, _, _ in wanted})
    known = _summaries(conn, q, wanted, channels)
    metrics = [p.metrics for p in q.parts for _ in p.sensors]
    for key in wanted:
        place, channel, metric = key
        what = known.get(key) or items.unknown(q.sensors[place].sensor_id, channels, channel, metrics[place][metric])
        out.series.append(what | marks.of(*key, what["readings"]))
    return out


def _summaries(
    conn: psycopg.Connection, q: Question, wanted: Sequence[items.Key], channels: Mapping[int, str]
) -> dict[items.Key, dict[str, Any]]:
    """What these series come to over the whole span, from hours where they are kept. Empty where too many readings
    would have to be counted."""
    places = sorted({place for place, _, _ in wanted})
    parts, first = [], 0
    for p in q.parts:
        mine = tuple(s for i, s in enumerate(p.sensors, first) if i in set(places))
        first += len(p.sensors)
        if mine:
            parts.append(replace(p, sensors=mine))
    asked = replace(q, parts=tuple(parts), sensors=tuple(s for p in parts for s in p.sensors), step_s=steps.HOUR_S)
    out: dict[items.Key, dict[str, Any]] = {}
    try:
        for t in tables(conn, asked, channels, Reply()):
            keys = [(p, 0, c, m) for p, c, m in ((places.index(p), c, m) for p, c, m in wanted)]
            out |= {(places[p], c, m): what for (p, c, m), what in items.summaries(t, keys).items()}
    except Stop:
        return {}
    return out


def tables(
    conn: psycopg.Connection,
    q: Question,
    channels: Mapping[int, str],
    reply: Reply,
    *,
    first: int = 0,
    cells: int = CELLS,
    extremes: bool = True,
    ranks: bool = True,
) -> Iterator[Table]:
    """The figures of the question's sensors from place ``first`` on, some sensors at a time. ``extremes``: whether
    least and greatest values are wanted; ``ranks``: percentiles."""
    place = 0
    for part in q.parts:
        last = place + len(part.sensors)
        at = max(first, place)
        if at < last:
            how = sources.plan(conn, q, part)
            reply.left_out += how.gone
            reply.late += how.late
            size = max(1, min(_MOST, cells // (q.steps * len(part.metrics))))
            while at < last:
                mine = part.sensors[at - place : at - place + size]
                filled = sources.fill(conn, q, part, mine, how, extremes=extremes, ranks=ranks)
                reply.note(filled.sources, how.done_us)
                yield of_sensors(q, part, mine, at, filled, channels)
                at += len(mine)
        place = last


def steps_page(
    conn: psycopg.Connection, q: Question, found_in: Iterator[Table], reply: Reply, after: After | None, limit: int,
    *, gaps: bool,
) -> Reply:  # fmt: skip
    """A page of steps, one more than ``limit`` where there are more, and what the series on it are."""
    series: dict[items.Key, dict[str, Any]] = {}
    for t in found_in:
        left = limit - len(reply.items)
        found, keys = items.page(t, after, left + 1, gaps=gaps)
        reply.items += found
        reply.keys += keys
        series |= items.summaries(t, keys[:left])
        if len(reply.items) > limit:
            break
    if q.group is None and series:
        marks = marked.load(conn, q, reply.since.raw_us, {place for place, _, _ in series})
        series = {key: what | marks.of(*key, what["readings"]) for key, what in series.items()}
    reply.series += series.values()
    return reply


def bound_series(q: Question) -> None:
    """422 where an answer of whole series would be too large."""
    if q.step_s is None:
        raise Stop(422, "query.layout: chuỗi cần có `step`, hoặc `points` ít hơn số đo"
                   " / series have a `step`, or `points` that are fewer than the readings")  # fmt: skip
    number = 0 if q.group else q.steps * sum(len(p.sensors) * len(p.metrics) for p in q.parts)
    if number > SERIES_CELLS:
        raise steps.stop_too_many(
            number, SERIES_CELLS, ("bước", "steps"),
            ("hãy dùng bước dài hơn, khoảng ngắn hơn, ít cảm biến hoặc đại lượng hơn, hoặc lấy `format=csv`",
             "ask for a longer step, less time, fewer sensors or metrics, or take `format=csv`"),
        )  # fmt: skip


def percentiles(q: Question) -> list[str]:
    """The names of the percentiles that an answer may have."""
    known = steps.kept(q.every_s) if q.group else sources.ranked(q.every_s)
    found = {p for part in q.parts for m in part.metrics for p in m.percentiles} if known else set()
    return [f"p{p}" for p in sorted(found)]
