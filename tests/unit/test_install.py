"""What counts as installed: all programs, new enough; anything else is unpacked."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import Unavailable
from infra.servers import debian, install, owner, ports, sources


def _tree(root: Path, *, timescaledb: str = "2.19.3", mosquitto: str = "2.0.21") -> Path:
    programs = root / "usr/lib/postgresql/17/bin"
    programs.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (programs / name).touch()
    control = root / "usr/share/postgresql/17/extension/timescaledb.control"
    control.parent.mkdir(parents=True)
    control.write_text(f"default_version = '{timescaledb}'\n")
    broker = root / "usr/sbin/mosquitto"
    broker.parent.mkdir(parents=True)
    broker.write_text(f"#!/bin/sh\necho 'mosquitto version {mosquitto}'; exit 3\n")
    broker.chmod(0o755)
    return root


def _usable(root: Path) -> bool:
    found = install._in_tree(root, from_system=True)
    return found is not None and install._new_enough(found)


def test_a_system_with_all_of_it_is_used(tmp_path: Path) -> None:
    assert _usable(_tree(tmp_path))


@pytest.mark.parametrize("old", [{"timescaledb": "2.18.2"}, {"mosquitto": "2.0.18"}])
def test_an_old_system_is_not(tmp_path: Path, old: dict[str, str]) -> None:
    assert not _usable(_tree(tmp_path, **old))


@pytest.mark.parametrize("version", ["2.1.0", "2.0.22", "3.0"])
def test_newer_ones_are(tmp_path: Path, version: str) -> None:
    assert _usable(_tree(tmp_path, mosquitto=version))


def test_a_postgresql_without_timescaledb_is_not(tmp_path: Path) -> None:
    (_tree(tmp_path) / "usr/share/postgresql/17/extension/timescaledb.control").unlink()
    assert not _usable(tmp_path)


def test_the_community_edition_is_seen(tmp_path: Path) -> None:
    library = _tree(tmp_path) / "usr/lib/postgresql/17/lib/timescaledb-tsl-2.19.3.so"
    library.parent.mkdir()
    library.touch()
    found = install._in_tree(tmp_path, from_system=True)
    assert found is not None
    assert found.community


def test_no_mirror_is_one_sentence_with_other_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "configured", list)
    with pytest.raises(Unavailable, match=r"docker compose up.*IOC_DATABASE_URL and IOC_MQTT_URL"):
        debian.unpack(tmp_path / "tree", lambda _: None)


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="XDG_CACHE_HOME"), debian.locked(tmp_path / "file/servers"):
        pass


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert install.cache_home() == tmp_path / "ioc"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert install.cache_home() == Path.home() / ".cache/ioc"


def test_another_user_passes_only_open_folders(tmp_path: Path) -> None:
    stranger = owner.Owner("stranger", 54321, 54321)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not stranger.reaches(closed / "data")
    assert stranger.reaches(Path("/usr/lib/x"))


def test_a_free_port_is_none_that_the_kernel_gives_away() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if first <= 11_000:
        pytest.skip("this machine gives nearly all of them to outgoing connections")
    assert all(10_000 <= ports.choose(0, what="it", option="") < first for _ in range(20))


def test_who_finds_a_free_port_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ports.choose(0, what="the broker", option="")
    wanted = iter([first, first, ports._any()])
    monkeypatch.setattr(ports, "_any", lambda: next(wanted))
    assert ports.choose(0, what="devices", option="") != first, "its server has not opened it yet"
    other = "import sys; from infra.servers import ports; print(ports._keep(int(sys.argv[1])))"
    told = subprocess.run([sys.executable, "-c", other, str(first)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False"], "nor may another process have it"


def test_a_free_port_is_free_and_a_taken_one_is_not() -> None:
    port = ports.choose(0, what="the broker", option="--mqtt-port")
    assert ports.is_free(port)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        assert not ports.is_free(s.getsockname()[1])
