"""Open data on real servers: what the files say, and what is published when."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import httpx2 as httpx
import psycopg
import pyarrow.parquet as pq
import pytest
import structlog

from infra import sensors
from infra.catalog import Catalog
from infra.rollup.run import roll
from infra.settings import Settings
from infra.times import now_us, rfc3339
from ioc_api.opendata.calendar import HOUR_US, city_day, start_us
from ioc_api.opendata.figures import SENSOR_COLUMNS, ZONE_COLUMNS
from tests.fix_api import Api
from tests.fix_opendata import BEFORE, SENSORS, TODAY, YESTERDAY, Figures, problem, rows
from tests.service import until

pytestmark = pytest.mark.servers


def test_hours_and_days_of_sensors(open_http: httpx.Client) -> None:
    answer = open_http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv")
    assert answer.text.splitlines()[0] == ",".join(SENSOR_COLUMNS)
    found = rows(answer)
    assert [(r["sensor"], r["metric"]) for r in found] == [
        ("'-T2", "speed"), ("T1", "count"), ("T1", "speed"), ("T1", "count"), ("T1", "speed"),
    ]  # fmt: skip
    assert found[2] == {
        "time": rfc3339(start_us(YESTERDAY)), "local_time": f"{YESTERDAY}T00:00:00+07:00", "area": "bac_giang",
        "zone": "07210", "sensor": "T1", "channel": "", "metric": "speed", "unit": "km/h", "n": "360", "mean": "41.3",
        "min": "3.5", "max": "60.25", "value": "41.3", "completeness": "100", "trusted": "t",
    }  # fmt: skip
    assert (found[1]["value"], found[1]["completeness"]) == ("150", "16.7")
    assert (found[0]["zone"], found[0]["completeness"]) == ("", "50")
    assert "attachment" in answer.headers["content-disposition"]

    if YESTERDAY.month == BEFORE.month:
        days = rows(open_http.get(f"/open/v1/traffic/daily/{str(YESTERDAY)[:7]}.csv"))
        assert [(r["local_time"][:10], r["sensor"], r["metric"], r["n"], r["mean"], r["value"]) for r in days] == [
            (str(BEFORE), "T1", "count", "120", "2.5", "300"), (str(BEFORE), "T1", "speed", "720", "41.3", "41.3"),
            (str(YESTERDAY), "'-T2", "speed", "30", "20", "20"), (str(YESTERDAY), "T1", "count", "120", "2.5", "300"),
            (str(YESTERDAY), "T1", "speed", "720", "41.3", "41.3"),
        ]  # fmt: skip


def test_zones(open_http: httpx.Client) -> None:
    answer = open_http.get(f"/open/v1/traffic/zones/hourly/{YESTERDAY}.csv")
    assert answer.text.splitlines()[0] == ",".join(ZONE_COLUMNS)
    found = rows(answer)
    assert [(r["area"], r["zone"], r["metric"]) for r in found] == [
        ("bac_giang", "", "speed"), ("bac_giang", "07210", "speed"),
    ]  # fmt: skip
    assert found[0] == {
        "time": rfc3339(start_us(YESTERDAY)), "local_time": f"{YESTERDAY}T00:00:00+07:00", "area": "bac_giang",
        "zone": "", "metric": "speed", "unit": "km/h", "n": "360", "mean": "41.3", "min": "3", "max": "60",
        "value": "41.3", "completeness": "50", "sensors": "1", "sensors_expected": "2",
    }  # fmt: skip
    (one, _) = rows(open_http.get(f"/open/v1/traffic/zones/daily/{str(YESTERDAY)[:7]}.csv"))
    assert (one["n"], one["completeness"]) == ("8000", "50")


def test_a_day_is_folded_as_the_metric_asks(open_figures: Figures, serve_open: Callable[..., httpx.Client]) -> None:
    noon = start_us(YESTERDAY) + 12 * HOUR_US
    open_figures.run("INSERT INTO channel (id, name) VALUES (7, '=1+1')")
    # North-west and north-east, 3 to 1; two hours of noise; counters that rise; a direction that cancels out.
    open_figures.hour("environment", "E1", noon, channel=7, wind_direction__n=30, wind_direction__mean=315,
                 wind_direction__min=300, wind_direction__max=330, wind_direction__x=-(0.5**0.5),
                 wind_direction__y=0.5**0.5, noise__n=10, noise__mean=60, noise__min=50, noise__max=70,
                 rainfall__n=6, rainfall__mean=0.1, rainfall__min=0, rainfall__max=0.3, rainfall__value=0.6,
                 wind_speed__n=2, wind_speed__mean=1, wind_speed__min=1, wind_speed__max=1)  # fmt: skip
    open_figures.hour("environment", "E1", noon + HOUR_US, channel=7, wind_direction__n=10, wind_direction__mean=45,
                 wind_direction__min=40, wind_direction__max=50, wind_direction__x=0.5**0.5,
                 wind_direction__y=0.5**0.5, noise__n=10, noise__mean=70, noise__min=65, noise__max=75,
                 rainfall__n=6, rainfall__mean=0.2, rainfall__min=0, rainfall__max=0.6, rainfall__value=1.2,
                 wind_speed__n=6, wind_speed__mean=5, wind_speed__min=4, wind_speed__max=6)  # fmt: skip
    open_figures.hour("environment", "E1", noon, wind_direction__n=2, wind_direction__mean=float("nan"),
                 wind_direction__min=0, wind_direction__max=180, wind_direction__x=0, wind_direction__y=0)  # fmt: skip
    open_figures.hour("lighting", "L1", noon, energy__n=60, energy__mean=123456789.25, energy__min=123456788.5,
                 energy__max=123456790, energy__value=1.5)  # fmt: skip
    open_figures.hour("lighting", "L1", noon + HOUR_US, energy__n=60, energy__mean=123456791.25,
                      energy__min=123456790.5, energy__max=123456792, energy__value=2.25)  # fmt: skip
    for domain in ("environment", "lighting"):
        open_figures.done_until(domain, start_us(TODAY))
    http = serve_open()
    month = str(YESTERDAY)[:7]
    found = {(r["channel"], r["metric"]): r for r in rows(http.get(f"/open/v1/environment/daily/{month}.csv"))}
    assert set(found) == {("", "wind_direction"), *(("'=1+1", m) for m in
                          ("wind_direction", "noise", "rainfall", "wind_speed"))}  # fmt: skip
    wind = found["'=1+1", "wind_direction"]
    assert (wind["n"], float(wind["mean"])) == ("40", pytest.approx(315 + 18.4349, abs=1e-3))
    assert (found["", "wind_direction"]["mean"], found["", "wind_direction"]["value"]) == ("", "")
    assert float(found["'=1+1", "noise"]["mean"]) == pytest.approx(67.4036, abs=1e-3)
    assert (found["'=1+1", "rainfall"]["value"], found["'=1+1", "rainfall"]["mean"]) == ("1.8", "0.15")
    assert found["'=1+1", "wind_speed"]["mean"] == "4"
    (energy,) = rows(http.get(f"/open/v1/lighting/daily/{month}.csv"))
    assert (energy["value"], energy["min"], energy["mean"]) == ("3.75", "123456788.5", "123456790.25")
    hours = rows(http.get(f"/open/v1/environment/hourly/{YESTERDAY}.csv"))
    assert ("", "wind_direction", "") in {(r["channel"], r["metric"], r["mean"]) for r in hours}
    table = pq.read_table(io.BytesIO(http.get(f"/open/v1/environment/daily/{month}.parquet").content))
    assert set(table["channel"].to_pylist()) == {"", "=1+1"}, "nobody opens Parquet in a spreadsheet"


def test_parquet_says_the_same(open_http: httpx.Client) -> None:
    for path in (
        f"traffic/hourly/{YESTERDAY}",
        f"traffic/daily/{str(YESTERDAY)[:7]}",
        f"traffic/zones/hourly/{YESTERDAY}",
        f"traffic/zones/daily/{str(YESTERDAY)[:7]}",
    ):
        answer = open_http.get(f"/open/v1/{path}.parquet")
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        table = pq.read_table(io.BytesIO(answer.content))
        text = rows(open_http.get(f"/open/v1/{path}.csv"))
        assert table.num_rows == len(text) > 0
        for a, b in zip(table.to_pylist(), text, strict=True):
            assert a["time"] == datetime.fromisoformat(b["time"])
            assert a["mean"] == pytest.approx(float(b["mean"]))
            assert (a["local_time"], a["metric"], a["zone"], a["n"]) == (
                b["local_time"], b["metric"], b["zone"], int(b["n"]),
            )  # fmt: skip


def test_nothing_is_published_before_its_time(open_figures: Figures, serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open(IOC_OPEN_DELAY_S="7200")
    # An hour later there may be one more: the test may run over the end of an hour.
    before = (now_us() - 2 * HOUR_US) // HOUR_US * HOUR_US
    for h in (-1, 0, 1):
        open_figures.hour("traffic", "T1", before + h * HOUR_US, speed__n=1, speed__mean=1, speed__min=1, speed__max=1)
    answer = http.get(f"/open/v1/traffic/hourly/{city_day(before - 1)}.csv")
    after = (now_us() - 2 * HOUR_US) // HOUR_US * HOUR_US
    newest = max(r["time"] for r in rows(answer))
    assert newest in {rfc3339(before - HOUR_US), rfc3339(after - HOUR_US)}
    assert "max-age=300" in answer.headers["cache-control"] or before == start_us(TODAY)
    # What is not rolled up is not published, however old it is.
    open_figures.done_until("traffic", start_us(BEFORE) + 3 * HOUR_US)
    assert len({r["time"] for r in rows(http.get(f"/open/v1/traffic/hourly/{BEFORE}.csv"))}) == 1
    assert "not been published yet" in problem(http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv"), 404)
    assert "wholly passed" in problem(http.get(f"/open/v1/traffic/daily/{str(BEFORE)[:7]}.csv"), 404) or (
        BEFORE.day > 1  # then days before it have passed, but have no figures
    )
    open_figures.run("UPDATE rollup_state SET done_until = '-infinity'")
    assert "nothing of this domain" in problem(http.get(f"/open/v1/traffic/hourly/{BEFORE}.csv"), 404)
    listed = http.get("/open/v1/traffic/").json()
    assert (listed["published_until"], listed["days"]) == (None, [])


def test_a_copy_is_good_until_a_late_reading(open_figures: Figures, serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open()
    for path in (f"hourly/{BEFORE}.csv", f"daily/{str(BEFORE)[:7]}.parquet", f"zones/hourly/{BEFORE}.csv"):
        url = f"/open/v1/traffic/{path}"
        if path.startswith("zones"):
            open_figures.group("group_hour", "traffic", start_us(BEFORE), "", "flow")
        first = http.get(url)
        etag = first.headers["etag"]
        again = http.get(url, headers={"If-None-Match": f'"other", {etag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert http.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
        head = http.head(url, headers={"If-None-Match": etag})
        assert (head.status_code, head.headers["etag"]) == (304, etag)
        assert http.head(url).headers["content-disposition"] == first.headers["content-disposition"]
        assert (http.head(url).status_code, http.head(url).content) == (200, b"")
        assert http.head(url).headers.get("content-length") != "0", "the file is not empty"
        # A late reading changes an hour of the day: the rollup says so.
        open_figures.hour(
            "traffic", "T1", start_us(BEFORE), speed__n=361, speed__mean=42.5, speed__min=3, speed__max=61
        )
        late = http.get(url, headers={"If-None-Match": etag})
        assert late.status_code == 200
        assert late.headers["etag"] != etag
        other = http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv").headers["etag"]
        open_figures.hour(
            "traffic", "T1", start_us(BEFORE), speed__n=362, speed__mean=42.5, speed__min=3, speed__max=61
        )
        if "daily" not in path:
            assert http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv").headers["etag"] == other
    assert "GMT" in first.headers["last-modified"]
    assert first.headers["cache-control"] == "public, max-age=3600"


def test_sensors_that_are_not_trusted(open_figures: Figures, serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open()
    url = f"/open/v1/traffic/hourly/{YESTERDAY}.csv"
    etag = http.get(url).headers["etag"]
    open_figures.run(
        "INSERT INTO sensor_quality (sensor, at, score, trusted) VALUES (%s, now(), 10, false)",
        open_figures.numbers["-T2"],
    )
    left = http.get(url, headers={"If-None-Match": etag})
    assert {r["sensor"] for r in rows(left)} == {"T1"}
    marked = serve_open(IOC_UNTRUSTED="keep").get(url)
    assert {(r["sensor"], r["trusted"]) for r in rows(marked)} == {("T1", "t"), ("'-T2", "f")}


def test_zones_and_sensors_as_geojson(open_figures: Figures, serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open()
    zones = http.get("/open/v1/zones.geojson")
    assert zones.headers["content-type"] == "application/geo+json"
    body = zones.json()
    zone = next(f for f in body["features"] if f["properties"]["code"] == "07210")
    assert (zone["properties"]["vi"], zone["properties"]["outline"]) == ("Phường Bắc Giang", "schematic")
    (ring,) = zone["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) > 0, "against the clock"
    assert http.get("/open/v1/zones.geojson", headers={"If-None-Match": zones.headers["etag"]}).status_code == 304

    answer = http.get("/open/v1/sensors.geojson")
    points = {f["id"]: f for f in answer.json()["features"]}
    assert set(points) == {"T1", "E1"}, "those with coordinates that are not retired"
    assert points["T1"]["geometry"] == {"type": "Point", "coordinates": [106.2, 21.28]}
    assert points["T1"]["properties"] == {
        "id": "T1", "name": "Nút 1", "domain": "traffic", "area": "bac_giang", "zone": "07210", "interval_s": 10,
        "metrics": [
            {"name": "speed", "unit": "km/h", "vi": "tốc độ trung bình", "en": "mean speed"},
            {"name": "flow", "unit": "veh/h", "vi": "lưu lượng", "en": "flow"},
        ],
    }  # fmt: skip
    for secret in ("TỦ-9", "nhà ông A", "battery", "status", "last_seen", "parent"):
        assert secret not in answer.text
    etag = answer.headers["etag"]
    assert http.get("/open/v1/sensors.geojson", headers={"If-None-Match": etag}).status_code == 304
    open_figures.run("UPDATE sensor SET name = 'Nút mới' WHERE sensor_id = 'T1'")
    until(
        lambda: http.get("/open/v1/sensors.geojson", headers={"If-None-Match": etag}).status_code == 200,
        "the change is seen",
    )


def test_a_late_reading_changes_the_file_by_way_of_the_rollups(
    database: str, catalog: Catalog, api: Callable[..., Api]
) -> None:
    at_us = start_us(BEFORE) + 5 * HOUR_US
    settings = Settings(domains_dir=None)

    def store(conn: psycopg.Connection, minute: int, speed: float) -> None:
        conn.execute(
            "INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s, speed)"
            " SELECT %s, id, 1, 0, 0, 0, %s FROM sensor WHERE sensor_id = 'T1'",
            [rfc3339(at_us + minute * 60_000_000), speed],
        )

    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
        for minute in (1, 2, 3):
            store(conn, minute, 40 + minute)
        roll(conn, catalog, settings, now_us(), structlog.get_logger())
        one = api(database, "mqtt://127.0.0.1:1")
        url = f"/open/v1/traffic/hourly/{BEFORE}.csv"
        first = one.http.get(url)
        assert [(r["n"], r["mean"], r["max"]) for r in rows(first)] == [("3", "42", "43")]
        zone = one.http.get(f"/open/v1/traffic/zones/hourly/{BEFORE}.csv")
        assert {(r["zone"], r["n"], r["mean"]) for r in rows(zone)} == {("", "3", "42"), ("07210", "3", "42")}
        month = one.http.get(f"/open/v1/traffic/zones/daily/{str(BEFORE)[:7]}.csv")
        assert {(r["zone"], r["n"]) for r in rows(month)} == {("", "3"), ("07210", "3")}
        assert one.http.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        # What the collector does with a reading of a closed hour.
        with conn.transaction():
            store(conn, 4, 50)
            conn.execute(
                "INSERT INTO rollup_due (domain, hour, batch, sensors) SELECT 'traffic', %s, 2, array_agg(id)"
                " FROM sensor WHERE sensor_id = 'T1'",
                [rfc3339(at_us)],
            )
        roll(conn, catalog, settings, now_us(), structlog.get_logger())
    for old in (first, zone, month):
        path = old.request.url.path
        late = one.http.get(path, headers={"If-None-Match": old.headers["etag"]})
        assert {r["n"] for r in rows(late)} == {"4"}, path
