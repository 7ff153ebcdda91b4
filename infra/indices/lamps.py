"""Who is a lamp and who a cabinet, and the cabinet, zone and area that each lamp counts for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from city.sensors import Sensor
from infra.indices import City

DOMAIN = "lighting"
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """What figures are kept for: a lamp or cabinet (``sensor_id``), a zone, or an area (``zone`` None)."""

    subject: str
    area: str
    zone: str | None
    sensor_id: str | None = None


@dataclass(frozen=True)
class Layout:
    """Lamps, cabinets, and the groups that each belongs to: int64[n, 3], places in ``groups`` or -1.

    A lamp counts for its cabinet, its zone and its area. ``feeder`` is the place of a lamp's cabinet in ``cabinets``.
    """

    lamps: tuple[Sensor, ...]
    cabinets: tuple[Sensor, ...]
    groups: tuple[Group, ...]
    lamp_groups: Ints
    cabinet_groups: Ints
    feeder: Ints

    def rows(self, sensors: Ints, of: Sequence[Sensor]) -> Ints:
        """The places of sensors, by their numbers, among ``of``; -1: not there."""
        place = np.full(max([s.id for s in of] + [int(sensors.max(initial=0))], default=0) + 1, -1, np.int64)
        place[[s.id for s in of]] = np.arange(len(of))
        return np.asarray(place[sensors])

    def add_up(self, members: Ints, values: Floats) -> Floats:
        """Sums by group, [..., group], of values [..., member]; NaN counts as nothing."""
        size = len(self.groups)
        rows = math.prod(values.shape[:-1])
        flat = np.nan_to_num(values).reshape(rows, len(members))
        out = np.zeros((rows, size))
        for column in members.T:
            inside = np.flatnonzero(column >= 0)
            for row in range(rows if len(inside) else 0):
                out[row] += np.bincount(column[inside], flat[row, inside], minlength=size)
        return out.reshape(*values.shape[:-1], size)


def layout(city: City, sensors: Sequence[Sensor], *, each: bool = False) -> Layout:
    """The layout of these sensors; ``each``: every lamp is a group of its own as well.

    A lamp declares `lamp_on`; a sensor that declares nothing is a lamp unless others hang on it. Lamps that hang on a
    cabinet which is not among the sensors count for zone and area alone.
    """
    fed = {s.parent for s in sensors if s.parent}
    lamps = [s for s in sensors if "lamp_on" in s.metrics or (not s.metrics and s.sensor_id not in fed)]
    known = {s.id for s in lamps}
    cabinets = [s for s in sensors if s.id not in known]
    groups: dict[Group, int] = {}

    def place(group: Group) -> int:
        return groups.setdefault(group, len(groups))

    def places(s: Sensor, own: Sensor | None) -> list[int]:
        return [
            -1 if own is None else place(Group(own.sensor_id, own.area, own.zone, own.sensor_id)),
            -1 if s.zone is None else place(Group(s.zone, s.area, s.zone)),
            place(Group(s.area, s.area, None)),
        ]

    by_id = {c.sensor_id: i for i, c in enumerate(cabinets)}
    feeder = [by_id.get(s.parent, -1) for s in lamps]
    of_cabinets = [places(c, c) for c in cabinets]
    of_lamps = [places(s, s if each else cabinets[f] if f >= 0 else None) for s, f in zip(lamps, feeder, strict=True)]
    return Layout(
        tuple(lamps), tuple(cabinets), tuple(groups), np.array(of_lamps, np.int64).reshape(-1, 3),
        np.array(of_cabinets, np.int64).reshape(-1, 3), np.array(feeder, np.int64),
    )  # fmt: skip
