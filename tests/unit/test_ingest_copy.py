"""Rows of binary COPY, byte by byte against a loop with struct."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns
from infra.readings import EPOCH_US
from ingest import copy

METRICS = ("a", "b", "c")
DOUBLE = np.array([False, True, False])
VALUES = st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 2**31 - 1), st.integers(0, 2**15 - 1), st.integers(-(2**60), 2**60), st.integers(0, 2),
        st.floats(0, 1e9, width=32), VALUES, VALUES, VALUES,
    ),
    max_size=12,
)  # fmt: skip


def one(row: tuple[float, ...], batch: int) -> bytes:
    sensor, channel, at, quality, period, *values = row
    out = struct.pack(">h", 9)
    out += struct.pack(">iqiiii", 8, int(at) - EPOCH_US, 4, int(sensor), 4, batch)
    out += struct.pack(">ihihif", 2, int(channel), 2, int(quality), 4, period)
    for value, wide in zip(values, DOUBLE.tolist(), strict=True):
        if value is None:
            out += struct.pack(">i", -1)
        else:
            out += struct.pack(">id", 8, value) if wide else struct.pack(">if", 4, value)
    return out


@given(ROWS, st.integers(1, 2**31 - 1))
def test_rows_are_what_struct_makes(rows: list[tuple[float, ...]], batch: int) -> None:
    cols = Columns(
        "x", METRICS,
        np.array([r[0] for r in rows], np.int32), np.array([r[1] for r in rows], np.int16),
        np.array([r[2] for r in rows], np.int64), np.array([r[3] for r in rows], np.uint8),
        np.array([r[4] for r in rows], np.float32),
        np.array([[np.nan if v is None else v for v in r[5:]] for r in rows], float).reshape(len(rows), 3),
    )  # fmt: skip
    made = list(copy.rows(cols, DOUBLE, batch))
    # Rows are grouped by the metrics they have, and keep their order within.
    groups: dict[tuple[bool, ...], bytes] = {}
    for row in rows:
        kind = tuple(v is not None for v in row[5:])
        groups[kind] = groups.get(kind, b"") + one(row, batch)
    assert sorted(made) == sorted(groups.values())
