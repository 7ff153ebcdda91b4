"""Readings of the past for a replay, from the database in the order of time: raw ones where they are kept, and where
only minutes are kept each minute's mean, at the minute's end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec
import numpy as np
import psycopg
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.terms import SECOND
from alerts.judge.world import World
from alerts.rules.model import Absence, Aggregate
from city.columns import Columns, join
from city.registry import Domain
from infra import readings
from infra.indices import City, Item
from infra.indices import catalogue as indices
from infra.indices.stations import DOMAIN as STATIONS
from infra.rollup import read as rollups
from infra.shown import Shown
from infra.times import micros, rfc3339

HOUR_US, MINUTE_US = 3600 * SECOND, 60 * SECOND
#: Rows that are read and judged at a time, about.
ROWS = 400_000
_MOST_US = 24 * HOUR_US


class Source(Shown, frozen=True, kw_only=True):
    """What a domain's history was read from."""

    shown_as = "ReplaySource"
    domain: str
    kept: Literal["readings", "minutes", "hours"]
    since: str
    until: str


@dataclass(frozen=True)
class Wanted:
    """What rules look at in one domain: its metrics, and the sensors (None: all of them)."""

    domain: Domain
    sensors: tuple[int, ...] | None
    raw_us: int


def wanted(conn: psycopg.Connection, bounds: Sequence[Bound], world: World) -> list[Wanted]:
    """What the rules look at, domain by domain: minutes where the readings are gone."""
    out = []
    for domain in world.registry.domains.values():
        mask = np.zeros(world.roster.size, bool)
        names: set[str] = set()
        for b in bounds:
            c = b.rule.condition
            if isinstance(c, Aggregate):
                there = domain.metric(c.metric) is not None and b.rule.scope.domain in ((), (domain.code,))
                mask |= there
                names |= {c.metric} if there else set()
            elif domain.code in b.masks:
                mask |= b.masks[domain.code]
                # A silent sensor is silent in all that it measures.
                whole = isinstance(c, Absence)
                names |= {m.name for m in domain.metrics} if whole else {getattr(c, "metric", "")}
        metrics = tuple(m for m in domain.metrics if m.name in names)
        if mask.any() and metrics:
            few = mask.sum() < 0.5 * (world.roster.domain == _place(world, domain.code)).sum()
            numbers = tuple(np.flatnonzero(mask).tolist()) if few else None
            out.append(Wanted(replace_metrics(domain, metrics), numbers, _raw_us(conn, domain.code)))
    return out


