"""The data folder: one holder, private files, logs that do not grow without end."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infra import up_data
from infra.errors import AlreadyRunning, Unavailable
from infra.up_data import DataFolder


def test_a_second_holder_is_refused_with_the_first_ones_address(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "d"), DataFolder(tmp_path / "d")
    first.take()
    with pytest.raises(AlreadyRunning, match="just starting or stopping"):
        second.take()
    first.say({"http": "http://127.0.0.1:8099"})
    with pytest.raises(AlreadyRunning, match=r"at http://127\.0\.0\.1:8099.*--data"):
        second.take()
    assert second.is_taken()
    first.release()
    assert not second.is_taken()
    second.take()
    second.release()


def test_what_a_killed_one_said_is_forgotten(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.say({"http": "stale"})
    assert not folder.is_taken()
    folder.take()
    assert folder.run() == {}
    folder.release()


def test_private_files_are_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.take()
    folder.secret("token")
    folder.say({"token": "t"})
    for name in ("secrets.json", "run.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    folder.release()
    assert not (tmp_path / "run.json").exists()


def test_secrets_are_made_once_and_fit_into_urls(tmp_path: Path) -> None:
    made = DataFolder(tmp_path).secret("database")
    assert DataFolder(tmp_path).secret("database") == made
    assert DataFolder(tmp_path).secret("mqtt") != made
    assert made.replace("-", "").replace("_", "").isalnum()
    assert len(made) >= 24


def test_damaged_secrets_are_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(Unavailable, match="is damaged"):
        DataFolder(tmp_path).secret("token")


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"cannot be written.*--data"):
        DataFolder(tmp_path / "file/data").take()


def test_a_large_log_is_put_aside_and_few_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_data, "LOG_BYTES", 10)
    folder = DataFolder(tmp_path)
    folder.take()
    path = tmp_path / "logs/api.log"
    with path.open("a") as writer:
        for n in range(6):
            writer.write(f"{n} " * 20)
            writer.flush()
            folder.trim_logs()
            assert path.stat().st_size == 0, "its writer goes on in the same file"
    assert (tmp_path / "logs/api.log.1").read_text().startswith("5 ")
    assert sorted(p.name for p in (tmp_path / "logs").iterdir()) == [
        "api.log", "api.log.1", "api.log.2", "api.log.3",
    ]  # fmt: skip
    folder.release()
