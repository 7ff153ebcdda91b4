"""Free-flow speeds, learned from the hours that are rolled up."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from city.level_of_service import HOUR_READINGS, LEARN_DAYS, LESSONS, QUIET_FROM_H, QUIET_TO_H, FreeFlow, Lesson
from infra import schema
from infra.times import SECOND, micros

_DAY_US = 86_400 * SECOND
_HOUR = "extract(hour FROM time + interval '7 hours')"
_QUIET = f"AND ({_HOUR} >= {QUIET_FROM_H} OR {_HOUR} < {QUIET_TO_H})"


def free_flows(conn: psycopg.Connection, sensors: Sequence[int], until_us: int) -> dict[int, FreeFlow]:
    """What is known of these sensors by the 28 days before ``until_us``; who is not named is not known.

    The percentiles are taken in the database: of a large city, millions of hours make some thousand speeds.
    """
    out: dict[int, FreeFlow] = {}
    for lesson in LESSONS:
        out |= _learn(conn, lesson, [n for n in sensors if n not in out], until_us)
    return out


def _learn(conn: psycopg.Connection, lesson: Lesson, sensors: list[int], until_us: int) -> dict[int, FreeFlow]:
    if not sensors:
        return {}
    rows = conn.execute(
        f"""SELECT sensor, percentile_cont(%(percentile)s) WITHIN GROUP (ORDER BY speed$p85::text::float8),
                   count(DISTINCT time), min(time)
            FROM {schema.hour_table("traffic")}
            WHERE time >= to_timestamp(%(from)s) AND time < to_timestamp(%(to)s) AND sensor = ANY(%(sensors)s)
              AND speed$n >= %(readings)s AND speed$p85 > 0 {_QUIET if lesson.quiet else ""}
            GROUP BY sensor HAVING count(DISTINCT time) >= %(hours)s""",  # nosec B608
        {
            "percentile": lesson.percentile, "hours": lesson.hours, "readings": HOUR_READINGS, "sensors": sensors,
            "from": (until_us - LEARN_DAYS * _DAY_US) / SECOND, "to": until_us / SECOND,
        },
    )  # fmt: skip
    return {n: FreeFlow(speed, hours, micros(since), lesson.name) for n, speed, hours, since in rows}
