"""Dense row numbers for sparse integer keys, looked up a whole column at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class RowIndex:
    """Gives each distinct key the next free row number (0, 1, 2, …) and finds it again, for whole columns.

    A row number never changes, so arrays beside the index can be addressed by it.
    """

    def __init__(self) -> None:
        self._keys: Ints = np.empty(0, np.int64)  # sorted
        self._rows: Ints = np.empty(0, np.int64)  # row of the key at the same place

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, keys: Ints) -> Ints:
        """Rows of ``keys`` (int64[n]); -1 where a key is unknown."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._rows[at], -1)

    def take(self, keys: Ints) -> Ints:
        """Rows of ``keys`` (int64[n]); unknown keys are added."""
        rows = self.find(keys)
        unknown = rows < 0
        if unknown.any():
            new = np.unique(keys[unknown])
            at = np.searchsorted(self._keys, new)
            self._rows = np.insert(self._rows, at, np.arange(len(self), len(self) + len(new)))
            self._keys = np.insert(self._keys, at, new)
            rows = self.find(keys)
        return rows


def grown(column: NDArray[Any], rows: int, fill: Any) -> NDArray[Any]:
    """``column`` with at least ``rows`` rows; new ones hold ``fill``. Doubles, so that growing stays cheap."""
    if len(column) >= rows:
        return column
    more = np.full((max(rows, 2 * len(column), 64), *column.shape[1:]), fill, column.dtype)
    more[: len(column)] = column
    return more
