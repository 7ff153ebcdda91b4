"""What was held back is looked at again when the reason is over: a silence, an incident, the night."""

from __future__ import annotations

from collections import defaultdict

from alerts.life import rows
from alerts.notice import incident
from alerts.notice.group import HOURS, key_of
from alerts.notice.round import Round
from alerts.notice.stages import takes_now


def release(round_: Round) -> int:
    """Let what is not held back any more wait for the next message of its group; how many flips that are."""
    held = round_.conn.execute(
        "SELECT DISTINCT why, by, department FROM muting WHERE held AND over_at IS NULL"
    ).fetchall()
    count = 0
    for why, by, department in held:
        if _over(round_, why, by):
            freed = round_.conn.execute(
                """UPDATE muting SET over_at = %s
                   WHERE held AND over_at IS NULL AND why = %s AND by = %s AND department = %s
                   RETURNING alert, flip""",
                [round_.now, why, by, department],
            ).fetchall()
            _wait(round_, department, why, freed)
            count += len(freed)
    return count


def _over(round_: Round, why: str, by: str) -> bool:
    number = int(by.rpartition("/")[2])
    if why in ("silence", "maintenance"):
        return all(s.id != number for s in round_.book.silences)
    if why == "incident":
        return incident.over(round_.conn, number, round_.now)
    for code, channels in round_.book.channels.items():
        for channel in channels:
            if channel.id == number and code in round_.book.departments:
                return takes_now(round_.book.departments[code], channel, "info", round_.now)
    return True


def _wait(round_: Round, department: str, why: str, freed: list[tuple[int, int]]) -> None:
    flips: dict[int, list[int]] = defaultdict(list)
    for number, flip in freed:
        flips[number].append(flip)
    pace = round_.pace(department)
    for alert in rows.read_many(round_.conn, flips):
        group = round_.group(department, HOURS if why == "hours" else key_of(alert))
        for flip in flips[alert.id]:
            if flip not in group.waiting:
                group.add(flip, "released", alert, pace, round_.now)
        if why == "hours":
            group.next_at = round_.now
        group.changed = True
