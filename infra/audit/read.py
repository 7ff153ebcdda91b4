"""Reading the audit: rows that a question takes, the newest first, or all of them in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from infra.audit.chain import Entry, Outcome

# before and after as they were written: the hash is of that text.
_COLUMNS = sql.SQL(
    "id, at, actor, account, way, key, address, action, subject, outcome, before::text, after::text, detail, hash"
)
# What is searched; chr(31) keeps a word from beginning in one column and ending in the next.
_ALL = sql.SQL("concat_ws(chr(31), actor, action, subject, address, detail, before::text, after::text)")
#: Rows that are fetched at a time.
_BLOCK = 2_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Row(NamedTuple):
    """A row and its hash."""

    entry: Entry
    hash: bytes


class Wanted(NamedTuple):
    """What rows must be; empty or None: any. ``actions`` and ``subjects`` also take what begins with them and a dot
    or a blank (``rule`` takes ``rule.write``, ``sensor`` takes ``sensor BG-1``)."""

    actors: tuple[str, ...] = ()
    accounts: tuple[int, ...] = ()
    actions: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    addresses: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[str, ...] = ()


def listed(conn: psycopg.Connection[Any], wanted: Wanted, limit: int, before: int | None = None) -> list[Row]:
    """Rows that are wanted, the newest first; of those with a number below ``before``."""
    parts, values = _where(wanted)
    if before is not None:
        parts.append(sql.SQL("id < %(before)s"))
        values["before"] = before
    query = sql.SQL("SELECT {} FROM audit {} ORDER BY id DESC LIMIT %(limit)s").format(
        _COLUMNS, sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(parts)) if parts else sql.SQL("")
    )
    return [_row(row) for row in conn.execute(query, {**values, "limit": limit})]


def following(conn: psycopg.Connection[Any], after: int, limit: int) -> list[Row]:
    """Up to ``limit`` rows that come after a number, in their order."""
    query = sql.SQL("SELECT {} FROM audit WHERE id > %s ORDER BY id LIMIT %s").format(_COLUMNS)
    return [_row(row) for row in conn.execute(query, [after, limit])]


def everything(conn: psycopg.Connection[Any], wanted: Wanted | None = None, after: int = 0) -> Iterator[Row]:
    """All rows that are wanted and come after a number, in their order, a block at a time; in a transaction, which
    should be REPEATABLE READ."""
    parts, values = _where(wanted or Wanted())
    parts.append(sql.SQL("id > %(after)s"))
    query = sql.SQL("SELECT {} FROM audit WHERE {} ORDER BY id").format(_COLUMNS, sql.SQL(" AND ").join(parts))
    with conn.cursor(name="audit") as cur:
        cur.itersize = _BLOCK
        cur.execute(query, {**values, "after": after})
        for row in cur:
            yield _row(row)


def about(e: Entry) -> str:
    """A row in a line for people; nothing in it can end the line."""
    said = f"{e.id:>7}  {e.at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}  {e.outcome:<7}  {e.action:<22}  {e.subject}"
    who = f"{e.actor}{f' @ {e.address}' if e.address else ''} ({e.way})"
    return _CONTROL.sub(" ", f"{said}  ·  {who}{f'  ·  {e.detail}' if e.detail else ''}")


def _row(row: tuple[Any, ...]) -> Row:
    return Row(Entry(*row[:-1]), bytes(row[-1]))


def _where(wanted: Wanted) -> tuple[list[sql.Composable], dict[str, Any]]:
    parts: list[sql.Composable] = []
    values: dict[str, Any] = {}
    for column, given in (
        ("actor", wanted.actors), ("account", wanted.accounts), ("outcome", wanted.outcomes),
        ("address", wanted.addresses),
    ):  # fmt: skip
        if given:
            parts.append(sql.SQL("{} = ANY({})").format(sql.Identifier(column), sql.Placeholder(column)))
            values[column] = list(given)
    for column, given, end in (("action", wanted.actions, "."), ("subject", wanted.subjects, " ")):
        if given:
            begins = f"{column}_begins"
            parts.append(
                sql.SQL("({0} = ANY({1}) OR {0} LIKE ANY({2}))").format(
                    sql.Identifier(column), sql.Placeholder(column), sql.Placeholder(begins)
                )
            )
            values[column] = list(given)
            values[begins] = [f"{_literal(g)}{end}%" for g in given]
    for name, sign, moment in (("since", ">=", wanted.since), ("until", "<", wanted.until)):
        if moment is not None:
            parts.append(sql.SQL(f"at {sign} {{}}").format(sql.Placeholder(name)))
            values[name] = moment
    for n, word in enumerate(wanted.words):
        parts.append(sql.SQL("{} ILIKE {}").format(_ALL, sql.Placeholder(f"word{n}")))
        values[f"word{n}"] = f"%{_literal(word)}%"
    return parts, values


def _literal(text: str) -> str:
    """Text as LIKE takes it for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
