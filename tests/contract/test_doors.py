"""Every operation has a door, and a request that came through none gets nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from infra import settings
from infra.access.roles import PERMISSIONS
from infra.catalog import Catalog
from ioc_api import app as application
from ioc_api import asking
from ioc_api.asking import Asking, Forgotten, Nobody
from ioc_api.database import Database
from ioc_api.rest.doors import PUBLIC, PUBLIC_BELOW, may, permissions, routes


@pytest.fixture(scope="module")
def app(catalog: Catalog) -> FastAPI:
    return application.make(settings.load(), catalog)


def _wrong(app: FastAPI) -> list[str]:
    wrong = []
    for path, route in routes(app.routes):
        doors = list(permissions(route.dependant))
        for method in sorted(route.methods):
            public = (method, path) in PUBLIC or path.startswith(PUBLIC_BELOW)
            if len(doors) != 1 or (doors == [None]) is not public:
                wrong.append(f"{method} {path}: doors {doors}, {'' if public else 'not '}public")
    return wrong


def test_every_operation_has_exactly_one_door(app: FastAPI) -> None:
    assert len(list(routes(app.routes))) > 90
    assert not _wrong(app)


def test_an_operation_without_a_door_is_found(catalog: Catalog) -> None:
    app = application.make(settings.load(), catalog)

    @app.get("/api/v1/forgotten")
    async def forgotten() -> None: ...

    @app.get("/api/v1/twice", dependencies=[may("read"), may("system")])
    async def twice() -> None: ...

    found = _wrong(app)
    assert len(found) == 2
    assert "/api/v1/forgotten" in found[0]
    assert "/api/v1/twice" in found[1]


def test_nothing_is_public_that_is_not_there(app: FastAPI) -> None:
    there = {(method, path) for path, route in routes(app.routes) for method in route.methods}
    assert PUBLIC - {("GET", "/")} <= there  # that page is there only where the screen is not built


def test_the_description_says_which_permission(app: FastAPI) -> None:
    said: dict[str, Any] = {
        op["operationId"]: op.get("x-permission")
        for path, methods in app.openapi()["paths"].items()
        for method, op in methods.items()
        if (method.upper(), path) not in PUBLIC and not path.startswith(PUBLIC_BELOW)
    }
    assert said["acknowledge_alert"] == "alerts.act"
    assert set(said.values()) <= set(PERMISSIONS), said


def test_whoever_came_through_no_door_gets_nothing_from_the_database() -> None:
    app = FastAPI()
    app.add_middleware(Nobody)
    database = Database("postgresql://127.0.0.1:1/nobody")

    @app.get("/forgotten")
    async def forgotten(request: Request) -> str:
        for ask in (database.act, database.question):
            with pytest.raises(Forgotten):
                await ask(lambda conn: None)
        with pytest.raises(Forgotten):
            async with database.connection():
                pass
        return "nothing"

    assert TestClient(app).get("/forgotten").json() == "nothing"


def test_who_is_asking_goes_with_the_work_into_threads() -> None:
    async def run() -> Asking:
        asking.begin(asking.OURS._replace(who=asking.OURS.who._replace(name="an")))
        return await asyncio.to_thread(asking.now)

    assert asyncio.run(run()).who.name == "an"