def quicker(
    conn: psycopg.Connection, found: Sequence[Wanted], world: World, from_us: int, to_us: int, rows: int
) -> list[Wanted]:
    """The same by minutes wherever these are ready, for domains of which more than ``rows`` readings would be read."""
    out = []
    for w in found:
        mine = np.array(w.sensors, np.int64) if w.sensors is not None else np.flatnonzero(_of(world, w.domain.code))
        per_s = float((1 / np.maximum(world.roster.interval_s[mine], 1e-3)).sum())
        many = per_s * (to_us - max(from_us, w.raw_us)) / SECOND > rows
        ready = rollups.done_until_us(conn, w.domain.code) if many else w.raw_us
        edge = max(w.raw_us, min(ready, to_us // HOUR_US * HOUR_US))
        out.append(replace(w, raw_us=edge) if edge > from_us else w)
    return out


def _of(world: World, domain: str) -> NDArray[np.bool_]:
    mine: NDArray[np.bool_] = world.roster.domain == _place(world, domain)
    return world.active & mine


def _place(world: World, domain: str) -> int:
    return [d.code for d in world.roster.domains].index(domain)


def replace_metrics(domain: Domain, metrics: Sequence[object]) -> Domain:
    """The domain as if it had only these."""
    return msgspec.structs.replace(domain, metrics=tuple(metrics))


def _raw_us(conn: psycopg.Connection, domain: str) -> int:
    """Readings before it are gone."""
    row = conn.execute(
        "SELECT CASE WHEN isfinite(raw_from) THEN raw_from END FROM rollup_state WHERE domain = %s", [domain]
    ).fetchone()
    return micros(row[0]) if row and row[0] is not None else -(1 << 62)


def sources(found: Sequence[Wanted], codes: Collection[str], from_us: int, to_us: int) -> list[Source]:
    """What [from, to) is read from; ``codes`` are those of indices."""
    since, until = rfc3339(from_us), rfc3339(to_us)
    out = [Source(domain=STATIONS, kept="hours", since=since, until=until)] if codes else []
    for w in found:
        edge = min(max(w.raw_us, from_us), to_us)
        for kept, a, b in (("minutes", from_us, edge), ("readings", edge, to_us)):
            if b > a:
                out.append(Source(domain=w.domain.code, kept=kept, since=rfc3339(a), until=rfc3339(b)))  # type: ignore[arg-type]
    return out


def steps(
    conn: psycopg.Connection, found: Sequence[Wanted], from_us: int, to_us: int
) -> Iterator[tuple[list[Columns], int]]:  # fmt: skip
    """The readings of (from, to) in steps of about ROWS rows, with the moment up to which each goes."""
    at, size = from_us, HOUR_US
    while at < to_us:
        # Whole hours: minutes are kept by the hour.
        until = min((at + size) // HOUR_US * HOUR_US, to_us)
        parts = [p for w in found for p in _between(conn, w, at, until)]
        rows = sum(len(p) for p in parts)
        yield parts, until
        at = until
        if rows < ROWS // 2:
            size = min(size * 2, _MOST_US)
        elif rows > ROWS and size > HOUR_US:
            size = max(HOUR_US, size // 2)


def said(
    conn: psycopg.Connection, city: City, codes: Collection[str], from_us: int, until_us: int
) -> list[tuple[int, list[Item]]]:
    """What these indices said whenever they were new in (from, until], in the order of time."""
    out: dict[int, list[Item]] = {}
    for code in sorted(codes):
        for item in indices.past(conn, city, code, from_us, until_us):
            if item.at is not None:
                out.setdefault(micros(datetime.fromisoformat(item.at)), []).append(item)
    return sorted(out.items())


def _between(conn: psycopg.Connection, w: Wanted, from_us: int, until_us: int) -> list[Columns]:
    """The rows of [from, until) in one."""
    edge = min(max(w.raw_us, from_us), until_us)
    parts = [_minutes(conn, w, from_us, edge)] if edge > from_us else []
    if until_us > edge:
        parts += readings.fetch(conn, w.domain, since_us=edge - 1, until_us=until_us - 1, sensors=w.sensors)
    parts = [p for p in parts if len(p)]
    return [join(parts)] if parts else []


def _minutes(conn: psycopg.Connection, w: Wanted, from_us: int, until_us: int) -> Columns:
    """Each minute's mean as one reading, at the minute's end."""
    names = tuple(m.name for m in w.domain.metrics)
    begin = from_us // HOUR_US * HOUR_US
    found = rollups.minutes(conn, w.domain, names, from_us=begin, to_us=until_us, sensors=w.sensors)
    values = np.stack([found.mean[n].astype(np.float64) for n in names], axis=-1).reshape(-1, len(names))
    time_us = (found.time_us[:, None] + (np.arange(60) + 1) * MINUTE_US - 1).reshape(-1)
    rows = ~np.isnan(values).all(axis=1) & (time_us >= from_us) & (time_us < until_us)
    n = int(rows.sum())
    return Columns(
        w.domain.code, names, np.repeat(found.sensor, 60)[rows].astype(np.int32),
        np.repeat(found.channel, 60)[rows].astype(np.int16), time_us[rows], np.zeros(n, np.uint8),
        np.full(n, 60, np.float32), values[rows],
    )  # fmt: skip
