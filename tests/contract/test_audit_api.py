"""The audit by HTTP: what is asked for, page by page, and nothing to whoever may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from infra import audit, settings
from infra.access.who import SERVICE
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
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
