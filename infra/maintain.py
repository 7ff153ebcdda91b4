"""One round of maintenance: what keeps history small, quick to ask and right.

    roll up ▸ judge sensors (hourly) ▸ drop what is old ▸ delete old alerts and messages ▸ the audit's oldest rows
    ▸ set compression up
    ▸ remove expired codes ▸ outline quarantine ▸ summarise indexes

The parts stand for themselves: one that fails is told and the others are done all the same, unless the connection is
gone. Nothing depends on when, how often or by whom it is run: rollups and retention see by the database itself what is
still to do, and one round at a time is under way, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from infra import compression, db, maintain_state, retention, retention_notices, retention_report
from infra.access import links
from infra.audit import retention as audit_retention
from infra.catalog import Catalog
from infra.errors import IocError, Unavailable
from infra.maintain_state import State
from infra.quality import judge
from infra.quarantine import outline
from infra.retention_facts import Reason
from infra.rollup.run import roll
from infra.settings import Settings

#: Any number that nobody else takes: it keeps two rounds apart.
LOCK = 0x10C5
#: Parts of a round that need not be part of every one, in seconds between two times.
JUDGE_S, RETAIN_S, AUDIT_S, COMPRESS_S = 3600.0, 600.0, 3600.0, 3600.0
#: A backend notices within this many ms that we are gone, and frees what it holds; no statement takes longer than that.
SESSION: dict[str, str | int] = {
    "client_connection_check_interval": 1_000, "lock_timeout": 30_000, "statement_timeout": 1_800_000,
}  # fmt: skip


@dataclass(slots=True)
class Round:
    """A round under way, and what has come of it: a line for people each, facts, and a sentence for each failure.

    ``busy``: it did what is worth telling; ``off``: why nothing is compressed.
    """

    conn: psycopg.Connection
    catalog: Catalog
    settings: Settings
    log: Any
    now: datetime
    before: State
    whole: bool
    facts: dict[str, Any] = field(default_factory=dict)
    lines: list[Reason] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    busy: bool = False
    off: str = ""

    @property
    def now_us(self) -> int:
        """When it began, in microseconds."""
        return int(self.now.timestamp() * 1e6)

    def due(self, name: str, every_s: float) -> bool:
        """Whether a part is to be done in this round; the time is noted where it is."""
        if not self.whole and self.before.since(name, self.now) < every_s:
            return False
        self.facts[name] = self.now.isoformat()
        return True

    def say(self, vi: str, en: str) -> None:
        """A line for people."""
        self.lines.append(Reason(vi, en))


def go(conn: psycopg.Connection, catalog: Catalog, settings: Settings, log: Any, *, whole: bool) -> Round:
    """Do one round on a connection in autocommit mode, which holds the lock of rounds.

    ``whole``: also what was done a short while ago. Raises psycopg.Error where the connection is lost, and Unavailable
    where the database has not been migrated.
    """
    try:
        before = maintain_state.read(conn)
    except psycopg.errors.UndefinedTable:
        raise Unavailable("the database is empty or of an older version: run `ioc db migrate` first") from None
    work = Round(conn, catalog, settings, log, datetime.now(UTC), before, whole, dict(before.facts))
    for part in PARTS:
        _try(work, part)
    work.facts["errors"] = work.errors
    work.facts["seconds"] = round((datetime.now(UTC) - work.now).total_seconds(), 3)
    maintain_state.write(conn, work.facts)
    return work


def _try(work: Round, part: Callable[[Round], None]) -> None:
    name = part.__name__
    try:
        part(work)
    except (psycopg.Error, IocError) as e:
        if work.conn.closed:
            raise
        work.errors.append(f"{name}: {db.reason(e)}")
    except Exception as e:
        if work.conn.closed:
            raise psycopg.OperationalError(db.reason(e)) from e
        work.errors.append(f"{name}: {type(e).__name__}: {db.reason(e)}")
        work.log.exception("maintain.failed", part=name)


def rollups(work: Round) -> None:
    """Minutes, hours, groups and days; what came late."""
    # A service comes again soon; who calls once wants all of it.
    done = roll(work.conn, work.catalog, work.settings, work.now_us, work.log, patient=not work.whole)
    work.facts |= {"hours": done.hours, "late": done.late, "days": done.days}
    work.busy |= bool(done.hours or done.late)
    if done.busy:
        work.say("tổng hợp: tiến trình khác đang làm", "rollups: another process is at work on them")
        return
    work.say(
        f"đã tổng hợp: {done.hours} giờ, {done.late} giờ có số liệu muộn, {done.days} ngày",
        f"rolled up: {done.hours} hours, {done.late} hours with late readings, {done.days} days",
    )
    if done.waits:
        names = ", ".join(done.waits)
        work.say(f"còn chờ ghi xong: {names}", f"wait for a batch that hangs in the database: {names}")


def quality(work: Round) -> None:
    """How far each sensor is to be trusted."""
    if not work.due("judged_at", JUDGE_S):
        return
    done = judge(work.conn, work.catalog, work.settings, work.now_us, work.log)
    work.say(
        f"chất lượng: {done.sensors} cảm biến, {done.untrusted} không tin cậy",
        f"quality: {done.sensors} sensors, {done.untrusted} not to be trusted",
    )


def retain(work: Round) -> None:
    """What is old goes."""
    if not work.due("retention_at", RETAIN_S):
        return
    verdicts = retention.drop(work.conn, work.catalog, work.settings, work.now_us)
    gone = [v for v in verdicts if v.stays is None]
    work.facts["stays"] = len(verdicts) - len(gone)
    work.facts["dropped_chunks"] = work.facts.get("dropped_chunks", 0) + len(gone)
    work.facts["dropped_bytes"] = work.facts.get("dropped_bytes", 0) + sum(v.size_bytes for v in gone)
    work.busy |= bool(gone)
    work.lines += retention_report.lines(verdicts, done=True)


def notices(work: Round) -> None:
    """Alerts that are long over go, and messages."""
    if not work.due("notices_at", RETAIN_S):
        return
    gone = retention_notices.drop(work.conn, work.settings, work.now, patient=not work.whole)
    work.facts["dropped_alerts"] = work.facts.get("dropped_alerts", 0) + gone.alerts
    work.facts["dropped_messages"] = work.facts.get("dropped_messages", 0) + gone.messages
    work.busy |= bool(gone.alerts or gone.messages)
    work.lines.append(retention_notices.line(gone, work.settings, done=True))


def audit(work: Round) -> None:
    """The audit's oldest rows go, signed off."""
    if not work.due("audit_at", AUDIT_S):
        return
    gone = audit_retention.drop(work.conn, work.settings.keep_audit_days, work.now)
    work.busy |= gone is not None
    rows = gone.rows if gone else 0
    work.say(f"nhật ký kiểm toán: đã bỏ {rows} dòng quá hạn", f"audit: {rows} rows beyond their time removed")


