"""Figures laid out with what names them and what should be there: what items, series and files are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from city.registry import Metric
from city.sensors import Sensor
from infra.times import SECOND
from ioc_api.history import steps
from ioc_api.history.grid import Figures, Floats, Ints
from ioc_api.history.question import Part, Question
from ioc_api.history.sources import Filled


@dataclass(frozen=True)
class Table:
    """Figures of some rows, [row, step] by metric.

    ``names``: what names a row in an answer. ``place``: the sensor's place in the question, ``channel`` its number.
    ``due``: readings that should be there, [row, step]. ``told`` [row, metric]: whether that series is told of.
    ``sensors``: how many sensors a zone's figure is made of, by metric.
    """

    names: list[dict[str, Any]]
    place: Ints
    channel: Ints
    metrics: tuple[Metric, ...]
    figures: dict[str, Figures]
    due: Mapping[str, Floats]
    start_us: int
    step_us: int
    told: NDArray[np.bool_]
    sensors: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)

    def columns(self, metric: Metric, only: Sequence[str] | None = None) -> dict[str, Floats]:
        """Every figure of a metric, or ``only`` these, under the name that it has in answers."""
        f = self.figures[metric.name]
        out = {
            "count": f.count, "mean": f.mean, "min": f.min, "max": f.max, "value": f.value,
            **{f"p{p}": v for p, v in f.percentiles.items()}, **self.sensors.get(metric.name, {}),
        }  # fmt: skip
        if only is None or "completeness" in only:
            out["completeness"] = completeness(f.count, self.due[metric.name])
        order = (*_FIRST, *out) if only is None else [n for n in (*_FIRST, *out) if n in only]
        return {name: out[name] for name in order}


#: The order of figures in answers; what else there is follows.
_FIRST = ("count", "mean", "min", "max", "value", "completeness")


def completeness(count: Floats, due: Floats) -> Floats:
    """Percent of the readings that should be there, at most 100; NaN where none should."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(due > 0, np.minimum(100.0, np.round(100.0 * count / due, 1)), np.nan)


def passed_s(q: Question) -> Floats:
    """Seconds of each step that were asked for and have passed, (steps,)."""
    start = steps.begin(q.from_us, q.every_s)
    edges = start + np.arange(q.steps + 1, dtype=np.int64) * q.every_s * SECOND
    inside = np.clip(edges, q.from_us, max(q.from_us, min(q.to_us, q.now_us)))
    return np.asarray(np.diff(inside) / SECOND)


def of_sensors(
    q: Question, part: Part, sensors: Sequence[Sensor], first: int, filled: Filled, channels: Mapping[int, str]
) -> Table:
    """Lay figures of sensors out. ``first`` is the place of the first of these sensors in the question.

    A series is told of where it has readings; where no channel of a sensor has any, also the empty series of what
    the sensor promises to measure (of anything, where nobody has said).
    """
    at = {s.id: i for i, s in enumerate(sensors)}
    local = np.array([at[n] for n in filled.sensor.tolist()], np.int64)
    seen = np.stack([(filled.grid.sums[m.name].n > 0).any(axis=1) for m in part.metrics], axis=1)
    by_sensor = np.zeros((len(sensors), len(part.metrics)), bool)
    np.logical_or.at(by_sensor, local, seen)
    promised = np.array([[not s.metrics or m.name in s.metrics for m in part.metrics] for s in sensors], bool)
    head = np.ones(len(local), bool)
    head[1:] = local[1:] != local[:-1]  # rows stand by sensor
    told = seen | ((promised & ~by_sensor)[local] & head[:, None])
    names = [
        {"sensor_id": sensors[i].sensor_id, "channel": channels.get(c, str(c))}
        for i, c in zip(local.tolist(), filled.channel.tolist(), strict=True)
    ]
    interval_s = np.array([part.interval_s(s) for s in sensors])[local]
    due = passed_s(q)[None, :] / interval_s[:, None]
    grid = filled.grid
    return Table(
        names, local + first, filled.channel, part.metrics, {m.name: grid.figures(m.name) for m in part.metrics},
        {m.name: due for m in part.metrics}, grid.start_us, grid.step_us, told,
    )  # fmt: skip
