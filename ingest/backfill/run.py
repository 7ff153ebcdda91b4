"""`ioc ingest backfill`: one file, from its first byte to the sum at the end."""

from __future__ import annotations

import itertools
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import structlog
from pyarrow import parquet

from city import topics
from city.payload import Limits
from infra import catalog, db, journal, schema
from infra.audit import commands
from infra.errors import ConfigError, Unavailable
from infra.link import Link, Watchdog
from infra.progress import Bar
from infra.settings import Settings
from ingest.backfill import guard, lines, plan
from ingest.backfill.book import Book
from ingest.backfill.clock import EARLIEST_US
from ingest.backfill.csv_file import CsvFile
from ingest.backfill.load import HANG_S, Loader
from ingest.backfill.look import Look
from ingest.backfill.parquet_file import ParquetFile
from ingest.backfill.plan import Plan, Said
from ingest.backfill.report import Report

_MAGIC = b"PAR1"
STDIN = Path("-")


@dataclass(frozen=True)
class Wish:
    """What is to be done with a file. ``keep_going``: also where nearly every line at its beginning is bad."""

    file: Path
    said: Said
    dry_run: bool = False
    report: Path | None = None
    keep_going: bool = False


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from None
    with file:
        if not path.is_file():
            raise ConfigError(f"{path} is no file")
        yield file


def _parquet(file: BinaryIO, path: Path) -> parquet.ParquetFile | None:
    """The file as Parquet, or None where it is none. ConfigError where it should be one and is not whole."""
    if path == STDIN:
        return None
    magic = file.read(len(_MAGIC))
    file.seek(0)
    if magic != _MAGIC and path.suffix.lower() != ".parquet":
        return None
    try:
        return parquet.ParquetFile(file)
    except (pa.ArrowException, OSError) as e:
        raise ConfigError(f"{path} is no whole Parquet file: {str(e).splitlines()[0]}") from None


def _csv_plan(file: BinaryIO, wish: Wish, known: catalog.Catalog) -> tuple[Plan, str, int]:
    """The plan, the delimiter, and the number of the first line behind the header."""
    number, line = 1, file.readline(lines.BLOCK_BYTES)
    while line.strip(b"\r\n") == b"" and line:  # some programs begin with empty lines
        number, line = number + 1, file.readline(lines.BLOCK_BYTES)
    header, sign = lines.header(line, wish.said.delimiter)
    return plan.make(header, wish.said, known.registry), sign, number + 1


def run(settings: Settings, wish: Wish) -> int:
    """Do it; the exit code: 1 where there were bad lines. ConfigError where the mapping is to blame for them."""
    known = catalog.load(settings)
    limits = Limits(EARLIEST_US, time.time_ns() // 1000 + settings.max_early_s * 1_000_000)
    log: Any = structlog.get_logger()
    with ExitStack() as stack:
        file = stack.enter_context(_opened(wish.file))
        table = _parquet(file, wish.file)
        first = 1
        if table is not None:
            the_plan, sign = plan.make(table.schema_arrow.names, wish.said, known.registry), ""
        else:
            the_plan, sign, first = _csv_plan(file, wish, known)
        with db.connect(settings.database_url, application="backfill check", autocommit=True) as conn:
            lacks = schema.missing(conn, known.registry)
            if lacks:
                raise Unavailable(f"the database lacks {lacks[0]}: run `ioc db migrate` first")
            book = Book(conn, known, wish.said, register=settings.unknown_sensors == "register")
        source: CsvFile | ParquetFile
        if table is not None:
            source, total = ParquetFile(table, the_plan, book, limits), table.metadata.num_rows
        else:
            blocks = lines.Blocks(file, first)
            source, total = CsvFile(blocks, sign, the_plan, book, limits), _size(wish.file)
        name = f"{journal.FILES}{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        link = Link(settings.database_url, f"ingest {name}", HANG_S, log)
        watchdog = Watchdog(link.watch, log)
        watchdog.start()
        stack.callback(link.drop)
        stack.callback(watchdog.stop)
        from_file = f"{topics.BACKFILL}{wish.file.name if wish.file != STDIN else 'stdin'}"
        origin = from_file.encode("utf-8", "backslashreplace").decode()
        into = Look(link, book) if wish.dry_run else Loader(link, book, name, origin, log)
        report = stack.enter_context(Report(wish.report))
        bar = stack.enter_context(Bar(total))
        begun, count = time.monotonic(), 0
        parts = source.parts()
        first_parts = guard.beginning(parts)
        wrong = "" if wish.keep_going else guard.trouble(first_parts)
        if wrong and not wish.dry_run:
            for part in first_parts:
                report.add(part.bad)
            report.tell(quarantined=False)
            raise ConfigError(wrong)
        into.begin()
        for part in itertools.chain(first_parts, parts):
            into.store(part)
            report.add(part.bad)
            count += part.lines
            bar.at(part.done, f"{count:,}")
        into.end()
        seconds = time.monotonic() - begun
        if isinstance(into, Loader):
            _record(settings, origin, name, into)
    _tell(the_plan, book, into, report, count, seconds)
    if wrong:
        sys.stdout.write(f"nạp thật sẽ dừng / without --dry-run it would stop: {wrong}\n")
    return 1 if report.lines else 0


def _record(settings: Settings, origin: str, name: str, into: Loader) -> None:
    with db.connect(settings.database_url, application="backfill") as conn:
        s = into.sum
        after = {"batch": name, "stored": s.stored, "duplicate": s.duplicate, "quarantined": s.quarantined}
        commands.done(conn, "readings.import", f"file {origin.removeprefix(topics.BACKFILL)}", after=after)


def _size(path: Path) -> int | None:
    return None if path == STDIN else path.stat().st_size


def _tell(the_plan: Plan, book: Book, into: Loader | Look, report: Report, count: int, seconds: float) -> None:
    report.tell(quarantined=not isinstance(into, Look))
    out = sys.stdout.write
    if the_plan.unused:
        out(f"cột không dùng / columns not used: {', '.join(the_plan.unused)}\n")
    s = into.sum
    if isinstance(into, Look):
        sensors, channels = book.new()
        out(f"chạy thử / dry run: {count:,} dòng / lines; nothing was stored\n")
        out(
            f"sẽ ghi / would store {s.stored:,}; đã có / there already {s.duplicate:,}; cách ly / would quarantine"
            f" {report.readings:,}; new sensors {sensors:,}, channels {channels:,}\n"
        )
    else:
        rate = (s.stored + s.duplicate) / max(seconds, 1e-3)
        out(
            f"{count:,} dòng / lines: đã ghi / stored {s.stored:,}; trùng / duplicate {s.duplicate:,};"
            f" cách ly / quarantined {s.quarantined:,}"
            + (f" (và / and {s.repeated:,} before)" if s.repeated else "")
            + f" [{rate:,.0f} readings/s]\n"
        )
    if s.gone:
        out(
            f"{s.gone:,} là của những ngày đã xoá số liệu gốc / are of days whose readings were dropped: they enter the"
            " rollups, and the same file a second time would count them twice\n"
        )
    if report.lines:
        out(report.sentence() + "\n")
