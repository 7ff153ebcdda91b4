"""An engine that stands by works nothing out, and begins with nothing that was said in its former life."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alerts.engine import engine as module
from alerts.engine.engine import Engine
from alerts.notice.book import hours_of


def test_figures_of_a_former_life_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.place, "alone", lambda conn: False)
    link = SimpleNamespace(at_work=nullcontext)
    engine = Engine(*cast(Any, (None, None, link, None, None)))
    engine.book = cast(Any, object())
    engine.figures.append([])
    assert not engine.begin()
    assert engine.book is None
    assert engine.figures == []


@pytest.mark.parametrize("hours", [None, [{"days": [1], "from": "07:30"}], "always", 7])
def test_hours_that_are_not_understood_keep_nobody_from_being_told(hours: Any) -> None:
    assert hours_of(hours) is None
