"""What commands do, in the audit: whoever calls them is known by the name that the operating system has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from infra.access.here import operator
from infra.audit.record import record
from infra.errors import Unavailable


def done(
    conn: psycopg.Connection[Any], action: str, subject: str, *, before: object = None, after: object = None
) -> None:
    """Record what a command has done, in its transaction. Unavailable where the database is of an older version."""
    try:
        with conn.transaction():
            record(conn, operator(), action, subject, before=before, after=after)
    except psycopg.errors.UndefinedFunction:
        raise Unavailable(
            "cơ sở dữ liệu thuộc phiên bản cũ: chạy `ioc db migrate`"
            " / the database is of an older version of ioc: run `ioc db migrate`"
        ) from None


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Of how things stood and stand, by name, only what is not the same."""
    names = sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    return {n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after}
