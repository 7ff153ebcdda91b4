"""Judges every sensor by its last 24 hours, and keeps the verdicts.

Read are rollups, a metric at a time and all sensors at once; the raw readings only where devices have marked them.
docs/quality.md says what the figures mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import psycopg
import structlog
from numpy.typing import NDArray

from city import quality, signs, topics
from city.quality import HOURS, Facts
from city.quality_words import UNKNOWN
from city.registry import Domain
from infra import quality_facts
from infra import sensors as registry
from infra.catalog import Catalog
from infra.quality_facts import HOUR_US, Found, Sensors
from infra.rollup import read
from infra.settings import Settings

Floats = NDArray[np.float64]
Log = structlog.typing.FilteringBoundLogger

#: Rollups that are further behind than this are not waited for: the running hour is judged from readings.
_BEHIND_US = 3 * HOUR_US


@dataclass(frozen=True)
class Judged:
    """How many sensors were judged, and how."""

    sensors: int
    trusted: int
    untrusted: int
    unknown: int


@dataclass
class _Part:
    """One domain on its way to a verdict."""

    domain: Domain
    names: list[str]
    sensors: Sensors
    found: Found


def untrusted(conn: psycopg.Connection) -> set[int]:
    """The numbers of the sensors that are not trusted."""
    return {number for (number,) in conn.execute("SELECT sensor FROM sensor_quality WHERE NOT trusted")}


def judge(conn: psycopg.Connection, catalog: Catalog, settings: Settings, now_us: int, log: Log) -> Judged:
    """Judge all sensors but the retired by the last 24 whole hours that are rolled up; one transaction.

    Before the first hours are rolled up, the running one counts as far as it has gone.
    """
    with conn.transaction():
        known = catalog.registry.with_ranges(registry.ranges(conn))
        from_us = _from(conn, known.domains.values(), now_us)
        parts = []
        for domain in known.domains.values():
            names, sensors = _sensors(conn, domain)
            if names:
                parts.append(_Part(domain, names, sensors, quality_facts.find(conn, domain, sensors, from_us)))
        before: dict[int, bool] = dict(conn.execute("SELECT sensor, trusted FROM sensor_quality").fetchall())
        rejected = _quarantined(conn, from_us, now_us)
        weight = _weight(parts, from_us, now_us)
        at = datetime.fromtimestamp(now_us / 1e6, UTC)
        rows: list[tuple[Any, ...]] = []
        for part in parts:
            rows += _verdicts(part, from_us, weight, rejected, before, settings.trust_limit)
        _write(conn, at, rows)
        if {n for n, trusted in before.items() if not trusted} != untrusted(conn):
            # Services look at the version, and read again who counts in figures.
            conn.execute("UPDATE registry_version SET version = version + 1")
    unknown = sum(score is None for _, score, *_ in rows)
    bad = sum(score is not None and not trusted for _, score, trusted, *_ in rows)
    done = Judged(len(rows), len(rows) - unknown - bad, bad, unknown)
    log.info("quality.judged", sensors=done.sensors, untrusted=done.untrusted, unknown=done.unknown)
    return done


def _from(conn: psycopg.Connection, domains: Any, now_us: int) -> int:
    """Where the 24 hours begin that are judged."""
    whole = now_us // HOUR_US * HOUR_US
    done = max((read.done_until_us(conn, d.code) for d in domains), default=0)
    end = min(whole, done // HOUR_US * HOUR_US)
    if end < whole - _BEHIND_US:
        end = whole + HOUR_US
    return end - HOURS * HOUR_US


def _sensors(conn: psycopg.Connection, domain: Domain) -> tuple[list[str], Sensors]:
    """Ids and columns of a domain's sensors."""
    rows = conn.execute(
        """SELECT id, sensor_id, lat, lon, zone, interval_s, metrics, (extract(epoch FROM created_at) * 1000000)::bigint
           FROM sensor WHERE domain = %s AND status <> 'retired' ORDER BY id""",
        [domain.code],
    ).fetchall()
    zones = {z: i for i, z in enumerate(sorted({r[4] for r in rows if r[4]}))}
    column = {m.name: i for i, m in enumerate(domain.metrics)}
    declared = np.zeros((len(rows), len(column)), bool)
    for i, row in enumerate(rows):
        declared[i, [column[m] for m in row[6] if m in column]] = True
    return [r[1] for r in rows], Sensors(
        np.array([r[0] for r in rows], np.int64),
        np.array([np.nan if r[2] is None else r[2] for r in rows], np.float64),
        np.array([np.nan if r[3] is None else r[3] for r in rows], np.float64),
        np.array([zones.get(r[4], -1) for r in rows], np.int64),
        3600 / np.array([r[5] or domain.interval_s for r in rows], np.float64),
        np.array([r[7] for r in rows], np.int64),
        declared,
    )


