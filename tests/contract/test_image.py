"""The Dockerfile: what it copies exists and is sent, and the wheel that it installs is complete."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml

from infra.deploy import secrets

ROOT = Path(__file__).parents[2]
LINES = [
    line.split()
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def sources() -> list[str]:
    """What is copied from this repository."""
    found = []
    for line in LINES:
        if line[0] == "COPY" and not line[1].startswith("--from"):
            found += line[1:-1]
    return found


def is_sent(name: str) -> bool:
    """Whether .dockerignore lets a file through: the last line that matches it or a folder above counts."""
    sent = True
    parts = name.rstrip("/").split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.lstrip("!").removeprefix("**/")
        if any(fnmatch.fnmatch(p, pattern) or fnmatch.fnmatch(p.split("/")[-1], pattern) for p in above):
            sent = line.startswith("!")
    return sent


def test_what_is_copied_exists_and_is_sent() -> None:
    assert sources()
    for name in sources():
        assert (ROOT / name).exists(), name
        assert is_sent(name), f".dockerignore holds back {name}"
    screen = "ioc_api/dashboard"
    for name in (
        ".git/config",
        ".env",
        "run.json",
        "tests/conftest.py",
        f"{screen}/node_modules/x",
        f"{screen}/types/node_modules/x",
    ):
        assert not is_sent(name), name


def test_all_rooms_are_copied() -> None:
    rooms = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert rooms <= {name.rstrip("/") for name in sources()}


def test_stages_users_and_programs_exist() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = {line[3] for line in LINES if line[0] == "FROM" and len(line) > 3}
    assert set(re.findall(r"--from=(\w+)", text)) <= stages
    assert re.search(r'^ENTRYPOINT \["(\w+)"\]', text, re.MULTILINE)[1] in PROJECT["scripts"]
    user = f"{secrets.SERVICES}:{secrets.SERVICES}"
    assert f"USER {user}" in text
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert compose["x-ours"]["user"] == user
    assert compose["services"]["mosquitto"]["user"] == f"{secrets.BROKER}:{secrets.BROKER}"
    assert f":-{PROJECT['version']}}}" in compose["x-ours"]["image"]


def test_its_python_is_one_that_we_run_on() -> None:
    least = tuple(int(n) for n in PROJECT["requires-python"].removeprefix(">=").split("."))
    for line in LINES:
        if line[0] == "FROM" and line[1].startswith("python:"):
            assert tuple(int(n) for n in re.findall(r"\d+", line[1])[:2]) >= least


def test_the_wheel_holds_data_migrations_and_screen(tmp_path: Path) -> None:
    copy = tmp_path / "src"
    copy.mkdir()
    ignore = shutil.ignore_patterns("node_modules", "__pycache__", "dist", "src", "tests")
    for line in LINES:
        if line[0] != "COPY" or line[1].startswith("--from") or line[-1] == "./":
            continue
        shutil.copytree(ROOT / line[1], copy / line[1], ignore=ignore, dirs_exist_ok=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    screen = copy / "ioc_api/dashboard/dist/assets"
    screen.mkdir(parents=True)
    (screen.parent / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (screen / "index.js").write_text("", encoding="utf-8")

    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*pip, "-w", str(tmp_path), str(copy)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {str(p.relative_to(ROOT)) for p in ROOT.glob("infra/migrations/*.sql")}
    wanted |= {str(p.relative_to(ROOT)) for p in (ROOT / "city/data").rglob("*.*")}
    wanted |= {"infra/deploy/mosquitto.acl", "infra/deploy/probe.py", "infra/deploy/secrets.py"}
    wanted |= {"ioc_api/dashboard/dist/index.html", "ioc_api/dashboard/dist/assets/index.js"}
    assert not wanted - held
    assert not [name for name in held if name.startswith(("tests/", "benchmarks/"))]
