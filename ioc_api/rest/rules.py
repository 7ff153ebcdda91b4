"""Rules of alerts: listed with their versions, checked before they are kept, switched on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Request, Response
from psycopg import sql

from alerts.rules import jsonform, model, store
from alerts.rules.check import MAY_PASS, check
from alerts.rules.checks import now
from alerts.rules.findings import Finding
from alerts.rules.known import Known
from alerts.rules.model import Kind, Rule, Severity
from alerts.rules.store import Stored
from infra.times import text
from ioc_api import asking
from ioc_api.alerts.known import Now
from ioc_api.problems import Stop
from ioc_api.rest import known as filters
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Many, Served, Text, from_cursor, to_cursor
from ioc_api.rest.people import AS, CHANGES, MISSING, IfMatch, Name, Revision, change, seen
from ioc_api.rest.people import actor as who_is
from ioc_api.rest.rules_shapes import (
    Checked,
    FindingOut,
    Fires,
    KeptRule,
    NewRule,
    RuleProblem,
    Rules,
    RuleToCheck,
    Switch,
    WholeRule,
)
from ioc_api.service import Service

router = APIRouter(prefix="/rules", tags=["rules"])

Code = Annotated[Text, Path(description="The rule's code.")]
#: Looking at what a rule would do now goes over all sensors.
CHECK_S = 30.0

_REFUSED: dict[int | str, dict[str, Any]] = {422: {"model": RuleProblem, "description": "Not kept: see `findings`"}}


def _out(stored: Stored) -> dict[str, Any]:
    r = stored.rule
    return {
        "code": r.code, "version": r.version, "enabled": r.enabled, "changed_at": text(stored.changed_at),
        "changed_by": stored.changed_by, "note": stored.note, "set_aside": stored.set_aside,
        "set_aside_at": text(stored.set_aside_at), "deleted_at": text(stored.deleted_at), "rule": model.encode(r),
    }  # fmt: skip


def _shown(conn: psycopg.Connection, current: Rule) -> dict[str, Any] | None:
    found = store.find(conn, current.code)
    return None if found is None or found.deleted_at is not None else _out(found)


def _finding(f: Finding) -> dict[str, Any]:
    fields = {name: getattr(f, name) for name in ("level", "code", "where", "vi", "en", "other")}
    return {**fields, "may_pass": f.level == "warning" or f.code in MAY_PASS}


def _refuse(findings: Sequence[Finding], detail: str) -> Stop:
    faults = [{"where": f"body.rule.{f.where}".rstrip("."), "message": f"{f.vi} / {f.en}"} for f in findings[:20]]
    return Stop(422, detail, errors=faults, findings=[_finding(f) for f in findings])


def _open(conn: psycopg.Connection) -> dict[str, int]:
    query = "SELECT a.rule, count(*) FROM alert a WHERE a.state IN ('firing', 'acknowledged', 'in_progress') AND {}"
    rows = conn.execute(sql.SQL(f"{query} GROUP BY a.rule").format(asking.part().alerts()))
    return dict(rows.fetchall())


@router.get("", operation_id="list_rules", dependencies=[may("rules.read")], summary="Rules, by code")
async def list_rules(
    service: Served,
    kind: Annotated[list[Kind] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    domain: Many = None,
    enabled: bool | None = None,
    set_aside: bool | None = None,
    q: Annotated[Text | None, Query(description="Part of code or name.")] = None,
    deleted: Annotated[bool, Query(description="Also those that were deleted.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Rules:
    filters.check(service, domain=domain)
    after = from_cursor(cursor, str)

    def wanted(s: Stored) -> bool:
        r = s.rule
        return (
            (not kind or r.kind in kind)
            and (not severity or r.severity in severity)
            and (not domain or not r.scope.domain or bool(set(domain) & set(r.scope.domain)))
            and (enabled is None or r.enabled == enabled)
            and (set_aside is None or (s.set_aside is not None) == set_aside)
            and (not q or q.casefold() in f"{r.code}\n{r.vi}\n{r.en}".casefold())
            and (after is None or r.code > after[0])
        )

    def read(conn: psycopg.Connection) -> list[dict[str, Any]]:
        found = sorted((s for s in store.stored(conn, deleted=deleted) if wanted(s)), key=lambda s: s.rule.code)
        counts = _open(conn)
        return [{**_out(s), "open": counts.get(s.rule.code, 0)} for s in found[: limit + 1]]

    found = await service.database.act(read)
    following = to_cursor(found[limit - 1]["code"]) if len(found) > limit else None
    return Rules.model_validate({"items": found[:limit], "next": following})


@router.post(
    "/check",
    operation_id="check_rule",
    dependencies=[may("rules.write")],
    summary="What would be found about a rule, and what it would do now",
)
async def check_rule(service: Served, asked: RuleToCheck) -> Checked:
    """Nothing is kept. A rule of the same code is the one that it would replace."""
    rule = jsonform.read(asked.rule)
    if not isinstance(rule, Rule):
        return Checked.model_validate({"findings": [_finding(f) for f in rule], "fires_now": None})
    found, known = await _checked(service, rule)
    counted = now.count(rule, known)
    fires = None
    if counted is not None and known.world is not None:
        fires = Fires(sensors=counted[0], reporting=counted[1], city=int(known.world.active.sum()))
    return Checked(findings=[FindingOut.model_validate(_finding(f)) for f in found], fires_now=fires)


async def _checked(service: Service, rule: Rule) -> tuple[list[Finding], Known]:
    live = Now(service)

    def task(conn: psycopg.Connection) -> tuple[list[Finding], Known]:
        known = live.known(conn)
        return [jsonform.named(f) for f in check(rule, known, [s.rule for s in store.stored(conn)])], known

    return await service.database.work(task, limit_s=CHECK_S, statement_timeout=int(CHECK_S * 900))


async def _keep(
    service: Service, request: Request, rule: Rule, asked: NewRule | Switch, version: int
) -> dict[str, Any]:
    """Check a rule and keep it as a new version, or say why not."""
    who = who_is(request, asked.by)
    found, _ = await _checked(service, rule)
    if any(f.level == "error" and f.code not in MAY_PASS for f in found):
        raise _refuse(found, "quy tắc có lỗi: xem findings / the rule is not right: see findings")
    if found and not asked.accept_warnings:
        raise _refuse(
            found,
            "có cảnh báo: sửa lại, hoặc gửi accept_warnings / there are warnings: mend it, or send accept_warnings",
        )

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        store.save(conn, rule, who, asked.note, seen=version)
        kept = store.find(conn, rule.code)
        if kept is None:
            raise Stop(404, "không có quy tắc này / there is no such rule")
        return _out(kept)

    return {**await change(service, task, _shown), "findings": [_finding(f) for f in found]}


def given(body: dict[str, Any], code: str | None = None) -> Rule:
    """The rule of a body, or 422 with what keeps it from being one."""
    rule = jsonform.read(body if code is None else {"code": code, **body})
    if not isinstance(rule, Rule):
        first = rule[0]
        where = f"body.rule.{first.where}".rstrip(".")
        raise _refuse(rule, f"{where}: {first.vi} / {first.en}")
    if code is not None and rule.code != code:
        raise Stop(
            422,
            "body.rule.code: không phải mã trong địa chỉ; quy tắc giữ mã của nó"
            " / it is not the code of the address; a rule keeps its code",
        )
    return rule


@router.post(
    "",
    operation_id="create_rule",
    dependencies=[may("rules.write")],
    summary="Make a rule",
    status_code=201,
    responses={**_REFUSED, **{k: v for k, v in CHANGES.items() if k != 404}},
)
async def create_rule(request: Request, service: Served, asked: NewRule) -> KeptRule:
    """Errors are a 422 that lists all that was found; warnings as well, unless `accept_warnings` says that they were
    read. 409 where there is such a rule already."""
    return KeptRule.model_validate(await _keep(service, request, given(asked.rule), asked, 0))


def _found(stored: Stored | None) -> Stored:
    if stored is None or stored.deleted_at is not None:
        raise Stop(404, "không có quy tắc này / there is no such rule")
    return stored


@router.get(
    "/{code}",
    operation_id="get_rule",
    dependencies=[may("rules.read")],
    summary="One rule, with its versions",
    responses=MISSING,
)
async def get_rule(service: Served, code: Code, response: Response) -> WholeRule:
    """Deleted ones too. `ETag` is the version."""

    def read(conn: psycopg.Connection) -> dict[str, Any]:
        found = store.find(conn, code)
        if found is None:
            raise Stop(404, "không có quy tắc này / there is no such rule")
        versions = [_out(s) for s in store.history(conn, code)]
        return {**_out(found), "open": _open(conn).get(code, 0), "versions": versions}

    found = await service.database.act(read)
    response.headers["ETag"] = f'"{found["version"]}"'
    return WholeRule.model_validate(found)


@router.put(
    "/{code}",
    operation_id="put_rule",
    dependencies=[may("rules.write")],
    summary="Change a rule: a new version",
    responses={**_REFUSED, **CHANGES},
)
async def put_rule(request: Request, service: Served, code: Code, asked: NewRule, match: IfMatch) -> KeptRule:
    rule, version = given(asked.rule, code), seen(asked.revision, match)
    await _as_seen(service, code, version)
    return KeptRule.model_validate(await _keep(service, request, rule, asked, version))


async def _as_seen(service: Service, code: str, version: int) -> Stored:
    """The rule at the version that was seen, or 409: what is found about an older one helps nobody."""

    def task(conn: psycopg.Connection) -> Stored:
        found = _found(store.find(conn, code))
        if found.rule.version != version:
            raise store.Conflict(found.rule)
        return found

    return await change(service, task, _shown)


async def _switch(
    service: Service, request: Request, code: str, asked: Switch, match: int | None, enabled: bool
) -> KeptRule:
    version = seen(asked.revision, match)
    stored = await _as_seen(service, code, version)
    rule = msgspec.structs.replace(stored.rule, enabled=enabled)
    if not enabled:  # what is switched off need not be right
        who = who_is(request, asked.by)

        def task(conn: psycopg.Connection) -> dict[str, Any]:
            store.save(conn, rule, who, asked.note, seen=version)
            return _out(_found(store.find(conn, code)))

        return KeptRule.model_validate({**await change(service, task, _shown), "findings": []})
    return KeptRule.model_validate(await _keep(service, request, rule, asked, version))


@router.post(
    "/{code}/enable",
    operation_id="enable_rule",
    dependencies=[may("rules.write")],
    summary="Switch a rule on",
    responses={**_REFUSED, **CHANGES},
)
async def enable_rule(request: Request, service: Served, code: Code, asked: Switch, match: IfMatch) -> KeptRule:
    """It is checked as if it were new. One that was set aside is judged again."""
    return await _switch(service, request, code, asked, match, True)


@router.post(
    "/{code}/disable",
    operation_id="disable_rule",
    dependencies=[may("rules.write")],
    summary="Switch a rule off",
    responses={**_REFUSED, **CHANGES},
)
async def disable_rule(request: Request, service: Served, code: Code, asked: Switch, match: IfMatch) -> KeptRule:
    """Its open alerts end."""
    return await _switch(service, request, code, asked, match, False)


@router.delete(
    "/{code}",
    operation_id="delete_rule",
    dependencies=[may("rules.write")],
    summary="Delete a rule",
    status_code=204,
    responses=CHANGES,
)
async def delete_rule(
    request: Request,
    service: Served,
    code: Code,
    match: IfMatch,
    revision: Annotated[Revision | None, Query(description="The version that you have seen.")] = None,
    by: Annotated[Name | None, Query(alias="as", description=AS)] = None,
) -> Response:
    """Its versions and its alerts stay; open ones end."""
    who, version = who_is(request, by), seen(revision, match, "query")

    def task(conn: psycopg.Connection) -> None:
        if not store.delete(conn, code, who, seen=version):
            raise Stop(404, "không có quy tắc này / there is no such rule")

    await change(service, task, _shown)
    return Response(status_code=204)
