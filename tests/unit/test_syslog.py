"""Rows of the audit as syslog lines."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra import remote
from infra.audit.chain import Entry
from infra.audit.read import Row
from infra.audit.syslog import MOST_BYTES, Sender, Target, line, parse, trust
from infra.errors import ConfigError
from infra.log import _Hiding, one_line

ROW = Row(
    Entry(
        7, datetime(2026, 11, 23, 6, 12, 8, 113402, UTC), "lan", 3, "password", "session ab", "192.0.2.7", "rule.write",
        "rule air.pm25", "done", None, '{"secret":"***"}', "Ngưỡng mới",
    ),
    bytes(range(32)),
)  # fmt: skip
#: RFC 5424, 6: the head, one element of structured data, and the text with its mark.
LINE = re.compile(
    rb"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32}"
    rb' \[audit@32473((?: [a-z]{1,32}="(?:[^"\\\]]|\\["\\\]])*")+)\] \xef\xbb\xbf([^\x00-\x1f\x7f]*)'
)


def other(**changes: object) -> Row:
    return ROW._replace(entry=ROW.entry._replace(**changes))


def test_a_line() -> None:
    assert line(ROW, "ioc-1").decode() == (
        "<109>1 2026-11-23T06:12:08.113402Z ioc-1 ioc - rule.write"
        ' [audit@32473 id="7" actor="lan" way="password" key="session ab" address="192.0.2.7" subject="rule air.pm25"'
        f' outcome="done" hash="{bytes(range(32)).hex()}"] \ufeffrule.write rule air.pm25: done (Ngưỡng mới)'
    )
    assert line(other(outcome="refused"), "x").startswith(b"<108>")
    assert line(other(outcome="failed"), "x").startswith(b"<107>")


@pytest.mark.parametrize(
    "text", ['"] x="y', "a\r\n<0>1 - root", "\\", "\u2028\x85\x00", "]" * 3000, "ệ" * 3000, " ", ""]
)
def test_nothing_in_a_line_ends_it(text: str) -> None:
    found = line(other(actor=text, key=text, address=text, action=text, subject=text, detail=text), f"h {text}")
    assert len(found) <= MOST_BYTES
    found.decode()
    match = LINE.fullmatch(found)
    assert match, found
    names = re.findall(rb' ([a-z]+)="', re.sub(rb"\\.", b"", match[2]))
    assert names[0] == b"id"
    assert len(names) == len(set(names))


def test_where_lines_go() -> None:
    nobody = remote.plain_hosts("")
    assert parse("unix:/dev/log", nobody) == Target("unix", "/dev/log", 0)
    assert parse("udp://127.0.0.1", nobody) == Target("udp", "127.0.0.1", 514)
    assert parse("tcp://[::1]:1601", nobody) == Target("tcp", "::1", 1601)
    assert parse("tls://log.example.vn", nobody) == Target("tls", "log.example.vn", 6514)
    assert parse("tcp://log.example.vn", remote.plain_hosts("log.example.vn")) == Target("tcp", "log.example.vn", 601)
    for plain in ("udp://log.example.vn", "tcp://10.0.0.1"):
        with pytest.raises(ConfigError, match="IOC_PLAIN_HOSTS"):
            parse(plain, nobody)
    for bad in (
        "log",
        "unix:log",
        "unix://h/x",
        "http://h",
        "udp://",
        "udp://h:0",
        "udp://h:x",
        "udp://u:p@h",
        "tcp://[::1",
    ):
        with pytest.raises(ConfigError, match="IOC_SYSLOG"):
            parse(bad, nobody)
    with pytest.raises(ConfigError, match="IOC_SYSLOG_CA_FILE"):
        trust(Path("/nowhere"))


def test_a_receiver_that_is_not_there() -> None:
    port = 1  # of neither way anybody's, and none that the kernel gives to another test's socket meanwhile
    for way in ("udp", "tcp"):
        with pytest.raises(OSError, match=r"refused|nobody listens"):
            Sender(Target(way, "127.0.0.1", port), trust(None)).send([ROW])
    with pytest.raises(OSError, match="No such file"):
        Sender(Target("unix", "/nowhere/log", 0), trust(None)).send([ROW])


# The services' own lines

NASTY = "boo\n2026-11-23T00:00:00Z [info     ] sign.in name=admin\x1b[2K\r\u2028\u202ek"
ESCAPED = r"boo\n2026-11-23T00:00:00Z [info     ] sign.in name=admin\x1b[2K\r\u2028\u202ek"


def test_nothing_makes_a_second_line_of_a_log_s_line() -> None:
    assert one_line("Bắc Giang – Việt Yên °C 'x'") == "Bắc Giang – Việt Yên °C 'x'"
    assert one_line(NASTY) == ESCAPED
    try:
        raise ValueError(NASTY)
    except ValueError:
        record = logging.LogRecord("lib", logging.ERROR, "x.py", 1, "it said %s", (NASTY,), sys.exc_info())
    first, *rest = _Hiding("%(name)s: %(message)s").format(record).splitlines()
    assert first == f"lib: it said {ESCAPED}"
    assert len(rest) >= 3
    assert all(line.startswith("  | ") for line in rest)
    assert not any(c in "\x1b\u202e" for line in rest for c in line)


def test_what_services_say_is_a_line_too() -> None:
    program = (
        "import structlog; from infra import log, settings; log.setup(settings.load(), 'api');"
        f"structlog.get_logger().warning('api.away', path={NASTY!r}, other=[{NASTY!r}])"
    )
    env = {**os.environ, "IOC_LOG_FORMAT": "console"}
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True).stderr
    assert len(said.splitlines()) == 1, said
    assert "admin\\\\x1b[2K" in said  # quoted as well, as what holds a blank is
    assert not any(c in "\x1b\r\u202e" for c in said)
