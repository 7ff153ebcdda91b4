"""Giving and taking what an account may do; every grant is checked against the city that there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from infra.access import accounts
from infra.access.errors import Refused, Unknown
from infra.access.roles import NAMES, ROLES
from infra.access.who import Grant
from infra.catalog import Catalog

#: Grants of one account; and areas, zones, domains of one grant.
MOST, MOST_PARTS = 50, 100


class Given(NamedTuple):
    """A grant as an account has it."""

    id: int
    grant: Grant
    granted_at: datetime
    granted_by: str


def checked(conn: psycopg.Connection[Any], grant: Grant, catalog: Catalog, *, wallboard: bool = False) -> Grant:
    """The grant with its parts in order; Refused where it names what is not there or cannot be."""
    roles = [role for role in ROLES if (role == "wallboard") == wallboard]
    if grant.role not in roles:
        raise Refused(f"không có vai trò {grant.role!r}; có: {', '.join(roles)}", f"there is no role {grant.role!r}")
    zones = {z.code: z for z in catalog.zones}
    areas = _known("area", "khu vực", grant.areas, catalog.area_codes)
    of_zones = _known("zone", "phường, xã", grant.zones, zones)
    domains = _known("domain", "lĩnh vực", grant.domains, catalog.registry.domains)
    for code in of_zones:
        if areas and zones[code].area not in areas:
            raise Refused(
                f"phường, xã {code} không thuộc {', '.join(areas)}: quyền này không cho gì cả",
                f"zone {code} is not in {', '.join(areas)}: such a grant gives nothing",
            )
    if (grant.role == "department") != (grant.department is not None):
        raise Refused(
            "vai trò department cần mã đơn vị, các vai trò khác thì không",
            "the role department needs a department's code, other roles take none",
        )
    if grant.department is not None:
        row = conn.execute(
            "SELECT valid_to IS NULL OR valid_to > current_date FROM department WHERE code = %s", [grant.department]
        ).fetchone()
        if row != (True,):
            raise Refused(
                f"không có đơn vị {grant.department[:64]!r} đang hoạt động",
                f"there is no department {grant.department[:64]!r} at work",
            )
    if grant.ends_at is not None and grant.ends_at <= datetime.now(UTC):
        raise Refused("thời hạn đã qua", "its end lies in the past")
    return grant._replace(areas=areas, zones=of_zones, domains=domains)


def _known(what: str, vi: str, given: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    for code in given:
        if code not in known:
            listed = ", ".join(sorted(known)[:30])
            raise Refused(f"không có {vi} {code[:64]!r}", f"there is no {what} {code[:64]!r}; there are {listed}")
    if len(set(given)) > MOST_PARTS:
        raise Refused(f"nhiều nhất {MOST_PARTS} {vi}", f"at most {MOST_PARTS} of {what}")
    return tuple(sorted(set(given)))


def listed(conn: psycopg.Connection[Any], account: int | None = None) -> dict[int, list[Given]]:
    """Grants by account, those that have ended too: of one account, or all."""
    found: dict[int, list[Given]] = {}
    for of, number, role, areas, zones, domains, department, ends_at, at, by in conn.execute(
        "SELECT account, id, role, areas, zones, domains, department, ends_at, granted_at, granted_by"
        " FROM account_grant WHERE %s::bigint IS NULL OR account = %s ORDER BY id",
        [account, account],
    ):
        grant = Grant(role, tuple(areas), tuple(zones), tuple(domains), department, ends_at)
        found.setdefault(of, []).append(Given(number, grant, at, by))
    return found


def in_force(conn: psycopg.Connection[Any]) -> dict[int, list[Grant]]:
    """What everybody may do now, by account."""
    now = datetime.now(UTC)
    return {
        account: [g.grant for g in given if g.grant.ends_at is None or g.grant.ends_at > now]
        for account, given in listed(conn).items()
    }


def give(conn: psycopg.Connection[Any], account: int, grant: Grant, catalog: Catalog, *, by: str) -> Given:
    """One more grant of an account."""
    accounts.held(conn, account, None)
    grant = checked(conn, grant, catalog)
    now = listed(conn, account).get(account, [])
    if any(given.grant == grant for given in now):
        raise Refused(
            f"tài khoản đã có quyền {NAMES[grant.role][0]} như vậy",
            f"the account has this grant ({grant.role}) already",
        )
    if len(now) >= MOST:
        raise Refused(f"một tài khoản có nhiều nhất {MOST} quyền", f"an account has at most {MOST} grants")
    given = _insert(conn, account, grant, by)
    conn.execute("UPDATE account SET revision = revision + 1 WHERE id = %s", [account])
    return given


def put(
    conn: psycopg.Connection[Any],
    account: int,
    grants: Iterable[Grant],
    catalog: Catalog,
    *,
    by: str,
    revision: int | None,
) -> None:
    """These and no others are an account's grants from now on. Conflict where it has moved on from what was seen."""
    accounts.held(conn, account, revision)
    now = {given.grant: given.id for given in listed(conn, account).get(account, [])}
    wanted = []
    for grant in grants:
        plain = _ordered(grant)
        # What it has may stay, even where it could not be given any more.
        wanted.append(plain if plain in now else checked(conn, grant, catalog))
    if len(set(wanted)) > MOST:
        raise Refused(f"một tài khoản có nhiều nhất {MOST} quyền", f"an account has at most {MOST} grants")
    for grant in dict.fromkeys(wanted):
        if grant not in now:
            _insert(conn, account, grant, by)
    _remove(conn, account, [number for grant, number in now.items() if grant not in wanted])


