"""`ioc export`: where the bytes go, and what a person sees of it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

import psycopg

from infra import catalog, db, export
from infra.audit import commands
from infra.errors import ConfigError, Unavailable
from infra.export import Form, Wanted
from infra.progress import Bar
from infra.settings import Settings

STDOUT = Path("-")


def _form(file: Path | None, said: str | None) -> Form:
    named = said or (file.suffix.lower().lstrip(".") if file and file != STDOUT else "csv")
    if named == "csv":
        return "csv"
    if named == "parquet":
        return "parquet"
    raise ConfigError(f"the form {named!r} is not known: name the file .csv or .parquet, or give --format csv|parquet")


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@contextlib.contextmanager
def _ended_tidily() -> Iterator[None]:
    """While this lasts, a signal to end is an exception as Ctrl-C is one: what is half done is tidied away."""
    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup means it
            before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def target(file: Path | None) -> Iterator[BinaryIO]:
    """The file to write, which gets its name when it is whole; standard output without one."""
    if file is None or file == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    coming = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with coming.open("wb") as out:
            yield out
        coming.replace(file)
    except OSError as e:
        raise Unavailable(f"{file} cannot be written: {e.strerror}") from None
    finally:
        coming.unlink(missing_ok=True)


def _told(file: Path | None, wanted: Wanted) -> dict[str, object]:
    """What the audit says of an export."""
    given = {name: value for name, value in dataclasses.asdict(wanted).items() if value}
    return {**given, "file": str(file or STDOUT)}


def write(settings: Settings, file: Path | None, wanted: Wanted, said: str | None) -> None:
    """Write what is wanted; a sum on stderr. IocError where something is wrong with what is asked for."""
    form = _form(file, said)
    registry = catalog.load(settings).registry
    sent = 0
    try:
        with _ended_tidily(), db.connect(settings.database_url, application="export", autocommit=True) as conn:
            export.check(wanted, registry, conn)
            parts = export.slices(conn, wanted, registry)
            commands.done(conn, "export.write", f"readings {form}", after=_told(file, wanted))
            with target(file) as out, Bar(len(parts)) as bar:
                for block in export.blocks(conn, parts, wanted, form, bar.at):
                    out.write(block)
                    sent += len(block)
    except psycopg.OperationalError as e:
        raise Unavailable(f"the database broke off: {db.reason(e)}; nothing was written") from None
    if file is not None and file != STDOUT:
        sys.stderr.write(f"đã ghi / written: {file} ({sent:,} bytes)\n")
