"""The hash chain of the audit: each row carries SHA-256 over the hash of the row before and itself. Pure.

    hash = SHA-256( hash of the row before ‖ the row as canonical JSON in UTF-8 )

Canonical: keys sorted, no spaces, times in UTC with microseconds, ``before`` and ``after`` as they are stored. The
first row of all follows 32 zero bytes. Whoever changes, removes or moves a row has to write every later one anew, and
then no longer has the hashes that were noted elsewhere (``ioc audit verify`` prints the end).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

Outcome = Literal["done", "refused", "failed"]

#: What the first row follows.
BEGIN = bytes(32)
#: What one side of a change may take, in bytes of JSON: of more only its size and hash are kept.
MOST_BYTES = 16_384
MOST_TEXT = 2_000
HIDDEN = "***"

_DEEP = 12
#: Names of values that are nobody's to read, not even here.
_SECRET = re.compile(r"password|passphrase|secret|token|api_?key|private|credential|authorization|cookie|otp", re.I)
#: What text of PostgreSQL cannot hold, and halves of characters.
_BAD = re.compile("[\x00\ud800-\udfff]")


class Entry(NamedTuple):
    """A row but for its hash. ``before`` and ``after`` are canonical JSON, or None."""

    id: int
    at: datetime
    actor: str
    account: int | None
    way: str
    key: str
    address: str
    action: str
    subject: str
    outcome: str
    before: str | None
    after: str | None
    detail: str


def follow(previous: bytes, entry: Entry) -> bytes:
    """The hash of a row that follows the one with the hash ``previous``."""
    row = {**entry._asdict(), "at": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    return hashlib.sha256(previous + _dump(row).encode()).digest()


def text(value: str) -> str:
    """Text as a row takes it: nothing that the database cannot hold, and not without end."""
    kept = _BAD.sub("\ufffd", value)
    return kept if len(kept) <= MOST_TEXT else f"{kept[:MOST_TEXT]}…"


def side(value: object) -> str | None:
    """One side of a change as canonical JSON, without secrets; of too much only its size and hash."""
    if value is None:
        return None
    found = _dump(_plain(value, 0))
    size = len(found.encode())
    if size <= MOST_BYTES:
        return found
    return _dump({"bytes": size, "sha256": hashlib.sha256(found.encode()).hexdigest()})


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: object, depth: int) -> Any:
    """The value as JSON has it, with what names call a secret blotted out."""
    if depth > _DEEP:
        return "…"
    match value:
        case None | bool():
            return value
        case int():
            # PostgreSQL takes any; most readers of JSON do not.
            return value if abs(value) < 2**63 else str(value)[:40] if abs(value) < 10**39 else "…"
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return _BAD.sub("\ufffd", value)
        case datetime():
            return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return HIDDEN
        case Mapping():
            return {
                (name := _BAD.sub("\ufffd", str(key))): HIDDEN
                if _SECRET.search(name) and not _empty(held)
                else _plain(held, depth + 1)
                for key, held in value.items()
            }
        case set() | frozenset():
            return sorted((_plain(v, depth + 1) for v in value), key=_dump)
        case list() | tuple():
            if (names := getattr(value, "_asdict", None)) is not None:
                return _plain(names(), depth)
            return [_plain(v, depth + 1) for v in value]
        case _:
            if (dump := getattr(value, "model_dump", None)) is not None:
                return _plain(dump(), depth)
            return _BAD.sub("\ufffd", str(value))


def _empty(value: object) -> bool:
    """Whether a value tells nothing: that there is (no) secret may be known, and a number of tokens is none."""
    return value is None or value == "" or isinstance(value, bool | int | float)
