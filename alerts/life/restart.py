"""What judgement must know of subjects that are not at rest, kept with the events that it has said of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import psycopg

from alerts.judge.state import Open

_encode = msgspec.json.encode
Key = tuple[str, str]


def open_subjects(conn: psycopg.Connection) -> list[Open]:
    """All subjects that are not at rest, as they were with the last events that were written."""
    rows = conn.execute("SELECT state::text FROM alert_subject ORDER BY rule, subject")
    return [msgspec.json.decode(text, type=Open) for (text,) in rows]


class Subjects:
    """What the table `alert_subject` holds, so that only what has changed is written."""

    def __init__(self, known: Iterable[Open]) -> None:
        self._held: dict[Key, Open] = {(o.rule, o.subject): o for o in known}
        self._next: dict[Key, Open] = self._held

    def write(self, conn: psycopg.Connection, now: Iterable[Open]) -> None:
        """Make the table say what is now, within the caller's transaction; `written` once that is committed."""
        self._next = {(o.rule, o.subject): o for o in now}
        fresh = [o for key, o in self._next.items() if self._held.get(key) != o]
        gone = self._held.keys() - self._next.keys()
        if gone:
            conn.execute(
                "DELETE FROM alert_subject s USING unnest(%s::text[], %s::text[]) k (rule, subject)"
                " WHERE s.rule = k.rule AND s.subject = k.subject",
                [[rule for rule, _ in gone], [subject for _, subject in gone]],
            )
        if fresh:
            conn.execute(
                "INSERT INTO alert_subject (rule, subject, state)"
                " SELECT * FROM unnest(%s::text[], %s::text[], %s::jsonb[])"
                " ON CONFLICT (rule, subject) DO UPDATE SET state = EXCLUDED.state",
                [[o.rule for o in fresh], [o.subject for o in fresh], [_encode(o).decode() for o in fresh]],
            )

    def written(self) -> None:
        """The transaction of the last `write` is committed."""
        self._held = self._next
