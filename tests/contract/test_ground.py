"""The ground of the screen's map: told, served by ranges, and nothing from elsewhere unless it is configured."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.catalog import Catalog
from infra.errors import ConfigError
from infra.servers import Mosquitto
from infra.settings import Settings
from ioc_api.ground import Ground
from ioc_api.headers import POLICY, policy
from tests.fix_api import Api
from tests.service import until

SQUARE = [[[106.1, 21.2], [106.2, 21.2], [106.2, 21.3], [106.1, 21.2]]]


def feature(code: str, coordinates: object = SQUARE, kind: str = "Polygon") -> dict[str, object]:
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": kind, "coordinates": coordinates}}


def written(path: Path, *features: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.mark.servers
def test_nothing_is_configured(database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> None:
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    answer = one.http.get("/api/v1/map")
    assert answer.json() == {"style": None, "tiles": None, "zones": None}
    assert answer.headers["content-security-policy"] == POLICY
    assert "http" not in POLICY
    assert one.http.get("/api/v1/map/streets.pmtiles").status_code == 404
    assert one.http.get("/api/v1/map/zones").json() == {"type": "FeatureCollection", "features": []}


@pytest.mark.servers
def test_streets_and_zones_of_the_city(
    database: str, mosquitto: Mosquitto, api: Callable[..., Api], tmp_path: Path
) -> None:
    streets = tmp_path / "streets.pmtiles"
    streets.write_bytes(b"PMTiles\x03" + bytes(range(256)) * 40)
    zones = written(tmp_path / "zones.json", feature("07210"), feature("00000"))
    one = api(database, mosquitto.url, IOC_MAP_PMTILES=str(streets), IOC_MAP_ZONES=str(zones))
    until(one.http_answers, "it answers")
    told = one.http.get("/api/v1/map").json()
    assert told == {"style": None, "tiles": "/api/v1/map/streets.pmtiles", "zones": "/api/v1/map/zones"}
    features = one.http.get("/api/v1/map/zones").json()["features"]
    assert [f["properties"] for f in features] == [{"code": "07210"}]
    for coding in ("gzip", "identity"):
        whole = one.http.get("/api/v1/map/zones", headers={"accept-encoding": coding})
        assert whole.json() == {"type": "FeatureCollection", "features": [feature("07210")]}
        assert whole.headers.get("content-encoding", "identity") == coding
        assert whole.headers["cache-control"] == "private, no-cache"
    again = one.http.get("/api/v1/map/zones", headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", whole.headers["etag"])
    part = one.http.get("/api/v1/map/streets.pmtiles", headers={"range": "bytes=8-2307", "accept-encoding": "gzip"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 8-2307/{8 + 256 * 40}"
    assert "content-encoding" not in part.headers
    assert part.content == (bytes(range(256)) * 9)[:2300]
    assert part.headers["etag"]
    # The file is read anew when it has changed; one that has become wrong leaves schematic zones.
    written(zones, feature("07210"), feature("07228"))
    changed = one.http.get("/api/v1/map/zones", headers={"if-none-match": whole.headers["etag"]})
    assert len(changed.json()["features"]) == 2
    zones.write_text("{", encoding="utf-8")
    assert one.http.get("/api/v1/map").json()["zones"] is None


@pytest.mark.servers
def test_a_style_opens_the_policy_for_its_origins_only(
    database: str, mosquitto: Mosquitto, api: Callable[..., Api]
) -> None:
    style = "https://tiles.example.vn/city/style.json"
    one = api(database, mosquitto.url, IOC_MAP_STYLE=style, IOC_MAP_ORIGINS="https://fonts.example.vn:8443/")
    until(one.http_answers, "it answers")
    answer = one.http.get("/api/v1/map")
    assert answer.json()["style"] == style
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    ours = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    more = " https://tiles.example.vn https://fonts.example.vn:8443"
    for name, of in ours.items():
        assert rules[name] == of + (more if name in {"img-src", "connect-src"} else "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"map_pmtiles": "none.pmtiles"}, "cannot read"),
        ({"map_pmtiles": "zones.json"}, "no PMTiles archive"),
        ({"map_zones": "none.json"}, "cannot use"),
        ({"map_zones": "far.json"}, "no polygon"),
        ({"map_zones": "strange.json"}, "no feature names a zone"),
        ({"map_style": "/style.json", "map_origins": "https://a.vn; script-src *"}, "no origin"),
        ({"map_style": "https://a.vn'/style.json"}, "no origin"),
    ],
)
def test_what_is_wrong_is_said_at_the_start(given: dict[str, str], said: str, catalog: Catalog, tmp_path: Path) -> None:
    written(tmp_path / "zones.json", feature("07210"))
    written(tmp_path / "far.json", feature("07210", [[[600000, 2300000]] * 4]))
    written(tmp_path / "strange.json", feature("1"))
    paths = {name: tmp_path / at if name in {"map_pmtiles", "map_zones"} else at for name, at in given.items()}
    with pytest.raises(ConfigError, match=said):
        Ground(Settings(**paths), catalog).check()


def test_zones_are_encoded_once_and_each_part_has_a_tag_of_its_own(catalog: Catalog, tmp_path: Path) -> None:
    path = written(tmp_path / "zones.json", feature("07210"), feature("07228"))
    ground = Ground(Settings(map_zones=path), catalog)
    known = ground.boundaries()
    assert ground.boundaries() is known
    for codes in (["07210", "07228"], ["07228"], []):
        answer = known.answer(codes, packed=False)
        assert json.loads(answer) == {"type": "FeatureCollection", "features": [feature(c) for c in codes]}
        assert gzip.decompress(known.answer(codes, packed=True)) == answer
    tags = [known.etag(codes) for codes in (["07210", "07228"], ["07210"], ["07228"], [])]
    assert len(set(tags)) == 4
    written(path, feature("07210"), feature("07228", [[*SQUARE[0][:2], [106.25, 21.35], SQUARE[0][3]]]))
    assert ground.boundaries().etag(["07210", "07228"]) not in tags


def test_a_policy_never_opens_more_than_the_map_needs() -> None:
    wide = policy(["https://tiles.example.vn"])
    assert "script-src 'self';" in wide
    assert "default-src 'none';" in wide
    assert "worker-src 'self';" in wide
