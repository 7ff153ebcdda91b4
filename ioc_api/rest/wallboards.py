"""Wallboards: screens on a wall, which show and can do nothing else."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter
from pydantic import BaseModel, Field

from infra.access import people, tokens
from infra.access.who import Grant, Who
from infra.times import rfc3339
from ioc_api.live.walls import State
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text
from ioc_api.rest.people import MISSING, Strict
from ioc_api.rest.persons import Codes, MadeToken, Number, TokenOut, change, token_out, when

router = APIRouter(prefix="/wallboards", tags=["people"])

Writer = Annotated[Who, may("people.write")]


class NewWallboard(Strict):
    """A screen, and what of the city it shows (empty: all)."""

    name: Text
    areas: Codes = Field(default_factory=list)
    zones: Codes = Field(default_factory=list)
    domains: Codes = Field(default_factory=list)
    expires_at: Text | None = Field(None, description="RFC 3339 with an offset; null: without an end.")


class Wallboard(TokenOut):
    """A screen's token, and how the screen is that shows by it; as this process of the API has seen it."""

    connected: bool
    connections: int = Field(description="Live sockets; of several screens by one token the worst counts.")
    since: str | None = Field(description="When it came, or left; null: it has not come since the API's start.")
    drawn_at: str | None = Field(description="When it last said what it has drawn.")
    behind_s: float | None = Field(description="For how long the oldest frame it got has waited to be drawn.")
    frozen: bool = Field(description="Connected, and has drawn nothing for 30 s though there was news.")


class Wallboards(BaseModel):
    """The newest first."""

    items: list[Wallboard]


def _shown(token: tokens.Token, state: State | None) -> dict[str, Any]:
    there = state is not None and state.connections > 0
    return {
        **token_out(token), "connected": there, "connections": state.connections if state else 0,
        "since": rfc3339(state.since_us) if state else None,
        "drawn_at": rfc3339(state.drawn_us) if state and state.drawn_us else None,
        "behind_s": state.behind_s if state and there else None, "frozen": state.frozen if state else False,
    }  # fmt: skip


@router.get("", operation_id="list_wallboards", dependencies=[may("people.read")], summary="Screens on walls")
async def list_wallboards(service: Served) -> Wallboards:
    """Their tokens, the newest first, and those that were revoked too; and whether they draw what they are sent."""
    states = service.hub.walls.states(asyncio.get_running_loop().time())
    found = await service.database.act(lambda conn: tokens.listed(conn, kind="wallboard"))
    return Wallboards.model_validate({"items": [_shown(t, states.get(t.id)) for t in found]})


@router.post("", operation_id="create_wallboard", status_code=201, summary="A token for a wallboard")
async def create_wallboard(who: Writer, service: Served, asked: NewWallboard) -> MadeToken:
    """It can read live figures, history and alerts of that part of the city, and nothing else."""
    grant = Grant("wallboard", tuple(asked.areas), tuple(asked.zones), tuple(asked.domains))
    ends = when(asked.expires_at, "body.expires_at")

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        token, made = people.wallboard(conn, asked.name, grant, service.catalog, expires_at=ends, by=who)
        return {**token_out(made), "token": token}

    return MadeToken.model_validate(await change(service, task))


@router.delete(
    "/{number}", operation_id="revoke_wallboard", status_code=204, summary="Revoke its token", responses=MISSING
)
async def revoke_wallboard(who: Writer, service: Served, number: Number) -> None:
    await change(service, lambda conn: people.take_down(conn, number, by=who))
