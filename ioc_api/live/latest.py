"""The topic `latest`: the newest reading of every sensor, metric and channel."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import MEASURING, QUALITIES, Columns
from city.decimals import widen
from city.means import AMOUNTS, channel_rank, means
from city.registry import Domain
from city.rows import RowIndex, grown
from infra.roster import Bools, Roster
from infra.times import rfc3339
from ioc_api.live.topic import Filter, Ints, Log, Newest

Floats = NDArray[np.float64]

_NEVER = np.iinfo(np.int64).min
#: An item's number is its domain's place above these bits, and its cell (row times metrics, and metric) in them.
_BITS = 44


class Latest(msgspec.Struct, frozen=True):
    """The newest reading of one metric of one sensor."""

    key: str
    value: float
    time: str
    quality: str


class _Table:
    """The newest readings of one domain: a row per (sensor, channel), a column per metric."""

    def __init__(self, domain: Domain) -> None:
        width = len(domain.metrics)
        self.metrics = tuple(m.name for m in domain.metrics)
        self.single = np.array([not m.double for m in domain.metrics])
        self.index = RowIndex()
        self.sensor = np.empty(0, np.int64)
        self.channel = np.empty(0, np.int64)
        self.value = np.empty((0, width))
        self.time_us = np.empty((0, width), np.int64)
        self.quality = np.empty((0, width), np.uint8)
        self.changed = np.empty((0, width), np.int64)

    def rows(self, sensor: Ints, channel: Ints) -> Ints:
        rows = self.index.take(sensor << 16 | channel)
        n = len(self.index)
        if n > len(self.sensor):
            self.sensor, self.channel = grown(self.sensor, n, -1), grown(self.channel, n, 0)
            self.value, self.time_us = grown(self.value, n, np.nan), grown(self.time_us, n, _NEVER)
            self.quality, self.changed = grown(self.quality, n, 0), grown(self.changed, n, 0)
        self.sensor[rows], self.channel[rows] = sensor, channel
        return rows


class LatestTopic(Newest):
    """Newest readings by event time; of two with one time the first stays."""

    hz = 20.0
    fields = ("area", "zone", "domain", "metric", "sensor")

    def __init__(self, roster: Roster) -> None:
        super().__init__("latest")
        self._roster = roster
        self._tables = [_Table(d) for d in roster.domains]
        self._place = {d.code: i for i, d in enumerate(roster.domains)}
        self._log = Log()
        self._masks: dict[Filter, tuple[Bools, list[Bools]]] = {}

    def use(self, roster: Roster) -> None:
        """Take a newer roster; where sensors have moved or gone, subscriptions start again."""
        moved = roster.moved(self._roster)
        self._roster = roster
        self._masks.clear()
        if moved:
            self.forget()
            self.on_change(self)

    def fold(self, rows: Columns) -> None:
        """Take in readings of one domain. Sensors must be in the roster."""
        number = self._place[rows.domain]
        table = self._tables[number]
        row = table.rows(rows.sensor.astype(np.int64), rows.channel.astype(np.int64))
        width = len(table.metrics)
        column = np.array([table.metrics.index(m) if m in table.metrics else -1 for m in rows.metrics])
        r, c = np.nonzero(~np.isnan(rows.values) & (column >= 0))
        cell, time_us = row[r] * width + column[c], rows.time_us[r]
        newer = time_us > table.time_us.reshape(-1)[cell]
        r, c, cell, time_us = r[newer], c[newer], cell[newer], time_us[newer]
        if not len(cell):
            return
        # Of several of one cell the newest must be written last.
        order = np.lexsort((-np.arange(len(cell)), time_us))
        r, c, cell = r[order], c[order], cell[order]
        table.value.reshape(-1)[cell] = rows.values[r, c]
        table.time_us.reshape(-1)[cell] = time_us[order]
        table.quality.reshape(-1)[cell] = rows.quality[r]
        cells = np.unique(cell)
        seqs = self.step(len(cells))
        table.changed.reshape(-1)[cells] = seqs
        self._log.add(number << _BITS | cells, seqs)
        self.on_change(self)

    def newest(self, domain: str, metric: str) -> tuple[Floats, Ints]:
        """The newest reading of a metric and its time by sensor number, (roster.size,): NaN where none is known, or the
        newest is none that was measured. Channels of one time are one figure: amounts are added up, or are those of
        the channel that stands for the whole sensor, where there is one; of others it is the mean."""
        size = self._roster.size
        time_us, table = np.full(size, _NEVER), self._tables[self._place[domain]]
        n, m = len(table.index), table.metrics.index(metric)
        who, when = table.sensor[:n], table.time_us[:n, m]
        rows = np.flatnonzero((who < size) & (when > _NEVER) & (table.quality[:n, m] == MEASURING))
        np.maximum.at(time_us, who[rows], when[rows])
        rows = rows[when[rows] == time_us[who[rows]]]
        of = self._roster.domains[self._place[domain]].metrics[m]
        kind, adds = of.aggregate, of.unit in AMOUNTS and of.aggregate != "increase"
        if adds:
            rank, best = channel_rank(table.channel[rows], self._roster.channels), np.full(size, 3)
            np.minimum.at(best, who[rows], rank)
            rows = rows[rank == best[who[rows]]]
        value = table.value[rows, m]
        # The standing of a counter is what one channel says: no mean makes sense, nor a sum.
        out = np.full(size, np.nan)
        if kind == "increase":
            out[who[rows]] = value
        elif adds:
            out[who[rows]] = 0.0
            np.add.at(out, who[rows], widen(value) if table.single[m] else value)
        else:
            out = means(kind, widen(value) if table.single[m] else value, who[rows], size)
        return out, time_us

    def reported(self, domain: int) -> tuple[Ints, Ints]:
        """Every (sensor, metric) of the domain of which a reading is known."""
        table = self._tables[domain]
        row, metric = np.nonzero(table.time_us > _NEVER)
        return table.sensor[row], metric

    def _mask(self, wanted: Filter) -> tuple[Bools, list[Bools]]:
        """Which sensors, and which metrics of each domain, a filter takes."""
        if wanted not in self._masks:
            if len(self._masks) > 200:
                self._masks.clear()
            metrics, domains = wanted.takes("metric"), wanted.takes("domain")
            names = [
                np.array(
                    [(metrics is None or m in metrics) and (domains is None or code in domains) for m in t.metrics]
                )
                for code, t in zip(self._place, self._tables, strict=True)
            ]
            self._masks[wanted] = (sensors_taken(self._roster, wanted), names)
        return self._masks[wanted]

    def _choose(self, wanted: Filter, items: Ints) -> Ints:
        sensors, names = self._mask(wanted)
        found = []
        for number, table in enumerate(self._tables):
            cell = items[items >> _BITS == number] & ((1 << _BITS) - 1)
            row, metric = np.divmod(cell, len(table.metrics))
            who = table.sensor[row]
            good = who < len(sensors)
            good[good] = sensors[who[good]]
            found.append(number << _BITS | cell[good & names[number][metric]])
        return np.concatenate(found)

    def everything(self, wanted: Filter) -> Ints:
        return self._choose(wanted, self._scan(0))

    def rows(self, wanted: Filter) -> Iterator[tuple[str, _Table, Ints, Ints, Floats, Ints, NDArray[np.uint8]]]:
        """Copies of the newest readings by domain: its code and table, sensor, channel, values, times and qualities.

        Rows without any reading that the filter takes are left out; the time of a single one is then the least int64.
        """
        sensors, names = self._mask(wanted)
        for (code, number), chosen in zip(self._place.items(), names, strict=True):
            table = self._tables[number]
            n = len(table.index)
            who = table.sensor[:n]
            known = who < len(sensors)
            known[known] = sensors[who[known]]
            time_us = np.where(chosen, table.time_us[:n], _NEVER)
            good = np.flatnonzero(known & (time_us > _NEVER).any(axis=1))
            # By sensor, so that its channels stand together.
            good = good[np.lexsort((table.channel[good], who[good]))]
            columns = (who[good], table.channel[good], table.value[good], time_us[good], table.quality[good])
            yield code, table, *columns

    def _scan(self, since: int) -> Ints:
        return np.concatenate(
            [n << _BITS | np.flatnonzero(t.changed.reshape(-1) > since) for n, t in enumerate(self._tables)]
        )

    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        items = self._log.since(since)
        items = self._choose(wanted, self._scan(since) if items is None else np.unique(items))
        seqs = np.empty(len(items), np.int64)
        for number, table in enumerate(self._tables):
            mine = items >> _BITS == number
            seqs[mine] = table.changed.reshape(-1)[items[mine] & ((1 << _BITS) - 1)]
        # The log's parts have several seqs where much changed at once: what was told of the first is not told again.
        items, seqs = items[seqs > since], seqs[seqs > since]
        order = np.argsort(seqs, kind="stable")
        return items[order], seqs[order]

    def items(self, numbers: Ints) -> list[Latest]:
        """The readings as they are now."""
        out: list[Latest] = []
        channels, sensors = self._roster.channels, self._roster.sensors
        for number in np.unique(numbers >> _BITS).tolist():
            table = self._tables[number]
            cell = numbers[numbers >> _BITS == number] & ((1 << _BITS) - 1)
            row, metric = np.divmod(cell, len(table.metrics))
            value = table.value[row, metric]
            single = table.single[metric]
            value[single] = widen(value[single])
            columns = (table.sensor[row], table.channel[row], metric, value, table.time_us[row, metric],
                       table.quality[row, metric])  # fmt: skip
            for s, c, m, v, t, q in zip(*(x.tolist() for x in columns), strict=True):
                sensor = sensors[s]
                if sensor is not None:
                    key = f"{sensor.sensor_id}/{table.metrics[m]}/{channels.get(c, c)}"
                    out.append(Latest(key, v, rfc3339(t), QUALITIES[q]))
        return out

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        return [msgspec.json.encode(item) for item in self.items(items)], []


def sensors_taken(roster: Roster, wanted: Filter) -> Bools:
    """Which sensors a filter takes, by number; retired ones are in nobody's sight."""
    out = roster.held(wanted.scope) & ~roster.retired
    areas, zones, domains, ids = (wanted.takes(f) for f in ("area", "zone", "domain", "sensor"))
    if areas is not None:
        out &= np.isin(roster.area, [i for i, g in enumerate(roster.groups) if g.zone is None and g.code in areas])
    if zones is not None:
        out &= np.isin(roster.zone, [i for i, g in enumerate(roster.groups) if g.zone is not None and g.zone in zones])
    if domains is not None:
        out &= np.isin(roster.domain, [i for i, d in enumerate(roster.domains) if d.code in domains])
    if ids is not None:
        chosen = np.zeros(roster.size, bool)
        chosen[[roster.numbers[i] for i in ids if i in roster.numbers]] = True
        out &= chosen
    return out
