"""From columns to the bytes of messages: `{"ts": …, "values": {…}}`, beside them `period_s` where amounts are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from city.registry import Domain
from simulators.noise import Floats, Ticks

#: Digits behind the point that an instrument of that kind gives; others give 2.
DECIMALS = {
    "flow": 0, "count": 0, "speed": 1, "occupancy": 1, "queue": 0, "headway": 1,
    "pm2_5": 1, "pm10": 1, "no2": 1, "so2": 1, "co": 0, "o3": 1, "temperature": 1, "humidity": 1, "pressure": 1,
    "noise": 1, "rainfall": 1, "wind_speed": 1, "wind_direction": 0,
    "lamp_on": 0, "dim": 0, "power": 1, "voltage": 1, "current": 3, "energy": 3, "power_factor": 3, "illuminance": 1,
    "frequency": 3, "level": 2, "pressure_bar": 2, "water_flow": 1, "battery": 0, "signal": 0,
}  # fmt: skip


class Profile:
    """Sensors of one domain that report the same columns (``metric`` or ``metric:channel``)."""

    def __init__(self, domain: Domain, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        metrics = [domain.metric(c.partition(":")[0]) for c in columns]
        self._digits = [DECIMALS.get(m.name, 2) if m else 2 for m in metrics]
        self._bounds = [(m.low, m.high) if m else (-np.inf, np.inf) for m in metrics]
        fields = [(f"f{i}", Any) for i in range(len(columns))]
        names = {f"f{i}": c for i, c in enumerate(columns)}
        self._values = msgspec.defstruct("Values", fields, rename=names, gc=False)
        shape: list[tuple[str, Any]] = [("ts", int), ("values", self._values)]
        self._period = any(m is not None and m.kind == "delta" for m in metrics)
        self._message = msgspec.defstruct("Message", [*shape, ("period_s", float)] if self._period else shape)
        self._encode = msgspec.json.Encoder().encode

    def encode(self, columns: dict[str, Floats], t_us: Ticks, period_us: Ticks) -> list[bytes]:
        """One payload a row. Values are held to the plausible range and rounded; NaN becomes null."""
        cells = [
            _cells(columns[name], digits, low, high)
            for name, digits, (low, high) in zip(self.columns, self._digits, self._bounds, strict=True)
        ]
        rows = zip(*cells, strict=True)
        times = (t_us // 1000).tolist()
        encode, message, values = self._encode, self._message, self._values
        if self._period:
            periods = np.round(period_us / 1e6, 3).tolist()
            return [encode(message(t, values(*r), p)) for t, r, p in zip(times, rows, periods, strict=True)]
        return [encode(message(t, values(*r))) for t, r in zip(times, rows, strict=True)]


def _cells(column: Floats, digits: int, low: float, high: float) -> list[Any]:
    """A column as Python numbers: whole ones without a point (msgspec writes NaN as null)."""
    cells: list[Any] = np.round(np.clip(column, low, high), digits).tolist()
    if digits == 0:
        return [int(v) if v == v else None for v in cells]
    return cells
