"""Wallboards: whether a screen draws what it is sent, told by what it says itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.access.who import Grant, Who
from ioc_api.live import walls
from ioc_api.live.walls import FROZEN_S, Drawing, Walls


def who(number: int = 7, name: str = "Sảnh", way: str = "wallboard") -> Who:
    return Who(name, way, ((Grant("wallboard"),),), key=f"token {number}")


def test_what_is_not_drawn_grows_old() -> None:
    drawing = Drawing()
    assert drawing.behind_s(100) == 0
    drawing.sent(1, 40, 100)
    drawing.sent(1, 41, 105)
    assert drawing.behind_s(110) == 10
    drawing.drawn(1, 40, 111)
    assert drawing.behind_s(112) == 7, "the later frame waits from when it was sent"
    drawing.drawn(1, 41, 113)
    assert drawing.behind_s(1000) == 0, "nothing has been sent since: standing still is right"
    assert drawing.drawn_us is not None


def test_only_subscriptions_that_are_spoken_of_count() -> None:
    drawing = Drawing()
    drawing.sent(1, 5, 0)
    drawing.sent(2, 5, 0)
    assert drawing.behind_s(40) == 40, "it speaks of none: that it draws at all is not known"
    drawing.drawn(1, 5, 40)
    assert drawing.behind_s(41) == 0
    drawing.drawn(2, 4, 41)
    assert drawing.behind_s(41) == 41
    drawing.ended(2)
    assert drawing.behind_s(100) == 0


def test_a_claim_beyond_what_was_sent_is_none() -> None:
    drawing = Drawing()
    drawing.sent(1, 5, 0)
    drawing.drawn(1, 6, 1)
    for seq in (1, 0, -1, -(2**63)):
        drawing.drawn(9, seq, 1)
    assert drawing.drawn_us is None
    assert drawing.behind_s(50) == 50


def test_a_subscription_that_begins_again_waits_anew() -> None:
    drawing = Drawing()
    drawing.sent(1, 50, 0)
    drawing.sent(1, 3, 20)  # another epoch
    assert drawing.behind_s(21) == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=300))
def test_it_is_behind_as_long_as_something_waits_and_costs_no_memory(steps: list[tuple[bool, int]]) -> None:
    drawing, now, last, drawn = Drawing(), 0.0, 0, 0
    for sends, by in steps:
        now += 1
        if sends:
            last += by
            drawing.sent(1, last, now)
        else:
            drawn = min(last, drawn + by)
            drawing.drawn(1, drawn, now)
        assert (drawing.behind_s(now + 0.5) > 0) is (drawn < last)
        assert len(drawing._waiting.get(1, ())) <= 64


def test_a_wall_comes_freezes_and_goes() -> None:
    all_walls = Walls()
    assert all_walls.come(who(way="token")) is None
    one, two = all_walls.come(who()), all_walls.come(who())
    assert one is not None
    assert two is not None
    for drawing in (one, two):
        drawing.sent(1, 1, 0)
        drawing.drawn(1, 1, 1)
    (state,) = all_walls.states(100).values()
    assert (state.word, state.connections, state.behind_s, state.frozen) == ("ok", 2, 0, False)
    two.sent(1, 2, 100)
    (state,) = all_walls.states(100 + FROZEN_S + 1).values()
    assert (state.word, state.frozen) == ("frozen", True), "one of its screens stands still"
    item = all_walls.items(100 + FROZEN_S + 1)["wall/Sảnh"]
    assert (item["state"], item["connections"], item["token"]) == ("frozen", 2, 7)
    assert item["drawn_at"]
    for drawing in (one, two):
        all_walls.leave(who(), drawing, for_good=False)
    (state,) = all_walls.states(1000).values()
    assert (state.word, state.frozen, state.behind_s) == ("away", False, 0)
    assert state.drawn_us == max(d.drawn_us for d in (one, two) if d.drawn_us)


def test_who_is_away_for_long_or_for_good_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    all_walls = Walls()
    first, other = all_walls.come(who(1, "a")), all_walls.come(who(2, "b"))
    assert first is not None
    assert other is not None
    all_walls.leave(who(1), first, for_good=True)
    all_walls.leave(who(2), other, for_good=False)
    assert list(all_walls.states(0)) == [2]
    now = walls.now_us()
    monkeypatch.setattr(walls, "now_us", lambda: now + 86_401 * 1_000_000)
    assert not all_walls.states(0)


def test_walls_of_one_name_are_told_apart() -> None:
    all_walls = Walls()
    for number in (1, 2):
        all_walls.come(who(number))
    assert set(all_walls.items(0)) == {"wall/Sảnh #1", "wall/Sảnh #2"}
