"""Indices, worked out beside judgement as often as rules about them need."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from alerts.engine.rulebook import Rulebook
from alerts.rules.model import Indexed
from infra.catalog import Catalog
from infra.indices import Item, Memory
from infra.indices.catalogue import SIGNS, SUBJECTS, Subject, city_of
from infra.link import Link, Lost
from infra.settings import Settings
from infra.times import now_us


def wanted(book: Rulebook) -> list[Subject]:
    """The modules whose indices the rules look at."""
    codes = {r.condition.index for r in book.judged().values() if isinstance(r.condition, Indexed)}
    return [s for s in (*SUBJECTS.values(), *SIGNS.values()) if any(i.code in codes for i in s.INDICES)]


class Figures(threading.Thread):
    """Every IOC_INDICES_S the indices that rules look at; ``hand_over`` gets them. ``link`` is watched by others."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        link: Link,
        book: Callable[[], Rulebook | None],
        hand_over: Callable[[list[Item]], None],
        log: Any,
    ) -> None:
        super().__init__(name="figures", daemon=True)
        self._settings, self._catalog, self.link = settings, catalog, link
        self._book, self._hand_over, self._log = book, hand_over, log
        self._memory: Memory = {}
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        due = 0.0
        while not self._over.wait(0.5):
            book = self._book()
            if book is None or time.monotonic() < due:
                continue
            due = time.monotonic() + self._settings.indices_s
            items: list[Item] = []
            for subject in wanted(book):
                try:
                    items += self._ask(book, subject)
                except Lost:
                    due = time.monotonic() + 2.0
                except Exception as e:
                    # One index that cannot be worked out does not keep the others.
                    self._log.error("an index could not be worked out", error=f"{type(e).__name__}: {e}")
            if items:
                self._hand_over(items)
        self.link.drop()

    def _ask(self, book: Rulebook, subject: Subject) -> list[Item]:
        with self.link.at_work() as conn, conn.transaction():
            # Of one moment: figures of several questions belong together.
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            try:
                city = city_of(conn, self._catalog, book.roster, self._settings, self._memory)
                return subject.current(conn, city, now_us())
            except psycopg.Error:
                self._memory.clear()
                raise
