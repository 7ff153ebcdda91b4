"""Events of judgement become rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import psycopg

from alerts.judge.events import Event
from alerts.life import rows
from alerts.life.rows import ENGINE, Alert, Flip
from alerts.rules.model import Rule
from infra.times import moment

Key = tuple[str, str]


def apply(
    conn: psycopg.Connection, events: Sequence[Event], rules: Mapping[str, Rule], now: datetime, note: str = ""
) -> list[int]:
    """Write what the events say, in their order, within the caller's transaction; returns the ids of their flips.

    ``rules`` by code, as they were judged. An event says the same twice without harm: what is firing does not fire
    again. ``note`` is put on each flip, as where a rule has ended.
    """
    if not events:
        return []
    rows.lock(conn)
    keys = list({(e.rule, e.subject.key): None for e in events if e.what != "retro"})
    writing = _Writing(rows.latest(conn, keys), rules, now, note)
    for event in events:
        writing.take(event)
    return rows.write(conn, writing.alerts, writing.flips, now)


class _Writing:
    """Alerts by rule and subject while events are put on them, one after the other."""

    def __init__(self, found: dict[Key, Alert], rules: Mapping[str, Rule], now: datetime, note: str) -> None:
        self._found, self._rules, self._now, self._note = found, rules, now, note
        self.alerts: list[Alert] = list(found.values())
        self.flips: list[Flip] = []
        self._steps: dict[str, Callable[[Alert, Event], None]] = {
            "cancelled": self._cancelled, "clearing": self._clearing, "breach": self._breach,
            "cleared": self._cleared, "lost": self._lost, "found": self._speaks, "flapping": self._flapping,
            "steady": self._steady, "worse": self._measure, "eased": self._eased, "back": self._back,
        }  # fmt: skip

    def take(self, event: Event) -> None:
        rule = self._rules.get(event.rule)
        if event.what == "retro":
            if rule:
                self._retro(event, rule)
            return
        alert = self._found.get((event.rule, event.subject.key))
        if event.what in ("pending", "fired"):
            if rule:
                self._begins(alert, event, rule)
        elif alert is not None:
            alert.changed = True
            self._steps[event.what](alert, event)
        elif event.what in ("breach", "found") and rule:
            # People have closed it while nothing was heard of its subject, and it is there still.
            self._begins(None, event, rule)

    # What begins

    def _begins(self, alert: Alert | None, event: Event, rule: Rule) -> None:
        if alert is None or not (alert.open or _again(alert, event, rule)):
            alert = self._new(event, rule)
        alert.changed = True
        before = alert.state
        self._measure(alert, event)
        was, alert.condition = alert.condition, "breach"
        alert.clearing_since = None
        if event.what == "pending":
            if before == "pending":
                self._flip(alert, event, "pending", None if was == "" else before)
            elif before == "resolved":
                alert.facts["again_us"] = event.since_us
                self._flip(alert, event, "pending", before)
            return
        self._raise(alert, event, rule)
        if before in ("acknowledged", "in_progress") or (before == "firing" and was in ("breach", "lost")):
            if was == "clear":
                self._flip(alert, event, "fired", before)
            return
        alert.state = "firing"
        alert.fired_at = alert.fired_at or moment(event.at_us)
        if before == "resolved":
            alert.forget_the_end()
        self._flip(alert, event, "reopened" if before == "resolved" else "fired", None if was == "" else before)

    def _new(self, event: Event, rule: Rule) -> Alert:
        s = event.subject
        alert = Alert(
            id=0, rule=event.rule, rule_version=event.version, subject=s.key, kind=rule.kind, severity=rule.severity,
            area=s.area, zone=s.zone, domain=s.domain, sensor=s.sensor, sensor_id=s.sensor_id, channel=s.channel,
            parent=s.parent, department=rule.department, state="pending", condition="",
            started_at=moment(event.since_us), changed_at=self._now, unit=event.unit, facts={},
        )  # fmt: skip
        self.alerts.append(alert)
        if event.what != "retro":
            self._found[event.rule, s.key] = alert
        return alert

    def _raise(self, alert: Alert, event: Event, rule: Rule) -> None:
        alert.facts.pop("again_us", None)
        alert.raises += 1
        alert.rule_version, alert.kind, alert.severity = event.version, rule.kind, rule.severity
        alert.cleared_at = None

    # What goes on, and ends

    def _cancelled(self, alert: Alert, event: Event) -> None:
        before = alert.state
        self._measure(alert, event)
        alert.condition = "clear"
        if before == "pending":
            alert.state, alert.closed_at, alert.closed_by = "closed", moment(event.at_us), ENGINE
            self._found.pop((event.rule, event.subject.key))
        elif before == "resolved":
            if alert.facts.pop("again_us", None) is None:
                return
        else:  # it was judged anew while it was open, as after a change of its rule
            self._resolve(alert, event)
            return
        self._flip(alert, event, "cancelled", before)

    def _clearing(self, alert: Alert, event: Event) -> None:
        self._eased(alert, event)
        self._flip(alert, event, "clearing", alert.state)

    def _breach(self, alert: Alert, event: Event) -> None:
        self._back(alert, event)
        alert.raises += 1
        self._flip(alert, event, "breach", alert.state)

    def _cleared(self, alert: Alert, event: Event) -> None:
        if alert.state == "pending" or "again_us" in alert.facts:
            self._cancelled(alert, event)
            return
        self._measure(alert, event)
        self._resolve(alert, event)

    def _resolve(self, alert: Alert, event: Event) -> None:
        before = alert.state
        alert.condition, alert.clearing_since, alert.cleared_at = "clear", None, moment(event.at_us)
        alert.flapping = False
        if alert.open:
            alert.state, alert.resolved_at, alert.resolved_by = "resolved", alert.cleared_at, ENGINE
        self._flip(alert, event, "cleared", before)

    def _lost(self, alert: Alert, event: Event) -> None:
        if alert.condition != "lost":
            alert.condition = "lost"
            self._flip(alert, event, "lost", alert.state)

    def _speaks(self, alert: Alert, event: Event) -> None:
        self._measure(alert, event)
        alert.condition = "clearing" if alert.clearing_since else "breach"
        self._flip(alert, event, "found", alert.state)

    def _flapping(self, alert: Alert, event: Event) -> None:
        if not alert.flapping:
            alert.flapping = True
            self._flip(alert, event, "flapping", alert.state)

    def _steady(self, alert: Alert, event: Event) -> None:
        if alert.flapping:
            alert.flapping = False
            self._flip(alert, event, "steady", alert.state)

    # While it swings the row says what the readings say, without a flip: nobody is told.

    def _eased(self, alert: Alert, event: Event) -> None:
        self._measure(alert, event)
        alert.condition, alert.clearing_since = "clearing", moment(event.at_us)

    def _back(self, alert: Alert, event: Event) -> None:
        self._measure(alert, event)
        alert.condition, alert.clearing_since = "breach", None

    def _retro(self, event: Event, rule: Rule) -> None:
        alert = self._new(event, rule)
        until = moment(event.until_us or event.at_us)
        begun = alert.started_at
        alert.state, alert.condition, alert.retroactive = "closed", "clear", True
        alert.fired_at, alert.cleared_at, alert.resolved_at = begun, until, until
        alert.resolved_by = alert.closed_by = ENGINE
        alert.closed_at, alert.raises = self._now, max(1, event.raises)
        self._measure(alert, event)
        for at, what, before, after in ((begun, "fired", None, "firing"), (until, "cleared", "firing", "resolved")):
            self.flips.append(
                Flip(alert, at, what, before, ENGINE, self._note, event.peak, event.threshold, told=True,
                     to_state=after)
            )  # fmt: skip
        self._flip(alert, event, "retro", "resolved")

    def _measure(self, alert: Alert, event: Event) -> None:
        """Keep the value that did it, and the worst one."""
        at = moment(event.at_us)
        if event.value is not None:
            alert.value, alert.value_at = event.value, at
        if event.threshold is not None:
            alert.threshold = event.threshold
        worst = event.peak if event.peak is not None else event.value if event.what in _PEAKS else None
        if worst is not None and worst != alert.peak and (event.peak is not None or alert.peak is None
                                                          or event.what == "worse"):  # fmt: skip
            alert.peak, alert.peak_at = worst, at

    def _flip(self, alert: Alert, event: Event, what: str, before: str | None) -> None:
        self.flips.append(
            Flip(alert, moment(event.at_us), what, before, ENGINE, self._note, event.value, event.threshold)
        )


_PEAKS = ("pending", "fired", "worse")


def _again(alert: Alert, event: Event, rule: Rule) -> bool:
    """Whether a resolved alert is opened again, instead of a new one."""
    if "again_us" in alert.facts or alert.condition != "clear":
        return True  # it waits to fire again, or people have resolved it while it went on
    ended = max((t for t in (alert.resolved_at, alert.cleared_at) if t), default=alert.started_at)
    return moment(event.since_us) - ended <= timedelta(seconds=rule.reopen_s)
