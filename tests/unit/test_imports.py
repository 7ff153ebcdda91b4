"""Imports point one way: the contracts of pyproject.toml hold, and a broken one is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).parents[2]
configure()


def kept(config: Path, cache: Path) -> bool:
    return bool(lint_imports(config_filename=str(config), cache_dir=str(cache)))


def test_imports_point_one_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = kept(ROOT / "pyproject.toml", tmp_path)
    assert good, capsys.readouterr().out


def test_an_import_the_wrong_way_is_found(tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["city", "infra"]\n'
        '[[tool.importlinter.contracts]]\nname = "The other way"\ntype = "layers"\nlayers = ["city", "infra"]\n',
        encoding="utf-8",
    )
    assert not kept(config, tmp_path)
