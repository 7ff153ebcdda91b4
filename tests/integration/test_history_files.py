"""What files of history say of themselves, and what every answer says of minutes that are not kept any more."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
from pyarrow import parquet

from infra.times import rfc3339
from ioc_api.history import about
from tests.integration.test_api import problem
from tests.integration.test_history import HOUR_US, Past, past, rolled
from tests.integration.test_history_kept import dropped

__all__ = ["past", "rolled"]
pytestmark = pytest.mark.servers

ASKED: dict[str, Any] = {"zone": "07210", "metric": ["speed", "flow", "noise"]}


def file(past: Past, form: str, **query: Any) -> Any:
    asked = {"from": past.at(-20), "to": past.at(0), "format": form, **query}
    answer = past.api.http.get("/api/v1/observations", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def ending(answer: Any) -> dict[str, Any]:
    """What the end of a Parquet file says."""
    table = parquet.ParquetFile(io.BytesIO(answer.content))
    found: dict[str, Any] = json.loads(table.metadata.metadata[b"ioc"])
    return found


def by_series(said: dict[str, Any]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    names = ("sensor_id", "zone", "channel", "metric")
    told = ("unit", "readings", "expected_readings", "complete", "quality", "trusted", "left_out")
    return {tuple(s.get(n) for n in names): tuple(s.get(n) for n in told) for s in said["series"]}


@pytest.mark.parametrize(
    "more", [{}, {"step": "1m"}, {"step": "90"}, {"points": 30}, {"of": "whole", "step": "1h", "metric": ["speed"]}]
)
def test_a_file_says_what_json_says(rolled: Past, more: dict[str, Any]) -> None:
    rolled.conn.execute(
        "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
        " SELECT id, now(), 10, sensor_id <> 'T1', '{}', '{}' FROM sensor WHERE sensor_id LIKE 'T%'"
        " ON CONFLICT DO NOTHING"
    )
    asked = {**ASKED, **more}
    said = rolled.ask(**asked, **{"from": rolled.at(-20)})
    for form in ("csv", "parquet"):
        headers = file(rolled, form, **asked).headers
        assert headers["ioc-from"] == said["from"]
        assert headers["ioc-to"] == said["to"]
        assert headers.get("ioc-step") == (str(said["step_s"]) if said["step_s"] else None)
        assert headers["ioc-source"] == said["source"]
        assert headers["ioc-made-from"].split(", ") == said["made_from"]
        assert headers.get("ioc-rolled-up-to") == said["rolled_up_to"]
        assert not {"ioc-raw-from", "ioc-minute-from", "ioc-left-out", "ioc-notes"} & set(headers)
        assert {h for h in headers if h.startswith("ioc-")} <= {h.lower() for h in about.HEADERS}
    end = ending(file(rolled, "parquet", **asked))
    head = set(said) - {"items", "next", "series"}
    assert {k: v for k, v in end.items() if k in head} == {k: said[k] for k in head}
    assert by_series(end) == by_series(said)
    assert len(end["series"]) >= (1 if "of" in more else 5)
    assert end["series_left_out"] == 0


def test_a_page_of_a_csv_and_the_description_say_it_too(past: Past) -> None:
    page = file(past, "csv", **ASKED, step="1h", limit=3)
    assert (page.headers["ioc-step"], page.headers["ioc-source"]) == ("3600", "raw")
    api = past.api.http.get("/openapi.json").json()
    for path, method in (("/api/v1/observations", "get"), ("/api/v1/observations/query", "post")):
        assert set(api["paths"][path][method]["responses"]["200"]["headers"]) == set(about.HEADERS)


def test_a_silent_sensor_is_in_the_end_of_a_file(past: Past) -> None:
    past.conn.execute("DELETE FROM reading_traffic WHERE sensor = (SELECT id FROM sensor WHERE sensor_id = 'T2')")
    end = ending(file(past, "parquet", sensor=["T1", "T2"], metric=["speed", "queue"]))
    silent = next(s for s in end["series"] if s["sensor_id"] == "T2")
    assert (silent["metric"], silent["readings"], silent["complete"]) == ("speed", 0, 0.0)
    assert silent["expected_readings"] == 1200
    told = {(s["sensor_id"], s["metric"]) for s in end["series"]}
    assert ("T2", "queue") not in told, "it does not promise that"


def test_readings_that_are_gone(past: Past) -> None:
    past.roll()
    raw_us = past.now_us // HOUR_US * HOUR_US - 10 * HOUR_US
    dropped(past, raw_us)
    said = past.ask(**ASKED, **{"from": past.at(-20)})
    assert [n["code"] for n in said["notes"]] == ["readings_not_kept"]
    assert rfc3339(raw_us) in said["notes"][0]["vi"]
    assert said["kept_from"] == {"raw": rfc3339(raw_us), "minute": None}
    for form in ("csv", "parquet"):
        answer = file(past, form, **ASKED)
        assert answer.headers["ioc-raw-from"] == rfc3339(raw_us)
        assert answer.headers["ioc-left-out"] == f"{past.at(-20)}/{rfc3339(raw_us)}"
        assert answer.headers["ioc-notes"] == "readings_not_kept"
        assert answer.headers["ioc-note"] == said["notes"][0]["en"]
        assert unquote(answer.headers["ioc-note-vi"]) == said["notes"][0]["vi"]
    assert ending(answer)["notes"] == said["notes"]
    (hour,) = past.ask(**ASKED, step="1h", **{"from": past.at(-20)})["notes"]
    assert hour["code"] == "first_step_not_whole"
    assert past.ask(**ASKED, step="1h", **{"from": past.at(-9)})["notes"] == []


@pytest.fixture
def long_ago(past: Past) -> tuple[Past, int]:
    """Minutes are kept for less than the span, and readings for less than those; since when minutes are."""
    with psycopg.connect(past.database, autocommit=True) as conn:
        for table in ("minute_traffic", "minute_environment", "minute_lighting", "group_minute"):
            conn.execute("SELECT set_chunk_time_interval(%s, INTERVAL '1 hour')", [table])
        past.roll()
        now_us = past.now_us // HOUR_US * HOUR_US
        since_us = now_us - 30 * HOUR_US
        for table in ("minute_traffic", "minute_environment", "minute_lighting", "group_minute"):
            conn.execute("SELECT drop_chunks(%s::regclass, older_than => %s::timestamptz)", [table, rfc3339(since_us)])
    dropped(past, now_us - 24 * HOUR_US)
    return past, since_us


@pytest.mark.parametrize("who", [{"sensor": "T1"}, {"zone": "07210", "of": "whole"}])
def test_minutes_that_are_gone(long_ago: tuple[Past, int], who: dict[str, Any]) -> None:
    past, since_us = long_ago
    since = rfc3339(since_us)
    asked: dict[str, Any] = {**who, "metric": "speed", "step": "1m"}
    found = past.ask(**asked)
    counted = [i["time"] for i in found["items"] if i["count"]]
    assert since <= min(counted) < rfc3339(since_us + HOUR_US)
    assert found["left_out"] == [{"from": past.at(-50), "to": since}]
    assert found["kept_from"]["minute"] == since
    (note,) = found["notes"]
    assert note["code"] == "minutes_not_kept"
    assert since in note["vi"]
    assert since in note["en"]
    # A file says it before its first byte.
    answer = file(past, "csv", **asked, **{"from": past.at(-50)})
    assert answer.headers["ioc-minute-from"] == since
    assert answer.headers["ioc-notes"] == "minutes_not_kept"
    # All of it is before: a clear answer, in every form.
    old = {"from": past.at(-45), "to": past.at(-40)}
    for form in ({}, {"format": "csv"}, {"format": "parquet"}, {"layout": "series"}):
        refused = past.api.http.get("/api/v1/observations", params={**asked, **old, **form})
        assert f"figures of minutes are kept since {since}" in problem(refused, 422), form
    # Points take hours then, and nothing is missing but the first part of the first hour.
    chosen = past.ask(**who, metric="speed", points=300)
    assert (chosen["step_s"], chosen["made_from"][0]) == (3600, "hour")
    assert [n["code"] for n in chosen["notes"]] == ["first_step_not_whole", "longer_step"]
    assert min(i["time"] for i in chosen["items"] if i["count"]) < past.at(-48)
    # What is asked of the time that is kept is as it was.
    assert past.ask(**asked, **{"from": past.at(-22)})["notes"] == []


def test_minutes_that_are_gone_come_from_readings_where_these_are_kept(past: Past) -> None:
    asked: dict[str, Any] = {"sensor": "T1", "metric": "speed", "step": "1m"}
    past.roll()
    before = past.ask(**asked)
    past.conn.execute("SELECT set_chunk_time_interval('minute_traffic', INTERVAL '1 hour')")
    past.conn.execute("DELETE FROM minute_traffic")
    past.conn.execute("SELECT drop_chunks('minute_traffic', older_than => now() + %s)", [timedelta(days=30)])
    after = past.ask(**asked)
    assert after["made_from"] == ["raw"]
    assert (after["left_out"], after["notes"]) == ([], [])
    assert [(i["time"], i["count"]) for i in after["items"]] == [(i["time"], i["count"]) for i in before["items"]]


def test_a_domain_that_is_young_is_no_domain_of_which_minutes_are_gone(past: Past) -> None:
    past.roll()
    found = past.ask(sensor="T1", metric="speed", step="30m", **{"from": past.at(-24 * 100)})
    assert (found["kept_from"], found["notes"], found["left_out"]) == ({"raw": None, "minute": None}, [], [])
