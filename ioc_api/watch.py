"""How the alert engine is: its own process has no port of ours, so what it wrote into the database is shown here.

Nothing of it bears on readiness: what the API shows does not wait for alerts.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from infra import alerts_state, telemetry
from infra.alerts_state import State
from ioc_api.database import Away, Database

#: Time between two looks; the engine writes once a second.
LOOK_S = 2.0


class Watch:
    """What the last look at the database said."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked = -LOOK_S
        self._state = State()

    async def look(self) -> None:
        """Read it, where the last time was a while ago; a database that is away is told elsewhere."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        try:
            async with self._database.connection() as conn:
                row = await (await conn.execute(alerts_state.QUERY)).fetchone()
        except (Away, psycopg.Error):
            return
        self._looked = now
        self._state = State(*row) if row else State()

    def reasons(self) -> list[str]:
        """What is wrong with the engine; empty where nothing is, or nothing is known."""
        return [] if self._looked < 0 else alerts_state.reasons(self._now())

    def state(self) -> str:
        """ok, degraded, down (it judges nothing), or unknown."""
        if self._looked < 0:
            return "unknown"
        if alerts_state.late(self._now().age_s):
            return "down"
        return "degraded" if self.reasons() else "ok"

    def item(self) -> dict[str, Any]:
        """The item `alerts` of the topic `system`."""
        facts = self._state.facts
        shown = {k: facts.get(k) for k in ("rules", "aside", "gaps", "broker", "stumbled")}
        # Ages in its reasons would change with every second, and be sent with every second.
        return {"state": self.state(), "reasons": [r.split(":")[0] for r in self.reasons()][:5], **shown}

    def expose(self) -> None:
        """Set the gauges."""
        state = self._now()
        behind = state.facts.get("behind_s")
        telemetry.ALERT_AGE.set(-1 if state.age_s is None else state.age_s)
        telemetry.ALERT_BEHIND.set(-1 if behind is None else behind)
        telemetry.ALERT_RULES.labels("judged").set(state.facts.get("rules", 0))
        telemetry.ALERT_RULES.labels("set_aside").set(len(state.facts.get("aside", [])))
        telemetry.ALERT_GAPS.set(state.facts.get("gaps", 0))

    def _now(self) -> State:
        if self._state.age_s is None:
            return self._state
        return State(self._state.age_s + time.monotonic() - self._looked, self._state.facts)
