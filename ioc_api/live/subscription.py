"""One subscription of one client: what it has been sent, and what it is to be sent next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ioc_api.live.view import View

#: A change that comes so little before its time goes out with the others (s).
_EARLY_S = 0.02
#: Who lets an alert wait for so long is too slow (s).
BEHIND_S = 10.0


class Subscription:
    """Pulls from its view when the client can take more: nothing waits for a slow client, and no change is missed.

    ``sent`` is the seq of the last frame, which the next one names as ``prev``; up to ``seen`` the view has been
    looked through.
    """

    def __init__(self, number: int, view: View, hz: float, wake: Callable[[], None]) -> None:
        self.number = number
        self.view = view
        self.wake = wake
        self.sent = self.seen = view.topic.seq
        self.epoch = view.topic.epoch
        self.timed = False  # a timer is set to wake the client at ``due``
        self.due = 0.0
        self._period_s = 1 / hz
        self._goal = -1
        self._snapshot: Iterator[str] | None = None
        self._begun = 0.0

    def start(self, since: int | None, now: float = 0.0) -> None:
        """Go on from ``since``, or begin with a snapshot, at ``now`` (s of the loop's clock)."""
        self._begun = now
        self._goal = -1
        self.epoch = self.view.topic.epoch
        if since is not None:
            self.sent = self.seen = since
            return
        self.sent = self.seen = self.view.topic.seq
        self._snapshot = self.view.snapshot()

    def turn(self, view: View) -> None:
        """Show another view, whose topic has another epoch: a reset comes next, and a snapshot."""
        self.view = view
        self._snapshot = None

    def resumable(self, since: int) -> bool:
        """Whether everything that changed after ``since`` is known."""
        return self.view.topic.floor_of(self.view.wanted) <= since <= self.view.topic.seq

    def too_slow(self, now: float) -> bool:
        """Whether it cannot follow a topic of which nothing may be passed over."""
        topic = self.view.topic
        if not topic.whole or self._snapshot is not None or self.epoch != topic.epoch:
            return False
        if topic.floor > self.seen:
            return True
        waits = topic.arrived(self.seen)
        return waits is not None and now - max(waits, self._begun, self.due) > BEHIND_S

    def next(self, now: float) -> str | None:
        """The next frame that may go out at ``now`` (s of the loop's clock), or None."""
        if self._snapshot is not None:
            tail = next(self._snapshot, None)
            if tail is not None:
                return f'{{"sub":{self.number},"type":"snapshot","seq":{self.sent}{tail}'
            self._snapshot = None
        topic = self.view.topic
        if topic.floor > self.seen or self.epoch != topic.epoch:
            self.start(None, now)
            return f'{{"sub":{self.number},"type":"reset","reason":"{topic.reset}"}}'
        while self.seen < topic.seq and (self._goal > self.seen or now + _EARLY_S >= self.due):
            if self._goal <= self.seen:
                self._goal = topic.seq
                self.due = max(self.due, now - _EARLY_S) + self._period_s
            self.seen, tail = self.view.delta(self.seen)
            if tail is not None:
                prev, self.sent = self.sent, self.seen
                return f'{{"sub":{self.number},"type":"delta","seq":{self.sent},"prev":{prev}{tail}'
        return None

    def pending(self) -> bool:
        """Whether something changed that was held back for its time."""
        return self.seen < self.view.topic.seq
