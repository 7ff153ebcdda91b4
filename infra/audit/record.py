"""Writing a row of the audit, in the transaction of what it tells of: both are there, or neither."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

from infra.access.who import Who
from infra.audit.chain import BEGIN, Entry, Outcome, follow, side, text

# Both are functions of the owner: whoever may only see a part of the city may add, and can read nothing.
_TAIL = "SELECT id, hash FROM public.audit_tail()"
_ADD = "SELECT public.audit_add(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def record(
    conn: psycopg.Connection[Any],
    actor: Who,
    action: str,
    subject: str,
    outcome: Outcome = "done",
    before: object = None,
    after: object = None,
    detail: str = "",
) -> int:
    """Add a row and return its number. Call it last in the transaction, which must be READ COMMITTED.

    From here until the commit nobody else can add one: rows are numbered in the order of their commits. ``action``
    is a thing and a verb (``rule.write``), ``subject`` what it was done to (``rule air.pm25``). ``before`` and
    ``after`` are anything that JSON can say; what their names call a secret is blotted out.
    """
    row = conn.execute(_TAIL).fetchone()
    found = _next(row, actor, action, subject, outcome, before, after, detail)
    conn.execute(_ADD, found)
    return int(found[0])


async def record_async(
    conn: psycopg.AsyncConnection[Any],
    actor: Who,
    action: str,
    subject: str,
    outcome: Outcome = "done",
    before: object = None,
    after: object = None,
    detail: str = "",
) -> int:
    """As `record`, for those who wait."""
    row = await (await conn.execute(_TAIL)).fetchone()
    found = _next(row, actor, action, subject, outcome, before, after, detail)
    await conn.execute(_ADD, found)
    return int(found[0])


def _next(
    tail: tuple[Any, ...] | None,
    actor: Who,
    action: str,
    subject: str,
    outcome: Outcome,
    before: object,
    after: object,
    detail: str,
) -> tuple[Any, ...]:
    last, previous = (int(tail[0]), bytes(tail[1])) if tail else (0, BEGIN)
    entry = Entry(
        id=last + 1,
        at=datetime.now(UTC),
        actor=text(actor.name),
        account=actor.account,
        way=actor.way,
        key=text(actor.key),
        address=text(actor.address),
        action=text(action),
        subject=text(subject),
        outcome=outcome,
        before=side(before),
        after=side(after),
        detail=text(detail),
    )
    return (*entry, follow(previous, entry))
