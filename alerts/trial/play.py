"""A unit test of rules played: its readings, in the order in which they come, through the judge itself; its clock is
the test's. Then what happened is held against what was expected, by event time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from alerts.judge.bind import OF_ROWS
from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.terms import SECOND
from alerts.judge.world import World, world
from alerts.rules.findings import Finding, error, meant
from alerts.rules.model import Indexed
from alerts.trial import series
from alerts.trial.cases import Placed
from alerts.trial.forms import CITY, Figures, Readings, event_of
from alerts.trial.verdict import held
from city.columns import QUALITIES, Columns
from city.registry import Domain
from city.sensors import Sensor
from infra.catalog import Catalog
from infra.indices import Item
from infra.indices.catalogue import judged
from infra.roster import groups_of, roster

#: How often the judge is asked in a test that lasts up to so long, both in seconds.
TICKS = ((5, 600), (15, 1800), (60, math.inf))


def play(test: Placed, catalog: Catalog) -> list[Finding]:
    """What was not as expected; errors of the file itself as well (an unknown zone or metric)."""
    case, found = test.case, []
    for i, thing in enumerate(case.sensors):
        found += _unknown(f"sensors.{i}", thing.domain, thing.zone, thing.site, catalog)
    domains = catalog.registry.domains
    of = {s.id: domains[s.domain] for s in case.sensors if s.domain in domains}
    for i, r in enumerate(case.readings):
        if r.sensor in of and of[r.sensor].metric(r.metric) is None:
            vi, en = meant(r.metric, (m.name for m in of[r.sensor].metrics))
            found.append(error("unknown_metric", f"readings.{i}.metric", f"{of[r.sensor].code} không có {r.metric}{vi}",
                               f"{of[r.sensor].code} has no metric {r.metric}{en}"))  # fmt: skip
    if not found:
        city = _world(test, catalog)
        events, poisoned = _judged(test, city)
        for code, why in poisoned.items():
            found.append(error("poisoned", "", f"không xét được {code}: {why}", f"{code} cannot be judged: {why}"))
        for n, one in enumerate(case.expect):
            found += held(one, f"expect.{n}", case, city, events)
    return [_placed(f, test) for f in found]


def _placed(finding: Finding, test: Placed) -> Finding:
    line, column = test.at(finding.where)
    return Finding(
        level="error", code=finding.code, vi=finding.vi, en=finding.en, where=finding.where, rule=test.case.name,
        file=test.file, line=line, column=column,
    )  # fmt: skip


def _unknown(where: str, domain: str, zone: str, site: str, catalog: Catalog) -> list[Finding]:
    out = []
    for what, given, known in (
        ("domain", domain, list(catalog.registry.domains)),
        ("zone", zone, [z.code for z in catalog.zones]),
        ("site", site, [s.site_id for s in catalog.sites]),
    ):
        if given and given not in known:
            vi, en = meant(given, known)
            out.append(error(f"unknown_{what}", f"{where}.{what}", f"không có {what} {given}{vi}",
                             f"there is no {what} {given}{en}"))  # fmt: skip
    return out


def _world(test: Placed, catalog: Catalog) -> World:
    """The city of the test: its sensors, and all zones and areas."""
    zone_of = {s.site_id: s.zone for s in catalog.sites}
    area_of = {z.code: z.area for z in catalog.zones}
    sensors = []
    for number, t in enumerate(test.case.sensors, 1):
        zone = t.zone or zone_of.get(t.site, "")
        area = t.area or area_of.get(zone) or catalog.areas[0].code
        sensors.append(
            Sensor(t.id, area, t.domain, zone=zone or None, site=t.site, lat=t.lat, lon=t.lon, parent=t.parent,
                   interval_s=t.interval_s or test.case.interval_s, metrics=t.metrics, tags=t.tags, id=number)
        )  # fmt: skip
    names = dict.fromkeys([r.channel for r in test.case.readings] + [e.channel for e in test.case.expect])
    channels = {"": 0, **{name: n for n, name in enumerate((c for c in names if c), 1)}}
    day = datetime.fromtimestamp(test.case.begin_us / SECOND, CITY).date()
    groups = groups_of(catalog.areas, catalog.zones, day)
    found = roster(sensors, catalog.registry, groups, channels=channels, version=1)
    return world(found, catalog.registry, catalog.zones, catalog.sites)


_Reading = tuple[int, int, float, Readings]  # comes at, is of, value


def _judged(test: Placed, city: World) -> tuple[list[Event], dict[str, str]]:
    """All that the judge says until the end of the test."""
    case, begin = test.case, test.case.begin_us
    readings = sorted(_readings(case.readings, begin, case.interval_s), key=lambda r: r[0])
    figures = sorted(_figures(case.figures, test, city), key=lambda f: f[0])
    named = [e.at_s or 0.0 for e in case.expect]
    named += [event_of(text)[1] or 0.0 for e in case.expect for text in e.events or ()]
    until = max([begin + round(s * SECOND) for s in (case.until_s, *named)]
                + [r[0] for r in readings[-1:]] + [f[0] for f in figures[-1:]])  # fmt: skip
    late = max((r.late_s for r in test.rules), default=0.0)
    tick = next(s for s, most in TICKS if until - begin <= most * SECOND) * SECOND
    if all(isinstance(r.condition, (*OF_ROWS, Indexed)) for r in test.rules):
        tick = until - begin + SECOND  # what they say does not depend on when they are asked
    judge = Judge(test.rules, city, begin)
    events: list[Event] = []
    now, i, j = begin, 0, 0
    # What is old makes its record only when nothing more of it comes: 10 s are enough, as in the engine.
    end = until + round(late * SECOND) + 15 * SECOND
    while True:
        first, i = i, _up_to(readings, i, now)
        for cols in _columns(readings[first:i], city):
            judge.take(cols, now)
        first, j = j, _up_to(figures, j, now)
        if j > first:
            judge.figures([item for _, item in figures[first:j]], now)
        events += judge.advance(now)
        following = [readings[i][0]] if i < len(readings) else []
        following += [figures[j][0]] if j < len(figures) else []
        if now >= end:
            break
        now = min([now + tick, end, *following])
    return [e for e in events if e.at_us <= until], judge.poisoned


def _up_to(found: Sequence[tuple[int, object] | _Reading], first: int, now: int) -> int:
    while first < len(found) and found[first][0] <= now:
        first += 1
    return first


def _times(one: Readings | Figures, begin: int, interval_s: float) -> Iterator[tuple[int, float]]:
    every = round((one.every_s or interval_s) * SECOND)
    values = [one.value] if one.value is not None else series.parse(one.series)
    for n, value in enumerate(values):
        if value is not None:
            yield begin + round(one.at_s * SECOND) + n * every, value


def _readings(given: Iterable[Readings], begin: int, interval_s: float) -> Iterator[_Reading]:
    for r in given:
        for at, value in _times(r, begin, interval_s):
            yield at + round(r.late_s * SECOND), at, value, r


def _columns(found: Sequence[_Reading], city: World) -> Iterator[Columns]:
    """The readings as the collector hands them on: those of one sensor, channel and time are one row."""
    rows: dict[tuple[str, int, str, str], dict[str, float]] = {}
    for _, at, value, r in found:
        rows.setdefault((r.sensor, at, r.channel, r.quality), {})[r.metric] = value
    numbers, channels = city.roster.numbers, {name: n for n, name in city.roster.channels.items()}
    domain_of = {s.sensor_id: s.domain for s in city.roster.sensors if s is not None}
    for code, mine in groupby(sorted(rows, key=lambda k: (domain_of[k[0]], k[1])), lambda k: domain_of[k[0]]):
        keys = list(mine)
        domain: Domain = city.registry.domains[code]
        names = tuple(m.name for m in domain.metrics)
        values = np.array([[rows[k].get(name, math.nan) for name in names] for k in keys])
        period = [city.roster.interval_s[numbers[k[0]]] for k in keys]
        yield Columns(
            code, names, np.array([numbers[k[0]] for k in keys], np.int32),
            np.array([channels[k[2]] for k in keys], np.int16), np.array([k[1] for k in keys], np.int64),
            np.array([QUALITIES.index(k[3]) for k in keys], np.uint8), np.array(period, np.float32), values,
        )  # fmt: skip


def _figures(given: Iterable[Figures], test: Placed, city: World) -> Iterator[tuple[int, Item]]:
    units = {i.code: i for i in judged()}
    zones = {g.zone: g.area for g in city.roster.groups if g.zone}
    for f in given:
        index = units.get(f.index)
        sensor = city.roster.sensors[city.roster.numbers[f.sensor]] if f.sensor else None
        zone = f.zone or (sensor.zone if sensor else None)
        area = f.area or (sensor.area if sensor else zones.get(f.zone, ""))
        for at, value in _times(f, test.case.begin_us, test.case.interval_s):
            stamp = datetime.fromtimestamp(at / SECOND, UTC).isoformat()
            subject = f.sensor or f.zone or f.area
            yield (
                at,
                Item(key=f"{f.index}/{subject}", index=f.index, area=area, zone=zone or None,
                     sensor_id=f.sensor or None, value=None if f.detail else value, unit=index.unit if index else "",
                     level=None, vi="", en="", colour=None, at=stamp, completeness=100.0, method="", legal_basis="",
                     details={**f.details, **_nested(f.detail, value)}),
            )  # fmt: skip


def _nested(path: str, value: float) -> dict[str, object]:
    out: object = value
    for name in reversed(path.split(".") if path else ()):
        out = {name: out}
    return out if isinstance(out, dict) else {}
