"""Every way out of `ioc` is an exit code and, for an error, one sentence without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra import cli
from infra.errors import Unavailable


def _run(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ioc", *args])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["up", "--colour"], "--colour"),
        (["down"], "down"),
        (["up", "--sensors", "many"], "--sensors"),
        (["up", "--http-port", "70000"], "--http-port"),
        (["sensors", "import", "/nowhere/sensors.csv"], "/nowhere/sensors.csv"),
        (["db", "migrate"], "IOC_DATABASE_URL"),
        (["ingest", "run", "--nothing"], "--nothing"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], args: list[str], says: str
) -> None:
    monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
    assert _run(monkeypatch, *args) == 2
    err = capfd.readouterr().err.strip()
    assert err.startswith("ioc: ")
    assert says in err
    assert "\n" not in err


def test_an_unreachable_database_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATABASE_URL", "postgresql://ioc:secret@127.0.0.1:1/ioc")
    assert _run(monkeypatch, "db", "migrate") == 1
    err = capfd.readouterr().err.strip()
    assert "127.0.0.1:1" in err
    assert "secret" not in err
    assert "\n" not in err


def test_an_unexpected_error_keeps_its_traceback_for_a_file(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KeyError("lost")

    monkeypatch.setattr(cli, "_stderr_is_a_log", lambda: False)
    monkeypatch.setattr("infra.settings.load", fail)
    assert _run(monkeypatch, "db", "migrate") == 1
    err = capfd.readouterr().err
    assert "unexpected KeyError" in err
    assert "Traceback" not in err
    path = Path(err.strip().rsplit(" ", 1)[-1])
    assert "Traceback" in path.read_text()
    path.unlink()


def test_errors_of_ours_have_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise Unavailable("nothing is there")

    monkeypatch.setattr("infra.settings.load", fail)
    assert _run(monkeypatch, "db", "maintain") == 1
    assert capfd.readouterr().err == "ioc: nothing is there\n"


def test_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(monkeypatch, "--help") == 0
    out = capfd.readouterr().out
    for name in ("up", "link", "doctor", "db", "sensors", "servers", "ingest", "api", "sim"):
        assert f"\n  {name} " in out


def test_a_room_is_imported_only_when_it_is_asked_for() -> None:
    code = """if True:
        import sys, infra.cli, typer.main
        typer.main.get_command(infra.cli.app)
        rooms = ("ingest", "ioc_api", "simulators", "fastapi", "rich", "numpy", "psycopg")
        print([m for m in rooms if m in sys.modules])
        """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
