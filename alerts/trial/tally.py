"""What a rule's events come to: how often it fired, for how long, on whom, and how often it swung."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable

from alerts.judge.events import Event
from alerts.judge.terms import SECOND, micros
from alerts.rules.model import Rule
from infra.shown import Shown
from infra.times import rfc3339

#: Equal parts of the span in which raises are counted, and raises that are told of one subject.
PARTS, TOLD = 96, 200


class Count(Shown, frozen=True, kw_only=True):
    """A rule over a span of time. Times are seconds.

    ``alerts``: as people would have got them; ``raised``: how often it fired, those that opened the same alert again
    (within the rule's `reopen`, ``reopened``) included. ``swings``: breaches that came back before the alert had
    cleared; ``flapped``: how often an alert was marked as flapping. ``cancelled``: breaches that did not hold `for`.
    ``lost``: how often a sensor fell silent while it fired. ``standing`` fired before the span began (they count in
    the times only), ``open`` still fired at its end. ``total_s`` is over all subjects; ``median_s`` and ``longest_s``
    of one raise.
    """

    shown_as = "ReplayCount"
    alerts: int
    raised: int
    reopened: int
    subjects: int
    swings: int
    flapped: int
    cancelled: int
    lost: int
    standing: int
    open: int
    total_s: float
    median_s: float | None
    longest_s: float | None
    per_day: float
    per_1000_sensor_days: float | None


class Raise(Shown, frozen=True, kw_only=True):
    """From when to when it fired, within the span (``until`` None: it still did at the end); ``again``: it opened the
    alert before again, a flap."""

    shown_as = "ReplayRaise"
    since: str
    until: str | None
    again: bool


class Worst(Shown, frozen=True, kw_only=True):
    """A subject that it was raised for; ``peak`` is the worst value, ``raises`` are the first 200."""

    shown_as = "ReplayWorst"
    subject: str
    raised: int
    total_s: float
    peak: float | None
    raises: tuple[Raise, ...]


class Tally:
    """Counts the events of one rule in [from, to); of each subject they come in the order of time."""

    def __init__(self, rule: Rule, from_us: int, to_us: int) -> None:
        self._from_us, self._to_us = from_us, to_us
        self._reopen_us = micros(rule.reopen_s)
        self._n: Counter[str] = Counter()
        self._open: dict[str, int] = {}
        self._cleared: dict[str, int] = {}
        self._spans: list[float] = []
        self._raised: Counter[str] = Counter()
        self._total_s: Counter[str] = Counter()
        self._peak: dict[str, float | None] = {}
        self._when = [0] * PARTS
        self._told: dict[str, list[tuple[int, int | None, bool]]] = {}
        self._again: dict[str, bool] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Count events of the rule."""
        for e in events:
            if e.at_us < self._to_us:
                self._take(e)

    def _take(self, e: Event) -> None:
        key, inside = e.subject.key, e.at_us >= self._from_us
        match e.what:
            case "fired":
                self._open[key] = e.at_us
                if inside:
                    again = e.at_us - self._cleared.get(key, -(1 << 62)) <= self._reopen_us
                    self._n["reopened" if again else "alerts"] += 1
                    self._raised[key] += 1
                    self._again[key] = again
                    self._when[(e.at_us - self._from_us) * PARTS // (self._to_us - self._from_us)] += 1
                self._peak[key] = e.peak
            case "cleared":
                self._cleared[key] = e.at_us
                self._peak[key] = e.peak
                self._end(key, e.at_us)
            case "worse":
                self._peak[key] = e.peak
            case "breach" | "flapping" | "cancelled" | "lost" if inside:
                self._n[e.what] += 1
            case _:
                pass

    def _end(self, key: str, at_us: int) -> None:
        since = self._open.pop(key, None)
        if since is None or at_us <= self._from_us:
            return
        told = self._told.setdefault(key, [])
        if len(told) < TOLD:
            still = None if at_us >= self._to_us else at_us
            told.append((max(since, self._from_us), still, self._again.pop(key, False)))
        standing = since < self._from_us
        self._n["standing"] += standing
        seconds = (at_us - max(since, self._from_us)) / SECOND
        self._total_s[key] += seconds  # type: ignore[assignment]
        if not standing:
            self._spans.append(seconds)

    def count(self, sensors: int | None) -> Count:
        """The sum of it, once all events have been taken; ``sensors``: how many the rule looks at."""
        still = len(self._open)
        for key in list(self._open):
            self._end(key, self._to_us)
        days = (self._to_us - self._from_us) / SECOND / 86_400
        n = self._n
        return Count(
            alerts=n["alerts"], raised=n["alerts"] + n["reopened"], reopened=n["reopened"],
            subjects=len(self._raised), swings=n["breach"], flapped=n["flapping"], cancelled=n["cancelled"],
            lost=n["lost"], standing=n["standing"], open=still, total_s=round(sum(self._total_s.values()), 3),
            median_s=round(statistics.median(self._spans), 3) if self._spans else None,
            longest_s=round(max(self._spans), 3) if self._spans else None, per_day=round(n["alerts"] / days, 3),
            per_1000_sensor_days=round(1000 * n["alerts"] / (sensors * days), 3) if sensors else None,
        )  # fmt: skip

    def when(self) -> tuple[int, ...]:
        """Raises in each of PARTS equal parts of the span."""
        return tuple(self._when)

    def worst(self, most: int = 12) -> list[Worst]:
        """The subjects with the most raises, of as many the longest first."""
        order = sorted(self._raised, key=lambda k: (-self._raised[k], -self._total_s[k], k))[:most]
        return [
            Worst(subject=k, raised=self._raised[k], total_s=round(self._total_s[k], 3), peak=self._peak[k],
                  raises=tuple(Raise(since=rfc3339(a), until=None if b is None else rfc3339(b), again=again)
                               for a, b, again in self._told.get(k, [])))
            for k in order
        ]  # fmt: skip
