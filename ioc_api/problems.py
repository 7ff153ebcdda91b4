"""Errors as application/problem+json (RFC 9457): what is wrong in a sentence, and nothing of our insides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ioc_api import asking
from ioc_api.database import Away
from ioc_api.faults import place, words
from ioc_api.turns import Overused

MEDIA = "application/problem+json"
_PLACE = re.compile(r"((?:query|body|path|header)(?:\.[\w-]+)*): (.+)", re.DOTALL)

log = structlog.get_logger()


class Fault(BaseModel):
    """One value that is not right."""

    where: str = Field(description="Place of the value, as in query.limit")
    message: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


class Stop(Exception):
    """Ends a request with a problem. ``more``: what the problem says besides, by name (RFC 9457, 3.2)."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more


def problem(
    status: int,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    errors: list[Fault] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """The answer for a problem."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return JSONResponse({**body.model_dump(exclude_none=True), **(more or {})}, status, headers, media_type=MEDIA)


def _placed(e: Stop) -> list[Fault] | None:
    """The value that is not right, where the detail begins with its place."""
    found = _PLACE.fullmatch(e.detail) if e.status == 422 and "errors" not in e.more else None
    return [Fault(where=found[1], message=found[2])] if found else None


def fault(path: str, e: Exception) -> JSONResponse:
    """The answer for what nobody expected, and its line in the log."""
    log.error("api.fault", path=path, exc_info=e)
    return problem(500, "lỗi của hệ thống, đã được ghi lại / this is a fault of ours; it has been logged")


def install(app: FastAPI) -> None:
    """Answer every error that was expected in this form; `ioc_api.headers.Around` does it for others."""

    @app.exception_handler(Stop)
    async def stop(_: Request, e: Stop) -> JSONResponse:
        return problem(e.status, e.detail, headers=e.headers, errors=_placed(e), more=e.more)

    @app.exception_handler(Away)
    async def away(request: Request, e: Away) -> JSONResponse:
        if e.reason:
            log.warning("api.away", path=request.url.path, reason=e.reason)
        return problem(503, str(e), headers={"Retry-After": "5"})

    @app.exception_handler(Overused)
    async def overused(_: Request, e: Overused) -> JSONResponse:
        return problem(429, str(e), headers={"Retry-After": str(e.wait_s)})

    @app.exception_handler(HTTPException)
    async def http(_: Request, e: HTTPException) -> JSONResponse:
        return problem(e.status_code, str(e.detail), headers=dict(e.headers) if e.headers else None)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, e: RequestValidationError) -> JSONResponse:
        faults = [Fault(where=place(f["loc"]), message=words(f)) for f in e.errors()[:20]]
        first = f"{faults[0].where}: {faults[0].message}" if faults else "yêu cầu không đúng / the request is not valid"
        return problem(422, first, errors=faults)

    @app.exception_handler(psycopg.errors.QueryCanceled)
    async def too_slow(_: Request, __: psycopg.errors.QueryCanceled) -> JSONResponse:
        return problem(
            422,
            "câu hỏi này mất quá nhiều thời gian: hãy hỏi khoảng ngắn hơn hoặc ít cảm biến hơn"
            " / this question takes too long to answer: ask for less time or fewer sensors",
        )

    @app.exception_handler(psycopg.DataError)
    async def bad_data(_: Request, __: psycopg.DataError) -> JSONResponse:
        return problem(
            422, "có giá trị mà cơ sở dữ liệu không giữ được / a value is not one that the database can hold"
        )

    @app.exception_handler(psycopg.errors.InsufficientPrivilege)
    async def walled(request: Request, e: psycopg.errors.InsufficientPrivilege) -> JSONResponse:
        if asking.now().part.all:
            return fault(request.url.path, e)
        # A filter was forgotten, and the database has kept what it should have: there is no such thing for them.
        log.error("api.second_wall", path=request.url.path, reason=str(e).partition("\n")[0])
        return problem(404, "không có trong phạm vi của bạn / there is no such thing in your part of the city")


#: What every operation may answer besides its own: for the description of the interface.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (401, "A token or a session is needed"),
        (403, "You may not do that"),
        (422, "A value is not right"),
        (429, "Too much was asked: Retry-After says when to come again"),
        (503, "Something that is needed is away"),
    )
}
