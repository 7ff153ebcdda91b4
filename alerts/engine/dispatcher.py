"""The dispatcher's thread: after each commit of flips, and once a second, it is decided whom to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg

from alerts.notice.dispatch import dispatch
from alerts.notice.telling import City
from infra import db, telemetry
from infra.link import Link, Lost

ROUND_S = 1.0


class Dispatcher(threading.Thread):
    """``told`` is called when there are messages in the outbox. ``link`` is watched by others."""

    def __init__(self, link: Link, city: City, told: Callable[[], None], log: Any) -> None:
        super().__init__(name="dispatcher", daemon=True)
        self.link = link
        self._city, self._told, self._log = city, told, log
        self._news, self._over = threading.Event(), threading.Event()
        self._trouble = ""

    def wake(self) -> None:
        """There are new flips."""
        self._news.set()

    def stop(self) -> None:
        self._over.set()
        self._news.set()

    def run(self) -> None:
        while not self._over.is_set():
            self._news.wait(ROUND_S)
            self._news.clear()
            try:
                with self.link.at_work() as conn:
                    count = dispatch(conn, datetime.now(UTC), self._city, self.link.breathe)
            except Lost as e:
                self._trouble = str(e) or "the database is away"  # the link has put it into the log
                self._over.wait(0.5)
            except Exception as e:
                # Flips that were not worked off are there in the next round.
                self._say(db.reason(e) if isinstance(e, psycopg.Error) else f"{type(e).__name__}: {e}")
                self._over.wait(2.0)
            else:
                self._say("")
                if count:
                    telemetry.ALERT_NOTICES.inc(count)
                    self._told()
        self.link.drop()

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._log.error("whom to tell could not be decided; it is tried again", error=trouble)
        self._trouble = trouble

    @property
    def trouble(self) -> str:
        """Why nobody is told now; empty when all is well."""
        return self._trouble
