"""What may be kept how long, what is due when, and what is said of a round."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra import maintain, maintain_service, maintain_state, settings
from infra.errors import ConfigError, Unavailable
from infra.maintain_state import State
from infra.retention import Keeps
from infra.retention_facts import Facts

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("name", ["keep_raw_days", "keep_minute_days"])
def test_nothing_may_go_into_which_late_readings_still_come(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"IOC_{name.upper()} is 30: it must be more than IOC_MAX_LATE_DAYS \(30\)"):
        settings.load(**{name: 30})
    assert getattr(settings.load(**{name: 31}), name) == 31
    assert getattr(settings.load(**{name: 0}), name) == 0, "0 keeps all"
    with pytest.raises(ConfigError, match=f"IOC_{name.upper()}: "):
        settings.load(**{name: -1})


def test_messages_are_kept_as_long_as_their_links_act() -> None:
    with pytest.raises(ConfigError, match="IOC_KEEP_NOTICES_DAYS is 29: it must be 30 or more"):
        settings.load(keep_notices_days=29)
    assert settings.load(keep_notices_days=0).keep_notices_days == 0


def test_zero_is_never() -> None:
    keeps = Keeps.of(
        settings.load(keep_raw_days=0, keep_minute_days=0, keep_quarantine_days=7), int(NOW.timestamp() * 1e6)
    )
    assert (keeps.raw, keeps.minute, keeps.quarantine) == (None, None, NOW - timedelta(days=7))


def facts(done: datetime | None, due: datetime | None = None) -> Facts:
    return Facts({"water": done}, {"water": due} if due else {}, {"water": [(NOW, NOW)], "traffic": []})


def test_what_is_rolled_up_may_go_to_the_microsecond() -> None:
    assert facts(NOW).not_rolled_up(["water"], NOW) is None
    assert facts(NOW).not_rolled_up(["water"], NOW + timedelta(microseconds=1))
    assert facts(None).not_rolled_up(["water"], NOW - 1000 * HOUR)
    assert facts(NOW, due=NOW).not_rolled_up(["water"], NOW) is None
    assert facts(NOW, due=NOW - HOUR).not_rolled_up(["water"], NOW)
    assert facts(NOW).not_rolled_up(["unheard of"], NOW)
    assert facts(NOW).with_readings == ["water"]


def test_a_part_is_due_after_its_time_or_when_the_clock_went_back() -> None:
    state = State(NOW, {"judged_at": NOW.isoformat(), "broken": "yesterday", "odd": 5})
    assert state.since("judged_at", NOW + HOUR) == 3600
    for name, now in (("judged_at", NOW - HOUR), ("never", NOW), ("broken", NOW), ("odd", NOW)):
        assert state.since(name, now) == float("inf")


@pytest.mark.parametrize(("age_s", "says"), [(None, "no round"), (299.0, ""), (360.0, "6 minutes ago")])
def test_a_round_that_is_missed(age_s: float | None, says: str) -> None:
    said = maintain_state.late(age_s)
    assert (says in said) if says else not said


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGINT]])
def test_a_signal_ends_it_though_the_way_out_is_barred(signals: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was under way may answer the signal with an error of its own, as a transaction does that is cut."""
    rounds = []

    @contextmanager
    def connection(_: Any) -> Iterator[None]:
        try:
            yield
        except BaseException:
            raise Unavailable("the connection is cut") from None

    def go(*_: Any, **__: Any) -> None:
        rounds.append(1)
        for number in signals:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(maintain_service, "_connection", connection)
    monkeypatch.setattr(maintain_service, "_take", lambda _: True)
    monkeypatch.setattr(maintain, "go", go)
    monkeypatch.setattr("infra.db.cut", lambda _: None)
    monkeypatch.setattr(maintain_service, "LAST_S", 600)  # a timer that is left would end the tests, in silence
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        maintain_service.Keeper(settings.load(database_url="postgresql://x/y"), 60).run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert rounds == [1]
    assert all(t.finished.is_set() for t in threading.enumerate() if isinstance(t, threading.Timer))
