"""How the services are, and whether the API can do its job."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from infra import remote
from infra.times import now_us, rfc3339
from ioc_api import asking
from ioc_api.gate import COOKIE
from ioc_api.problems import MEDIA, Problem, Stop
from ioc_api.proxies import is_ours, relayed
from ioc_api.rest.doors import admit, anybody, denied, may
from ioc_api.rest.parts import Page, Served

router = APIRouter(tags=["system"])
open_router = APIRouter(tags=["system"])


class SystemItem(BaseModel, extra="allow"):
    """A service; what else it says depends on it."""

    key: str
    state: str


class System(Page):
    items: list[SystemItem]
    ingest_lag_s: float | None = Field(description="How far the stored readings are behind, s.")
    source: str = Field(description="ok, degraded or stopped")
    sensors: dict[str, int] = Field(description="Sensors by liveness.")
    server_time: str


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """Whether the whole way from broker to screen works."""

    status: str
    reasons: list[str]
    canary_age_s: float | None
    database: str
    broker: str
    alerts: str = Field(description="ok, degraded, down or unknown; no reason not to be ready")


class NotReady(Problem):
    """The same as a problem."""

    reasons: list[str]
    canary_age_s: float | None
    database: str
    broker: str
    alerts: str


@router.get(
    "/system", operation_id="get_system", dependencies=[may("system", loose=True)], summary="How the services are"
)
async def get_system(service: Served) -> System:
    summary = service.health.summary()
    return System(
        items=[SystemItem(key=key, **facts) for key, facts in service.services().items()],
        sensors=service.live.sensors.tally(asking.part().scope),
        server_time=rfc3339(now_us()),
        ingest_lag_s=summary["ingest_lag_s"],
        source=summary["source"],
    )


@open_router.get("/healthz", operation_id="healthz", dependencies=[anybody()], summary="The process answers")
async def healthz() -> Alive:
    return Alive(status="ok")


@open_router.get(
    "/readyz",
    operation_id="readyz",
    dependencies=[anybody()],
    summary="Whether the whole way from broker to screen works",
    response_model=Ready,
    responses={503: {"model": NotReady, "content": {MEDIA: {}}}},
)
async def readyz(service: Served) -> Ready | JSONResponse:
    """Never waits: the answer is what was last found in the background."""
    reasons = service.health.reasons()
    items = service.health.items()
    facts: dict[str, Any] = {
        "reasons": reasons,
        "canary_age_s": service.health.canary_age_s(),
        "database": items["database"]["state"],
        "broker": items["broker"]["state"],
        "alerts": service.watch.state(),
    }
    if not reasons:
        return Ready(status="ready", **facts)
    body = NotReady(title="Service Unavailable", status=503, detail="; ".join(reasons), **facts)
    return JSONResponse(body.model_dump(exclude={"errors"}), 503, {"Retry-After": "2"}, media_type=MEDIA)


def _local(request: Request) -> bool:
    """Whether a program of this machine asks for itself: not for a proxy's client, nor for a page whose name somebody
    has pointed at this machine (DNS rebinding)."""
    try:
        asked = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return (
        not relayed(request.scope)
        and request.client is not None
        and is_ours(request.client.host)
        and remote.is_here(asked)
    )


@open_router.get(
    "/metrics",
    operation_id="metrics",
    dependencies=[anybody()],
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request, service: Served) -> Response:
    """From this machine without a token, from elsewhere or by a proxy with one."""
    if not _local(request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        who = await admit(request, service, token or None, request.cookies.get(COOKIE))
        if not who.may("system"):
            raise Stop(403, denied("system"))
    service.expose()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
