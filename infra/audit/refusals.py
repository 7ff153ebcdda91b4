"""Refusals as rows that an outsider cannot make without end: one address asks a thousand times, and it is one row.

    refusal ─▶ tally of who, from where, what ─▶ a row at once, and one with the rest when its minute is over

A row says how many refusals it stands for (``times``) and of what. At most HOURLY rows an hour are written by name;
what is beyond is counted together, a row a minute with the addresses that have most. So refusals of any number take
some 20 MB a day, and none goes uncounted but those of the last seconds of a process that is killed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple, cast

import psycopg

from infra.access.who import Way, Who
from infra.audit.record import record

#: Rows by name an hour.
HOURLY = 1_000
#: Kept apart at a time; the rest is counted together.
MOST = 2_000
#: What was refused is told of so many, the most frequent first.
WHATS = 10
SPAN_S = 60.0

#: Somebody of whom nothing is known but where they come from.
NOBODY = Who("?", cast(Way, ""), ((),))


class Refusal(NamedTuple):
    """``times`` refusals of one sort to one caller; ``whats``: which, with how often."""

    action: str
    who: Who
    times: int
    whats: dict[str, int]


class Written(NamedTuple):
    """What a transaction has written: ``beyond`` the hour's rows, which are to be counted together; of ``rest`` (by
    address) it has told."""

    rows: int
    beyond: list[Refusal]
    rest: Counter[str] | None


@dataclass(slots=True)
class _Tally:
    since: float
    whats: Counter[str] = field(default_factory=Counter)
    told: bool = False


#: By address: refusals of this process that were to be rows of their own, and for which the hour had no room.
_beyond: Counter[str] = Counter()
_beyond_lock = Lock()


def refuse(
    conn: psycopg.Connection[Any], actor: Who, action: str, subject: str, after: object = None, detail: str = ""
) -> None:
    """Record a refusal as a row of its own, as of a sign-in; without room in the hour it is counted with the rest."""
    if _written(conn) < HOURLY:
        record(conn, actor, action, subject, "refused", after=after, detail=detail)
        return
    with _beyond_lock:
        _beyond[actor.address if actor.address in _beyond or len(_beyond) < MOST else "…"] += 1


class Refusals:
    """Counts refusals until somebody writes them; from any thread. ``now``: seconds of a clock that only runs on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tallies: dict[tuple[str, Who], _Tally] = {}
        self._rest: Counter[str] = Counter()  # by address
        self._rest_since: float | None = None

    def note(self, action: str, who: Who, what: str, now: float, times: int = 1) -> None:
        """Somebody was refused something: ``what`` is few things, as the path of an operation."""
        key = (action, who._replace(limits=(), expires_us=None))
        with self._lock:
            found = self._tallies.get(key)
            if found is None and len(self._tallies) >= MOST:
                self._other(who.address, times, now)
                return
            if found is None:
                found = self._tallies[key] = _Tally(now)
            found.whats[what if what in found.whats or len(found.whats) < 2 * WHATS else "…"] += times

    def take(self, now: float, *, all_of_them: bool = False) -> list[Refusal]:
        """What is to be written now: what is new, and what a minute that is over has brought since."""
        taken = []
        with _beyond_lock:
            beyond = dict(_beyond)
            _beyond.clear()
        with self._lock:
            for address, times in beyond.items():
                self._other(address, times, now)
            for key, tally in list(self._tallies.items()):
                over = all_of_them or now - tally.since >= SPAN_S
                if tally.whats and (over or not tally.told):
                    taken.append(Refusal(*key, tally.whats.total(), _most(tally.whats)))
                    tally.whats, tally.told = Counter(), True
                if over:
                    del self._tallies[key]
        return taken

    def write(self, conn: psycopg.Connection[Any], taken: list[Refusal], now: float) -> Written:
        """Write them, in a transaction of the caller's, who calls `done` when it is committed, or else `again`."""
        room = max(0, HOURLY - _written(conn)) if taken else 0
        for one in taken[:room]:
            after = {"times": one.times, "what": one.whats}
            record(conn, one.who, one.action, f"address {one.who.address}", "refused", after=after)
        due = self.due(now)
        with self._lock:
            rest = Counter(self._rest) if due else None
        if rest is not None:
            after = {"times": rest.total(), "addresses": len(rest), "most": _most(rest)}
            record(conn, NOBODY, "request.refused", "many addresses", "refused", after=after)
        return Written(len(taken[:room]) + due, taken[room:], rest)

    def due(self, now: float) -> bool:
        """Whether a minute of those that are counted together is over."""
        return self._rest_since is not None and now - self._rest_since >= SPAN_S

    def done(self, written: Written, now: float) -> None:
        """It is committed."""
        with self._lock:
            if written.rest is not None:
                self._rest -= written.rest
                self._rest_since = now if self._rest else None
            for one in written.beyond:
                self._other(one.who.address, one.times, now)

    def again(self, taken: list[Refusal], now: float) -> None:
        """It could not be written: it is for the next time."""
        for one in taken:
            for what, times in one.whats.items():
                self.note(one.action, one.who, what, now, times)

    def _other(self, address: str, times: int, now: float) -> None:
        if address not in self._rest and len(self._rest) >= MOST:
            address = "…"
        self._rest[address] += times
        self._rest_since = now if self._rest_since is None else self._rest_since


def _most(counted: Counter[str]) -> dict[str, int]:
    """The most frequent, and the number of the rest."""
    most = dict(counted.most_common(WHATS))
    left = counted.total() - sum(most.values())
    return {**most, "…": most.get("…", 0) + left} if left else most


def _written(conn: psycopg.Connection[Any]) -> int:
    """Rows of refusals of the last hour, those that others have written as well; at most HOURLY."""
    row = conn.execute(
        "SELECT count(*) FROM (SELECT FROM audit WHERE at > now() - interval '1 hour' AND outcome = 'refused'"
        " LIMIT %s) found",
        [HOURLY],
    ).fetchone()
    return int(row[0]) if row else 0
