"""Keeps the broker true to the credentials, and writes down what does not belong: `ioc devices run`.

    rows of credentials ─▶ the broker's files ─▶ SIGHUP ─▶ connections of who is revoked end
    the broker's log    ─▶ infra.devices.watch ─▶ logins (an old password ends) and events

One thread, four looks a second; a change of credentials wakes it at once. The database may be away: the broker keeps
what it has. What the log says while no keeper runs is read when one does, unless the log was emptied meanwhile; what is
older than the last sign of life was read then.

Of each message the broker tells as long as there are few enough to read: while a backlog of a hundred thousand a second
is fetched, telling would take a third of that, and we would hear of it minutes later. Then it tells of logins alone.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import structlog

from infra import db
from infra.devices import authority, credentials, events
from infra.devices.authority import Authority
from infra.devices.broker import Broker
from infra.devices.watch import Watch
from infra.errors import ConfigError, IocError
from infra.settings import Settings

LOOK_S = 0.25
#: Graces and certificates end by themselves: what holds is looked at so often even where nothing has changed.
WHOLE_S = 30.0
SEEN_S = 5.0
#: Bytes of the log that are read at once; more has to wait for the next look.
CHUNK = 4_000_000
#: Bytes a second, and at once, that are worth what they cost: beyond, the broker tells of no messages for a while.
RATE, BURST = 3_000_000, 6_000_000
PAUSE_S = 60.0
#: A log that has been read and is larger is emptied: `ioc up` puts it aside much earlier, a container has nobody else.
LOG_BYTES = 64_000_000
#: The broker reads its files within this; then a certificate's connection can be ended for good.
TAKEN_S = 0.5
#: A broker that has just begun is left alone for so long: until then it holds sessions that ended with connections to
#: the one before, and signalled then it would end others' connections later (decision 24).
SETTLE_S = 3.0


class Tail:
    """Reads what is added to a file; begins anew where it was emptied, and empties it where nobody else does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0
        self._at = 0
        self._rest = b""

    def lines(self) -> list[str]:
        """The whole lines that are new; ``read``: how many bytes that took."""
        self.read = 0
        try:
            with self.path.open("rb") as f:
                if os.fstat(f.fileno()).st_size < self._at:
                    self._at, self._rest = 0, b""
                f.seek(self._at)
                data = f.read(CHUNK)
            self._at += len(data)
            self.read = len(data)
            if self._at > LOG_BYTES and len(data) < CHUNK:
                os.truncate(self.path, 0)  # its writer appends, and goes on undisturbed
                self._at = 0
        except OSError:
            return []
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


