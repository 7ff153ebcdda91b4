"""What judgement says: an event of one rule for one subject."""

from __future__ import annotations

from typing import Literal

import msgspec

#: pending: a breach has begun, and must still hold. cancelled: it did not. fired. clearing: the value is clear, and
#: must stay so. breach: it is not any more (was clearing). cleared. lost: the subject has fallen silent while it was
#: open; found: it speaks again. flapping, steady: it has begun, ceased to swing. worse: a new worst value.
#: eased, back: while it swings, the value is clear, breaches again. retro: a breach of the past, whole (since_us to
#: until_us), known only now.
What = Literal[
    "pending", "cancelled", "fired", "clearing", "breach", "cleared", "lost", "found", "flapping", "steady", "worse",
    "eased", "back", "retro",
]  # fmt: skip
#: What only brings a row up to date: no flip, nobody is told, and it can wait to be written.
QUIET = frozenset[What]({"worse", "eased", "back"})


class Subject(msgspec.Struct, frozen=True):
    """Whom a rule is about. ``sensor`` is the database's number; a zone's or area's subject has none.

    ``key`` is unique among subjects: sensor/ID, sensor/ID/channel, zone/CODE, area/CODE, parent/ID, and what is no part
    of the city (infra/security/words.py), whose area is empty.
    """

    key: str
    area: str
    zone: str | None = None
    domain: str | None = None
    sensor: int | None = None
    sensor_id: str | None = None
    channel: str | None = None
    parent: str | None = None


class Event(msgspec.Struct, frozen=True):
    """``at_us`` is when it was (event time, microseconds), ``since_us`` the first breach (retro: to ``until_us``).

    ``value`` and ``threshold`` in the metric's unit: the value that did it, and the level it was held against.
    """

    rule: str
    version: int
    subject: Subject
    what: What
    at_us: int
    since_us: int
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    until_us: int = 0
    peak: float | None = None
    raises: int = 0
