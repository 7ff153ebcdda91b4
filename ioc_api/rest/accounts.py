"""People: who there is, what they may do, and the links by which they choose a password."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from infra import audit
from infra.access import accounts, granting, links, people, sessions, tokens
from infra.access.passwords import plain
from infra.access.who import Who
from ioc_api.problems import Problem
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Page, Served, Text, from_cursor, paged
from ioc_api.rest.people import CHANGES, MISSING, IfMatch, Revision, Strict, seen
from ioc_api.rest.persons import Grants, Language, Number, PersonOut, Tokens, change, found, person, screen, token_out

router = APIRouter(prefix="/people", tags=["people"])

Name = Annotated[str, Path(max_length=64, pattern=accounts.NAME.pattern)]
Reader = Annotated[Who, may("people.read")]
Writer = Annotated[Who, may("people.write")]


class People(Page):
    """A page of people, by name."""

    items: list[PersonOut]


class NewPerson(Strict):
    """Somebody who is to have an account."""

    name: Text = Field(description="By which they sign in: a-z, 0-9 and . _ @ -")
    full_name: Text
    email: Text = ""
    language: Language = "vi"
    grants: Grants = Field(default_factory=list)


class MadePerson(BaseModel):
    """The new account, and the link by which its owner chooses a password: shown this once."""

    person: PersonOut
    link: str


class PersonChange(Strict):
    """What changes; what is left out stays."""

    full_name: Text | None = None
    email: Text | None = None
    language: Language | None = None
    revision: Revision | None = None


class GrantsChange(Strict):
    """All that somebody may do from now on."""

    grants: Grants
    revision: Revision | None = None


class Reset(Strict):
    """What goes beside the password and the sessions."""

    factor: bool = Field(False, description="The second factor too: for who has lost it.")
    tokens: bool = Field(True, description="API tokens are revoked too.")


class Link(BaseModel):
    """A link by which somebody chooses a password, once: shown this once."""

    link: str


@router.get("", operation_id="list_people", summary="Everybody with an account, by name")
async def list_people(
    who: Reader,
    service: Served,
    q: Annotated[Text | None, Query(description="Part of a name or address, with or without marks.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> People:
    after, wanted = from_cursor(cursor, str), plain(q or "")

    def task(conn: psycopg.Connection) -> tuple[list[dict[str, Any]], str | None]:
        everybody = [
            a
            for a in accounts.listed(conn)
            if wanted in plain(a.name) + " " + plain(a.full_name) + " " + plain(a.email)
        ]
        page, following = paged(everybody, lambda a: (a.name,), limit, after)
        given = granting.in_force(conn)
        return [person(a, given.get(a.id, ())) for a in page], following

    items, following = await service.database.act(task)
    return People.model_validate({"items": items, "next": following})


@router.post(
    "",
    operation_id="create_person",
    status_code=201,
    summary="An account for somebody",
    responses={409: {"model": Problem, "description": "The screen's address is not known: IOC_PUBLIC_URL"}},
)
async def create_person(who: Writer, request: Request, service: Served, asked: NewPerson) -> MadePerson:
    """They may do what the grants say as soon as they have chosen a password, by the link in the answer."""
    given, at = [grant.grant() for grant in asked.grants], screen(request, service)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        made, code = people.add(
            conn, asked.name, asked.full_name, given, service.catalog, email=asked.email, language=asked.language,
            by=who,
        )  # fmt: skip
        return {"person": found(conn, made.name), "link": links.address(at, code)}

    return MadePerson.model_validate(await change(service, task))


@router.get("/{name}", operation_id="get_person", summary="Somebody", responses=MISSING)
async def get_person(who: Reader, service: Served, name: Name, response: Response) -> PersonOut:
    one = PersonOut.model_validate(await change(service, lambda conn: found(conn, name)))
    response.headers["ETag"] = f'"{one.revision}"'
    return one


@router.patch("/{name}", operation_id="change_person", summary="Change somebody's account", responses=CHANGES)
async def change_person(who: Writer, service: Served, name: Name, asked: PersonChange, match: IfMatch) -> PersonOut:
    revision = seen(asked.revision, match)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        people.write(
            conn, name, revision, full_name=asked.full_name, email=asked.email, language=asked.language, by=who
        )
        return found(conn, name)

    return PersonOut.model_validate(await change(service, task))


@router.put("/{name}/grants", operation_id="put_grants", summary="What somebody may do", responses=CHANGES)
async def put_grants(who: Writer, service: Served, name: Name, asked: GrantsChange, match: IfMatch) -> PersonOut:
    """Sockets, sessions and tokens go by it within seconds. Who has no grant left is signed out."""
    revision, given = seen(asked.revision, match), [grant.grant() for grant in asked.grants]

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        people.grant(conn, name, given, service.catalog, revision=revision, by=who)
        return found(conn, name)

    return PersonOut.model_validate(await change(service, task))


@router.post("/{name}/disable", operation_id="disable_person", summary="Let somebody in no more", responses=CHANGES)
async def disable_person(who: Writer, service: Served, name: Name) -> PersonOut:
    """Their sessions and links end, and their tokens are good for nothing as long as it lasts."""

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        people.disable(conn, name, by=who)
        return found(conn, name)

    return PersonOut.model_validate(await change(service, task))


@router.post("/{name}/enable", operation_id="enable_person", summary="Let somebody in again", responses=CHANGES)
async def enable_person(who: Writer, service: Served, name: Name) -> PersonOut:
    def task(conn: psycopg.Connection) -> dict[str, Any]:
        people.enable(conn, name, by=who)
        return found(conn, name)

    return PersonOut.model_validate(await change(service, task))


@router.post("/{name}/reset", operation_id="reset_person", summary="A new link to choose a password", responses=CHANGES)
async def reset_person(who: Writer, request: Request, service: Served, name: Name, asked: Reset) -> Link:
    """The password of before is good no more, sessions end, and tokens are revoked. 409 for one's own account."""
    at = screen(request, service)

    def task(conn: psycopg.Connection) -> str:
        return people.reset(conn, name, factor=asked.factor, tokens_too=asked.tokens, by=who)

    code = await change(service, task)
    return Link(link=links.address(at, code))


@router.delete(
    "/{name}/sessions", operation_id="end_sessions", status_code=204, summary="Sign somebody out", responses=MISSING
)
async def end_sessions(who: Writer, service: Served, name: Name) -> None:
    def task(conn: psycopg.Connection) -> None:
        ended = sessions.end_all(conn, accounts.named(conn, name).id)
        audit.record(conn, who, "session.end", f"account {name}", detail=f"{ended}")

    await change(service, task)


@router.get("/{name}/tokens", operation_id="list_tokens_of", summary="Somebody's API tokens", responses=MISSING)
async def list_tokens_of(who: Reader, service: Served, name: Name) -> Tokens:
    def task(conn: psycopg.Connection) -> list[dict[str, Any]]:
        return [token_out(t) for t in tokens.listed(conn, account=accounts.named(conn, name).id)]

    return Tokens.model_validate({"items": await change(service, task)})


@router.delete(
    "/{name}/tokens/{number}", operation_id="revoke_token_of", status_code=204, summary="Revoke a token",
    responses=MISSING,
)  # fmt: skip
async def revoke_token_of(who: Writer, service: Served, name: Name, number: Number) -> None:
    await change(service, lambda conn: people.revoke(conn, number, account=accounts.named(conn, name).id, by=who))