def _quarantined(conn: psycopg.Connection, from_us: int, now_us: int) -> dict[str, dict[str, int]]:
    """Readings in quarantine that nobody has replayed yet: by sensor and reason.

    Lines of files are left out: a wrong mapping says nothing about the device.
    """
    rows = conn.execute(
        """SELECT sensor_id, reason, sum(greatest(readings, 1))::bigint FROM quarantine_item
           WHERE received_at >= to_timestamp(%s) AND received_at <= to_timestamp(%s)
             AND sensor_id IS NOT NULL AND replayed_at IS NULL AND NOT starts_with(topic, %s)
           GROUP BY sensor_id, reason""",
        [from_us / 1e6, now_us / 1e6, topics.BACKFILL],
    )
    found: dict[str, dict[str, int]] = {}
    for name, reason, count in rows:
        found.setdefault(name, {})[reason] = count
    return found


def _weight(parts: Sequence[_Part], from_us: int, now_us: int) -> Floats:
    """How much of each hour counts: hours in which the whole city was silent, and what is still to come, do not."""
    if not parts:
        return np.zeros(HOURS)
    share = np.concatenate([p.found.rows / p.sensors.per_hour[:, None] for p in parts])
    gone = np.clip((now_us - from_us) / HOUR_US - np.arange(HOURS), 0, 1)
    weight: Floats = np.minimum(signs.awake(share), gone)
    return weight


def _due(part: _Part, weight: Floats, from_us: int) -> Floats:
    """Reports that each sensor should have sent in each hour: from its registration or its first report on."""
    heard = part.found.rows > 0
    first = np.where(heard.any(axis=1), heard.argmax(axis=1), HOURS)
    since = np.minimum((part.sensors.since_us - from_us) / HOUR_US, first)
    there = np.clip(np.arange(HOURS) + 1 - since[:, None], 0, 1)
    due: Floats = part.sensors.per_hour[:, None] * weight * there
    return due


def _verdicts(
    part: _Part,
    from_us: int,
    weight: Floats,
    rejected: Mapping[str, Mapping[str, int]],
    before: Mapping[int, bool],
    limit: int,
) -> list[tuple[Any, ...]]:
    """(number, score or None, trusted, reasons, facts as JSON) of each sensor of the domain."""
    found, size = part.found, len(part.names)
    due = _due(part, weight, from_us)
    complete = signs.completeness(found.rows, due)
    reports = found.rows.sum(axis=1)
    put_aside = np.array([sum(rejected.get(name, {}).values()) for name in part.names], np.float64)
    lag_s = signs.median(found.lag_s[:, :, None])[:, 0]
    least_s = np.fmin.reduce(found.lag_s, axis=1)
    marked = np.maximum(reports, found.calibrating + found.faulty)
    missing = part.sensors.declared & ~found.seen
    promised = np.maximum(part.sensors.declared.sum(axis=1), 1)
    every = put_aside + found.stored + found.calibrating + found.faulty
    facts = Facts(
        quarantined=np.where(put_aside >= quality.LEAST_QUARANTINED, put_aside / np.maximum(every, 1), 0),
        stuck=found.stuck.fact,
        drift=found.drift.fact,
        jumps=found.jumps.fact,
        incomplete=1 - complete,
        clock_ahead=np.maximum(-lag_s, 0),
        clock_behind=np.maximum(least_s, 0),
        faulty=found.faulty / np.maximum(marked, 1),
        calibrating=found.calibrating / np.maximum(marked, 1),
        metric_missing=np.where(found.stored > 0, missing.sum(axis=1) / promised, 0),
    )
    points = quality.lost(facts)
    score = quality.scores(points)
    known = quality.enough(reports + put_aside, due.sum(axis=1))
    was = np.array([before.get(int(n), True) for n in part.sensors.numbers], bool)
    trusted = quality.trusted(score, known, was, limit)
    out = []
    for i in range(size):
        shown = {"reports": int(reports[i]), "due": round(float(due[i].sum()))}
        figures = {**shown, "completeness": _share(complete[i]), "lag_s": _share(lag_s[i])}
        why: dict[str, dict[str, Any]] = {}
        if not known[i]:
            why[UNKNOWN] = {"points": 0, "count": int(reports[i])}
        else:
            for code in sorted((c for c in points if points[c][i]), key=lambda c: -int(points[c][i])):
                why[code] = {"points": int(points[code][i]), **_about(part, facts, code, i, rejected)}
        out.append(
            (
                int(part.sensors.numbers[i]), int(score[i]) if known[i] else None, bool(trusted[i]), list(why),
                msgspec.json.encode({"figures": figures, "reasons": why}).decode(),
            )
        )  # fmt: skip
    return out


