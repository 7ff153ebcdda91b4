"""What a file of history says of itself: before its first byte in headers, and in the end of a Parquet file all that
an answer in JSON says beside its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import psycopg

from city.columns import QUALITIES
from infra.times import SECOND
from ioc_api.history import items, sources, steps
from ioc_api.history.grid import HOUR_US
from ioc_api.history.kept import NEVER, Since, kept
from ioc_api.history.marks import Marks
from ioc_api.history.question import Question
from ioc_api.history.reply import Reply
from ioc_api.history.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

#: Series that the end of a file tells of; how many more there were is said there.
SERIES = 20_000
#: The key of a Parquet file's metadata.
KEY = "ioc"
_SPANS = 20
_NAMED = ("sensor_id", "area", "zone", "domain", "channel", "metric", "unit")
_FIGURES = ("readings", "expected_readings", "complete", "left_out")

#: The headers of a file, and what they say.
HEADERS = {
    "IOC-From": "Beginning of the span, as it was answered.",
    "IOC-To": "Its end, not included.",
    "IOC-Step": "Seconds of a step; not there for readings as they came.",
    "IOC-Source": "raw, minute, hour, or mix of those in IOC-Made-From.",
    "IOC-Made-From": "Where the figures are read from, separated by commas.",
    "IOC-Rolled-Up-To": "Until when rollups are read; what follows is from readings.",
    "IOC-Raw-From": "Since when readings as they came are kept; not there where none was dropped.",
    "IOC-Minute-From": "Since when figures of minutes are kept, where a part of the span is before that.",
    "IOC-Left-Out": "Spans that are not in the file, as from/to, separated by commas.",
    "IOC-Notes": "Codes of what the file lacks, separated by commas.",
    "IOC-Note": "The same in English.",
    "IOC-Note-Vi": "The same in Vietnamese, percent-encoded UTF-8.",
}


def foresee(conn: psycopg.Connection, q: Question, since: Since) -> Reply:
    """What a file will be made from. 422 where any part of it is too much: then nothing of it has been sent."""
    out = Reply(since=since)
    for part in q.parts:
        if q.step_s is None:
            out.sources.add("raw")
            if since.raw_us > q.from_us:
                out.left_out.append((q.from_us, min(since.raw_us, q.to_us)))
        elif q.group is None:
            how = sources.plan(conn, q, part)
            out.left_out += how.gone
            found = {how.unit} if how.rolled[1] else set()
            out.note(found | ({"raw"} if how.raw or how.again or how.exact else set()), how.done_us)
        else:
            state = kept(conn, q, part)
            unit = steps.unit(q.every_s)
            rolled, rest = state.split(unit, q.from_us, min(q.to_us, max(q.now_us + HOUR_US, q.from_us)))
            there, gone = state.readable(rest)
            out.left_out += gone
            out.note(({unit} if rolled[1] else set()) | ({"raw"} if there else set()), state.done_us)
    return out


def headers(q: Question, reply: Reply) -> dict[str, str]:
    """See HEADERS."""
    head = reply.head(q)
    spans = [f"{s['from']}/{s['to']}" for s in head["left_out"]]
    more = [f"and {len(spans) - _SPANS} more"] if len(spans) > _SPANS else []
    said = {
        "IOC-From": head["from"], "IOC-To": head["to"], "IOC-Step": head["step_s"], "IOC-Source": head["source"],
        "IOC-Made-From": ", ".join(head["made_from"]), "IOC-Rolled-Up-To": head["rolled_up_to"],
        "IOC-Raw-From": head["raw_from"], "IOC-Minute-From": head["kept_from"]["minute"],
        "IOC-Left-Out": ", ".join([*spans[:_SPANS], *more]),
        "IOC-Notes": ", ".join(n["code"] for n in head["notes"]),
        "IOC-Note": ". ".join(n["en"] for n in head["notes"]),
        "IOC-Note-Vi": quote(". ".join(n["vi"] for n in head["notes"])),
    }  # fmt: skip
    return {name: str(value) for name, value in said.items() if value}


def described() -> dict[str, Any]:
    """The headers for the description of the interface."""
    return {name: {"description": says, "schema": {"type": "string"}} for name, says in HEADERS.items()}


class Ending:
    """The end of a Parquet file: what JSON says beside its items, and of each series how complete and how good it is.

    What is kept for it grows with the number of series and not with that of readings.
    """

    def __init__(self, q: Question, reply: Reply, marks: Marks | None) -> None:
        self._q, self._reply, self._marks = q, reply, marks
        self._series: list[dict[str, Any]] = []
        self._more = 0
        #: Readings as they came: by (sensor, channel, metric), how many of each quality.
        self._counts: dict[tuple[str, str, str], dict[str, int]] = {}

    def pass_on(self, tables: Iterator[Table]) -> Iterator[Table]:
        """The same tables; their series are noted."""
        for t in tables:
            for row, k in zip(*(x.tolist() for x in t.told.nonzero()), strict=True):
                what = items.about(t, row, t.metrics[k])
                if self._marks is not None:
                    what |= self._marks.of(int(t.place[row]), int(t.channel[row]), k, what["readings"])
                self._add(what)
            yield t

    def see(self, rows: pa.Table) -> None:
        """Count the readings of some rows."""
        found = rows.group_by(["sensor_id", "channel", "metric", "quality"]).aggregate([([], "count_all")])
        for r in found.to_pylist():
            key = (r["sensor_id"], r["channel"], r["metric"])
            self._counts.setdefault(key, dict.fromkeys(QUALITIES, 0))[r["quality"]] += r["count_all"]

    def said(self) -> Mapping[str, str]:
        """The metadata of the file."""
        if self._q.step_s is None:
            self._readings()
        body = {**self._reply.head(self._q), "series": self._series, "series_left_out": self._more}
        return {KEY: msgspec.json.encode(body).decode()}

    def _add(self, what: dict[str, Any]) -> None:
        if len(self._series) == SERIES:
            self._more += 1
            return
        wanted = (*_NAMED, *_FIGURES, "quality", "trusted")
        self._series.append({name: what[name] for name in wanted if name in what})

    def _readings(self) -> None:
        """The series of readings as they came; a metric that a sensor promises and has not sent has one of none."""
        q, place = self._q, 0
        raw_us = self._reply.since.raw_us
        seconds = max(0, min(q.to_us, q.now_us) - max(q.from_us, raw_us if raw_us != NEVER else q.from_us)) / SECOND
        by_name: dict[tuple[str, str], list[str]] = {}
        for sensor, channel, metric in sorted(self._counts):
            by_name.setdefault((sensor, metric), []).append(channel)
        for part in q.parts:
            for s in part.sensors:
                for m in part.metrics:
                    promised = [""] if not s.metrics or m.name in s.metrics else []
                    for channel in by_name.get((s.sensor_id, m.name), promised):
                        counts = self._counts.get((s.sensor_id, channel, m.name), dict.fromkeys(QUALITIES, 0))
                        due = seconds / part.interval_s(s)
                        n = counts["measuring"]
                        self._add({
                            "sensor_id": s.sensor_id, "channel": channel, "metric": m.name, "unit": m.unit,
                            "readings": n, "expected_readings": round(due),
                            "complete": min(100.0, round(100.0 * n / due, 1)) if due > 0 else None,
                            "quality": counts, "trusted": self._marks.trusted.get(place) if self._marks else None,
                        })  # fmt: skip
                place += 1
