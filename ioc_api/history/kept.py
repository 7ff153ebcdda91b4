"""What is kept of a domain: readings from when on, rollups until when, and which hours have changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import psycopg
from psycopg import sql

from infra import schema
from infra.times import SECOND, rfc3339
from ioc_api.history import steps
from ioc_api.history.grid import HOUR_US
from ioc_api.history.question import Part, Question, bound
from ioc_api.problems import Stop

Span = tuple[int, int]
UNIT_US = {"minute": 60 * SECOND, "hour": HOUR_US}
#: Two chunks of minutes: of sensors, and of zones and areas.
_NEAR_US, _NEAR_GROUP_US = 14 * 24 * HOUR_US, 60 * 24 * HOUR_US
#: Before all time: nothing was dropped, nothing is rolled up.
NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Kept:
    """Readings are there from ``raw_us`` on, minutes from ``minute_us`` on, hours before ``done_us`` are rolled up
    (microseconds, or NEVER). ``minute_us`` is of a span: NEVER where all the minutes it ever had are there."""

    raw_us: int = NEVER
    done_us: int = NEVER
    minute_us: int = NEVER

    def readable(self, spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
        """The spans as far as their readings are kept, and what of them is gone."""
        there = [(max(a, self.raw_us), b) for a, b in spans if b > max(a, self.raw_us)]
        gone = [(a, min(b, self.raw_us)) for a, b in spans if min(b, self.raw_us) > a]
        return there, gone

    def split(self, unit: str, from_us: int, end_us: int) -> tuple[Span, list[Span]]:
        """What of a span comes from rollups of ``unit`` ((0, 0): nothing), and what only readings can tell: the
        beginning and the end, which are no whole units, what is not rolled up yet, and minutes that are gone."""
        size = UNIT_US[unit]
        since = max(from_us, self.minute_us) if unit == "minute" else from_us
        first, last = -(-since // size) * size, min(end_us, self.done_us) // size * size
        if last <= first:
            return (0, 0), [(from_us, end_us)]
        return (first, last), [(a, b) for a, b in ((from_us, first), (last, end_us)) if b > a]


@dataclass(frozen=True)
class Since:
    """Since when the sources of an answer are kept, of all its domains: see `Kept`. ``coarser``: `points` would have
    chosen a shorter step, which is not kept."""

    raw_us: int = NEVER
    minute_us: int = NEVER
    coarser: bool = False


def kept(conn: psycopg.Connection, q: Question, part: Part) -> Kept:
    """What is kept of a part of a question, as the caller's transaction sees it."""
    row = conn.execute(
        """SELECT CASE WHEN isfinite(raw_from) THEN (extract(epoch FROM raw_from) * 1000000)::bigint END,
                  CASE WHEN isfinite(done_until) THEN (extract(epoch FROM done_until) * 1000000)::bigint END
           FROM rollup_state WHERE domain = %s""",
        [part.domain.code],
    ).fetchone()
    raw_us, done_us = (NEVER if x is None else x for x in row or (None, None))
    minute_us = NEVER
    if q.step_s is not None and steps.unit(q.step_s) == "minute" and done_us > q.from_us:
        minute_us = _minutes(conn, q, part, done_us)
    return Kept(raw_us, done_us, minute_us)


def _minutes(conn: psycopg.Connection, q: Question, part: Part, done_us: int) -> int:
    """Since when the minutes of a question's span are kept. What was dropped is known by the hours, which stay: it is
    where no chunk of minutes is left."""
    table, hours, near = schema.minute_table(part.domain.code), schema.hour_table(part.domain.code), _NEAR_US
    which: sql.Composable = sql.SQL("")
    if q.group is not None:
        table, hours, near = "group_minute", "group_hour", _NEAR_GROUP_US
        which = sql.SQL("AND zone = {} AND metric = ANY({}) AND domain = {} AND area = {}").format(
            q.group.zone or "", [m.name for m in part.metrics], part.domain.code, q.group.area
        )

    def any_in(name: str, a: int, b: int) -> bool:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE time >= {} AND time < {} {})").format(
            sql.Identifier(name), rfc3339(a), rfc3339(b), which
        )
        return conn.execute(query).fetchone() == (True,)

    # Chunks go from the oldest on: where something is left that is as old as the question, nothing of it is gone. This
    # is so nearly always, and much quicker than to look for the chunks.
    if any_in(table, q.from_us - near, q.from_us + 1):
        return NEVER
    row = conn.execute(
        """SELECT (extract(epoch FROM min(range_start)) * 1000000)::bigint FROM timescaledb_information.chunks
           WHERE hypertable_schema = 'public' AND hypertable_name = %s AND range_end > %s""",
        [table, rfc3339(q.from_us)],
    ).fetchone()
    first = done_us if row is None or row[0] is None else min(row[0], done_us)
    return first if first > q.from_us and any_in(hours, q.from_us, first) else NEVER


