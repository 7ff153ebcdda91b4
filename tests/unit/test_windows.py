"""The windows against a plain recomputation from all readings, and at the edges of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns
from city.registry import Domain, Metric
from city.windows import SPANS_S, Windows

S = 1_000_000
# 2025-11-22T17:00:00Z: a city day begins.
MIDNIGHT = 1_763_830_800 * S


def _metric(name: str, kind: Any, aggregate: Any) -> Metric:
    return Metric(name, "", kind, -1e9, 1e9, aggregate, name, name)


METRICS = (
    _metric("speed", "gauge", "mean"),
    _metric("count", "delta", "sum"),
    _metric("wind_direction", "gauge", "circular"),
    _metric("noise", "gauge", "energy"),
)
DOMAIN = Domain("test", "test", "test", 10.0, METRICS)
METER = Domain("meter", "meter", "meter", 10.0, (_metric("energy", "counter", "increase"),))
GROUPS = 4  # zones 0 and 1, areas 2 and 3
ZONE = np.array([0, 0, 1, -1, 1])
AREA = np.array([2, 2, 3, 3, 2])
ACTIVE = np.array([True, True, True, True, False])


@dataclass(frozen=True)
class Reading:
    sensor: int
    time_us: int
    quality: int
    values: tuple[float, ...]


def columns(readings: list[Reading], domain: Domain = DOMAIN) -> Columns:
    n = len(readings)
    return Columns(
        domain.code,
        tuple(m.name for m in domain.metrics),
        np.array([r.sensor for r in readings], np.int32),
        np.zeros(n, np.int16),
        np.array([r.time_us for r in readings], np.int64),
        np.array([r.quality for r in readings], np.uint8),
        np.zeros(n, np.float32),
        np.array([r.values for r in readings], np.float64).reshape(n, len(domain.metrics)),
    )


def windows(now_us: int, declared: np.ndarray | None = None) -> Windows:
    w = Windows(DOMAIN, GROUPS, now_us=now_us)
    none = np.zeros((len(ZONE), len(METRICS)), bool)
    w.place(ZONE, AREA, ACTIVE, none if declared is None else declared)
    return w


def mean_of(values: list[float], aggregate: str) -> float:
    if aggregate == "circular":
        x = math.fsum(math.sin(math.radians(v)) for v in values)
        y = math.fsum(math.cos(math.radians(v)) for v in values)
        return math.degrees(math.atan2(x, y)) % 360 if math.hypot(x, y) > 1e-9 * len(values) else math.nan
    if aggregate == "energy":
        return 10 * math.log10(math.fsum(10 ** (v / 10) for v in values) / len(values))
    return math.fsum(values) / len(values)


def close(a: float, b: float, circle: bool = False) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    gap = abs(a - b)
    return min(gap, 360 - gap if circle else gap) <= 1e-6 * max(1.0, abs(a))


# Sixteenths are exact in single precision and in sums: only the arithmetic of the windows is on trial.
numbers = st.one_of(st.just(math.nan), st.integers(0, 1600).map(lambda n: n / 16))
readings = st.builds(
    Reading,
    sensor=st.integers(0, 4),
    time_us=st.one_of(
        st.integers(-1000 * S, 320 * S),
        st.integers(-1000, 320).map(lambda s: s * S),
        st.integers(-1000, 320).map(lambda s: s * S + 1),
    ).map(lambda offset: MIDNIGHT + offset),
    quality=st.sampled_from([0, 0, 0, 1, 2]),
    values=st.tuples(numbers, numbers, numbers, numbers),
)
steps = st.lists(st.tuples(st.lists(readings, max_size=8), st.integers(0, 200 * S)), min_size=1, max_size=12)


@given(steps)
def test_windows_say_what_a_recomputation_says(steps: list[tuple[list[Reading], int]]) -> None:
    now = MIDNIGHT
    w = windows(now)
    counted: list[Reading] = []
    for batch, wait in steps:
        w.fold(columns(batch))
        edge = -(-now // S)
        # What comes later than 15 minutes is history only.
        counted += [r for r in batch if -(-r.time_us // S) > edge - 900]
        now += wait
        w.advance(now)
    f = w.figures()
    at = -(-now // S) * S
    assert f.at_us == at
    good = [r for r in counted if r.quality == 0 and ACTIVE[r.sensor]]
    for wi, span in enumerate(SPANS_S.values()):
        for g in range(GROUPS):
            mine = [r for r in good if g in (ZONE[r.sensor], AREA[r.sensor]) and at - span * S < r.time_us <= at]
            for m, metric in enumerate(METRICS):
                having = [r for r in mine if not math.isnan(r.values[m])]
                values = [r.values[m] for r in having]
                assert f.count[wi, g, m] == len(values)
                assert f.reporting[wi, g, m] == len({r.sensor for r in having})
                assert f.newest_us[wi, g, m] == max((r.time_us for r in having), default=0)
                if not values:
                    assert np.isnan([x[wi, g, m] for x in (f.mean, f.low, f.high, f.value)]).all()
                    continue
                assert f.low[wi, g, m] == min(values)
                assert f.high[wi, g, m] == max(values)
                mean = mean_of(values, metric.aggregate)
                assert close(f.mean[wi, g, m], mean, metric.aggregate == "circular")
                own = math.fsum(values) if metric.aggregate == "sum" else mean
                assert close(f.value[wi, g, m], own, metric.aggregate == "circular")


@pytest.mark.parametrize(
    ("offset_us", "inside"),
    [(-60 * S, False), (-60 * S + 1, True), (-1, True), (0, True), (1, False), (S, False)],
)
def test_a_window_is_open_at_its_start_and_closed_at_its_end(offset_us: int, inside: bool) -> None:
    w = windows(MIDNIGHT)  # 16:59:59.999999Z and 17:00:00Z belong to one second, 17:00:00.000001Z to the next
    w.fold(columns([Reading(0, MIDNIGHT + offset_us, 0, (50.0, 1.0, 0.0, 60.0))]))
    assert w.figures().count[1, 0, 0] == int(inside)


def test_a_reading_ahead_of_time_is_counted_when_its_second_comes() -> None:
    w = windows(MIDNIGHT)
    w.fold(columns([Reading(0, MIDNIGHT + 299 * S, 0, (50.0, 1.0, 0.0, 60.0))]))
    for second in range(1, 299):
        w.advance(MIDNIGHT + second * S)
        assert w.figures().count[3, 0, 0] == 0
    w.advance(MIDNIGHT + 299 * S)
    assert w.figures().count[0, 0, 0] == 1


def test_the_clock_may_jump_far_ahead_and_a_little_back() -> None:
    w = windows(MIDNIGHT)
    w.fold(columns([Reading(0, MIDNIGHT, 0, (50.0, 1.0, 0.0, 60.0))]))
    w.advance(MIDNIGHT - 5 * S)
    assert w.figures().count[0, 0, 0] == 1
    w.advance(MIDNIGHT + 86_400 * S)
    assert w.figures().count.sum() == 0


def test_expected_counts_what_is_declared_or_has_reported() -> None:
    declared = np.zeros((5, 4), bool)
    declared[0, 0] = declared[4, 0] = True  # sensor 4 is not active
    w = windows(MIDNIGHT, declared)
    w.fold(columns([Reading(1, MIDNIGHT - 800 * S, 0, (50.0, math.nan, math.nan, math.nan))]))
    w.recall(np.array([2]), np.array([3]))
    f = w.figures()
    assert f.expected[0].tolist() == [2, 0, 0, 0]
    assert f.expected[1].tolist() == [0, 0, 0, 1]
    w.advance(MIDNIGHT + 1000 * S)
    after = w.figures()
    assert after.expected[0, 0] == 2
    assert after.reporting[3, 0, 0] == 0


def test_a_sensor_that_is_retired_or_moved_reports_where_it_is_now() -> None:
    w = windows(MIDNIGHT)
    w.fold(columns([Reading(s, MIDNIGHT, 0, (50.0, math.nan, math.nan, math.nan)) for s in (0, 1, 2)]))
    active = ACTIVE.copy()
    active[0] = False
    zone = ZONE.copy()
    zone[1] = 1
    w.place(zone, AREA, active, np.zeros((5, 4), bool))
    f = w.figures()
    assert f.reporting[0, :, 0].tolist() == [0, 2, 1, 1]
    w.fold(columns([Reading(1, MIDNIGHT, 0, (52.0, math.nan, math.nan, math.nan))]))
    assert w.figures().reporting[0, :, 0].tolist() == [0, 2, 1, 1]


def test_a_frame_may_hold_few_metrics_in_any_order_and_unknown_sensors() -> None:
    w = windows(MIDNIGHT)
    full = columns([Reading(0, MIDNIGHT, 0, (50.0, 3.0, 90.0, 60.0)), Reading(9, MIDNIGHT, 0, (1.0, 1.0, 1.0, 1.0))])
    full.metrics, full.values = ("count", "speed", "nothing"), full.values[:, [1, 0, 2]]
    w.fold(full)
    f = w.figures()
    assert f.value[0, 0, :2].tolist() == [50.0, 3.0]
    assert f.count[0, :, 0].tolist() == [1, 0, 1, 0]


def meter_increase(readings: list[tuple[int, float]], now_s: int) -> float:
    w = Windows(METER, 1, now_us=MIDNIGHT)
    w.place(np.array([0]), np.array([-1]), np.array([True]), np.zeros((1, 1), bool))
    for time_s, value in readings:
        w.advance(MIDNIGHT + time_s * S)
        w.fold(columns([Reading(0, MIDNIGHT + time_s * S, 0, (value,))], METER))
    w.advance(MIDNIGHT + now_s * S)
    return float(w.figures().value[3, 0, 0])


def test_a_counter_that_restarts_counts_from_zero() -> None:
    assert meter_increase([(0, 100.0), (60, 101.5), (120, 0.5), (180, 2.0)], 180) == pytest.approx(3.5)


def test_an_increase_over_more_than_an_hour_belongs_to_no_window() -> None:
    assert meter_increase([(0, 100.0), (7200, 180.0), (7260, 181.0)], 7260) == pytest.approx(1.0)


def test_a_late_counter_reading_adds_nothing_again() -> None:
    w = Windows(METER, 1, now_us=MIDNIGHT)
    w.place(np.array([0]), np.array([-1]), np.array([True]), np.zeros((1, 1), bool))
    w.fold(columns([Reading(0, MIDNIGHT - 20 * S, 0, (10.0,)), Reading(0, MIDNIGHT, 0, (14.0,))], METER))
    w.fold(columns([Reading(0, MIDNIGHT - 10 * S, 0, (12.0,))], METER))
    f = w.figures()
    assert (f.count[1, 0, 0], f.value[1, 0, 0], f.high[1, 0, 0]) == (3, 4.0, 14.0)
