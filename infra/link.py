"""A service's one connection to the database, and the watchdog that cuts it when the server has stopped."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from infra import db
from infra.errors import IocError


class Lost(Exception):
    """The connection is gone or cannot be made: wait, and try the same again."""


class Link:
    """One connection, made again as often as it takes. ``since`` is when the statement under way began.

    Neither keepalives nor timeouts of the server help against a server that is merely stopped (SIGSTOP): the
    watchdog shuts the socket down, and the waiting statement ends with an error.
    """

    def __init__(self, url: str, application: str, hang_s: float, log: Any) -> None:
        self._url = url
        self._application = application
        self._hang_s = hang_s
        self._log = log
        self._conn: psycopg.Connection | None = None
        self._since: float | None = None
        self._descriptor = -1
        self.connections = 0
        self.trouble = ""

    @property
    def busy_s(self) -> float:
        """How long the statement under way has taken."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def connected(self) -> bool:
        return self._conn is not None

    def open(self) -> psycopg.Connection:
        """The connection, or Lost."""
        if self._conn is None:
            try:
                self._conn = db.connect(self._url, application=self._application, autocommit=True)
            except IocError as e:
                self._say(str(e))
                raise Lost(str(e)) from None
            self._descriptor = self._conn.fileno()
            self.connections += 1
            self._say("")
        return self._conn

    @contextmanager
    def at_work(self) -> Iterator[psycopg.Connection]:
        """The connection for some statements, watched. Raises Lost when it breaks; other errors as they are."""
        conn = self.open()
        self._since = time.monotonic()
        try:
            yield conn
        except psycopg.Error as e:
            # By the connection's own state: what the server said on its way down is no guide.
            if conn.closed:
                self.drop()
                self._say(db.reason(e))
                raise Lost(db.reason(e)) from None
            raise
        finally:
            self._since = None

    def breathe(self) -> None:
        """The server has answered; more of the same follows, and may take as long again."""
        if self._since is not None:
            self._since = time.monotonic()

    def drop(self) -> None:
        """Let go of the connection, whatever its state."""
        conn, self._conn, self._descriptor = self._conn, None, -1
        if conn is not None:
            conn.close()

    def watch(self) -> None:
        """Called by the watchdog's thread: cut the connection when a statement hangs."""
        if self.busy_s <= self._hang_s or self._descriptor < 0:
            return
        self._log.error("the database does not answer: cutting the connection", after_s=round(self.busy_s, 1))
        self._since = time.monotonic()
        try:
            copy = socket.socket(fileno=os.dup(self._descriptor))
        except OSError:
            return
        try:
            copy.shutdown(socket.SHUT_RDWR)
        except OSError:
            self._log.debug("the connection was gone already")
        finally:
            copy.close()

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            self._log.error("the database is away; nothing is lost, it is waited for", reason=trouble)
        if self.trouble and not trouble:
            self._log.info("the database is back")
        self.trouble = trouble


class Watchdog(threading.Thread):
    """Looks at something twice a second until it is stopped."""

    def __init__(self, look: Any, log: Any) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._look = look
        self._log = log
        self._stop_now = threading.Event()

    def run(self) -> None:
        while not self._stop_now.wait(0.5):
            try:
                self._look()
            except Exception as e:
                self._log.error("the watchdog stumbled", error=repr(e))

    def stop(self) -> None:
        self._stop_now.set()
