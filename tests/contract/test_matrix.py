"""Every role against every operation of the description: who may, who may not, and nothing of ours breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from city.sensors import Sensor
from infra import sensors, settings
from infra.access.roles import ALLOWED, ROLES, Permission
from infra.access.who import Grant, Who
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api import asking
from ioc_api.gate import Refused
from ioc_api.part import ALL, Part
from ioc_api.rest.doors import PUBLIC, PUBLIC_BELOW
from tests.fix_servers import fresh_database
from tests.service import until

#: Signed in as a role for the whole city, or (with a bar) for one area of it.
WHO = [*ROLES, *(f"{role}|bac_giang" for role in ROLES)]


def _grant(name: str) -> Grant:
    role, _, area = name.partition("|")
    return Grant(role, areas=(area,) if area else (), department="so-xd" if role == "department" else None)  # type: ignore[arg-type]


class Gate:
    """The token says who it is."""

    async def admit(self, token: str | None, cookies: Any, address: str) -> Who:
        if token is None:
            raise Refused("a token or a session is needed")
        return Who(token, "token", ((_grant(token),),), address=address)

    def same_origin(self, headers: Any) -> bool:
        return True


@pytest.fixture(scope="module")
def client(postgres: Postgres, catalog: Catalog) -> Iterator[TestClient]:
    with fresh_database(postgres) as url:
        known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1")
        app = application.make(known, catalog)
        with TestClient(app, raise_server_exceptions=False) as client:
            app.state.service.gate = Gate()
            yield client


def _operations(client: TestClient) -> Iterator[tuple[str, str, Permission]]:
    api = client.get("/openapi.json", headers={"Authorization": "Bearer administrator"}).json()
    for path, methods in api["paths"].items():
        for method, op in methods.items():
            if (method.upper(), path) not in PUBLIC and not path.startswith(PUBLIC_BELOW):
                yield method.upper(), re.sub(r"\{[^}]*\}", "1", path), op["x-permission"]


@pytest.mark.parametrize("who", WHO)
def test_each_role_may_what_the_table_says(client: TestClient, who: str) -> None:
    wrong = []
    grant = _grant(who)
    for method, path, needs in _operations(client):
        answer = client.request(method, path, headers={"Authorization": f"Bearer {who}"})
        refused = answer.status_code == 403 and f"({needs})" in answer.text
        if refused is grant.gives(needs) or answer.status_code in (401, 500):
            wrong.append(f"{method} {path} ({needs}): {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_nobody_may_anything_without_showing_who_they_are(client: TestClient) -> None:
    assert {client.request(m, p).status_code for m, p, _ in _operations(client)} == {401}


#: What is answered from memory: the database has no part in it.
MEMORY = ("/sensors", "/aggregates", "/latest", "/areas", "/zones", "/indices", "/system")


def _answers(client: TestClient) -> Iterator[tuple[str, str]]:
    """Everything that can be read by somebody who sees one area only, as text."""
    query = {"metric": "speed", "zone": "07210", "sensor": ["OURS"], "from": "2020-01-01T00:00:00Z"}
    for method, path, _ in _operations(client):
        for number in "12":
            asked = path.replace("/1", f"/{number}") if path.count("/1") else path
            if method == "GET":
                said = {k: v for k, v in query.items() if "observations" in path and k != "from"}
                answer = client.get(asked, params=said, headers={"Authorization": "Bearer operator|bac_giang"})
                yield asked, f"{answer.status_code} {answer.text}"


@pytest.fixture(scope="module")
def seeded(client: TestClient) -> TestClient:
    """Two areas, each with a sensor, its readings, an alert, its flip and quality: ours, and a foreign one."""
    url = client.app.state.service.settings.database_url  # type: ignore[attr-defined]
    with psycopg.connect(url) as conn:
        sensors.save(conn, [Sensor("OURS", "bac_giang", "traffic", zone="07210", name="OURS"),
                            Sensor("FOREIGN", "viet_yen", "traffic", name="FOREIGN")])  # fmt: skip
        conn.execute("INSERT INTO sensor_quality (sensor, at, score, trusted) SELECT id, now(), 90, true FROM sensor")
        conn.execute("""INSERT INTO alert (rule, rule_version, subject, kind, severity, area, domain, sensor_id, state,
                                           condition, started_at, fired_at)
                        SELECT 'r-' || sensor_id, 1, sensor_id, 'noise', 'info', area, domain, sensor_id, 'firing',
                               'breach', now(), now() FROM sensor ORDER BY sensor_id DESC""")
        conn.execute("""INSERT INTO flip (alert, at, what, to_state, rule_version, actor, note)
                        SELECT id, now(), 'fired', 'firing', 1, 'engine', sensor_id FROM alert""")
    until(lambda: "OURS" in client.get("/api/v1/sensors", headers={"Authorization": "Bearer operator"}).text, "read")
    return client


def _foreign(client: TestClient, leave_out: tuple[str, ...] = ()) -> list[str]:
    found = [(path, text) for path, text in _answers(client) if not path.removeprefix("/api/v1").startswith(leave_out)]
    assert any("r-OURS" in text for _, text in found), "nothing was answered"
    return [path for path, text in found if "FOREIGN" in text]


def test_both_walls_let_nothing_foreign_through(seeded: TestClient) -> None:
    assert not _foreign(seeded)


def test_the_first_wall_alone_lets_nothing_through(seeded: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Part, "wall", property(lambda _: None))
    assert not _foreign(seeded)


def test_the_second_wall_alone_lets_nothing_through(seeded: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "part", lambda: ALL)
    assert not _foreign(seeded, MEMORY)


def test_without_walls_there_would_be_something(seeded: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "part", lambda: ALL)
    monkeypatch.setattr(Part, "wall", property(lambda _: None))
    found = _foreign(seeded)
    assert {"/api/v1/sensors", "/api/v1/alerts", "/api/v1/alerts/2", "/api/v1/quality"} <= set(found)


def test_the_table_has_every_role() -> None:
    assert set(ALLOWED) == set(ROLES)
