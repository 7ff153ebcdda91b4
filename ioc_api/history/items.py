"""Steps as items of a page, and as whole series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from city.columns import QUALITIES
from city.registry import Metric
from infra.times import SECOND, rfc3339
from ioc_api.history.grid import Floats, Ints
from ioc_api.history.marks import Marks
from ioc_api.history.question import Question
from ioc_api.history.raw import After, Reading
from ioc_api.history.table import Table

#: A series of an answer: (place of the sensor, channel, place of the metric).
Key = tuple[int, int, int]
#: The figures of a step, in their order.
STATS = ("count", "mean", "min", "max", "value", "completeness")
#: And what those of a zone or area say besides.
SENSORS = ("sensors", "expected", "left_out")
#: Whole numbers among the figures.
WHOLE = frozenset({"count", "sensors", "expected", "left_out"})


@lru_cache(maxsize=50_000)
def stamp(us: int) -> str:
    """RFC 3339; neighbouring series have the same times."""
    return rfc3339(us)


def listed(values: Floats, name: str = "") -> list[Any]:
    """Numbers as JSON has them: null for NaN."""
    if name in WHOLE:
        return list(np.nan_to_num(values).astype(np.int64).tolist())
    out = values.tolist()
    empty = np.isnan(values)
    if empty.any():
        for i in np.flatnonzero(empty).tolist():
            out[i] = None
    return list(out)


def order(t: Table, gaps: bool) -> tuple[Ints, Ints, Ints]:
    """(row, step, metric) of everything that is told of, by sensor, time, channel and metric.

    ``gaps``: steps without readings as well.
    """
    count = np.stack([t.figures[m.name].count for m in t.metrics], axis=2)
    row, step, metric = np.nonzero((count > 0) | (t.told[:, None, :] & gaps))
    found = np.lexsort((metric, t.channel[row], step, t.place[row]))
    return row[found], step[found], metric[found]


def page(t: Table, after: After | None, limit: int, *, gaps: bool) -> tuple[list[dict[str, Any]], list[After]]:
    """At most ``limit`` items by sensor, time, channel and metric behind ``after``, and the key of each.

    ``gaps``: steps without readings are items as well, with a count of 0 and nulls.
    """
    row, step, metric = order(t, gaps)
    time_us, place, channel = t.start_us + step * t.step_us, t.place[row], t.channel[row]
    first = 0
    if after is not None:
        behind = np.zeros(len(row), bool)
        for column, bound in reversed(list(zip((place, time_us, channel, metric), after, strict=True))):
            behind = (column > bound) | ((column == bound) & behind)
        first = int(np.argmax(behind)) if behind.any() else len(row)
    mine = slice(first, first + limit)
    row, step, metric = row[mine], step[mine], metric[mine]
    time_us, place, channel = time_us[mine], place[mine], channel[mine]
    out: list[dict[str, Any]] = [{}] * len(row)
    for k in np.unique(metric).tolist():
        what = t.metrics[k]
        at = np.flatnonzero(metric == k)
        columns = {name: listed(v[row[at], step[at]], name) for name, v in t.columns(what).items()}
        figured = zip(*columns.values(), strict=True)
        told = zip(at.tolist(), time_us[at].tolist(), row[at].tolist(), figured, strict=True)
        for i, us, r, figures in told:
            out[i] = {"time": stamp(us), **t.names[r], "metric": what.name, "unit": what.unit,
                      **dict(zip(columns, figures, strict=True))}  # fmt: skip
    keys = zip(*(x.tolist() for x in (place, time_us, channel, metric)), strict=True)
    return out, list(keys)


def of_readings(q: Question, found: Iterable[Reading], channels: dict[int, str]) -> list[dict[str, Any]]:
    """Readings as items."""
    metrics: list[Sequence[Metric]] = [p.metrics for p in q.parts for _ in p.sensors]
    out = []
    for r in found:
        what = metrics[r.place][r.metric]
        out.append({
            "time": rfc3339(r.time_us), "sensor_id": q.sensors[r.place].sensor_id, "metric": what.name,
            "channel": channels.get(r.channel, str(r.channel)), "unit": what.unit, "value": r.value,
            "quality": QUALITIES[r.quality],
        })  # fmt: skip
    return out


def summaries(t: Table, keys: Sequence[After]) -> dict[Key, dict[str, Any]]:
    """What the series of a page's items are, by (place, channel, metric)."""
    wanted = sorted({(place, channel, metric) for place, _, channel, metric in keys})
    rows = {(p, c): r for r, (p, c) in enumerate(zip(t.place.tolist(), t.channel.tolist(), strict=True))}
    return {(p, c, m): about(t, rows[p, c], t.metrics[m]) for p, c, m in wanted if (p, c) in rows}


def series(t: Table, stats: Sequence[str], marks: Marks | None) -> list[dict[str, Any]]:
    """Every series that is told of, with an entry for each step: null (and a count of 0) where there is nothing."""
    every = [t.columns(m, stats) for m in t.metrics]
    out = []
    for r, k in zip(*(x.tolist() for x in np.nonzero(t.told)), strict=True):
        what = about(t, r, t.metrics[k])
        if marks is not None:
            what |= marks.of(int(t.place[r]), int(t.channel[r]), k, what["readings"])
        figures = {name: listed(v[r], name) for name, v in every[k].items()}
        out.append({**what, "start": stamp(t.start_us), "step_s": t.step_us // SECOND, **figures})
    return out


def about(t: Table, row: int, metric: Metric) -> dict[str, Any]:
    """What a series is, and how complete it is over the whole span."""
    count, due = int(t.figures[metric.name].count[row].sum()), float(t.due[metric.name][row].sum())
    return {
        **t.names[row], "metric": metric.name, "unit": metric.unit, "vi": metric.vi, "en": metric.en,
        "aggregate": metric.aggregate, "readings": count, "expected_readings": round(due),
        "complete": min(100.0, float(np.round(100.0 * count / due, 1))) if due > 0 else None,
        **({"left_out": int(t.sensors[metric.name]["left_out"][row].max())} if t.sensors else {}),
    }  # fmt: skip


def unknown(sensor_id: str, channels: Mapping[int, str], channel: int, metric: Metric) -> dict[str, Any]:
    """What a series is of which nothing has been counted."""
    return {
        "sensor_id": sensor_id, "channel": channels.get(channel, str(channel)), "metric": metric.name,
        "unit": metric.unit, "vi": metric.vi, "en": metric.en, "aggregate": metric.aggregate, "readings": None,
        "expected_readings": None, "complete": None,
    }  # fmt: skip
