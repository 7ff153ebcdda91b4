"""What the windows are made of: row numbers, counters, and single precision as decimals."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from city.counters import Counters
from city.decimals import widen
from city.rows import RowIndex, grown


@given(st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=20), max_size=10))
def test_a_key_keeps_its_row(batches: list[list[int]]) -> None:
    index, seen = RowIndex(), dict[int, int]()
    for batch in batches:
        keys = np.array(batch, np.int64)
        assert index.find(keys).tolist() == [seen.get(k, -1) for k in batch]
        for key, row in zip(batch, index.take(keys).tolist(), strict=True):
            assert seen.setdefault(key, row) == row
    assert sorted(seen.values()) == list(range(len(index)))


def test_columns_grow_and_keep_what_they_hold() -> None:
    column = grown(np.array([[1, 2]]), 3, 7)
    assert column[:3].tolist() == [[1, 2], [7, 7], [7, 7]]
    assert grown(column, 3, 0) is column


@given(
    st.lists(
        st.one_of(
            st.floats(width=32, allow_nan=False, allow_infinity=False),
            st.floats(-9999, 9999).map(lambda x: float(np.float32(round(x, 2)))),
        ),
        min_size=1,
    )
)
def test_single_precision_becomes_its_shortest_decimal(values: list[float]) -> None:
    wide = widen(np.array(values, np.float64))
    assert (wide.astype(np.float32) == np.array(values, np.float32)).all()
    for got, value in zip(wide.tolist(), values, strict=True):
        if 1e-12 < abs(value) < 1e7:
            assert digits(got) <= digits(np.float32(value))


def digits(number: float | np.float32) -> int:
    """How many digits a number is written with."""
    return len(str(number).split("e")[0].replace(".", "").strip("-0"))


def test_a_decimal_comes_back_as_it_was_sent() -> None:
    sent = np.array([41.3, 0.1, 1013.25, 99.99, -7.7, 0.00098, 235959.0, 0.0, 1e-9])
    assert widen(sent.astype(np.float32).astype(np.float64)).tolist() == sent.tolist()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 50)), max_size=40))
def test_increases_add_up_to_what_each_counter_rose(steps: list[tuple[int, int, int]]) -> None:
    """In order of time, however they are cut into batches, all increases sum to the climb since the last restart."""
    counters = Counters()
    total, last = 0.0, dict[tuple[int, int], float]()
    expected = 0.0
    rows = [(s, c, t * 1000 + i, float(v)) for i, (s, c, v) in enumerate(steps) for t in (i,)]
    for at in range(0, len(rows), 7):
        part = rows[at : at + 7]
        s, c, t, v = (np.array(x) for x in zip(*part, strict=True))
        shuffled = np.random.default_rng(at).permutation(len(part))
        total += float(counters.increases(s[shuffled], c[shuffled], t[shuffled], v[shuffled]).sum())
        for sensor, channel, _, value in part:
            before = last.get((sensor, channel))
            if before is not None:
                expected += value - before if value >= before else value
            last[sensor, channel] = value
    assert total == expected
