"""The topic `indices`: the figures that the city speaks in, as they were last worked out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from city.rows import grown
from infra.indices import Item
from infra.indices.catalogue import DOMAINS
from ioc_api.live.topic import Filter, Ints, Newest

#: An item and its JSON; the text is made where the item is, off the event loop.
Written = tuple[Item, bytes]


def write(items: Iterable[Item]) -> dict[str, Written]:
    """Items with their texts, by key."""
    encode = msgspec.json.Encoder().encode
    return {item.key: (item, encode(item)) for item in items}


class Indices(Newest):
    """Items by key; an item's number is the place of its key, in the order of first appearance."""

    hz = 1.0
    fields = ("area", "zone", "sensor", "index", "of")

    def __init__(self) -> None:
        super().__init__("indices")
        self.items: dict[str, Written] = {}
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._known: list[Item] = []  # what each number said last, also when it is gone
        self._changed = np.empty(0, np.int64)
        self._masks: dict[Filter, Ints] = {}

    def update(self, items: dict[str, Written]) -> None:
        """Say what there is now; what is not named any more is removed."""
        changes = [k for k, (_, text) in items.items() if k not in self.items or self.items[k][1] != text]
        gone = [k for k in self.items if k not in items]
        if not changes and not gone:
            return
        for key in changes:
            item = items[key][0]
            number = self._numbers.setdefault(key, len(self._keys))
            if number == len(self._keys):
                self._keys.append(key)
                self._known.append(item)
                self._masks.clear()
            elif _place(item) != _place(self._known[number]):
                # A sensor has moved: a filter may take it now, or not any more.
                self.forget()
                self._masks.clear()
            self._known[number] = item
        self.items = items
        self._changed = grown(self._changed, len(self._keys), 0)
        numbers = [self._numbers[k] for k in (*changes, *gone)]
        self._changed[numbers] = self.step(len(numbers))
        self.on_change(self)

    def _mask(self, wanted: Filter) -> Ints:
        """Numbers of all items, also gone ones, that a filter takes."""
        if wanted not in self._masks:
            if len(self._masks) > 200:
                self._masks.clear()
            areas, zones, sensors, indices, of = (wanted.takes(f) for f in self.fields)
            found = [
                n
                for n, i in enumerate(self._known)
                if (areas is None or i.area in areas)
                and (zones is None or i.zone in zones)
                and (sensors is None or i.sensor_id in sensors)
                and (indices is None or i.index in indices)
                and (of is None or i.subject in of)
                and wanted.scope.holds(i.area, i.zone, DOMAINS.get(i.index))
            ]
            self._masks[wanted] = np.array(found, np.int64)
        return self._masks[wanted]

    def everything(self, wanted: Filter) -> Ints:
        mask = self._mask(wanted)
        return mask[[self._keys[n] in self.items for n in mask.tolist()]] if len(mask) else mask

    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        mask = self._mask(wanted)
        seqs = self._changed[mask]
        mask, seqs = mask[seqs > since], seqs[seqs > since]
        order = np.argsort(seqs, kind="stable")
        return mask[order], seqs[order]

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        keys = [self._keys[n] for n in items.tolist()]
        return [self.items[k][1] for k in keys if k in self.items], [k for k in keys if k not in self.items]


def _place(item: Item) -> tuple[str | None, ...]:
    return item.area, item.zone, item.sensor_id
