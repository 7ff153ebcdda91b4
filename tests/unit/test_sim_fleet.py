"""Where the virtual sensors stand, and that the registry takes them."""

from __future__ import annotations

import io

import pytest

from infra import sensors as registry
from infra.catalog import Catalog
from infra.errors import ConfigError
from simulators import fleet

ALL = ("traffic", "environment", "lighting", "electricity", "water")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 30, 500, 3000])
def test_count_ids_and_places(catalog: Catalog, count: int) -> None:
    sensors = fleet.build(catalog, count, 1, (), ALL)
    assert len(sensors) == count
    assert len({s.sensor_id for s in sensors}) == count
    zones = {z.code: z for z in catalog.zones}
    for s in sensors:
        assert registry.check(s, catalog) == ""
        assert s.lat is not None
        assert s.lon is not None
        if s.zone is None:
            assert s.site == "RV-DC"  # the gauge across the river
        else:
            assert zones[s.zone].area == s.area
            assert zones[s.zone].covers(s.lat, s.lon)


def test_a_larger_city_contains_the_smaller_one(catalog: Catalog) -> None:
    small, large = (fleet.build(catalog, n, 5) for n in (50, 700))
    known = {s.sensor_id: s for s in large}
    assert all(known[s.sensor_id] == s for s in small)


def test_every_site_has_its_sensors(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 600, 1, (), ALL)
    for site in catalog.sites:
        domains = {s.domain for s in sensors if s.site == site.site_id}
        for kind in site.kinds:
            assert {"noise": "environment", "water_level": "water"}.get(kind, kind) in domains, site


def test_all_eight_zones_are_covered(catalog: Catalog) -> None:
    for domain in fleet.DEFAULT_DOMAINS:
        sensors = fleet.build(catalog, 300, 1, (), (domain,))
        assert {s.zone for s in sensors} == {z.code for z in catalog.zones}


def test_lamps_hang_on_cabinets(catalog: Catalog) -> None:
    lights = fleet.build(catalog, 2000, 1, (), ("lighting",))
    cabinets = {s.sensor_id for s in lights if not s.parent}
    assert "BG-TX-TU01" in cabinets
    fed = [s for s in lights if s.parent]
    assert {s.parent for s in fed} <= cabinets
    assert all("lamp_on" in s.metrics for s in fed)
    assert len(fed) > 4 * len(cabinets) * 0.9


def test_only_the_area_that_is_asked_for(catalog: Catalog) -> None:
    assert {s.area for s in fleet.build(catalog, 200, 1, ("viet_yen",), ALL)} == {"viet_yen"}
    assert {s.area for s in fleet.build(catalog, 200, 1, ("bac_giang",), ALL)} == {"bac_giang"}


def test_unknown_names_are_refused(catalog: Catalog) -> None:
    with pytest.raises(ConfigError, match=r"hanoi.*bac_giang"):
        fleet.build(catalog, 5, 1, ("hanoi",))
    with pytest.raises(ConfigError, match=r"parking.*traffic"):
        fleet.build(catalog, 5, 1, (), ("parking",))


def test_csv_and_back(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 100, 1, (), ALL)
    text = io.StringIO()
    registry.write_csv(sensors, text)
    text.seek(0)
    assert registry.read_csv(text, catalog) == sensors
