"""Links in messages, which act without a login: the GET shows a page with a button, only its POST acts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import psycopg
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from alerts import life
from alerts.messages import links, page
from alerts.messages.links import Link
from alerts.messages.page import HEADERS, Standing
from alerts.notice import drill
from infra import audit
from infra.access.who import SERVICE
from ioc_api.database import Away
from ioc_api.problems import MEDIA
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Served, Text

_PAGE = {"text/html": {"schema": {"type": "string"}}}
router = APIRouter(
    tags=["links"],
    dependencies=[anybody()],
    default_response_class=HTMLResponse,
    responses={
        404: {"content": _PAGE, "description": "No such link, or its time is over"},
        422: {"content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}, "description": "No link"},
        503: {"content": _PAGE, "description": "The database is away"},
    },
)

Token = Annotated[Text, Path(description="What follows /a/ in the link.")]
#: Forms of our own page may come back here, and nothing else may.
_HEADERS = {**HEADERS, "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; base-uri 'none'"}
_STATUS: dict[Standing, int] = {"ready": 200, "done": 200, "over": 200, "unknown": 404}

_AWAY = (
    '<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><title>IOC</title><p>Hệ thống tạm thời không trả lời được;'
    ' xin thử lại sau một phút.</p><p lang="en">The system cannot answer now; please try again in a minute.</p></html>'
)


def _named(conn: psycopg.Connection, link: Link) -> str:
    """What the page calls the alert or drill."""
    if link.alert is None:
        row = conn.execute("SELECT vi FROM department WHERE code = %s", [link.department]).fetchone()
        return str(row[0]) if row else link.department
    row = conn.execute(
        """SELECT coalesce(v.body ->> 'vi', a.rule), coalesce(nullif(s.name, ''), a.sensor_id, a.zone, a.subject)
           FROM alert a LEFT JOIN rule_version v ON v.code = a.rule AND v.version = a.rule_version
           LEFT JOIN sensor s ON s.id = a.sensor WHERE a.id = %s""",
        [link.alert],
    ).fetchone()
    return f"#{link.alert} · {row[0]} · {row[1]}" if row else f"#{link.alert}"


def _standing(conn: psycopg.Connection, link: Link) -> Standing:
    if link.alert is None:
        return "ready" if link.used_at is None else "done"
    alert = life.read(conn, link.alert)
    # Whoever has acknowledged it, and nobody does any more, is asked again: "recorded" would be untrue.
    if alert is not None and alert.state == "firing":
        return "ready"
    return "over" if link.used_at is None else "done"


def _show(conn: psycopg.Connection, token: str) -> tuple[Standing, str]:
    link = links.look_up(conn, token, datetime.now(UTC))
    if link is None:
        return "unknown", page.page("unknown")
    standing = _standing(conn, link)
    return standing, page.page(standing, link.purpose, _named(conn, link))


def _use(conn: psycopg.Connection, token: str, address: str) -> tuple[Standing, str]:
    now = datetime.now(UTC)
    link = links.look_up(conn, token, now)
    if link is None:
        return "unknown", page.page("unknown")
    standing = _standing(conn, link)
    if standing == "ready":
        who = f"{link.department} (link)"
        before = None if link.alert is None else life.read(conn, link.alert)
        if link.alert is None:
            drill.confirm(conn, link.about, who, now)
            standing = "done"
        else:
            standing = _acknowledge(conn, link.alert, who)
        if standing == "done":
            links.use(conn, token, now)
            holder = SERVICE._replace(name=who, way="link", address=address)
            if link.alert is None:
                audit.record(conn, holder, "drill.confirm", f"drill {link.about}", after={"confirmed_by": who})
            else:
                after = {"state": "acknowledged", "acknowledged_by": who}
                audit.record(conn, holder, "alert.acknowledge", f"alert {link.alert}",
                             before={"state": before and before.state}, after=after)  # fmt: skip
    return standing, page.page(standing, link.purpose, _named(conn, link))


def _acknowledge(conn: psycopg.Connection, alert: int, who: str) -> Standing:
    try:
        life.acknowledge(conn, alert, None, who)
    except life.Refused:  # somebody else has, in this moment
        return "over"
    return "done"


async def _answer(request: Request, service: Served, token: str) -> HTMLResponse:
    address = request.client.host if request.client else ""

    def task(conn: psycopg.Connection) -> tuple[Standing, str]:
        return _use(conn, token, address) if request.method == "POST" else _show(conn, token)

    try:
        standing, html = await service.database.act(task)
    except Away:
        return HTMLResponse(_AWAY, 503, {**_HEADERS, "Retry-After": "60"})
    return HTMLResponse(html, _STATUS[standing], _HEADERS)


@router.get("/a/{token}", operation_id="show_link", summary="The page behind a link of a message")
async def show_link(request: Request, service: Served, token: Token) -> HTMLResponse:
    return await _answer(request, service, token)


@router.post("/a/{token}", operation_id="use_link", summary="Acknowledge or confirm by a link of a message")
async def use_link(request: Request, service: Served, token: Token) -> HTMLResponse:
    return await _answer(request, service, token)
