"""Open data on real servers: from the catalogue to a file, what is published when, and how it is kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2 as httpx
import psycopg
import pyarrow.parquet as pq
import pytest
import structlog

from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.rollup.changed import note_written
from infra.rollup.run import roll
from infra.servers import Postgres
from infra.settings import Settings
from ioc_api.opendata.calendar import DAY_US, HOUR_US, city_day, start_us
from ioc_api.opendata.figures import SENSOR_COLUMNS, ZONE_COLUMNS
from ioc_api.times import now_us, rfc3339
from tests.fix_api import Api
from tests.fix_servers import TEMPLATE
from tests.service import Service, until

pytestmark = pytest.mark.servers

NOW_US = now_us()
TODAY = city_day(NOW_US)
YESTERDAY, BEFORE = TODAY - timedelta(days=1), TODAY - timedelta(days=2)
SENSORS = [
    Sensor("T1", "bac_giang", "traffic", zone="07210", name="Nút 1", lat=21.28, lon=106.2, parent="TỦ-9",
           place="nhà ông A", metrics=("speed", "flow", "battery")),
    Sensor("-T2", "bac_giang", "traffic", zone=None, interval_s=60),
    Sensor("E1", "viet_yen", "environment", zone="07777", lat=21.29, lon=106.1),
    Sensor("L1", "bac_giang", "lighting", zone="07210"),
    Sensor("OLD", "bac_giang", "traffic", lat=21.2, lon=106.2, status="retired"),
]  # fmt: skip


class Figures:
    """Figures as the rollups leave them, written by SQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as conn:
            sensors.save(conn, SENSORS)
            self.numbers: dict[str, int] = dict(conn.execute("SELECT sensor_id, id FROM sensor").fetchall())

    def hour(self, domain: str, sensor: str, hour_us: int, *, channel: int = 0, **columns: Any) -> None:
        """Write one hour of a sensor; columns as speed__mean=41.3."""
        named = {"time": rfc3339(hour_us), "sensor": self.numbers[sensor], "channel": channel, "lag_s": 1}
        named |= {k.replace("__", "$"): v for k, v in columns.items()}
        listed = ", ".join(f'"{k}"' for k in named)
        changed = ", ".join(f'"{k}" = EXCLUDED."{k}"' for k in named)
        with psycopg.connect(self.url) as conn:
            conn.execute(
                f"INSERT INTO hour_{domain} ({listed}) VALUES ({', '.join(['%s'] * len(named))})"
                f" ON CONFLICT (sensor, channel, time) DO UPDATE SET {changed}",
                list(named.values()),
            )
            note_written(conn, domain, [hour_us])

    def group(self, table: str, domain: str, time_us: int, zone: str, metric: str, **columns: Any) -> None:
        """Write one figure of a zone, or of the whole area (zone empty)."""
        named = {
            "time": rfc3339(time_us), "area": "bac_giang", "zone": zone, "domain": domain, "metric": metric,
            "n": 360, "mean": 41.30000019, "min": 3.0, "max": 60.0, "value": 41.30000019, "sensors": 1, "expected": 2,
            "due_n": 720.0, "left_out": 0, **columns,
        }  # fmt: skip
        with psycopg.connect(self.url) as conn:
            conn.execute(
                f"INSERT INTO {table} ({', '.join(named)}) VALUES ({', '.join(['%s'] * len(named))})",
                list(named.values()),
            )

    def done_until(self, domain: str, us: int) -> None:
        self.run("UPDATE rollup_state SET done_until = %s WHERE domain = %s", rfc3339(us), domain)

    def run(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute(query, values)


def fill(url: str) -> Figures:
    """Two whole days of traffic, and what there is of today."""
    made = Figures(url)
    for day in (BEFORE, YESTERDAY):
        for h in (0, 7):
            made.hour("traffic", "T1", start_us(day) + h * HOUR_US, speed__n=360, speed__mean=41.3, speed__min=3.5,
                      speed__max=60.25, count__n=60, count__mean=2.5, count__min=0, count__max=9, count__value=150.0,
                      battery__n=60, battery__mean=88, battery__min=80, battery__max=90)  # fmt: skip
    made.hour("traffic", "-T2", start_us(YESTERDAY), speed__n=30, speed__mean=20, speed__min=10, speed__max=30)
    for h in range(24):
        made.hour("traffic", "T1", start_us(TODAY) + h * HOUR_US, speed__n=360, speed__mean=50, speed__min=1,
                  speed__max=99)  # fmt: skip
    for zone in ("07210", ""):
        made.group("group_hour", "traffic", start_us(YESTERDAY), zone, "speed")
        made.group("group_hour", "traffic", start_us(YESTERDAY), zone, "battery")
        made.group("group_day", "traffic", start_us(YESTERDAY), zone, "speed", n=8000, due_n=16000.0)
    made.done_until("traffic", start_us(TODAY) + DAY_US)
    return made


@pytest.fixture(scope="module")
def http(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client without any right, for tests that change nothing."""
    url = postgres.url_of("open_data")
    log = tmp_path_factory.mktemp("open") / "api.log"
    made: list[Service] = []

    def start(*args: str, env: dict[str, str]) -> Service:
        made.append(Service(args, env, log))
        return made[-1]

    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE open_data TEMPLATE {TEMPLATE}")
        try:
            fill(url)
            one = Api(start, url, "mqtt://127.0.0.1:1", IOC_OPEN_RATE="100000")
            one.close()
            with httpx.Client(base_url=one.url, timeout=20) as client:
                registry_is_read(client)
                yield client
        finally:
            for process in made:
                process.kill()
            conn.execute("DROP DATABASE open_data WITH (FORCE)")


@pytest.fixture
def figures(database: str) -> Figures:
    """Figures to change."""
    return fill(database)


def registry_is_read(client: httpx.Client) -> None:
    until(lambda: client.get("/open/v1/sensors.geojson").status_code != 503, "the registry is read")


@pytest.fixture
def serve(figures: Figures, api: Callable[..., Api]) -> Iterator[Callable[..., httpx.Client]]:
    """Start the API on the figures; a client without any right."""
    clients: list[httpx.Client] = []

    def start(**env: str) -> httpx.Client:
        one = api(figures.url, "mqtt://127.0.0.1:1", **{"IOC_OPEN_RATE": "100000", **env})
        clients.append(httpx.Client(base_url=one.url, timeout=20))
        client = clients[-1]
        if env.get("IOC_OPEN_DATA") != "false":
            registry_is_read(client)
        return client

    try:
        yield start
    finally:
        for one in clients:
            one.close()


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem of that status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    return str(answer.json()["detail"])


def test_hours_and_days_of_sensors(http: httpx.Client) -> None:
    answer = http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv")
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
        days = rows(http.get(f"/open/v1/traffic/daily/{str(YESTERDAY)[:7]}.csv"))
        assert [(r["local_time"][:10], r["sensor"], r["metric"], r["n"], r["mean"], r["value"]) for r in days] == [
            (str(BEFORE), "T1", "count", "120", "2.5", "300"), (str(BEFORE), "T1", "speed", "720", "41.3", "41.3"),
            (str(YESTERDAY), "'-T2", "speed", "30", "20", "20"), (str(YESTERDAY), "T1", "count", "120", "2.5", "300"),
            (str(YESTERDAY), "T1", "speed", "720", "41.3", "41.3"),
        ]  # fmt: skip


def test_zones(http: httpx.Client) -> None:
    answer = http.get(f"/open/v1/traffic/zones/hourly/{YESTERDAY}.csv")
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
    (one, _) = rows(http.get(f"/open/v1/traffic/zones/daily/{str(YESTERDAY)[:7]}.csv"))
    assert (one["n"], one["completeness"]) == ("8000", "50")


def test_a_day_is_folded_as_the_metric_asks(figures: Figures, serve: Callable[..., httpx.Client]) -> None:
    noon = start_us(YESTERDAY) + 12 * HOUR_US
    figures.run("INSERT INTO channel (id, name) VALUES (7, '=1+1')")
    # North-west and north-east, 3 to 1; two hours of noise; counters that rise; a direction that cancels out.
    figures.hour("environment", "E1", noon, channel=7, wind_direction__n=30, wind_direction__mean=315,
                 wind_direction__min=300, wind_direction__max=330, wind_direction__x=-(0.5**0.5),
                 wind_direction__y=0.5**0.5, noise__n=10, noise__mean=60, noise__min=50, noise__max=70,
                 rainfall__n=6, rainfall__mean=0.1, rainfall__min=0, rainfall__max=0.3, rainfall__value=0.6,
                 wind_speed__n=2, wind_speed__mean=1, wind_speed__min=1, wind_speed__max=1)  # fmt: skip
    figures.hour("environment", "E1", noon + HOUR_US, channel=7, wind_direction__n=10, wind_direction__mean=45,
                 wind_direction__min=40, wind_direction__max=50, wind_direction__x=0.5**0.5,
                 wind_direction__y=0.5**0.5, noise__n=10, noise__mean=70, noise__min=65, noise__max=75,
                 rainfall__n=6, rainfall__mean=0.2, rainfall__min=0, rainfall__max=0.6, rainfall__value=1.2,
                 wind_speed__n=6, wind_speed__mean=5, wind_speed__min=4, wind_speed__max=6)  # fmt: skip
    figures.hour("environment", "E1", noon, wind_direction__n=2, wind_direction__mean=float("nan"),
                 wind_direction__min=0, wind_direction__max=180, wind_direction__x=0, wind_direction__y=0)  # fmt: skip
    figures.hour("lighting", "L1", noon, energy__n=60, energy__mean=123456789.25, energy__min=123456788.5,
                 energy__max=123456790, energy__value=1.5)  # fmt: skip
    figures.hour("lighting", "L1", noon + HOUR_US, energy__n=60, energy__mean=123456791.25, energy__min=123456790.5,
                 energy__max=123456792, energy__value=2.25)  # fmt: skip
    for domain in ("environment", "lighting"):
        figures.done_until(domain, start_us(TODAY))
    http = serve()
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


def test_parquet_says_the_same(http: httpx.Client) -> None:
    for path in (
        f"traffic/hourly/{YESTERDAY}",
        f"traffic/daily/{str(YESTERDAY)[:7]}",
        f"traffic/zones/hourly/{YESTERDAY}",
        f"traffic/zones/daily/{str(YESTERDAY)[:7]}",
    ):
        answer = http.get(f"/open/v1/{path}.parquet")
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        table = pq.read_table(io.BytesIO(answer.content))
        text = rows(http.get(f"/open/v1/{path}.csv"))
        assert table.num_rows == len(text) > 0
        for a, b in zip(table.to_pylist(), text, strict=True):
            assert a["time"] == datetime.fromisoformat(b["time"])
            assert a["mean"] == pytest.approx(float(b["mean"]))
            assert (a["local_time"], a["metric"], a["zone"], a["n"]) == (
                b["local_time"], b["metric"], b["zone"], int(b["n"]),
            )  # fmt: skip


def test_nothing_is_published_before_its_time(figures: Figures, serve: Callable[..., httpx.Client]) -> None:
    http = serve(IOC_OPEN_DELAY_S="7200")
    # An hour later there may be one more: the test may run over the end of an hour.
    before = (now_us() - 2 * HOUR_US) // HOUR_US * HOUR_US
    for h in (-1, 0, 1):
        figures.hour("traffic", "T1", before + h * HOUR_US, speed__n=1, speed__mean=1, speed__min=1, speed__max=1)
    answer = http.get(f"/open/v1/traffic/hourly/{city_day(before - 1)}.csv")
    after = (now_us() - 2 * HOUR_US) // HOUR_US * HOUR_US
    newest = max(r["time"] for r in rows(answer))
    assert newest in {rfc3339(before - HOUR_US), rfc3339(after - HOUR_US)}
    assert "max-age=300" in answer.headers["cache-control"] or before == start_us(TODAY)
    # What is not rolled up is not published, however old it is.
    figures.done_until("traffic", start_us(BEFORE) + 3 * HOUR_US)
    assert len({r["time"] for r in rows(http.get(f"/open/v1/traffic/hourly/{BEFORE}.csv"))}) == 1
    assert "not been published yet" in problem(http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv"), 404)
    assert "wholly passed" in problem(http.get(f"/open/v1/traffic/daily/{str(BEFORE)[:7]}.csv"), 404) or (
        BEFORE.day > 1  # then days before it have passed, but have no figures
    )
    figures.run("UPDATE rollup_state SET done_until = '-infinity'")
    assert "nothing of this domain" in problem(http.get(f"/open/v1/traffic/hourly/{BEFORE}.csv"), 404)
    listed = http.get("/open/v1/traffic/").json()
    assert (listed["published_until"], listed["days"]) == (None, [])


def test_a_copy_is_good_until_a_late_reading(figures: Figures, serve: Callable[..., httpx.Client]) -> None:
    http = serve()
    for path in (f"hourly/{BEFORE}.csv", f"daily/{str(BEFORE)[:7]}.parquet", f"zones/hourly/{BEFORE}.csv"):
        url = f"/open/v1/traffic/{path}"
        if path.startswith("zones"):
            figures.group("group_hour", "traffic", start_us(BEFORE), "", "flow")
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
        # A late reading changes an hour of the day: the rollup says so.
        figures.hour("traffic", "T1", start_us(BEFORE), speed__n=361, speed__mean=42.5, speed__min=3, speed__max=61)
        late = http.get(url, headers={"If-None-Match": etag})
        assert late.status_code == 200
        assert late.headers["etag"] != etag
        other = http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv").headers["etag"]
        figures.hour("traffic", "T1", start_us(BEFORE), speed__n=362, speed__mean=42.5, speed__min=3, speed__max=61)
        if "daily" not in path:
            assert http.get(f"/open/v1/traffic/hourly/{YESTERDAY}.csv").headers["etag"] == other
    assert "GMT" in first.headers["last-modified"]
    assert first.headers["cache-control"] == "public, max-age=3600"


def test_sensors_that_are_not_trusted(figures: Figures, serve: Callable[..., httpx.Client]) -> None:
    http = serve()
    url = f"/open/v1/traffic/hourly/{YESTERDAY}.csv"
    etag = http.get(url).headers["etag"]
    figures.run(
        "INSERT INTO sensor_quality (sensor, at, score, trusted) VALUES (%s, now(), 10, false)", figures.numbers["-T2"]
    )
    left = http.get(url, headers={"If-None-Match": etag})
    assert {r["sensor"] for r in rows(left)} == {"T1"}
    marked = serve(IOC_UNTRUSTED="keep").get(url)
    assert {(r["sensor"], r["trusted"]) for r in rows(marked)} == {("T1", "t"), ("'-T2", "f")}


def test_zones_and_sensors_as_geojson(figures: Figures, serve: Callable[..., httpx.Client]) -> None:
    http = serve()
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
    figures.run("UPDATE sensor SET name = 'Nút mới' WHERE sensor_id = 'T1'")
    until(
        lambda: http.get("/open/v1/sensors.geojson", headers={"If-None-Match": etag}).status_code == 200,
        "the change is seen",
    )


def test_from_the_catalogue_to_a_file_by_links_alone(http: httpx.Client) -> None:
    answer = http.get("/open/v1/")
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.headers["vary"].startswith("Accept")
    catalogue = answer.json()
    (traffic,) = (d for d in catalogue["dcat:dataset"] if d["dct:title"]["en"].startswith("Traffic"))
    files = [d["dcat:downloadURL"]["id"] for d in traffic["dcat:distribution"]]
    assert len(files) == 8
    for url in files:
        got = http.get(url)
        assert got.status_code == 200, url
        if url.endswith(".csv"):
            assert list(csv.DictReader(io.StringIO(got.text)))
    lists = {d["dcat:accessURL"]["id"] for d in traffic["dcat:distribution"]}
    (listed,) = (http.get(url).json() for url in lists)
    assert [d["day"] for d in listed["days"]][-2:] == [str(YESTERDAY), str(BEFORE)]
    assert [d["complete"] for d in listed["days"]][-2:] == [True, True]
    for code, template in listed["files"].items():
        day, month = str(YESTERDAY), listed["months"][0]
        url = template.replace("{day}", day).replace("{month}", month).replace("{format}", "csv")
        assert rows(http.get(url)), code
    assert "battery" not in json.dumps(listed)
    other = next(d for d in catalogue["dcat:dataset"] if d["dct:identifier"].endswith("#water"))
    assert all("dcat:downloadURL" not in d for d in other["dcat:distribution"]), "nothing to download yet"


def test_links_are_those_of_the_public_address(http: httpx.Client, serve: Callable[..., httpx.Client]) -> None:
    public = serve(IOC_PUBLIC_URL="https://ioc.example.vn/")
    catalogue = public.get("/open/v1/catalog.jsonld").json()
    assert catalogue["id"] == "https://ioc.example.vn/open/v1/#catalogue"
    plain = http
    assert plain.get("/open/v1/catalog.jsonld").json()["id"].startswith(str(plain.base_url))
    strange = plain.get("/open/v1/catalog.jsonld", headers={"Host": 'a"><script>'})
    assert strange.status_code == 200
    assert "<script>" not in strange.text


def test_wrong_questions(http: httpx.Client) -> None:
    for path, status in (
        ("traffic/hourly/2025-13-01.csv", 422), ("traffic/hourly/2025-02-30.csv", 422), ("traffic/hourly/now.csv", 422),
        ("traffic/hourly/٢٠٢٥-٠١-٠١.csv", 422), ("traffic/hourly/0001-01-01.csv", 422),
        ("traffic/hourly/9999-12-31.csv", 422), ("traffic/hourly/1970-01-01.csv", 404),
        ("traffic/hourly/2150-01-01.csv", 404), (f"traffic/hourly/{TODAY + timedelta(days=1)}.csv", 404),
        ("traffic/daily/2025-1.csv", 422), ("traffic/daily/2025-00.csv", 422), ("traffic/daily/2150-01.csv", 404),
        ("traffic/daily/1999-12.parquet", 404), (f"traffic/hourly/{YESTERDAY}.xlsx", 422),
        (f"magic/hourly/{YESTERDAY}.csv", 404), (f"tra%00ffic/hourly/{YESTERDAY}.csv", 422), ("magic/", 404),
        (f"tra%ED%A0%80ffic/hourly/{YESTERDAY}.csv", 404), ("traffic/hourly/%00.csv", 422), ("%00/", 422),
        ("traffic/zones/hourly/2025-W01-1.csv", 422), ("traffic/zones/daily/20250101.csv", 422),
        (f"{'x' * 300}/", 422), ("nothing/at/all", 404), ("traffic/nothing", 404),
    ):  # fmt: skip
        assert problem(http.get(f"/open/v1/{path}"), status), path
    assert problem(http.post("/open/v1/", json={}), 405)
    assert problem(http.get("/open/v2/"), 404)


def test_other_pages_may_read_it_and_nothing_else(http: httpx.Client) -> None:
    for path in ("", "zones.geojson", "sensors.geojson", "traffic/", f"traffic/hourly/{YESTERDAY}.csv"):
        answer = http.get(f"/open/v1/{path}", headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.headers["etag"].startswith('W/"')
    asked = http.options("/open/v1/", headers={"Origin": "https://elsewhere.example"})
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")
    for path in ("/healthz", "/api/v1/sensors", "/openly"):
        closed = http.get(path, headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in closed.headers
        assert closed.headers["cross-origin-resource-policy"] == "same-origin"
    assert http.get("/open/v1", follow_redirects=False).headers["location"] == "/open/v1/"


def test_it_can_be_switched_off(serve: Callable[..., httpx.Client]) -> None:
    http = serve(IOC_OPEN_DATA="false")
    for path in ("", "zones.geojson", f"traffic/hourly/{YESTERDAY}.csv", "nothing"):
        assert "switched off" in problem(http.get(f"/open/v1/{path}"), 404)


def test_a_domain_can_be_left_out(serve: Callable[..., httpx.Client]) -> None:
    http = serve(IOC_OPEN_EXCEPT="traffic, water")
    for path in ("", "hourly/2026-11-22.csv"):
        assert "no such domain; there are electricity, environment, lighting" in problem(
            http.get(f"/open/v1/traffic/{path}"), 404
        )
    catalogue = http.get("/open/v1/catalog.jsonld").text
    assert "#environment" in catalogue
    assert "#traffic" not in catalogue
    assert [f["id"] for f in http.get("/open/v1/sensors.geojson").json()["features"]] == ["E1"]


def test_the_rate_is_by_address(http: httpx.Client, serve: Callable[..., httpx.Client]) -> None:
    slow = serve(IOC_OPEN_RATE="30")  # what the fixture asked while it waited counts for 127.0.0.1
    for _ in range(30):
        slow.get("/open/v1/zones.geojson")
    refused = slow.get("/open/v1/zones.geojson")
    assert "more than 30 requests a minute" in problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert slow.get("/healthz").status_code == 200
    # This machine may be a proxy: what it says of the caller counts.
    other = {"X-Forwarded-For": "203.0.113.7"}
    assert slow.get("/open/v1/zones.geojson", headers=other).status_code == 200
    # Nobody else's word does.
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=str(slow.base_url), transport=transport) as stranger:
        answers = [
            stranger.get("/open/v1/zones.geojson", headers={"X-Forwarded-For": f"203.0.113.{i}"}).status_code
            for i in range(32)
        ]
    assert answers[:30] == [200] * 30
    assert 429 in answers[30:]
    assert http.get("/open/v1/zones.geojson").status_code == 200


def test_the_page_for_people(http: httpx.Client) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, says in (("", "Giao thông: số liệu theo giờ"), ("traffic/", f"{YESTERDAY:%d/%m/%Y}")):
        answer = http.get(f"/open/v1/{path}", headers=browser)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert says in answer.text
        assert "CC BY 4.0" in answer.text
        assert f"traffic/hourly/{YESTERDAY}.csv" in answer.text
        for inline in ("<script", "<style", " style=", " onclick="):
            assert inline not in answer.text, "the content policy would refuse it"
        (sheet,) = (part.split(">")[0] for part in answer.text.split("rel=stylesheet href=")[1:])
        assert http.get(sheet).headers["content-type"].startswith("text/css")
    empty = http.get("/open/v1/water/", headers=browser)
    assert "Chưa có số liệu" in empty.text


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
