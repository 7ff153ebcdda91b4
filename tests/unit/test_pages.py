"""Which pages may make a browser ask us something, and that addresses hold no secrets."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ioc_api.pages import Origins, Pages, has_cookie, secrets_in
from ioc_api.rest import system

COOKIE = {"cookie": "theme=dark; ioc_session=abc"}
OURS = {"origin": "http://testserver"}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def http() -> TestClient:
    """What answers 200 to everything that comes through."""

    async def well(scope: object, receive: object, send: object) -> None:
        await PlainTextResponse("well")(scope, receive, send)

    app = Starlette()
    app.mount("/", well)
    return TestClient(Pages(app, "https://wall.example/"))


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({**COOKIE, **OURS}, True),
        ({**COOKIE, "origin": "https://testserver"}, True),  # a proxy speaks HTTPS for us
        ({**COOKIE, "origin": "https://wall.example"}, True),
        ({**COOKIE, "origin": "https://wall.example", "sec-fetch-site": "cross-site"}, True),
        ({**COOKIE, "sec-fetch-site": "same-origin"}, True),
        (COOKIE, False),
        ({**COOKIE, "origin": "null"}, False),
        ({**COOKIE, "origin": ""}, False),
        ({**COOKIE, "origin": "http://evil.example"}, False),
        ({**COOKIE, "origin": "http://testserver.evil.example"}, False),
        ({**COOKIE, "origin": "http://testserver:81"}, False),
        ({**COOKIE, "origin": "http://[::1"}, False),
        ({**COOKIE, **OURS, "sec-fetch-site": "cross-site"}, False),
        ({**COOKIE, "sec-fetch-site": "cross-site"}, False),
        ({**COOKIE, "sec-fetch-site": "same-site"}, False),
        ({**COOKIE, "sec-fetch-site": "none"}, False),
        ({**COOKIE, "authorization": ""}, False),
        ({**COOKIE, "authorization": "Basic eDp5"}, False),
        ({**COOKIE, "authorization": "Bearer x"}, True),  # the token counts, and no page has it
        ({"authorization": "Bearer x", **OURS}, True),
        ({"authorization": "Bearer x", "origin": "http://evil.example"}, False),
        ({}, True),  # a program that signs in
        (OURS, True),
        ({"origin": "null"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_what_changes_something(http: TestClient, method: str, headers: dict[str, str], good: bool) -> None:
    assert http.request(method, "/api/v1/x", headers=headers).status_code == (200 if good else 403)


@pytest.mark.parametrize(
    ("public", "scheme", "origin", "good"),
    [
        ("", "http", "http://ioc", True),
        ("", "http", "https://ioc", True),  # by a proxy that we were not told of
        ("", "http", "ftp://ioc", False),
        ("", "https", "https://ioc", True),  # by ourselves, or as a trusted proxy says
        ("", "https", "http://ioc", False),
        ("", "wss", "https://ioc", True),
        ("", "wss", "http://ioc", False),
        ("", "ws", "http://ioc", True),
        ("https://ioc/", "http", "https://ioc", True),
        ("https://ioc", "http", "http://ioc", False),  # there is only HTTPS, whatever the proxy does not tell
        ("https://ioc", "ws", "http://ioc", False),
        ("https://ioc.example.vn", "http", "http://ioc", True),  # this machine's own name for us
        ("https://ioc.example.vn", "http", "https://ioc.example.vn", True),
        ("https://ioc.example.vn", "http", "http://ioc.example.vn", False),
        ("http://ioc.example.vn", "http", "http://ioc.example.vn", True),
    ],
)
def test_a_page_that_came_by_plain_http_is_not_that_of_https(public: str, scheme: str, origin: str, good: bool) -> None:
    origins = Origins("", public)
    headers = {"host": "ioc", "origin": origin}
    assert origins.ours(headers, scheme) is good
    assert origins.may_change(headers, scheme, cookie=True) is good
    if scheme.startswith("http"):
        app = Starlette()
        app.mount("/", PlainTextResponse("well"))
        asked = TestClient(Pages(app, "", public), f"{scheme}://ioc")
        assert asked.post("/api/v1/x", headers={**COOKIE, "origin": origin}).status_code == (200 if good else 403)


@pytest.mark.parametrize(
    ("host", "client", "local"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("localhost:8080", "::1", True),
        ("[::1]:8080", "::1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("evil.example:8080", "127.0.0.1", False),  # a name that was pointed at us
        ("localhost.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("192.0.2.1", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
        ("127.0.0.1", "192.0.2.1", False),
    ],
)
def test_metrics_without_a_token_are_for_programs_of_this_machine(host: str, client: str, local: bool) -> None:
    scope = {"type": "http", "headers": [(b"host", host.encode())], "client": (client, 1)}
    assert system._local(Request(scope)) is local


def test_a_link_in_a_message_acts_from_anywhere(http: TestClient) -> None:
    assert http.post("/a/abc", headers={"origin": "null", **COOKIE}).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "good"),
    [
        ("/api/v1/x", COOKIE, True),
        ("/api/v1/x", {**COOKIE, "sec-fetch-site": "same-origin"}, True),
        ("/api/v1/x", {**COOKIE, "sec-fetch-site": "cross-site"}, False),
        ("/api/v1/x", {**COOKIE, "sec-fetch-site": "cross-site", "origin": "https://wall.example"}, True),
        # Somebody comes back from the identity provider, in a browser that has a session still.
        ("/api/v1/session/oidc/return", {**COOKIE, "sec-fetch-site": "cross-site"}, True),
        ("/", {**COOKIE, "sec-fetch-site": "cross-site"}, True),  # somebody follows a link to the screen
        ("/open/v1/", {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}, True),
    ],
)
def test_what_is_read(http: TestClient, path: str, headers: dict[str, str], good: bool) -> None:
    assert http.get(path, headers=headers).status_code == (200 if good else 403)


@pytest.mark.parametrize(
    "query", ["token=x", "a=1&TOKEN=x", "access_token=", "api%5Fkey=x", "Authorization=Bearer+x", "password=x"]
)
def test_secrets_do_not_belong_into_an_address(http: TestClient, query: str) -> None:
    answer = http.get(f"/api/v1/zones?{query}")
    assert answer.status_code == 400
    assert "Authorization" in answer.json()["detail"]


def test_other_words_may_stand_there() -> None:
    assert not secrets_in("")
    assert not secrets_in("q=token&sensor=password&tokens=1")


def test_the_cookie_is_ours() -> None:
    assert has_cookie(COOKIE)
    assert not has_cookie({"cookie": "my_ioc_session=1; ioc_session2=2"})
    assert not has_cookie({})


def test_nobody_is_ours_without_an_address() -> None:
    assert not Origins("").ours({"host": "", "origin": "http://"})
    assert not Origins("").ours({"host": ""})
