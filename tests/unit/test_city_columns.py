"""Rows that share a key become one, and the first value of each metric stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns, join, merge, shortest

Row = tuple[int, int, int, float | None, float | None]
ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 1),
        st.integers(0, 3),
        st.none() | st.integers(0, 99).map(float),
        st.none() | st.integers(0, 99).map(float),
    ),
    max_size=25,
)


def columns(rows: list[Row]) -> Columns:
    return Columns(
        "traffic",
        ("flow", "speed"),
        np.array([r[0] for r in rows], np.int32),
        np.array([r[1] for r in rows], np.int16),
        np.array([r[2] for r in rows], np.int64),
        np.zeros(len(rows), np.uint8),
        np.zeros(len(rows), np.float32),
        np.array([[np.nan if v is None else v for v in r[3:]] for r in rows], float).reshape(len(rows), 2),
    )


@given(ROWS)
def test_merge_is_what_a_loop_would_do(rows: list[Row]) -> None:
    wanted: dict[tuple[int, int, int], list[float | None]] = {}
    for sensor, channel, at, *values in rows:
        kept = wanted.setdefault((sensor, channel, at), [None, None])
        for i, value in enumerate(values):
            kept[i] = value if kept[i] is None else kept[i]
    cols = columns(rows)
    before = cols.values.copy()
    merged = merge(cols)
    assert np.array_equal(cols.values, before, equal_nan=True)
    assert len(merged) == len(wanted)
    for i in range(len(merged)):
        key = (int(merged.sensor[i]), int(merged.channel[i]), int(merged.time_us[i]))
        assert [None if np.isnan(v) else v for v in merged.values[i]] == wanted[key]
    assert merged.readings == sum(v is not None for values in wanted.values() for v in values)
    assert (merged is cols) == (len(wanted) == len(rows))


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_joined_parts_are_the_whole(parts: list[list[Row]]) -> None:
    whole = columns([row for part in parts for row in part])
    joined = join([columns(part) for part in parts])
    assert np.array_equal(joined.values, whole.values, equal_nan=True)
    for name in ("sensor", "channel", "time_us", "quality", "period_s"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name))


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20))
def test_shortest_decimals_are_the_same_single_precision_number(values: list[float]) -> None:
    single = np.array(values, np.float32)
    found = shortest(single)
    assert np.array_equal(np.array(found, np.float32), single)
    assert shortest(np.array([41.3], np.float32)) == [41.3]
