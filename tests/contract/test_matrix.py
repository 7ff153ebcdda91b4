"""Every role against every operation of the description: who may, who may not, and nothing of ours breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from infra import settings
from infra.access.roles import ALLOWED, ROLES, Permission
from infra.access.who import Grant, Who
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.gate import Refused
from ioc_api.rest.doors import PUBLIC, PUBLIC_BELOW
from tests.fix_servers import fresh_database

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


def test_the_table_has_every_role() -> None:
    assert set(ALLOWED) == set(ROLES)
