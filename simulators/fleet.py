"""Where the virtual sensors stand: first the places of the catalogue, then as many around them as are asked for.

The nth sensor of a domain is the same whatever the number of sensors: a larger city contains the smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise, zip_longest

from city.places import Site, Zone
from city.sensors import Sensor
from infra.catalog import Catalog
from infra.errors import ConfigError
from simulators import noise

DEFAULT_DOMAINS = ("traffic", "environment", "lighting")
#: Share of each domain in a mixed city; one that is not listed counts 0.1.
SHARES = {"traffic": 0.3, "environment": 0.2, "lighting": 0.5, "electricity": 0.1, "water": 0.1}
#: Which kinds of a site a domain's sensors stand at.
KINDS = {"environment": ("environment", "noise"), "water": ("water", "water_level")}
SHORT = {"traffic": "GT", "environment": "MT", "electricity": "DN", "water": "NU"}

AIR = ("pm2_5", "pm10", "temperature", "humidity")
SKY = ("temperature", "humidity", "pressure", "rainfall", "wind_speed", "wind_direction")
LAMP = ("lamp_on", "dim", "power", "voltage", "current", "energy", "power_factor")
CABINET = ("voltage", "power", "current", "energy", "power_factor", "illuminance")
GAUGE = ("level", "battery", "signal")
MAINS = ("pressure_bar", "water_flow", "ph", "turbidity", "chlorine")

RUN = 5  # lighting is handed out in runs: a cabinet and four lamps, then the next place
LAMPS = 29  # of a cabinet, at the most
STREET_M = 35.0


def build(
    catalog: Catalog, count: int, seed: int, areas: Sequence[str] = (), domains: Sequence[str] = ()
) -> list[Sensor]:
    """``count`` sensors of the areas (none: all) and domains (none: traffic, environment, lighting), by domain.

    ConfigError when an area or domain is not in the catalogue.
    """
    domains = tuple(dict.fromkeys(domains)) or DEFAULT_DOMAINS
    for code in domains:
        if code not in catalog.registry.domains:
            known = ", ".join(sorted(catalog.registry.domains))
            raise ConfigError(f"--domain {code}: no such domain; the domains are {known}")
    for code in areas:
        if code not in catalog.area_codes:
            known = ", ".join(sorted(catalog.area_codes))
            raise ConfigError(f"--area {code}: no such area; the areas are {known}")
    zones = {z.code: z for z in catalog.zones if not areas or z.area in areas}
    out: list[Sensor] = []
    for domain, number in zip(domains, _split(count, [SHARES.get(d, 0.1) for d in domains]), strict=True):
        out += islice(_Planner(catalog, zones, seed, domain).sensors(areas), number)
    return out


def _split(count: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in those proportions that add up to ``count``."""
    total = sum(shares)
    edges = [round(count * sum(shares[:i]) / total) for i in range(len(shares) + 1)]
    return [b - a for a, b in pairwise(edges)]


def _mingle(sites: Sequence[Site], zones: dict[str, Zone]) -> list[Site]:
    """Sites with the areas taking turns, so that a small city has something in each."""
    lists: dict[str, list[Site]] = {}
    for site in sites:
        lists.setdefault(zones[site.zone].area, []).append(site)
    return [s for row in zip_longest(*lists.values()) for s in row if s is not None]


