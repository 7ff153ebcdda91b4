"""The poisons are what they say: the exact reader and the topic grammar agree with every reason."""

from __future__ import annotations

import time
from itertools import count

import pytest

from city import topics
from city.decoder import Decoder
from city.payload import REASONS, Limits, Message, Reader, summary
from infra.catalog import Catalog
from simulators.faults import HARMLESS, POISONS, Poison

DAY_US = 86_400_000_000


def read(catalog: Catalog, poison: Poison) -> Message:
    now = time.time_ns() // 1000
    limits = Limits(now - 30 * DAY_US, now + 300_000_000)
    return Reader(catalog.registry.domains["traffic"]).read(poison.payload, limits)


def test_there_are_enough_and_each_has_its_own_name() -> None:
    assert len(POISONS) >= 40
    names = [p.name for p in POISONS + HARMLESS]
    assert len(set(names)) == len(names)


def test_nearly_every_reason_is_covered() -> None:
    # A retained message is made by the broker, not by its bytes.
    assert {p.reason for p in POISONS} == set(REASONS) - {"retained_stale", "flood"}


@pytest.mark.parametrize("poison", POISONS, ids=lambda p: p.name)
def test_poison_has_its_reason(poison: Poison, catalog: Catalog) -> None:
    topic = poison.topic("bac_giang", "traffic", "BG-KE-GT01")
    try:
        address = topics.parse(topic)
    except topics.TopicError:
        assert poison.reason == "bad_topic"
        return
    if address.area not in catalog.area_codes or address.domain not in catalog.registry.domains:
        assert poison.reason == "bad_topic"
        return
    if address.sensor_id != "BG-KE-GT01":
        assert poison.reason == "unknown_sensor"
        return
    message = read(catalog, poison)
    assert message.faults, "nothing is wrong with it"
    assert summary(message.faults).reason == poison.reason
    assert sum(len(r.values) for r in message.rows) == poison.stored


@pytest.mark.parametrize("poison", POISONS, ids=lambda p: p.name)
def test_the_quick_way_does_not_raise(poison: Poison, catalog: Catalog) -> None:
    """An exception here would end the collector."""
    Decoder(catalog.registry.domains["traffic"]).quick(poison.payload)


@pytest.mark.parametrize("odd", HARMLESS, ids=lambda p: p.name)
def test_harmless_ones_are_stored(odd: Poison, catalog: Catalog) -> None:
    message = read(catalog, odd)
    assert message.faults == []
    assert sum(len(r.values) for r in message.rows) == odd.stored


def test_topics_can_be_published() -> None:
    for poison, number in zip(POISONS, count()):
        topic = poison.topic("viet_yen", "traffic", f"S{number}")
        assert topic.startswith("ioc/v1/"), "a collector subscribes to nothing else"
        assert not set(topic) & {"#", "+", "\0"}
