"""The topic `sensors`: whether each sensor is alive, by its expected interval."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import Columns
from city.rows import grown
from city.sensors import LIVENESS, liveness_codes
from infra.access.scope import EVERYTHING, Scope
from infra.roster import Bools, Roster
from infra.times import SECOND, rfc3339
from ioc_api.live.latest import sensors_taken
from ioc_api.live.topic import Filter, Ints, Newest

_NEVER = np.iinfo(np.int64).min
#: A sensor that stays online is told of again when its last reading has moved on by so much.
_AGAIN_US = 10 * SECOND
_UNKNOWN = 255


class Alive(msgspec.Struct, frozen=True):
    """A sensor's liveness and the time of its newest reading."""

    key: str
    liveness: str
    last_seen: str | None


class LivenessTopic(Newest):
    """Liveness by sensor; an item's number is the sensor's."""

    hz = 1.0
    fields = ("area", "zone", "domain", "sensor")

    def __init__(self, roster: Roster) -> None:
        super().__init__("sensors")
        self._roster = roster
        self._seen_us = np.empty(0, np.int64)
        self._told_us = np.empty(0, np.int64)
        self._code = np.empty(0, np.uint8)
        self._changed = np.empty(0, np.int64)
        self._masks: dict[Filter, Bools] = {}
        self.use(roster)

    def use(self, roster: Roster) -> None:
        """Take a newer roster; where sensors have moved or gone, subscriptions start again."""
        moved = roster.moved(self._roster)
        self._roster = roster
        self._masks.clear()
        self._seen_us, self._told_us = grown(self._seen_us, roster.size, _NEVER), grown(self._told_us, roster.size, 0)
        self._code, self._changed = grown(self._code, roster.size, _UNKNOWN), grown(self._changed, roster.size, 0)
        if moved:
            self.forget()
            self.on_change(self)

    def fold(self, rows: Columns, now_us: int) -> None:
        """Note who has reported. A clock that runs ahead does not keep a sensor alive longer."""
        np.maximum.at(self._seen_us, rows.sensor, np.minimum(rows.time_us, now_us))

    def last_seen_us(self, number: int) -> int | None:
        """When the sensor's newest reading was, or None."""
        if number >= len(self._seen_us) or self._seen_us[number] == _NEVER:
            return None
        return int(self._seen_us[number])

    def codes(self, now_us: int) -> Ints:
        """The place in LIVENESS of every sensor, by number."""
        seen = self._seen_us[: self._roster.size]
        age_s = np.where(seen == _NEVER, np.nan, (now_us - seen) / SECOND)
        return liveness_codes(age_s, self._roster.interval_s).astype(np.int64)

    def update(self, now_us: int) -> None:
        """Look at the clock: who is late, offline, or back."""
        n = self._roster.size
        codes = self.codes(now_us)
        seen = self._seen_us[:n]
        differs = codes != self._code[:n]
        differs |= (seen > _NEVER) & (seen - self._told_us[:n] >= _AGAIN_US)
        items = np.flatnonzero(differs & self._roster.known)
        if not len(items):
            return
        self._code[items], self._told_us[items] = codes[items], seen[items]
        self._changed[items] = self.step(len(items))
        self.on_change(self)

    def told(self) -> NDArray[np.uint8]:
        """The same as clients were last told; of a new sensor nothing has been seen."""
        codes = self._code[: self._roster.size]
        return np.where(codes == _UNKNOWN, len(LIVENESS) - 1, codes).astype(np.uint8)

    def unseen(self) -> Ints:
        """Numbers of the sensors of which no reading is known."""
        return np.flatnonzero(self._roster.known & (self._seen_us[: self._roster.size] == _NEVER))

    def tally(self, scope: Scope = EVERYTHING) -> dict[str, int]:
        """How many sensors there are of each liveness in a scope; retired ones do not count."""
        codes = self._code[: self._roster.size][self._roster.held(scope) & ~self._roster.retired]
        counts = np.bincount(codes[codes != _UNKNOWN], minlength=len(LIVENESS)).tolist()
        return dict(zip(LIVENESS, counts, strict=True))

    def _mask(self, wanted: Filter) -> Bools:
        if wanted not in self._masks:
            if len(self._masks) > 200:
                self._masks.clear()
            self._masks[wanted] = sensors_taken(self._roster, wanted)
        return self._masks[wanted]

    def everything(self, wanted: Filter) -> Ints:
        return np.flatnonzero(self._mask(wanted) & (self._code[: self._roster.size] != _UNKNOWN))

    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        items = np.flatnonzero(self._mask(wanted) & (self._changed[: self._roster.size] > since))
        seqs = self._changed[items]
        order = np.argsort(seqs, kind="stable")
        return items[order], seqs[order]

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        out = []
        for number in items.tolist():
            sensor = self._roster.sensors[number]
            if sensor is not None:
                seen = int(self._told_us[number])
                alive = self._code[number] != 3
                item = Alive(sensor.sensor_id, LIVENESS[self._code[number]], rfc3339(seen) if alive else None)
                out.append(msgspec.json.encode(item))
        return out, []
