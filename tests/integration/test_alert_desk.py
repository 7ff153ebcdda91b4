"""What the alert desk asks for: one action on many alerts, and a shift's alerts for whoever takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = pytest.mark.servers


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt")
        made.route("tnmt", kind="air_quality")
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    return one


def numbers(office: Office) -> dict[str, int]:
    return dict(office.ask("SELECT sensor_id, id FROM alert"))


def many(api: Api, act: str, alerts: dict[int, int], **more: Any) -> Any:
    asked = [{"id": number, "revision": revision} for number, revision in alerts.items()]
    return api.http.post("/api/v1/alerts/act", json={"act": act, "alerts": asked, **more})


def test_of_many_each_is_done_or_refused_by_itself(office: Office, served: Api) -> None:
    for sensor in ("S1", "S2", "S3", "S4"):
        office.happens("fired", sensor)
    s1, s2, s3, s4 = (numbers(office)[s] for s in ("S1", "S2", "S3", "S4"))
    served.http.post(f"/api/v1/alerts/{s2}/comment", json={"revision": 1, "note": "nhanh hơn", "as": "Bình"})
    served.http.post(f"/api/v1/alerts/{s3}/acknowledge", json={"revision": 1, "as": "Bình"})
    answer = many(served, "acknowledge", {s4: 1, s1: 1, s2: 1, s3: 2, 98_765: 1}, note="cả nhóm")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(a["id"], a["state"], a["revision"]) for a in found["done"]] == [
        (s1, "acknowledged", 2), (s4, "acknowledged", 2),
    ]  # fmt: skip
    refused = {one["id"]: one for one in found["refused"]}
    assert {number: one["why"] for number, one in refused.items()} == {s2: "changed", s3: "refused", 98_765: "missing"}
    assert refused[s2]["current"]["revision"] == 2
    assert refused[s3]["current"]["state"] == "acknowledged"
    assert refused[98_765]["current"] is None
    assert "Bình" in refused[s3]["detail"]
    notes = office.ask("SELECT alert, note FROM flip WHERE what = 'acknowledged' AND note <> '' ORDER BY id")
    assert notes == [(s1, "cả nhóm"), (s4, "cả nhóm")]
    # What is not clear needs a word, for each of them.
    found = many(served, "resolve", {s1: 2, s4: 2}).json()
    assert [one["why"] for one in found["refused"]] == ["refused", "refused"]
    assert {a["state"] for a in many(served, "resolve", {s1: 2, s4: 2}, note="đã sửa").json()["done"]} == {"resolved"}
    assert {a["state"] for a in many(served, "reopen", {s1: 3, s4: 3}).json()["done"]} == {"firing"}
    found = many(served, "assign", {s1: 4}, to="Tổ 3").json()
    assert [(a["state"], a["assigned_to"]) for a in found["done"]] == [("in_progress", "Tổ 3")]


def test_what_cannot_be_meant_is_refused_whole(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    number = numbers(office)["S1"]
    for body, text in (
        ({"act": "assign", "alerts": [{"id": number, "revision": 1}]}, "body.to"),
        ({"act": "comment", "alerts": [{"id": number, "revision": 1}], "note": "  "}, "body.note"),
        ({"act": "acknowledge", "alerts": [{"id": number, "revision": 1}] * 2}, "body.alerts"),
        ({"act": "acknowledge", "alerts": []}, "alerts"),
        ({"act": "acknowledge", "alerts": [{"id": n + 1, "revision": 1} for n in range(101)]}, "alerts"),
        ({"act": "delete", "alerts": [{"id": number, "revision": 1}]}, "act"),
    ):  # fmt: skip
        answer = served.http.post("/api/v1/alerts/act", json=body)
        assert answer.status_code == 422, body
        assert text in answer.text
    assert office.alert().state == "firing"


def test_a_shift(office: Office, served: Api) -> None:
    before = office.now
    office.now = before - timedelta(hours=12)
    office.happens("fired", "S1", "smoke")
    office.happens("fired", "S2")
    office.now = before
    office.happens("fired", "S3")
    office.happens("fired", "S4", "smoke")
    office.happens("cleared", "S2")
    office.happens("pending", "S5")
    s3, s4 = (numbers(office)[s] for s in ("S3", "S4"))
    assert many(served, "acknowledge", {s3: 1, s4: 1}, **{"as": "Lan"}).status_code == 200
    served.http.post(f"/api/v1/alerts/{s3}/assign", json={"revision": 2, "to": "Tổ 3", "as": "Lan"})
    found = served.get("alerts/shift")

    def sensors(name: str) -> list[str]:
        return [a["sensor_id"] for a in found[name]["items"]]

    assert sensors("open") == ["S4", "S1", "S3"], "the gravest first, of equals the newest"
    assert found["open"]["severities"] == {"critical": 2, "major": 1}
    assert set(sensors("opened")) == {"S3", "S4"}
    assert sensors("ended") == ["S2"]
    assert found["deeds"]["people"] == [
        {"actor": "Lan (administrator)", "done": {"acknowledged": 2, "assigned": 1}},
    ]  # fmt: skip
    assert found["deeds"]["count"] == 3
    first = found["deeds"]["items"][0]
    assert (first["what"], first["given_to"], first["alert"], first["vi"]) == ("assigned", "Tổ 3", s3, "Quy tắc dust")
    # The shift before: what was open at its end, though it is over now.
    span = {"from": (before - timedelta(hours=13)).isoformat(), "to": (before - timedelta(hours=5)).isoformat()}
    found = served.get("alerts/shift", **span)
    assert set(sensors("open")) == {"S1", "S2"} == set(sensors("opened"))
    assert found["ended"]["count"] == found["deeds"]["count"] == 0
    wide = served.http.get("/api/v1/alerts/shift", params={**span, "from": "2026-01-01T00:00:00Z"})
    assert wide.status_code == 422
    assert "7" in wide.json()["detail"]
