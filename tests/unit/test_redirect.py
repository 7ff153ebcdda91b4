"""Plain HTTP beside HTTPS: pages are sent on to where we are, and nobody is sent anywhere else."""

from __future__ import annotations

import pytest

from ioc_api.headers import ALWAYS
from ioc_api.redirect import Redirect


def said(redirect: Redirect, head: str) -> tuple[int, str]:
    """Status, and where it sends to."""
    lines = redirect.answer(head).decode().split("\r\n")
    where = [line.partition(": ")[2] for line in lines if line.lower().startswith("location:")]
    return int(lines[0].split()[1]), where[0] if where else ""


@pytest.mark.parametrize(
    ("port", "host", "where"),
    [
        (443, "ioc.example.vn", "https://ioc.example.vn/x?y=1"),
        (8443, "ioc.example.vn:8080", "https://ioc.example.vn:8443/x?y=1"),
        (443, "[2001:db8::1]:80", "https://[2001:db8::1]/x?y=1"),
    ],
)
def test_pages_are_sent_on(port: int, host: str, where: str) -> None:
    assert said(Redirect(port), f"GET /x?y=1 HTTP/1.1\r\nHost: {host}\r\n\r\n") == (308, where)
    known = Redirect(port, "https://ioc.province.vn")
    assert said(known, f"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n") == (308, "https://ioc.province.vn/")


@pytest.mark.parametrize(
    "head",
    [
        "POST / HTTP/1.1\r\nHost: ioc\r\n\r\n",
        *(
            f"GET {path} HTTP/1.1\r\nHost: ioc\r\n\r\n"
            for path in (
                "/api/v1/zones",
                "/api",
                "/open/v1/zones",
                "/metrics",
                "/openapi.json",
                "/openapi.json?x",
                "/a/abc",
            )
        ),
        "GET / HTTP/1.1\r\nHost: ioc\r\nAuthorization: Bearer x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: ioc\r\nHost: evil\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: evil/@ioc\r\n\r\n",
        "GET //evil.example HTTP/1.1\r\nHost: ioc\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: ioc\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: ioc\r\n\r\n",
        "nonsense",
        "",
    ],
)
def test_all_else_is_refused(head: str) -> None:
    assert said(Redirect(443), head) == (403, "")


def test_pages_whose_names_begin_like_those_are_sent_on() -> None:
    for path in ("/alerts?sort=age", "/apis", "/opened", "/docs"):
        assert said(Redirect(443), f"GET {path} HTTP/1.1\r\nHost: ioc\r\n\r\n") == (308, f"https://ioc{path}")


@pytest.mark.parametrize("line", ["GET /", "POST /"])
def test_both_have_the_headers_that_keep_browsers_safe(line: str) -> None:
    head = Redirect(443).answer(f"{line} HTTP/1.1\r\nHost: ioc\r\n\r\n").partition(b"\r\n\r\n")[0].decode()
    assert all(f"{name}: {value}" in head.split("\r\n") for name, value in ALWAYS.items())
    assert "strict-transport-security" not in head  # by plain HTTP it counts for nothing