def _share(x: float) -> float | None:
    return None if np.isnan(x) else round(float(x), 4)


def _about(part: _Part, facts: Facts, code: str, i: int, rejected: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """What is to be known about one reason of one sensor."""
    value = float(getattr(facts, code)[i])
    found = part.found
    match code:
        case "stuck" | "drift" | "jumps":
            about: dict[str, Any] = getattr(found, code).about[i]
            return {**about, "now": value == 2} if code == "stuck" else about
        case "quarantined":
            reasons = rejected[part.names[i]]
            why = max(reasons, key=lambda r: reasons[r])
            return {"percent": _percent(value), "count": sum(reasons.values()), "why": why}
        case "clock_ahead" | "clock_behind":
            return {"seconds": round(value)}
        case "incomplete":
            return {"percent": _percent(1 - value)}
        case "metric_missing":
            lacks = part.sensors.declared[i] & ~found.seen[i]
            return {"metrics": [m.name for m, lack in zip(part.domain.metrics, lacks, strict=True) if lack]}
        case _:
            return {"percent": _percent(value)}


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _write(conn: psycopg.Connection, at: datetime, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put the verdicts in place of the ones before, and count them for the history of this city day."""
    fields = "sensor, score, trusted, reasons, facts"
    conn.execute(f"CREATE TEMP TABLE judged ON COMMIT DROP AS SELECT {fields} FROM sensor_quality WITH NO DATA")  # nosec B608
    with conn.cursor() as cur, cur.copy(f"COPY judged ({fields}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)
    # A sensor may have been taken away meanwhile.
    conn.execute(
        f"""INSERT INTO sensor_quality (at, {fields})
            SELECT %s, {fields} FROM judged j WHERE EXISTS (SELECT FROM sensor s WHERE s.id = j.sensor)
            ON CONFLICT (sensor) DO UPDATE SET at = EXCLUDED.at, score = EXCLUDED.score, trusted = EXCLUDED.trusted,
                reasons = EXCLUDED.reasons, facts = EXCLUDED.facts""",  # nosec B608
        [at],
    )
    conn.execute("DELETE FROM sensor_quality q WHERE NOT EXISTS (SELECT FROM judged j WHERE j.sensor = q.sensor)")
    conn.execute(
        """INSERT INTO quality_day
           SELECT ((%(at)s::timestamptz AT TIME ZONE 'UTC') + interval '7 hours')::date, s.area, coalesce(s.zone, ''),
                  s.domain, %(at)s, count(*), count(*) FILTER (WHERE q.score IS NOT NULL AND q.trusted),
                  count(*) FILTER (WHERE q.score IS NOT NULL AND NOT q.trusted),
                  count(*) FILTER (WHERE q.score IS NULL),
                  avg((q.facts #>> '{figures,completeness}')::real)
           FROM sensor_quality q JOIN sensor s ON s.id = q.sensor GROUP BY 1, 2, 3, 4
           ON CONFLICT (day, area, zone, domain) DO UPDATE SET at = EXCLUDED.at, sensors = EXCLUDED.sensors,
               trusted = EXCLUDED.trusted, untrusted = EXCLUDED.untrusted, unknown = EXCLUDED.unknown,
               completeness = EXCLUDED.completeness""",
        {"at": at},
    )
    conn.execute("DROP TABLE judged")
