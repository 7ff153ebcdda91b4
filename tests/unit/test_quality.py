"""Signs of faults are seen, healthy columns have none, and a score explains itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import quality, quality_words, signs
from city.payload import Reason
from city.quality import REASONS, SLOPES, Facts

RNG = np.random.default_rng(7)
NAN = np.nan


def facts(n: int = 1, **given: float) -> Facts:
    """Facts of n sensors that all are well, but for those given."""
    return Facts(**{code: np.full(n, given.get(code, 0.0)) for code in REASONS})


# Score


@given(
    st.lists(st.floats(0, 5000, allow_nan=False), min_size=len(REASONS), max_size=len(REASONS)),
    st.sampled_from(REASONS),
    st.floats(0, 5000),
    st.booleans(),
    st.integers(0, 100),
)
def test_worse_facts_never_raise_a_score_or_win_trust(
    values: list[float], code: str, more: float, before: bool, limit: int
) -> None:
    better = facts(**dict(zip(REASONS, values, strict=True)))
    worse = dataclasses.replace(better, **{code: getattr(better, code) + more})
    a, b = (quality.scores(quality.lost(f)) for f in (better, worse))
    assert 0 <= b[0] <= a[0] <= 100
    known, was = np.array([True]), np.array([before])
    assert quality.trusted(b, known, was, limit)[0] <= quality.trusted(a, known, was, limit)[0]


@given(st.lists(st.one_of(st.just(NAN), st.floats(0, 5000)), min_size=len(REASONS), max_size=len(REASONS)))
def test_the_reasons_explain_the_whole_score(values: list[float]) -> None:
    points = quality.lost(facts(**dict(zip(REASONS, values, strict=True))))
    assert quality.scores(points)[0] == max(0, 100 - sum(int(p[0]) for p in points.values()))


@pytest.mark.parametrize("code", REASONS)
def test_a_slope_begins_where_it_says_and_ends_at_its_most(code: str) -> None:
    slope = SLOPES[code]
    at = np.array([NAN, 0, slope.start, np.nextafter(slope.start, 1e9) + 1e-6, slope.full, slope.full * 10])
    points = slope.points(at).tolist()
    assert points[:3] == [0, 0, 0]
    assert points[3] == 1
    assert points[4:] == [slope.most, slope.most]


def test_no_one_flaps_at_the_limit() -> None:
    known = np.array([True])
    verdict, seen = np.array([True]), []
    for score in (55, 49, 51, 49, 55, 59, 60, 55, 50, 49):
        verdict = quality.trusted(np.array([score]), known, verdict, 50)
        seen.append(bool(verdict[0]))
    assert seen == [True, False, False, False, False, False, True, True, True, False]


def test_without_enough_readings_a_verdict_stays_as_it_was() -> None:
    known = quality.enough(np.array([5.0, 6, 1, 0]), np.array([2880.0, 2880, 2, 2]))
    assert known.tolist() == [False, True, True, False]
    stays = quality.trusted(np.zeros(2, np.int64), np.array([False, False]), np.array([True, False]), 50)
    assert stays.tolist() == [True, False]


# Words


@pytest.mark.parametrize("code", [*REASONS, quality_words.UNKNOWN])
def test_every_reason_has_words_and_advice_in_both_languages(code: str) -> None:
    said = quality_words.say(code, {}, None)
    assert all(len(text) > 10 for text in said)
    assert said.vi != said.en


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_stands_in_the_docs_with_its_slope(code: str) -> None:
    page = (Path(__file__).parents[2] / "docs/quality.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{code}` |"))
    start, full, most = row.strip("| ").split("|")[2:]

    def number(cell: str) -> float:
        return float(cell.replace("%", "")) / (100 if "%" in cell else 1)

    assert (number(start), number(full), int(most)) == SLOPES[code]


def test_a_reason_names_its_metric_and_facts() -> None:
    said = quality_words.say("stuck", {"metric": "pm2_5", "channel": "A", "value": 35.2, "hours": 6}, None)
    assert said.en == "pm2_5 (A) stood still at 35.2  for 6 h"
    assert "{" not in quality_words.say("drift", {}, None).vi
    assert quality_words.say("of_a_newer_version", {}, None).en == "of_a_newer_version"


@pytest.mark.parametrize("reason", get_args(Reason))
def test_a_reason_of_quarantine_is_no_raw_code(reason: str) -> None:
    said = quality_words.say("quarantined", {"percent": 20, "count": 3, "why": reason}, None)
    for text in (said.vi, said.en):
        assert "…" not in text
        assert "_" not in text
    assert reason not in said.vi


# Completeness


def test_silence_of_all_is_held_against_nobody() -> None:
    share = np.ones((20, 24))
    share[:, 3:6] = 0
    share[:, 6] = 0.25
    assert signs.awake(share).tolist() == [1, 1, 1, 0, 0, 0, 0.25, *([1] * 17)]


def test_completeness_counts_what_came_of_what_was_due() -> None:
    due = np.full((4, 24), 120.0)
    n = np.full((4, 24), 120.0)
    n[1, :12] = 0
    n[2, :12], n[2, 12:] = 0, 240  # twice as much later does not make up for a gap
    n[3] = np.tile([119.0, 121], 12)  # what comes a moment early or late is not lost
    found = signs.completeness(n, due)
    assert found[:2].tolist() == [1, 0.5]
    assert found[2] == pytest.approx(0.5, abs=0.01)
    assert found[3] == pytest.approx(1, abs=0.005)
    assert np.isnan(signs.completeness(np.zeros((1, 24)), np.zeros((1, 24)))[0])


# Standing still


def test_stuck_now_stuck_before_and_alive() -> None:
    low = RNG.uniform(20, 30, (6, 24))
    high = low + RNG.uniform(0.1, 2, low.shape)
    n = np.full(low.shape, 12.0)
    low[1, 18:] = high[1, 18:] = 25.5
    low[2, 3:9] = high[2, 3:9] = 25.5
    low[3, 20:] = high[3, 20:] = 25.5  # four hours are too few
    low[4, 18:] = high[4, 18:] = 25.5
    n[4] = 1  # and so are six readings of the 72 that were due
    low[5, 12:] = high[5, 12:] = 25.5
    low[5, 14:16] = high[5, 14:16] = NAN  # a gap moves nothing
    n[5, 14:16] = 0
    found = signs.still(n, low, high, per_hour=np.full(6, 12.0), hours=6, ends=(0, 100))
    assert found.now.tolist() == [False, True, False, False, False, True]
    assert found.ever.tolist() == [False, True, True, False, False, True]
    assert found.hours.tolist() == [0, 6, 6, 0, 0, 12]
    assert found.value[[1, 2, 5]].tolist() == [25.5] * 3


def test_an_end_of_the_range_may_stand_four_times_as_long() -> None:
    low = np.zeros((2, 24))
    low[0, 8:] = 100  # saturated for sixteen hours, before that nothing
    low[1] = 100
    found = signs.still(np.full(low.shape, 12.0), low, low.copy(), per_hour=np.full(2, 12.0), hours=5, ends=(0, 100))
    assert found.now.tolist() == [False, True]


# Jumps


def test_steps_are_counted_by_what_lies_between() -> None:
    quiet = np.full((4, 240), 20.0) + RNG.uniform(-1, 1, (4, 240))
    quiet[1, [10, 50, 90]] = 60  # up and down again: six steps
    quiet[2, 100:] = 60
    quiet[2, 60:100] = NAN  # too far apart to say
    quiet[3] = NAN
    quiet[3, ::5] = np.where(np.arange(48) % 2, 20, 40)  # 20 apart in five minutes: less than 10 · √5
    count, largest = signs.jumps(quiet, 10)
    assert count.tolist() == [0, 6, 0, 0]
    assert largest[1] == pytest.approx(40, abs=2)
    assert signs.jumps(quiet, 8)[0][3] == 47


# Neighbours


def square(n: int, km: float) -> tuple[signs.Floats, signs.Floats]:
    side = km / 111.2
    return 21.2 + RNG.uniform(0, side, n), 106.1 + RNG.uniform(0, side, n) / np.cos(np.radians(21.2))


def test_neighbours_are_the_nearest_within_3_km() -> None:
    lat, lon = square(300, 12)
    near = signs.neighbours(lat, lon, np.full(300, -1))
    x, y = lon * 111.2 * np.cos(np.radians(lat.mean())), lat * 111.2
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(distance, np.inf)
    for i in range(300):
        wanted = [j for j in np.argsort(distance[i])[: signs.NEIGHBOURS].tolist() if distance[i, j] <= 3]
        assert set(near[i][near[i] >= 0].tolist()) == set(wanted)


def test_a_zone_stands_in_where_no_place_is_known() -> None:
    lat, lon = np.full(8, NAN), np.full(8, NAN)
    lat[0], lon[0] = 21.2, 106.1
    near = signs.neighbours(lat, lon, np.array([1, 1, 1, 1, 2, 2, -1, -1]))
    assert sorted(near[0][near[0] >= 0].tolist()) == [1, 2, 3]
    assert near[4][near[4] >= 0].tolist() == [5]
    assert (near[6] == -1).all()


def test_who_stands_apart_is_told_by_how_much() -> None:
    lat, lon = square(12, 2)
    course = 25 + 5 * np.sin(np.arange(24) / 4)
    value = course + RNG.normal(0, 0.3, (12, 24))
    value[5] += 9
    value[7, :20] = NAN  # only four hours, and those are fine
    near = signs.neighbours(lat, lon, np.full(12, -1))
    found = signs.apart(value, near, 1.5)
    assert found.by[5] == pytest.approx(9, abs=0.6)
    assert found.units[5] == pytest.approx(6, abs=0.5)
    assert (np.delete(found.units, 5) < 1).all()
    assert found.neighbours[5] == 11
    two = signs.apart(value[:3], signs.neighbours(lat[:3], lon[:3], np.full(3, -1)), 1.5)
    assert np.isnan(two.units).all(), "two neighbours say nothing"


def test_a_rise_that_all_share_is_no_drift() -> None:
    lat, lon = square(10, 2)
    value = np.tile(np.linspace(20, 300, 24), (10, 1)) * RNG.uniform(0.95, 1.05, (10, 1))
    assert (signs.apart(value, signs.neighbours(lat, lon, np.full(10, -1)), 15).units < 2).all()
