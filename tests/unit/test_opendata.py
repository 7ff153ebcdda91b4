"""Open data without servers: days, the door, negotiation, places."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.sensors import Sensor
from infra import catalog as catalogs
from infra.settings import Settings
from ioc_api.opendata import calendar, figures, geo, model, page
from ioc_api.opendata.answers import choose
from ioc_api.opendata.buckets import Buckets, who
from ioc_api.opendata.calendar import HOUR_US, city_day, public_until, start_us, whole_days_until
from ioc_api.opendata.door import DOWNLOADS, Visit
from ioc_api.opendata.stock import Holding, Listed
from ioc_api.problems import Stop

CATALOG = catalogs.load(Settings(domains_dir=None))


# Days


def test_a_city_day_begins_at_17_utc() -> None:
    assert start_us(date(2026, 11, 22)) == int(datetime.fromisoformat("2026-11-21T17:00:00Z").timestamp() * 1e6)
    assert city_day(start_us(date(2026, 11, 22))) == date(2026, 11, 22)
    assert city_day(start_us(date(2026, 11, 22)) - 1) == date(2026, 11, 21)
    assert calendar.month("2024-02").last == date(2024, 2, 29)
    assert calendar.month("2026-12").to_us == start_us(date(2027, 1, 1))
    assert whole_days_until(start_us(date(2026, 11, 22))) == start_us(date(2026, 11, 22))
    assert whole_days_until(start_us(date(2026, 11, 22)) - 1) == start_us(date(2026, 11, 21))


@given(
    now=st.integers(0, 4_000_000_000_000_000), done=st.integers(0, 4_000_000_000_000_000), delay=st.integers(0, 10**6)
)
def test_nothing_younger_than_the_delay_and_nothing_unfinished(now: int, done: int, delay: int) -> None:
    until = public_until(done, now, delay)
    assert until is not None
    assert until % HOUR_US == 0
    assert until <= done
    assert until <= now - delay * 1_000_000
    assert until + HOUR_US > min(done, now - delay * 1_000_000)
    assert public_until(None, now, delay) is None


@pytest.mark.parametrize(
    "text", ["", "2026-1-1", "2026-11-31", "٢٠٢٦-١١-٠١", "2026-11-22T00", "0000-01-01", "9999-12-31"]
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Stop) as e:
        calendar.day(text)
    assert e.value.status == 422


# The door


def test_a_bucket_fills_with_time() -> None:
    buckets = Buckets(rate=30)
    assert [buckets.take("a", 0) for _ in range(31)] == [0] * 30 + [2]
    assert buckets.take("b", 0) == 0, "another address has its own"
    assert buckets.take("a", 1) == 1
    assert buckets.take("a", 2) == 0
    assert buckets.take("a", 2) > 0
    assert [buckets.take("a", 1e6) for _ in range(31)][-1] > 0, "never more than a minute's worth"
    assert buckets.take("a", 0) > 0, "a clock that goes back gives nothing"


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10)), max_size=200))
def test_an_address_never_gets_more_than_its_rate(asked: list[tuple[str, float]]) -> None:
    buckets, now, given_out = Buckets(rate=12, most=3), 0.0, dict.fromkeys("abcdef", 0)
    whole = Buckets(rate=12)
    for address, pause in asked:
        now += pause
        given_out[address] += whole.take(address, now) == 0
        buckets.take(address, now)
        assert len(buckets) <= 3
    assert all(count <= 12 + now / 5 + 1e-9 for count in given_out.values())


def test_what_counts_as_one_address() -> None:
    assert who("2001:db8:1:2:3:4:5:6") == who("2001:db8:1:2::1") != who("2001:db8:1:3::1")
    assert who("::ffff:203.0.113.7") == who("203.0.113.7") != who("203.0.113.8")
    assert who("fe80::1%eth0") == who("fe80::2")
    assert who(None) == ""
    assert who("testclient") == "testclient"


def test_places_for_downloads_are_given_back() -> None:
    under_way: dict[str, int] = {}
    visits = [Visit(address, under_way) for address in "abc"]
    for visit in visits[:DOWNLOADS]:
        visit.begin_download()
    with pytest.raises(Stop, match="at a time and address"):
        Visit("a", under_way).begin_download()
    with pytest.raises(Stop, match="just now"):
        visits[2].begin_download()
    visits[2].leave()
    visits[0].leave()
    visits[0].leave()
    visits[2].begin_download()
    for visit in visits:
        visit.leave()
    assert under_way == {}


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "application/ld+json"),
        ("*/*", "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/ld+json, text/html;q=0.5", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/*;q=0.1, text/*;q=0.2", "text/html"),
        ("image/png", "application/ld+json"),
        ("text/html;q=0", "application/ld+json"),
        ("text/html;q=nonsense", "application/ld+json"),
        (";;;,,q=", "application/ld+json"),
    ],
)
def test_the_form_that_the_caller_likes_best(accept: str, wanted: str) -> None:
    assert choose(accept, ("application/ld+json", "application/json", "text/html")) == wanted


# What is published


def test_what_devices_say_of_themselves_is_no_open_data() -> None:
    common = tomllib.loads((Path(catalogs.__file__).parents[1] / "city/data/domains/common.toml").read_text("utf-8"))
    assert {m["name"] for m in common["metric"]} == figures.DEVICE
    for domain in CATALOG.registry.domains.values():
        assert not {m.name for m in figures.published(domain)} & figures.DEVICE
        assert figures.published(domain)


def test_the_page_and_the_document_name_every_column() -> None:
    columns = {*figures.SENSOR_COLUMNS, *figures.ZONE_COLUMNS}
    assert {c.strip() for names, _ in page.MEANINGS for c in names.split(",")} == columns
    document = (Path(catalogs.__file__).parents[1] / "docs/open-data.md").read_text("utf-8")
    table = [line.split("|")[1] for line in document.split("## Columns")[1].splitlines() if line.startswith("| `")]
    assert {c.strip(" `") for cell in table for c in cell.split(",")} >= columns


def test_many_sensors_are_geojson_too() -> None:
    many = [
        Sensor(f"S{i}", "bac_giang", "traffic", name='"Nút" ' * 20, lat=21.28, lon=106.2, metrics=("speed",))
        for i in range(2_000)
    ]
    blocks = list(geo.sensors([None, *many], CATALOG.registry.domains))
    assert len(blocks) > 1
    assert [f["id"] for f in json.loads(b"".join(blocks))["features"]] == [s.sensor_id for s in many]
    assert json.loads(b"".join(geo.sensors([], {})))["features"] == []


def test_years_of_days_are_one_page() -> None:
    last = date(2026, 11, 22)
    days = [Listed(last - timedelta(days=i), 0, i > 0) for i in range(3650)]
    held = Holding(start_us(last), days[-1].day, last, 0, last, last.replace(day=1))
    domain = CATALOG.registry.domains["traffic"]
    offer = model.offer(
        CATALOG, {"traffic": domain}, {"traffic": held}, Settings(domains_dir=None), base="https://x/open/v1/",
        issued_us=0, sensors_us=None,
    )  # fmt: skip
    text = page.domain(offer, offer.datasets[0], days)
    assert text.count("<details") == 121
    assert "traffic/daily/2016-12.csv" in text
    assert "traffic/hourly/2026-11-22.csv" in text
    assert text.count("/traffic/hourly/") < 13 * 31 + 1