class _Planner:
    """Hands out the sensors of one domain, without end."""

    def __init__(self, catalog: Catalog, zones: dict[str, Zone], seed: int, domain: str) -> None:
        self._catalog, self._zones, self._seed, self._domain = catalog, zones, seed, domain
        kinds = KINDS.get(domain, (domain,))
        inside = [s for s in catalog.sites if s.zone in zones]
        own = [s for s in inside if any(k in s.kinds for k in kinds)]
        self._own = _mingle(own, zones)
        self._order = self._own + [s for s in _mingle(inside, zones) if s not in own and not s.site_id.startswith("RV")]
        # A gauge across the river: outside every zone, read from the area on this bank.
        self._far = [s for s in catalog.sites if s.zone not in {z.code for z in catalog.zones}]

    def sensors(self, areas: Sequence[str]) -> Iterator[Sensor]:
        """All sensors in their order."""
        if self._domain == "lighting":
            yield from self._lights()
            return
        for site in self._own:
            yield from self._at_site(site)
        if self._domain == "water" and (not areas or "viet_yen" in areas):
            for site in self._far:
                yield self._sensor(f"{site.site_id}-MN01", site, None, "Mực nước", GAUGE)
        nth = 1
        while True:
            nth += 1
            for site in self._order:
                yield self._around(site, nth)

    def _at_site(self, site: Site) -> Iterator[Sensor]:
        """What stands at a place of the catalogue itself."""
        short = SHORT.get(self._domain, self._domain[:4].upper())
        if "water_level" in site.kinds and self._domain == "water":
            yield self._sensor(f"{site.site_id}-MN01", site, None, "Mực nước", GAUGE)
            return
        metrics = self._all()
        if self._domain == "environment" and "environment" not in site.kinds:
            metrics = ("noise", "battery", "signal")
        elif self._domain == "water":
            metrics = (*MAINS, "battery", "signal")
        yield self._sensor(f"{site.site_id}-{short}01", site, self._spot(site, "01", 0), self._title(), metrics)

    def _around(self, site: Site, nth: int) -> Sensor:
        """The nth sensor of this domain near a place."""
        sensor_id = f"{site.site_id}-{SHORT.get(self._domain, self._domain[:4].upper())}{nth:02d}"
        metrics = self._all()
        if self._domain == "environment":
            u = self._u(sensor_id, 1)
            own = metrics[:-2] if u < 0.2 else AIR if u < 0.6 else ("noise",) if u < 0.8 else SKY
            metrics = (*own, "battery", "signal")
        elif self._domain == "water":
            metrics = (*MAINS, "battery", "signal")
        return self._sensor(sensor_id, site, self._spot(site, sensor_id, 900), f"{self._title()} {nth}", metrics)

    def _lights(self) -> Iterator[Sensor]:
        """Cabinets with their lamps along a street."""
        turn = 0
        while True:
            for site in self._order:
                for k in range(turn * RUN, (turn + 1) * RUN):
                    yield self._light(site, *divmod(k, LAMPS + 1))
            turn += 1

    def _light(self, site: Site, street: int, lamp: int) -> Sensor:
        """Lamp number ``lamp`` of a street; 0 is its cabinet."""
        cabinet = f"{site.site_id}-TU{street + 1:02d}"
        lat, lon = self._spot(site, cabinet, 0 if street == 0 else 1200)
        if lamp == 0:
            name = f"Tủ điều khiển {street + 1}"
            return self._sensor(cabinet, site, (lat, lon), name, (*CABINET, "signal"))
        bearing = 2 * math.pi * self._u(cabinet, 2)
        along = STREET_M * ((lamp + 1) // 2) * (1 if lamp % 2 else -1)
        spot = self._inside(site, lat + along * math.cos(bearing) / 111_000, lon + along * math.sin(bearing) / 103_500)
        lamp_id = f"{cabinet}-D{lamp:02d}"
        lux = ("illuminance",) if self._u(lamp_id, 3) < 0.15 else ()
        return self._sensor(lamp_id, site, spot, f"Đèn {street + 1}/{lamp}", (*LAMP, *lux, "signal"), cabinet)

    def _sensor(
        self,
        sensor_id: str,
        site: Site,
        spot: tuple[float, float] | None,
        title: str,
        metrics: tuple[str, ...],
        parent: str = "",
    ) -> Sensor:
        zone = self._zones.get(site.zone)
        lat, lon = spot or (site.lat, site.lon)
        return Sensor(
            sensor_id,
            zone.area if zone else "viet_yen",
            self._domain,
            zone=zone.code if zone else None,
            name=f"{title} – {site.vi}",
            site=site.site_id,
            place=site.vi,
            lat=round(lat, 6),
            lon=round(lon, 6),
            parent=parent,
            metrics=metrics,
        )

    def _title(self) -> str:
        return self._catalog.registry.domains[self._domain].vi

    def _all(self) -> tuple[str, ...]:
        metrics = self._catalog.registry.domains[self._domain].metrics
        drop = {"electricity": ("battery",)}.get(self._domain, ())
        return tuple(m.name for m in metrics if m.name not in drop)

    def _u(self, name: str, what: int) -> float:
        return noise.key(self._seed, name, str(what)) / 2**64

    def _spot(self, site: Site, name: str, spread_m: float) -> tuple[float, float]:
        """A place about ``spread_m`` from the site, in its zone's box."""
        far = spread_m * math.sqrt(-math.log(1 - 0.98 * self._u(f"{site.site_id}/{name}", 4)))
        turn = 2 * math.pi * self._u(f"{site.site_id}/{name}", 5)
        return self._inside(site, site.lat + far * math.cos(turn) / 111_000, site.lon + far * math.sin(turn) / 103_500)

    def _inside(self, site: Site, lat: float, lon: float) -> tuple[float, float]:
        """The place itself, or mirrored back at the edge of the zone's box."""
        zone = self._zones[site.zone]
        return _mirror(lat, zone.min_lat, zone.max_lat), _mirror(lon, zone.min_lon, zone.max_lon)


def _mirror(x: float, low: float, high: float) -> float:
    """Fold a coordinate back into low to high (from outside by less than its width)."""
    x = 2 * low - x if x < low else 2 * high - x if x > high else x
    return min(max(x, low), high)
