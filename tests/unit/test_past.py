"""The time machine's clock, tape and story, without servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns, join
from city.sensors import Sensor
from city.windows import Windows
from infra import catalog, settings
from infra.roster import Group, Roster, roster
from infra.times import SECOND, micros
from ioc_api.live.frames import BadFrame
from ioc_api.past.clock import LONGEST_S, Clock
from ioc_api.past.frames import LONGEST_US, Play, read, span, speed_of
from ioc_api.past.source import NEVER, Kept
from ioc_api.past.story import Story
from ioc_api.past.tape import Tape, by_the_minute, newest

HOUR_US = 3600 * SECOND
START = 1_790_000_000 * SECOND


# The clock


def test_the_clock_goes_as_fast_as_it_is_asked_to() -> None:
    clock = Clock(0, HOUR_US, 0, 60.0, 100.0)
    assert clock.due(100.5) == 30 * SECOND
    clock.reach(30 * SECOND, 100.5)
    clock.faster(600.0, 100.5)
    assert clock.due(101.0) == 330 * SECOND
    clock.pause()
    assert clock.due(105.0) == 30 * SECOND
    clock.play(105.0)
    assert clock.due(105.25) == 180 * SECOND


def test_who_cannot_keep_up_goes_slower_and_says_so() -> None:
    clock = Clock(0, 100 * HOUR_US, 0, 600.0, 0.0)
    for second in range(1, 9):
        # Of each second a third was read in time.
        clock.reach(clock.at_us + 200 * SECOND, float(second))
    assert clock.reached() == pytest.approx(200.0)
    assert clock.due(60.0) == clock.at_us + int(LONGEST_S * 600 * SECOND), "it does not jump over a minute"


def test_it_stops_at_its_end() -> None:
    clock = Clock(0, HOUR_US, HOUR_US - SECOND, 60.0, 0.0)
    assert clock.due(1.0) == HOUR_US
    clock.reach(HOUR_US, 1.0)
    assert (clock.ended, clock.playing) == (True, False)


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([1.0, 60.0, 600.0])), max_size=20))
def test_it_never_goes_back_or_beyond(steps: list[tuple[float, float]]) -> None:
    clock, now, before = Clock(0, HOUR_US, 0, 60.0, 0.0), 0.0, 0
    for waited, speed in steps:
        now += waited
        due = clock.due(now)
        assert before <= due <= HOUR_US
        assert due - before <= LONGEST_S * 600 * SECOND
        clock.reach(due, now)
        clock.faster(speed, now)
        before = due


# What may be asked


def _play(**fields: Any) -> Play:
    return Play(1, **{"since": "2026-11-22T11:00:00Z", "to": "2026-11-22T23:00:00+00:00", **fields})


def test_a_span_ends_now_at_the_latest() -> None:
    now = micros(datetime(2026, 11, 22, 12, tzinfo=UTC))
    found = span(_play(at="2026-11-22T18:30:00+07:00"), now)
    assert (found.to_us - found.from_us, found.at_us - found.from_us, found.to_us) == (HOUR_US, HOUR_US // 2, now)
    assert span(_play(at="2026-12-22T18:30:00Z"), now).at_us == now


@pytest.mark.parametrize("wrong", [{"to": None}, {"to": "2026-11-22T10:00:00Z"}, {"since": "2026-11-01T00:00:00Z"},
                                   {"since": "soon"}, {"at": "2026-11-22T12:00:00"}])  # fmt: skip
def test_what_cannot_be_replayed_is_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFrame):
        span(_play(**wrong), micros(datetime(2026, 11, 23, tzinfo=UTC)))
    assert LONGEST_US == 8 * 24 * HOUR_US


def test_before_1970_there_is_nothing() -> None:
    now = micros(datetime(1970, 1, 3, tzinfo=UTC))
    with pytest.raises(BadFrame, match=r"không có gì trước năm 1970 / there is nothing before 1970") as e:
        span(Play(7, "1969-12-31T23:59:59Z", "1970-01-02T00:00:00Z"), now)
    assert (e.value.code, e.value.id) == ("bad_span", 7)
    with pytest.raises(BadFrame, match="before 1970"):
        span(Play(7, "1970-01-01T06:00:00+07:00", "1970-01-02T00:00:00Z"), now)
    with pytest.raises(BadFrame, match="with its offset"):
        span(Play(7, "0001-01-01T00:00:00+14:00", "1970-01-02T00:00:00Z"), now)
    assert span(Play(7, "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z", "1960-01-01T00:00:00Z"), now).at_us == 0


def test_each_refusal_is_in_both_languages() -> None:
    now = micros(datetime(2026, 11, 23, tzinfo=UTC))
    wrong: list[dict[str, Any]] = [{"to": None}, {"to": "2026-11-22T10:00:00Z"}, {"since": "2026-11-01T00:00:00Z"},
                                   {"since": "soon"}, {"since": "1960-01-01T00:00:00Z"}]  # fmt: skip
    for fields in wrong:
        with pytest.raises(BadFrame, match=r"^[^/]+ / [^/]+$"):
            span(_play(**fields), now)
    with pytest.raises(BadFrame, match=r"^tốc độ từ 1 đến 600 / speed is 1 to 600$"):
        speed_of(601, 1)


def test_frames_are_those_of_the_live_socket_and_some_more() -> None:
    assert read('{"id":1,"type":"play","from":"a","to":"b"}') == Play(1, "a", "b")
    assert type(read('{"id":1,"type":"subscribe","topic":"latest"}')).__name__ == "Subscribe"
    with pytest.raises(BadFrame, match="play, pause, seek, speed"):
        read('{"id":1,"type":"rewind"}')
    with pytest.raises(BadFrame):
        speed_of(float("nan"), 1)


# The tape


CATALOG = catalog.load(settings.load())


def _city() -> Roster:
    groups = (Group("07210", "bac_giang", "07210"), Group("bac_giang", "bac_giang", None))
    known = [Sensor(f"T{n}", "bac_giang", "traffic", zone="07210", interval_s=10.0, id=n) for n in range(1, 5)]
    return roster(known, CATALOG.registry, groups, channels={"": 0}, version=1)


def _readings(rng: np.random.Generator, count: int, span_s: int) -> Columns:
    """Readings at whole milliseconds, of sensors 1 to 4 and of one that is not known."""
    domain = CATALOG.registry.domains["traffic"]
    values = rng.normal(40, 9, (count, len(domain.metrics))).astype(np.float32).astype(np.float64)
    values[rng.random(values.shape) < 0.4] = np.nan
    return Columns(
        "traffic", tuple(m.name for m in domain.metrics), rng.integers(1, 6, count).astype(np.int32),
        np.zeros(count, np.int16), START + rng.integers(-60_000, span_s * 1000, count) * 1000,
        (rng.random(count) < 0.1).astype(np.uint8), np.zeros(count, np.float32), values,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_however_it_is_cut_the_windows_are_those_of_all_that_was(seed: int) -> None:
    rng = np.random.default_rng(seed)
    city, rows, end = _city(), _readings(rng, 3000, 1200), START + 1200 * SECOND
    old = rows.time_us <= START
    tape = Tape(city, START)
    tape.warm(rows.take(old))
    ahead = rows.take(~old)
    half = START + 600 * SECOND
    tape.add([ahead.take(ahead.time_us <= half)], half)
    seen = [tape.step(START)]
    at = START
    while at < end:
        at = min(end, at + int(rng.integers(1, 90_000)) * 1000)
        if at > half and tape.until_us == half:
            tape.add([ahead.take(ahead.time_us > half)], end)
        seen.append(tape.step(min(at, tape.until_us)))
    assert tape.waiting == 0
    number = next(i for i, d in enumerate(city.domains) if d.code == "traffic")
    whole = Windows(city.domains[number], len(city.groups), now_us=end)
    whole.place(city.zone, city.area, city.active, city.declared(city.domains[number]))
    whole.fold(rows.take(rows.sensor < 5))
    figures = [s.figures for s in seen if s.figures is not None][-1][number]
    for name in ("count", "low", "high", "newest_us", "reporting"):
        np.testing.assert_array_equal(getattr(figures, name), getattr(whole.figures(), name), name)
    np.testing.assert_allclose(figures.mean, whole.figures().mean)
    # And of every step the newest reading of each sensor and metric was given.
    given_rows = join([r for s in seen for r in s.rows])
    assert 5 not in given_rows.sensor
    for sensor in range(1, 5):
        for m in range(rows.values.shape[1]):
            mine = rows.take((rows.sensor == sensor) & ~np.isnan(rows.values[:, m]))
            told = given_rows.take((given_rows.sensor == sensor) & ~np.isnan(given_rows.values[:, m]))
            assert told.time_us.max() == mine.time_us.max()


def test_the_newest_of_each_metric_is_kept() -> None:
    rows = _readings(np.random.default_rng(9), 500, 60)
    rows = rows.take(np.argsort(rows.time_us, kind="stable"))
    few = newest(rows)
    assert len(few) <= 5 * len(rows.metrics) < len(rows)
    assert (np.diff(few.time_us) >= 0).all()


def test_nothing_of_the_future_is_given() -> None:
    rows = _readings(np.random.default_rng(4), 400, 600)
    tape = Tape(_city(), START)
    tape.add([rows.take(rows.time_us > START)], START + 600 * SECOND)
    step = tape.step(START + 100 * SECOND)
    assert max(int(r.time_us.max()) for r in step.rows) <= START + 100 * SECOND
    assert tape.waiting == int((rows.time_us > START + 100 * SECOND).sum() - (
        (rows.time_us > START + 100 * SECOND) & (rows.sensor == 5)).sum())  # fmt: skip


def test_by_the_minute_nobody_is_late_before_the_next_one() -> None:
    assert set(by_the_minute(_city()).interval_s[1:].tolist()) == {60.0}


def test_from_what_it_is_made_is_said() -> None:
    kept = Kept({"traffic": START, "water": NEVER})
    assert kept.said(["traffic", "water"], START + HOUR_US) == "readings"
    assert kept.said(["traffic", "water"], START - HOUR_US) == "both"
    assert kept.said(["traffic"], START + 60 * SECOND) == "minutes"


# The story of alerts


def _alert(**fields: Any) -> dict[str, Any]:
    fixed = {"id": 7, "key": "7", "rule": "dust", "kind": "air_quality", "severity": "major", "area": "bac_giang",
             "zone": "07210", "domain": "environment", "sensor_id": "E1", "departments": [], "peak": 180.0,
             "peak_at": _at(20), "state": "closed", "changed_at": _at(600)}  # fmt: skip
    return {**fixed, **fields}


def _at(minute: float) -> str:
    return f"{datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def _flip(number: int, minute: float, what: str, before: str | None, after: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "alert": 7, "at": datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minute),
            "what": what, "from": before, "to": after, "value": None, "threshold": None, "actor": "engine", "note": "",
            "facts": {}, "severity": "major", **more}  # fmt: skip


def _us(minute: float) -> int:
    return micros(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minute))


FLIPS = [
    _flip(1, 8, "pending", None, "pending", value=110.0, threshold=100.0),
    _flip(2, 10, "fired", "pending", "firing", value=120.0, threshold=100.0),
    _flip(3, 12, "acknowledged", "firing", "acknowledged", actor="Lan", value=150.0),
    _flip(4, 13, "assigned", "acknowledged", "in_progress", actor="Lan", facts={"to": "Tổ 3"}),
    _flip(5, 25, "cleared", "in_progress", "resolved", value=90.0),
    # Recorded after it, although it is of before: what is told keeps the order of what happened to an alert.
    _flip(6, 24, "reopened", "resolved", "firing", actor="Lan"),
    _flip(7, 30, "resolved", "firing", "resolved", actor="Lan"),
    _flip(8, 40, "closed", "resolved", "closed"),
]


def _seen(story: Story, minute: float) -> dict[str, Any] | None:
    found = story.begin(_us(minute)).get(7)
    return None if found is None else msgspec.json.decode(found[1])


def test_an_alert_is_as_it_was() -> None:
    story = Story([_alert()], FLIPS)
    assert _seen(story, 7) is None
    waiting, firing, crew, over, again = (_seen(story, m) for m in (9, 11, 14, 31, 26))
    assert waiting
    assert firing
    assert crew
    assert over
    assert again
    assert (waiting["state"], waiting["fired_at"]) == ("pending", None)
    assert (firing["state"], firing["fired_at"], firing["peak"], firing["acknowledged_at"]) == (
        "firing", _at(10), 110.0, None)  # fmt: skip
    assert (crew["state"], crew["acknowledged_by"], crew["assigned_to"], crew["value"]) == (
        "in_progress", "Lan", "Tổ 3", 120.0)  # fmt: skip
    assert (again["state"], again["acknowledged_by"], again["assigned_to"]) == ("firing", None, None)
    assert (over["state"], over["resolved_by"], over["peak"], over["closed_at"]) == ("resolved", "Lan", 180.0, None)
    assert _seen(story, 41) is None


def test_each_flip_is_told_once_and_in_order() -> None:
    story = Story([_alert()], FLIPS)
    story.begin(_us(9))
    first, rest = story.until(_us(13)), story.until(_us(60))
    assert [c.flip for c in first] != [c.flip for c in rest]
    assert [c.after.state for c in (*first, *rest)] == [
        "firing", "acknowledged", "in_progress", "resolved", "firing", "resolved", "closed"]  # fmt: skip
    assert [c.seq for c in (*first, *rest)] == [2, 3, 4, 5, 6, 7, 8]
    assert story.until(_us(60)) == []
    assert len(story.begin(_us(11))) == 1, "it can be told again"


def test_an_alert_of_which_nothing_may_be_seen_is_not_told() -> None:
    assert Story([], FLIPS).begin(_us(60)) == {}
