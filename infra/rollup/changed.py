"""Which city days have figures, and when those were last written: what a copy of them can be checked against."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import psycopg

_EPOCH = date(1970, 1, 1)
_DAY_US = 86_400_000_000
_CITY_US = 7 * 3_600_000_000


def city_days(hours_us: Iterable[int]) -> set[date]:
    """The city days (UTC+7) that hours, microseconds of their start, belong to."""
    return {_EPOCH + timedelta(days=number) for number in {(int(us) + _CITY_US) // _DAY_US for us in hours_us}}


def note_written(conn: psycopg.Connection, domain: str, hours_us: Iterable[int]) -> None:
    """Say that figures of these hours have been written, in the transaction that writes them.

    One rolls up at a time, so two of these never wait for each other.
    """
    days = sorted(city_days(hours_us))
    if days:
        conn.execute(
            "INSERT INTO rollup_day (domain, day) SELECT %s, unnest(%s::date[])"
            " ON CONFLICT (domain, day) DO UPDATE SET version = rollup_day.version + 1, changed_at = clock_timestamp()",
            [domain, days],
        )
