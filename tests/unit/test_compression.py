"""What is compressed where the license allows: the decision and the statements. They run only on Community editions."""

from __future__ import annotations

from typing import Any

import pytest

from infra import catalog, compression, settings
from infra.compression import Found

NAMES = {"reading_traffic": ("sensor, channel", "time"), "group_hour": ("zone, metric, domain, area", "time")}


def said(found: dict[str, Found], after_days: int) -> list[str]:
    return [s.as_string() for _, s in compression.wanted(NAMES, found, after_days)]


def test_a_new_database_gets_columnstore_and_policy() -> None:
    assert said({}, 7) == [
        'ALTER TABLE "reading_traffic" SET (timescaledb.enable_columnstore = true,'
        " timescaledb.segmentby = 'sensor, channel', timescaledb.orderby = 'time')",
        "CALL add_columnstore_policy('reading_traffic'::regclass, after => INTERVAL '7 days')",
        'ALTER TABLE "group_hour" SET (timescaledb.enable_columnstore = true,'
        " timescaledb.segmentby = 'zone, metric, domain, area', timescaledb.orderby = 'time')",
        "CALL add_columnstore_policy('group_hour'::regclass, after => INTERVAL '7 days')",
    ]


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert said(dict.fromkeys(NAMES, Found(True, 7.0)), 7) == []


def test_another_age_replaces_the_policy() -> None:
    found = {"reading_traffic": Found(True, 7.0), "group_hour": Found(True, 3.0)}
    assert said(found, 3) == [
        "CALL remove_columnstore_policy('reading_traffic'::regclass, if_exists => true)",
        "CALL add_columnstore_policy('reading_traffic'::regclass, after => INTERVAL '3 days')",
    ]


def test_zero_ends_the_policies_and_unpacks_nothing() -> None:
    found = {"reading_traffic": Found(True, 7.0), "group_hour": Found(True, None)}
    assert said(found, 0) == ["CALL remove_columnstore_policy('reading_traffic'::regclass, if_exists => true)"]


@pytest.mark.parametrize(("license_", "days", "says"), [("apache", 7, "is apache"), ("timescale", 0, "DAYS is 0")])
def test_why_it_is_off(license_: str, days: int, says: str) -> None:
    why = compression.off(license_, days)
    assert why
    assert says in why.en


def test_it_is_on_where_the_license_allows() -> None:
    assert compression.off("timescale", 7) is None


def test_every_key_of_a_unique_constraint_is_a_segment_or_an_order() -> None:
    """Else TimescaleDB refuses, or could not find the row that a late reading meets."""
    for name, parts in compression.tables(catalog.load(settings.load())).items():
        columns = {c.strip() for part in parts for c in part.split(",")}
        key = {"sensor", "channel"} if not name.startswith("group_") else {"zone", "metric", "domain", "area"}
        assert columns == key | {"time"}


class Fake:
    """A database that answers as a Community edition would, and notes what it is asked to do."""

    def __init__(self, license_: str) -> None:
        self.license, self.done, self.info = license_, [], self
        self.dbname = "ioc"

    def execute(self, query: Any, *_: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string()
        if "SELECT" in text:
            return Answer([(self.license,)] if "current_setting" in text else [("reading_traffic", True, 7.0)])
        self.done.append(text)
        return None


class Answer(list[Any]):
    def fetchone(self) -> Any:
        return self[0]


def test_the_limit_on_unpacking_is_lifted_once_with_the_first_change() -> None:
    fake = Fake("timescale")
    done = compression.configure(fake, catalog.load(settings.load()), settings.load())
    assert done.on
    assert "reading_traffic" not in done.changed
    assert "minute_traffic" in done.changed
    lifted = 'ALTER DATABASE "ioc" SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0'
    assert fake.done[0] == lifted
    assert fake.done.count(lifted) == 1


def test_nothing_at_all_is_done_on_the_apache_edition() -> None:
    fake = Fake("apache")
    assert not compression.configure(fake, catalog.load(settings.load()), settings.load()).on
    assert fake.done == []
