"""What a request is about to change: it is in the audit with how that stood before and after, in the same transaction.

Every operation that changes something has one (`ioc_api.rest.deeds`). The database runs its tasks by `Deed.done`, which
looks at the thing before and after; a task that has changed nothing leaves no row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg

from infra import audit
from infra.access.who import Who

T = TypeVar("T")
#: How a thing stands, by its key: None where it is not there.
Look = Callable[[psycopg.Connection[Any], Any], object]
#: What the result of a task says was done, or None where it says nothing.
Told = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """``thing`` and ``key`` are its subject (``rule air.pm25``); a key of None is that of what is being made, which the
    task's result names. ``look`` says how it stands; ``told`` instead what was done, where nothing can be looked at."""

    action: str
    thing: str
    key: str | int | None = None
    look: Look | None = None
    told: Told | None = None

    def done(self, conn: psycopg.Connection[Any], who: Who, task: Callable[[psycopg.Connection], T]) -> T:
        """Run the task, and record what it has changed."""
        before = None if self.look is None or self.key is None else self.look(conn, self.key)
        result = task(conn)
        if self.told is not None:
            after = self.told(result)
            key = self.key
        else:
            key = _made(result) if self.key is None else self.key
            after = None if self.look is None or key is None else self.look(conn, key)
        if after != before:
            subject = self.thing if key is None else f"{self.thing} {key}"
            audit.record(conn, who, self.action, subject, before=before, after=after)
        return result


def _made(result: object) -> str | int | None:
    """The key of what a task has made."""
    found = result.get("id", result.get("code")) if isinstance(result, Mapping) else result
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
