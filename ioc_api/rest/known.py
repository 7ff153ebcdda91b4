"""Whether what a filter names exists: an answer with nothing in it would look like one about something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import psycopg

from ioc_api import asking
from ioc_api.problems import Stop
from ioc_api.service import Service

_NAMED, _SHOWN = 30, 80
#: The end of a list that is cut, in Vietnamese.
MORE = "và {} nữa"

#: What filters are called in Vietnamese.
_VI = {
    "area": "khu vực", "zone": "phường, xã", "domain": "lĩnh vực", "metric": "đại lượng", "department": "đơn vị",
    "rule": "quy tắc", "channel": "kênh", "window": "cửa sổ", "index": "chỉ số", "reason": "lý do",
}  # fmt: skip


def listed(names: Iterable[str], more: str = "and {} more") -> str:
    """The names in their order, not more than can be read."""
    found = sorted(names)
    rest = f" {more.format(len(found) - _NAMED)}" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + rest


def among(name: str, wanted: Iterable[str] | None, known: Collection[str], part: str = "query") -> None:
    """422 for the first value of a filter (or of a field of the body) that is not one of those there are."""
    for value in wanted or ():
        if value not in known:
            given, vi = repr(value[:_SHOWN]), _VI.get(name, name)
            raise Stop(
                422,
                f"{part}.{name}: không có {vi} {given}; có {listed(known, MORE)}"
                f" / there is no {name} {given}; there are {listed(known)}",
            )


def held(service: Service, sensor_id: str) -> bool:
    """Whether there is such a sensor for whoever is asking: what is not in their part of the city is not there."""
    roster = service.live.roster
    number = roster.numbers.get(sensor_id)
    return number is not None and bool(asking.part().sensors(roster)[number])


def sensors(service: Service, wanted: Iterable[str] | None) -> None:
    """404 for the first id that is no sensor's."""
    for sensor_id in wanted or ():
        if service.live.roster.version < 0:
            raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
        if not held(service, sensor_id):
            raise _no_sensor(sensor_id)


def _no_sensor(sensor_id: str) -> Stop:
    return Stop(
        404,
        f"query.sensor: không có cảm biến {sensor_id[:_SHOWN]!r}; GET /api/v1/sensors có danh sách"
        f" / there is no such sensor: {sensor_id[:_SHOWN]!r}; GET /api/v1/sensors lists those there are",
    )


def kept(
    conn: psycopg.Connection,
    *,
    department: Sequence[str] | None = None,
    rule: Sequence[str] | None = None,
    sensor: Sequence[str] | None = None,
    channel: Sequence[int] | None = None,
) -> None:
    """The same for what the database knows best: departments, rules and channels (422), and sensors (404). What is no
    more, but has had alerts, is there."""
    for name, wanted in (("department", department), ("rule", rule), ("channel", channel)):
        if wanted:
            there = {str(code) for (code,) in conn.execute(_KEPT[name])}
            gone = [str(w) for w in wanted if str(w) not in there]
            if name == "rule":
                gone = [w for w in gone if conn.execute(_JUDGED, [w]).fetchone() is None]
            among(name, gone, there)
    for sensor_id in sensor or ():
        if conn.execute(_SENSOR, {"sensor": sensor_id}).fetchone() is None:
            raise _no_sensor(sensor_id)


_KEPT = {
    "department": "SELECT code FROM department",
    "rule": "SELECT code FROM rule",
    "channel": "SELECT id FROM notice_channel",
}
_JUDGED = "SELECT 1 FROM alert WHERE rule = %s LIMIT 1"
_SENSOR = """SELECT 1 FROM sensor WHERE sensor_id = %(sensor)s
             UNION ALL SELECT 1 FROM alert WHERE sensor_id = %(sensor)s LIMIT 1"""


def check(
    service: Service,
    *,
    area: Sequence[str] | None = None,
    zone: Sequence[str] | None = None,
    domain: Sequence[str] | None = None,
    metric: Sequence[str] | None = None,
    sensor: Sequence[str] | None = None,
) -> None:
    """The filters that questions have in common: 422 for an unknown area, zone, domain or metric, 404 for a sensor.

    What is not in the part of whoever is asking is unknown. A zone is known whatever the area beside it, and a metric
    whatever the domain: both together may take nothing.
    """
    catalog, part = service.catalog, asking.part()
    domains = catalog.registry.domains
    mine = part.domains(domains)
    among("area", area, part.areas(catalog.area_codes))
    among("zone", zone, set(part.zones(z.code for z in catalog.zones)) if zone else ())
    among("domain", domain, mine)
    among("metric", metric, {m.name for d in mine for m in domains[d].metrics} if metric else ())
    sensors(service, sensor)
