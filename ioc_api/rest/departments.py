"""Departments, and the routes that lead alerts to them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
import psycopg
import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, FiniteFloat

from alerts.notice import edit
from alerts.notice.edit import Kept
from alerts.rules.directory import CONTACTS, Department, Role, Route
from alerts.rules.model import Kind, Severity
from infra.times import text
from ioc_api import asking
from ioc_api.part import Part
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Many, Page, Served, Text, from_cursor, paged
from ioc_api.rest.people import (
    AS,
    CHANGES,
    FORBIDDEN,
    MISSING,
    Acting,
    IfMatch,
    Name,
    Revision,
    Strict,
    actor,
    change,
    seen,
)
from ioc_api.service import Service

router = APIRouter(tags=["departments"])
log = structlog.get_logger()

Code = Annotated[Text, Path(description="The department's code.")]
Number = Annotated[int, Path(ge=1, lt=2**62)]


class HoursFields(Strict):
    """Working hours, in UTC+7; `to` before `from` goes over night."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(max_length=7, description="1 Monday to 7 Sunday.")
    start: Text = Field(alias="from", description="As 07:30.")
    to: Text


class PaceFields(Strict):
    """How its alerts are told, seconds; what is left out is as the product does it."""

    wait_s: FiniteFloat | None = None
    interval_s: FiniteFloat | None = None
    repeat_s: FiniteFloat | None = None
    storm: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="Messages in ten minutes beyond which there is one summary."
    )
    escalate_s: dict[Severity, FiniteFloat] = Field({}, description="How long nobody may have acknowledged.")


class ContactFields(Strict):
    """Somebody to call. Nothing is sent there by itself: that is what channels are for."""

    name: Text
    duty: Text = Field("", description="When, or for what.")
    phone: Text = ""
    email: Text = ""


class DepartmentFields(Strict):
    """A department, but its code. One that is no more gets a `valid_to`; it is not deleted."""

    vi: Text
    en: Text
    valid_from: date | None = None
    valid_to: date | None = None
    hours: list[HoursFields] = Field([], max_length=50, description="Empty: always at work.")
    pace: PaceFields = Field(default_factory=lambda: PaceFields.model_validate({}))
    contacts: list[ContactFields] | None = Field(
        None, max_length=CONTACTS,
        description="In the order in which they are called. null: as they are; in answers: not for whoever asks, who"
        " needs channels.read there.",
    )  # fmt: skip


class NewDepartment(DepartmentFields):
    code: Text


class DepartmentIn(NewDepartment):
    by: Name | None = Field(None, alias="as", description=AS)


class DepartmentChange(DepartmentFields, Acting):
    """The department as it is to be."""


class DepartmentOut(NewDepartment):
    revision: int
    changed_at: str
    changed_by: str


class Departments(Page):
    items: list[DepartmentOut]


class RouteFields(Strict):
    """Alerts like these concern a department. null: any; `severity`: this one and the graver ones."""

    zone: Text | None = Field(None, description="Code of a ward.")
    area: Text | None = None
    domain: Text | None = None
    kind: Kind | None = None
    severity: Severity | None = None
    department: Text
    role: Role


class RouteIn(RouteFields):
    by: Name | None = Field(None, alias="as", description=AS)


class RouteChange(RouteFields, Acting):
    """The route as it is to be."""


class RouteOut(RouteFields):
    id: int
    revision: int
    changed_at: str
    changed_by: str


class Routes(Page):
    items: list[RouteOut]


async def _callers(service: Service) -> Part | None:
    """Where whoever is asking may know how departments are reached; None: nowhere."""
    who = asking.now().who
    return await service.scopes.part(who, "channels.read") if who.may("channels.read") else None


def _out(kept: Kept, callers: Part | None = None) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(kept.body)
    if isinstance(kept.body, Department):
        if callers is None or not (callers.all or kept.id in callers.near):
            body["contacts"] = None
        body["pace"] = {k: v for k, v in msgspec.structs.asdict(kept.body.pace).items() if v is not None}
    else:
        body["id"] = kept.id
    return {**body, "revision": kept.revision, "changed_at": text(kept.changed_at), "changed_by": kept.changed_by}


def _body(given: BaseModel, cls: type[Any], **more: Any) -> Any:
    fields = given.model_dump(by_alias=True, exclude={"revision", "by"}, mode="json")
    if fields.get("contacts", ()) is None:
        del fields["contacts"]
    return msgspec.convert({**fields, **more}, cls)


def _department(conn: psycopg.Connection, code: str) -> Kept:
    found = edit.department(conn, code)
    if found is None:
        raise Stop(404, "không có đơn vị này / there is no such department")
    return found


@router.get(
    "/departments", operation_id="list_departments", dependencies=[may("rules.read")], summary="Departments, by code"
)
async def list_departments(service: Served, limit: Limit = 1000, cursor: Cursor = None) -> Departments:
    after = from_cursor(cursor, str)
    callers = await _callers(service)

    def read(conn: psycopg.Connection) -> dict[str, Any]:
        there = [str(code) for (code,) in conn.execute("SELECT code FROM department")]
        codes, following = paged(there, lambda code: (code,), limit, after)
        items = [_out(found, callers) for code in codes if (found := edit.department(conn, code)) is not None]
        return {"items": items, "next": following}

    return Departments.model_validate(await service.database.act(read))


