"""What answers about history say of themselves: quality, what is not kept any more, what came late."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from city.columns import Columns
from city.decoder import Decoder
from infra.times import rfc3339
from tests.integration.test_api import problem
from tests.integration.test_history import HOUR_US, Past, numbers, past, rolled, same

__all__ = ["past", "rolled"]
pytestmark = pytest.mark.servers

TRAFFIC: dict[str, Any] = {"sensor": ["T1", "T2"], "metric": ["speed", "flow"]}


def counted(past: Past, since: str) -> dict[tuple[str, str], dict[str, int]]:
    """By sensor and metric: readings of each quality, as the view has them."""
    out: dict[tuple[str, str], dict[str, int]] = {}
    found = past.conn.execute(
        "SELECT sensor_id, metric, quality, count(*) FROM observation WHERE time >= %s AND time < %s"
        " GROUP BY sensor_id, metric, quality",
        [since, past.at(0)],
    )
    for sensor, metric, quality, n in found:
        out.setdefault((sensor, metric), {"measuring": 0, "calibrating": 0, "fault": 0})[quality] = n
    return out


def test_every_series_says_how_good_it_is(past: Past) -> None:
    past.roll()
    known = numbers(past.conn)
    past.conn.execute("UPDATE reading_traffic SET quality = 1 WHERE quality = 2 AND sensor = %s", [known["T2"]])
    past.conn.execute(
        "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
        " VALUES (%s, now(), 10, false, '{}', '{}'), (%s, now(), 90, true, '{}', '{}')",
        [known["T1"], known["T2"]],
    )
    since = past.at(-8)
    by_view = counted(past, since)
    forms: list[dict[str, Any]] = [
        {}, {"step": "1h"}, {"step": "1m", "layout": "series"}, {"points": 500}, {"step": "90"},
    ]  # fmt: skip
    for more in forms:
        query: dict[str, Any] = {"zone": "07210", "metric": ["speed", "flow", "noise"], "from": since, **more}
        series = past.ask(**query)["series"]
        found = {(s["sensor_id"], s["metric"]): s for s in series}
        assert set(found) == {(s, m) for s in ("T1", "T2") for m in ("speed", "flow")} | {("-E1", "noise")}, more
        for key, s in found.items():
            assert s["quality"] == by_view[key], (more, key)
            assert s["readings"] == s["quality"]["measuring"] > 100
            assert 60 < s["complete"] <= 100
            assert s["trusted"] == {"T1": False, "T2": True, "-E1": None}[key[0]]
        assert found["T1", "speed"]["quality"]["fault"] > 0 == found["T1", "speed"]["quality"]["calibrating"]
        assert found["T2", "speed"]["quality"]["calibrating"] > 0


def test_a_page_tells_of_its_own_series(rolled: Past) -> None:
    steps: list[dict[str, Any]] = [{}, {"step": "1h"}]
    for step in steps:
        page = rolled.ask(**TRAFFIC, **step, limit=3)
        assert {(s["sensor_id"], s["metric"]) for s in page["series"]} == {
            (i["sensor_id"], i["metric"]) for i in page["items"]
        }
        assert page["series"] == [s for s in rolled.ask(**TRAFFIC, **step)["series"] if s in page["series"]]


def test_chosen_figures_are_those_of_all(rolled: Past) -> None:
    metrics = ["speed", "wind_direction", "energy", "rainfall"]
    query: dict[str, Any] = {"zone": "07210", "metric": metrics, "layout": "series"}
    for step in ("1m", "5m", "1h"):
        full = rolled.ask(**query, step=step, **{"from": rolled.at(-10)})["series"]
        assert any(n and n > 1 for s in full for n in s["count"]), "a minute with several readings"
        for stats in (["mean"], ["value", "count"], ["max"], ["completeness", "min"]):
            some = rolled.ask(**query, step=step, stat=stats, **{"from": rolled.at(-10)})["series"]
            others = {"count", "mean", "min", "max", "value", "completeness", "p15", "p50", "p85"} - set(stats)
            assert some == [{k: v for k, v in s.items() if k not in others} for s in full], (step, stats)


def dropped(past: Past, raw_us: int) -> None:
    """Readings before this time are gone, as retention leaves it."""
    for domain in ("traffic", "environment", "lighting"):
        past.conn.execute(f"DELETE FROM reading_{domain} WHERE time < %s", [rfc3339(raw_us)])
        past.conn.execute("UPDATE rollup_state SET raw_from = %s WHERE domain = %s", [rfc3339(raw_us), domain])


def test_readings_that_are_not_kept_any_more(past: Past) -> None:
    past.roll()
    raw_us = past.now_us // HOUR_US * HOUR_US - 30 * HOUR_US
    old: dict[str, Any] = {"from": past.at(-40), "to": past.at(-38)}
    wind: dict[str, Any] = {"sensor": "-E1", "metric": "wind_direction", "step": "30m", **old}
    hours = [past.ask(**TRAFFIC, step="1h"), past.ask(zone="07210", of="whole", metric="speed", step="1h")]
    winds = past.ask(**wind)
    assert past.ask(**TRAFFIC, points=120, **old)["step_s"] is None
    assert hours[0]["raw_from"] is None
    dropped(past, raw_us)

    # Readings by name: what there is, and since when; none of it is a clear answer, in every form.
    some = past.ask(**TRAFFIC)
    assert (some["raw_from"], some["step_s"]) == (rfc3339(raw_us), None)
    assert some["left_out"] == [{"from": past.at(-50), "to": rfc3339(raw_us)}]
    assert min(i["time"] for i in some["items"]) >= rfc3339(raw_us)
    by_view = counted(past, rfc3339(raw_us))
    assert [s["quality"] for s in some["series"]] == [by_view[s["sensor_id"], s["metric"]] for s in some["series"]]
    forms: list[dict[str, Any]] = [
        {},
        {"format": "csv"},
        {"format": "parquet"},
        {"format": "csv", "limit": 5},
        {"step": "90"},
    ]
    for form in forms:
        answer = past.api.http.get("/api/v1/observations", params={**TRAFFIC, **old, **form})
        assert "kept since " + rfc3339(raw_us) in problem(answer, 422), form

    # Points take rollups instead.
    chosen = past.ask(**TRAFFIC, points=120, **old)
    assert (chosen["step_s"], chosen["made_from"]) == (60, ["minute"])
    assert len(chosen["items"]) > 100
    assert chosen["items"] == past.ask(**TRAFFIC, step="1m", **old)["items"]
    assert all(s["quality"]["fault"] is None for s in chosen["series"]), "nobody knows any more"
    (speed,) = past.ask(sensor="T1", metric="speed", points=120, layout="series", **old)["series"]
    assert [n for n in speed["count"] if n] == [
        i["count"] for i in chosen["items"] if (i["sensor_id"], i["metric"]) == ("T1", "speed")
    ]

    # The first part of an hour is not there; the answer says so, and the rest is as it was.
    first = rfc3339((past.now_us - 50 * HOUR_US) // HOUR_US * HOUR_US)
    whole = rfc3339((past.now_us - 50 * HOUR_US) // HOUR_US * HOUR_US + HOUR_US)
    zone: dict[str, Any] = {"zone": "07210", "of": "whole", "metric": "speed"}
    for before, query in zip(hours, (TRAFFIC, zone), strict=True):
        after = past.ask(**query, step="1h")
        assert after["left_out"] == [{"from": past.at(-50), "to": whole}]
        assert after["raw_from"] == rfc3339(raw_us)
        same([i for i in before["items"] if i["time"] > first], [i for i in after["items"] if i["time"] > first])
        assert [i for i in after["items"] if i["time"] == first and i["count"]] == []
    # Directions come from minutes then, and are not lost.
    again = past.ask(**wind)
    assert again["made_from"] == ["minute"]
    edge = {i["time"] for i in winds["items"][:1] + winds["items"][-1:]}
    assert [(i["time"], i["count"]) for i in winds["items"] if i["time"] not in edge] == [
        (i["time"], i["count"]) for i in again["items"] if i["time"] not in edge
    ]


def late(past: Past, hour_us: int) -> None:
    decoder = Decoder(past.catalog.registry.domains["traffic"])
    values = np.full((1, len(decoder.metrics)), np.nan)
    values[0, decoder.metrics.index("speed")] = 119.5
    number = np.array([numbers(past.conn)["T1"]], np.int32)
    time_us, none = np.array([hour_us + 77]), np.zeros(1, np.float32)
    past.write("traffic", Columns("traffic", decoder.metrics, number, np.zeros(1, np.int16), time_us,
                                  np.zeros(1, np.uint8), none, values))  # fmt: skip


def test_a_zone_says_what_came_late(past: Past) -> None:
    past.roll()
    hour_us = (past.now_us // HOUR_US - 10) * HOUR_US
    query: dict[str, Any] = {"zone": "07210", "of": "whole", "metric": "speed", "step": "1h"}
    other = {**query, "zone": "07228"}
    before = past.ask(**query)
    assert before["late"] == 0
    late(past, hour_us)
    found = past.ask(**query)
    assert (found["late"], found["items"]) == (1, before["items"])
    assert past.ask(**query, **{"from": past.at(-5)})["late"] == 0
    assert past.ask(**other)["late"] == 0, "none of its sensors"
    assert past.ask(sensor="T1", metric="speed", step="1h")["late"] == 0, "read anew"
    past.roll()
    after = past.ask(**query)
    assert after["late"] == 0
    assert [i["time"] for i in after["items"] if i["max"] == 119.5] == [rfc3339(hour_us)]
