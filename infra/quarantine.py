"""Items of quarantine from before they were looked at: what they look like is added, a part of them a round."""

from __future__ import annotations

import psycopg

from city import payload_form

#: Items of a round, and bytes of them at a time.
MOST, AT_ONCE = 5_000, 500


def outline(conn: psycopg.Connection) -> int:
    """Say of items without a shape what they look like; returns how many there were, MOST at the most."""
    done = 0
    while done < MOST:
        rows = conn.execute(
            "SELECT id, received_at, topic, payload FROM quarantine_item WHERE shape IS NULL ORDER BY id LIMIT %s",
            [AT_ONCE],
        ).fetchall()
        with conn.transaction(), conn.cursor() as cur:
            cur.executemany(
                "UPDATE quarantine_item SET pattern = %s, form = %s, shape = %s WHERE id = %s AND received_at = %s",
                [(*payload_form.of(topic, payload), number, at) for number, at, topic, payload in rows],
            )
        done += len(rows)
        if len(rows) < AT_ONCE:
            break
    return done
