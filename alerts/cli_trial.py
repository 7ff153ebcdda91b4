"""`ioc alerts test|replay|ledger`: try before you trust, and how much noise there was."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from alerts.trial import cases, play
from infra import catalog, settings
from infra.errors import ConfigError


def try_rules(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE.yaml…]", help="Tệp hoặc thư mục; không ghi: bộ đi kèm / Files or folders; none: "
                       "the tests that ship"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Chỉ in lỗi / Print failures only")] = False,
) -> None:  # fmt: skip
    """Thử quy tắc / Unit tests of rules: readings given at times, states expected at times."""
    chosen = catalog.load(settings.load())
    begun = time.monotonic()
    tests = failed = 0
    for path in _files(files):
        try:
            suite = cases.load(path)
        except UnicodeDecodeError:
            raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8") from None
        except OSError as e:
            raise ConfigError(f"cannot read {path}: {e.strerror}") from None
        for finding in suite.findings:
            typer.echo(str(finding))
        failed += len(suite.findings)
        for one in suite.tests:
            tests += 1
            found = play.play(one, chosen)
            failed += bool(found)
            for finding in found:
                typer.echo(str(finding))
            if not found and not quiet:
                typer.echo(f"đạt / ok  {one.case.name}")
    took = time.monotonic() - begun
    typer.echo(f"{tests} bài thử, {failed} lỗi / {tests} tests, {failed} failures ({took:.1f} s)")
    if failed:
        raise typer.Exit(1)


def _files(given: list[Path] | None) -> list[Path]:
    if given:
        return [p for path in given for p in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    folder = resources.files("alerts") / "data" / "tests"
    return sorted((Path(str(p)) for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name)
