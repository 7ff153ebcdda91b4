"""Hours that count, indices of hours and days, and means beyond their limit."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import air, hours, norms, vn_aqi
from city.hours import CITY_US, DAY_US, HOUR_US

NORMS = norms.parse((Path(norms.__file__).parent / "data/norms.toml").read_text(encoding="utf-8"))
EPOCH = date(1970, 1, 1)


def midnight(day: str) -> int:
    """When that city day begins."""
    return (date.fromisoformat(day) - EPOCH).days * DAY_US - CITY_US


def grids(length: int, **known: object) -> dict[str, np.ndarray]:
    """A grid of one station; what is not named is missing."""
    out = {m: np.full((1, length), np.nan) for m in air.METRICS}
    for name, values in known.items():
        out[name][0] = values
    return out


# Hours that count


def test_an_hour_counts_by_what_its_sensor_usually_sends() -> None:
    count = np.zeros((3, 40))
    count[0] = 120  # every 30 s as registered
    count[0, 30:33] = (90, 89, 0)
    count[1] = 1  # a station that publishes one mean an hour, registered with 30 s
    count[2] = 130  # more than it should
    count[2, 35] = 90
    good = hours.share(count, hours.due(np.array([30.0, 30.0, 30.0]))) >= hours.LEAST
    assert good[0, 29:34].tolist() == [True, True, False, False, True]
    assert good[1].all()
    assert good[2, 35]
    assert hours.due(np.array([30.0, 3600.0, 7200.0, 7.0])).tolist() == [120, 1, 1, 514]


def test_three_in_four_hours_are_needed() -> None:
    assert [hours.needed(n) for n in (1, 8, 9, 15, 24)] == [1, 6, 7, 12, 18]
    values = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, math.nan, math.nan, math.nan]])
    mean, count = hours.running(values, 8)
    assert mean[0, 5:] == pytest.approx([3.5, 4, 4.5, 5, 5.5, math.nan], nan_ok=True)
    assert count[0, 5:].tolist() == [6, 7, 8, 7, 6, 5]


@given(st.integers(-50, 50), st.integers(0, 120))
def test_days_of_a_grid_are_the_citys(shift: int, length: int) -> None:
    first_us = midnight("2026-11-22") + shift * HOUR_US
    starts = first_us + HOUR_US * np.arange(length, dtype=float)
    days, first = hours.by_day(starts[None], first_us)
    for i, day in enumerate(days[0]):
        assert day[0] == hours.day_end_us(first + i) - DAY_US == midnight(str(EPOCH + timedelta(days=first + i)))
        assert (np.diff(day) == HOUR_US).all()
        # Labelled by its end, an hour belongs to the day from 01:00 to 00:00 of the next.
        assert (hours.city_day((day + HOUR_US).astype(np.int64)) == first + i).all()
    if length:
        left = length - days.shape[1] * 24 - max((hours.day_end_us(first) - DAY_US - first_us) // HOUR_US, 0)
        assert left < 24


# VN_AQI


PM25 = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]


def test_the_decisions_hour() -> None:
    found = air.hourly(grids(12, pm2_5=PM25, o3=[136.1] * 12, no2=[118.7] * 12))
    last = {p: found.sub[p][0, -1] for p in ("o3_1h", "no2", "pm2_5")}
    assert last == {"o3_1h": 43, "no2": 59, "pm2_5": 41}
    assert found.index[0, -1] == 59
    assert found.pollutants[found.dominant[0, -1]] == "no2"
    assert math.isnan(found.sub["co"][0, -1])


def test_the_decisions_day() -> None:
    ozone = np.full(31, 80.0)
    ozone[7 + 4] = 114.6
    ozone[7 + 5 : 7 + 12] = (89.3 * 8 - 114.6) / 7
    nitrogen = np.full(31, 60.0)
    nitrogen[7 + 9] = 130.8
    first_us = midnight("2026-11-22") - 7 * HOUR_US
    found, day = air.daily(grids(31, o3=ozone, no2=nitrogen, pm2_5=55.7), first_us)
    assert day == (date(2026, 11, 22) - EPOCH).days
    last = {p: found.sub[p][0, 0] for p in ("o3_8h", "o3_1h", "no2", "pm2_5")}
    assert last == {"o3_8h": 45, "o3_1h": 36, "no2": 65, "pm2_5": 110}
    assert (found.index.shape, found.index[0, 0]) == ((1, 1), 110)
    assert found.pollutants[found.dominant[0, 0]] == "pm2_5"


def test_without_particles_there_is_no_index() -> None:
    found = air.hourly(grids(12, o3=[136.1] * 12, no2=[118.7] * 12))
    assert np.isnan(found.index).all()
    assert (found.dominant == -1).all()
    assert found.sub["no2"][0, -1] == 59
    one = air.hourly(grids(12, pm10=[75.0] * 12))
    assert one.index[0, -1] == 63  # 62.5


def test_particles_go_by_nowcast_in_both_forms() -> None:
    values = [math.nan] * 6 + [10.0, 20, 40, math.nan, 80, 160]
    ours, literal = (air.hourly(grids(12, pm2_5=values), strict=s) for s in (False, True))
    newest_first: list[float | None] = [160.0, 80, None, 40, 20, 10]
    assert ours.concentration["pm2_5"][0, -1] == pytest.approx(vn_aqi.nowcast(newest_first))
    assert literal.concentration["pm2_5"][0, -1] == pytest.approx(vn_aqi.nowcast(newest_first, strict=True))
    assert ours.index[0, -1] > literal.index[0, -1]


def test_above_400_over_eight_hours_ozone_goes_by_its_hour() -> None:
    first_us = midnight("2026-11-22") - 7 * HOUR_US
    for level, has in ((400.0, True), (400.5, False)):
        found, _ = air.daily(grids(31, o3=level, pm10=10.0), first_us)
        assert math.isnan(found.sub["o3_8h"][0, 0]) is not has
        assert found.index[0, 0] == (300 if has else vn_aqi.sub_index("o3_1h", level))
    assert found.concentration["o3_8h"][0, 0] == 400.5


def test_an_eight_hour_mean_reaches_back_into_the_day_before() -> None:
    ozone = np.zeros(31)
    ozone[:8] = 160.0  # the seven hours before the day, and its first
    found, _ = air.daily(grids(31, o3=ozone, pm10=10.0), midnight("2026-11-22") - 7 * HOUR_US)
    assert found.concentration["o3_8h"][0, 0] == 160.0


def test_a_day_of_particles_needs_eighteen_hours() -> None:
    values = np.full(24, 55.7)
    for missing, index in ((6, 110.0), (7, math.nan)):
        values[:missing] = np.nan
        found, _ = air.daily(grids(24, pm2_5=values), midnight("2026-11-22"))
        assert found.index[0, 0] == pytest.approx(index, nan_ok=True)


@given(st.lists(st.dictionaries(st.sampled_from(air.METRICS), st.floats(0, 1000)), min_size=1, max_size=14))
def test_the_index_is_the_largest_sub_index(table: list[dict[str, float]]) -> None:
    found = air.hourly({m: np.array([[row.get(m, math.nan) for row in table]]) for m in air.METRICS})
    for h in range(len(table)):
        sub = {p: found.sub[p][0, h] for p in found.pollutants if not math.isnan(found.sub[p][0, h])}
        if sub.keys() & set(vn_aqi.MANDATORY):
            assert found.index[0, h] == max(sub.values())
            assert sub[found.pollutants[found.dominant[0, h]]] == max(sub.values())
        else:
            assert math.isnan(found.index[0, h])


# Exceedances


def exceeded(first_us: int, length: int, **known: object) -> list[tuple[str, str, float, float]]:
    found = air.exceedances(
        NORMS.air.limit, grids(length, **known), first_us, from_us=first_us, to_us=first_us + length * HOUR_US
    )
    limits = [found.limits[i] for i in found.limit]
    return [(x.pollutant, x.averaging, x.limit, round(v, 3)) for x, v in zip(limits, found.value.tolist(), strict=True)]


def test_particles_exceed_by_the_day_and_never_by_the_hour() -> None:
    heavy = np.full(24, 20.0)
    heavy[:3] = 400.0
    assert exceeded(midnight("2026-02-01"), 24, pm2_5=heavy) == [("pm2_5", "24h", 45, 67.5)]
    assert exceeded(midnight("2026-02-01"), 23, pm2_5=np.full(23, 400.0)) == []


def test_the_limit_of_the_day_counts() -> None:
    first_us = midnight("2025-12-30")
    values = np.full(72, 47.0)
    assert exceeded(first_us, 72, pm2_5=values) == [("pm2_5", "24h", 45, 47.0)]  # of three days, 1 January alone
    values[:48] = 51.0
    assert [x[2] for x in exceeded(first_us, 72, pm2_5=values)] == [50, 50, 45]
    assert exceeded(midnight("2023-09-11"), 24, pm2_5=np.full(24, 99.0)) == []


def test_ozone_exceeds_by_the_hour_and_by_running_eight_hours() -> None:
    ozone = np.full(24, 100.0)
    ozone[10] = 260.5
    assert exceeded(midnight("2026-02-01"), 24, o3=ozone) == [
        ("o3", "1h", 200, 260.5), *[("o3", "8h", 120, 120.062)] * 8,
    ]  # fmt: skip
    few = np.full(24, np.nan)
    few[:5] = 150.0
    assert exceeded(midnight("2026-02-01"), 24, o3=few) == []


def test_equal_to_the_limit_is_within_it() -> None:
    single = float(np.float32(45.0) + np.float32(4e-6))
    assert single > 45
    assert exceeded(midnight("2026-02-01"), 24, pm2_5=np.full(24, single)) == []
    assert exceeded(midnight("2026-02-01"), 24, so2=np.full(24, 125.0)) == []
    assert exceeded(midnight("2026-02-01"), 24, so2=np.full(24, 125.01)) == [("so2", "24h", 125, 125.01)]


def test_a_year_is_one_of_the_calendar() -> None:
    length = 366 * 24
    values = np.full(length, 26.0)
    assert exceeded(midnight("2026-01-01"), length, pm2_5=values) == [("pm2_5", "year", 25, 26.0)]
    assert exceeded(midnight("2026-01-02"), length, pm2_5=values) == []
    values[: 92 * 24] = np.nan  # 273 of 365 days
    assert exceeded(midnight("2026-01-01"), length, pm2_5=values) == []
