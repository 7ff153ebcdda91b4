"""Alerts by HTTP: lists, one of them, what people do, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from alerts.notice import silence
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.servers import Mosquitto
from ioc_api.alerts import whom
from ioc_api.alerts.items import Wanted
from ioc_api.problems import Stop
from ioc_api.rest import alerts
from tests.fix_api import Api
from tests.notices import RULES, Office, changed
from tests.service import until

pytestmark = pytest.mark.servers


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    """Departments, routes and rules in a database whose clock is that of the wall."""
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt")
        made.department("cong-an", channels=0)
        made.route("tnmt", kind="air_quality")
        made.route("cong-an", "informed", kind="air_quality")
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    """An API on the office's database."""
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    return one


def act(api: Api, number: int, what: str, **body: Any) -> Any:
    return api.http.post(f"/api/v1/alerts/{number}/{what}", json=body)


def test_list_and_filters(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    office.happens("fired", "S2", "smoke")
    office.happens("pending", "S3")
    office.happens("fired", "L1", "dark")
    office.happens("cleared", "L1", "dark")
    found = served.get("alerts")["items"]
    assert [(a["rule"], a["state"]) for a in found] == [
        ("dark", "resolved"), ("smoke", "firing"), ("dust", "firing"),
    ]  # fmt: skip
    one = found[-1]
    assert one["key"] == str(one["id"])
    assert one["vi"] == "Quy tắc dust"
    assert one["department"] == "tnmt"
    assert one["departments"] == [
        {"department": "tnmt", "role": "handles"}, {"department": "cong-an", "role": "informed"},
    ]  # fmt: skip

    def rules(**query: Any) -> set[str]:
        return {a["rule"] for a in served.get("alerts", **query)["items"]}

    assert rules(severity=["critical"]) == {"smoke"}
    assert rules(state="resolved") == {"dark"}
    assert rules(state=["firing", "resolved"]) == {"dust", "smoke", "dark"}
    assert rules(department="tnmt") == {"dust", "smoke"}
    assert rules(department="cong-an") == set()
    assert rules(sensor="S1") == {"dust"}
    assert rules(kind="lamp_fault") == {"dark"}
    assert rules(condition="clear") == {"dark"}
    assert rules(area="viet_yen") == set()
    assert rules(zone="07210") == {"dust", "smoke", "dark"}
    assert rules(retroactive=True) == set()
    assert rules(since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == set()
    assert rules(until=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == {"dust", "smoke", "dark"}
    # The row has changed, and nothing has happened to it: only whoever asks for changes hears of it.
    mark = served.get("alerts")["items"][0]["changed_at"]
    office.conn.execute("UPDATE alert SET value = 150, changed_at = now() + interval '1 hour' WHERE rule = 'smoke'")
    later = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    assert [a["value"] for a in served.get("alerts", changed_since=later)["items"]] == [150]
    assert len(served.get("alerts", changed_since=mark)["items"]) == 3
    assert [a["sensor_id"] for a in served.get("alerts", state="pending")["items"]] == ["S3"]
    assert len(served.get("alerts", never_fired=True)["items"]) == 4
    first = served.get("alerts", limit=2)
    rest = served.get("alerts", limit=2, cursor=first["next"])
    assert [a["id"] for a in first["items"] + rest["items"]] == [a["id"] for a in found]
    assert rest["next"] is None
    wrong = served.http.get("/api/v1/alerts", params={"colour": "red"})
    assert wrong.status_code == 422
    assert "colour" in wrong.json()["detail"]


#: A question, its answer, and what it says.
UNKNOWN = [
    ("alerts?area=nope", 422, "query.area: không có khu vực 'nope'; có bac_giang"),
    ("alerts?area=nope", 422, "there is no area 'nope'; there are bac_giang"),
    ("alerts?zone=99999", 422, "query.zone: không có phường, xã '99999'"),
    ("alerts?domain=magic", 422, "query.domain: không có lĩnh vực 'magic'"),
    ("alerts?department=so_tnmt", 422, "there is no department 'so_tnmt'; there are cong-an, tnmt"),
    ("alerts?rule=nope", 422, "there is no rule 'nope'; there are cabinet, dark, dust, smoke"),
    ("alerts?sensor=nope", 404, "query.sensor: không có cảm biến 'nope'"),
    ("alerts?format=csv&department=nope", 422, "query.department"),
    ("alerts?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 422, "query.until"),
    ("alerts?severity=loud", 422, "phải là một trong: info, warning, major, critical"),
    ("notifications?department=nope", 422, "query.department"),
    ("notifications?channel=99999", 422, "query.channel: không có kênh '99999'"),
    ("channels?department=nope", 422, "query.department"),
    ("routes?department=nope", 422, "query.department"),
    ("rules?domain=magic", 422, "query.domain"),
]


def test_what_a_filter_names_must_exist(office: Office, served: Api) -> None:
    for query, status, says in UNKNOWN:
        answer = served.http.get(f"/api/v1/{query}")
        assert answer.status_code == status, (query, answer.text)
        assert says in answer.json()["detail"], (query, answer.text)
        if status == 422:
            assert answer.json()["errors"][0]["where"].startswith(answer.json()["detail"].partition(":")[0]), query
    # What is no more, but has had alerts, is there to be asked for.
    office.happens("fired", "S1")
    office.conn.execute("DELETE FROM rule WHERE code = 'dust'")
    assert len(served.get("alerts", rule="dust")["items"]) == 1


def test_handler_that_the_rule_names(office: Office, served: Api) -> None:
    office.know(changed(office.rules["dust"], department="cong-an"))
    office.happens("fired", "S1")
    (one,) = served.get("alerts", department="cong-an")["items"]
    assert one["department"] == "cong-an"
    assert served.get("alerts", department="tnmt")["items"] == []


def test_life_of_an_alert(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    number = office.alert().id
    taken = act(served, number, "acknowledge", revision=1, note="đang xem", **{"as": "Lan"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["state"] == "acknowledged"
    assert taken.json()["acknowledged_by"] == "Lan (administrator)"
    given = act(served, number, "assign", revision=2, to="Tổ 3").json()
    assert (given["state"], given["assigned_to"]) == ("in_progress", "Tổ 3")
    assert act(served, number, "comment", revision=3, note="<b>đã tới nơi</b>").status_code == 200
    refused = act(served, number, "resolve", revision=4)
    assert refused.status_code == 422
    assert "note" in refused.json()["detail"]
    assert act(served, number, "resolve", revision=4, note="đã tưới đường").json()["state"] == "resolved"
    assert act(served, number, "close", revision=5).status_code == 422
    office.happens("cleared", "S1")
    revision = served.get(f"alerts/{number}")["revision"]
    assert act(served, number, "close", revision=revision).json()["state"] == "closed"
    assert act(served, number, "reopen", revision=revision + 1).json()["state"] == "firing"
    whole = served.get(f"alerts/{number}")
    assert [(f["what"], f["actor"]) for f in whole["flips"]] == [
        ("fired", "engine"), ("acknowledged", "Lan (administrator)"), ("assigned", "administrator"),
        ("comment", "administrator"), ("resolved", "administrator"), ("cleared", "engine"),
        ("closed", "administrator"), ("reopened", "administrator"),
    ]  # fmt: skip
    assert whole["flips"][3]["note"] == "<b>đã tới nơi</b>"
    assert served.http.get(f"/api/v1/alerts/{number}").headers["etag"] == f'"{whole["revision"]}"'
    assert act(served, 999_999, "acknowledge", revision=1).status_code == 404


def test_two_people_at_once_get_one_conflict(office: Office, served: Api) -> None:
    for n in range(6):
        office.happens("fired", f"S{n}")
    with ThreadPoolExecutor(2) as pool:
        for (number,) in office.ask("SELECT id FROM alert ORDER BY id"):
            asked = [
                pool.submit(act, served, number, "acknowledge", revision=1, **{"as": "Lan"}),
                pool.submit(act, served, number, "assign", revision=1, to="Tổ 1", **{"as": "Minh"}),
            ]
            answers = [a.result() for a in asked]
            assert sorted(a.status_code for a in answers) == [200, 409]
            (won,) = (a.json() for a in answers if a.status_code == 200)
            (lost,) = (a for a in answers if a.status_code == 409)
            assert lost.headers["content-type"] == "application/problem+json"
            assert lost.json()["current"] == won
    assert office.ask("SELECT count(*) FROM flip WHERE actor <> 'engine'") == [(6,)]


def test_revision_by_header(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    number = office.alert().id
    url = f"/api/v1/alerts/{number}/comment"
    assert served.http.post(url, json={"note": "a"}).status_code == 422
    assert served.http.post(url, json={"note": "a"}, headers={"If-Match": '"7"'}).status_code == 409
    assert served.http.post(url, json={"note": "a"}, headers={"If-Match": "*"}).status_code == 422
    assert served.http.post(url, json={"note": "a", "revision": 2}, headers={"If-Match": '"1"'}).status_code == 422
    assert served.http.post(url, json={"note": "a"}, headers={"If-Match": '"1"'}).json()["revision"] == 2


def test_texts_that_are_refused(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    for body in (
        {"note": "x" * 1_000_000}, {"note": "x" * 2001}, {"note": "a\u0000b"}, {"note": "a\u001bb"},
        {"note": "a\u202eb"}, {"note": ""}, {"note": "a", "as": "b\u0007"}, {"note": "a", "as": "b" * 101},
        {"note": "a", "colour": "red"}, {"note": 7},
    ):  # fmt: skip
        answer = act(served, office.alert().id, "comment", revision=1, **body)
        assert answer.status_code == 422, body
        assert " / " in answer.json()["detail"]
        if body["note"] != "":
            assert answer.json()["errors"][0]["where"] in {"body.note", "body.as", "body.colour"}, body
        assert len(answer.text) < 2000
    assert office.ask("SELECT count(*) FROM flip") == [(1,)]


def test_csv_is_safe_in_a_spreadsheet(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    number = office.alert().id
    assert act(served, number, "assign", revision=1, to='=HYPERLINK("http://x";"y")').status_code == 200
    office.conn.execute("UPDATE alert SET acknowledged_by = '@SUM(A1)' WHERE id = %s", [number])
    answer = served.http.get("/api/v1/alerts", params={"format": "csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert "'@SUM(A1)" in answer.text
    assert """"'=HYPERLINK(""" in answer.text
    assert len(answer.text.splitlines()) == 2


def test_a_file_is_whole_or_refused(office: Office, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    service: Any = SimpleNamespace(routes=whom.Routes(), catalog=catalog)
    for n in range(3):
        office.happens("fired", f"S{n}")
    monkeypatch.setattr(alerts, "FILE", 3)
    assert len(list(alerts._all(service, office.conn, Wanted()))) == 3
    monkeypatch.setattr(alerts, "FILE", 2)
    with pytest.raises(Stop, match="since"):
        alerts._all(service, office.conn, Wanted())


def test_why(office: Office, served: Api) -> None:
    office.know(changed(office.rules["dust"], advice_vi="Tưới đường", advice_en="Water the road"))
    office.happens("fired", "S1", value=150)
    office.happens("cleared", "S1", value=90)
    office.now += timedelta(hours=2)
    office.conn.execute("UPDATE alert SET state = 'closed'")
    office.happens("fired", "S1", value=180)
    office.round()
    office.round(60)
    sensors.save(office.conn, [Sensor("S1", "bac_giang", "environment", zone="07210")])
    muted, _ = silence.create(
        office.conn, "silence", silence.Matcher(kind=("air_quality",)), author="Hoa", reason="sửa trạm",
        ends_at=office.now + timedelta(days=1), now=office.now,
    )  # fmt: skip
    office.happens("fired", "S1", "smoke")
    office.round(5)
    silenced = served.get(f"alerts/{office.alert('smoke').id}/why")
    (entry,) = (m for m in silenced["muted"] if m["department"] == "tnmt")
    assert (entry["why"], entry["silence"]["id"], entry["silence"]["author"]) == ("silence", muted.id, "Hoa")
    assert silenced["told"] == []
    number = office.alert().id
    found = served.get(f"alerts/{number}/why")
    assert found["rule"]["code"] == "dust"
    assert found["rule"]["made_by"] == found["rule"]["changed_by"] == "test"
    assert (found["rule"]["advice_vi"], found["rule"]["advice_en"]) == ("Tưới đường", "Water the road")
    assert found["values"][-1]["value"] == 180
    assert found["values"][-1]["threshold"] == 100
    assert found["before"]["in_30_days"] == 1
    assert [t["department"] for t in found["told"]] == ["tnmt"]
    assert found["told"][0]["said"] == "firing"
    assert {m["department"] for m in found["muted"]} >= {"cong-an"}
    assert all(m["vi"] and m["en"] for m in found["muted"])
    message = found["told"][0]["id"]
    why = served.get(f"notifications/{message}/why")
    assert [a["alert"]["id"] for a in why["alerts"]] == [number]
    assert "/a/" not in why["notification"]["text"]
