"""Open data as the web sees it: links, addresses, limits, and the page for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import httpx2 as httpx
import pytest

from tests.fix_opendata import BEFORE, TODAY, YESTERDAY, problem, rows

pytestmark = pytest.mark.servers


def test_from_the_catalogue_to_a_file_by_links_alone(open_http: httpx.Client) -> None:
    answer = open_http.get("/open/v1/")
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.headers["vary"].startswith("Accept")
    catalogue = answer.json()
    (traffic,) = (d for d in catalogue["dcat:dataset"] if d["dct:title"]["en"].startswith("Traffic"))
    files = [d["dcat:downloadURL"]["id"] for d in traffic["dcat:distribution"]]
    assert len(files) == 8
    for url in files:
        got = open_http.get(url)
        assert got.status_code == 200, url
        if url.endswith(".csv"):
            assert list(csv.DictReader(io.StringIO(got.text)))
    lists = {d["dcat:accessURL"]["id"] for d in traffic["dcat:distribution"]}
    (listed,) = (open_http.get(url).json() for url in lists)
    assert [d["day"] for d in listed["days"]][-2:] == [str(YESTERDAY), str(BEFORE)]
    assert [d["complete"] for d in listed["days"]][-2:] == [True, True]
    for code, template in listed["files"].items():
        day, month = str(YESTERDAY), listed["months"][0]
        url = template.replace("{day}", day).replace("{month}", month).replace("{format}", "csv")
        assert rows(open_http.get(url)), code
    assert "battery" not in json.dumps(listed)
    other = next(d for d in catalogue["dcat:dataset"] if d["dct:identifier"].endswith("#water"))
    assert all("dcat:downloadURL" not in d for d in other["dcat:distribution"]), "nothing to download yet"


def test_links_are_those_of_the_public_address(
    open_http: httpx.Client, serve_open: Callable[..., httpx.Client]
) -> None:
    public = serve_open(IOC_PUBLIC_URL="https://ioc.example.vn/")
    catalogue = public.get("/open/v1/catalog.jsonld").json()
    assert catalogue["id"] == "https://ioc.example.vn/open/v1/#catalogue"
    plain = open_http
    assert plain.get("/open/v1/catalog.jsonld").json()["id"].startswith(str(plain.base_url))
    strange = plain.get("/open/v1/catalog.jsonld", headers={"Host": 'a"><script>'})
    assert strange.status_code == 200
    assert "<script>" not in strange.text


def test_wrong_questions(open_http: httpx.Client) -> None:
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
        assert problem(open_http.get(f"/open/v1/{path}"), status), path
    assert problem(open_http.post("/open/v1/", json={}), 405)
    assert problem(open_http.get("/open/v2/"), 404)


def test_other_pages_may_read_it_and_nothing_else(open_http: httpx.Client) -> None:
    for path in ("", "zones.geojson", "sensors.geojson", "traffic/", f"traffic/hourly/{YESTERDAY}.csv"):
        answer = open_http.get(f"/open/v1/{path}", headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.headers["etag"].startswith('W/"')
    asked = open_http.options("/open/v1/", headers={"Origin": "https://elsewhere.example"})
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")
    for path in ("/healthz", "/api/v1/sensors", "/openly"):
        closed = open_http.get(path, headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in closed.headers
        assert closed.headers["cross-origin-resource-policy"] == "same-origin"
    assert open_http.get("/open/v1", follow_redirects=False).headers["location"] == "/open/v1/"


def test_it_can_be_switched_off(serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open(IOC_OPEN_DATA="false")
    for path in ("", "zones.geojson", f"traffic/hourly/{YESTERDAY}.csv", "nothing"):
        assert "switched off" in problem(http.get(f"/open/v1/{path}"), 404)


def test_a_domain_can_be_left_out(serve_open: Callable[..., httpx.Client]) -> None:
    http = serve_open(IOC_OPEN_EXCEPT="traffic, water")
    for path in ("", "hourly/2026-11-22.csv"):
        assert "no such domain; there are electricity, environment, lighting" in problem(
            http.get(f"/open/v1/traffic/{path}"), 404
        )
    catalogue = http.get("/open/v1/catalog.jsonld").text
    assert "#environment" in catalogue
    assert "#traffic" not in catalogue
    assert [f["id"] for f in http.get("/open/v1/sensors.geojson").json()["features"]] == ["E1"]


def test_the_rate_is_by_address(open_http: httpx.Client, serve_open: Callable[..., httpx.Client]) -> None:
    # What the fixture asked while it waited counts for 127.0.0.1.
    slow = serve_open(IOC_OPEN_RATE="30", IOC_TRUSTED_PROXIES="127.0.0.1")
    # A slow machine gets some more: there is room for another every two seconds.
    asked = (slow.get("/open/v1/zones.geojson") for _ in range(500))
    refused = next(answer for answer in asked if answer.status_code != 200)
    assert "more than 30 requests a minute" in problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert slow.get("/healthz").status_code == 200
    # A proxy that is trusted: what it says of the caller counts.
    other = {"X-Forwarded-For": "203.0.113.7"}
    assert slow.get("/open/v1/zones.geojson", headers=other).status_code == 200
    # Nobody else's word does.
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    answers: list[int] = []
    with httpx.Client(base_url=str(slow.base_url), transport=transport, timeout=60) as stranger:
        while 429 not in answers and len(answers) < 500:
            claimed = {"X-Forwarded-For": f"203.0.{len(answers) // 250}.{len(answers) % 250}"}
            answers.append(stranger.get("/open/v1/zones.geojson", headers=claimed).status_code)
    assert len(answers) > 30
    assert answers == [200] * (len(answers) - 1) + [429]
    assert open_http.get("/open/v1/zones.geojson").status_code == 200


def test_the_page_for_people(open_http: httpx.Client) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, says in (("", "Giao thông: số liệu theo giờ"), ("traffic/", f"{YESTERDAY:%d/%m/%Y}")):
        answer = open_http.get(f"/open/v1/{path}", headers=browser)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert says in answer.text
        assert "CC BY 4.0" in answer.text
        assert f"traffic/hourly/{YESTERDAY}.csv" in answer.text
        for inline in ("<script", "<style", " style=", " onclick="):
            assert inline not in answer.text, "the content policy would refuse it"
        (sheet,) = (part.split(">")[0] for part in answer.text.split("rel=stylesheet href=")[1:])
        assert open_http.get(sheet).headers["content-type"].startswith("text/css")
    empty = open_http.get("/open/v1/water/", headers=browser)
    assert "Chưa có số liệu" in empty.text
