"""One round of the dispatcher: what has happened to alerts becomes messages in the outbox, or a reason why not.

    flips nobody has looked at ─▶ whom does each concern? ─▶ a group of each department, in which it waits
    what was held back, and is not any more ───────────────────────▲        │ due
                                                                            ▼
    escalation, reminders, digests, drills (by the clock) ─▶ notification ◀ flush ▶ muting

``flip.told_at`` is set in the transaction that puts the flip into its groups, and a group is emptied in the one that
writes its messages: whatever is killed, each is decided once. Everything is by the ``now`` that is given.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import psycopg
import structlog

from alerts.life import rows
from alerts.life.rows import OPEN, Alert
from alerts.notice import book, digest, drill, escalate, flush, incident, release, remind, renew, retro
from alerts.notice import group as groups
from alerts.notice.group import RETRO, key_of
from alerts.notice.outbox import Outbox
from alerts.notice.round import Round
from alerts.notice.stages import Verdict
from alerts.notice.telling import City

log = structlog.get_logger("ioc.notice")

#: Flips that may be news; of the others (pending, clearing, breach, found, comment, …) nobody is ever told.
NEWS = frozenset({"fired", "reopened", "cleared", "resolved", "lost", "flapping", "steady"})
ENDING = frozenset({"cleared", "resolved"})
#: Flips that one transaction takes.
MOST = 2000

#: What is told by the clock, each in a savepoint of its own: one that fails does not keep the others.
CLOCKED: tuple[tuple[str, Callable[[Round], int]], ...] = (
    ("escalation", escalate.escalate),  # nobody has acknowledged it
    ("reminders", remind.remind),  # and still nobody has
    ("renewal", renew.renew),  # what CAP said would expire
    ("digest", digest.digest),  # the shift changes
    ("drill", drill.drill),  # it is Monday, nine o'clock
    ("tidying", lambda r: groups.tidy(r.conn, r.now)),
)


def dispatch(conn: psycopg.Connection, now: datetime, city: City, breathe: Callable[[], None] = lambda: None) -> int:
    """Work off all flips that nobody has looked at, and whatever the clock says; how many messages that makes.

    ``breathe`` is called between statements that may each take long. ``conn`` must not be in a transaction. Errors of
    the database are the caller's; any other becomes a muting ``error`` and a line in the log, and the rest goes on.
    """
    count, taken = 0, MOST
    round_ = Round(conn, now, book.load(conn, now, city.catalog.calendar), city)
    with conn.transaction():
        rows.lock(conn)
        _clocked(round_, "incidents", _settle)
    while taken >= MOST:
        breathe()
        with conn.transaction():
            rows.lock(conn)
            taken = take(round_)
            release.release(round_)
            count += _flush_due(round_)
    breathe()
    with conn.transaction():
        rows.lock(conn)
        for name, part in CLOCKED:
            count += _clocked(round_, name, part)
            breathe()
    return count


def _clocked(round_: Round, name: str, part: Callable[[Round], int]) -> int:
    try:
        with round_.conn.transaction():
            count = part(round_)
            round_.save()
    except psycopg.OperationalError:
        raise
    except Exception:
        round_.forget()
        log.exception("a part of the dispatcher failed", part=name)
        return 0
    return count


def _settle(round_: Round) -> int:
    """Alerts get their incident in the round in which both are open, not when their group is due; no message comes."""
    incident.settle(round_.conn, round_.book, round_.now)
    return 0


def take(round_: Round) -> int:
    """Put the flips that nobody has looked at into the groups of those they concern; how many they were."""
    found = round_.conn.execute(
        "SELECT id, alert, what FROM flip WHERE told_at IS NULL ORDER BY id LIMIT %s", [MOST]
    ).fetchall()
    if not found:
        return 0
    alerts = {
        a.id: a for a in rows.read_many(round_.conn, {a for _, a, what in found if what in NEWS or what == "retro"})
    }
    out = Outbox(round_.now)
    still: dict[tuple[str, str], set[int]] = {}
    for flip, number, what in found:
        if number in alerts:
            _put(round_, out, flip, what, alerts[number], still)
    out.write(round_.conn)
    round_.conn.execute("UPDATE flip SET told_at = %s WHERE id = ANY(%s)", [round_.now, [f for f, _, _ in found]])
    return len(found)


def _put(
    round_: Round, out: Outbox, flip: int, what: str, alert: Alert, still: dict[tuple[str, str], set[int]]
) -> None:
    if what not in NEWS and what != "retro":
        return
    concerns = round_.concerns(alert)
    if not concerns:
        out.mute(alert.id, flip, None, Verdict("no_route"))
    for concern in concerns:
        if what == "retro":
            retro.add(round_, concern.department, flip)
            continue
        group = round_.group(concern.department, key_of(alert))
        over = what in ENDING and not _still_open(round_, group, still) - {alert.id}
        group.add(flip, what, alert, round_.pace(concern.department), round_.now, over=over)


def _still_open(round_: Round, group: groups.Group, known: dict[tuple[str, str], set[int]]) -> set[int]:
    """Of what a group has told of, the alerts that are not over; asked once a group, however many flips there are."""
    place = (group.department, group.key)
    if place not in known:
        found = round_.conn.execute(
            "SELECT id FROM alert WHERE id = ANY(%s) AND state = ANY(%s)", [group.members, list(OPEN)]
        )
        known[place] = {number for (number,) in found}
    return known[place]


def _flush_due(round_: Round) -> int:
    count = 0
    for place in [(g.department, g.key) for g in round_.due()]:
        group = round_.group(*place)
        if group.next_at is None or group.next_at > round_.now:
            continue
        waiting = list(group.waiting)
        try:
            with round_.conn.transaction():
                count += (retro.flush if group.key == RETRO else flush.flush)(round_, group)
                round_.save()
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("a group of alerts could not be told", department=place[0], group=place[1])
            round_.forget()
            _set_aside(round_, place, waiting)
    return count


def _set_aside(round_: Round, place: tuple[str, str], waiting: list[int]) -> None:
    """What cannot be told is not tried for ever: it is visible as an error."""
    group = round_.group(*place)
    group.waiting, group.next_at, group.changed = [], None, True
    out = Outbox(round_.now)
    for flip, alert in round_.conn.execute("SELECT id, alert FROM flip WHERE id = ANY(%s)", [waiting]):
        out.mute(alert, flip, place[0], Verdict("error"))
    out.write(round_.conn)
    round_.save()