def settle(conn: psycopg.Connection, q: Question) -> tuple[Question, Since]:
    """The question as it can be answered, and since when all that it can be answered from is kept.

    Where `points` chose readings, or steps that only they can give, and these are gone, it becomes a step of whole
    minutes or more, which rollups have; and where the minutes are gone, of whole hours. 422 where something was asked
    for by name and the whole span is before what is kept of it.
    """
    asked, by_part = q, [kept(conn, q, p) for p in q.parts]
    if q.points is not None:
        if _unit(q) == "raw" and max((k.raw_us for k in by_part), default=NEVER) > q.from_us:
            q = _longer(q, steps.MINUTE_S)
            by_part = [kept(conn, q, p) for p in q.parts]
        if max((k.minute_us for k in by_part), default=NEVER) > q.from_us:
            q = _longer(q, steps.HOUR_S)
    raw_us = max((k.raw_us for k in by_part), default=NEVER)
    unit = _unit(q)
    minute_us = max((k.minute_us for k in by_part), default=NEVER) if unit == "minute" else NEVER
    if unit == "raw" and by_part and q.to_us <= (since := min(k.raw_us for k in by_part)):
        raise Stop(
            422, f"query.to: số đo gốc chỉ còn từ {rfc3339(since)}, câu hỏi này về thời gian trước đó: hãy dùng `step`"
            " chẵn phút hoặc giờ, hoặc `points`, lấy từ số tổng hợp"
            f" / readings as they came are kept since {rfc3339(since)}, and this question is about the"
            " time before: ask for a `step` of whole minutes or hours, or for `points`, which rollups answer",
        )  # fmt: skip
    # Minutes that are gone are made from readings where these are kept for longer.
    if unit == "minute" and by_part and q.to_us <= (since := min(min(k.minute_us, k.raw_us) for k in by_part)):
        raise Stop(
            422, f"query.to: số theo phút chỉ còn từ {rfc3339(since)}, câu hỏi này về thời gian trước đó: hãy dùng"
            " `step` chẵn giờ hoặc ngày, được giữ mãi, hoặc `points`"
            f" / figures of minutes are kept since {rfc3339(since)}, and this question is about the time"
            " before: ask for a `step` of whole hours or days, which are kept for ever, or for `points`",
        )  # fmt: skip
    return q, Since(raw_us, minute_us, coarser=q is not asked)


def _unit(q: Question) -> str:
    return "raw" if q.step_s is None else steps.unit(q.step_s)


def _longer(q: Question, least_s: int) -> Question:
    """The question with the step that `points` choose where none is shorter than ``least_s``."""
    step = steps.choose(q.from_us, q.to_us, q.points or 1, max(q.usual_s, least_s)) or least_s
    made = replace(q, step_s=-(-step // least_s) * least_s)
    bound(made, export=False)
    return made


def late(conn: psycopg.Connection, domain: str, span: Span, sensors: Sequence[int], most: int) -> list[int]:
    """Hours of a span (their starts, at most so many) that these sensors' readings have changed since they were
    rolled up."""
    rows = conn.execute(
        "SELECT DISTINCT (extract(epoch FROM hour) * 1000000)::bigint FROM rollup_due WHERE domain = %s"
        " AND hour > %s::timestamptz - interval '1 hour' AND hour < %s AND sensors && %s::int[] LIMIT %s",
        [domain, rfc3339(span[0]), rfc3339(span[1]), list(sensors), most],
    ).fetchall()
    return [h for (h,) in rows]


def late_of(conn: psycopg.Connection, domain: str, span: Span, area: str, zone: str | None) -> int:
    """How many hours of a span the readings of a zone's or area's sensors have changed since they were rolled up."""
    row = conn.execute(
        "SELECT count(DISTINCT hour) FROM rollup_due WHERE domain = %(domain)s"
        " AND hour > %(since)s::timestamptz - interval '1 hour' AND hour < %(until)s AND sensors && ARRAY("
        "SELECT id FROM sensor WHERE domain = %(domain)s AND area = %(area)s"
        " AND (%(zone)s::text IS NULL OR zone = %(zone)s) AND status = 'active')",
        {"domain": domain, "since": rfc3339(span[0]), "until": rfc3339(span[1]), "area": area, "zone": zone},
    ).fetchone()
    return int(row[0]) if row else 0
