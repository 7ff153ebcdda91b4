"""One life of the engine: from what was committed, through frames and what they lack, to the next commit."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg

from alerts import life
from alerts.engine import past, place, rulebook
from alerts.engine.listener import Listener
from alerts.engine.place import Place, Round, Writer
from alerts.engine.rulebook import Rulebook
from alerts.judge.events import QUIET, Event
from alerts.judge.judge import Judge
from alerts.rules import store
from city.columns import Columns
from infra import telemetry
from infra.bus import Frame
from infra.catalog import Catalog
from infra.feed import history
from infra.feed.sequence import Sequence
from infra.indices import Item
from infra.link import Link
from infra.settings import Settings
from infra.times import SECOND, moment, now_us

#: A turn takes so long where no frame comes.
TURN_S = 0.25
#: The place is written at least so often; events are written at once.
WRITE_S = 1.0
#: How often versions are compared, and alerts that have ended by the clock are looked for.
LOOK_S, TEND_S = 1.0, 10.0
#: A collector that has said nothing for so long was taken out of service.
GONE_US = 3600 * SECOND


class Engine:
    """``counts`` since the process began; ``wake`` is called when flips are committed; ``telling`` says why nobody is
    told of them now."""

    def __init__(self, settings: Settings, catalog: Catalog, link: Link, listener: Listener, log: Any) -> None:
        self.settings, self.catalog, self.link, self.listener, self.log = settings, catalog, link, listener, log
        self.counts: Counter[str] = Counter()
        self.wake: Callable[[], None] = lambda: None
        self.telling: Callable[[], str] = lambda: ""
        self.book: Rulebook | None = None
        self.figures: list[list[Item]] = []
        self.heard_us = 0

    # Beginning

    def begin(self) -> bool:
        """Take over where the last engine was; False while another one runs."""
        with self.link.at_work() as conn:
            # What was said before is of another life; and who stands by works nothing out.
            self.figures.clear()
            if not place.alone(conn):
                self.book = None
                return False
            began = time.monotonic()
            epoch = uuid.uuid4().hex[:12]
            was = place.take_over(conn, epoch)
            heads = history.heads(conn).seqs
            self.book = rulebook.read(conn, self.catalog, self.settings, now_us())
            if was.judged_us is None:
                place.found(conn, epoch, moment(now_us()))
                was = Place(now_us(), heads)
            self._remember(conn, was)
            self._writer = Writer(epoch, was, life.Subjects(life.open_subjects(conn)))
            self._catch_up(conn, heads)
            self._end_orphans(conn)
        self.log.info("judging", rules=len(self.book.judged()), sensors=self.book.roster.size,
                      seconds=round(time.monotonic() - began, 2))  # fmt: skip
        return True

    def _remember(self, conn: psycopg.Connection, was: Place) -> None:
        """Judgement as it was when that place was written."""
        book, now = self._book, now_us()
        judged_us = was.judged_us or now
        self.judge = Judge(list(book.rules.values()), book.world, now)
        self.judge.restore(life.open_subjects(conn))
        self._events: list[Event] = []
        self._sequences = {name: Sequence(seq, epoch) for name, (seq, epoch) in was.cursors.items()}
        self._heard = past.received(conn, was)
        lately = [at for at in self._heard.values() if judged_us - at < GONE_US]
        self.heard_us = min([*lately, judged_us])
        self._judged_us, self._told = judged_us, set[str]()
        self._backlog = dict(was.backlog)
        self._clean = was.backlog or {name: seq for name, (seq, _) in was.cursors.items()}
        self._written = self._looked = self._tended = 0.0
        seen = np.zeros(book.roster.size, bool)
        late_s = max((rule.late_s for rule in book.rules.values()), default=0.0)
        for cols in past.taken(conn, book.roster.domains, was, now, late_s):
            self.link.breathe()
            seen[cols.sensor[cols.sensor < len(seen)]] = True
            self.judge.remember(cols, judged_us)
        for cols in past.silent(conn, book.world, seen, now):
            self.link.breathe()
            self.judge.recall(cols, judged_us)
        for name, (seq, _) in was.cursors.items():
            for since_us, until_us in past.pauses(conn, name, seq):
                self.judge.unheard(since_us, until_us)
        for cols, came_us in past.backlog(conn, book.roster.domains, was):
            self.link.breathe()
            self.judge.take_old(cols, came_us, now)

    def _catch_up(self, conn: psycopg.Connection, heads: dict[str, tuple[int, str]]) -> None:
        for name, (seq, epoch) in heads.items():
            sequence = self._sequences.setdefault(name, Sequence(0))
            missing = range(sequence.last + 1, seq + 1)
            sequence.last, sequence.epoch = seq, epoch
            self._read_missing(conn, name, missing)

    # One turn

    def turn(self) -> None:
        """Judge what has come, and write what came of it. Lost, Fenced: begin anew."""
        frames = self.listener.take(TURN_S)
        with self.link.at_work() as conn:
            self._look(conn)
            for frame in frames:
                self._take(conn, frame)
                self.link.breathe()
            while self.figures:
                self.judge.figures(self.figures.pop(0), now_us())
            self._advance(conn)

    def end(self) -> None:
        """Write what is known, before the process ends."""
        with self.link.at_work() as conn:
            self._write(conn, now_us())

    def _take(self, conn: psycopg.Connection, frame: Frame) -> None:
        head = frame.head
        sequence = self._sequences.setdefault(head.collector, Sequence(0))
        arrived = sequence.take(frame)
        if arrived.restarted:
            self.log.warning("a collector counts anew", collector=head.collector, seq=head.seq)
        if arrived.missing:
            self.counts["gaps"] += len(arrived.missing)
            self._read_missing(conn, head.collector, arrived.missing)
        for part in arrived.complete:
            if part.columns is not None:
                self._judge(part.columns)
        if arrived.complete and not head.replay:
            self._heard[head.collector] = max(self._heard.get(head.collector, 0), head.received_us)

    def _read_missing(self, conn: psycopg.Connection, collector: str, seqs: range) -> None:
        """Judge batches that did not come by the bus, some at a time."""
        if not seqs:
            return
        sequence, domains = self._sequences[collector], self._book.roster.domains
        newest = sequence.last
        for first in range(seqs.start, seqs.stop, past.CHUNK):
            part = range(first, min(first + past.CHUNK, seqs.stop))
            found = past.batches(conn, collector, part)
            for cols in past.read(conn, domains, found):
                self.link.breathe()
                self._judge(cols)
            self._heard[collector] = max(self._heard.get(collector, 0), found.received_us)
            if part.stop < seqs.stop:
                # What is written meanwhile must not say more than what was judged.
                sequence.last = part.stop - 1
                self._advance(conn)
                self.link.breathe()
        sequence.last = newest
        self.log.info("read from the database", collector=collector, first=seqs.start, count=len(seqs))

    def _judge(self, cols: Columns) -> None:
        try:
            self.judge.take(cols, now_us())
        except Exception as e:
            # A fault of ours: these rows are not judged, and all others are.
            self.counts["stumbled"] += 1
            self.log.exception("rows could not be judged", domain=cols.domain, rows=len(cols), error=e)
        self.counts["rows"] += len(cols)

    def _advance(self, conn: psycopg.Connection) -> None:
        now = now_us()
        self.heard_us = self._heard_to(now)
        with telemetry.ALERT_JUDGE_SECONDS.time():
            events = self.judge.advance(now, self.heard_us)
        self._events += events
        if any(e.what not in QUIET for e in events) or time.monotonic() - self._written >= WRITE_S:
            self._write(conn, now)
        self._set_aside(conn)

    def _heard_to(self, now: int) -> int:
        """Up to when readings have surely come: as far as the collector that is worst off. It never goes back."""
        known = [at for at in self._heard.values() if now - at < GONE_US]
        return max(self.heard_us, min([*known, now])) if known else self.heard_us

    def _write(self, conn: psycopg.Connection, now: int) -> None:
        self._judged_us = max(self._judged_us, now)
        cursors = {name: (s.last, s.epoch) for name, s in self._sequences.items()}
        if not self.judge.backlog:
            self._backlog = {}
        elif not self._backlog:
            # From the last place that was written without one: batches before it hold nothing that waits.
            self._backlog = dict(self._clean)
        subjects = self.judge.saved()
        round_ = Round(self._judged_us, cursors, self._events, subjects, self.facts(len(subjects)))
        with telemetry.ALERT_COMMIT_SECONDS.time():
            flips = self._writer.write(conn, round_, self._book.rules, moment(now))
        for event in self._events:
            telemetry.ALERT_EVENTS.labels(event.what).inc()
        self._events, self._written = [], time.monotonic()
        if not self._backlog:
            self._clean = {name: seq for name, (seq, _) in cursors.items()}
        if flips:
            self.counts["flips"] += len(flips)
            self.wake()

    # Beside judgement

    def _look(self, conn: psycopg.Connection) -> None:
        """Read rules and sensors again where they have changed; see to what ends by the clock."""
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            if rulebook.versions(conn, now_us()) != self._book.versions:
                before = self._book
                self.book = rulebook.read(conn, self.catalog, self.settings, now_us(), before)
                self._told.clear()  # whoever took a mark away is to see that it is put there again
                self.link.breathe()
                if self._book.rules is not before.rules or self._book.world is not before.world:
                    self.judge.use(list(self._book.rules.values()), self._book.world, now_us())
                    self._end_orphans(conn)
                    self.log.info("rules or sensors have changed", rules=len(self._book.judged()))
        if now - self._tended >= TEND_S:
            self._tended = now
            with conn.transaction():
                flips = life.tend(conn, moment(now_us()), self.settings.alert_close_h)
            self._end_orphans(conn)
            if flips:
                self.wake()

    def _end_orphans(self, conn: psycopg.Connection) -> None:
        self.judge.ended.clear()
        if self._events:
            self._write(conn, now_us())
        held = {(o.rule, o.subject) for o in self.judge.saved() if o.phase != "rest"}
        with conn.transaction():
            flips = life.end_orphans(conn, held, self._book.judged(), self._aside(), moment(now_us()))
        if flips:
            self.wake()

    def _aside(self) -> frozenset[str]:
        return self._book.aside | frozenset(self.judge.poisoned)

    def _set_aside(self, conn: psycopg.Connection) -> None:
        """Rules that judgement tripped over are rows and log lines, each once."""
        rules = self._book.rules
        found = self.judge.poisoned.items()
        fresh = [(c, rules[c].version, why) for c, why in found if c in rules and c not in self._told]
        if not fresh:
            return
        store.set_aside(conn, fresh)
        for code, version, why in fresh:
            self._told.add(code)
            self.counts["set_aside"] += 1
            self.log.error("a rule was set aside: change it, and it is judged again", rule=code, version=version,
                           error=why)  # fmt: skip

    def facts(self, subjects: int) -> dict[str, Any]:
        """How the engine is: written with its place, and shown by the API."""
        now = now_us()
        return {
            "rules": len(self._book.judged()),
            "aside": sorted(self._aside())[:50],
            "subjects": subjects,
            "gaps": self.counts["gaps"],
            "stumbled": self.counts["stumbled"],
            "behind_s": round(max(0, now - self.heard_us) / SECOND, 1) if self._heard else None,
            "broker": self.listener.connected,
            "broker_reason": self.listener.reason,
            "backlog": self._backlog,
            "telling": self.telling()[:300].replace("\0", ""),
        }

    @property
    def _book(self) -> Rulebook:
        assert self.book is not None  # noqa: S101 -- begin() comes first
        return self.book