def compress(work: Round) -> None:
    """Policies of compression, where the license allows."""
    if not work.due("compression_at", COMPRESS_S):
        return
    found = compression.configure(work.conn, work.catalog, work.settings)
    work.facts["compression"] = found.on
    if found.why:
        work.off = found.why.en
        work.say(f"nén: tắt ({found.why.vi})", f"compression: off ({found.why.en})")
    else:
        work.say(f"nén: bật, {len(found.changed)} bảng mới", f"compression: on, {len(found.changed)} tables changed")


def expired(work: Round) -> None:
    """Codes of links and sessions of the screen whose time is over."""
    count = links.remove_expired(work.conn)
    work.say(f"đã xoá mã và phiên hết hạn: {count}", f"expired codes and sessions removed: {count}")


def outlines(work: Round) -> None:
    """What messages look like that came to quarantine before anybody asked."""
    count = outline(work.conn)
    if count:
        work.busy = True
        work.say(f"đã mô tả dạng của {count} bản tin cách ly", f"outlined {count} messages in quarantine")


def summarise(work: Round) -> None:
    """Range indexes learn of the newest pages, which they would otherwise take for full of everything."""
    rows = work.conn.execute(
        """SELECT i.indexrelid::bigint FROM timescaledb_information.chunks c
           JOIN pg_index i ON i.indrelid = format('%I.%I', c.chunk_schema, c.chunk_name)::regclass
           JOIN pg_class x ON x.oid = i.indexrelid
           JOIN pg_am a ON a.oid = x.relam AND a.amname = 'brin'
           WHERE c.hypertable_schema = 'public' AND NOT c.is_compressed
             AND c.range_end > now() - interval '2 days' AND c.range_start < now() + interval '1 day'"""
    ).fetchall()
    for (index,) in rows:
        work.conn.execute("SELECT brin_summarize_new_values(%s::oid::regclass)", [index])


#: In the order in which they help each other: what is rolled up may be dropped.
PARTS: tuple[Callable[[Round], None], ...] = (
    rollups, quality, retain, notices, audit, compress, expired, outlines, summarise,
)  # fmt: skip
