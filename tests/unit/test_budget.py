"""Files stay small, and none names a package registry or somebody's machine."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("city", "infra", "ingest", "alerts", "ioc_api", "simulators")
SKIPPED = {".git", ".venv", ".hypothesis", "node_modules", "dist", "build", "__pycache__", "ioc.egg-info"}
SKIPPED |= {".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"}
BINARY = {".png", ".webp", ".woff2", ".ico", ".gz"}

PYTHON_MOST, PYTHON_MEDIAN, SCREEN_MOST = 400, 120, 250
IMAGE_BYTES = 300 * 1024
#: In pieces, so that this file itself is clean.
REGISTRIES = [
    name + "." + top
    for name, top in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("deb.debian", "org"), ("ftp.debian", "org"), ("snapshot.debian", "org"), ("docker", "io"),
    )
]  # fmt: skip
MACHINE = re.compile("|".join((r"/wo" r"rk/", r"/ho" r"me/\w", r"/Us" r"ers/\w", r"/opt/py" r"pi")))


def _files(folder: Path = ROOT) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in SKIPPED or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(_files()))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def test_python_files_are_small() -> None:
    assert not {name(p): lines(p) for p in files() if p.suffix == ".py" and lines(p) > PYTHON_MOST}


def test_most_python_files_are_smaller_still() -> None:
    sizes = [lines(p) for p in files() if p.suffix == ".py" and name(p).split("/")[0] in ROOMS and lines(p)]
    assert statistics.median(sizes) <= PYTHON_MEDIAN


def test_front_end_files_are_small() -> None:
    kinds = {".ts", ".tsx", ".css", ".html"}
    screen = [p for p in files() if p.suffix in kinds and name(p).startswith("ioc_api/dashboard/")]
    screen = [p for p in screen if p.name != "schema.d.ts"]  # written by `make types`
    assert screen
    assert not {name(p): lines(p) for p in screen if lines(p) > SCREEN_MOST}


def test_images_are_small() -> None:
    images = {name(p): p.stat().st_size for p in files() if p.suffix in {".png", ".webp"}}
    assert not {image: size for image, size in images.items() if size > IMAGE_BYTES}


@pytest.mark.parametrize("folder", sorted({name(p).split("/")[0] for p in files()}))
def test_no_registry_and_no_machine_is_named(folder: str) -> None:
    for path in files():
        if name(path).split("/")[0] != folder or path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = [host for host in REGISTRIES if host in text] + MACHINE.findall(text)
        assert not found, f"{name(path)} names {found}"
