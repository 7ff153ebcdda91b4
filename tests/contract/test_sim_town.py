"""The simulated city: the same bytes for the same seed, values in range, and a day that makes sense."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city import topics
from city.payload import Limits, Reader
from city.sensors import Sensor
from infra.catalog import Catalog
from simulators import fleet
from simulators.town import Town

DAY_US = 86_400_000_000
MONDAY_US = 20_773 * DAY_US - 7 * 3_600_000_000  # midnight of Monday, 16 November 2026, UTC+7
ALL = ("traffic", "environment", "lighting", "electricity", "water")

Series = dict[tuple[str, str], np.ndarray[Any, np.dtype[np.float64]]]


def city(catalog: Catalog, count: int, seed: int = 1, interval_s: float | None = None) -> Town:
    return Town(catalog, fleet.build(catalog, count, seed, (), ALL), seed, interval_s)


def hour(h: float, day: int = 0) -> int:
    return MONDAY_US + day * DAY_US + int(h * 3_600_000_000)


def series(town: Town, start_us: int, end_us: int) -> Series:
    """Readings by (sensor, key); NaN is missing."""
    rows: dict[tuple[str, str], list[float]] = {}
    batch = town.between(start_us, end_us)
    for i, payload in zip(batch.sensors, batch.payloads, strict=True):
        for key, value in json.loads(payload)["values"].items():
            rows.setdefault((town.sensors[i].sensor_id, key), []).append(np.nan if value is None else value)
    return {k: np.array(v, dtype=np.float64) for k, v in rows.items()}


def mean(town: Town, key: str, start_us: int, end_us: int, only: frozenset[str] | None = None) -> float:
    found = series(town, start_us, end_us)
    return float(np.nanmean(np.concatenate([v for (s, k), v in found.items() if k == key and (not only or s in only)])))


@pytest.fixture(scope="module")
def year(catalog: Catalog) -> list[tuple[Sensor, bytes]]:
    """An hour of every second week of a year, each time another hour of the day."""
    town = city(catalog, 400, interval_s=600)
    out = []
    for week in range(26):
        start = hour(week * 5 % 24, 14 * week)
        batch = town.between(start, start + 3_600_000_000)
        out += [(town.sensors[i], p) for i, p in zip(batch.sensors, batch.payloads, strict=True)]
    return out


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    seed=st.integers(0, 2**40),
    count=st.integers(1, 60),
    start_s=st.integers(0, 365 * 86_400),
    cuts=st.lists(st.integers(1, 119_999_999), max_size=5),
)
def test_same_seed_same_bytes(catalog: Catalog, seed: int, count: int, start_s: int, cuts: list[int]) -> None:
    """A second city, asked in pieces instead of at once, says the same."""
    start = MONDAY_US + start_s * 1_000_000
    whole = city(catalog, count, seed).between(start, start + 120_000_000)
    other = city(catalog, count, seed)
    edges = [start, *(start + c for c in sorted(set(cuts))), start + 120_000_000]
    pieces = [other.between(a, b) for a, b in pairwise(edges)]
    assert [p for piece in pieces for p in piece.payloads] == whole.payloads
    assert [t for piece in pieces for t in piece.topics] == whole.topics


def test_another_seed_is_another_city(catalog: Catalog) -> None:
    one, two = (city(catalog, 50, seed).between(hour(8), hour(8) + 60_000_000).payloads for seed in (1, 2))
    assert one != two


def test_a_sensor_says_the_same_in_a_larger_city(catalog: Catalog) -> None:
    small, large = city(catalog, 40, interval_s=60), city(catalog, 400, interval_s=60)
    key = (small.sensors[0].sensor_id, "speed")
    span = (hour(8), hour(8.5))
    assert (series(small, *span)[key] == series(large, *span)[key]).all()


def test_all_values_are_good_for_the_collector(catalog: Catalog, year: list[tuple[Sensor, bytes]]) -> None:
    """Not one fault in a year: ranges, names, forms and channels."""
    readers = {code: Reader(domain) for code, domain in catalog.registry.domains.items()}
    limits = Limits(MONDAY_US - DAY_US, MONDAY_US + 400 * DAY_US)
    assert len(year) > 50_000
    for sensor, payload in year:
        assert readers[sensor.domain].read(payload, limits).faults == []


def test_metrics_are_those_of_the_registry_entry(year: list[tuple[Sensor, bytes]]) -> None:
    for sensor, payload in year:
        told = {k.partition(":")[0] for k in json.loads(payload)["values"]}
        assert told == set(sensor.metrics)


def test_some_values_are_missing_and_some_sensors_silent(catalog: Catalog) -> None:
    town = city(catalog, 500, interval_s=60)
    batch = town.between(hour(19), hour(22))
    values = [v for p in batch.payloads for v in json.loads(p)["values"].values()]
    assert 0.0005 < sum(v is None for v in values) / len(values) < 0.02
    assert 0.99 < len(batch.payloads) / (500 * 180) < 1


def test_load_is_even(catalog: Catalog) -> None:
    town = city(catalog, 2_000)
    per_second = np.bincount((town.between(hour(9), hour(9) + 60_000_000).t_us - hour(9) - 1) // 1_000_000)
    assert per_second.max() - per_second.min() <= 0.15 * per_second.mean()
    assert per_second.mean() == pytest.approx(town.per_s, rel=0.02)


def test_topics(catalog: Catalog) -> None:
    town = city(catalog, 100)
    batch = town.between(hour(9), hour(9) + 60_000_000)
    for i, topic in zip(batch.sensors, batch.topics, strict=True):
        sensor = town.sensors[i]
        assert topics.parse(topic) == (sensor.area, sensor.domain, sensor.sensor_id)


# Traffic


def test_traffic_agrees_with_itself(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 60, 1, (), ("traffic",))
    town = Town(catalog, sensors, 1)
    for payload in town.between(hour(6), hour(8)).payloads:
        message = json.loads(payload)
        v = message["values"]
        if None in v.values():
            continue
        assert message["period_s"] == 10
        assert abs(v["count"] - v["flow"] * 10 / 3600) <= 1.0
        assert v["headway"] == pytest.approx(3600 / v["flow"], abs=0.051)
        lane_km = v["flow"] / v["speed"]  # vehicles on a kilometre of all lanes
        lanes = [lane_km * 0.5 / n for n in (1, 2, 3)]
        assert any(abs(v["occupancy"] - x) <= 0.08 * x + 0.06 for x in lanes)


def test_peaks_of_a_working_day(catalog: Catalog) -> None:
    streets = Town(catalog, fleet.build(catalog, 120, 1, ("bac_giang",), ("traffic",)), 1, 60)
    flow = {h: mean(streets, "flow", hour(h), hour(h + 0.5)) for h in (3, 7, 10, 14, 17.25, 22)}
    assert flow[7] > 1.5 * flow[10] > 10 * flow[3]
    assert flow[17.25] > 1.5 * flow[14] > 1.5 * flow[22]
    speed = {h: mean(streets, "speed", hour(h), hour(h + 0.5)) for h in (3, 7, 17.25)}
    assert speed[3] > speed[7] + 3
    assert speed[3] > speed[17.25] + 3
    sunday = mean(streets, "flow", hour(7, 6), hour(7.5, 6))
    assert sunday < 0.6 * flow[7]


def test_factory_shifts(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 300, 1, ("viet_yen",), ("traffic",))
    gates = [s for s in sensors if s.place.startswith("KCN")]
    town = Town(catalog, gates, 1, 60)
    flow = {h: mean(town, "flow", hour(h), hour(h + 0.5)) for h in (7.25, 10, 17.25, 19.25, 22)}
    assert min(flow[7.25], flow[19.25]) > 1.6 * max(flow[10], flow[22])
    assert flow[19.25] > 1.4 * flow[17.25]


# Air


def test_particles_follow_traffic_and_gases_the_sun(catalog: Catalog) -> None:
    town = Town(catalog, fleet.build(catalog, 80, 1, (), ("environment",)), 1, 300)
    days = range(5)

    def over(key: str, h: float) -> float:
        return float(np.mean([mean(town, key, hour(h, d), hour(h + 1, d)) for d in days]))

    assert over("no2", 17.5) > 1.4 * over("no2", 3)
    assert over("pm2_5", 18.5) > 1.2 * over("pm2_5", 13)
    assert over("o3", 12.5) > 2 * over("o3", 3)
    assert over("noise", 8) > over("noise", 2) + 6
    assert over("temperature", 14) > over("temperature", 5) + 2
    assert over("humidity", 5) > over("humidity", 14) + 5


def test_coarse_particles_contain_the_fine(year: list[tuple[Sensor, bytes]]) -> None:
    for sensor, payload in year:
        values = json.loads(payload)["values"] if sensor.domain == "environment" else {}
        if values.get("pm10") is not None and values.get("pm2_5") is not None:
            assert values["pm10"] >= values["pm2_5"]


def test_neighbours_resemble_each_other_more_than_strangers(catalog: Catalog) -> None:
    """Speeds about their daily course move together in a zone."""
    sensors = fleet.build(catalog, 400, 1, (), ("traffic",))
    town = Town(catalog, sensors, 1, 300)
    zone = {s.sensor_id: s.zone for s in sensors}
    course: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for code in ("07210", "07795"):
        found = series(town, hour(9), hour(15.9))
        rows = [v[:80] for (s, k), v in found.items() if k == "flow" and zone[s] == code and len(v) >= 80]
        half = len(rows) // 2
        for name, part in (("a", rows[:half]), ("b", rows[half:])):
            course[code + name] = np.nanmean([r / np.nanmean(r) for r in part], axis=0)
    common = np.mean([course[c] for c in course], axis=0)
    rest = {c: v - common for c, v in course.items()}
    near = np.corrcoef(rest["07210a"], rest["07210b"])[0, 1]
    far = np.corrcoef(rest["07210a"], rest["07795a"])[0, 1]
    assert near > 0.5
    assert near > far + 0.3


# Light


def test_lamps_burn_by_night_with_power_that_fits(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 300, 1, (), ("lighting",))
    town = Town(catalog, sensors, 1, 600)
    for start, dim in ((hour(12), 0), (hour(20), 100), (hour(25), 50)):
        found = series(town, start, start + 1_800_000_000)
        lamps = [s.sensor_id for s in sensors if s.parent]
        lit = np.array([found[i, "lamp_on"][0] for i in lamps if (i, "lamp_on") in found])
        assert np.nanmean(lit) > 0.97 if dim else np.nansum(lit) == 0
        for i in lamps:
            on, dims, power, volts, amps, cosine = (
                found.get((i, k), np.array([]))
                for k in ("lamp_on", "dim", "power", "voltage", "current", "power_factor")
            )
            assert (np.isnan(dims) | (dims == dim) | (on == 0) | np.isnan(on)).all()
            good = ~np.isnan(power + volts + amps + cosine)
            assert np.allclose(power[good], volts[good] * amps[good] * cosine[good], atol=0.2)


def test_cabinets_carry_their_lamps_and_meters_never_fall(catalog: Catalog) -> None:
    sensors = fleet.build(catalog, 300, 1, (), ("lighting",))
    town = Town(catalog, sensors, 1, 900)
    found = series(town, hour(12), hour(36))
    for (_, key), values in found.items():
        if key.startswith("energy"):
            assert (np.diff(values[~np.isnan(values)]) >= 0).all()
    cabinet = sensors[0].sensor_id
    assert cabinet.endswith("-TU01")
    evening = series(town, hour(20), hour(20) + 900_000_000)
    lamps = sum(float(np.nan_to_num(evening[s.sensor_id, "power"][0])) for s in sensors if s.parent == cabinet)
    drawn = sum(float(evening[cabinet, f"power:{p}"][0]) for p in ("L1", "L2", "L3"))
    assert drawn == pytest.approx(1.03 * lamps, rel=0.03)
    gained = found[cabinet, "energy:total"]
    assert np.nanmax(gained) - np.nanmin(gained) == pytest.approx(
        np.nansum(sum(found[cabinet, f"power:{p}"] for p in ("L1", "L2", "L3"))) * 0.25 / 1000, rel=0.05
    )
