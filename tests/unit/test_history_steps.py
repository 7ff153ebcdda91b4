"""Steps of time and figures over them, without servers."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.registry import Metric
from infra import copyout
from infra.times import SECOND, micros, rfc3339
from ioc_api.history import steps
from ioc_api.history.grid import Grid
from ioc_api.problems import Stop

DAY = 86_400
HOUR_US = 3_600_000_000


def at(text: str) -> int:
    from datetime import datetime

    return micros(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("seconds", "time", "expected"),
    [
        (60, "2025-11-22T10:00:59.9Z", "2025-11-22T10:00:00Z"),
        (3600, "2025-11-22T10:59:00Z", "2025-11-22T10:00:00Z"),
        (DAY, "2025-11-22T16:59:59Z", "2025-11-21T17:00:00Z"),  # the city's midnight
        (DAY, "2025-11-22T17:00:00Z", "2025-11-22T17:00:00Z"),
        (7 * DAY, "2025-11-22T17:00:00Z", "2025-11-16T17:00:00Z"),  # Monday in the city
        (420, "2000-01-03T00:07:30Z", "2000-01-03T00:07:00Z"),  # counted from that Monday, not from each midnight
        (60, "1999-12-31T23:59:30Z", "1999-12-31T23:59:00Z"),
    ],
)
def test_where_steps_begin(seconds: int, time: str, expected: str) -> None:
    assert rfc3339(steps.begin(at(time), seconds)) == expected


@given(st.integers(60, 3 * 366 * DAY), st.integers(2, 2000), st.sampled_from([10.0, 60.0, 900.0]))
def test_about_so_many_points_come_out(span_s: int, points: int, interval_s: float) -> None:
    chosen = steps.choose(0, span_s * SECOND, points, interval_s)
    if chosen is None:
        assert span_s / interval_s <= points * steps.ENOUGH
    else:
        assert chosen >= interval_s
        # Never more than twice as many; fewer only where the next shorter step would be below the interval.
        assert span_s / chosen <= points * 2 or chosen == steps.NICE[-1]
        assert span_s / chosen >= points / 2 or chosen == steps.NICE[-1] or chosen / 2 < interval_s


def metric(aggregate: str, **more: object) -> Metric:
    kinds = {"sum": "delta", "increase": "counter"}
    return Metric("x", "u", kinds.get(aggregate, "gauge"), -1e9, 1e9, aggregate, "x", "x", **more)


@pytest.mark.parametrize("aggregate", ["mean", "sum", "circular", "energy", "increase"])
def test_parts_add_up_to_the_whole(aggregate: str) -> None:
    rng = np.random.default_rng(1)
    m = metric(aggregate)
    n = 600
    value, cell = rng.uniform(0, 90, n), np.sort(rng.integers(0, 6, n))
    rise = rng.uniform(0, 2, n) if aggregate == "increase" else None
    whole = Grid(1, [m], 0, 2 * HOUR_US, 3)
    whole.add_readings("x", cell // 2, value, rise)
    # The same, of which every other hour comes rolled up.
    hours = Grid(1, [m], 0, HOUR_US, 6)
    hours.add_readings("x", cell, value, rise)
    f, sums = hours.figures("x"), hours.sums["x"]
    parts = Grid(1, [m], 0, 2 * HOUR_US, 3)
    odd = cell % 2 == 1
    parts.add_readings("x", cell[odd] // 2, value[odd], None if rise is None else rise[odd])
    even = np.array([0, 2, 4])
    count = f.count[0, even]
    xy = None if sums.x is None or sums.y is None else (sums.x[0, even] / count, sums.y[0, even] / count)
    own = f.value[0, even] if aggregate in ("sum", "increase") else None
    parts.add_rolled("x", even // 2, count, f.mean[0, even], f.min[0, even], f.max[0, even], own, xy)
    for name in ("count", "mean", "min", "max", "value"):
        one, other = getattr(whole.figures("x"), name), getattr(parts.figures("x"), name)
        np.testing.assert_allclose(other, one, rtol=1e-7, err_msg=name)


def test_percentiles_are_those_of_numpy_and_only_where_all_readings_are_known() -> None:
    m = metric("mean", percentiles=(15, 50, 85))
    value, cell = np.random.default_rng(2).uniform(0, 90, 100), np.repeat([0, 2], 50)
    grid = Grid(1, [m], 0, HOUR_US, 3)
    grid.add_readings("x", cell, value, None)
    found = grid.figures("x").percentiles
    for p in (15, 50, 85):
        np.testing.assert_allclose(found[p][0, [0, 2]], [np.percentile(value[:50], p), np.percentile(value[50:], p)])
        assert np.isnan(found[p][0, 1])
    one = np.array([1.0])
    grid.add_rolled("x", np.array([0]), one, one, one, one, None, None, {15: one, 50: one, 85: one})
    assert np.isnan(grid.figures("x").percentiles[50][0, 0])


def test_directions_that_cancel_out_have_no_mean() -> None:
    grid = Grid(1, [metric("circular")], 0, HOUR_US, 2)
    grid.add_readings("x", np.array([0, 0, 1, 1]), np.array([10.0, 190.0, 350.0, 10.0]), None)
    mean = grid.figures("x").mean[0]
    assert np.isnan(mean[0])
    assert mean[1] == pytest.approx(0, abs=1e-6) or mean[1] == pytest.approx(360)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([copyout.safe_cell(text)])
    assert out.getvalue().lstrip('"').startswith("'")
    assert copyout.unsafe_text(copyout.safe_cell(text)) == text
    assert copyout.safe_cell("T1") == "T1"


@pytest.mark.parametrize("text", ["0", "-1", "1w", "m", "1.5", "400d", "１", "", "9" * 9])
def test_bad_steps_say_what_is_possible(text: str) -> None:
    with pytest.raises(Stop, match="366d"):
        steps.parse(text)


def test_what_is_too_much_is_said_as_each_language_writes_numbers() -> None:
    said = steps.stop_too_many(6_000_000, 5_000, ("bước", "steps"), ("hãy hỏi ít hơn", "ask for less"))
    assert (said.status, said.detail) == (
        422,
        "câu hỏi này cần khoảng 6.000.000 bước, mỗi lần được tối đa 5.000: hãy hỏi ít hơn"
        " / this question comes to about 6,000,000 steps, and 5,000 are possible at once: ask for less",
    )
