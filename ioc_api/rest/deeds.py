"""What each operation changes, for the audit: one table. tests/contract/test_audit_deeds.py goes through all of them.

An operation that is neither here nor in SAY_THEMSELVES or MANY, and is no mere question, fails that test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import msgspec
import psycopg
from fastapi import Request
from fastapi.routing import APIRoute
from psycopg.rows import dict_row

from alerts.life import Refused
from alerts.notice import channels
from ioc_api.deed import Deed, Look

#: Operations that change nothing, though they are no GET: long questions, checks of what is not kept, that somebody is
#: still there, and the offer of a second factor, which is none before it is confirmed.
QUESTIONS: frozenset[str] = frozenset(
    {
        "query_observations", "check_rule", "replay_rule", "check_silence", "try_quarantine", "keep_session",
        "offer_factor",
    }
)  # fmt: skip
#: Operations of sessions, people and links, which know better who it is and what is not to be told: they call
#: `infra.audit.record` themselves.
SAY_THEMSELVES: frozenset[str] = frozenset(
    {
        "open_session", "close_session", "lock_session", "unlock_session", "use_link",
        "create_person", "change_person", "put_grants", "disable_person", "enable_person", "reset_person",
        "end_sessions", "revoke_token_of", "create_wallboard", "revoke_wallboard",
        "change_me", "change_password", "confirm_factor", "remove_factor", "end_my_session",
        "end_my_sessions", "create_my_token", "revoke_my_token",
        "import_registry", "issue_credential", "revoke_credentials",
    }
)  # fmt: skip
#: Operations on many things: each of these leaves the row that it would leave if it had been changed alone.
MANY: frozenset[str] = frozenset({"act_on_alerts"})


def _row(query: LiteralString) -> Look:
    """How a thing stands, by a query for its key."""

    def look(conn: psycopg.Connection[Any], key: Any) -> object:
        with conn.cursor(row_factory=dict_row) as cur:
            return cur.execute(query, {"key": key}).fetchone()

    return look


_ALERT = _row(
    """SELECT rule, subject, severity, state, condition, acknowledged_by, assigned_to, resolved_by, closed_by,
              f.what, f.note, f.actor
       FROM alert LEFT JOIN LATERAL (SELECT what, note, actor FROM flip WHERE alert = alert.id
                                     ORDER BY id DESC LIMIT 1) f ON true WHERE alert.id = %(key)s"""
)
_RULE = _row(
    """SELECT r.version, r.enabled, r.set_aside, v.body, v.note FROM rule r
       JOIN rule_version v ON v.code = r.code AND v.version = r.version
       WHERE r.code = %(key)s AND r.deleted_at IS NULL"""
)
_SILENCE = _row("SELECT kind, matcher, reason, author, starts_at, ends_at, ended_by FROM silence WHERE id = %(key)s")
_DEPARTMENT = _row(
    "SELECT vi, en, valid_from, valid_to, hours, settings, contacts FROM department WHERE code = %(key)s"
)
_ROUTE = _row("SELECT zone, area, domain, kind, severity, department, role FROM route WHERE id = %(key)s")
_SENSOR = _row("SELECT * FROM sensor WHERE sensor_id = %(key)s")
_RANGE = _row("SELECT low, high FROM metric_override WHERE domain || '/' || metric = %(key)s")
_NOTIFICATION = _row("SELECT department, channel, kind, state, attempts FROM notification WHERE id = %(key)s")


def _channel(conn: psycopg.Connection[Any], key: Any) -> object:
    """As it is shown: its address in part, its secret not at all. Its revision tells that a secret was changed."""
    try:
        return msgspec.structs.asdict(channels.find(conn, int(key)))
    except Refused:
        return None


#: By operation: the action, the thing, the part of the address that is its key ("" where it is made), and how it is
#: looked at.
CHANGES: Mapping[str, tuple[str, str, str, Look]] = {
    **{
        f"{verb}_alert": (f"alert.{verb}", "alert", "number", _ALERT)
        for verb in ("acknowledge", "unacknowledge", "assign", "comment", "resolve", "close", "reopen")
    },
    "create_rule": ("rule.create", "rule", "", _RULE),
    "put_rule": ("rule.write", "rule", "code", _RULE),
    "enable_rule": ("rule.enable", "rule", "code", _RULE),
    "disable_rule": ("rule.disable", "rule", "code", _RULE),
    "delete_rule": ("rule.delete", "rule", "code", _RULE),
    "create_silence": ("silence.create", "silence", "", _SILENCE),
    "end_silence": ("silence.end", "silence", "number", _SILENCE),
    "create_department": ("department.create", "department", "", _DEPARTMENT),
    "put_department": ("department.write", "department", "code", _DEPARTMENT),
    "create_route": ("route.create", "route", "", _ROUTE),
    "put_route": ("route.write", "route", "number", _ROUTE),
    "delete_route": ("route.delete", "route", "number", _ROUTE),
    "create_channel": ("channel.create", "channel", "", _channel),
    "put_channel": ("channel.write", "channel", "number", _channel),
    "delete_channel": ("channel.delete", "channel", "number", _channel),
    "create_sensor": ("sensor.create", "sensor", "", _SENSOR),
    "put_sensor": ("sensor.write", "sensor", "sensor_id", _SENSOR),
    "change_sensor": ("sensor.write", "sensor", "sensor_id", _SENSOR),
    "set_metric_range": ("metric.range", "metric", "domain/metric", _RANGE),
    "reset_metric_range": ("metric.range", "metric", "domain/metric", _RANGE),
    "retry_notification": ("notification.retry", "notification", "number", _NOTIFICATION),
}
#: Operations whose task says what was done, as its result.
TELLS: Mapping[str, tuple[str, str, str]] = {
    "test_channel": ("channel.test", "channel", "number"),
    "replay_quarantine": ("quarantine.replay", "quarantine", ""),
    "replay_quarantined": ("quarantine.replay", "quarantine", "number"),
    "see_quarantine": ("quarantine.seen", "quarantine", ""),
}


def alert(verb: str, number: int) -> Deed:
    """What an action on one alert changes, for those that act on many."""
    action, thing, _, look = CHANGES[f"{verb}_alert"]
    return Deed(action, thing, number, look)


def of(request: Request) -> Deed | None:
    """What a request is about to change; None: nothing, or its operation records it itself."""
    route = request.scope.get("route")
    operation = route.operation_id if isinstance(route, APIRoute) else None
    if operation is None:
        return None
    if (change := CHANGES.get(operation)) is not None:
        action, thing, named, look = change
        return Deed(action, thing, _key(request, named), look)
    if (told := TELLS.get(operation)) is not None:
        action, thing, named = told
        return Deed(action, thing, _key(request, named), told=lambda result: result)
    return None


def _key(request: Request, named: str) -> str | int | None:
    if not named:
        return None
    given = [str(request.path_params.get(name, "")) for name in named.split("/")]
    return _number(given[0]) if named == "number" else "/".join(given)


def _number(text: str) -> int | str:
    """A number as the operation will read it; what is none is refused before anything is asked."""
    try:
        return int(float(text)) if "." in text else int(text)
    except (ValueError, OverflowError):
        return 0
