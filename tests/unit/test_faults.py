"""What is said of a value that is not right: in both languages, with its limit, and its place as it was sent."""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
import structlog
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from starlette.testclient import TestClient

from infra.settings import Settings
from ioc_api import faults
from ioc_api.database import AWAY, Away
from ioc_api.headers import ALWAYS, Around
from ioc_api.health import Health
from ioc_api.problems import Stop, install
from ioc_api.rest.parts import Text


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Text = Field("", alias="from")


#: A type, a value that it does not take, and what is said.
TABLE: list[tuple[Any, Any, str]] = [
    (str, 7, "phải là văn bản / it must be a text"),
    (Annotated[str, Field(max_length=2000)], "x" * 2001, "tối đa 2.000 ký tự / at most 2,000 characters"),
    (Annotated[str, Field(min_length=3)], "x", "ít nhất 3 ký tự / at least 3 characters"),
    (Annotated[str, Field(pattern="^[a-z]+$")], "7", "không đúng dạng ^[a-z]+$ / it must have the form ^[a-z]+$"),
    (Text, "a\x00", "có ký tự không hợp lệ / it holds a character that text cannot have"),
    (int, "x", "phải là số nguyên / it must be a whole number"),
    (int, 1.5, "phải là số nguyên / it must be a whole number"),
    (int, None, "phải là số nguyên / it must be a whole number"),
    (int, "9" * 5000, "số quá lớn / the number is too large"),
    (float, "x", "phải là số / it must be a number"),
    (float, [], "phải là số / it must be a number"),
    (FiniteFloat, float("nan"), "phải là số hữu hạn / it must be a finite number"),
    (bool, "maybe", "phải là true hoặc false / it must be true or false"),
    (bool, [], "phải là true hoặc false / it must be true or false"),
    (Literal["info", "major", "critical"], "x",
     "phải là một trong: info, major, critical / it must be one of: info, major, critical"),
    (Colour, "x", "phải là một trong: red, blue / it must be one of: red, blue"),
    (list[int], 7, "phải là danh sách / it must be a list"),
    (tuple[int, int], 7, "phải là danh sách / it must be a list"),
    (dict[str, int], 7, "phải là đối tượng JSON / it must be a JSON object"),
    (Inner, 7, "phải là đối tượng JSON / it must be a JSON object"),
    (Annotated[int, Field(ge=1)], 0, "phải từ 1 trở lên / it must be 1 or more"),
    (Annotated[int, Field(gt=1000)], 0, "phải lớn hơn 1.000 / it must be more than 1,000"),
    (Annotated[float, Field(le=0.5)], 1, "không được quá 0,5 / it must be 0.5 or less"),
    (Annotated[int, Field(lt=2)], 2, "phải nhỏ hơn 2 / it must be less than 2"),
    (Annotated[list[int], Field(max_length=5000)], [1] * 5001,
     "chỉ nêu được tối đa 5.000 giá trị một lần: hãy nêu ít hơn, hoặc gửi nhiều lần"
     " / at most 5,000 can be named at once: name fewer, or ask several times"),
    (Annotated[list[int], Field(min_length=1)], [], "phải nêu ít nhất 1 giá trị / at least 1 must be named"),
    (date, "hôm nay", "ngày viết là 2026-01-31 / a day is written 2026-01-31"),
    (date, "2026-01-31T10:00:00", "ngày viết là 2026-01-31 / a day is written 2026-01-31"),
    (date, [], "ngày viết là 2026-01-31 / a day is written 2026-01-31"),
    (datetime, "hôm nay",
     "thời điểm viết là 2026-01-31T07:30:00+07:00 / a time is written 2026-01-31T07:30:00+07:00"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "said"), TABLE)
def test_each_kind_of_error_has_its_words(kind: Any, value: Any, said: str) -> None:
    model = type("Model", (BaseModel,), {"__annotations__": {"value": kind}})
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"value": value})
    (fault,) = caught.value.errors()
    assert faults.words(fault) == said


def test_what_has_no_words_here_is_told_as_it_came() -> None:
    assert faults.words({"type": "new_kind", "msg": "No", "ctx": {}}) == "giá trị không hợp lệ / No"
    assert faults.words({"type": "string_too_long", "msg": "No"}).startswith("tối đa ? ký tự")


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hours: list[Inner] = []
    by: Annotated[str, Field(max_length=5)] | None = Field(None, alias="as")


@pytest.fixture(scope="module")
def http() -> TestClient:
    app = FastAPI()
    install(app)

    @app.post("/sent")
    async def sent(asked: Sent) -> None:
        if asked.by == "stop":
            raise Stop(422, "body.as: không được / no")

    return TestClient(app)


@pytest.mark.parametrize(
    ("body", "where", "said"),
    [
        ({"as": "x" * 9}, "body.as", "tối đa 5 ký tự / at most 5 characters"),
        ({"by": "x"}, "body.by", "không có trường này / there is no such field"),
        ({"hours": [{}, {"from": 7}]}, "body.hours.1.from", "phải là văn bản / it must be a text"),
        ({"as": "stop"}, "body.as", "không được / no"),
        (b"{", "body", "nội dung không phải JSON / the body is no JSON"),
        (b"", "body", "thiếu trường này / this field is missing"),
    ],
)
def test_a_place_is_named_as_it_was_sent(http: TestClient, body: Any, where: str, said: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = http.post("/sent", content=raw, headers={"Content-Type": "application/json"})
    found = answer.json()
    assert answer.status_code == 422
    (fault,) = found["errors"]
    assert fault["where"] == where
    assert fault["message"].startswith(said)
    assert found["detail"] == f"{where}: {fault['message']}"


# What nobody may hear

DRIVER = 'connection to server at "10.9.8.7", port 5432 failed: role "ioc_db" does not exist'


def test_what_a_driver_said_is_for_the_log_and_for_operators_alone() -> None:
    app = FastAPI()
    install(app)

    @app.get("/")
    async def away() -> None:
        raise Away(reason=DRIVER)

    with structlog.testing.capture_logs() as lines:
        answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert answer.json()["detail"] == AWAY
    assert [line["reason"] for line in lines] == [DRIVER]


def test_readiness_tells_everybody_what_is_wrong_and_no_host_or_user() -> None:
    class Broken:
        async def check(self) -> None: ...

        def connection(self, _: float) -> Any:
            raise Away(reason=DRIVER)

    listener = SimpleNamespace(connected=False, reason=DRIVER, alive=lambda: True)
    intake = SimpleNamespace(warm=asyncio.Event(), trouble=DRIVER, canaries={})
    health = Health(Settings(), Broken(), listener, intake)
    assert asyncio.run(health.look_at_database()) is None
    told = health.reasons()
    assert [one.partition(":")[0] for one in told] == ["database", "broker", "history", "canary"]
    assert not any(DRIVER in one for one in told)
    assert DRIVER in health.items()["database"]["reason"]  # GET /system, for operators
    assert sum(DRIVER in one for one in health.items()["api"]["reasons"]) == 3


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_fault_of_ours_has_all_the_headers(scheme: str) -> None:
    app = FastAPI()
    install(app)
    app.add_middleware(Around, hsts="max-age=60")

    @app.get("/")
    async def broken() -> None:
        raise RuntimeError(DRIVER)

    answer = TestClient(app, f"{scheme}://ioc", raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert DRIVER not in answer.text
    assert answer.json()["detail"].startswith("lỗi của hệ thống")
    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
    assert "object-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("strict-transport-security") == ("max-age=60" if scheme == "https" else None)
