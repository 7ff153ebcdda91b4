"""The vocabulary that ships is complete, and a wrong domain file is refused with its place."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from city import places, registry
from city.registry import Registry, RegistryError
from infra.catalog import Catalog

EXPECTED = {
    "traffic": "flow count speed occupancy queue headway",
    "environment": ("pm2_5 pm10 no2 so2 co o3 temperature humidity pressure noise rainfall wind_speed wind_direction"),
    "lighting": "lamp_on dim power voltage current energy power_factor illuminance",
    "electricity": "voltage current power frequency power_factor energy",
    "water": "level pressure_bar water_flow ph turbidity chlorine",
}
COMMON = ("battery", "signal")
METRIC = '{ name = "fill", unit = "%", low = 0, high = 100, vi = "mức đầy", en = "fill" }'
HEAD = 'code = "waste"\nvi = "Rác"\nen = "Waste"\ninterval_s = 60\n'
NOTHING = "metric = []"


def parse(text: str, common: str = NOTHING) -> Registry:
    return registry.parse(common, [("waste.toml", text)])


def test_domains_and_metrics_of_the_contract(catalog: Catalog) -> None:
    domains = catalog.registry.domains
    assert set(domains) == set(EXPECTED)
    for code, names in EXPECTED.items():
        assert {m.name for m in domains[code].metrics} == {*names.split(), *COMMON}
        assert tuple(m.name for m in domains[code].metrics)[-2:] == COMMON


def test_both_languages_in_composed_form(catalog: Catalog) -> None:
    texts = [
        t
        for d in catalog.registry.domains.values()
        for t in (d.vi, d.en, *(x for m in d.metrics for x in (m.vi, m.en)))
    ]
    texts += [t for x in (*catalog.areas, *catalog.zones) for t in (x.vi, x.en)] + [s.vi for s in catalog.sites]
    for text in texts:
        assert text.strip() == text != ""
        assert unicodedata.is_normalized("NFC", text), text


def test_kinds_and_aggregates_make_sense(catalog: Catalog) -> None:
    for domain in catalog.registry.domains.values():
        assert domain.interval_s > 0
        for m in domain.metrics:
            assert m.low < m.high
            assert m.double == (m.kind == "counter")
            assert (m.aggregate == "increase") == (m.kind == "counter")
            assert (m.aggregate == "sum") == (m.kind == "delta")
    environment = catalog.registry.domains["environment"]
    assert environment.metric("wind_direction").aggregate == "circular"
    assert environment.metric("noise").aggregate == "energy"
    assert environment.metric("nothing") is None


def test_places_fit_together(catalog: Catalog) -> None:
    assert {a.code for a in catalog.areas} == {"bac_giang", "viet_yen"}
    assert len(catalog.zones) == 8
    assert len(catalog.sites) == 30
    assert {z.area for z in catalog.zones} == {a.code for a in catalog.areas}
    for zone in catalog.zones:
        assert zone.covers(zone.lat, zone.lon)
        assert not zone.covers(0, 0)
        assert zone.area_km2 > 0
    zones = {z.code: z for z in catalog.zones}
    for site in catalog.sites:
        assert site.kinds
        if site.zone in zones:
            assert zones[site.zone].covers(site.lat, site.lon), site


def test_a_zone_is_in_force_from_its_first_to_its_last_day(catalog: Catalog) -> None:
    zone = catalog.zones[0]
    assert not places.in_force(zone, date(2025, 6, 30))
    assert places.in_force(zone, date(2025, 7, 1))
    assert places.in_force(zone, date(2125, 7, 1))
    (old,) = places.parse_areas("code,vi,en,valid_from,valid_to\nx,X,X,2000-01-01,2025-06-30\n")
    assert places.in_force(old, date(2025, 6, 30))
    assert not places.in_force(old, date(2025, 7, 1))


def test_a_new_domain_is_a_file(catalog: Catalog) -> None:
    found = parse(
        HEAD + f"metric = [{METRIC}]",
        'metric = [{ name = "battery", unit = "%", low = 0, high = 100, vi = "p", en = "b" }]',
    )
    assert [m.name for m in found.domains["waste"].metrics] == ["fill", "battery"]
    assert found.domains["waste"].metrics[0].aggregate == "mean"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code = ", "waste.toml"),
        (HEAD.replace('"waste"', '"Waste"') + f"metric = [{METRIC}]", "code 'Waste'"),
        (HEAD.replace("60", "0") + f"metric = [{METRIC}]", "interval_s"),
        (HEAD.replace("60", '"60"') + f"metric = [{METRIC}]", "interval_s"),
        (HEAD, "metric is missing"),
        (HEAD + f"metric = [{METRIC}, {METRIC}]", "twice"),
        (HEAD + "metric = [" + METRIC.replace('"fill"', '"time"') + "]", "metric time"),
        (HEAD + "metric = [" + METRIC.replace('"fill"', '"a-b"') + "]", "metric a-b"),
        (HEAD + "metric = [" + METRIC.replace("low = 0", "low = 100") + "]", "low must be below high"),
        (HEAD + "metric = [" + METRIC.replace("low = 0", "low = true") + "]", "low is missing"),
        (HEAD + "metric = [" + METRIC.replace("unit", 'kind = "odd", unit') + "]", "kind is one of"),
        (HEAD + "metric = [" + METRIC.replace("unit", 'aggregate = "odd", unit') + "]", "aggregate is one of"),
        (HEAD + "metric = [" + METRIC.replace('en = "fill"', "en = 3") + "]", "en is missing"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(RegistryError, match="waste") as caught:
        parse(text)
    assert says in str(caught.value)


def test_ranges_of_the_city_replace_those_that_ship(catalog: Catalog) -> None:
    changed = catalog.registry.with_ranges({("traffic", "speed"): (5, 200), ("gone", "x"): (0, 1)})
    assert (changed.domains["traffic"].metric("speed").low, changed.domains["traffic"].metric("speed").high) == (5, 200)
    assert changed.domains["water"] == catalog.registry.domains["water"]
    assert catalog.registry.domains["traffic"].metric("speed").high == 150
