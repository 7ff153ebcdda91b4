"""People at the API in this process.

world     World: the application on a database of its own, with passwords that cost little     module
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from infra import settings
from infra.access import accounts, passwords, people
from infra.access.here import operator
from infra.access.who import Grant, Role
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.service import Service
from tests.fix_servers import fresh_database

PASSWORD, OTHER = "con mèo trèo cây cau", "hai con voi đi chợ sớm"
PAGE = {"Origin": "http://testserver"}


class World:
    """The application in this process, on a database of its own, with passwords that cost little."""

    def __init__(self, running: TestClient, catalog: Catalog, url: str) -> None:
        self.app: Any = running.app
        self.catalog, self.url = catalog, url
        self.names = 0
        self._portal = running.portal

    @property
    def service(self) -> Service:
        found: Service = self.app.state.service
        return found

    def browser(self, address: str = "192.0.2.1") -> TestClient:
        """A browser of its own, without a cookie."""
        return self._client(TestClient(self.app, headers=PAGE, client=(address, 1)))

    def program(self, token: str) -> TestClient:
        """Whoever holds a token."""
        return self._client(TestClient(self.app, headers={"Authorization": f"Bearer {token}"}))

    def _client(self, made: TestClient) -> TestClient:
        made.portal = self._portal  # the loop that the application lives in
        return made

    def sql(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as conn:
            done = conn.execute(query, values)
            return done.fetchall() if done.description else []

    def do(self, task: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        with psycopg.connect(self.url) as conn:
            found = task(conn)
        self.service.gate.forget()
        return found

    def person(self, role: Role = "operator", password: str | None = PASSWORD, **limits: Any) -> str:
        """Somebody new, who has chosen a password by their link."""
        self.names += 1
        name = f"p{self.names:03}"
        grant = Grant(role, **limits)
        self.do(lambda c: people.add(c, name, "Nguyễn Thị Lan", [grant], self.catalog, by=operator()))
        if password is not None:
            kept = passwords.make(password)
            self.sql("UPDATE account SET password_hash = %s, password_at = now() WHERE name = %s", kept, name)
        return name

    def signed_in(self, role: Role = "operator", **limits: Any) -> tuple[str, TestClient]:
        name, browser = self.person(role, **limits), self.browser()
        assert sign_in(browser, name).json() == {"next": "done"}
        return name, browser


@pytest.fixture(scope="module")
def world(postgres: Postgres, catalog: Catalog) -> Iterator[World]:
    with fresh_database(postgres) as url, pytest.MonkeyPatch().context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHash((Argon2Hasher(1, 8, 1),)))
        patch.setattr(passwords, "_NOBODYS", PasswordHash((Argon2Hasher(1, 8, 1),)).hash("nobody's"))
        known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1", api_token="of-the-machine")
        app = application.make(known, catalog)
        with TestClient(app) as running, psycopg.connect(url, autocommit=True) as conn:
            accounts.first(conn)
            yield World(running, catalog, url)


def sign_in(browser: TestClient, name: str, password: str = PASSWORD, **more: str) -> Response:
    return browser.post("/api/v1/session", json={"name": name, "password": password, **more})
