"""Connections to the database: UTC, quick to notice a dead cable, with errors a person can act on."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit

import psycopg

from infra.errors import ConfigError, Unavailable

#: Keepalives find a cut cable while we wait, tcp_user_timeout one that is cut before we send. A server that is
#: merely stopped needs a watchdog of the caller's own.
OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c timezone=UTC",
}


def check_url(url: str) -> str:
    """The URL as it is, or ConfigError where it cannot be one of PostgreSQL."""
    if not url:
        raise ConfigError("IOC_DATABASE_URL is not set: give a postgresql:// URL, or start everything by `ioc up`")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as e:
        raise ConfigError(
            f"IOC_DATABASE_URL is no URL ({e}): it looks like postgresql://USER:PASSWORD@HOST:5432/NAME"
        ) from None
    if parts.scheme not in ("postgresql", "postgres") or (port is not None and port == 0):
        raise ConfigError(
            "IOC_DATABASE_URL must begin with postgresql://, as in postgresql://USER:PASSWORD@HOST:5432/NAME"
        )
    return url


def where(url: str) -> str:
    """Host, port and database of a URL, for messages: never its password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"


def reason(error: BaseException) -> str:
    """The first line of what the server or the network said, without addresses of attempts."""
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__


def connect(url: str, *, application: str, autocommit: bool = False, **settings: str | int) -> psycopg.Connection:
    """Connect, or raise Unavailable with host and reason. ``application`` shows in pg_stat_activity.

    ``settings`` are the session's own, such as statement_timeout=5000.
    """
    check_url(url)
    options = OPTIONS["options"] + "".join(f" -c {name}={value}" for name, value in settings.items())
    mine = {**OPTIONS, "application_name": f"ioc {application}", "autocommit": autocommit, "options": options}
    try:
        return psycopg.connect(url, **mine)
    except psycopg.ProgrammingError as e:
        raise ConfigError(f"IOC_DATABASE_URL is not understood: {reason(e)}") from None
    except psycopg.OperationalError as e:
        raise Unavailable(
            f"the database at {where(url)} cannot be reached: {reason(e)}; check that it runs and IOC_DATABASE_URL"
        ) from None


def cut(conn: psycopg.Connection | psycopg.AsyncConnection) -> None:
    """Shut the socket of a connection down, so that whoever waits on it goes on with an error."""
    try:
        own = socket.socket(fileno=os.dup(conn.fileno()))
    except (psycopg.Error, OSError):
        return  # it is closed already
    try:
        own.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was faster
    finally:
        own.close()
