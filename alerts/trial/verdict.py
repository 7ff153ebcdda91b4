"""What happened in a unit test of rules, held against what was expected; by event time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.judge.events import QUIET, Event
from alerts.judge.terms import SECOND
from alerts.judge.world import World
from alerts.rules import durations
from alerts.rules.findings import Finding, error
from alerts.trial.forms import Case, Expected, event_of

#: The state of a subject after an event; others leave it as it is.
AFTER = {"pending": "pending", "cancelled": "clear", "fired": "firing", "clearing": "clearing", "breach": "firing",
         "cleared": "clear", "lost": "lost", "found": "firing"}  # fmt: skip


def held(one: Expected, where: str, case: Case, city: World, events: list[Event]) -> Iterator[Finding]:
    """What of ``events`` is not as expected; ``where`` it is written."""
    rule = one.rule or case.rules[0]
    key = _subject(one, case.sensors[0].id if len(case.sensors) == 1 else "")
    if city.number(key) is None:
        yield error("unknown_subject", where, f"không có chủ thể {key} trong bài thử",
                    f"there is no subject {key} in the test")  # fmt: skip
        return
    mine = [e for e in events if e.rule == rule and e.subject.key == key]
    about = f"{rule}, {key}"
    if one.events is not None:
        yield from _same(one.events, where, about, mine, case.begin_us)
    elif one.at_s is not None:
        yield from _stands(one, where, about, [e for e in mine if e.at_us <= case.begin_us + round(one.at_s * SECOND)],
                           mine, case.begin_us)  # fmt: skip


def _subject(one: Expected, only: str) -> str:
    for what in ("zone", "area", "parent"):
        if getattr(one, what):
            return f"{what}/{getattr(one, what)}"
    sensor = one.sensor or only
    return f"sensor/{sensor}/{one.channel}" if one.channel else f"sensor/{sensor}"


def _stands(
    one: Expected, where: str, about: str, before: list[Event], all_: list[Event], begin: int
) -> Iterator[Finding]:  # fmt: skip
    state, flapping = "clear", False
    spoken = state
    for e in before:
        if e.what == "lost":
            spoken = state
        state = spoken if e.what == "found" else AFTER.get(e.what, state)
        flapping = e.what == "flapping" or (flapping and e.what not in ("steady", "cleared"))
    at = durations.show(one.at_s or 0.0)
    if one.state is not None and state != one.state:
        yield error("state", where, f"lúc {at} {about} là {state}, phải là {one.state} ({_said(all_, begin)})",
                    f"at {at} {about} is {state}, expected {one.state} ({_said(all_, begin)})")  # fmt: skip
    if one.flapping is not None and flapping != one.flapping:
        yes = ("chập chờn", "flapping") if flapping else ("không chập chờn", "not flapping")
        yield error("flapping", where, f"lúc {at} {about} {yes[0]} ({_said(all_, begin)})",
                    f"at {at} {about} is {yes[1]} ({_said(all_, begin)})")  # fmt: skip


def _same(wanted: Sequence[str], where: str, about: str, mine: list[Event], begin: int) -> Iterator[Finding]:
    expected = [event_of(text) for text in wanted]
    named = {what for what, _ in expected}
    there = [e for e in mine if e.what in named or e.what not in QUIET]
    same = len(expected) == len(there) and all(
        e.what == what and (at is None or _since(e, begin) == round(at, 3))
        for (what, at), e in zip(expected, there, strict=True)
    )
    if not same:
        row = ", ".join(wanted) or "không có gì / nothing"
        yield error("events", where, f"{about}: đã xảy ra {_said(there, begin)}; chờ đợi {row}",
                    f"{about}: there was {_said(there, begin)}; expected {row}")  # fmt: skip


def _since(e: Event, begin: int) -> float:
    return round((e.at_us - begin) / SECOND, 3)


def _said(events: Sequence[Event], begin: int) -> str:
    """Events as a test writes them."""
    shown = [e for e in events if e.what not in QUIET] or list(events)
    text = [f"{e.what} {durations.show(_since(e, begin))}" for e in shown[:12]]
    return (", ".join(text) + (", …" if len(shown) > 12 else "")) or "không có sự kiện nào / no event"
