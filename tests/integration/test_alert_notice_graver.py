"""Graver news does not wait behind lesser news of the same group."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from infra.catalog import Catalog
from tests.notices import RULES, Office, rule

pytestmark = pytest.mark.servers


@pytest.fixture
def ward(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES, rule("haze", severity="warning"))
        made.department("ward")
        made.route("ward")
        yield made


def test_a_major_alert_waits_only_for_company_behind_a_warning_and_the_next_one_for_the_interval(ward: Office) -> None:
    ward.happens("fired", "S1", "haze")
    ward.goes_on(40)
    ward.happens("fired", "S2", "haze")
    ward.goes_on(40)
    assert len(ward.messages()) == 1, "no graver than what was told"
    ward.happens("fired", "S3", "dust")
    ward.goes_on(40)
    assert [set(m.said()) for m in ward.messages()] == [{"sensor/S1"}, {"sensor/S2", "sensor/S3"}]
    ward.happens("fired", "S4", "dust")
    ward.goes_on(200)
    assert len(ward.messages()) == 2
    ward.goes_on(100)
    assert list(ward.messages()[2].said()) == ["sensor/S4"]


def test_a_critical_alert_whose_sensor_falls_silent_does_not_wait_for_the_interval(ward: Office) -> None:
    ward.happens("fired", code="smoke")
    ward.round()
    ward.happens("lost", code="smoke")
    ward.goes_on(40)
    assert ward.kinds() == ["firing", "lost"]
