"""One line, read with every suspicion: this says what is good and what is not, and why.

A line becomes a message and goes to the reader of live messages, so both have the same rules and the same words.
Only the past is no fault here: old readings are the purpose.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from city.payload import Fault, Limits, Row, show, summary
from ingest.backfill.book import Book, Who
from ingest.backfill.clock import EARLIEST_US, Clock, iso
from ingest.backfill.plan import Plan, clean

#: Numbers as people write them; neither 1_000 nor nan nor digits of other scripts.
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
#: What the reader says of a number with a comma.
_COMMA = re.compile(r"'[+-]?\d+,\d+' is no number\Z", re.ASCII)
_STATES = {"true": True, "false": False}


class Good(NamedTuple):
    """What a line says that is good."""

    who: Who
    rows: list[Row]


class Outcome(NamedTuple):
    """What became of a line: good values, a fault, both, or neither where it holds no value."""

    good: Good | None
    fault: Fault | None


def same_unit(said: str, unit: str) -> bool:
    """Whether a file's unit is ours; the two signs for micro are one."""
    fold = unicodedata.normalize
    return not said or fold("NFKC", said) == fold("NFKC", unit)


class Exact:
    """Reads the cells of one line after the other, by a plan."""

    def __init__(self, plan: Plan, book: Book, limits: Limits) -> None:
        self._plan = plan
        self._book = book
        self._limits = limits
        self._clock = Clock(plan.said.offset_s, plan.said.time_format)

    def read(self, cells: Sequence[str | None]) -> Outcome:
        """Judge a line of as many cells as there are columns; None and "" are cells without anything."""
        said = {key: clean(cells[place]) for key, place in self._plan.at.items()}
        values, count = self._values(cells, said)
        if not values:
            return Outcome(None, None)
        who = self._book.find(said.get("sensor", ""), said.get("area", ""), said.get("domain", ""))
        if isinstance(who, Fault):
            return Outcome(None, who._replace(readings=count))
        try:
            us = self._clock.micros(said["time"])
        except ValueError as e:
            return Outcome(None, Fault("malformed", str(e), count))
        if us < EARLIEST_US:
            told = f"time {show(said['time'])} is before 2000: are these seconds, or another form?"
            return Outcome(None, Fault("too_old", told, count))
        if us > self._limits.latest_us:
            return Outcome(None, Fault("future", f"time {show(said['time'])} is ahead of the clock", count))
        return self._read(who, us, values, said)

    def _values(self, cells: Sequence[str | None], said: dict[str, str]) -> tuple[dict[str, object], int]:
        """The values by metric or metric:channel, as far as they are numbers, and how many there are."""
        if not self._plan.wide:
            text = said["value"]
            metric = self._plan.said.metrics.get(said["metric"], said["metric"])
            channel = said.get("channel", "")
            key = f"{metric}:{channel}" if channel else metric
            return ({key: self._number(text, key)}, 1) if text else ({}, 0)
        found = {key: clean(cells[place]) for place, key in self._plan.wide}
        values = {key: self._number(text, key) for key, text in found.items() if text}
        return values, len(values)

    def _number(self, text: str, key: str) -> object:
        """A number, a state, or the text as it is, which the reader refuses."""
        plain = text
        if self._plan.said.decimal_comma:
            plain = text.replace(",", ".") if "." not in text else ""
        if NUMBER.match(plain):
            return float(plain) * self._plan.said.scale.get(key.partition(":")[0], 1.0)
        return _STATES.get(text.lower(), text)

    def _read(self, who: Who, us: int, values: dict[str, object], said: dict[str, str]) -> Outcome:
        decoder = self._book.decoders[who[0]]
        metric = decoder.domain.metric(next(iter(values)).partition(":")[0])
        if metric is not None and not same_unit(said.get("unit", ""), metric.unit):
            told = f"{metric.name} in {show(said['unit'])}: it is kept in {metric.unit}; see --scale"
            return Outcome(None, Fault("bad_value", told, 1))
        message: dict[str, object] = {"ts": iso(us), "values": values}
        if said.get("quality"):
            message["quality"] = said["quality"]
        if said.get("period_s"):
            message["period_s"] = self._number(said["period_s"], "")
        rows, faults = decoder.reader.read(json.dumps(message).encode(), self._limits)
        if not self._plan.said.decimal_comma:
            faults = [
                f._replace(detail=f"{f.detail}; see --decimal-comma") if _COMMA.search(f.detail) else f for f in faults
            ]
        kept = []
        for row in rows:
            if self._book.channel(row.channel) is None:
                faults.append(Fault("unknown_metric", "there are too many channels already", len(row.values)))
            else:
                kept.append(row)
        return Outcome(Good(who, kept) if kept else None, summary(faults) if faults else None)
