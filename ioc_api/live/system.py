"""The topic `system`: what the services say of themselves, one item each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from ioc_api.live.topic import Filter, Ints, Newest


class SystemTopic(Newest):
    """Items by key, as JSON objects of any form; a handful, so that plain dictionaries do."""

    hz = 1.0
    fields = ()

    def __init__(self) -> None:
        super().__init__("system")
        self._keys: list[str] = []
        self._items: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, int] = {}

    def update(self, items: Mapping[str, dict[str, Any]]) -> None:
        """Say how everything is; what is no longer named is removed."""
        changes = [k for k in {**self._items, **items} if self._items.get(k) != items.get(k)]
        if not changes:
            return
        self._items = dict(items)
        for key, seq in zip(changes, self.step(len(changes)).tolist(), strict=True):
            if key not in self._changed:
                self._keys.append(key)
            self._changed[key] = seq
        self.on_change(self)

    def everything(self, wanted: Filter) -> Ints:
        return np.array([i for i, k in enumerate(self._keys) if k in self._items], np.int64)

    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        found = sorted((self._changed[k], i) for i, k in enumerate(self._keys) if self._changed[k] > since)
        return np.array([i for _, i in found], np.int64), np.array([seq for seq, _ in found], np.int64)

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        keys = [self._keys[i] for i in items.tolist()]
        there = [msgspec.json.encode({"key": k, **self._items[k]}) for k in keys if k in self._items]
        return there, [k for k in keys if k not in self._items]
