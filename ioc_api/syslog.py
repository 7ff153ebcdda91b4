"""The loop that sends the audit as syslog lines, where IOC_SYSLOG says whereto."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
import structlog

from infra import remote, telemetry
from infra.audit import forward, syslog
from infra.settings import Settings
from ioc_api.database import Away, Database

EVERY_S = 1.0
#: After a fault the next try waits so long.
AGAIN_S = 5.0
#: For a block: connecting, sending, and the answer.
_LIMIT_S = 3 * syslog.WAIT_S + 5
#: How long the end of the service waits for the block that is under way.
_END_S = 5.0

log = structlog.get_logger()


def sender(settings: Settings) -> syslog.Sender | None:
    """What sends to the receiver of the settings, None where they name none. ConfigError where they cannot be."""
    if not settings.syslog:
        return None
    target = syslog.parse(settings.syslog, remote.plain_hosts(settings.plain_hosts))
    return syslog.Sender(target, syslog.trust(settings.syslog_ca_file))


class Forward:
    """One process's."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._sender = sender(settings)
        self._under_way: asyncio.Task[int] | None = None
        self._trouble = ""

    async def run(self) -> None:
        """Send what there is, for ever."""
        if self._sender is None:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(AGAIN_S if not await self._round() else EVERY_S)

    async def end(self) -> None:
        """Let the block that is under way be noted, so that it is not sent again."""
        if self._under_way is not None:
            with suppress(TimeoutError, asyncio.CancelledError, Away, OSError, psycopg.Error):
                await asyncio.wait_for(asyncio.shield(self._under_way), _END_S)
        if self._sender is not None:
            self._sender.close()

    async def _round(self) -> bool:
        """Send all that waits; False where it cannot be sent now."""
        try:
            while await self._waiting():
                if not await self._step():
                    break  # another process is at it
        except Away:
            return False  # health says what is wrong
        except (OSError, psycopg.Error) as e:
            if (trouble := f"{type(e).__name__}: {e}") != self._trouble:
                log.warning("syslog.away", error=trouble)
            self._trouble = trouble
            return False
        if self._trouble:
            log.info("syslog.back")
            self._trouble = ""
        return True

    async def _waiting(self) -> int:
        async with self._database.connection() as conn:
            row = await (await conn.execute(forward.BEHIND)).fetchone()
        telemetry.AUDIT_UNSENT.set(row[0] if row else 0)
        return row[0] if row else 0

    async def _step(self) -> int:
        sender = self._sender
        assert sender is not None  # noqa: S101
        work = self._database.work(lambda conn: forward.step(conn, sender), limit_s=_LIMIT_S)
        # Whoever ends us does not end the block.
        self._under_way = asyncio.create_task(work)
        return await asyncio.shield(self._under_way)
