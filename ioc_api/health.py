"""Whether the whole way works: looked at in the background, so that asking never waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import structlog

from infra import telemetry
from infra.settings import Settings
from infra.times import SECOND, now_us, rfc3339
from ioc_api.database import AWAY, Away, Database, why
from ioc_api.feed.bus import Listener
from ioc_api.feed.intake import Intake

#: A query as small as the one on the registry's version takes longer only where nothing goes.
_ANSWER_S = 3.0
#: A collector not heard of for so long was taken out of service, or nobody would have waited so long.
_GONE_US = 600 * SECOND
EMPTY = "cơ sở dữ liệu trống: hãy chạy `ioc db migrate` / the database is empty: run `ioc db migrate`"
_NOT_YET = "cơ sở dữ liệu chưa trả lời lần nào / the database has not answered yet"
_FOR_ALL = frozenset({EMPTY, _NOT_YET})
#: Lag above which the source is called degraded.
_DEGRADED_S = 3.0

log = structlog.get_logger()


class Health:
    """What is known of database, broker and collectors. ``engine``: how the engine of the alerts is."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        listener: Listener,
        intake: Intake,
        engine: Callable[[], str] = lambda: "unknown",
    ) -> None:
        self._engine = engine
        self._settings, self._database, self._listener, self._intake = settings, database, listener, intake
        self._database_trouble = _NOT_YET
        self._statuses: dict[str, tuple[int, dict[str, Any]]] = {}

    def status(self, facts: dict[str, Any]) -> None:
        """Take what a collector says of itself."""
        name = facts.get("collector")
        if isinstance(name, str) and (name in self._statuses or len(self._statuses) < 1000):
            self._statuses[name] = (now_us(), facts)

    def expose(self) -> None:
        """Set the collectors' gauges by what they said last; what an unlike version said is left out."""
        for _, facts in self._statuses.values():
            with contextlib.suppress(KeyError, TypeError, AttributeError):
                telemetry.expose_collector(facts)

    async def look_at_database(self) -> int | None:
        """Ask for the registry's version; None where there is no answer."""
        try:
            async with self._database.connection(_ANSWER_S) as conn:
                row = await (await conn.execute("SELECT version FROM registry_version")).fetchone()
        except (Away, psycopg.Error) as e:
            known, self._database_trouble = self._database_trouble, why(e)
            if isinstance(e, psycopg.errors.UndefinedTable):
                self._database_trouble = EMPTY
            if self._database_trouble != known:
                log.warning("api.database_away", reason=self._database_trouble)
            if not known:
                # Idle connections may have died with it; the pool would hand them out.
                task = asyncio.create_task(self._database.check())
                task.add_done_callback(lambda t: t.cancelled() or t.exception())
            return None
        self._database_trouble = ""
        return int(row[0]) if row else None

    def ages(self) -> dict[str, float]:
        """Age of each collector's newest canary, s."""
        now = now_us()
        return {
            name: (now - sent) / SECOND
            for name, (sent, arrived) in self._intake.canaries.items()
            if now - arrived < _GONE_US
        }

    def canary_age_s(self) -> float | None:
        """Age of the newest canary of the collector that is worst off; None: there was none."""
        ages = self.ages()
        return round(max(ages.values()), 3) if ages else None

    def reasons(self, *, whole: bool = False) -> list[str]:
        """Why the API cannot do its job now; empty when it can. ``whole``: with what drivers said, which names hosts
        and users and is for operators; else as anybody may hear it."""
        out = []
        if trouble := self._database_trouble:
            out.append(f"database: {trouble if whole or trouble in _FOR_ALL else AWAY}")
        if not self._listener.connected or not self._listener.alive():
            said = self._listener.reason if whole else ""
            out.append(f"broker: {said or 'chưa kết nối / not connected'}")
        if not self._intake.warm.is_set():
            waits = f" ({self._intake.trouble})" if whole and self._intake.trouble else ""
            out.append(f"history: đang được đọc / it is still being read{waits}")
        age_s, limit_s = self.canary_age_s(), self._settings.lag_limit_s
        if age_s is None:
            out.append(
                "canary: chưa có; bộ thu thập có đang chạy không? / none has arrived yet; is a collector running?"
            )
        elif age_s > limit_s:
            out.append(
                f"canary: bản mới nhất đã {age_s:.0f} giây, giới hạn {limit_s:g} giây"
                f" / the newest is {age_s:.0f} s old, the limit is {limit_s:g} s"
            )
        return out

    def lag_s(self) -> float | None:
        """How far the stored readings are behind, as the canaries show it; None: nobody knows."""
        age_s = self.canary_age_s()
        if age_s is None:
            return None
        transit = max(
            (arrived - sent) / SECOND for sent, arrived in map(self._intake.canaries.__getitem__, self.ages())
        )
        # Between two canaries their age says nothing; what the last one took does.
        return round(max(min(transit, age_s), age_s - self._settings.ingest_canary_s - 0.5, 0.0), 1)

    def summary(self) -> dict[str, Any]:
        """What clients are told. ``alerts`` is how they are judged, None where nobody knows."""
        lag_s, age_s = self.lag_s(), self.canary_age_s()
        if lag_s is None or age_s is None or age_s > self._settings.lag_limit_s:
            source = "stopped"
        elif lag_s > _DEGRADED_S or self.reasons():
            source = "degraded"
        else:
            source = "ok"
        engine = self._engine()
        return {"ingest_lag_s": lag_s, "source": source, "alerts": None if engine == "unknown" else engine}

    def items(self) -> dict[str, dict[str, Any]]:
        """Items of the topic `system`."""
        now = now_us()
        out: dict[str, dict[str, Any]] = {
            "database": {"state": "down" if self._database_trouble else "ok", "reason": self._database_trouble},
            "broker": {
                "state": "ok" if self._listener.connected else "down",
                "reason": "" if self._listener.connected else self._listener.reason,
            },
            "api": {"state": "not_ready" if self.reasons() else "ok", "reasons": self.reasons(whole=True)},
        }
        for name, (heard, facts) in self._statuses.items():
            if now - heard > _GONE_US:
                continue
            silent = now - heard > 5 * SECOND
            out[f"collector/{name}"] = {**facts, "heard": rfc3339(heard), "state": "silent" if silent else "ok"}
        return out
