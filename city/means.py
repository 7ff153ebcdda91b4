"""How many values become one figure that is right for their metric: of a group, and of a sensor's channels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from city.registry import Aggregate

Floats = NDArray[np.float64]

#: Units of amounts: of several channels (lanes, phases), or of several sensors, they add up.
AMOUNTS = frozenset({"W", "veh/h", "veh", "m³/h", "kWh"})

#: A mean direction needs directions that do not cancel each other out: the least length of their mean arrow.
_ARROW = 1e-6


def means(aggregate: Aggregate, values: Floats, groups: NDArray[np.int64], size: int) -> Floats:
    """The mean of the values (n,) of each group (n,) of 0 … size - 1, shape (size,): arithmetic, of directions, of
    sound energy; NaN where there is none, and of counters, whose standings have no mean."""
    if aggregate == "increase":
        return np.full(size, np.nan)
    count = np.bincount(groups, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        if aggregate == "circular":
            east, north = (np.bincount(groups, f(np.radians(values)), size) / count for f in (np.sin, np.cos))
            return np.where(np.hypot(east, north) > _ARROW, np.degrees(np.arctan2(east, north)) % 360, np.nan)
        if aggregate == "energy":
            return np.asarray(10 * np.log10(np.bincount(groups, 10.0 ** (values / 10), size) / count))
        return np.asarray(np.bincount(groups, values, size) / count)


def channel_rank(channel: NDArray[np.int64], names: Mapping[int, str]) -> NDArray[np.int64]:
    """0 for a channel that stands for the whole sensor and comes first, 1 for the one without a name, 2 for parts."""
    rank = {number: 0 if name == "total" else 1 if name == "" else 2 for number, name in names.items()}
    return np.array([rank.get(c, 2) for c in channel.tolist()], np.int64)
