"""What one filter shows of a topic, as text: built once for all subscriptions that ask for the same."""

from __future__ import annotations

from collections.abc import Iterator

from ioc_api.live.topic import Filter, Ints, Topic

#: Items in one part of a snapshot, and bytes of text at most (a single item is far smaller).
PART_ITEMS = 500
#: Snapshots of up to so many items are kept until the topic changes: after a restart everybody asks at once.
_KEEP_ITEMS = 5000


class View:
    """A topic through a filter. Tails are frames without their beginning, which names the subscription."""

    def __init__(self, topic: Topic, wanted: Filter) -> None:
        self.topic = topic
        self.wanted = wanted
        self._held = topic.hold(wanted)
        self._mark = ("", -1)
        self._deltas: dict[int, tuple[int, str | None]] = {}
        self._parts: list[str] | None = None

    def _refresh(self) -> None:
        mark = (self.topic.epoch, self.topic.seq)
        if self._mark != mark:
            self._mark = mark
            self._deltas.clear()
            self._parts = None

    def delta(self, since: int) -> tuple[int, str | None]:
        """How far one frame gets from ``since`` towards now, and its tail (None: nothing changed here)."""
        self._refresh()
        found = self._deltas.get(since)
        if found is None:
            if len(self._deltas) >= 64:
                self._deltas.clear()
            found = self._deltas[since] = self.topic.delta(self.wanted, since)
        return found

    def snapshot(self) -> Iterator[str]:
        """Tails of a snapshot's frames, each made when it is asked for; items are as they are at that moment."""
        self._refresh()
        if self._parts is not None:
            return iter(self._parts)
        items = self.topic.everything(self.wanted)
        if len(items) > _KEEP_ITEMS:
            return self._make(items)
        self._parts = list(self._make(items))
        return iter(self._parts)

    def _make(self, items: Ints) -> Iterator[str]:
        parts = max(1, -(-len(items) // PART_ITEMS))
        for part in range(parts):
            texts, _ = self.topic.render(items[part * PART_ITEMS : (part + 1) * PART_ITEMS])
            yield f',"part":{part + 1},"parts":{parts},"items":[{b",".join(texts).decode()}]}}'
