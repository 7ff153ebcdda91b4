"""A rule put to the history that is kept: how often it would have fired."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Request
from pydantic import Field

from alerts.rules import store
from alerts.rules.model import Rule
from alerts.trial import ask
from alerts.trial.ask import Answer, Stopped, TooMuch
from alerts.trial.replay import Unfit
from infra.times import now_us
from ioc_api import asking
from ioc_api.database import Away
from ioc_api.problems import Problem, Stop
from ioc_api.rest import spans
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text
from ioc_api.rest.people import FORBIDDEN, MISSING, Strict
from ioc_api.rest.rules import given
from ioc_api.rest.rules_shapes import Body

router = APIRouter(prefix="/rules", tags=["rules"])

#: One replay works so long and on so many readings at the most; `ioc alerts replay` has no such limits.
LIMIT_S, READINGS, DAYS = 20.0, 20_000_000, 92
#: Each takes a good part of a processor: one at a time, and others wait so long.
_ONE, _PATIENCE_S = asyncio.Semaphore(1), 10.0


class Asked(Strict):
    """Which rule: one that is kept (`code`), or one that is not (`rule`)."""

    code: Text | None = None
    rule: Body | None = None
    since: Text | None = Field(None, alias="from", description="RFC 3339 with an offset; included. None: 7 days ago.")
    until: Text | None = Field(None, alias="to", description="RFC 3339 with an offset; not included. None: now.")
    hysteresis: Annotated[float, Field(ge=0, le=0.5, description="Share of the level.")] = 0.05
    quick: bool = Field(False, description="By means of minutes where there are very many readings; a note says so.")


@router.post(
    "/replay",
    operation_id="replay_rule", dependencies=[may("rules.read")],
    summary="How often a rule would have fired",
    response_model=None,
    responses={200: {"model": Answer}, 422: {"model": Problem, "description": "It cannot be, or would take too long"},
               **FORBIDDEN, **MISSING},
)  # fmt: skip
async def replay_rule(request: Request, service: Served, asked: Asked) -> dict[str, object]:
    """Judged by the judge of the engine over the readings that are kept, at the most 92 days and 20 million readings;
    `hysteresis` beside it says what clear levels further away would change. Nothing is kept, and nobody is told.
    Whoever sees a part of the city has their sensors judged, and figures of places that they see whole; rules about
    indices and parents are 422 for them. A question whose asker hangs up ends."""
    if (asked.code is None) == (asked.rule is None):
        raise Stop(422, "body: nêu một trong hai: `code` hoặc `rule` / give one of `code` and `rule`")
    now = now_us()
    to_us = now if asked.until is None else min(spans.moment(asked.until, "body.to"), now)
    day_us = 86_400_000_000
    from_us = to_us - 7 * day_us if asked.since is None else spans.moment(asked.since, "body.from")
    if not 0 < to_us - from_us <= DAYS * day_us:
        raise Stop(
            422,
            f"body.from: phải trước `to` và trước lúc này, tối đa {DAYS} ngày"
            f" / it must be before `to` and before now, by {DAYS} days at the most",
        )
    written = None if asked.rule is None else given(asked.rule)
    part, gone = asking.part(), threading.Event()

    def task(conn: psycopg.Connection) -> Answer:
        rule = written or _kept(conn, asked.code or "")
        return ask.replay(
            conn, service.catalog, service.settings, rule, from_us, to_us, share=asked.hysteresis, limit_s=LIMIT_S,
            most_readings=READINGS, seen=part, quick=asked.quick, stop=gone.is_set,
        )  # fmt: skip

    try:
        async with _hearing(request, gone), _turn(gone):
            found = await service.database.work(
                task, limit_s=LIMIT_S * 1.5, repeatable=True, statement_timeout=int(LIMIT_S * 1000)
            )
    except Stopped:
        raise Away("không còn ai chờ câu trả lời / nobody waits for the answer any more") from None
    except (Unfit, TooMuch) as e:
        raise Stop(422, str(e)) from None
    except psycopg.errors.QueryCanceled:
        raise Stop(
            422,
            "body.from: đọc lịch sử quá lâu; hãy hỏi khoảng ngắn hơn"
            " / reading the history takes too long; ask for a shorter span",
        ) from None
    shown: dict[str, object] = msgspec.to_builtins(found)
    return shown


@asynccontextmanager
async def _hearing(request: Request, gone: threading.Event) -> AsyncIterator[None]:
    """``gone`` is set when whoever asked has hung up: who edits a rule asks anew with each change."""

    async def listen() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(0.1)
        gone.set()

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        listening.cancel()


@asynccontextmanager
async def _turn(gone: threading.Event) -> AsyncIterator[None]:
    """One's turn, in a moment or Away; who has hung up meanwhile is not served."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await _ONE.acquire()
    except TimeoutError:
        raise Away(
            "đang thử một quy tắc khác: hãy thử lại sau giây lát"
            " / another rule is being put to history: try again in a moment"
        ) from None
    try:
        if gone.is_set():
            raise Stopped
        yield
    finally:
        _ONE.release()


def _kept(conn: psycopg.Connection, code: str) -> Rule:
    found = store.find(conn, code)
    if found is None or found.deleted_at is not None:
        raise Stop(404, "không có quy tắc này / there is no such rule")
    return found.rule
