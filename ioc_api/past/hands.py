"""The threads of replays: of their own, so that those which requests, alerts and live figures share stay free."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Threads of all replays together.
THREADS = 4


def threads() -> ThreadPoolExecutor:
    """The threads of all replays of one process."""
    return ThreadPoolExecutor(THREADS, "replay")


class Hands(Executor):
    """What one replay has of them: they know whether anything is still being done for it."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._work: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a thread works for it, or something waits for one."""
        return bool(self._work)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run it in a thread."""
        future = self._pool.submit(fn, *args, **kwargs)
        self._work.add(future)
        future.add_done_callback(self._work.discard)
        return future
