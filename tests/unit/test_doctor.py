"""The doctor's judgement: what is good, what must be mended, and always with a remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra import doctor, settings
from infra.devices.authority import Authority
from infra.up_data import DataFolder


def _states(*answers: object) -> list[str]:
    return [f.state for f in doctor.judge_database(*answers)]


def test_a_good_database() -> None:
    assert _states("2.19.3", "on", 0.1) == ["good"]


@pytest.mark.parametrize(
    "answers",
    [(None, "on", 0.0), ("2.17.2", "on", 0.0), ("2.19.3", "off", 0.0), ("2.19.3", "on", -3600.0)],
    ids=["no TimescaleDB", "old TimescaleDB", "not durable", "clock"],
)
def test_a_bad_database(answers: tuple[str | None, str, float]) -> None:
    bad = [f for f in doctor.judge_database(*answers) if f.state == "bad"]
    assert len(bad) == 1
    assert bad[0].remedy


@pytest.mark.parametrize(
    ("age_s", "facts", "state"),
    [
        (None, {}, "note"),
        (301.0, {}, "note"),
        (10.0, {"errors": ["rollups: no"]}, "bad"),
        (10.0, {"errors": [], "compression": False}, "good"),
    ],
)
def test_history(age_s: float | None, facts: dict[str, object], state: str) -> None:
    (found,) = doctor.judge_history(age_s, facts)
    assert found.state == state
    assert (state == "good") == (not found.remedy)


def test_a_wrong_setting_is_told_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IOC_HTTP_PORT", "eighty")
    found = list(doctor.findings(tmp_path))
    assert [f.state for f in found] == ["bad"]
    assert "IOC_HTTP_PORT" in found[0].remedy


def test_unreachable_servers_are_bad_and_the_exit_code_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATABASE_URL", "postgresql://ioc:secret@127.0.0.1:1/ioc")
    monkeypatch.setenv("IOC_MQTT_URL", "mqtt://ioc:secret@127.0.0.1:1")
    assert doctor.examine(tmp_path) == 1
    out = capsys.readouterr().out
    assert "the database cannot be reached" in out
    assert "the broker cannot be reached" in out
    assert "secret" not in out


@pytest.mark.parametrize(
    ("bad", "notes", "said"), [(0, 0, "all is well"), (0, 2, "nothing is wrong, to note (!): 2"), (1, 2, "1 to mend")]
)
def test_all_is_well_only_where_nothing_is_to_be_noted(bad: int, notes: int, said: str) -> None:
    assert doctor.total(bad, notes).endswith(f"/ {said}")


def test_a_note_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = (doctor.Finding("good", "a", "a"), doctor.Finding("note", "b", "b"))
    monkeypatch.setattr(doctor, "findings", lambda _: iter(found))
    assert doctor.examine(tmp_path) == 0
    assert capsys.readouterr().out.endswith("to note (!): 1\n")


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = doctor.Place(settings.load(), DataFolder(tmp_path / "file/data"), {})
    assert [f.state for f in doctor.disk(place)] == ["bad"]


@pytest.mark.parametrize(
    ("host", "proxies", "days", "states"),
    [
        ("127.0.0.1", "", None, []),
        ("", "", None, ["note"]),
        ("::", "", None, ["note"]),
        ("::", "10.0.0.1", None, []),
        ("::", "", 90, ["good"]),
        ("::", "", 5, ["note"]),
        ("::", "", 0, ["bad"]),
    ],
)
def test_the_wire(tmp_path: Path, host: str, proxies: str, days: int | None, states: list[str]) -> None:
    given = settings.load(http_host=host, trusted_proxies=proxies)
    if days is not None:
        authority = Authority(tmp_path / "authority")
        authority.make()
        (tmp_path / "api.crt").write_bytes(authority.server(["ioc"], timedelta(days=days, minutes=-5)).certificate)
        given = settings.load(http_host=host, tls_cert=tmp_path / "api.crt")
    found = list(doctor.wire(doctor.Place(given, DataFolder(tmp_path), {})))
    assert [f.state for f in found] == states
    assert all(f.state == "good" or f.remedy for f in found)


def test_the_keeper_of_devices_credentials() -> None:
    now = datetime.now(UTC)
    found = [
        list(doctor.judge_devices(*said)) for said in ((0, None), (3, now), (3, None), (3, now - timedelta(hours=1)))
    ]
    assert [[f.state for f in one] for one in found] == [[], ["good"], ["bad"], ["bad"]]
    assert all(f.remedy for one in found for f in one if f.state == "bad")
