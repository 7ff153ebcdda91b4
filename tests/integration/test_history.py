"""Questions about history: from readings and from rollups alike, of sensors and of zones, in every form."""

from __future__ import annotations

import csv
import http.client
import io
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest
import structlog

from city.columns import Columns
from city.decoder import Decoder
from city.sensors import Sensor
from infra import sensors, settings
from infra.catalog import Catalog
from infra.rollup.run import roll
from infra.servers import Installation, Mosquitto, Postgres
from infra.times import rfc3339
from ingest.store import Store
from tests.fix_api import Api, apis
from tests.fix_servers import fresh_database, running_mosquitto, services
from tests.integration.test_api import problem
from tests.integration.test_store import store, write
from tests.service import until

pytestmark = pytest.mark.servers

HOUR_US = 3_600_000_000
#: Hours of history, the last of them not over yet.
HOURS = 53
SENSORS = [
    Sensor("T1", "bac_giang", "traffic", zone="07210", interval_s=60, metrics=("speed", "flow")),
    Sensor("T2", "bac_giang", "traffic", zone="07210", interval_s=60, metrics=("speed", "flow")),
    Sensor("T3", "bac_giang", "traffic", zone="07228", interval_s=60),
    Sensor("T4", "bac_giang", "traffic", zone="07228", interval_s=10),
    Sensor("-E1", "bac_giang", "environment", zone="07210", interval_s=120),
    Sensor("L1", "bac_giang", "lighting", zone="07210", interval_s=120),
]


@dataclass
class Past:
    """An API over a city with a past, and what rolls that up."""

    api: Api
    database: str
    catalog: Catalog
    now_us: int
    writer: Store
    conn: psycopg.Connection
    seq: int = 0

    def write(self, domain: str, cols: Columns) -> None:
        self.seq += 1
        write(self.writer, self.seq, cols, Decoder(self.catalog.registry.domains[domain]))

    def roll(self) -> None:
        with psycopg.connect(self.database, autocommit=True) as conn:
            roll(conn, self.catalog, settings.load(), self.now_us, structlog.get_logger())

    def ask(self, path: str = "observations", **query: Any) -> Any:
        asked = {"from": self.at(-50), "to": self.at(0), "limit": 10_000, **query}
        answer = self.api.http.get(f"/api/v1/{path}", params=asked)
        assert answer.status_code == 200, (asked, answer.text, self.api.service.text[-3000:])
        return answer.json()

    def at(self, hours: float) -> str:
        """A time so many hours from now, not on any boundary."""
        return rfc3339(self.now_us + int(hours * HOUR_US))


def numbers(conn: psycopg.Connection) -> dict[str, int]:
    return dict(conn.execute("SELECT sensor_id, id FROM sensor").fetchall())


def rows(known: dict[str, int], decoder: Decoder, who: list[str], now_us: int, every_s: int, rng: Any) -> Columns:
    """A past of these sensors with gaps, missing values, faults, and everything that a metric can do."""
    names = decoder.metrics
    times, whom = [], []
    for sensor in who:
        t = now_us - HOURS * HOUR_US + np.arange(0, HOURS * 3600, every_s) * 1_000_000
        t = t + rng.integers(0, every_s * 900_000, len(t))
        t = t[(rng.random(len(t)) < 0.9) & (t < now_us)]
        t = t[(t < now_us - 20 * HOUR_US) | (t > now_us - 18 * HOUR_US)]  # a gap of two hours
        times.append(t)
        whom.append(np.full(len(t), known[sensor]))
    time_us, sensor_of = np.concatenate(times), np.concatenate(whom)
    n = len(time_us)
    values = rng.uniform(1, 60, (n, len(names))).round(2).astype(np.float32).astype(float)
    if "energy" in names:
        values[:, names.index("energy")] = (np.arange(n) * 0.5) % 97.0
    values[rng.random(values.shape) < 0.1] = np.nan
    quality = (rng.random(n) < 0.05).astype(np.uint8) * 2
    return Columns(
        decoder.domain.code, names, sensor_of.astype(np.int32), np.zeros(n, np.int16), time_us, quality,
        np.zeros(n, np.float32), values,
    )  # fmt: skip


