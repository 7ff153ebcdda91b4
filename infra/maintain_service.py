"""Rounds of maintenance: one and the end (cron), or one after the other (a service).

A round waits for another process's round, for a lock, for a statement; never for a server that has stopped answering:
a watch connects beside it, and where nobody answers for a while it cuts the round's connection. Whatever is cut, killed
or refused in the middle is done by the next round.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import psycopg
import structlog

from infra import catalog, db, maintain, retention, retention_notices, retention_report
from infra.catalog import Catalog
from infra.errors import ConfigError, IocError, Unavailable
from infra.maintain import LOCK, SESSION, Round
from infra.retention_facts import Reason
from infra.settings import Settings

#: How often the watch looks while a round is under way, and after how long without any answer it cuts.
LOOK_S, HANG_S = 5.0, 20.0
#: Longest wait for another process's round.
PATIENCE_MS = 600_000
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 60.0
#: What a signal gives us to end.
LAST_S = 2.0

Say = Callable[[Reason], None]


class Stop(BaseException):
    """A signal asked us to stop; it passes through whatever is under way."""


class Watch(threading.Thread):
    """Cuts a connection when its server has not answered anybody for ``HANG_S``."""

    def __init__(self, url: str, conn: psycopg.Connection) -> None:
        super().__init__(name="watch", daemon=True)
        self._url = url
        self._conn = conn
        self._over = threading.Event()
        self.has_cut = False

    def run(self) -> None:
        """Look until the round is over."""
        answered = time.monotonic()
        while not self._over.wait(LOOK_S):
            if self._answers():
                answered = time.monotonic()
            elif time.monotonic() - answered > HANG_S:
                self.has_cut = True
                db.cut(self._conn)
                return

    def stop(self) -> None:
        """The round is over."""
        self._over.set()

    def _answers(self) -> bool:
        began = time.monotonic()
        try:
            db.connect(self._url, application="maintain watch").close()
        except IocError:
            # A refusal is an answer as well; the round's connection will hear of it by itself.
            return bool(time.monotonic() - began < db.OPTIONS["connect_timeout"] / 2)
        return True


def dry_run(settings: Settings, say: Say) -> None:
    """Say what retention would drop now, and what it would not and why."""
    with _connection(settings) as conn:
        try:
            verdicts = retention.examine(conn, catalog.load(settings), settings, int(time.time() * 1e6))
            notices = retention_notices.examine(conn, settings, datetime.now(UTC))
        except psycopg.errors.UndefinedTable:
            raise Unavailable("the database is empty or of an older version: run `ioc db migrate` first") from None
    for line in retention_report.lines(verdicts, done=False):
        say(line)
    say(retention_notices.line(notices, settings, done=False))


def once(settings: Settings, say: Say) -> None:
    """One whole round; Unavailable with the first part that failed."""
    known, log = catalog.load(settings), structlog.get_logger()
    with _connection(settings) as conn:
        if not _take(conn):
            say(Reason("đang chờ một lượt bảo trì khác", "another round is under way; waiting for its end"))
            conn.execute("SELECT set_config('lock_timeout', %s, false)", [str(PATIENCE_MS)])
            try:
                conn.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            except psycopg.errors.LockNotAvailable:
                say(Reason("lượt kia chưa xong; không làm gì", "it has not ended; nothing was done here"))
                return
            conn.execute("SELECT set_config('lock_timeout', %s, false)", [str(SESSION["lock_timeout"])])
        done = maintain.go(conn, known, settings, log, whole=True)
    for line in done.lines:
        say(line)
    if done.errors:
        raise Unavailable(f"a part of the round failed, the others are done: {done.errors[0]}")


class Keeper:
    """Round after round until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, every_s: float) -> None:
        self.settings = settings
        self.every_s = every_s
        self.log: Any = structlog.get_logger()
        self._catalog: Catalog = catalog.load(settings)
        self._conn: psycopg.Connection | None = None
        self._trouble = self._compression = ""
        self._failed: list[str] = []
        self._elsewhere = self._stopping = False
        self._last: threading.Timer | None = None

    def run(self) -> None:
        """Work until a signal. ConfigError where a setting is wrong; everything else is waited for."""
        db.check_url(self.settings.database_url)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        delay = FIRST_DELAY_S
        self.log.info("maintaining", every_s=self.every_s)
        try:
            while not self._stopping:
                began = time.monotonic()
                if self._round():
                    delay, pause = FIRST_DELAY_S, self.every_s - (time.monotonic() - began)
                else:
                    delay, pause = min(delay * 2, LONGEST_DELAY_S), delay
                if not self._stopping:
                    time.sleep(max(0.05, pause))
        except Stop:
            pass
        finally:
            if self._last is not None:
                self._last.cancel()
        self.log.info("stopped")

    def _stop(self, _: int, __: FrameType | None) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it finds cut is no news
        self._stopping = True  # on its way out Stop may give way to the error of a connection that is cut
        if self._conn is not None:
            db.cut(self._conn)  # so that nothing on the way out waits for the server
        self._last = threading.Timer(LAST_S, os._exit, [0])  # whatever may hold us: a round may end anywhere
        self._last.daemon = True
        self._last.start()
        raise Stop

    def _round(self) -> bool:
        """One round; False where it has to be tried again soon."""
        try:
            with _connection(self.settings) as conn:
                self._conn = conn
                mine = _take(conn)
                done = maintain.go(conn, self._catalog, self.settings, self.log, whole=False) if mine else None
        except ConfigError:
            raise
        except IocError as e:
            if str(e) != self._trouble and not self._stopping:
                self.log.error("the database is away; rollups wait", reason=str(e))
            self._trouble = str(e)
            return False
        finally:
            self._conn = None
        if self._trouble:
            self.log.info("the database is back")
            self._trouble = ""
        if (done is None) != self._elsewhere:
            self._elsewhere = done is None
            self.log.info("another process maintains" if done is None else "maintaining again")
        return done is None or self._tell(done)

    def _tell(self, done: Round) -> bool:
        """Log what is worth it; whether all parts succeeded."""
        if done.off and done.off != self._compression:
            self.log.info("compression is off", reason=done.off)
            self._compression = done.off
        if done.errors != self._failed:
            for error in done.errors:
                self.log.error("a part of the round failed; it is tried again", error=error)
            self._failed = done.errors
        (self.log.info if done.busy else self.log.debug)("round", **done.facts)
        return not done.errors


def _take(conn: psycopg.Connection) -> bool:
    return conn.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,)


@contextmanager
def _connection(settings: Settings) -> Iterator[psycopg.Connection]:
    """A watched connection; Unavailable where there is none or it breaks."""
    url = settings.database_url
    conn = db.connect(url, application="maintain", autocommit=True, **SESSION)
    watch = Watch(url, conn)
    watch.start()
    try:
        yield conn
    except psycopg.Error as e:
        if watch.has_cut:
            raise Unavailable(
                f"the database at {db.where(url)} does not answer: find out why; nothing is lost"
            ) from None
        raise Unavailable(f"the database at {db.where(url)} does not let us maintain it: {db.reason(e)}") from None
    finally:
        watch.stop()
        conn.close()
