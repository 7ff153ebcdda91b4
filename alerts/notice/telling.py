"""An alert in the facts that messages are made of: rule, place, values, who handles it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import psycopg

from alerts.life.rows import Alert
from alerts.messages import links
from alerts.messages.content import Telling, Told
from alerts.notice.book import Book
from alerts.notice.news import Said
from alerts.notice.route import Concern
from alerts.rules.model import Indexed
from infra.catalog import Catalog
from infra.security import signs
from infra.security.words import say


@dataclass(frozen=True)
class City:
    """What messages say of places, and where their links lead. ``map_link`` holds {lat} and {lon}; empty: none."""

    catalog: Catalog
    base_url: str
    map_link: str = ""

    @cached_property
    def zones(self) -> Mapping[str, str]:
        return {z.code: z.vi for z in self.catalog.zones}

    @cached_property
    def centres(self) -> Mapping[str, tuple[float, float]]:
        """The middle of each ward, degrees: what a map shows of an alert without a sensor."""
        return {z.code: (z.lat, z.lon) for z in self.catalog.zones}

    @cached_property
    def areas(self) -> Mapping[str, tuple[str, str]]:
        return {a.code: (a.vi, a.en) for a in self.catalog.areas}


@dataclass(frozen=True)
class Sensor:
    """What the registry says of one sensor."""

    name: str
    place: str
    lat: float | None
    lon: float | None


def sensors(conn: psycopg.Connection, alerts: Iterable[Alert]) -> dict[int, Sensor]:
    """The sensors of alerts, by their numbers."""
    numbers = list({a.sensor for a in alerts if a.sensor is not None})
    if not numbers:
        return {}
    rows = conn.execute("SELECT id, name, place, lat, lon FROM sensor WHERE id = ANY(%s)", [numbers])
    return {number: Sensor(*rest) for number, *rest in rows}


def told(
    conn: psycopg.Connection,
    book: Book,
    city: City,
    alert: Alert,
    said: Said,
    *,
    concerns: Iterable[Concern],
    sensor: Sensor | None,
    flip: int | None,
    kind: Telling,
    ack_url: str | None = None,
    children: int = 0,
) -> Told:
    """One alert as it stands, for a message of that kind that says ``said`` of it."""
    rule = book.rule(conn, alert.rule, alert.rule_version)
    area = city.areas.get(alert.area, (alert.area, alert.area))
    zone = city.zones.get(alert.zone or "")
    parent = alert.subject.removeprefix("parent/") if alert.subject.startswith("parent/") else None
    outside = say(alert.subject) or (None, None)
    spots = [parent, sensor.place if sensor else None, zone]
    place_vi, place_en = (", ".join(s for s in (outside[i], *spots, area[i]) if s) for i in (0, 1))
    handling = [
        book.departments[c.department] for c in concerns if c.role == "handles" and c.department in book.departments
    ]
    measure = _measure(city, rule.condition if rule else None, alert.domain)
    lat, lon = (sensor.lat, sensor.lon) if sensor else city.centres.get(alert.zone or "", (None, None))
    over = said == "resolved"
    placed = city.map_link and lat is not None and lon is not None
    return Told(
        id=alert.id, rule=alert.rule, version=alert.rule_version, vi=rule.vi if rule else alert.rule,
        en=rule.en if rule else alert.rule, kind=alert.kind, severity=alert.severity,  # type: ignore[arg-type]
        subject=alert.subject, area=alert.area, started_at=alert.started_at, at=alert.value_at or alert.started_at,
        what=said if said != kind and kind in ("firing", "lost", "flapping", "resolved", "summary") else None,
        place_vi=place_vi, place_en=place_en,
        domain=alert.domain, zone=alert.zone, zone_name=zone, sensor_id=alert.sensor_id,
        sensor_name=sensor.name or None if sensor else None, lat=lat, lon=lon, measure_vi=measure[0],
        measure_en=measure[1], value=alert.value, threshold=alert.threshold, peak=alert.peak, unit=alert.unit,
        legal_basis=rule.legal_basis if rule else None, advice_vi=rule.advice_vi if rule else "",
        advice_en=rule.advice_en if rule else "", department_vi=", ".join(d.vi for d in handling),
        department_en=", ".join(d.en for d in handling), state=_state(alert, said), condition=alert.condition,
        flip=flip, raises=max(alert.raises, 1), children=children, ended_at=_ended(alert) if over else None,
        acknowledged_by=alert.acknowledged_by, assigned_to=alert.assigned_to, ack_url=None if over else ack_url,
        map_url=links.map_page(city.map_link, lat or 0.0, lon or 0.0) if placed else None,
        why_url=links.alert_page(city.base_url, alert.id),
    )  # fmt: skip


def _state(alert: Alert, said: Said) -> str:
    # A critical alert that is over already is told first that it fires: the message says what it is about.
    return "firing" if said != "resolved" and alert.state in ("resolved", "closed") else alert.state


def _ended(alert: Alert) -> datetime | None:
    return alert.resolved_at or alert.cleared_at or alert.closed_at


def _measure(city: City, condition: object, domain: str | None) -> tuple[str, str]:
    """What was measured, in words: the metric's own, else the code of the index."""
    if isinstance(condition, Indexed):
        sign = next((i for i in signs.INDICES if i.code == condition.index), None)
        return (sign.vi, sign.en) if sign else (condition.index, condition.index)
    name = getattr(condition, "metric", None)
    if name is None:
        return "", ""
    domains = city.catalog.registry.domains
    for known in [domains[domain]] if domain in domains else domains.values():
        metric = known.metric(name)
        if metric:
            return metric.vi, metric.en
    return name, name
