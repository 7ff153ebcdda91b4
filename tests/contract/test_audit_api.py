"""The audit by HTTP: what is asked for, page by page, and nothing to whoever may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from infra import audit, settings
from infra.access.who import SERVICE
from infra.audit import read, refusals
from infra.audit.refusals import Refusals
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api import refusals as writing
from tests.fix_servers import fresh_database

pytestmark = pytest.mark.servers

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> Iterator[str]:
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str, catalog: Catalog) -> Iterator[TestClient]:
    known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1", api_token=TOKEN)
    with pytest.MonkeyPatch.context() as patch:
        # `refused` has them written: a round in the midst of a test would make two rows of what is one.
        patch.setattr(writing, "EVERY_S", 86_400.0)
        with TestClient(application.make(known, catalog), raise_server_exceptions=False) as client:
            client.headers["Authorization"] = f"Bearer {TOKEN}"
            yield client


@pytest.fixture(scope="module")
def rows(client: TestClient, url: str) -> None:
    with psycopg.connect(url) as conn:
        for n in range(5):
            lan = SERVICE._replace(name="lan", account=7, way="password", address=f"192.0.2.{n}")
            audit.record(conn, lan, "rule.write", f"rule r{n}", before={"n": n}, after={"n": "Ngưỡng"}, detail="x_y")
            conn.commit()


def found(client: TestClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/audit", params={"actor": "lan", **query})
    assert answer.status_code == 200, answer.text
    return [item["subject"] for item in answer.json()["items"]]


@pytest.mark.usefixtures("rows")
def test_a_row_says_all_of_it(client: TestClient) -> None:
    item = client.get("/api/v1/audit", params={"subject": "rule r0"}).json()["items"][0]
    assert {k: v for k, v in item.items() if k not in ("id", "at")} == {
        "actor": "lan", "account": 7, "way": "password", "address": "192.0.2.0", "action": "rule.write",
        "name": {"vi": "Sửa quy tắc", "en": "Changed a rule"}, "subject": "rule r0", "outcome": "done",
        "before": {"n": 0}, "after": {"n": "Ngưỡng"}, "detail": "x_y",
    }  # fmt: skip


@pytest.mark.usefixtures("rows")
def test_it_is_searched(client: TestClient) -> None:
    assert found(client) == ["rule r4", "rule r3", "rule r2", "rule r1", "rule r0"]
    assert found(client, action="rule", address="192.0.2.3") == ["rule r3"]
    assert found(client, q="ngưỡng 192.0.2.1") == ["rule r1"]
    assert found(client, q="r1 nothing") == found(client, q="x%y") == found(client, outcome="failed") == []
    assert found(client, **{"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}) == []
    for wrong in ({"from": "x"}, {"q": "a " * 9}, {"outcome": "x"}, {"cursor": "x"}, {"limit": 501}, {"who": "lan"}):
        assert client.get("/api/v1/audit", params=wrong).status_code == 422


@pytest.mark.usefixtures("rows")
def test_it_is_read_page_by_page_while_rows_are_added(client: TestClient, url: str) -> None:
    first = client.get("/api/v1/audit", params={"limit": 2, "action": "rule"}).json()
    with psycopg.connect(url) as conn:
        audit.record(conn, SERVICE, "rule.enable", "rule later")
    rest = client.get("/api/v1/audit", params={"action": "rule", "cursor": first["next"]}).json()
    assert [i["subject"] for i in first["items"] + rest["items"]] == [f"rule r{n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next"] is None


def refused(client: TestClient, url: str) -> list[tuple[str, str, str, str, Any]]:
    """Rows of refusals, once what was noted is written."""
    app: Any = client.app
    assert client.portal
    client.portal.call(lambda: app.state.service.refusals.write(all_of_them=True))
    with psycopg.connect(url) as conn:
        found = read.listed(conn, read.Wanted(outcomes=("refused",)), 2_000)
    return [(e.action, e.actor, e.address, e.subject, json.loads(e.after or "null")) for e, _ in found]


def test_refusals_are_counted_and_not_what_nobody_was_refused(client: TestClient, url: str) -> None:
    before = len(refused(client, url))
    for n in range(40):
        assert client.get(f"/api/v1/rules/r{n}", headers={"Authorization": "Bearer wrong"}).status_code == 401
    client.get("/api/v1/session", headers={"Authorization": ""})
    client.get("/api/v1/rules/none")
    client.get("/api/v1/rules?x=y")
    with client.websocket_connect("/api/v1/live", headers={"Origin": "https://evil.example"}) as socket:
        assert socket.receive()["code"] == 4403
    with client.websocket_connect("/api/v1/live") as socket:
        socket.send_json({"id": 1, "type": "auth", "token": "wrong"})
        assert "unauthorized" in socket.receive_text()
    found = refused(client, url)
    assert len(found) - before == 2
    live, requests = sorted(found[:2])
    assert live[4]["what"] == {"4401 unauthorized": 1, "4403 forbidden": 1}
    assert requests[:4] == ("request.refused", "?", "testclient", "address testclient")
    assert requests[4] == {"times": 40, "what": {"401 GET /rules/{code}": 40}}


def test_a_screen_that_is_locked_is_refused_nothing_that_counts(client: TestClient, url: str) -> None:
    page = {"Authorization": "", "Origin": "http://testserver"}
    person = {"name": "minh", "full_name": "Minh", "grants": [{"role": "viewer"}]}
    code = client.post("/api/v1/people", json=person).json()["link"].rsplit("=", 1)[-1]
    client.post("/api/v1/session", json={"code": code, "password": "năm cây cầu qua sông Thương"}, headers=page)
    client.post("/api/v1/session/lock", headers=page)
    before = refused(client, url)
    assert client.get("/api/v1/alerts", headers=page).json()["locked"]
    with client.websocket_connect("/api/v1/live", headers=page) as socket:
        socket.send_json({"id": 1, "type": "auth"})
        assert "unauthorized" in socket.receive_text()
    assert refused(client, url) == before
    client.cookies.clear()
    with client.websocket_connect("/api/v1/live", headers={**page, "Cookie": "ioc_session=stolen"}) as socket:
        socket.send_json({"id": 1, "type": "auth"})
        assert "unauthorized" in socket.receive_text()
    assert refused(client, url)[0][4]["what"] == {"4401 unauthorized": 1}


def test_refusals_from_everywhere_are_a_bounded_number_of_rows(database: str) -> None:
    book, now = Refusals(), 0.0
    with psycopg.connect(database, autocommit=True) as conn:
        for minute in range(3):
            for n in range(refusals.HOURLY):
                book.note("request.refused", refusals.NOBODY._replace(address=f"10.{minute}.{n}"), "401", now)
            taken = book.take(now)
            assert len(taken) == refusals.HOURLY
            with conn.transaction():
                written = book.write(conn, taken, now)
            book.done(written, now)
            now += refusals.SPAN_S
        # As of a failed sign-in: in the hour that is full it is counted as well.
        with conn.transaction():
            refusals.refuse(conn, refusals.NOBODY._replace(address="192.0.2.77"), "session.open", "account ?")
        book.note("request.refused", refusals.NOBODY._replace(address="192.0.2.77"), "401", now)
        with conn.transaction():
            written = book.write(conn, book.take(now), now)
        book.done(written, now)
        now += refusals.SPAN_S
        with conn.transaction():
            book.done(book.write(conn, [], now), now)
        rows = [json.loads(e.after or "") for e, _ in read.listed(conn, read.Wanted(outcomes=("refused",)), 3_000)]
    assert len(rows) <= refusals.HOURLY + 4
    assert sum(row["times"] for row in rows) == 3 * refusals.HOURLY + 2
