"""L_Aeq of days and nights from hourly levels."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.hours import CITY_US, DAY_US, HOUR_US
from city.noise import periods

DAY = (date(2026, 11, 22) - date(1970, 1, 1)).days
SIX = DAY * DAY_US - CITY_US + 6 * HOUR_US


def test_the_energy_is_averaged_not_the_level() -> None:
    levels = np.full((1, 24), 50.0)
    levels[0, 3] = 80.0
    found = periods(levels, SIX)
    assert found.night.tolist() == [False, True]
    assert found.level[0].tolist() == pytest.approx([10 * math.log10((14 * 1e5 + 1e8) / 15), 50.0])
    assert (found.hours.tolist(), found.counted[0].tolist()) == ([15, 9], [15, 9])


def test_a_night_belongs_to_its_evening() -> None:
    found = periods(np.full((1, 24), 50.0), SIX)
    assert found.date.tolist() == [DAY, DAY]
    assert found.start_us.tolist() == [SIX, SIX + 15 * HOUR_US]
    assert found.end_us.tolist() == [SIX + 15 * HOUR_US, SIX + 24 * HOUR_US]


def test_a_period_needs_three_in_four_hours() -> None:
    levels = np.full((2, 24), 60.0)
    levels[0, [0, 1, 2, 15, 16]] = np.nan
    levels[1, [0, 1, 2, 3, 15, 16, 17]] = np.nan
    found = periods(levels, SIX)
    np.testing.assert_allclose(found.level, [[60, 60], [math.nan, math.nan]])
    assert found.counted.tolist() == [[12, 7], [11, 6]]


@given(st.integers(-30, 30), st.integers(0, 100))
def test_only_whole_periods_are_told(shift: int, length: int) -> None:
    first_us = SIX + shift * HOUR_US
    found = periods(np.full((1, length), 60.0), first_us)
    last_us = first_us + length * HOUR_US
    wanted = []
    for day in range(DAY - 4, DAY + 8):
        start = SIX + (day - DAY) * DAY_US
        for a, b in ((start, start + 15 * HOUR_US), (start + 15 * HOUR_US, start + DAY_US)):
            if first_us <= a and b <= last_us:
                wanted.append((day, a, b))
    assert list(zip(found.date, found.start_us, found.end_us, strict=True)) == wanted
    assert found.level[0] == pytest.approx(60.0)
