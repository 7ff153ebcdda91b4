"""Means of many groups at once: each as its metric wants it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.means import means


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-50, 120)), max_size=30))
def test_means_are_those_of_each_group(pairs: list[tuple[int, float]]) -> None:
    groups, values = np.array([g for g, _ in pairs], np.int64), np.array([v for _, v in pairs])
    got = means("mean", values, groups, 4)
    energy = means("energy", values, groups, 4)
    for group in range(4):
        mine = [v for g, v in pairs if g == group]
        if not mine:
            assert math.isnan(got[group])
            continue
        assert got[group] == pytest.approx(sum(mine) / len(mine))
        assert energy[group] == pytest.approx(10 * math.log10(sum(10 ** (v / 10) for v in mine) / len(mine)))
    assert np.isnan(means("increase", values, groups, 4)).all()


def test_directions_have_a_mean_unless_they_cancel_out() -> None:
    got = means("circular", np.array([350.0, 10.0, 90.0, 270.0, 90.0, 180.0]), np.array([0, 0, 1, 1, 2, 2]), 3)
    assert min(got[0], 360 - got[0]) == pytest.approx(0, abs=1e-9)
    assert math.isnan(got[1])
    assert got[2] == pytest.approx(135)
