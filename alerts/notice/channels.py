"""Changes to channels, by the revision that was seen. Addresses are shown in part, secrets never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import getaddresses
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts.life.actions import NAME, Refused, written
from alerts.notice.stale import Changed
from alerts.rules.directory import Role
from alerts.rules.model import Severity

#: Characters of an address and of a secret.
ADDRESS, SECRET = 2000, 500


class ChannelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel as it is given. ``address`` and ``secret`` None: as they are (needed for a new one: the address)."""

    department: str
    kind: Literal["email", "webhook", "cap", "apprise"]
    name: str
    address: str | None = None
    secret: str | None = None
    config: dict[str, Any] = {}
    severity: Severity = "info"
    roles: tuple[Role, ...] = ("handles", "supports", "informed")
    outside_hours: Literal["all", "critical", "none"] = "critical"
    enabled: bool = True


class Shown(msgspec.Struct, frozen=True):
    """A channel as people see it. ``address`` is masked; ``has_secret``: there is one."""

    id: int
    department: str
    kind: str
    name: str
    address: str
    has_secret: bool
    config: dict[str, Any]
    severity: str
    roles: tuple[str, ...]
    outside_hours: str
    enabled: bool
    revision: int
    changed_at: datetime
    changed_by: str


#: What the sender says of a channel before it is kept (alerts/deliver/channels): raises what the caller shows.
Check = Callable[[ChannelBody], None]

_SELECT = """SELECT id, department, kind, name, address, secret <> '', config, severity, roles, outside_hours, enabled,
                    revision, changed_at, changed_by FROM notice_channel"""


def listed(conn: psycopg.Connection, department: str | None = None) -> list[Shown]:
    """All channels, or those of one department."""
    where, args = ("WHERE department = %s", [department]) if department else ("", [])
    return [_shown(row) for row in conn.execute(f"{_SELECT} {where} ORDER BY department, name", args)]


def find(conn: psycopg.Connection, number: int) -> Shown:
    """One channel; Refused where there is none."""
    row = conn.execute(f"{_SELECT} WHERE id = %s", [number]).fetchone()
    if row is None:
        raise Refused(f"không có kênh số {number}", f"there is no channel {number}")
    return _shown(row)


def save(
    conn: psycopg.Connection,
    body: ChannelBody,
    number: int | None,
    revision: int | None,
    *,
    actor: str,
    now: datetime,
    check: Check | None = None,
) -> Shown:
    """Add a channel (``number`` None) or change one; its department and kind stay as they were.

    ``check`` is given the channel with its whole address and secret. Refused says what is wrong, Changed that somebody
    was faster.
    """
    written(body.name, what_vi="tên kênh", what_en="name", most=NAME, need=True)
    if not body.roles:
        raise Refused("roles: ít nhất một vai trò", "roles: at least one of handles, supports, informed")
    with conn.transaction():
        before = _before(conn, number, revision)
        if before and (body.department, body.kind) != (before["department"], before["kind"]):
            raise Refused("không đổi được đơn vị hay loại kênh", "department and kind stay: make a new channel")
        address = body.address if body.address is not None else before.get("address", "")
        secret = body.secret if body.secret is not None else before.get("secret", "")
        written(address, what_vi="địa chỉ", what_en="address", most=ADDRESS, need=True)
        written(secret, what_vi="khoá bí mật", what_en="secret", most=SECRET)
        if before and body.secret is None and secret and address != before["address"]:
            # Who may change an address must not have another's secret sent to it.
            raise Refused("đổi địa chỉ thì phải nhập lại khoá bí mật", "a new address needs its secret given anew")
        if conn.execute("SELECT 1 FROM department WHERE code = %s", [body.department]).fetchone() is None:
            raise Refused(f"không có đơn vị {body.department}", f"there is no department {body.department}")
        whole = msgspec.structs.replace(body, address=address, secret=secret)
        if check:
            check(whole)
        return find(conn, _write(conn, whole, number, actor, now))


def delete(conn: psycopg.Connection, number: int, revision: int) -> None:
    """Take a channel away that was never used; one that was is switched off instead: its messages name it."""
    with conn.transaction():
        _before(conn, number, revision)
        if conn.execute("SELECT 1 FROM notification WHERE channel = %s LIMIT 1", [number]).fetchone():
            raise Refused("kênh đã có tin: hãy tắt thay vì xoá", "messages went to it: switch it off instead (enabled)")
        conn.execute("DELETE FROM notice_channel WHERE id = %s", [number])


def _before(conn: psycopg.Connection, number: int | None, revision: int | None) -> dict[str, Any]:
    """The channel that is to be changed, locked; empty for a new one."""
    if number is None:
        return {}
    row = conn.execute(
        "SELECT department, kind, address, secret, revision FROM notice_channel WHERE id = %s FOR UPDATE", [number]
    ).fetchone()
    if row is None or row[4] != revision:
        raise Changed(find(conn, number))
    return dict(zip(("department", "kind", "address", "secret"), row, strict=False))


def _write(conn: psycopg.Connection, body: ChannelBody, number: int | None, actor: str, now: datetime) -> int:
    fields: dict[str, Any] = {
        "department": body.department, "kind": body.kind, "name": body.name, "address": body.address,
        "secret": body.secret, "config": Jsonb(body.config), "severity": body.severity, "roles": list(body.roles),
        "outside_hours": body.outside_hours, "enabled": body.enabled, "changed_by": written(actor, most=NAME),
        "changed_at": now,
    }  # fmt: skip
    names, values = list(fields), list(fields.values())
    if number is None:
        query = (
            f"INSERT INTO notice_channel ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) RETURNING id"  # nosec B608
        )
    else:
        changes = ", ".join(f"{n} = %s" for n in names)
        query = f"UPDATE notice_channel SET {changes}, revision = revision + 1 WHERE id = %s RETURNING id"  # nosec B608
        values.append(number)
    try:
        with conn.transaction():
            row = conn.execute(query, values).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Refused("đơn vị đã có kênh tên này", "the department has a channel of this name already") from None
    return int(row[0])  # type: ignore[index]  # both return a row


def masked(kind: str, address: str) -> str:
    """An address as it is shown: enough to know it again, not enough to use it."""
    if address == "feed":  # of a CAP channel that is only published
        return address
    if kind == "email":
        found = (spec.rpartition("@") for _, spec in getaddresses([address.replace("mailto:", "")]))
        return ", ".join(f"{name[:1]}…@{domain}" for name, _, domain in found if name)
    try:
        url = urlsplit(address)
        host = url.hostname or ""
    except ValueError:
        return "…"
    if not url.scheme:
        return "…"
    if kind == "apprise":  # tokens may stand where the host is
        return f"{url.scheme}://…"
    return f"{url.scheme}://{host}/…"


def _shown(row: tuple[Any, ...]) -> Shown:
    number, department, kind, name, address, has_secret, config, severity, roles, *rest = row
    return Shown(
        number, department, kind, name, masked(kind, address), has_secret, config, severity, tuple(roles), *rest
    )