@contextmanager
def with_a_past(database: str, broker: str, start: Callable[..., Api], catalog: Catalog) -> Iterator[Past]:
    now_us = (time.time_ns() // 1000 // HOUR_US) * HOUR_US - HOUR_US + 1_234_567_890
    rng = np.random.default_rng(5)
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
        known = numbers(conn)
        made = Past(None, database, catalog, now_us, store(conn), conn)
        for domain, who, every_s in (
            ("traffic", ["T1", "T2", "T3"], 60), ("traffic", ["T4"], 10), ("environment", ["-E1"], 120),
            ("lighting", ["L1"], 120),
        ):  # fmt: skip
            decoder = Decoder(catalog.registry.domains[domain])
            made.write(domain, rows(known, decoder, who, now_us, every_s, rng))
        made.api = start(database, broker)
        until(lambda: made.api.http.get("/api/v1/sensors?limit=1").status_code == 200, "the registry is read")
        yield made


@pytest.fixture
def past(database: str, mosquitto: Mosquitto, api: Callable[..., Api], catalog: Catalog) -> Iterator[Past]:
    """A past of the test's own, of which nothing is rolled up."""
    with with_a_past(database, mosquitto.url, api, catalog) as made:
        yield made


@pytest.fixture(scope="module")
def rolled(
    postgres: Postgres, installed: Installation, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Past]:
    """A past that is rolled up, for tests that change nothing in it."""
    with (
        fresh_database(postgres) as database,
        running_mosquitto(installed) as mosquitto,
        services(tmp_path_factory.mktemp("past")) as service,
        apis(service) as start,
        with_a_past(database, mosquitto.url, start, catalog) as made,
    ):
        made.roll()
        yield made


FIGURES = ("count", "mean", "min", "max", "value", "completeness", "p15", "p50", "p85")


def same(one: list[dict[str, Any]], other: list[dict[str, Any]], *, but: tuple[str, ...] = ()) -> None:
    """Both say the same, but for the last digits of single precision."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert a.keys() == b.keys()
        for name in a.keys() - set(but):
            if name in FIGURES and isinstance(a[name], float) and isinstance(b[name], float):
                close = math.isclose(a[name], b[name], rel_tol=2e-6, abs_tol=2e-5)
                turned = a["metric"] == "wind_direction" and abs(abs(a[name] - b[name]) - 360) < 1e-3
                assert close or turned, (a, b, name)
            else:
                assert a[name] == b[name], (a, b, name)


ASKED = [
    {"sensor": ["T1", "T2"], "metric": ["speed", "flow"], "step": "1m", "from": -4},
    {"sensor": ["T1", "T2"], "metric": ["speed", "flow"], "step": "5m", "from": -4, "gaps": "null"},
    {"sensor": ["T3", "T4"], "metric": ["speed", "count"], "step": "1m", "from": -8},
    {"sensor": "T2", "metric": ["speed", "count"], "step": "7m"},
    {"sensor": ["T1", "T3"], "metric": ["speed", "count"], "step": "1h"},
    {"zone": "07210", "metric": ["wind_direction", "noise", "rainfall", "energy", "speed"], "step": "1h"},
    {"zone": "07210", "metric": ["wind_direction", "noise", "rainfall", "energy", "speed"], "step": "90m"},
    {"zone": "07210", "metric": ["wind_direction", "noise", "rainfall", "energy", "speed"], "step": "1d"},
    {"area": "bac_giang", "domain": "traffic", "metric": "speed", "step": "6h"},
]  # fmt: skip


def test_rollups_and_readings_say_the_same(past: Past) -> None:
    def every() -> list[Any]:
        out = []
        for query in ASKED:
            from_h = query.get("from", -50)
            assert isinstance(from_h, int)
            out.append(past.ask(**{**query, "from": past.at(from_h)}))
        return out

    raw = every()
    assert {a["source"] for a in raw} == {"raw"}
    assert all(len(a["items"]) > 10 for a in raw)
    past.roll()
    for query, before, after in zip(ASKED, raw, every(), strict=True):
        assert after["source"] == "mix", query  # the running hour, and the part before the first whole one
        assert set(after["made_from"]) == {"raw", "hour" if query["step"][-1] in "hd" else "minute"}, query
        assert after["rolled_up_to"] == rfc3339(past.now_us // HOUR_US * HOUR_US)
        same(before["items"], after["items"])
        assert before["series"] == after["series"]


def test_what_came_late_counts_before_it_is_rolled_up(past: Past) -> None:
    past.roll()
    decoder = Decoder(past.catalog.registry.domains["traffic"])
    query = {"sensor": "T1", "metric": "speed", "step": "1h"}
    before = past.ask(**query)["items"]
    hour_us = (past.now_us // HOUR_US - 10) * HOUR_US
    values = np.full((1, len(decoder.metrics)), np.nan)
    values[0, decoder.metrics.index("speed")] = 119.5
    number = numbers(past.conn)["T1"]
    late = Columns(
        "traffic", decoder.metrics, np.array([number], np.int32), np.zeros(1, np.int16), np.array([hour_us + 77]),
        np.zeros(1, np.uint8), np.zeros(1, np.float32), values,
    )  # fmt: skip
    past.write("traffic", late)
    fresh = past.ask(**query)["items"]
    changed = [(a, b) for a, b in zip(before, fresh, strict=True) if a != b]
    assert [b["time"] for _, b in changed] == [rfc3339(hour_us)]
    assert changed[0][1]["max"] == 119.5
    past.roll()
    same(fresh, past.ask(**query)["items"])


def test_pages_join_to_the_whole(rolled: Past) -> None:
    for query in (
        {"sensor": ["T2", "T1"], "metric": ["flow", "speed"], "from": rolled.at(-3)},
        {"zone": "07210", "metric": ["speed", "noise", "energy"], "step": "1h", "gaps": "null"},
        {"zone": "07210", "of": "whole", "metric": ["speed", "noise", "energy"], "step": "1h"},
    ):
        whole = rolled.ask(**query)
        assert whole["next"] is None
        assert len(whole["items"]) > 100
        found: list[Any] = []
        cursor = None
        while True:
            page = rolled.ask(**query, **{"limit": 37} | ({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == whole["items"]


def test_gaps_can_be_seen(rolled: Past) -> None:
    query = {"sensor": "T1", "metric": "speed", "step": "30m", "from": rolled.at(-24), "to": rolled.at(-12)}
    without, with_them = rolled.ask(**query), rolled.ask(**query, gaps="null")
    assert len(with_them["items"]) == 25
    empty = [i for i in with_them["items"] if i["count"] == 0]
    assert 3 <= len(empty) <= 4
    assert all(i["mean"] is None and i["value"] is None and i["completeness"] == 0 for i in empty)
    assert [i for i in with_them["items"] if i["count"]] == without["items"]
    series = rolled.ask(**query, layout="series", stat=["count", "mean"])
    (one,) = series["series"]
    assert (one["start"], one["step_s"]) == (with_them["items"][0]["time"], 1800)
    assert one["mean"] == [i["mean"] for i in with_them["items"]]
    assert one["count"] == [i["count"] for i in with_them["items"]]
    assert "max" not in one
    assert 60 < one["complete"] < 90
    # A sensor that has been silent all the time is shown as such where it is asked for.
    span = {"from": rolled.at(-20), "to": rolled.at(-18.5)}
    silent = rolled.ask(sensor="T1", metric="queue", step="1h", gaps="null", **span)
    assert silent["items"] == []  # it does not promise to measure that


def test_points_choose_the_step(rolled: Past) -> None:
    for hours, points, step_s, source in ((1, 60, None, "raw"), (6, 60, 300, "mix"), (50, 50, 3600, "mix")):
        found = rolled.ask(sensor="T1", metric="speed", points=points, gaps="null", **{"from": rolled.at(-hours)})
        assert (found["step_s"], found["source"]) == (step_s, source)
        assert points / 2 <= len(found["items"]) <= points * 2


def test_a_zone_as_a_whole(past: Past) -> None:
    query = {"zone": "07210", "of": "whole", "metric": ["speed", "energy", "noise", "wind_direction"]}
    raw = {step: past.ask(**query, step=step) for step in ("1m", "5m", "1h", "1d")}
    past.roll()
    for step, before in raw.items():
        ranked = {i["metric"] for i in before["items"] if "p15" in i}
        assert ranked == (set() if step == "5m" else {"speed"}), "those of minutes do not add up to longer steps"
        said = [i for i in before["items"] if i["count"]]
        assert all(i["expected"] >= i["sensors"] and i["completeness"] for i in said), "who reports was to be expected"
        after = past.ask(**query, step=step)
        assert (before["source"], after["source"]) == ("raw", "mix")
        # Who is expected is kept by the hour; and percentiles and all sensors of a day by the day.
        but = ("p15", "p50", "p85") if step == "1d" else ()
        same(before["items"], after["items"], but=("sensors", "expected", "completeness", *but))
    hours = [i for i in past.ask(**query, step="1h")["items"] if i["metric"] == "speed"]
    full = [i for i in hours if i["count"] > 90]
    assert len(full) > 30
    assert all((i["area"], i["zone"], i["domain"], i["sensors"], i["expected"]) ==
               ("bac_giang", "07210", "traffic", 2, 2) for i in full)  # fmt: skip
    assert all(i["p15"] < i["p50"] < i["p85"] for i in full)
    assert all(len(repr(i[k])) <= 6 for i in full for k in ("min", "max")), "as people wrote them, such as 7.1"
    area = past.ask(area="bac_giang", of="whole", metric="speed", step="1h")["items"]
    assert max(i["sensors"] for i in area) == 4
    assert area[5]["zone"] is None


@pytest.mark.parametrize("step", [None, "1m", "90"])
def test_files_hold_everything(rolled: Past, step: str | None) -> None:
    query: dict[str, Any] = {
        "sensor": ["T4", "-E1"], "metric": ["speed", "noise"], "from": rolled.at(-5), "to": rolled.at(0),
        **({"step": step} if step else {}),
    }  # fmt: skip
    items = rolled.ask(**query)["items"]
    answer = rolled.api.http.get("/api/v1/observations", params={**query, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(table) == len(items) > 200
    # A cell that a spreadsheet could take for a formula is a text.
    assert {r["sensor_id"] for r in table} == {"T4", "'-E1"}
    for row, item in zip(table, items, strict=True):
        assert row["time"] == item["time"]
        for name, cell in row.items():
            said = item.get(name)
            if isinstance(said, float):
                assert float(cell) == said
            elif name != "sensor_id":
                assert cell == ("" if said is None else str(said))
    answer = rolled.api.http.get("/api/v1/observations", params={**query, "format": "parquet"})
    found = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    assert len(found) == len(items)
    assert {r["sensor_id"] for r in found} == {"T4", "-E1"}
    for name in ("mean", "p15", "p85") if step else ("value",):
        said = sorted(i[name] for i in items if i.get(name) is not None)
        assert len(said) > 100
        assert sorted(r[name] for r in found if r[name] is not None) == said


def test_a_question_in_a_body(rolled: Past) -> None:
    query = {"sensor": ["T1", "T2"], "metric": ["speed"], "from": rolled.at(-5), "to": rolled.at(0), "step": "1h"}
    answer = rolled.api.http.post("/api/v1/observations/query", json=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == rolled.ask(**query)["items"]
    wrong = rolled.api.http.post("/api/v1/observations/query", json={**query, "sensor": ["NOBODY"]})
    assert problem(wrong, 404).startswith("body.sensor")
    many = rolled.api.http.post("/api/v1/observations/query", json={**query, "sensor": ["T1"] * 5001})
    assert "at most 5,000 can be named at once: name fewer" in problem(many, 422)


TEN_YEARS = "from=2015-01-01T00:00:00Z&to=2025-01-01T00:00:00Z"
TOO_MUCH = [
    ("observations?sensor=T1&metric=speed&" + TEN_YEARS, 422, "92 days"),
    ("observations?sensor=T1&metric=speed&format=csv&" + TEN_YEARS, 422, "1098 days"),
    ("observations?sensor=T1&metric=speed&step=1d&" + TEN_YEARS, 422, "1098 days"),
    ("observations?sensor=T1&metric=speed&points=100&" + TEN_YEARS, 422, "1098 days"),
    ("observations?sensor=T1&metric=speed&step=1m&from=2025-01-01T00:00:00Z&to=2025-03-01T00:00:00Z", 422, "20,000"),
    ("observations?sensor=T1&metric=nothing", 422, "speed"),
    ("observations?sensor=T1&metric=speed&metric=noise", 422, "'noise' is no metric of the domain traffic"),
    ("observations?sensor=NOBODY&metric=speed", 404, "NOBODY"),
    ("observations?zone=99999&metric=speed", 404, "07210"),
    ("observations?area=hanoi&metric=speed", 404, "bac_giang"),
    ("observations?zone=07210&area=viet_yen&metric=speed", 404, "zone"),
    ("observations?zone=07210&domain=magic&metric=speed", 422, "traffic"),
    ("observations?zone=07210&of=whole&metric=speed", 422, "step"),
    ("observations?zone=07210&of=whole&metric=speed&step=90", 422, "whole minutes"),
    ("observations?sensor=T1&of=whole&metric=speed&step=1h", 422, "zone"),
    ("observations?metric=speed", 422, "sensor"),
    ("observations?sensor=T1", 422, "metric"),
    ("observations?sensor=T1&metric=speed&step=1h&points=10", 422, "not both"),
    ("observations?sensor=T1&metric=speed&points=1", 422, "points"),
    ("observations?sensor=T1&metric=speed&layout=series", 422, "step"),
    ("observations?sensor=T1&metric=speed&format=parquet&limit=5", 422, "pages"),
    ("observations?sensor=T1&metric=speed&cursor=WzEsMl0", 422, "cursor"),
    ("observations?zone=%00&metric=speed", 422, "zone"),
    ("observations?sensor=T1&metric=%ED%A0%80", 422, "metric"),
    ("observations?" + "sensor=T1&" * 501 + "metric=speed", 422, "500"),
]


def test_questions_that_are_too_large_or_wrong(rolled: Past) -> None:
    for path, status, says in TOO_MUCH:
        answer = rolled.api.http.get(f"/api/v1/{path}")
        detail = problem(answer, status)
        assert says in detail, (path[:120], detail)


def test_an_address_that_is_too_long(rolled: Past) -> None:
    where = rolled.api.url.removeprefix("http://")
    for path, headers, status, says in (
        ("/api/v1/observations?metric=speed" + "&sensor=T1" * 100_000, {}, 414, "POST"),
        ("/api/v1/observations?metric=speed" + "&sensor=T1" * 1_000_000, {}, 414, "POST"),
        ("/api/v1/zones", {"X-Long": "x" * 700_000}, 431, "headers"),
        ("/api/v1/zones", {"X Bad": "x"}, 400, "HTTP"),
    ):
        connection = http.client.HTTPConnection(where, timeout=20)
        connection.putrequest("GET", path)
        for name, value in headers.items():
            connection._buffer.append(f"{name}: {value}".encode())
        connection.endheaders()
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert says in body["detail"]
        answer.close()
        connection.close()
    assert rolled.api.http_answers()
