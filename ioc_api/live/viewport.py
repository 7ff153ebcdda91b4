"""What part of the map a client looks at, snapped so that those who look at nearly the same share the work.

Places are in Web Mercator, as the whole world from 0 to 1 from west to east and from north to south. At level n the
world is 2ⁿ cells wide. A map of zoom z is 512·2ᶻ px wide, so that cells are about 56 px at the level nearest to
z + 3.2; a viewport is all of the tiles of 8 by 8 such cells that are seen at least in part.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Levels by which cells are finer than tiles.
TILE = 3
#: log2(512 / 56): how much finer than the zoom cells of 56 px are.
_FINER = 3.19
#: From this zoom on sensors stand alone: streets and single poles are seen.
CLOSE = 15.0
_ZOOMS = (0.0, 24.0)
#: Tiles from edge to edge at most, beyond any screen's: the zoom that somebody says need not go with the box.
WIDEST = 64
_POLE = 85.0511287798


class Look(msgspec.Struct, forbid_unknown_fields=True):
    """What a client says that it looks at: degrees, the map's zoom, and the metric (`traffic/speed`) whose values it
    wants to see."""

    west: float
    south: float
    east: float
    north: float
    zoom: float
    metric: str | None = None


class Viewport(NamedTuple):
    """Tiles from (x, y) to (to_x, to_y), those excluded, of the level ``level`` - TILE; cells are of ``level``."""

    level: int
    x: int
    y: int
    to_x: int
    to_y: int
    close: bool
    domain: str
    metric: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, north, east and south edge, as parts of the world."""
        tiles = 2.0 ** (self.level - TILE)
        return self.x / tiles, self.y / tiles, self.to_x / tiles, self.to_y / tiles


def viewport(look: Look) -> Viewport:
    """The tiles of what somebody looks at. ValueError says what is wrong with it."""
    if not (-180 <= look.west < look.east <= 180 and -90 <= look.south < look.north <= 90):
        raise ValueError("view: west < east và south < north là độ kinh, độ vĩ"
                         " / west < east and south < north are degrees of longitude and latitude")  # fmt: skip
    if not _ZOOMS[0] <= look.zoom <= _ZOOMS[1]:
        raise ValueError(f"view: zoom từ {_ZOOMS[0]:g} đến {_ZOOMS[1]:g} / zoom is {_ZOOMS[0]:g} to {_ZOOMS[1]:g}")
    domain, _, metric = (look.metric or "").partition("/")
    level = max(TILE, math.floor(look.zoom + _FINER + 0.5))
    tiles = 2 ** (level - TILE)
    x, y = (mercator(np.array([look.west, look.east]), np.array([look.north, look.south]))[i] * tiles for i in (0, 1))
    first, last = (min(tiles - 1, math.floor(v[0])) for v in (x, y)), (min(tiles, math.ceil(v[1])) for v in (x, y))
    (x0, y0), (x1, y1) = first, last
    while max(x1 - x0, y1 - y0) > WIDEST:
        level, x0, y0, x1, y1 = level - 1, x0 // 2, y0 // 2, -(-x1 // 2), -(-y1 // 2)
    return Viewport(level, x0, y0, max(x1, x0 + 1), max(y1, y0 + 1), look.zoom >= CLOSE, domain, metric)


def mercator(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees as parts of the world; what has no place stays NaN."""
    sine = np.sin(np.radians(np.clip(lat, -_POLE, _POLE)))
    return (lon + 180) / 360, np.clip(0.5 - np.arctanh(sine) / (2 * np.pi), 0.0, np.nextafter(1.0, 0.0))
