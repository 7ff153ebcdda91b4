"""Whether the audit is what was written: every hash computed anew, from where retention has signed off."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from infra.audit.chain import BEGIN, follow
from infra.audit.read import Row, everything
from infra.audit.retention import ACTION
from infra.settings import LEAST_AUDIT_DAYS

#: Faults that are told; of more only their number.
MOST = 20


class Mark(NamedTuple):
    """A row's number and hash, as it was noted elsewhere: what `ioc audit verify` said before."""

    id: int
    hash: bytes


@dataclass(slots=True)
class Found:
    """What verification has found. ``first`` None: there are no rows. ``removed`` rows were signed off."""

    rows: int = 0
    first: int | None = None
    first_at: datetime | None = None
    last: Mark | None = None
    last_at: datetime | None = None
    removed: int = 0
    faults: list[str] = field(default_factory=list)
    count: int = 0

    def fault(self, text: str) -> None:
        """Something is not as it was written."""
        self.count += 1
        if len(self.faults) < MOST:
            self.faults.append(text)


class _Anchor(NamedTuple):
    id: int
    hash: bytes
    until: datetime
    removed: int


def verify(conn: psycopg.Connection[Any], noted: tuple[Mark, ...] = ()) -> Found:
    """Go through the whole chain at one moment. ``noted`` marks must still be in it, or have been signed off."""
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    found = Found()
    anchor = _anchor(conn)
    last, previous = (anchor.id, anchor.hash) if anchor else (0, BEGIN)
    wanted = {mark.id: mark.hash for mark in noted}
    start, signed = last, anchor is None
    for row in everything(conn):
        entry = row.entry
        if entry.id != last + 1:
            found.fault(_gap(last, entry.id))
        if follow(previous, entry) != row.hash:
            found.fault(f"row {entry.id} is not what was written, or does not follow the one before")
        if entry.id in wanted and wanted.pop(entry.id) != row.hash:
            found.fault(f"row {entry.id} is not the one that was noted: the chain was written anew")
        if anchor and entry.action == ACTION:
            signed |= _signs(row, anchor, found)
        if found.first is None:
            found.first, found.first_at = entry.id, entry.at
        last, previous = entry.id, row.hash
        found.rows, found.last, found.last_at = found.rows + 1, Mark(entry.id, row.hash), entry.at
    if not signed:
        found.fault(f"rows up to {start} were removed, and no row of the chain signs that off")
    for number in sorted(wanted):
        if number > start:
            found.fault(f"row {number} was noted and is gone: the end of the chain was cut off")
    found.removed = anchor.removed if anchor else 0
    return found


def _gap(last: int, number: int) -> str:
    if number <= last:
        return f"row {number} is not in its place"
    return f"row {last + 1} is gone" if number == last + 2 else f"rows {last + 1} to {number - 1} are gone"


def _anchor(conn: psycopg.Connection[Any]) -> _Anchor | None:
    row = conn.execute(
        "SELECT id, hash, until, (SELECT sum(removed) FROM audit_anchor) FROM audit_anchor ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return _Anchor(int(row[0]), bytes(row[1]), row[2], int(row[3])) if row else None


def _signs(row: Row, anchor: _Anchor, found: Found) -> bool:
    """Whether a row of retention tells of that anchor; one that has removed too much is a fault."""
    try:
        said = json.loads(row.entry.after or "null")
        same = (said["last"], said["hash"]) == (anchor.id, anchor.hash.hex())
    except (ValueError, TypeError, KeyError):
        return False
    if same and row.entry.at - anchor.until < timedelta(days=LEAST_AUDIT_DAYS):
        found.fault(f"rows younger than {LEAST_AUDIT_DAYS} days were removed, see row {row.entry.id}")
    return bool(same)
