"""What there is to publish, read from the database in one short look a request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from city.registry import Domain
from infra.times import micros, now_us, rfc3339
from ioc_api.faults import vi
from ioc_api.opendata.calendar import Span, city_day, public_until, whole_days_until
from ioc_api.problems import Stop
from ioc_api.service import Service


@dataclass(frozen=True)
class Listed:
    """A city day that has figures; ``whole``: all of it is published."""

    day: date
    changed_us: int
    whole: bool


@dataclass(frozen=True)
class Holding:
    """What a domain has: the end of what is published (None: nothing), its days, and when they last changed."""

    until_us: int | None
    first: date | None
    last: date | None
    changed_us: int | None
    #: The newest day and month of which all is published, or the newest at all where none is whole yet.
    newest_day: date | None
    newest_month: date | None


@dataclass(frozen=True)
class Version:
    """What a file is made from: the same text, the same file. ``span`` is cut to what is published."""

    text: str
    changed_us: int
    until_us: int
    whole: bool


_STATE = """
    SELECT domain, CASE WHEN isfinite(done_until) THEN (extract(epoch FROM done_until) * 1000000)::bigint END
    FROM rollup_state"""
#: What a file of sensors says besides their figures: where they are, how often they report, and who is trusted.
_SENSORS = """
    SELECT count(*), max(s.updated_at), bit_xor(hashint8extended(s.id, 0)) FILTER (WHERE NOT q.trusted)
    FROM sensor s LEFT JOIN sensor_quality q ON q.sensor = s.id WHERE s.domain = %s"""


def domains(service: Service) -> dict[str, Domain]:
    """The domains that are open data, by their codes."""
    left_out = {code.strip() for code in service.settings.open_except.split(",")}
    return {code: d for code, d in service.intake.registry.domains.items() if code not in left_out}


async def _until(conn: psycopg.AsyncConnection[Any], service: Service) -> dict[str, int | None]:
    rows = await (await conn.execute(_STATE)).fetchall()
    now, delay_s = now_us(), service.settings.open_delay_s
    return {domain: public_until(done, now, delay_s) for domain, done in rows}


async def holdings(service: Service) -> tuple[Mapping[str, Holding], int]:
    """What each domain has, and since when open data is served here (microseconds)."""
    async with service.database.connection() as conn:
        until = await _until(conn, service)
        found = {}
        for code in domains(service):
            found[code] = await _holding(conn, code, until.get(code))
        row = await (
            await conn.execute("SELECT applied_at FROM migration WHERE name LIKE '%published_days%'")
        ).fetchone()
    return found, micros(row[0]) if row else now_us()


async def _holding(conn: psycopg.AsyncConnection[Any], domain: str, until_us: int | None) -> Holding:
    nothing = Holding(until_us, None, None, None, None, None)
    if until_us is None:
        return nothing
    row = await (
        await conn.execute(
            "SELECT min(day), max(day), max(changed_at), max(day) FILTER (WHERE day < %(today)s)"
            " FROM rollup_day WHERE domain = %(domain)s AND day <= %(last)s",
            {"domain": domain, "today": city_day(until_us), "last": city_day(until_us - 1)},
        )
    ).fetchone()
    if row is None or row[0] is None:
        return nothing
    first, last, changed, whole = row
    return Holding(until_us, first, last, micros(changed), whole or last, whole and whole.replace(day=1))


async def days(service: Service, domain: str) -> tuple[Holding, list[Listed]]:
    """All days of a domain that have published figures, newest first."""
    async with service.database.connection() as conn:
        until_us = (await _until(conn, service)).get(domain)
        held = await _holding(conn, domain, until_us)
        if until_us is None:
            return held, []
        today = city_day(until_us)
        rows = await (
            await conn.execute(
                "SELECT day, changed_at FROM rollup_day WHERE domain = %s AND day <= %s ORDER BY day DESC",
                [domain, city_day(until_us - 1)],
            )
        ).fetchall()
    return held, [Listed(day, micros(changed), day < today) for day, changed in rows]


async def sensors_changed(service: Service) -> int | None:
    """When the register of sensors last changed, microseconds; None where it is empty."""
    async with service.database.connection() as conn:
        row = await (await conn.execute("SELECT max(updated_at) FROM sensor")).fetchone()
    return micros(row[0]) if row and row[0] else None


async def version(service: Service, domain: str, span: Span, *, whole_days: bool, of_sensors: bool) -> Version:
    """What the file of that span is made from; Stop with 404 where nothing of it is published.

    ``whole_days``: only days that have wholly passed are in it; ``of_sensors``: it has a row a sensor. It is looked up
    before the file is read, so a change in between makes the file newer than its tag, and the next question is
    answered in full.
    """
    async with service.database.connection() as conn:
        until_us = (await _until(conn, service)).get(domain)
        cut = until_us if until_us is None or not whole_days else whole_days_until(until_us)
        row: Any = None
        if cut is not None and cut > span.from_us:
            row = await (
                await conn.execute(
                    "SELECT sum(version)::bigint, max(changed_at), count(*) FROM rollup_day"
                    " WHERE domain = %s AND day BETWEEN %s AND least(%s, %s)",
                    [domain, span.first, span.last, city_day(cut - 1)],
                )
            ).fetchone()
        held = await _holding(conn, domain, until_us)
        sensors = await (await conn.execute(_SENSORS, [domain])).fetchone() if of_sensors else None
    if cut is None or held.first is None:
        raise Stop(404, "chưa công bố gì của lĩnh vực này / nothing of this domain has been published yet")
    if cut <= span.from_us:
        raise Stop(404, _not_yet(service, cut, whole_days=whole_days))
    if row is None or not row[2]:
        raise Stop(404, f"không có số liệu lúc đó; có từ {held.first} đến {held.last}"
                   f" / there are no figures of that time; the first are of {held.first}, the last of"
                   f" {held.last}")  # fmt: skip
    until = min(cut, span.to_us)
    text = repr((row[0], micros(row[1]), row[2], until, sensors, service.settings.untrusted))
    return Version(text, micros(row[1]), until, until == span.to_us)


def _not_yet(service: Service, cut: int, *, whole_days: bool) -> str:
    en = "days are published when they have wholly passed" if whole_days else "hours are published"
    after, until = service.settings.open_delay_s, rfc3339(cut)
    return (
        f"thời gian này chưa công bố: từng {'ngày' if whole_days else 'giờ'} được công bố {vi(after)} giây sau khi hết;"
        f" hiện có số liệu trước {until} / that time has not been published yet: {en}, {after} s after their end;"
        f" so far there is what lies before {until}"
    )


def tag(*parts: str) -> str:
    """An entity tag; a weak one, since an answer may be sent packed or not."""
    return f'W/"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'
