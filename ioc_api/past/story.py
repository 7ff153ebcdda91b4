"""Alerts as they were: told again from their flips, each at the time at which it happened.

The row of an alert says how it stands now. What it said at a moment is put together anew: what was there from the
beginning, and then each flip up to the moment. A value that moved without a flip is not known any more; `peak` is the
worst one where it had been by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.times import micros, moment
from ioc_api import asking
from ioc_api.alerts import items
from ioc_api.alerts.items import plain
from ioc_api.alerts.whom import Whom
from ioc_api.live.alerts import Change, Standing, change, standing
from ioc_api.past.source import Superseded

#: Alerts of one replay, the newest, and their flips.
MOST, MOST_FLIPS = 20_000, 100_000
ENGINE = "engine"

_ALERTS = sql.SQL(
    """{} {} WHERE NOT a.retroactive AND a.started_at <= %(to)s AND (a.closed_at IS NULL OR a.closed_at >= %(from)s)
       AND {} ORDER BY a.id DESC LIMIT %(most)s"""
)
_FLIPS = """SELECT f.id, f.alert, f.at, f.what, f.from_state AS from, f.to_state AS to, f.value, f.threshold, f.actor,
                   f.note, f.facts, v.body ->> 'severity' AS severity
            FROM flip f JOIN alert a ON a.id = f.alert
            LEFT JOIN rule_version v ON v.code = a.rule AND v.version = f.rule_version
            WHERE f.alert = ANY(%s) AND f.at <= %s ORDER BY f.id DESC LIMIT %s"""
_SHOWN = ("id", "at", "what", "from", "to", "value", "threshold", "actor", "note")
#: What an alert has only once something has happened to it.
_LATER: Mapping[str, Any] = {
    "state": None, "condition": "breach", "fired_at": None, "cleared_at": None, "acknowledged_at": None,
    "acknowledged_by": None, "assigned_at": None, "assigned_to": None, "resolved_at": None, "resolved_by": None,
    "closed_at": None, "closed_by": None, "value": None, "value_at": None, "peak": None, "peak_at": None,
    "threshold": None, "flapping": False, "raises": 0, "incident": None, "escalation": 0, "revision": 0,
}  # fmt: skip
_ENDS = ("acknowledged_at", "acknowledged_by", "assigned_at", "assigned_to", "resolved_at", "resolved_by", "closed_at",
         "closed_by")  # fmt: skip


class Flip(NamedTuple):
    """One flip and when it is told: not before those of its alert that came before it."""

    told_us: int
    row: dict[str, Any]


class Story:
    """The alerts of one span of time, told from its beginning, as often as is asked for."""

    def __init__(self, alerts: Iterable[dict[str, Any]] = (), flips: Iterable[dict[str, Any]] = ()) -> None:
        self._alerts = {a["id"]: a for a in alerts}
        last: dict[int, int] = {}
        told: list[Flip] = []
        for row in flips:
            last[row["alert"]] = at = max(micros(row["at"]), last.get(row["alert"], 0))
            told.append(Flip(at, row))
        self._flips = sorted(told, key=lambda f: (f.told_us, f.row["id"]))
        self._next = 0
        self._now: dict[int, dict[str, Any]] = {}

    def begin(self, at_us: int) -> dict[int, Standing]:
        """Tell it up to a moment: every alert that is not closed then."""
        self._next, self._now = 0, {}
        while self._next < len(self._flips) and self._flips[self._next].told_us <= at_us:
            self._turn(self._flips[self._next])
            self._next += 1
        return {n: standing(item) for n, item in self._now.items() if item["state"] != "closed"}

    def until(self, at_us: int) -> list[Change]:
        """Go on to a moment: each flip since the last one. Their seqs are their places in the story."""
        out = []
        while self._next < len(self._flips) and self._flips[self._next].told_us <= at_us:
            flip = self._flips[self._next]
            self._next += 1
            if (item := self._turn(flip)) is not None:
                said = {name: plain(flip.row[name]) for name in _SHOWN}
                out.append(change(item, said)._replace(seq=self._next))
        return out

    @property
    def place(self) -> int:
        """How many flips have been told."""
        return self._next

    def _turn(self, flip: Flip) -> dict[str, Any] | None:
        number = flip.row["alert"]
        final = self._alerts.get(number)
        if final is None:
            return None
        item = self._now.get(number)
        if item is None:
            item = self._now[number] = {**final, **_LATER}
        happened(item, flip.row, final)
        return item


def happened(item: dict[str, Any], flip: Mapping[str, Any], final: Mapping[str, Any]) -> None:
    """Put a flip on an alert, as the engine and people have (alerts.life)."""
    what, at, actor = flip["what"], plain(flip["at"]), flip["actor"]
    before, now = item["state"], flip["to"]
    if what in ("fired", "reopened"):
        if before in ("resolved", "closed"):
            item.update(dict.fromkeys(_ENDS), escalation=0)
        if what == "fired" or actor == ENGINE:
            item.update(condition="breach", cleared_at=None, raises=item["raises"] + 1)
        item["fired_at"] = item["fired_at"] or at
        item["severity"] = flip["severity"] or item["severity"]
    item.update(_WORDS.get(what, {}))
    match what:
        case "breach":
            item["raises"] += 1
        case "cleared" | "cancelled":
            item.update(condition="clear", flapping=False)
            item["cleared_at"] = at if what == "cleared" else item["cleared_at"]
        case "acknowledged":
            item.update(acknowledged_at=at, acknowledged_by=actor)
        case "unacknowledged":
            item.update(dict.fromkeys(_ENDS[:4]))
        case "assigned":
            item.update(assigned_at=at, assigned_to=flip["facts"].get("to"))
            if item["acknowledged_at"] is None:
                item.update(acknowledged_at=at, acknowledged_by=actor)
        case "incident":
            item["incident"] = flip["facts"].get("incident")
        case "escalated":
            item["escalation"] = flip["facts"].get("step", item["escalation"])
    if now != before and now in ("resolved", "closed"):
        item[f"{now}_at"], item[f"{now}_by"] = at, actor
    if flip["value"] is not None and (actor == ENGINE or item["value"] is None):
        item.update(value=plain(flip["value"]), value_at=at)
    if flip["threshold"] is not None:
        item["threshold"] = plain(flip["threshold"])
    if item["peak"] is None and item["value"] is not None:
        item.update(peak=item["value"], peak_at=item["value_at"])
    if final["peak_at"] is not None and final["peak_at"][:19] <= at[:19]:
        item.update(peak=final["peak"], peak_at=final["peak_at"])
    item.update(state=now, changed_at=at, revision=item["revision"] + 1)


_WORDS: dict[str, dict[str, Any]] = {
    "pending": {"condition": "breach"}, "clearing": {"condition": "clearing"}, "breach": {"condition": "breach"},
    "lost": {"condition": "lost"}, "found": {"condition": "breach"}, "flapping": {"flapping": True},
    "steady": {"flapping": False},
}  # fmt: skip


def read(conn: psycopg.Connection, whom: Whom, from_us: int, to_us: int, over: Callable[[], bool]) -> Story:
    """The alerts that were there in a span, as far as whoever is asking may see them. Superseded where it is
    ``over``."""
    query = _ALERTS.format(items.SELECT, items.FROM, asking.part().alerts())
    with conn.cursor(row_factory=dict_row) as cur:
        asked = {"from": moment(from_us), "to": moment(to_us), "most": MOST}
        alerts = []
        for row in cur.execute(query, asked):
            if over():
                raise Superseded
            alerts.append(items.item(row, whom))
        flips = cur.execute(_FLIPS, [[a["id"] for a in alerts], moment(to_us), MOST_FLIPS]).fetchall()
    if over():
        raise Superseded
    return Story(alerts, reversed(flips))
