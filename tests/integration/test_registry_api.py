"""The registry as a file at the API, and what devices show the broker."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.testclient import TestClient

from infra.devices import credentials
from tests.fix_people import World
from tests.service import until

pytestmark = pytest.mark.servers

HEAD = "sensor_id,area,domain,zone,name,lat,lon\n"
ONE = HEAD + "R1,bac_giang,traffic,07210,Nút giao Hùng Vương,21.27,106.19\n"
FILE = "/api/v1/registry/import"


@pytest.fixture
def admin(world: World) -> TestClient:
    return world.signed_in("administrator")[1]


def bring(browser: TestClient, text: str, *, keep: bool = False) -> dict[str, object]:
    answer = browser.post(FILE, json={"csv": text, "keep": keep})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_trial_keeps_nothing_and_says_what_would_come(world: World, admin: TestClient) -> None:
    own = ONE.replace("R1", "R0")
    assert bring(admin, own) == {
        "lines": 1, "new": 1, "changed": 0, "same": 0, "kept": False, "new_ids": ["R0"], "changes": [],
    }  # fmt: skip
    assert not world.sql("SELECT FROM sensor WHERE sensor_id = 'R0'")
    assert bring(admin, own, keep=True)["new"] == 1
    said = bring(admin, own.replace("21.27", "21.28"))
    assert said["changes"] == [{"sensor_id": "R0", "before": {"lat": 21.27}, "after": {"lat": 21.28}}]
    assert world.sql("SELECT lat FROM sensor WHERE sensor_id = 'R0'") == [(21.27,)]
    assert bring(admin, own, keep=True)["same"] == 1


def test_what_is_taken_out_can_be_brought_in(world: World, admin: TestClient) -> None:
    bring(admin, ONE, keep=True)
    until(lambda: "R1" in world.service.live.roster.numbers, "it is known", 60)
    answer = admin.get("/api/v1/registry.csv", params={"area": "bac_giang"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Nút giao Hùng Vương" in answer.text
    said = bring(admin, answer.text)
    assert (said["new"], said["changed"]) == (0, 0)
    assert admin.get("/api/v1/registry.csv", params={"area": "nowhere"}).status_code == 422


def test_no_cell_is_a_formula_and_comes_back_as_it_was(world: World, admin: TestClient) -> None:
    names = {"F1": "=1+1", "F2": "'=1+1", "F3": "'tên", "F4": "-20 °C", "F5": "@lan"}
    for name, words in names.items():
        made = admin.post(
            "/api/v1/sensors", json={"sensor_id": name, "area": "viet_yen", "domain": "water", "name": words}
        )
        assert made.status_code == 201, made.text
    until(lambda: names.keys() <= world.service.live.roster.numbers.keys(), "they are known", 60)
    text = admin.get("/api/v1/registry.csv", params={"area": "viet_yen", "domain": "water"}).text.removeprefix("\ufeff")
    cells = {row["sensor_id"]: row["name"] for row in csv.DictReader(io.StringIO(text))}
    assert cells.keys() >= names.keys()
    assert not [c for c in cells.values() if c[:1] in "=+-@"]
    assert bring(admin, text)["changed"] == 0, "what is brought back is what was"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ONE + "R2,bac_giang,nothing\n", "dòng 3: domain 'nothing': một trong "),
        (ONE + "R2,bac_giang,nothing\n", "nothing was kept: line 3: domain 'nothing': one of "),
        (ONE + ONE.removeprefix(HEAD), "R1 stands there twice"),
        ("id,area\nX,bac_giang\n", "dòng 1"),
        (HEAD, "no sensor in the file"),
        (HEAD + f"R4,bac_giang,traffic,07210,{'y' * 300},,\n", "256 characters"),
        (HEAD + 'R5,bac_giang,traffic,07210,"' + "y" * 140_000, "a quote was left open"),
        (HEAD + "R3,bac_giang,traffic,07210,x,abc,1\n", "dòng 2"),
    ],
)
def test_a_file_that_is_wrong_keeps_nothing(world: World, admin: TestClient, text: str, says: str) -> None:
    before = world.sql("SELECT count(*) FROM sensor")
    answer = admin.post(FILE, json={"csv": text, "keep": True})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert world.sql("SELECT count(*) FROM sensor") == before


def test_a_file_may_not_reach_beyond_ones_part(world: World, admin: TestClient) -> None:
    bring(admin, ONE, keep=True)
    until(lambda: "R1" in world.service.live.roster.numbers, "it is known", 60)
    elsewhere = world.signed_in("technician", areas=("viet_yen",))[1]
    for text in (ONE, "sensor_id,area,domain\nR1,viet_yen,traffic\n"):  # as it stands, and drawn over to one's own
        answer = elsewhere.post(FILE, json={"csv": text, "keep": True})
        assert answer.status_code == 422, answer.text
        assert "not in the part" in answer.json()["detail"]
    assert "R1" not in elsewhere.get("/api/v1/registry.csv").text
    # What hangs on another's stays as it hangs; nothing new is hung there.
    hung = "sensor_id,area,domain,parent,name\nR2,viet_yen,traffic,R1,{}\n"
    bring(admin, hung.format("one"), keep=True)
    until(lambda: "R2" in world.service.live.roster.numbers, "it is known", 60)
    assert elsewhere.post(FILE, json={"csv": hung.format("two"), "keep": True}).status_code == 200
    assert elsewhere.post(FILE, json={"csv": hung.format("x").replace("R2", "R3")}).status_code == 422
    assert world.signed_in("viewer")[1].post(FILE, json={"csv": ONE}).status_code == 403


def test_a_password_is_shown_once_and_ends(world: World, admin: TestClient) -> None:
    bring(admin, "sensor_id,area,domain\nR9,bac_giang,traffic\n", keep=True)
    until(lambda: "R9" in world.service.live.roster.numbers, "it is known", 60)
    path = "/api/v1/sensors/R9/credentials"
    answer = admin.post(path, json={})
    assert answer.status_code == 201
    made = answer.json()
    assert made["topic"] == "ioc/v1/bac_giang/traffic/R9/telemetry"
    assert [c.user_name for c in world.do(lambda c: credentials.listed(c, ["R9"]))] == [made["user_name"]]
    listed = admin.get(path)
    assert made["password"] not in listed.text
    assert listed.json()["items"][0]["state"] == "holds"
    assert admin.post(path, json={}).status_code == 422, "it has one"
    assert admin.post(path, json={"rotate": True}).json()["password"] != made["password"]
    near = world.signed_in("technician", areas=("bac_giang",))[1]
    assert near.get(path).json() == admin.get(path).json()
    assert near.post(path, json={"rotate": True}).status_code == 201
    elsewhere = world.signed_in("technician", areas=("viet_yen",))[1]
    assert [elsewhere.request(m, path, json=None if m == "DELETE" else {}).status_code
            for m in ("POST", "DELETE")] == [404, 404]  # fmt: skip
    assert elsewhere.get(path).status_code == 404
    assert admin.delete(path).status_code == 204
    assert {i["state"] for i in admin.get(path).json()["items"]} == {"revoked"}
    assert admin.delete(path).status_code == 422
