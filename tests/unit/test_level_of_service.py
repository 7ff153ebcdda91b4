"""Level of service by the bounds of HCM 2010, and the mean travel-time index."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import level_of_service as los

TEXT = (resources.files("city") / "data" / "level_of_service.toml").read_text(encoding="utf-8")
SCALE = los.parse(TEXT)


@pytest.mark.parametrize(
    ("share", "level"),
    [
        (130, "A"), (85.01, "A"), (85, "B"), (67.01, "B"), (67, "C"), (50.01, "C"), (50, "D"), (40.01, "D"), (40, "E"),
        (30.01, "E"), (30, "F"), (0, "F"),
    ],
)  # fmt: skip
def test_bounds(share: float, level: str) -> None:
    assert SCALE.of(share).code == level


@given(st.floats(0, 200), st.floats(0, 200))
def test_faster_is_never_worse(a: float, b: float) -> None:
    slow, fast = sorted((a, b))
    assert SCALE.of(fast).code <= SCALE.of(slow).code


def test_travel_time_index() -> None:
    assert los.travel_time_index(25, 50) == 2
    assert los.mean_index([1.0, 2.0], [300, 100]) == (1.25, "flow")
    assert los.mean_index([1.0, 2.0], [None, None]) == (1.5, "equal")
    assert los.mean_index([1.0, 2.0], [0, 0]) == (1.5, "equal")
    # A road of unknown flow weighs as much as the mean of the others.
    assert los.mean_index([1.0, 2.0, 3.0], [300, 100, None]) == ((300 + 200 + 600) / 600, "flow")


def test_a_bad_file_is_refused() -> None:
    with pytest.raises(ValueError):
        los.parse(TEXT.replace("above = 50", "above = 90"))
