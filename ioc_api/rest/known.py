"""Whether what a filter names exists: an answer with nothing in it would look like one about something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ioc_api import asking
from ioc_api.problems import Stop
from ioc_api.service import Service

_NAMED, _SHOWN = 30, 80


def listed(names: Iterable[str]) -> str:
    """The names in their order, not more than can be read."""
    found = sorted(names)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def among(name: str, wanted: Iterable[str] | None, known: Collection[str]) -> None:
    """422 for the first value of a filter that is not one of those there are."""
    for value in wanted or ():
        if value not in known:
            raise Stop(422, f"query.{name}: there is no {name} {value[:_SHOWN]!r}; there are {listed(known)}")


def held(service: Service, sensor_id: str) -> bool:
    """Whether there is such a sensor for whoever is asking: what is not in their part of the city is not there."""
    roster = service.live.roster
    number = roster.numbers.get(sensor_id)
    return number is not None and bool(asking.part().sensors(roster)[number])


def sensors(service: Service, wanted: Iterable[str] | None) -> None:
    """404 for the first id that is no sensor's."""
    for sensor_id in wanted or ():
        if service.live.roster.version < 0:
            raise Stop(503, "the registry has not been read yet", {"Retry-After": "2"})
        if not held(service, sensor_id):
            raise Stop(
                404,
                f"query.sensor: there is no such sensor: {sensor_id[:_SHOWN]!r}; GET /api/v1/sensors lists those there"
                " are",
            )


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
