"""How maintenance is: its own process has no port, so what it wrote into the database is shown here.

Nothing of it bears on readiness: live figures do not wait for history.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from infra import maintain_state, telemetry
from infra.settings import Settings
from ioc_api.database import Away, Database

#: Time between two looks; a round comes once a minute.
LOOK_S = 5.0
#: An hour that is to be rolled up waits for the next round and for its turn there; longer is worth a word.
BEHIND_S = 900.0
_HOUR_S = 3600

_QUESTION = """
    SELECT extract(epoch FROM clock_timestamp() - m.at)::float8, m.facts,
           (SELECT extract(epoch FROM clock_timestamp() - min(done_until))::float8 FROM rollup_state
            WHERE isfinite(done_until)),
           (SELECT count(*) FROM rollup_due)
    FROM (VALUES (1)) AS one LEFT JOIN maintenance m ON true"""


class Upkeep:
    """What the last look at the database said."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._grace_s = settings.rollup_grace_s
        self._database = database
        self._looked = -LOOK_S
        self._age_s: float | None = None
        self._behind_s: float | None = None
        self._due = 0
        self._facts: dict[str, Any] = {}

    async def look(self) -> None:
        """Read it, where the last time was a while ago; a database that is away is told elsewhere."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        try:
            async with self._database.connection() as conn:
                row = await (await conn.execute(_QUESTION)).fetchone()
        except (Away, psycopg.Error):
            return
        if row:
            self._looked = now
            self._age_s, self._facts, since, self._due = row[0], row[1] or {}, row[2], row[3]
            # An hour is to be rolled up when it and its grace are over.
            self._behind_s = None if since is None else max(0.0, since - _HOUR_S - self._grace_s)

    def reasons(self) -> list[str]:
        """Why history is behind; empty where it is not."""
        if self._looked < 0:
            return []
        late = maintain_state.late(self._now(self._age_s))
        out = [late] if late else []
        behind = self._now(self._behind_s)
        if behind is not None and behind > BEHIND_S:
            out.append(f"rollups are {behind / 60:.0f} minutes behind")
        return [*out, *self._facts.get("errors", [])]

    def item(self) -> dict[str, Any]:
        """The item `maintain` of the topic `system`."""
        reasons, behind = self.reasons(), self._now(self._behind_s)
        return {
            "state": "degraded" if reasons else "ok" if self._looked >= 0 else "unknown",
            "reasons": reasons,
            # By the minute: an item that changed with every second would be sent with every second.
            "behind_s": None if behind is None else behind // 60 * 60,
            "due": self._due,
            "round_s": self._facts.get("seconds"),
            "dropped_chunks": self._facts.get("dropped_chunks", 0),
            "compression": self._facts.get("compression"),
        }

    def expose(self) -> None:
        """Set the gauges."""
        age, behind = self._now(self._age_s), self._now(self._behind_s)
        telemetry.MAINTAIN_AGE.set(-1 if age is None else age)
        telemetry.MAINTAIN_BEHIND.set(-1 if behind is None else behind)
        telemetry.MAINTAIN_DUE.set(self._due)
        telemetry.MAINTAIN_SECONDS.set(self._facts.get("seconds", 0))
        telemetry.MAINTAIN_DROPPED.set(self._facts.get("dropped_chunks", 0))
        telemetry.MAINTAIN_COMPRESSION.set(bool(self._facts.get("compression")))
        telemetry.MAINTAIN_FAILED.set(len(self._facts.get("errors", [])))

    def _now(self, age_s: float | None) -> float | None:
        """An age that was read at the last look, as it is now."""
        return None if age_s is None else age_s + (time.monotonic() - self._looked)
