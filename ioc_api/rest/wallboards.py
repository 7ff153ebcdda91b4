"""Wallboards: screens on a wall, which show and can do nothing else."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter
from pydantic import Field

from infra.access import people, tokens
from infra.access.who import Grant, Who
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text
from ioc_api.rest.people import MISSING, Strict
from ioc_api.rest.persons import Codes, MadeToken, Number, Tokens, change, token_out, when

router = APIRouter(prefix="/wallboards", tags=["people"])

Writer = Annotated[Who, may("people.write")]


class NewWallboard(Strict):
    """A screen, and what of the city it shows (empty: all)."""

    name: Text
    areas: Codes = Field(default_factory=list)
    zones: Codes = Field(default_factory=list)
    domains: Codes = Field(default_factory=list)
    expires_at: Text | None = Field(None, description="RFC 3339 with an offset; null: without an end.")


@router.get("", operation_id="list_wallboards", dependencies=[may("people.read")], summary="Tokens of wallboards")
async def list_wallboards(service: Served) -> Tokens:
    """The newest first, and those that were revoked too."""
    items = await service.database.act(lambda conn: [token_out(t) for t in tokens.listed(conn, kind="wallboard")])
    return Tokens.model_validate({"items": items})


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
