"""What is kept of a domain: readings from when on, rollups until when, and which hours have changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import psycopg

from infra.times import rfc3339
from ioc_api.history import steps
from ioc_api.history.question import Question, bound
from ioc_api.problems import Stop

Span = tuple[int, int]
#: Before all time: nothing was dropped, nothing is rolled up.
NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Kept:
    """Readings are there from ``raw_us`` on, hours before ``done_us`` are rolled up (microseconds, or NEVER)."""

    raw_us: int = NEVER
    done_us: int = NEVER

    def readable(self, spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
        """The spans as far as their readings are kept, and what of them is gone."""
        there = [(max(a, self.raw_us), b) for a, b in spans if b > max(a, self.raw_us)]
        gone = [(a, min(b, self.raw_us)) for a, b in spans if min(b, self.raw_us) > a]
        return there, gone


def kept(conn: psycopg.Connection, domain: str) -> Kept:
    """What is kept of a domain, as the caller's transaction sees it."""
    row = conn.execute(
        """SELECT CASE WHEN isfinite(raw_from) THEN (extract(epoch FROM raw_from) * 1000000)::bigint END,
                  CASE WHEN isfinite(done_until) THEN (extract(epoch FROM done_until) * 1000000)::bigint END
           FROM rollup_state WHERE domain = %s""",
        [domain],
    ).fetchone()
    raw_us, done_us = row or (None, None)
    return Kept(NEVER if raw_us is None else raw_us, NEVER if done_us is None else done_us)


def settle(conn: psycopg.Connection, q: Question) -> tuple[Question, int]:
    """The question as it can be answered, and since when all of its readings are kept (NEVER: none was dropped).

    Where `points` chose readings, or steps that only they can give, and these are gone, it becomes a step of whole
    minutes or more, which rollups have. 422 where readings were asked for by name and the whole span is before them.
    """
    since = [kept(conn, p.domain.code).raw_us for p in q.parts]
    raw_us = max(since, default=NEVER)
    if raw_us <= q.from_us or not (q.step_s is None or steps.unit(q.step_s) == "raw"):
        return q, raw_us
    if q.points is not None:
        step = steps.choose(q.from_us, q.to_us, q.points, max(q.usual_s, steps.MINUTE_S)) or steps.MINUTE_S
        made = replace(q, step_s=step)
        bound(made, export=False)
        return made, raw_us
    if q.to_us <= min(since):
        raise Stop(
            422, f"query.to: readings as they came are kept since {rfc3339(min(since))}, and this question is about the"
            " time before: ask for a `step` of whole minutes or hours, or for `points`, which rollups answer",
        )  # fmt: skip
    return q, raw_us


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
