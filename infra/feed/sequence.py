"""Which batches have arrived, and which are missing. Pure: no clock, no network."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.bus import Frame


@dataclass
class Arrivals:
    """What one frame brought: frames of a batch that is now complete, and batches that never came."""

    complete: list[Frame] = field(default_factory=list)
    missing: range = range(0)
    restarted: bool = False


class Sequence:
    """The frames of one collector. Batches count up without a gap; parts of a batch count from 0.

    A batch is given out whole, so that one of which a part is missing can be read from the database whole.
    ``last``: the newest batch that was given out or called missing.
    """

    def __init__(self, last: int, epoch: str = "") -> None:
        self.last = last
        self.epoch = epoch
        self._parts: list[Frame] = []

    def take(self, frame: Frame) -> Arrivals:
        """Note a frame. ``restarted``: the collector counts anew, as after its database was replaced."""
        head = frame.head
        begun = self._parts[0].head.seq if self._parts else None
        restarted = head.seq <= self.last and head.epoch != self.epoch and self.epoch != ""
        if restarted:
            self.last = head.seq - 1
            self._parts, begun = [], None
        if head.seq <= self.last:
            return Arrivals()
        self.epoch = head.epoch
        missing = range(0)
        if begun is not None and begun != head.seq:
            self._parts = []  # the rest of that batch will not come any more
        if head.seq > self.last + 1:
            missing = range(self.last + 1, head.seq)
            self.last = head.seq - 1
        if head.part == len(self._parts):
            self._parts.append(frame)
        if len(self._parts) < head.parts:
            return Arrivals([], missing, restarted)
        complete, self._parts, self.last = self._parts, [], head.seq
        return Arrivals(complete, missing, restarted)
