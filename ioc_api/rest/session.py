"""Sessions of the operators' screen: a one-time code becomes an HttpOnly cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response
from pydantic import BaseModel

from ioc_api.gate import COOKIE, SESSION_S
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Served, Text

router = APIRouter(tags=["session"], dependencies=[anybody()])


class Code(BaseModel):
    """The code of a link that `ioc up` prints; it is good for one use."""

    code: Text


@router.post(
    "/session",
    operation_id="open_session",
    summary="Exchange a one-time code for a session",
    status_code=204,
    responses={401: {"model": Problem}, 403: {"model": Problem}},
)
async def open_session(request: Request, service: Served, code: Code) -> Response:
    if not service.gate.same_origin(request.headers):
        raise Stop(403, "this page may not do that")
    cookie = await service.gate.exchange(
        code.code, request.client.host if request.client else "", request.headers.get("user-agent", "")
    )
    if cookie is None:
        raise Stop(401, "this code is not known, was used already, or has expired: take a new link")
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE, cookie, max_age=SESSION_S, path="/", httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.delete("/session", operation_id="close_session", summary="End the session", status_code=204)
async def close_session(
    request: Request, service: Served, session: Annotated[str | None, Cookie(alias=COOKIE)] = None
) -> Response:
    if not service.gate.same_origin(request.headers):
        raise Stop(403, "this page may not do that")
    if session is not None:
        await service.gate.end(session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer
