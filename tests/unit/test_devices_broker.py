"""The broker is signalled when it can be: before, the signal that lets it read its files would end it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.devices import keeper
from infra.devices.broker import Broker
from infra.settings import Settings

_PROGRAM = """
import os, signal, sys
open("/proc/self/comm", "w").write("mosquitto")
print(flush=True)
sys.stdin.readline()
signal.signal(signal.SIGHUP, lambda *_: os.write(1, b"reloaded\\n"))
os.write(1, b"\\n")
while True: signal.pause()
"""


def test_a_broker_that_starts_is_not_signalled(tmp_path: Path) -> None:
    broker = Broker(tmp_path, "mqtt://127.0.0.1:1")
    assert not broker.reload()
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=-1, stdout=-1, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            (tmp_path / "pid").write_text(f"{child.pid}\n")
            child.stdout.readline()
            assert broker.pid is None
            assert not broker.reload()
            child.stdin.write("\n")
            child.stdin.flush()
            child.stdout.readline()
            assert broker.pid == child.pid
            assert broker.reload()
            assert child.stdout.readline() == "reloaded\n"
        finally:
            child.send_signal(signal.SIGKILL)
    assert not broker.reload()


def test_the_log_is_read_by_lines_and_emptied_where_it_grows_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOG_BYTES", 30)
    log = tmp_path / "log"
    tail = keeper.Tail(log)
    assert tail.lines() == []
    with log.open("ab") as writer:

        def write(data: bytes) -> None:
            writer.write(data)
            writer.flush()

        write(b"one\ntw")
        assert tail.lines() == ["one"]
        write(b"o\nthree\n")
        assert tail.lines() == ["two", "three"]
        write(b"x" * 30 + b"\nha")
        assert tail.lines() == ["x" * 30]
        assert log.stat().st_size == 0
        write(b"lf\n")
        assert tail.lines() == ["half"], "a line that was not whole when the log was emptied"


def test_the_broker_tells_less_while_there_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(mqtt_url="mqtt://127.0.0.1:1", broker_dir=tmp_path, broker_log=tmp_path / "log")
    kept = keeper.Keeper(settings)
    said: list[bool] = []
    monkeypatch.setattr(kept, "_closely", said.append)
    kept._pace(0, keeper.CHUNK)
    kept._pace(1, keeper.CHUNK)
    kept._pace(2, 10)
    for second in range(3, 100):
        kept._pace(second, keeper.RATE)
    assert said == [], "neither the log from before nor what can be read"
    kept._pace(100, keeper.BURST + 1)
    assert said == [False]
    kept._pace(100 + keeper.PAUSE_S, keeper.BURST)
    assert said == [False]
    kept._pace(101 + keeper.PAUSE_S, 0)
    assert said == [False, True]
    kept._pace(102 + keeper.PAUSE_S, keeper.RATE)
    assert said == [False, True]
