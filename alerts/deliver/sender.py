"""The sender: claims from the outbox, sends on a few threads, writes what came of it. Judgement never waits for it.

One thread has the database and decides; workers only talk to receivers and never touch the database. One message at a
time for each channel, and channels whose last try failed get at most half of the workers: a receiver that hangs holds
up itself and nobody else. One sender at a time (session advisory lock), so that whoever starts may let go of the
claims of one that was killed: what had been sent and not written is sent again, under the same key.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import structlog

from alerts.deliver import outbox
from alerts.deliver.channels import all as channels
from alerts.deliver.outbox import Claimed
from alerts.deliver.outcome import MOST_ATTEMPTS, Earlier, Message, Outcome, backoff
from alerts.deliver.ways import Ways
from alerts.messages import links
from alerts.messages.content import thaw
from infra import db, telemetry
from infra.errors import IocError
from infra.settings import Settings

log = structlog.get_logger()

#: Session advisory lock of the one sender.
LOCK = 0x494F_4353
_IDLE_S = 0.25
_LOOK_S = 10.0
_OFF = "kênh đã tắt / the channel is switched off"


class _Done(msgspec.Struct):
    claimed: Claimed
    outcome: Outcome
    at: datetime
    took_ms: int


class Sender:
    """Threads that empty the outbox; ``start`` and ``stop`` them, ``wake`` them when there is something new.

    ``clock`` gives aware times, and waits are only ever compared with it.
    """

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime] | None = None, ways: Ways | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._ways = ways or Ways(settings)
        self._chance = random.Random()  # noqa: S311
        self._stop = threading.Event()
        self._news = threading.Event()
        self._results: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._unwritten: list[_Done] = []
        self._busy: set[int] = set()
        self._ailing: set[int] = set()
        self._resting: dict[int, datetime] = {}
        self._conn: psycopg.Connection | None = None
        self._beat = time.monotonic()
        self._workers = ThreadPoolExecutor(settings.deliver_workers, thread_name_prefix="send")
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the outbox (it is looked at four times a second anyway)."""
        self._news.set()

    def stop(self, within_s: float = 5.0) -> None:
        """Take no more; what is under way may end within the time, and is otherwise repeated by the next sender."""
        self._stop.set()
        self._news.set()
        self._thread.join(within_s)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def silent_s(self) -> float:
        """Seconds since the thread last went round: more than some seconds is a database that hangs."""
        return time.monotonic() - self._beat

    def cut(self) -> None:
        """Cut a connection that hangs; for a watchdog."""
        if (conn := self._conn) is not None:
            db.cut(conn)

    def alive(self) -> bool:
        """Whether the thread is there."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with db.connect(
                    self._settings.database_url, application="sender", autocommit=True, statement_timeout=10_000
                ) as conn:
                    self._conn = conn
                    self._serve(conn)
            except (psycopg.Error, IocError) as e:
                log.warning("sender_database", error=db.reason(e))
                self._stop.wait(1.0)
            except Exception:
                # Whatever it is: notifications wait in the outbox, and the next round begins afresh.
                log.exception("sender_failed")
                self._stop.wait(1.0)
            finally:
                self._conn = None

    def _serve(self, conn: psycopg.Connection) -> None:
        while not self._locked(conn):
            self._beat = time.monotonic()
            if self._stop.wait(1.0):
                return
        outbox.release(conn, self._clock(), sorted(self._busy))
        looked = 0.0
        while True:
            self._beat = time.monotonic()
            if self._beat - looked > _LOOK_S:
                looked = self._beat
                self._look(conn)
            self._news.clear()
            self._write(conn)
            if self._stop.is_set():
                if not self._busy:
                    return
            else:
                while self._claim(conn):
                    self._write(conn)
            self._news.wait(_IDLE_S)

    def _locked(self, conn: psycopg.Connection) -> bool:
        row = conn.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        return bool(row and row[0])

    def _look(self, conn: psycopg.Connection) -> None:
        """Say how the outbox stands, and forget links that are long over."""
        now = self._clock()
        standing = outbox.standing(conn, now)
        telemetry.ALERT_UNSENT.set(standing["due"] + standing["retrying"])
        telemetry.ALERT_UNSENT_AGE.set(standing["oldest_s"])
        telemetry.ALERT_GIVEN_UP.set(standing["given_up_24h"])
        links.drop_old(conn, now)

    def _claim(self, conn: psycopg.Connection) -> bool:
        """Take one notification and hand it to a worker; False where there is no worker or nothing to take."""
        workers = self._settings.deliver_workers
        if len(self._busy) >= workers:
            return False
        now = self._clock()
        self._resting = {c: until for c, until in self._resting.items() if until > now}
        without = self._busy | set(self._resting)
        if len(self._busy & self._ailing) >= workers // 2:
            without |= self._ailing
        claimed = outbox.claim(conn, now, sorted(without))
        if claimed is None:
            return False
        if not claimed.enabled:
            outbox.withdraw(conn, claimed, _OFF, now)
            return True
        earlier = []
        if claimed.channel.kind == "cap":
            earlier = outbox.earlier(conn, claimed.channel.id, claimed.thread, claimed.id)
        self._busy.add(claimed.channel.id)
        self._workers.submit(self._send, claimed, earlier)
        return True

    def _send(self, claimed: Claimed, earlier: list[Earlier]) -> None:
        """On a worker: send, and hand what came of it back. Nothing escapes from here."""
        at, begun = self._clock(), time.monotonic()
        try:
            message = Message(
                claimed.key, claimed.thread, claimed.severity, claimed.created_at, thaw(claimed.content), earlier
            )
        except msgspec.ValidationError as e:
            outcome = Outcome("given_up", f"nội dung không đọc được / content cannot be read: {e}")
        else:
            try:
                outcome = channels.send(self._ways, claimed.channel, message, at)
            except Exception as e:
                log.exception("channel_failed", channel=claimed.channel.id, kind=claimed.channel.kind)
                outcome = Outcome("retry", f"lỗi của phần mềm / a fault of ours: {type(e).__name__}")
        self._results.put(_Done(claimed, outcome, at, int((time.monotonic() - begun) * 1000)))
        self._news.set()

    def _write(self, conn: psycopg.Connection) -> None:
        """Write all results that have come; those that cannot be written now stay for the next connection."""
        while True:
            try:
                self._unwritten.append(self._results.get_nowait())
            except queue.Empty:
                break
        while self._unwritten:
            done = self._unwritten[0]
            outcome, retry_at = self._decide(done)
            if not outbox.finish(conn, done.claimed, outcome, retry_at, self._clock(), done.took_ms, self._settings):
                log.warning("claim_was_over", notification=done.claimed.id)
            del self._unwritten[0]
            self._after(done, outcome, retry_at)

    def _decide(self, done: _Done) -> tuple[Outcome, datetime | None]:
        """Whether a try that failed is repeated, and when."""
        outcome, claimed = done.outcome, done.claimed
        if outcome.what != "retry":
            return outcome, None
        now = self._clock()
        retry_at = now + backoff(self._settings, claimed.attempts, outcome.wait_s, self._chance)
        last = claimed.first_at + timedelta(hours=self._settings.deliver_give_up_h)
        if claimed.kind == "test" or claimed.attempts >= MOST_ATTEMPTS or retry_at > last:
            return msgspec.structs.replace(outcome, what="given_up"), None
        return outcome, retry_at

    def _after(self, done: _Done, outcome: Outcome, retry_at: datetime | None) -> None:
        channel = done.claimed.channel
        self._busy.discard(channel.id)
        telemetry.ALERT_TRIES.labels(channel.kind, outcome.what).inc()
        if outcome.what == "sent":
            self._ailing.discard(channel.id)
        elif done.outcome.what == "retry":
            self._ailing.add(channel.id)
            if outcome.wait_s and retry_at is not None:
                self._resting[channel.id] = retry_at
        log.info(
            "notification_" + outcome.what,
            key=done.claimed.key,
            kind=channel.kind,
            channel=channel.id,
            attempt=done.claimed.attempts,
            took_ms=done.took_ms,
            detail=outcome.detail if outcome.what != "sent" else "",
        )
