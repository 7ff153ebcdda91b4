"""Rules, silences, departments, routes, channels, drills, CAP and links by HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx2 as httpx
import psycopg
import pytest

from alerts import life
from alerts.messages import links
from alerts.notice import silence
from alerts.rules import store
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = pytest.mark.servers

PM: dict[str, Any] = {
    "code": "pm25-cao", "vi": "Bụi PM2.5 cao", "en": "High PM2.5", "kind": "air_quality", "severity": "warning",
    "condition": {"type": "threshold", "metric": "pm2_5", "levels": {"above": 150, "clear_above": 120}}, "for_s": 600,
}  # fmt: skip


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt", channels=0)
        made.route("tnmt", kind="air_quality")
        sensors.save(
            conn, [Sensor(f"E{n}", "bac_giang", "environment", zone="07210", metrics=("pm2_5",)) for n in range(20)]
        )
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url, IOC_WEBHOOK_ALLOW="127.0.0.0/8")
    until(one.http_answers, "it answers")
    return one


def ask(api: Api, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
    return api.http.request(method, f"/api/v1/{path}", json=body, params=query)


def warned(**change: Any) -> dict[str, Any]:
    return {"rule": {**PM, **change}, "accept_warnings": True}


def test_a_rule_from_its_first_version_to_its_end(office: Office, served: Api) -> None:
    made = ask(served, "POST", "rules", {**warned(), "note": "mùa hanh khô", "as": "Lan"})
    assert made.status_code == 201, made.text
    assert (made.json()["version"], made.json()["changed_by"]) == (1, "Lan (administrator)")
    again = ask(served, "POST", "rules", warned(vi="Khác"))
    assert again.status_code == 409
    assert again.json()["current"]["rule"]["vi"] == "Bụi PM2.5 cao"
    # What GET shows can be sent back.
    shown = ask(served, "GET", "rules/pm25-cao").json()
    rule = {**shown["rule"], "severity": "major"}
    changed = ask(served, "PUT", "rules/pm25-cao", {"rule": rule, "revision": 1, "accept_warnings": True})
    assert changed.status_code == 200, changed.text
    late = ask(served, "PUT", "rules/pm25-cao", {"rule": rule, "revision": 1, "accept_warnings": True})
    assert late.status_code == 409
    assert late.json()["current"]["version"] == 2
    # Who was faster is said before what is found about the older one.
    assert ask(served, "PUT", "rules/pm25-cao", {"rule": rule, "revision": 1}).status_code == 409
    assert ask(served, "POST", "rules/pm25-cao/enable", {"revision": 1}).status_code == 409
    assert ask(served, "POST", "rules/pm25-cao/disable", {"revision": 2, "note": "a\u0007"}).status_code == 422
    assert ask(served, "PUT", "rules/other", {"rule": rule, "revision": 1}).status_code == 422
    assert ask(served, "PUT", "rules/other", {"rule": {**rule, "code": "other"}, "revision": 1}).status_code == 404
    off = ask(served, "POST", "rules/pm25-cao/disable", {"revision": 2, "note": "bảo trì trạm"}).json()
    assert (off["version"], off["enabled"]) == (3, False)
    on = ask(served, "POST", "rules/pm25-cao/enable", {"revision": 3, "accept_warnings": True}).json()
    assert (on["version"], on["enabled"]) == (4, True)
    whole = ask(served, "GET", "rules/pm25-cao").json()
    assert [(v["version"], v["note"]) for v in whole["versions"]] == [
        (4, ""), (3, "bảo trì trạm"), (2, ""), (1, "mùa hanh khô"),
    ]  # fmt: skip
    assert [v.rule.version for v in store.history(office.conn, "pm25-cao", 2)] == [4, 3], "of very many the newest"
    codes = [r["code"] for r in ask(served, "GET", "rules", kind="air_quality").json()["items"]]
    assert codes == ["dust", "pm25-cao", "smoke"]
    first = ask(served, "GET", "rules", limit=2).json()
    rest = ask(served, "GET", "rules", limit=3, cursor=first["next"]).json()
    assert [r["code"] for r in first["items"] + rest["items"]] == ["cabinet", "dark", "dust", "pm25-cao", "smoke"]
    assert ask(served, "DELETE", "rules/pm25-cao", revision=3).status_code == 409
    assert ask(served, "DELETE", "rules/pm25-cao", revision=4).status_code == 204
    assert ask(served, "DELETE", "rules/pm25-cao", revision=4).status_code == 404
    assert ask(served, "GET", "rules", q="pm25").json()["items"] == []
    assert ask(served, "GET", "rules/pm25-cao").json()["deleted_at"]
    assert ask(served, "GET", "rules/nothing").status_code == 404


def test_findings_keep_a_rule_out(office: Office, served: Api) -> None:
    levels = {"above": 150, "clear_above": 200}
    condition = {"type": "threshold", "metric": "pm2_5", "levels": levels}
    wrong = {**PM, "vi": "", "department": "nobody", "condition": condition}
    refused = ask(served, "POST", "rules", {"rule": wrong, "accept_warnings": True})
    assert refused.status_code == 422
    found = refused.json()
    assert refused.headers["content-type"] == "application/problem+json"
    assert len([f for f in found["findings"] if f["level"] == "error"]) >= 3
    assert {"vi", "department"} <= {f["where"] for f in found["findings"]}
    assert all(f["vi"] and f["en"] for f in found["findings"])
    assert {e["where"] for e in found["errors"]} >= {"body.rule.department"}
    misspelt = ask(served, "POST", "rules", {"rule": {**PM, "for": 600}}).json()
    assert (misspelt["findings"][0]["code"], misspelt["findings"][0]["where"]) == ("unknown_field", "for")
    assert "có phải for_s?" in misspelt["detail"]
    wrong_side = ask(served, "POST", "rules", {"rule": {**PM, "condition": condition, "for_s": -5}}).json()
    assert {"condition.levels.clear_above", "for_s"} <= {f["where"] for f in wrong_side["findings"]}
    with_warnings = ask(served, "POST", "rules", {"rule": {**PM, "legal_basis": None, "vi": "Vượt quy chuẩn"}})
    assert with_warnings.status_code == 422
    checked = ask(served, "POST", "rules/check", {"rule": {**PM, "condition": {"type": "absence"}}}).json()
    assert checked["fires_now"] is None
    assert served.http.post("/api/v1/rules/check", content=b'{"rule": ' + b"[" * 5000).status_code == 422
    for text in ("x" * 1_000_000, "a\u0000b", "a\u001bb", "<script>" + "x" * 300):
        answer = ask(served, "POST", "rules", {"rule": {**PM, "vi": text}, "accept_warnings": True})
        assert answer.status_code == 422
        assert len(answer.text) < 5000
    assert office.ask("SELECT count(*) FROM rule WHERE code = 'pm25-cao'") == [(0,)]


def test_what_would_fire_now(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> None:
    office.conn.execute(
        """INSERT INTO reading_environment (sensor, channel, time, quality, batch, period_s, pm2_5)
           SELECT id, 0, now() - interval '1 minute', 0, 0, 0, CASE WHEN id % 2 = 0 THEN 180 ELSE 20 END FROM sensor"""
    )
    served = api(database, mosquitto.url)
    # 503 while history is still being read.
    until(lambda: len(ask(served, "GET", "latest").json().get("items", ())) == 20, "the live state has them", 90)
    checked = ask(served, "POST", "rules/check", {"rule": PM}).json()
    assert checked["fires_now"] == {"sensors": 10, "reporting": 20, "city": 20}
    (storm,) = (f for f in checked["findings"] if f["code"] == "storm")
    assert storm["level"] == "error"
    assert storm["may_pass"]
    assert ask(served, "POST", "rules", {"rule": PM}).status_code == 422
    assert ask(served, "POST", "rules", warned()).status_code == 201


def test_silences(office: Office, served: Api) -> None:
    end = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"matcher": {"kind": ["air_quality"]}, "reason": "thay cảm biến", "ends_at": end, "as": "Hoa"}
    made = ask(served, "POST", "silences", body)
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["author"], one["state"]) == ("Hoa (administrator)", "in_force")
    assert one["reach"]["sensors"] == 20
    for bad in (
        {"reason": ""}, {"reason": "x" * 2001}, {"ends_at": "tomorrow"}, {"matcher": {}}, {"matcher": {"area": ["x"]}},
        {"ends_at": (datetime.now(UTC) + timedelta(days=31)).isoformat()}, {"matcher": {"colour": ["red"]}},
        {"reason": "a\u0007"}, {"ends_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()},
    ):  # fmt: skip
        assert ask(served, "POST", "silences", {**body, **bad}).status_code == 422, bad
    nowhere = ask(served, "POST", "silences", {**body, "matcher": {"area": ["x"], "sensor": ["nope"]}}).json()
    assert nowhere["errors"][0]["where"] == "body.matcher.sensor"
    assert "không có nope / there is no nope" in nowhere["errors"][0]["message"]
    assert ask(served, "POST", "silences/check", {"matcher": {"sensor": ["E1"]}}).json()["sensors"] == 1
    number = one["id"]
    assert [s["id"] for s in ask(served, "GET", "silences").json()["items"]] == [number]
    assert ask(served, "POST", f"silences/{number}/end", {"revision": 7}).status_code == 409
    ended = ask(served, "POST", f"silences/{number}/end", {"revision": 1}).json()
    assert (ended["state"], ended["ended_by"]) == ("over", "administrator")
    assert ask(served, "POST", f"silences/{number}/end", {"revision": 2}).status_code == 422
    assert ask(served, "POST", "silences/999/end", {"revision": 2}).status_code == 404
    assert ask(served, "GET", "silences").json()["items"] == []
    assert len(ask(served, "GET", "silences", over=True).json()["items"]) == 1


def test_of_many_silences_the_newest_are_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    made = [
        silence.create(
            office.conn, "silence", silence.Matcher(kind=("air_quality",)), author="Hoa", reason=f"lần {n}",
            ends_at=now + timedelta(hours=n + 1), now=now,
        )[0].id
        for n in range(3)
    ]  # fmt: skip
    monkeypatch.setattr(silence, "SHOWN", 2)
    later = now + timedelta(days=1)
    assert [s.id for s in silence.listed(office.conn, later, over=True)] == [made[2], made[1]]
    assert [s.id for s in silence.listed(office.conn, now)] == [made[0], made[1]], "the first to end first"


def test_departments_and_routes(office: Office, served: Api) -> None:
    hours = [{"days": [1, 2, 3, 4, 5], "from": "07:30", "to": "17:00"}]
    fields = {"vi": "Chi cục Thủy lợi", "en": "Irrigation", "hours": hours, "pace": {"wait_s": 60}}
    made = ask(served, "POST", "departments", {"code": "thuy_loi", **fields})
    assert made.status_code == 201, made.text
    assert made.json()["hours"] == hours
    assert made.json()["pace"]["wait_s"] == 60
    assert ask(served, "POST", "departments", {"code": "thuy_loi", **fields}).status_code == 409
    put = ask(served, "PUT", "departments/thuy_loi", {**fields, "valid_to": "2099-01-01", "revision": 1})
    assert put.json()["valid_to"] == "2099-01-01"
    stale = ask(served, "PUT", "departments/thuy_loi", {**fields, "revision": 1})
    assert stale.status_code == 409
    assert stale.json()["current"]["revision"] == 2
    assert ask(served, "PUT", "departments/nobody", {**fields, "revision": 1}).status_code == 404
    for change, place in (
        ({"hours": [{"days": [8], "from": "07:30", "to": "17:00"}]}, "body.hours.0.days.0"),
        ({"hours": [*hours, {"days": [1], "from": "7h30", "to": "17:00"}]}, "body.hours.1.from"),
        ({"hours": [{"days": [], "from": "07:30", "to": "17:00"}]}, "body.hours.0.days"),
        ({"vi": "a\u001bb"}, "body.vi"), ({"en": " "}, "body.en"), ({"valid_from": "hôm nay"}, "body.valid_from"),
    ):  # fmt: skip
        bad = ask(served, "PUT", "departments/thuy_loi", {**fields, "revision": 2, **change})
        assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, place), bad.text
        assert " / " in bad.json()["detail"]
    assert ask(served, "POST", "departments", {"code": "A b", **fields}).json()["errors"][0]["where"] == "body.code"
    codes = [d["code"] for d in ask(served, "GET", "departments").json()["items"]]
    assert codes == ["thuy_loi", "tnmt"]
    first_page = ask(served, "GET", "departments", limit=1).json()
    second = ask(served, "GET", "departments", limit=1, cursor=first_page["next"]).json()
    assert [d["code"] for p in (first_page, second) for d in p["items"]] == codes
    assert second["next"] is None
    paced = {**fields, "pace": {"wait_s": 1e9}, "revision": 2}
    assert ask(served, "PUT", "departments/thuy_loi", paced).json()["errors"][0]["where"] == "body.pace.wait_s"
    route = {"kind": "river_flood", "department": "thuy_loi", "role": "handles"}
    first = ask(served, "POST", "routes", route)
    assert first.status_code == 201, first.text
    assert ask(served, "POST", "routes", route).status_code == 422
    assert ask(served, "POST", "routes", {**route, "department": "nobody"}).status_code == 422
    ward = {"kind": "noise", "zone": "07210", "area": "bac_giang", "department": "tnmt", "role": "informed"}
    wrong = ask(served, "POST", "routes", {**ward, "zone": "99999"})
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "body.zone")
    for field in ("zone", "area", "domain"):
        assert ask(served, "POST", "routes", {**ward, field: ""}).status_code == 422, field
    assert "is in bac_giang" in ask(served, "POST", "routes", {**ward, "area": "viet_yen"}).text
    own = ask(served, "POST", "routes", ward).json()
    assert own["zone"] == "07210"
    assert ask(served, "DELETE", f"routes/{own['id']}", revision=1).status_code == 204
    elsewhere = ask(served, "POST", "routes", {**route, "area": "hanoi"})
    assert elsewhere.json()["errors"][0]["where"] == "body.area"
    pages = [ask(served, "GET", "routes", limit=1).json()]
    pages.append(ask(served, "GET", "routes", limit=1, cursor=pages[0]["next"]).json())
    assert [r["department"] for p in pages for r in p["items"]] == ["tnmt", "thuy_loi"]
    number = first.json()["id"]
    changed = ask(served, "PUT", f"routes/{number}", {**route, "role": "informed", "revision": 1}).json()
    assert (changed["role"], changed["revision"]) == ("informed", 2)
    assert ask(served, "DELETE", f"routes/{number}", revision=1).status_code == 409
    assert ask(served, "DELETE", f"routes/{number}").json()["errors"][0]["where"] == "query.revision"
    assert ask(served, "DELETE", f"routes/{number}", revision=2, **{"as": "Lan"}).status_code == 204
    until(lambda: re.search(r"route.deleted.*Lan \(administrator\)", served.service.text), "who did it is in the log")
    assert ask(served, "DELETE", f"routes/{number}", revision=2).status_code == 404
    assert [r["department"] for r in ask(served, "GET", "routes").json()["items"]] == ["tnmt"]


def test_channels_keep_their_secrets(office: Office, served: Api) -> None:
    body = {
        "department": "tnmt", "kind": "webhook", "name": "SOC", "address": "http://127.0.0.1:9/hook/very-secret-path",
        "secret": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0",
    }  # fmt: skip
    made = ask(served, "POST", "channels", body)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    for answer in (
        made, ask(served, "GET", "channels"), ask(served, "GET", f"channels/{number}"),
        ask(served, "PUT", f"channels/{number}", {**body, "address": None, "secret": None, "name": "SOC 2",
                                                  "revision": 1}),
        ask(served, "PUT", f"channels/{number}", {**body, "revision": 1}),
    ):  # fmt: skip
        assert "very-secret-path" not in answer.text
        assert "c2VjcmV0" not in answer.text
    assert answer.status_code == 409
    assert answer.json()["current"]["name"] == "SOC 2"
    assert office.ask("SELECT address, secret FROM notice_channel") == [(body["address"], body["secret"])]
    for address in ("http://169.254.169.254/x", "https://10.0.0.1/", "ftp://a.example", "https://u:p@a.example/"):
        refused = ask(served, "POST", "channels", {**body, "name": "x", "address": address})
        assert refused.status_code == 422, address
        assert address not in refused.text
    unknown = {**body, "name": "chưa có", "address": "https://chua-co.invalid/x"}
    kept = ask(served, "POST", "channels", unknown)
    assert kept.status_code == 201, kept.text
    ((vi, en),) = [(w["vi"], w["en"]) for w in kept.json()["warnings"]]
    assert "không tra được tên máy chua-co.invalid" in vi
    assert "cannot be looked up" in en
    assert made.json()["warnings"] == []
    assert ask(served, "POST", "channels", {**body, "name": "x", "department": "nobody"}).status_code == 422
    assert ask(served, "POST", "channels", {**body, "name": "x", "config": {"a": "x" * 3000}}).status_code == 422
    mail = {"department": "tnmt", "kind": "email", "name": "thư", "address": "truc.ban@example.vn"}
    assert ask(served, "POST", "channels", mail).status_code == 201
    told = ask(served, "POST", f"channels/{number}/test")
    assert told.status_code == 202, told.text
    assert told.json()["kind"] == "test"
    assert "/a/" not in told.text
    assert ask(served, "POST", "channels/999/test").status_code == 404
    queue = ask(served, "GET", "notifications", channel=number, state="waiting").json()["items"]
    assert [n["id"] for n in queue] == [told.json()["id"]]
    assert ask(served, "POST", f"notifications/{queue[0]['id']}/retry").status_code == 409
    office.conn.execute("UPDATE notification SET state = 'given_up'")
    assert ask(served, "POST", f"notifications/{queue[0]['id']}/retry").json()["state"] == "waiting"
    assert ask(served, "DELETE", f"channels/{number}", revision=2).status_code == 422
    unused = next(c for c in ask(served, "GET", "channels").json()["items"] if c["kind"] == "email")
    assert ask(served, "DELETE", f"channels/{unused['id']}", revision=1).status_code == 204


def test_links_act_by_their_button_alone(office: Office, served: Api) -> None:
    office.happens("fired", "E1")
    number = office.alert().id
    url = links.acknowledging(office.conn, served.url, "tnmt", number, datetime.now(UTC))
    with httpx.Client(timeout=15) as strangers:
        _by_links(office, served, strangers, url)


def _by_links(office: Office, served: Api, strangers: httpx.Client, url: str) -> None:
    number = office.alert().id
    for _ in range(2):  # whoever scans mail follows links
        page = strangers.get(url)
        assert page.status_code == 200
        assert "Xác nhận" in page.text
        assert "Acknowledge" in page.text
        assert "Quy tắc dust" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert office.alert().state == "firing"
    assert strangers.post(url).status_code == 200
    assert (office.alert().state, office.alert().acknowledged_by) == ("acknowledged", "tnmt (link)")
    assert "<form" not in strangers.post(url).text
    late = links.acknowledging(office.conn, served.url, "tnmt", number, datetime.now(UTC))
    assert "<form" not in strangers.get(late).text
    # Nobody sees to it any more: a page that says "recorded" would be untrue.
    life.unacknowledge(office.conn, number, None, "Lan")
    assert "<form" in strangers.get(url).text
    assert "<form" not in strangers.post(url).text
    assert office.alert().state == "acknowledged"
    old = links.acknowledging(office.conn, served.url, "tnmt", number, datetime.now(UTC) - timedelta(days=8))
    for wrong in (old, f"{served.url}/a/{'x' * 43}", f"{served.url}/a/%3Cscript%3E"):
        for answer in (strangers.get(wrong), strangers.post(wrong)):
            assert answer.status_code == 404
            assert "<script" not in answer.text


def test_drills_and_cap(office: Office, served: Api) -> None:
    assert ask(served, "GET", "alerts/cap.atom").status_code == 404
    made = ask(served, "POST", "channels", {"department": "tnmt", "kind": "cap", "name": "CAP", "address": "feed"})
    assert made.status_code == 201, made.text
    assert made.json()["address"] == "feed"
    assert ask(served, "GET", "drills").json() == {"items": []}
    office.happens("fired", "E1", "smoke")
    office.round()
    office.conn.execute("UPDATE notification SET state = 'sent', sent_at = now()")
    number = office.alert("smoke").id
    feed = ask(served, "GET", "alerts/cap.atom")
    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    (entry,) = ET.fromstring(feed.content).findall("{http://www.w3.org/2005/Atom}entry")
    link = entry.find("{http://www.w3.org/2005/Atom}link")
    assert link is not None
    path = re.sub(r"^.*(/api/v1/)", r"\1", link.attrib["href"])
    document = served.http.get(path)
    assert document.headers["content-type"] == "application/cap+xml; charset=utf-8"
    assert document.content == ask(served, "GET", f"alerts/{number}/cap").content
    assert ET.fromstring(document.content).tag == "{urn:oasis:names:tc:emergency:cap:1.2}alert"
    assert ask(served, "GET", "alerts/999/cap").status_code == 404