def _ordered(grant: Grant) -> Grant:
    areas, zones, domains = (tuple(sorted(set(part))) for part in (grant.areas, grant.zones, grant.domains))
    return grant._replace(areas=areas, zones=zones, domains=domains)


def _insert(conn: psycopg.Connection[Any], account: int, grant: Grant, by: str) -> Given:
    row = conn.execute(
        "INSERT INTO account_grant (account, role, areas, zones, domains, department, ends_at, granted_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id, granted_at",
        [account, grant.role, list(grant.areas), list(grant.zones), list(grant.domains), grant.department,
         grant.ends_at, by],
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101
    return Given(row[0], grant, row[1], by)


def _remove(conn: psycopg.Connection[Any], account: int, numbers: Sequence[int]) -> None:
    """Somebody must remain who administers, and who has no grant left is signed out."""
    if numbers:
        with accounts.someone_administers(conn):
            conn.execute("DELETE FROM account_grant WHERE id = ANY(%s)", [list(numbers)])
    conn.execute("UPDATE account SET revision = revision + 1 WHERE id = %s", [account])
    if not accounts.grants(conn, account):
        conn.execute("DELETE FROM session WHERE account = %s", [account])


def take(conn: psycopg.Connection[Any], account: int, number: int) -> Given:
    """Take a grant away. Who has none left is signed out."""
    accounts.held(conn, account, None)
    gone = next((given for given in listed(conn, account).get(account, []) if given.id == number), None)
    if gone is None:
        raise Unknown("tài khoản không có quyền số này", "the account has no grant of that number")
    _remove(conn, account, [number])
    return gone


def told(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Grants as they are kept with a token, recorded and shown: only what limits them."""
    return [
        {"role": g.role}
        | {k: list(v) for k, v in (("areas", g.areas), ("zones", g.zones), ("domains", g.domains)) if v}
        | ({} if g.department is None else {"department": g.department})
        | ({} if g.ends_at is None else {"ends_at": g.ends_at.isoformat()})
        for g in grants
    ]


def untold(kept: Iterable[dict[str, Any]]) -> tuple[Grant, ...]:
    """What `told` made, read again."""
    return tuple(
        Grant(
            g["role"], tuple(g.get("areas") or ()), tuple(g.get("zones") or ()), tuple(g.get("domains") or ()),
            g.get("department"), None if g.get("ends_at") is None else datetime.fromisoformat(g["ends_at"]),
        )
        for g in kept
    )  # fmt: skip
