"""Flood alarms: the flood of October 2025, hysteresis, trends, and bad data files."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import river

TEXT = (resources.files("city") / "data" / "river.toml").read_text(encoding="utf-8")
RIVERS = river.parse(TEXT)
ALARMS = (4.30, 5.30, 6.30)
HOUR = 3_600_000_000


def test_the_stations_are_those_of_the_decision() -> None:
    found = {s.site: (s.vi, s.river_vi, s.alarms) for s in RIVERS.station}
    assert found == {
        "RV-PLT": ("Phủ Lạng Thương", "sông Thương", ALARMS),
        "RV-DC": ("Đáp Cầu", "sông Cầu", ALARMS),
    }
    assert "05/2020/QĐ-TTg" in RIVERS.source


# Levels of both gauges (m) as they were told, UTC+7: 10-05 16:00, 10-06 06:00, 10-09 01:00, 10-09 03:00 (the peak at
# Phủ Lạng Thương), 10-09 23:00 (the peak at Đáp Cầu), 10-10 13:00, 10-13 20:00, 10-14 08:00.
def test_the_flood_of_october_2025() -> None:
    thuong = np.array([4.22, 4.00, 7.59, 7.60, np.nan, 7.48, 5.42, 5.05])
    cau = np.array([4.67, 4.37, 7.17, np.nan, 7.52, 7.42, 4.72, 4.31])
    assert river.alarms(thuong, ALARMS, 0.10).tolist() == [0, 0, 3, 3, 3, 3, 2, 1]
    assert river.alarms(cau, ALARMS, 0.10).tolist() == [1, 1, 3, 3, 3, 3, 1, 1]


def test_an_alarm_is_withdrawn_only_when_the_water_is_clearly_below() -> None:
    level = np.array([4.29, 4.30, 4.25, 4.20, 4.19, 4.25, 4.29, 4.31])
    assert river.alarms(level, ALARMS, 0.10).tolist() == [0, 1, 1, 1, 0, 0, 0, 1]
    assert river.alarms(level, ALARMS, 0.0).tolist() == [0, 1, 0, 0, 0, 0, 0, 1]
    assert river.alarms(np.array([5.25]), ALARMS, 0.10, before=3).tolist() == [2]


@given(st.lists(st.floats(0, 9), min_size=1, max_size=60), st.integers(0, 3))
def test_the_alarm_is_never_below_the_bare_comparison_nor_far_above(levels: list[float], before: int) -> None:
    states = river.alarms(np.array(levels), ALARMS, 0.10, before=before)
    for level, state in zip(levels, states.tolist(), strict=True):
        reached = sum(level >= a for a in ALARMS)
        assert reached <= state <= sum(level >= a - 0.10 for a in ALARMS)


def test_the_trend_is_the_slope_of_two_hours() -> None:
    t = np.arange(13, dtype=np.int64) * (HOUR // 6)
    rising = 4 + 0.05 * t / HOUR
    assert river.trend_cm_h(t, rising, 2 * HOUR) == pytest.approx(5.0)
    assert river.trend_cm_h(t, rising[::-1], 2 * HOUR) == pytest.approx(-5.0)
    # What came before the two hours has no say.
    assert river.trend_cm_h(np.append(t, 2 * HOUR + 1) - HOUR, np.append(rising, 99), HOUR) == pytest.approx(5.0)
    assert river.trend_cm_h(t[:2], rising[:2], 2 * HOUR) is None
    assert river.trend_cm_h(t[:4], rising[:4], 2 * HOUR) is None


@pytest.mark.parametrize("wrong", [("4.30, 5.30, 6.30", "5.30, 4.30, 6.30"), ("below = 0.10", "below = -1")])
def test_a_bad_file_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError):
        river.parse(TEXT.replace(*wrong, 1))
