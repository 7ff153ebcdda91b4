"""The web application: routes, their description, and the built screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from infra import db, mqtt
from infra.catalog import Catalog
from infra.copyout import PARQUET
from infra.settings import Settings
from ioc_api import reference, syslog
from ioc_api.asking import Nobody
from ioc_api.bodies import Bodies
from ioc_api.ground import TILES, Ground
from ioc_api.headers import Around
from ioc_api.live.client import Client
from ioc_api.opendata import routes as opendata
from ioc_api.opendata.door import Door
from ioc_api.pages import Pages
from ioc_api.past.client import PastClient
from ioc_api.problems import MEDIA, RESPONSES, install
from ioc_api.rates import Addresses
from ioc_api.rest import (
    accounts,
    aggregates,
    alert_bulk,
    alert_ledger,
    alert_shift,
    alerts,
    audit,
    balance,
    cap,
    channels,
    city,
    city_map,
    departments,
    indices,
    indices_air,
    indices_exceedances,
    indices_noise,
    latest,
    links,
    me,
    notifications,
    observations,
    oidc,
    quality,
    quarantine,
    quarantine_shapes,
    quarantine_try,
    rankings,
    registry,
    routes_trial,
    rules,
    rules_replay,
    sensors,
    session,
    silences,
    summary,
    system,
    timetable,
    wallboards,
)
from ioc_api.rest.doors import anybody, may, permissions
from ioc_api.rest.doors import routes as doors
from ioc_api.service import Service
from ioc_api.signin.provider import Provider

PREFIX = "/api/v1"

DESCRIPTION = (
    "Sensors, their history and the live figures of Bắc Giang and Việt Yên. Times are RFC 3339 in UTC; lists are paged"
    " by cursor (`next`); errors are application/problem+json. Every request needs the token (`Authorization: Bearer`)"
    " or a session's cookie. Live data come by the websocket /api/v1/live, see docs/live.md."
)

_MISSING = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>IOC</title>"
    "<h1>Màn hình chưa được dựng</h1><p>Chạy <code>make setup</code> rồi khởi động lại.</p>"
    "<h1>The screen has not been built</h1><p>Run <code>make setup</code> and start again, or name the folder of a"
    " built screen by <code>IOC_DASHBOARD_DIR</code>. The interface itself works: see <a href=/docs>/docs</a>.</p>"
)


def _describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, in which every error is a problem."""
    if app.openapi_schema is None:
        api = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        needed = {route.operation_id: list(permissions(route.dependant)) for _, route in doors(app.routes)}
        for methods in api["paths"].values():
            for op in methods.values():
                if (needs := needed.get(op["operationId"], [None])[0]) is not None:
                    op["x-permission"] = needs
                for status, answer in op["responses"].items():
                    if int(status) >= 400 and "application/json" in answer.get("content", {}):
                        answer["content"] = {MEDIA: answer["content"]["application/json"]}
        for unused in ("HTTPValidationError", "ValidationError"):
            api["components"]["schemas"].pop(unused, None)
        app.openapi_schema = api
    return app.openapi_schema


def check(settings: Settings, catalog: Catalog) -> None:
    """ConfigError where a URL or a file cannot be right. Whether anything answers there shows later."""
    db.check_url(settings.database_url)
    mqtt.parse_url(settings.mqtt_url)
    syslog.sender(settings)
    Ground(settings, catalog).check()
    if settings.oidc_issuer:
        Provider(settings, catalog)


def screen_dir(settings: Settings) -> Path | None:
    """Where the built screen is, or None."""
    folder = settings.dashboard_dir or Path(__file__).parent / "dashboard" / "dist"
    return folder if (folder / "index.html").is_file() else None


class _Live:
    """Takes live websockets before the router does, which costs more than the whole handshake: after a restart a
    thousand screens come back at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] in (f"{PREFIX}/live", f"{PREFIX}/replay"):
            service: Service = scope["app"].state.service
            socket = WebSocket(scope, receive, send)
            if scope["path"].endswith("live"):
                client = Client(socket, service.hub, service.gate, service.scopes)
            else:
                client = PastClient(socket, service.replays)
            try:
                await client.serve()
            finally:
                if client.refused:
                    service.refusals.socket(client.who, scope["client"][0] if scope["client"] else "", client.refused)
        else:
            await self._app(scope, receive, send)


def make(settings: Settings, catalog: Catalog) -> FastAPI:
    """The application; its service starts and stops with it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service = app.state.service = Service(settings, catalog)
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="IOC Bắc Giang – Việt Yên",
        version=version("ioc"),
        description=DESCRIPTION,
        lifespan=life,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]
    ground = app.state.ground = Ground(settings, catalog)
    install(app)
    app.add_middleware(_Live)
    packed = (*DEFAULT_EXCLUDED_CONTENT_TYPES, PARQUET, TILES)
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=5, exclude_content_types=packed)
    app.add_middleware(Door, settings=settings)
    app.add_middleware(Nobody)
    app.add_middleware(Bodies)
    app.add_middleware(Pages, origins=settings.http_origins, public=settings.public_url)
    app.add_middleware(Addresses, rate=settings.address_rate)
    app.add_middleware(Around, hsts=settings.hsts, origins=ground.origins)
    # /quarantine/shapes comes before /quarantine/{number}.
    known = (city, city_map, registry, sensors, aggregates, quarantine_shapes, quarantine_try, quarantine, balance,
             system, audit)  # fmt: skip
    figures = (observations, latest, summary, quality, indices, indices_air, indices_exceedances, indices_noise,
               rankings, timetable)  # fmt: skip
    # /alerts/ledger and /alerts/shift come before /alerts/{number}.
    noticed = (
        cap, alert_ledger, alert_shift, alert_bulk, alerts, notifications, rules_replay, rules, silences, departments,
        routes_trial, channels,
    )  # fmt: skip
    people = (me, accounts, wallboards)
    for asked in (*known, *figures, *noticed, *people):
        app.include_router(asked.router, prefix=PREFIX, responses=RESPONSES)
    app.include_router(session.router, prefix=PREFIX, responses={k: RESPONSES[k] for k in (422, 503)})
    app.include_router(oidc.router, prefix=PREFIX, responses={k: RESPONSES[k] for k in (422, 503)})
    app.include_router(system.open_router)
    app.include_router(links.router)
    app.include_router(opendata.router, prefix="/open/v1", responses=opendata.RESPONSES)

    @app.get("/openapi.json", include_in_schema=False, dependencies=[may("read", loose=True)])
    async def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.get("/docs", include_in_schema=False, dependencies=[may("read", loose=True)])
    async def docs() -> HTMLResponse:
        return HTMLResponse(reference.page(app.openapi()))

    folder = screen_dir(settings)

    @app.get("/wall", include_in_schema=False, dependencies=[anybody()])
    async def wall() -> Response:
        # The same page: by its address it knows that it hangs on a wall.
        return FileResponse(folder / "index.html") if folder is not None else HTMLResponse(_MISSING, 503)

    if folder is not None:
        app.frontend("/", directory=folder, fallback=None)
    else:

        @app.get("/", include_in_schema=False, dependencies=[anybody()])
        async def missing() -> HTMLResponse:
            return HTMLResponse(_MISSING, 503)

    return app
