"""Every operation that changes something leaves its row in the audit: one test per operation of the description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from alerts.messages import links
from infra import audit, settings
from infra.access.who import Grant, Who
from infra.audit import actions, read, verify
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.rest import deeds
from ioc_api.rest.doors import routes
from tests.fix_servers import fresh_database
from tests.notices import RULES, Office

pytestmark = pytest.mark.servers

TOKEN = "a-token-for-tests"
SECRET = "a-secret-that-nobody-may-read"
PM: dict[str, Any] = {
    "code": "pm25-cao", "vi": "Bụi PM2.5 cao", "en": "High PM2.5", "kind": "air_quality", "severity": "warning",
    "condition": {"type": "threshold", "metric": "pm2_5", "levels": {"above": 150, "clear_above": 120}}, "for_s": 600,
}  # fmt: skip
RULE = {"rule": PM, "accept_warnings": True}
DEPARTMENT = {"code": "dv", "vi": "Đơn vị", "en": "Unit"}
CHANNEL = {"department": "dv", "kind": "cap", "name": "CAP", "address": "feed", "secret": SECRET}
SENSOR = {"area": "bac_giang", "domain": "traffic", "zone": "07210", "name": "Nút 1"}


class Desk:
    """An API, and what its audit says of the last request."""

    def __init__(self, client: TestClient, url: str) -> None:
        self.client, self.url, self.seen = client, url, 0
        self.conn = psycopg.connect(url, autocommit=True)
        self.asked: set[tuple[str, str]] = set()

    def rows(self) -> list[read.Row]:
        """Rows that are new since the last time."""
        found = read.following(self.conn, self.seen, 100)
        self.seen = found[-1].entry.id if found else self.seen
        return found

    def do(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask, and answer what came; it must have gone well."""
        answer = self.client.request(method, path, json=body, params=query)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.text.startswith("{") else None

    def change(self, action: str, subject: str, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask, and exactly one row tells of it."""
        self.rows()
        found = self.do(method, f"/api/v1{path}", body, **query)
        rows = [r.entry for r in self.rows()]
        assert [(e.action, e.subject, e.outcome, e.actor) for e in rows] == [
            (action, subject, "done", "administrator")
        ], f"{method} {path}"
        assert SECRET not in str(rows)
        return found, rows[0].before, rows[0].after


@pytest.fixture(scope="module")
def desk(postgres: Postgres, catalog: Catalog) -> Iterator[Desk]:
    with fresh_database(postgres) as url:
        known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1", api_token=TOKEN)
        with TestClient(application.make(known, catalog), raise_server_exceptions=False) as client:
            client.headers["Authorization"] = f"Bearer {TOKEN}"
            made = Desk(client, url)
            yield made
            made.conn.close()


@pytest.fixture(scope="module")
def office(desk: Desk, catalog: Catalog) -> Office:
    made = Office(desk.conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
    made.know(*RULES)
    made.department("tnmt")
    made.route("tnmt", kind="air_quality")
    made.lamps(1)
    app: Any = desk.client.app
    assert desk.client.portal
    desk.client.portal.call(app.state.service.intake.refresh)
    return made


def alert(office: Office, sensor: str) -> int:
    office.happens("fired", sensor)
    row = office.conn.execute("SELECT max(id) FROM alert").fetchone()
    assert row
    return int(row[0])


def unsafe(client: TestClient) -> dict[str, tuple[str, str]]:
    """Operations that are no GET: method and path by name."""
    app: Any = client.app
    return {
        str(route.operation_id): (method, path)
        for path, route in routes(app.routes)
        for method in route.methods - {"GET", "HEAD"}
    }


def test_every_operation_that_is_no_question_is_in_the_table(desk: Desk) -> None:
    told = {*deeds.CHANGES, *deeds.TELLS, *deeds.SAY_THEMSELVES, *deeds.MANY}
    assert set(unsafe(desk.client)) <= told | deeds.QUESTIONS, "an operation changes something, and does not say what"
    assert {*deeds.CHANGES, *deeds.TELLS} <= set(unsafe(desk.client))
    assert not told & deeds.QUESTIONS
    assert not {*deeds.CHANGES, *deeds.TELLS} & deeds.SAY_THEMSELVES


def test_every_action_of_the_table_has_names() -> None:
    told = {change[0] for change in deeds.CHANGES.values()} | {change[0] for change in deeds.TELLS.values()}
    assert told <= set(actions.NAMES)


def test_each_operation_leaves_its_row(desk: Desk, office: Office) -> None:
    done, change = set(), desk.change

    def then(operation: str, *args: Any, **query: Any) -> Any:
        action = deeds.CHANGES.get(operation, deeds.TELLS.get(operation, ("",)))[0]
        done.add(operation)
        return change(action, *args, **query)

    number = alert(office, "S1")
    subject, path, revision = f"alert {number}", f"/alerts/{number}", 1
    for verb, body in (
        ("acknowledge", {}), ("unacknowledge", {}), ("assign", {"to": "Tổ 3"}), ("comment", {"note": "đang xem"}),
        ("resolve", {"note": "đã sửa"}), ("reopen", {}), ("resolve", {"note": "xong"}), ("close", {}),
    ):  # fmt: skip
        if verb == "close":
            desk.conn.execute("UPDATE alert SET condition = 'clear' WHERE id = %s", [number])
        found, before, after = then(
            f"{verb}_alert", subject, "POST", f"{path}/{verb}", {**body, "revision": revision, "as": "Lan"}
        )
        revision = found["revision"]
        assert before != after
        assert "Lan (administrator)" in after
    assert '"state":"closed"' in after

    _, before, after = then("create_rule", "rule pm25-cao", "POST", "/rules", RULE)
    assert before is None
    _, before, after = then(
        "put_rule",
        "rule pm25-cao",
        "PUT",
        "/rules/pm25-cao",
        {**RULE, "rule": {**PM, "severity": "major"}, "revision": 1},
    )
    assert '"severity":"warning"' in before
    assert '"severity":"major"' in after
    then("disable_rule", "rule pm25-cao", "POST", "/rules/pm25-cao/disable", {"revision": 2})
    then("enable_rule", "rule pm25-cao", "POST", "/rules/pm25-cao/enable", {"revision": 3, "accept_warnings": True})
    _, before, after = then("delete_rule", "rule pm25-cao", "DELETE", "/rules/pm25-cao", revision=4)
    assert after is None

    then("create_department", "department dv", "POST", "/departments", DEPARTMENT)
    _, before, after = then(
        "put_department", "department dv", "PUT", "/departments/dv", {"vi": "Đội", "en": "Crew", "revision": 1}
    )
    assert ('"vi":"Đơn vị"' in before, '"vi":"Đội"' in after) == (True, True)
    route = {"department": "dv", "role": "informed", "kind": "river_flood"}
    number = desk.do("POST", "/api/v1/routes", route)["id"]
    then("put_route", f"route {number}", "PUT", f"/routes/{number}", {**route, "role": "supports", "revision": 1})
    then("delete_route", f"route {number}", "DELETE", f"/routes/{number}", revision=2)
    then("create_route", f"route {number + 1}", "POST", "/routes", {**route, "kind": "noise"})

    channel = desk.do("POST", "/api/v1/channels", CHANNEL)["id"]
    then("create_channel", f"channel {channel + 1}", "POST", "/channels", {**CHANNEL, "name": "CAP 2"})
    # What is secret is not told, but that it was changed is.
    then("put_channel", f"channel {channel}", "PUT", f"/channels/{channel}", {**CHANNEL, "revision": 1})
    found, _, after = then("test_channel", f"channel {channel}", "POST", f"/channels/{channel}/test")
    assert f'"id":{found["id"]}' in after
    desk.conn.execute("UPDATE notification SET state = 'given_up' WHERE id = %s", [found["id"]])
    then("retry_notification", f"notification {found['id']}", "POST", f"/notifications/{found['id']}/retry")
    then("delete_channel", f"channel {channel + 1}", "DELETE", f"/channels/{channel + 1}", revision=1)

    then("create_sensor", "sensor T1", "POST", "/sensors", {"sensor_id": "T1", **SENSOR})
    _, before, after = then("put_sensor", "sensor T1", "PUT", "/sensors/T1", {**SENSOR, "name": "Nút 2"})
    assert ('"name":"Nút 1"' in before, '"name":"Nút 2"' in after) == (True, True)
    then("change_sensor", "sensor T1", "PATCH", "/sensors/T1", {"status": "retired"})
    then("set_metric_range", "metric traffic/speed", "PUT", "/metrics/traffic/speed", {"low": 0, "high": 90})
    then("reset_metric_range", "metric traffic/speed", "DELETE", "/metrics/traffic/speed")

    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    silence = {"kind": "silence", "matcher": {"rule": ["dust"]}, "reason": "bảo trì", "ends_at": ends}
    number = desk.do("POST", "/api/v1/silences", silence)["id"]
    then("create_silence", f"silence {number + 1}", "POST", "/silences", silence)
    then("end_silence", f"silence {number}", "POST", f"/silences/{number}/end", {"revision": 1})

    row = desk.conn.execute(
        "INSERT INTO quarantine_item (received_at, topic, payload, reason, detail, readings, collector)"
        " VALUES (now(), 't', 'x', 'malformed', '', 1, 'c') RETURNING id"
    ).fetchone()
    assert row
    then("replay_quarantined", f"quarantine {row[0]}", "POST", f"/quarantine/{row[0]}/replay")
    _, _, after = then("replay_quarantine", "quarantine", "POST", "/quarantine/replay", {"filter": {"topic": "t"}})
    assert after == '{"filter":{"topic":"t"},"replay":2,"requested":1}'
    shape = "0123456789abcdef"
    desk.conn.execute("UPDATE quarantine_item SET shape = %s", [shape])
    seen = {"reason": "malformed", "shape": shape, "note": "the old gateway"}
    _, _, after = then("see_quarantine", "quarantine", "PUT", "/quarantine/seen", seen)
    assert after == f'{{"note":"the old gateway","reason":"malformed","shape":"{shape}"}}'

    assert done == {*deeds.CHANGES, *deeds.TELLS}, "an operation is not tried here"
    with psycopg.connect(desk.url) as conn:
        assert verify.verify(conn).faults == []


def test_of_many_each_that_was_changed_leaves_its_row(desk: Desk, office: Office) -> None:
    one, two, three = (alert(office, f"M{n}") for n in range(3))
    desk.do("POST", f"/api/v1/alerts/{two}/comment", {"revision": 1, "note": "nhanh hơn"})
    desk.rows()
    asked = [{"id": number, "revision": 1} for number in (three, one, two, 987_654)]
    found = desk.do("POST", "/api/v1/alerts/act", {"act": "acknowledge", "alerts": asked, "as": "Lan"})
    assert [a["id"] for a in found["done"]] == [one, three]
    rows = [r.entry for r in desk.rows()]
    assert [(e.action, e.subject, e.outcome) for e in rows] == [
        ("alert.acknowledge", f"alert {number}", "done") for number in (one, three)
    ]
    assert all("Lan (administrator)" in str(e.after) for e in rows)


def test_what_changes_nothing_and_what_is_refused_leaves_no_row(desk: Desk, office: Office) -> None:
    number = alert(office, "S7")
    desk.rows()
    for path, body in (
        (f"/alerts/{number}/acknowledge", {"revision": 99}), ("/alerts/99999/acknowledge", {"revision": 1}),
        (f"/alerts/{number}/assign", {"revision": 1}), ("/rules/check", {"rule": PM}),
        ("/silences/check", {"matcher": {"rule": ["dust"]}}), ("/quarantine/replay", {"filter": {"from": "x"}}),
    ):  # fmt: skip
        desk.client.post(f"/api/v1{path}", json=body)
    assert desk.rows() == []


def test_a_change_that_cannot_be_recorded_is_not_made(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise psycopg.OperationalError("no space left")

    number = alert(office, "S8")
    monkeypatch.setattr(audit, "record", broken)
    answer = desk.client.post(f"/api/v1/alerts/{number}/acknowledge", json={"revision": 1})
    assert answer.status_code == 503
    assert desk.do("GET", f"/api/v1/alerts/{number}")["state"] == "firing"


def test_somebody_of_a_part_of_the_city_is_recorded_as_well(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = Who("lan", "password", ((Grant("operator", areas=("bac_giang",)),),), 7, "session abc", None, "192.0.2.1")

    async def admit(*_: Any) -> Who:
        return lan

    app: Any = desk.client.app
    number = alert(office, "S9")
    monkeypatch.setattr(app.state.service.gate, "admit", admit)
    desk.rows()
    desk.do("POST", f"/api/v1/alerts/{number}/acknowledge", {"revision": 1})
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    silence = {"kind": "silence", "matcher": {"area": ["bac_giang"]}, "reason": "bảo trì", "ends_at": ends}
    made = desk.do("POST", "/api/v1/silences", silence)
    rows = [r.entry for r in desk.rows()]
    assert [(e.action, e.subject) for e in rows] == [
        ("alert.acknowledge", f"alert {number}"), ("silence.create", f"silence {made['id']}"),
    ]  # fmt: skip
    assert {(e.actor, e.account, e.way, e.key, e.address) for e in rows} == {
        ("lan", 7, "password", "session abc", "192.0.2.1")
    }


def test_who_acts_by_the_link_of_a_message_is_recorded(desk: Desk, office: Office) -> None:
    number = alert(office, "S10")
    now = datetime.now(UTC)
    link = links.acknowledging(desk.conn, "", "tnmt", number, now)
    desk.rows()
    for _ in range(2):
        assert desk.client.post(link).status_code == 200
    (row,) = desk.rows()
    assert (row.entry.action, row.entry.subject, row.entry.actor, row.entry.way, row.entry.address) == (
        "alert.acknowledge", f"alert {number}", "tnmt (link)", "link", "testclient",
    )  # fmt: skip
    assert link.rsplit("/", 1)[1] not in str(row.entry)


@pytest.mark.parametrize(
    ("path", "name", "query"),
    [
        ("alerts", "alerts.csv", {"severity": "major", "format": "csv"}),
        ("quality", "quality.csv", {"format": "csv"}),
        ("observations", "observations.csv", {"area": "bac_giang", "metric": "power", "format": "csv"}),
        ("observations", "observations.csv", {"area": "bac_giang", "metric": "power", "format": "csv", "limit": 5}),
        ("observations", "observations.parquet", {"area": "bac_giang", "metric": "power", "format": "parquet"}),
    ],
)
def test_who_takes_a_file_is_recorded(desk: Desk, office: Office, path: str, name: str, query: dict[str, Any]) -> None:
    desk.rows()
    assert desk.client.get(f"/api/v1/{path}", params=query).status_code == 200
    (row,) = desk.rows()
    assert (row.entry.action, row.entry.subject, row.entry.actor) == (
        "export.download", f"file {name}", "administrator",
    )  # fmt: skip
    said = {name: str(value).strip("[]'") for name, value in json.loads(row.entry.after or "").items()}
    assert {name: str(value) for name, value in query.items()}.items() <= said.items()
    desk.client.get(f"/api/v1/{path}", params={k: v for k, v in query.items() if k != "format"})
    desk.client.get(f"/api/v1/{path}", params={**query, "x": "y"})
    assert desk.rows() == []
