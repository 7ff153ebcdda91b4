"""Percentiles of many groups at once, by linear interpolation as PostgreSQL's ``percentile_cont``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Values = NDArray[Any]

#: The lower half of a sorted key: what is left of it below the group.
_LOW = 0xFFFFFFFF
_SIGN = 1 << 31


def percentiles(group: NDArray[Any], value: Values, groups: int, wanted: Sequence[int]) -> Floats:
    """Percentiles of the values of each group: [groups, p], NaN for a group without any.

    ``group`` (n,) whole numbers from 0 to groups - 1 in any order; ``value`` (n,) without NaN.
    """
    out = np.full((groups, len(wanted)), np.nan)
    if not len(group):
        return out
    ranked = _ranked(group, value)
    n = np.bincount(group, minlength=groups)
    some = np.flatnonzero(n)
    n = n[some]
    first = np.cumsum(n) - n
    for i, p in enumerate(wanted):
        at = (n - 1) * (p / 100.0)
        low = np.floor(at).astype(np.int64)
        a = ranked[first + low].astype(np.float64)
        b = ranked[first + np.minimum(low + 1, n - 1)].astype(np.float64)
        out[some, i] = a + (at - low) * (b - a)
    return out


def _ranked(group: NDArray[Any], value: Values) -> Values:
    """The values by group, ascending in each."""
    if value.dtype != np.float32:
        return value[np.lexsort((value, group))]
    # Single precision and its group make one number of 64 bits, which is sorted in half the time of two keys. The bits
    # of floats ascend as whole numbers do, but for negative ones, which descend.
    bits = value.view(np.int32)
    key = (bits ^ (bits >> 31 & 0x7FFFFFFF)).astype(np.int64)
    key += _SIGN
    key |= group.astype(np.int64) << 32
    key.sort()
    key &= _LOW
    key -= _SIGN
    bits = key.astype(np.int32)
    return (bits ^ (bits >> 31 & 0x7FFFFFFF)).view(np.float32)
