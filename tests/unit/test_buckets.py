"""Buckets against a plain recomputation, reading by reading."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.bucket_groups import Tally
from city.bucket_rows import HOUR_US, Rows, TooMany, append, gather, increases, order
from city.buckets import Block, blocks, direction
from city.columns import Columns
from city.percentiles import percentiles
from city.registry import Domain, Metric

#: 2025-11-22T17:00:00Z: a city day begins.
MIDNIGHT = 1_763_830_800_000_000


def _metric(name: str, kind: Any, aggregate: Any, p: tuple[int, ...] = ()) -> Metric:
    return Metric(name, "", kind, -1e9, 1e9, aggregate, name, name, percentiles=p)


METRICS = (
    _metric("speed", "gauge", "mean", (15, 50, 85)),
    _metric("count", "delta", "sum"),
    _metric("wind_direction", "gauge", "circular"),
    _metric("noise", "gauge", "energy"),
    _metric("energy", "counter", "increase"),
)
NAMES = tuple(m.name for m in METRICS)
DOMAIN = Domain("test", "test", "test", 10.0, METRICS)


@dataclass(frozen=True)
class Reading:
    sensor: int
    channel: int
    time_us: int
    quality: int
    values: tuple[float, ...]
    received_us: int


def columns(found: list[Reading]) -> tuple[Columns, np.ndarray]:
    n = len(found)
    return Columns(
        "test", NAMES, np.array([r.sensor for r in found], np.int32), np.array([r.channel for r in found], np.int16),
        np.array([r.time_us for r in found], np.int64), np.array([r.quality for r in found], np.uint8),
        np.zeros(n, np.float32), np.array([r.values for r in found], np.float64).reshape(n, len(METRICS)),
    ), np.array([r.received_us for r in found], np.int64)  # fmt: skip


def rows(found: list[Reading], cut: int = 1) -> Rows:
    parts = [found[i::cut] for i in range(cut)]
    return gather(DOMAIN, [columns(p) for p in parts if p])


# Sixteenths are exact in single precision and in sums: only the arithmetic of the buckets is on trial.
numbers = st.one_of(st.just(math.nan), st.integers(0, 1600).map(lambda n: n / 16))
moments = st.one_of(
    st.integers(-HOUR_US, 2 * HOUR_US - 1),
    st.integers(-60, 119).map(lambda m: m * 60_000_000),
    st.integers(-60, 119).map(lambda m: m * 60_000_000 + 59_999_999),
)
readings = st.builds(
    Reading,
    sensor=st.sampled_from([0, 1, 2, 70_000]),  # more than 16 bits
    channel=st.sampled_from([0, 0, 3]),
    time_us=moments.map(lambda t: MIDNIGHT + t),
    quality=st.sampled_from([0, 0, 0, 1, 2]),
    values=st.tuples(*[numbers] * len(METRICS)),
    received_us=st.integers(0, 2 * HOUR_US).map(lambda t: MIDNIGHT + t),
)
# A reading is (sensor, channel, time): a second one of the key is no new one.
many = st.lists(readings, max_size=40, unique_by=lambda r: (r.sensor, r.channel, r.time_us))


def rises(found: list[Reading]) -> dict[tuple[int, int, int], float]:
    """What each reading of the counter adds, one after the other."""
    out, last = {}, dict[tuple[int, int], tuple[int, float]]()
    for r in sorted(found, key=lambda r: r.time_us):
        value = r.values[NAMES.index("energy")]
        if r.quality or math.isnan(value):
            continue
        before = last.get((r.sensor, r.channel))
        rise = 0.0
        if before and r.time_us - before[0] <= HOUR_US:
            rise = value - before[1] if value >= before[1] else value
        out[r.sensor, r.channel, r.time_us] = rise
        last[r.sensor, r.channel] = r.time_us, value
    return out


def close(a: float, b: float, rel: float = 1e-6) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=rel, abs_tol=1e-6)


def check(metric: Metric, values: list[float], added: list[float], got: dict[str, float]) -> None:
    """The figures of one bucket against its readings."""
    assert got["n"] == len(values)
    if not values:
        assert all(math.isnan(v) for k, v in got.items() if k != "n")
        return
    assert got["low"] == min(values)
    assert got["high"] == max(values)
    own = mean = math.fsum(values) / len(values)
    if metric.aggregate == "energy":
        own = mean = 10 * math.log10(math.fsum(10 ** (v / 10) for v in values) / len(values))
    elif metric.aggregate == "circular":
        x = math.fsum(math.sin(math.radians(v)) for v in values) / len(values)
        y = math.fsum(math.cos(math.radians(v)) for v in values) / len(values)
        gap = abs(got["mean"] - math.degrees(math.atan2(x, y))) % 360
        assert math.hypot(x, y) < 1e-6 or min(gap, 360 - gap) < 1e-3
        assert "x" not in got or (close(got["x"], x) and close(got["y"], y))
        return
    elif metric.aggregate == "sum":
        own = math.fsum(values)
    elif metric.aggregate == "increase":
        own = math.fsum(added)
    assert close(got["mean"], mean)
    assert close(got["value"], own)


def minute_of(block: Block, name: str, row: int, minute: int) -> dict[str, float]:
    m = block.minutes.get(name)
    if m is None:
        return {"n": 0, "low": math.nan}
    mean = float(m.mean[row, minute])
    n = int(not math.isnan(mean)) if m.n is None else int(m.n[row, minute])
    low = mean if m.low is None else float(m.low[row, minute])
    high = mean if m.high is None else float(m.high[row, minute])
    return {
        "n": n,
        "mean": mean,
        "low": low,
        "high": high,
        "value": mean if m.value is None else float(m.value[row, minute]),
    }


def hour_of(block: Block, name: str, row: int) -> dict[str, float]:
    h = block.hours.get(name)
    if h is None:
        return {"n": 0, "low": math.nan}
    got = {k: float(getattr(h, k)[row]) for k in ("n", "mean", "low", "high", "value")}
    return got | ({"x": float(h.x[row]), "y": float(h.y[row])} if h.x is not None and h.y is not None else {})


@given(many, st.integers(1, 3), st.sampled_from([1, 2, 100]))
def test_buckets_say_what_a_recomputation_says(found: list[Reading], cut: int, size: int) -> None:
    gathered = rows(found, cut)
    # The hour before MIDNIGHT only tells the counters where they stood.
    got = list(blocks(DOMAIN, gathered, wanted=gathered.time_us >= MIDNIGHT, size=size))
    added = rises(found)
    hours: dict[tuple[int, int, int], list[Reading]] = {}
    for r in found:
        if r.time_us >= MIDNIGHT:
            hours.setdefault((r.sensor, r.channel, r.time_us // HOUR_US * HOUR_US), []).append(r)
    keys = [(int(b.sensor[i]), int(b.channel[i]), int(b.time_us[i])) for b in got for i in range(len(b))]
    assert keys == sorted(hours), "each hour once, in order"
    sensors = [set(b.sensor.tolist()) for b in got]
    assert sum(map(len, sensors)) == len(set().union(*sensors)), "all of a sensor in one block"
    for block in got:
        for i in range(len(block)):
            mine = hours[int(block.sensor[i]), int(block.channel[i]), int(block.time_us[i])]
            assert close(float(block.lag_s[i]), min((r.received_us - r.time_us) / 1e6 for r in mine), 1e-5)
            for k, metric in enumerate(METRICS):
                good = [r for r in mine if r.quality == 0 and not math.isnan(r.values[k])]

                def figures(some: list[Reading], k: int = k) -> tuple[list[float], list[float]]:
                    return [r.values[k] for r in some], [added.get((r.sensor, r.channel, r.time_us), 0.0) for r in some]

                check(metric, *figures(good), hour_of(block, metric.name, i))
                if good and metric.percentiles:
                    got_p = block.hours[metric.name].percentiles
                    assert got_p is not None
                    want = np.percentile([r.values[k] for r in good], metric.percentiles)
                    np.testing.assert_allclose(got_p[i], want, rtol=1e-9)
                for minute in range(60):
                    start = int(block.time_us[i]) + minute * 60_000_000
                    some = [r for r in good if start <= r.time_us < start + 60_000_000]
                    check(metric, *figures(some), minute_of(block, metric.name, i, minute))
                    if metric.percentiles and good:
                        ranks = block.minutes[metric.name].ranks(len(metric.percentiles))[i, :, minute]
                        values = [r.values[k] for r in some] or [math.nan]
                        np.testing.assert_allclose(ranks, np.percentile(values, metric.percentiles), rtol=1e-6)


@given(many)
def test_rows_are_put_in_order_of_sensor_channel_and_time(found: list[Reading]) -> None:
    gathered = rows(found)
    by = order(gathered).found.tolist()
    want = sorted((r.sensor, r.channel, r.time_us) for r in found)
    assert [(gathered.sensor[i], gathered.channel[i], gathered.time_us[i]) for i in by] == want


@given(many, st.data())
def test_parts_add_up_to_the_whole(found: list[Reading], data: st.DataObject) -> None:
    """Hours of a part of the readings and of the rest, added up, are the hours of all of them."""
    found = [r for r in found if r.time_us >= MIDNIGHT]
    first = [data.draw(st.booleans()) for _ in found]
    parts = [[r for r, f in zip(found, first, strict=True) if f == side] for side in (True, False)]
    keys = sorted({(r.sensor, r.channel, r.time_us // HOUR_US * HOUR_US) for r in found})
    for metric in METRICS[:4]:  # what a counter adds depends on what lies between
        hours, minutes = Tally(metric, len(keys), 1), Tally(metric, len(keys), 60)
        for part in parts:
            for block in blocks(DOMAIN, rows(part)):
                if metric.name not in block.hours:
                    continue
                at = np.array([
                    keys.index((int(s), int(c), int(t)))
                    for s, c, t in zip(block.sensor, block.channel, block.time_us, strict=True)
                ])  # fmt: skip
                hours.hours(block.hours[metric.name], at, block.sensor)
                minutes.minutes(block.minutes[metric.name], at, block.sensor)
        whole = [b for b in blocks(DOMAIN, rows(found), size=10_000) if metric.name in b.hours]
        got = hours.figures()
        for block in whole:
            want = block.hours[metric.name]
            np.testing.assert_array_equal(got.n[:, 0], want.n)
            np.testing.assert_array_equal(got.low[:, 0], want.low)
            np.testing.assert_array_equal(got.high[:, 0], want.high)
            if metric.aggregate == "circular":
                np.testing.assert_allclose(got.x[:, 0], want.x, atol=1e-12)
                continue
            np.testing.assert_allclose(got.mean[:, 0], want.mean, rtol=1e-9)
            np.testing.assert_allclose(got.value[:, 0], want.value, rtol=1e-9)
            small = minutes.figures()
            mean = block.minutes[metric.name].mean
            np.testing.assert_allclose(small.mean, mean, rtol=1e-6)


def test_directions_that_cancel_out_have_no_mean() -> None:
    found = [
        Reading(1, 0, MIDNIGHT + i, 0, (math.nan, math.nan, d, math.nan, math.nan), 0)
        for i, d in ((0, 0.0), (1, 180.0))
    ]
    (block,) = blocks(DOMAIN, rows(found))
    assert minute_of(block, "wind_direction", 0, 0)["n"] == 2
    assert math.isnan(block.minutes["wind_direction"].mean[0, 0])
    assert math.isnan(block.hours["wind_direction"].mean[0])
    assert direction(np.array([0.5]), np.array([0.0])) == 90.0


@pytest.mark.parametrize(
    ("stands", "rise"),
    [
        ([(0, 5.0), (3_600_000_000, 7.0)], 2.0),  # an hour apart still counts
        ([(0, 5.0), (3_600_000_001, 7.0)], 0.0),
        ([(0, 5.0), (1, 4.0)], 4.0),  # it has started again
        ([(0, 5.0)], 0.0),
        ([(2, 9.0), (0, 5.0), (1, 6.0)], 4.0),  # whatever the order of arrival
    ],
)
def test_rises_of_a_counter(stands: list[tuple[int, float]], rise: float) -> None:
    nan = math.nan
    gathered = rows([Reading(1, 0, MIDNIGHT + t, 0, (nan, nan, nan, nan, v), 0) for t, v in stands])
    assert increases(gathered, order(gathered), "energy").sum() == rise


def test_percentiles_of_groups() -> None:
    got = percentiles(np.array([2, 0, 2, 2]), np.array([30.0, 7.0, 10.0, 20.0], np.float32), 3, (15, 50, 85))
    np.testing.assert_allclose(got, [[7, 7, 7], [math.nan] * 3, [13, 20, 27]])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(width=32, allow_nan=False, allow_infinity=False)), max_size=40),
    st.sampled_from([np.float32, np.float64]),
)
def test_percentiles_say_what_a_recomputation_says(found: list[tuple[int, float]], kind: type[np.floating]) -> None:
    group, value = np.array([g for g, _ in found], np.int32), np.array([v for _, v in found], kind)
    got = percentiles(group, value, 4, (1, 50, 85))
    for g in range(4):
        mine = value[group == g].astype(np.float64)
        want = np.percentile(mine, (1, 50, 85)) if len(mine) else [math.nan] * 3
        # What is interpolated between two of opposite signs may be small beside both.
        np.testing.assert_allclose(got[g], want, rtol=1e-9, atol=1e-9 * float(np.abs(mine).max(initial=0)))


def test_percentiles_of_a_minute_are_kept_where_it_has_several_readings() -> None:
    def speeds(*at: tuple[int, float]) -> Block:
        nan = (math.nan,) * 4
        (block,) = blocks(DOMAIN, rows([Reading(1, 0, MIDNIGHT + s * 1_000_000, 0, (v, *nan), 0) for s, v in at]))
        return block

    single = speeds((0, 10.0), (60, 20.0)).minutes["speed"]
    assert (single.n, single.percentiles) == (None, None)
    np.testing.assert_array_equal(single.ranks(3)[0, :, :3].T, [[10.0] * 3, [20.0] * 3, [math.nan] * 3])
    several = speeds((0, 10.0), (1, 30.0), (2, 20.0), (60, 20.0)).minutes["speed"]
    assert several.percentiles is not None
    np.testing.assert_allclose(several.ranks(3)[0, :, :3].T, [[13, 20, 27], [20] * 3, [math.nan] * 3])
    several.percentiles = None  # as in a database from before: not known, but of a single reading
    np.testing.assert_allclose(several.ranks(3)[0, :, :2].T, [[math.nan] * 3, [20] * 3])


def test_nothing_gives_nothing() -> None:
    assert len(gather(DOMAIN, [])) == 0
    assert list(blocks(DOMAIN, gather(DOMAIN, []))) == []
    found = rows([Reading(1, 0, MIDNIGHT, 2, (1.0,) * 5, MIDNIGHT)])
    (block,) = blocks(DOMAIN, found)  # it was there, though it did not measure
    assert not block.hours
    assert list(blocks(DOMAIN, found, wanted=np.zeros(1, bool))) == []


def test_more_than_one_wants_to_hold_is_said() -> None:
    parts = [columns([Reading(1, 0, MIDNIGHT + i, 0, (1.0,) * 5, 0)]) for i in range(3)]
    with pytest.raises(TooMany):
        gather(DOMAIN, parts, limit=2)


def test_times_of_receipt_may_be_asked_for_at_the_end() -> None:
    cols, _ = columns([Reading(1, 0, MIDNIGHT + i, 0, (1.0,) * 5, 0) for i in range(3)])
    received: Callable[[np.ndarray], np.ndarray] = lambda numbers: np.array([0, MIDNIGHT + 1_000_000])  # noqa: E731
    got = gather(DOMAIN, [(cols, np.array([7, 9, 9]))], received=received)
    assert math.isnan(got.lag_s[0]), "nobody knows when that one was"
    np.testing.assert_allclose(got.lag_s[1:], 1.0, atol=1e-5)


def test_a_metric_that_only_one_part_has() -> None:
    found = rows([Reading(1, 0, MIDNIGHT, 0, (1.0, 2.0, math.nan, math.nan, math.nan), 0)])
    more = Rows(found.sensor, found.channel, found.time_us - 1, found.lag_s, {"energy": np.array([5.0])})
    both = append(found, more)
    assert np.isnan(both.values["energy"]).tolist() == [True, False]
    assert np.isnan(both.values["speed"]).tolist() == [False, True]
