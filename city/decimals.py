"""Single-precision readings as the decimals that people sent: 41.3, not 41.29999923706055."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def widen(value: Floats) -> Floats:
    """The shortest decimal that single precision cannot tell from each value, as the nearest double.

    ``value`` is float64[n], finite, and came from a ``real`` column. Of 6 to 9 digits the least that will do is
    found for the whole column at once, at a fraction of the cost of writing each number out.
    """
    out = value.copy()
    single = value.astype(np.float32)
    size = np.abs(value)
    # Larger ones are as good as whole; smaller ones would need powers of ten that no double holds exactly.
    left = np.flatnonzero((size > 1e-13) & (size < 1e7))
    for digits in (6, 7, 8, 9):
        scale = 10.0 ** np.clip(digits - 1 - np.floor(np.log10(size[left])), 0, 300)
        out[left] = np.rint(value[left] * scale) / scale
        left = left[out[left].astype(np.float32) != single[left]]
        if not len(left):
            break
    out[left] = value[left]
    return out
