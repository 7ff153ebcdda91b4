"""Binary COPY, built by numpy: no loop over rows.

A row is a 16-bit field count, then for each field a 32-bit length and the big-endian value; a null is the length
-1 and nothing more. Rows that lack the same metrics have the same layout and are built at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from city.columns import Columns
from infra.readings import EPOCH_US

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
FIXED = ("time", "sensor", "batch", "channel", "quality", "period_s")
_FIXED = ((">i8", 8), (">i4", 4), (">i4", 4), (">i2", 2), (">i2", 2), (">f4", 4))


@lru_cache(maxsize=4096)
def _layout(present: int, double: tuple[bool, ...]) -> tuple[np.dtype[np.void], tuple[Any, ...]]:
    """The row's dtype for metrics whose bit is set in ``present``, and a row with counts and lengths filled in."""
    fields: list[tuple[str, str]] = [("n", ">i2")]
    constant: list[Any] = [len(_FIXED) + len(double)]
    for i, (kind, size) in enumerate(_FIXED):
        fields += [(f"l{i}", ">i4"), (f"f{i}", kind)]
        constant += [size, 0]
    for i, wide in enumerate(double):
        fields.append((f"k{i}", ">i4"))
        if present >> i & 1:
            fields.append((f"m{i}", ">f8" if wide else ">f4"))
            constant += [8 if wide else 4, 0]
        else:
            constant.append(-1)
    return np.dtype(fields), tuple(constant)


def rows(cols: Columns, double: NDArray[np.bool_], batch: int) -> Iterator[bytes]:
    """The rows of binary COPY, in parts, for the columns FIXED and then the metrics. Missing values are null."""
    kinds = tuple(double.tolist())
    there = ~np.isnan(cols.values)
    masks = there @ (1 << np.arange(len(kinds), dtype=np.int64))
    for mask in np.unique(masks).tolist():
        part = cols.take(masks == mask)
        dtype, constant = _layout(mask, kinds)
        out = np.empty(len(part), dtype)
        out[:] = constant
        out["f0"] = part.time_us - EPOCH_US
        out["f1"] = part.sensor
        out["f2"] = batch
        out["f3"] = part.channel
        out["f4"] = part.quality
        out["f5"] = part.period_s
        for i in range(len(kinds)):
            if mask >> i & 1:
                out[f"m{i}"] = part.values[:, i]
        yield out.tobytes()
