"""A dry run stops where it is enough: at bytes, at readings, after a while; and tries one message at least."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from infra import quarantine_trial
from infra.quarantine_trial import Item, Trying
from tests.unit.model_collector import BASE_US, ROUTES, TOPIC


def items(taken: list[int], size: int = 0) -> Iterator[Item]:
    for i in range(100):
        taken.append(i)
        said = {"ts": BASE_US // 1000 + i, "values": {"speed": i, "flow": 7}}
        yield Item(i, BASE_US, TOPIC.decode(), json.dumps(said).encode().ljust(size), False)


def trying() -> Trying:
    return Trying(ROUTES, None, BASE_US + 1_000_000, late_days=30, early_s=300, registered=True)


def test_all_where_there_are_few() -> None:
    made = trying()
    made.take_all(items([]))
    assert (made.out.tried, made.out.enter, made.out.wrong) == (100, 100, 0)


@pytest.mark.parametrize(("most", "tried"), [(1, 1), (7, 4), (10, 5)])
def test_so_many_readings(monkeypatch: pytest.MonkeyPatch, most: int, tried: int) -> None:
    monkeypatch.setattr(quarantine_trial, "READINGS", most)
    made, taken = trying(), []
    made.take_all(items(taken))
    assert made.out.tried == tried
    assert len(taken) == tried, "no more are read than are tried"


@pytest.mark.parametrize(("most", "tried"), [(500, 1), (3_000, 3), (3_999, 3)])
def test_so_many_bytes(monkeypatch: pytest.MonkeyPatch, most: int, tried: int) -> None:
    monkeypatch.setattr(quarantine_trial, "BYTES", most)
    made = trying()
    made.take_all(items([], 1_000))
    assert made.out.tried == tried


def test_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr(quarantine_trial, "time", SimpleNamespace(monotonic=lambda: next(now)))
    made = trying()
    made.take_all(items([]))
    assert made.out.tried == quarantine_trial.WORK_S