class Keeper:
    """One keeper of one broker."""

    def __init__(self, settings: Settings) -> None:
        if settings.broker_dir is None:
            raise ConfigError("IOC_BROKER_DIR is not set: name the folder of the broker's files")
        self.log: Any = structlog.get_logger()
        self.settings = settings
        self.broker = Broker(settings.broker_dir, settings.mqtt_url)
        self.authority = Authority(settings.authority_dir) if settings.authority_dir else None
        self.stopping = False
        self._tail = Tail(settings.broker_log) if settings.broker_log else None
        self._watch, self._book = Watch(), events.Book()
        self._version = -1
        self._pid: int | None = None
        self.settle_s = SETTLE_S
        self._met: tuple[int | None, float] = (None, 0.0)
        self._looked = self._seen = 0.0
        self._since: datetime | None = None
        self._begun = self._level = False
        self._much = self._paced = 0.0
        self._paused: float | None = None
        self._revoked: set[str] = set()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        while not self.stopping:
            try:
                with db.connect(self.settings.database_url, application="devices", autocommit=True) as conn:
                    conn.execute("LISTEN devices")
                    while not self.stopping:
                        self.look(conn)
                        for _ in conn.notifies(timeout=LOOK_S, stop_after=1):
                            pass
            except (psycopg.Error, IocError) as e:
                self.log.error("cannot keep the devices' credentials; trying again", error=str(e).splitlines()[0])
                time.sleep(1.0)
        self._closely(False)

    def stop(self) -> None:
        """End after the look under way."""
        self.stopping = True

    def look(self, conn: psycopg.Connection) -> None:
        """One look at rows, broker and log."""
        if not self._begun:
            self._since, self._begun = credentials.applied(conn)[1], True
        now = time.monotonic()
        version, pid = credentials.version(conn), self.broker.pid
        if pid != self._met[0]:
            self._met = pid, now
        if pid is not None and now - self._met[1] < self.settle_s:
            pass
        elif version != self._version or pid != self._pid or now - self._looked > WHOLE_S:
            if pid != self._pid and pid is not None and not self._closely(self._paused is None):
                self.broker.reload()  # it may have read its files before we wrote them
            self.apply(conn, version)
            self._version, self._pid, self._looked = version, pid, now
        elif now - self._seen > SEEN_S:
            conn.execute("UPDATE device_keeper SET seen_at = now()")
            self._seen = now
        self._read(conn)

    def apply(self, conn: psycopg.Connection, version: int) -> None:
        """Make the broker's files true, let it read them, and end what must not go on."""
        gone = credentials.revoked(conn) if self.authority else {}
        renewed = self.authority is not None and self.broker.renew(
            self.authority, authority.names(self.settings.broker_names)
        )
        if renewed:
            self.log.info("the broker has a new certificate")
        if self.broker.write(credentials.lines(conn), self.authority, gone) or renewed:
            self.broker.reload()
            new = {name for serial, name in gone.items() if serial not in self._revoked}
            if new:
                time.sleep(TAKEN_S)
                self.broker.cut(new)
            self.log.info("the broker has the credentials that hold", version=version, cut=len(new))
        self._revoked = set(gone)
        if self.settings.keep_quarantine_days:
            events.forget(conn, datetime.now(UTC) - timedelta(days=self.settings.keep_quarantine_days))
        conn.execute("UPDATE device_keeper SET applied = %s, seen_at = now(), trouble = ''", [version])
        self._seen = time.monotonic()

    def _closely(self, wanted: bool) -> bool:
        return self._tail is not None and self.broker.listen_closely(wanted) and self.broker.reload()

    def _pace(self, now: float, read: int) -> None:
        """Have the broker tell less while there is too much, and more again."""
        if not self._level:
            self._level = read < CHUNK  # a log from before is not what comes now
        else:
            self._much = max(0.0, self._much - RATE * (now - self._paced)) + read
        self._paced = now
        if self._paused is not None:
            if now - self._paused > PAUSE_S:
                self._paused, self._much = None, 0.0
                self._closely(True)
        elif self._much > BURST:
            self.log.warning("more messages than can be watched: refused topics are not seen", for_s=PAUSE_S)
            self._paused = now
            self._closely(False)

    def _read(self, conn: psycopg.Connection) -> None:
        if self._tail is None:
            return
        seen = self._watch.read(self._tail.lines())
        self._pace(time.monotonic(), self._tail.read)
        if facts := [f for f in seen.facts if self._is_new(f.at)]:
            self._book.write(conn, facts)
        if logins := {i.user_name: (i.at, i.address) for i in seen.logins if self._is_new(i.at)}:
            credentials.used(conn, logins)

    def _is_new(self, at: datetime) -> bool:
        # The log says whole seconds.
        return self._since is None or at >= self._since.replace(microsecond=0)


def wait(conn: psycopg.Connection, within_s: float = 10.0) -> bool:
    """Wait until the broker has the credentials as they are now; False where no keeper is at work, or it is stuck."""
    wanted = credentials.version(conn)
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        done, seen_at, _ = credentials.applied(conn)
        if done >= wanted:
            return True
        if not credentials.is_kept(seen_at):
            return False
        time.sleep(0.05)
    return False
