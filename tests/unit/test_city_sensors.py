"""Topics and liveness."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import topics
from city.sensors import LIVENESS, liveness, liveness_codes

CODES = st.from_regex(topics.CODE.pattern.removesuffix(r"\Z"), fullmatch=True)
IDS = st.text("ABZaz09._:-", min_size=1, max_size=64)


@given(CODES, CODES, IDS)
def test_a_topic_says_its_address(area: str, domain: str, sensor_id: str) -> None:
    topic = topics.telemetry_topic(area, domain, sensor_id)
    assert topics.parse(topic) == (area, domain, sensor_id)


@given(st.text("iocv1/abAB_:.- +#é\n", max_size=40) | st.text(max_size=30))
def test_other_topics_are_refused_and_nothing_else_happens(topic: str) -> None:
    good = re.fullmatch(r"ioc/v1/[a-z][a-z0-9_]{0,30}/[a-z][a-z0-9_]{0,30}/[A-Za-z0-9._:-]{1,64}/telemetry", topic)
    if not good:
        with pytest.raises(topics.TopicError):
            topics.parse(topic)


@pytest.mark.parametrize(
    "topic",
    [
        "ioc/v1/bac_giang/traffic/S1",
        "ioc/v2/bac_giang/traffic/S1/telemetry",
        "ioc/v1/bac_giang/traffic/S1/telemetry/",
        "ioc/v1/bac_giang/traffic//telemetry",
        "ioc/v1/bac_giang/traffic/" + "x" * 65 + "/telemetry",
        "ioc/v1/bac_giang/traffic/S1\n/telemetry",
        "ioc/v1/Bac_giang/traffic/S1/telemetry",
        "ioc/v1/bac_giang/9traffic/S1/telemetry",
    ],
)
def test_a_topic_outside_the_grammar(topic: str) -> None:
    with pytest.raises(topics.TopicError):
        topics.parse(topic)


def test_liveness_by_missed_reports() -> None:
    assert liveness(None, 10) == "never_seen"
    assert liveness(0, 10) == "online"
    assert liveness(25, 10) == "online"
    assert liveness(25.1, 10) == "late"
    assert liveness(55, 10) == "late"
    assert liveness(55.1, 10) == "offline"


@given(st.lists(st.tuples(st.none() | st.floats(0, 1e6), st.floats(0.1, 1e5)), max_size=20))
def test_many_at_once_are_each_as_alone(sensors: list[tuple[float | None, float]]) -> None:
    ages = np.array([np.nan if age is None else age for age, _ in sensors], float)
    codes = liveness_codes(ages, np.array([interval for _, interval in sensors], float))
    assert [LIVENESS[c] for c in codes] == [liveness(age, interval) for age, interval in sensors]
