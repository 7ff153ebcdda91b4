"""Alerts: the list, one of them, why it is there, and what people do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Literal

import psycopg
from fastapi import APIRouter, Path, Query, Request, Response

from alerts import life
from alerts.life.rows import Alert
from alerts.rules.model import Kind, Severity
from infra.copyout import BLOCK_BYTES, CSV, safe_cell
from infra.security.words import NOWHERE
from infra.times import moment
from ioc_api import exports, streams
from ioc_api.alerts import items, story, why
from ioc_api.alerts.items import FIELDS, Wanted
from ioc_api.problems import Stop
from ioc_api.rest import known, spans
from ioc_api.rest.alerts_shapes import AlertOut, Alerts, Condition, State, WholeAlert, WhyAlert
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Many, Served, from_cursor, to_cursor
from ioc_api.rest.people import CHANGES, MISSING, Acting, IfMatch, Name, Note, actor, change, seen
from ioc_api.service import Service

router = APIRouter(prefix="/alerts", tags=["alerts"])

Number = Annotated[int, Path(ge=1, lt=2**62)]
#: Alerts in one file.
FILE = 100_000

_ANSWER: dict[int | str, dict[str, Any]] = {
    **MISSING,
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "model": Alerts},
}


@router.get(
    "",
    operation_id="list_alerts",
    dependencies=[may("alerts.read")],
    summary="Alerts, the newest first",
    response_model=Alerts,
    responses=_ANSWER,
)
async def list_alerts(
    request: Request,
    service: Served,
    state: Annotated[list[State] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    condition: Annotated[list[Condition] | None, Query()] = None,
    kind: Annotated[list[Kind] | None, Query()] = None,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    department: Annotated[Many, Query(description="Who handles it, by the routes as they are now.")] = None,
    rule: Many = None,
    sensor: Many = None,
    since: Annotated[str | None, Query(max_length=64, description="First breach at this time or later.")] = None,
    until: Annotated[str | None, Query(max_length=64, description="First breach before this time.")] = None,
    changed_since: Annotated[
        str | None, Query(max_length=64, description="Changed at this time or later, be it their value alone.")
    ] = None,
    retroactive: bool | None = None,
    incident: Annotated[int | None, Query(ge=1, lt=2**62, description="Those that this alert speaks for.")] = None,
    never_fired: Annotated[bool, Query(description="Also those whose breach did not hold.")] = False,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Any:
    """Those that have not fired are left out, unless `state=pending` or `never_fired=true` asks for them. `csv` is a
    file of up to 100,000 alerts, and 422 where there are more; `limit` and `cursor` do not count there."""
    known.check(service, area=area, zone=zone, domain=domain)
    wanted = Wanted(
        state or (), severity or (), condition or (), kind or (), area or (), zone or (), domain or (), rule or (),
        sensor or (), department or (), None if since is None else moment(spans.moment(since, "query.since")),
        None if until is None else moment(spans.moment(until, "query.until")),
        None if changed_since is None else moment(spans.moment(changed_since, "query.changed_since")),
        retroactive, incident, never_fired,
    )  # fmt: skip
    if wanted.since and wanted.until and wanted.until <= wanted.since:
        raise Stop(422, "query.until: phải sau `since` / it must be later than `since`")
    if form == "csv":
        return await streams.respond(
            service, lambda conn: _csv(_all(service, conn, wanted)), CSV, "alerts.csv", request=request,
            about=exports.asked(request),
        )  # fmt: skip
    after = from_cursor(cursor, int)

    def read(conn: psycopg.Connection) -> list[dict[str, Any]]:
        _named(conn, wanted)
        whom = service.routes.read(conn)
        return items.listed(conn, whom, _where(service, wanted, whom), limit + 1, after[0] if after else None)

    found = await service.database.act(read)
    following = to_cursor(found[limit - 1]["id"]) if len(found) > limit else None
    return {"items": found[:limit], "next": following}


def _named(conn: psycopg.Connection, wanted: Wanted) -> None:
    known.kept(conn, department=wanted.department, rule=wanted.rule, sensor=wanted.sensor)


def _where(service: Service, wanted: Wanted, whom: Any) -> Any:
    catalog = service.catalog
    return items.where(wanted, whom, [NOWHERE, *catalog.area_codes], catalog.registry.domains)


def _all(service: Service, conn: psycopg.Connection, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """All of them, or 422: a file that leaves some out would be taken for the whole."""
    _named(conn, wanted)
    whom = service.routes.read(conn)
    where = _where(service, wanted, whom)
    if items.more_than(conn, where, FILE):
        raise Stop(
            422,
            f"query.format: hơn {FILE:,} cảnh báo: hãy hỏi từng khoảng bằng since và until".replace(",", ".")
            + f" / more than {FILE:,} alerts: ask for one span after the other, by since and until",
        )
    return items.pages(conn, whom, where, FILE)


def _csv(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Blocks of a CSV; texts that a spreadsheet would take for formulas are made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    columns = [f for f in FIELDS if f not in ("key", "departments")]
    writer.writerow(columns)
    for one in found:
        values = (one[c] for c in columns)
        writer.writerow(["" if v is None else safe_cell(v) if isinstance(v, str) else v for v in values])
        if text.tell() > BLOCK_BYTES:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


@router.get(
    "/{number}",
    operation_id="get_alert",
    dependencies=[may("alerts.read")],
    summary="One alert, with everything that happened to it",
    responses=MISSING,
)
async def get_alert(service: Served, number: Number, response: Response) -> WholeAlert:
    """`ETag` is its revision, which an action may give back as `If-Match`."""

    def read(conn: psycopg.Connection) -> dict[str, Any] | None:
        found = items.one(conn, service.routes.read(conn), number)
        if found is None:
            return None
        return {**found, "flips": story.flips(conn, number), "notifications": story.notifications(conn, number)}

    found = await service.database.act(read)
    if found is None:
        raise Stop(404, "không có cảnh báo này / there is no such alert")
    response.headers["ETag"] = f'"{found["revision"]}"'
    return WholeAlert.model_validate(found)


@router.get(
    "/{number}/why",
    operation_id="why_alert",
    dependencies=[may("alerts.read")],
    summary="Why an alert is there",
    responses=MISSING,
)
async def why_alert(service: Served, number: Number) -> WhyAlert:
    """Rule and version, values and threshold, who changed the rule last, earlier alerts, who was told when by which
    channel, who has muted what."""
    found = await service.database.act(lambda conn: why.of_alert(conn, service.routes.read(conn), number))
    if found is None:
        raise Stop(404, "không có cảnh báo này / there is no such alert")
    return WhyAlert.model_validate(found)


class Action(Acting):
    """What is said with an action."""

    note: Note = ""


class Assignment(Action):
    """Whom it is given to: a person or a crew."""

    to: Name


class Comment(Acting):
    """A word on an alert."""

    note: Note


_Do = Callable[[psycopg.Connection, int, int, str], Alert]


async def _act(service: Service, request: Request, number: int, asked: Acting, header: int | None, do: _Do) -> AlertOut:
    """Do an action of alerts.life; ``do`` takes the connection, the alert, the revision and who it is."""
    who, revision = actor(request, asked.by), seen(asked.revision, header)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        if items.one(conn, service.routes.read(conn), number) is None:
            raise Stop(404, "không có cảnh báo này / there is no such alert")
        do(conn, number, revision, who)
        found = items.one(conn, service.routes.read(conn), number)
        if found is None:
            raise Stop(404, "không có cảnh báo này / there is no such alert")
        return found

    def shown(conn: psycopg.Connection, current: Alert) -> dict[str, Any] | None:
        return items.one(conn, service.routes.read(conn), current.id)

    return AlertOut.model_validate(await change(service, task, shown))


@router.post(
    "/{number}/acknowledge",
    operation_id="acknowledge_alert",
    dependencies=[may("alerts.act")],
    summary="See to it",
    responses=CHANGES,
)
async def acknowledge(service: Served, request: Request, number: Number, asked: Action, match: IfMatch) -> AlertOut:
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.acknowledge(c, n, r, who, asked.note)
    )


@router.post(
    "/{number}/unacknowledge",
    operation_id="unacknowledge_alert",
    dependencies=[may("alerts.act")],
    summary="See to it no more",
    responses=CHANGES,
)
async def unacknowledge(service: Served, request: Request, number: Number, asked: Action, match: IfMatch) -> AlertOut:
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.unacknowledge(c, n, r, who, asked.note)
    )


@router.post(
    "/{number}/assign",
    operation_id="assign_alert",
    dependencies=[may("alerts.act")],
    summary="Give it to somebody",
    responses=CHANGES,
)
async def assign(service: Served, request: Request, number: Number, asked: Assignment, match: IfMatch) -> AlertOut:
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.assign(c, n, r, who, asked.to, asked.note)
    )


@router.post(
    "/{number}/comment",
    operation_id="comment_alert",
    dependencies=[may("alerts.act")],
    summary="Add a word",
    responses=CHANGES,
)
async def comment(service: Served, request: Request, number: Number, asked: Comment, match: IfMatch) -> AlertOut:
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.comment(c, n, r, who, asked.note)
    )


@router.post(
    "/{number}/resolve",
    operation_id="resolve_alert",
    dependencies=[may("alerts.act")],
    summary="It is done",
    responses=CHANGES,
)
async def resolve(service: Served, request: Request, number: Number, asked: Action, match: IfMatch) -> AlertOut:
    """While the readings are not clear it needs a note; a breach that goes on opens it again."""
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.resolve(c, n, r, who, asked.note)
    )


@router.post(
    "/{number}/close",
    operation_id="close_alert",
    dependencies=[may("alerts.act")],
    summary="It is over and done with",
    responses=CHANGES,
)
async def close(service: Served, request: Request, number: Number, asked: Action, match: IfMatch) -> AlertOut:
    return await _act(service, request, number, asked, match, lambda c, n, r, who: life.close(c, n, r, who, asked.note))


@router.post(
    "/{number}/reopen",
    operation_id="reopen_alert",
    dependencies=[may("alerts.act")],
    summary="It is not done after all",
    responses=CHANGES,
)
async def reopen(service: Served, request: Request, number: Number, asked: Action, match: IfMatch) -> AlertOut:
    return await _act(
        service, request, number, asked, match, lambda c, n, r, who: life.reopen(c, n, r, who, asked.note)
    )