@router.get(
    "/departments/{code}",
    operation_id="get_department",
    dependencies=[may("rules.read")],
    summary="One department",
    responses=MISSING,
)
async def get_department(service: Served, code: Code, response: Response) -> DepartmentOut:
    found = await service.database.act(lambda conn: _department(conn, code))
    response.headers["ETag"] = f'"{found.revision}"'
    return DepartmentOut.model_validate(_out(found, await _callers(service)))


@router.post(
    "/departments",
    operation_id="create_department",
    dependencies=[may("directory.write")],
    summary="Add a department",
    status_code=201,
    responses={k: v for k, v in CHANGES.items() if k != 404},
)
async def create_department(request: Request, service: Served, asked: DepartmentIn) -> DepartmentOut:
    """409 where there is one of that code."""
    who, body, callers = actor(request, asked.by), _body(asked, Department), await _callers(service)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        return _out(edit.save_department(conn, body, None, actor=who, now=datetime.now(UTC)), callers)

    return DepartmentOut.model_validate(await change(service, task, lambda _, current: _out(current, callers)))


@router.put(
    "/departments/{code}",
    operation_id="put_department",
    dependencies=[may("directory.write")],
    summary="Change a department",
    responses=CHANGES,
)
async def put_department(
    request: Request, service: Served, code: Code, asked: DepartmentChange, match: IfMatch
) -> DepartmentOut:
    who, revision = actor(request, asked.by), seen(asked.revision, match)
    given, callers = _body(asked, Department, code=code), await _callers(service)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        before, body = _department(conn, code).body, given
        if asked.contacts is None and isinstance(before, Department):
            body = msgspec.structs.replace(given, contacts=before.contacts)
        return _out(edit.save_department(conn, body, revision, actor=who, now=datetime.now(UTC)), callers)

    return DepartmentOut.model_validate(await change(service, task, lambda _, current: _out(current, callers)))


@router.get(
    "/routes",
    operation_id="list_routes",
    dependencies=[may("rules.read")],
    summary="Which alerts concern which department",
)
async def list_routes(service: Served, department: Many = None, limit: Limit = 1000, cursor: Cursor = None) -> Routes:
    """Of a department its most specific route counts; only the most specific of those that handle do."""
    after = from_cursor(cursor, str, int)

    def read(conn: psycopg.Connection) -> list[dict[str, Any]]:
        known.kept(conn, department=department)
        return [_out(k) for k in edit.routes(conn)]

    found = [r for r in await service.database.act(read) if not department or r["department"] in department]
    items, following = paged(found, lambda r: (r["kind"] or "", r["id"]), limit, after)
    return Routes.model_validate({"items": items, "next": following})


def _there(conn: psycopg.Connection, number: int) -> None:
    if conn.execute("SELECT 1 FROM route WHERE id = %s", [number]).fetchone() is None:
        raise Stop(404, "không có tuyến này / there is no such route")


async def _save_route(
    service: Service, request: Request, asked: RouteIn | RouteChange, number: int | None, revision: int | None
) -> RouteOut:
    who, body = actor(request, asked.by), _body(asked, Route)
    catalog = service.catalog
    known.among("area", None if body.area is None else [body.area], catalog.area_codes, "body")
    known.among("domain", None if body.domain is None else [body.domain], catalog.registry.domains, "body")
    zones = {z.code: z.area for z in catalog.zones}
    known.among("zone", None if body.zone is None else [body.zone], zones, "body")
    if body.zone is not None and body.area is not None and zones[body.zone] != body.area:
        raise Stop(
            422,
            f"body.zone: phường, xã {body.zone} thuộc {zones[body.zone]}, không thuộc {body.area}"
            f" / the ward {body.zone} is in {zones[body.zone]}, not in {body.area}",
        )

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        if number is not None:
            _there(conn, number)
        return _out(edit.save_route(conn, body, number, revision, actor=who, now=datetime.now(UTC)))

    return RouteOut.model_validate(await change(service, task, lambda _, current: _out(current)))


@router.post(
    "/routes",
    operation_id="create_route",
    dependencies=[may("directory.write")],
    summary="Add a route",
    status_code=201,
    responses=FORBIDDEN,
)
async def create_route(request: Request, service: Served, asked: RouteIn) -> RouteOut:
    return await _save_route(service, request, asked, None, None)


@router.put(
    "/routes/{number}",
    operation_id="put_route",
    dependencies=[may("directory.write")],
    summary="Change a route",
    responses=CHANGES,
)
async def put_route(request: Request, service: Served, number: Number, asked: RouteChange, match: IfMatch) -> RouteOut:
    return await _save_route(service, request, asked, number, seen(asked.revision, match))


@router.delete(
    "/routes/{number}",
    operation_id="delete_route",
    dependencies=[may("directory.write")],
    summary="Take a route away",
    status_code=204,
    responses=CHANGES,
)
async def delete_route(
    request: Request,
    service: Served,
    number: Number,
    match: IfMatch,
    revision: Annotated[Revision | None, Query(description="The revision that you have seen.")] = None,
    by: Annotated[Name | None, Query(alias="as", description=AS)] = None,
) -> Response:
    who = actor(request, by)
    version = seen(revision, match, "query")

    def task(conn: psycopg.Connection) -> None:
        _there(conn, number)
        edit.delete_route(conn, number, version)

    await change(service, task, lambda _, current: _out(current))
    log.info("route.deleted", route=number, by=who)
    return Response(status_code=204)
