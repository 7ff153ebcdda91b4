"""Rolling up, in rounds: close the hours that are over, roll them up, work off what came late.

    hours.py   a closed hour of all sensors, from the journal or the readings; its zones and areas
    due.py     the hours of single sensors that late readings have touched; their zones and areas
    days.py    city days of zones and areas, from their hours

Each step is one transaction that moves `rollup_state` or takes entries from `rollup_due` along with what it writes:
a round may end anywhere, and the next one goes on. Every step sees one state of the database all through, so a batch
that is committed meanwhile is either part of it or is named in the log after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from city.bucket_rows import HOUR_US
from infra.catalog import Catalog
from infra.rollup import closing, due, hours
from infra.rollup.task import Task
from infra.settings import Settings

#: Any number that nobody else takes: who holds it rolls up.
RUNNER = 0x10C6


@dataclass(slots=True)
class Rolled:
    """What a round has done. ``busy``: nothing, for another one is at work. ``waits``: domains whose hours could not
    be closed because a batch hangs in the database; they are next time.

    ``hours`` rolled up (hours_from_journal of them from the journal), ``rows`` that they had, ``late`` hours worked
    out anew, ``days`` written; summed up over the domains.
    """

    busy: bool = False
    waits: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.counts.get(name, 0)


def roll(
    conn: psycopg.Connection,
    catalog: Catalog,
    settings: Settings,
    now_us: int,
    log: Any,
    *,
    stop: Callable[[], bool] = lambda: False,
    patient: bool = False,
) -> Rolled:
    """One round over all domains. ``conn`` is in autocommit mode; ``stop`` is asked between two transactions.

    ``patient``: late readings of a domain of many sensors may wait for others (see `infra.rollup.due`), for who comes
    again soon.
    """
    done = Rolled()
    got = conn.execute("SELECT pg_try_advisory_lock(%s)", [RUNNER]).fetchone()
    if got != (True,):
        return Rolled(busy=True)
    try:
        until = (now_us - settings.rollup_grace_s * 1_000_000) // HOUR_US * HOUR_US
        faults: list[Exception] = []
        for domain in catalog.registry.domains.values():
            try:
                task = Task(conn, domain, catalog, settings, now_us, log, counts=done.counts, patient=patient)
                _domain(task, until, done.waits, stop)
            except Exception as e:
                if conn.closed or conn.broken:
                    raise
                # What is wrong with one domain is no reason to leave the others behind.
                log.error("a domain cannot be rolled up", domain=domain.code, reason=str(e))
                faults.append(e)
        if faults:
            raise faults[0]
    finally:
        if not conn.closed and not conn.broken:
            conn.execute("SELECT pg_advisory_unlock(%s)", [RUNNER])
    return done


def _domain(task: Task, until: int, waits: list[str], stop: Callable[[], bool]) -> None:
    closed = task.state().closed
    if closed is None or closed < until:
        try:
            closing.close(task.conn, task.domain.code, until)
        except psycopg.errors.LockNotAvailable:
            waits.append(task.domain.code)
            task.log.warning("an hour cannot be closed: a batch hangs in the database", domain=task.domain.code)
    while not stop() and hours.advance(task):
        pass
    while not stop() and due.work_off(task):
        pass
