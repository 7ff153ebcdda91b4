"""The second wall: the database itself leaves out what is not in somebody's part of the city.

Requests of whoever may not see everything run as the role ``ioc_scoped``, which has no rights but those of
infra/migrations/0032_scoped.sql, and sees through its policies and the views of the schema ``scoped``. What is in their
part stands in settings of the transaction; without them nothing is. It is a wall against a filter that was forgotten,
not against whoever can run statements of their own: they could leave the role again.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg
from psycopg import sql

from infra.errors import Unavailable

ROLE = "ioc_scoped"
SCHEMA = "scoped"

Words = frozenset[str]


class View(NamedTuple):
    """What somebody may see, as the policies look at it.

    ``places``: area/zone/domain of sensors and figures, zone and domain "" for what has none; ``whole``: those of them
    where whatever there is is theirs, alerts too. ``departments``: theirs, wherever their alerts are; ``desks``:
    department/area/zone/domain, theirs there alone. ``near``: theirs, and those that have to do with alerts of places
    that are theirs whole. ``sorts``: zone/area/domain/kind/severity of alerts that concern their
    departments where no rule names who handles them, ``beside`` where one does; the zone is "" but for those of
    ``zones``, which a route or their grant names. ``in_force``: all departments in force.
    """

    places: Words = frozenset()
    whole: Words = frozenset()
    desks: Words = frozenset()
    departments: Words = frozenset()
    near: Words = frozenset()
    sorts: Words = frozenset()
    beside: Words = frozenset()
    zones: Words = frozenset()
    in_force: Words = frozenset()


def statement(view: View, *, kept: bool = False) -> bytes:
    """What makes a transaction see only that much, before anything else is asked in it; ``kept``: a connection, until
    something else is said. No statement of it takes a snapshot, so that the isolation level may still be set."""
    parts: list[sql.Composable] = [
        sql.SQL("ROLE {}").format(sql.Identifier(ROLE)),
        sql.SQL("search_path = {}, public").format(sql.Identifier(SCHEMA)),
    ]
    for name, words in view._asdict().items():
        setting, value = sql.Identifier(f"ioc.{name}"), sql.Literal("\n".join(sorted(words)))
        parts.append(sql.SQL("{} = {}").format(setting, value))
    scope = b"SET SESSION " if kept else b"SET LOCAL "
    return b"; ".join(scope + part.as_bytes(None) for part in parts)


def ensure(conn: psycopg.Connection) -> None:
    """Make the role, which all databases of a server share, and let the database's user take it. Unavailable with what
    an administrator of the server has to do where the user may not."""
    user = conn.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    name, super_user = user or ("", False)
    try:
        with conn.transaction():
            # Databases of one server may be migrated at the same time: the role is made once.
            conn.execute("SELECT pg_advisory_xact_lock(hashtext('ioc_scoped'))")
            there = conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
            if there is None:
                conn.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(ROLE)))
            if not super_user and not _may_take(conn):
                conn.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(ROLE)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # somebody else was faster, in another database
    except psycopg.errors.InsufficientPrivilege:
        raise Unavailable(
            f"the database user {name} may not make the role {ROLE}: let an administrator of the database server run"
            f' CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO "{name}"; once, then start again (docs/access.md)'
        ) from None


def _may_take(conn: psycopg.Connection) -> bool:
    # SET tells from 16 on whether the role may be taken; before that membership did.
    right = "SET" if conn.info.server_version >= 160_000 else "MEMBER"
    row = conn.execute("SELECT pg_has_role(current_user, %s, %s)", [ROLE, right]).fetchone()
    return bool(row and row[0])
