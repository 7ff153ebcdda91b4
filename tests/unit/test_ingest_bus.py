"""Frames on the bus: what is encoded comes back, in parts that the broker takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns
from infra import bus
from infra.bus import BusError, Head

HEAD = Head("ingest-1", "abc", 7, 0, 1, 99, 1_795_305_600_000_000, 0, False, "", 0, ())
SIZES = st.lists(st.tuples(st.sampled_from(["traffic", "water"]), st.integers(0, 40)), max_size=3)


def columns(domain: str, n: int, seed: int) -> tuple[Columns, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-5, 5, (n, 3)).astype(np.float32).astype(float)
    values[rng.random((n, 3)) < 0.4] = np.nan
    values[:, 1] *= np.pi  # double: more digits than single precision has
    cols = Columns(
        domain, ("a", "b", "c"),
        rng.integers(1, 2**31 - 1, n).astype(np.int32), rng.integers(0, 99, n).astype(np.int16),
        rng.integers(0, 2**60, n), rng.integers(0, 3, n).astype(np.uint8), rng.random(n).astype(np.float32), values,
    )  # fmt: skip
    return cols, np.array([False, True, False])


@given(SIZES, st.integers(0, 1000), st.sampled_from([60, 400, bus.FRAME_BYTES]))
def test_round_trip(sizes: list[tuple[str, int]], seed: int, frame_bytes: int) -> None:
    tables = [columns(domain, n, seed + i) for i, (domain, n) in enumerate(sizes)]
    data = list(bus.encode(HEAD, tables, frame_bytes=frame_bytes))
    frames = [bus.decode(d) for d in data]
    assert [f.head.part for f in frames] == list(range(len(frames)))
    assert {f.head.parts for f in frames} == {len(frames)}
    assert all((f.head.collector, f.head.epoch, f.head.seq, f.head.batch) == ("ingest-1", "abc", 7, 99) for f in frames)
    wanted = [(cols.domain, i, cols) for cols, _ in tables for i in range(len(cols))]
    found = [(f.head.domain, i, f.columns) for f in frames if f.columns for i in range(len(f.columns))]
    assert len(found) == len(wanted)
    for (domain, i, cols), (domain_found, j, got) in zip(wanted, found, strict=True):
        assert domain == domain_found
        for name in ("sensor", "channel", "time_us", "quality", "period_s"):
            assert getattr(cols, name)[i] == getattr(got, name)[j]
        row = dict(zip(cols.metrics, cols.values[i].tolist(), strict=True))
        there = {m: v for m, v in row.items() if not np.isnan(v)}
        back = dict(zip(got.metrics, got.values[j].tolist(), strict=True))
        assert {m: v for m, v in back.items() if not np.isnan(v)} == there
    if frame_bytes == bus.FRAME_BYTES:
        assert all(len(d) < 250 * 1024 for d in data)


def test_a_batch_without_rows_is_a_frame_too() -> None:
    (data,) = bus.encode(HEAD, [])
    frame = bus.decode(data)
    assert frame.columns is None
    assert frame.head == HEAD


@given(st.binary(max_size=60))
def test_garbage_is_a_bus_error(data: bytes) -> None:
    with pytest.raises(BusError):
        bus.decode(data)


@given(st.integers(1, 200))
def test_a_frame_that_was_cut_is_a_bus_error(cut: int) -> None:
    (data,) = bus.encode(HEAD, [columns("traffic", 20, 1)])
    with pytest.raises(BusError):
        bus.decode(data[:-cut])
