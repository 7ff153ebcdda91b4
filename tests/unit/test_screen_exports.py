"""Nothing of the screen is held out to others that nobody takes: what is not imported is private, or deleted."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

DASHBOARD = Path(__file__).parents[2] / "ioc_api" / "dashboard"
SOURCE = DASHBOARD / "src"
#: Compared with the API by the compiler; nobody imports it.
CHECKED = SOURCE / "api" / "checks.ts"
EVERYTHING = "*"

_EXPORT = re.compile(
    r"^export\s+(?:async\s+)?(?:const|let|function|class|interface|type|enum)\s+([\w$]+)", re.MULTILINE
)
_STATIC = re.compile(
    r'^(?:import|export)\s+(?:type\s+)?(?:\{([^}]*)\}|\*\s+as\s+\w+)\s*from\s*"(\.[^"]+)"', re.MULTILINE
)
_LATE = re.compile(r'(?:\{([^{}]*)\}\s*=\s*await\s+)?import\("(\.[^"]+)"\)')


def _sources(folder: Path) -> dict[Path, str]:
    found = (path for path in folder.rglob("*.ts*") if not path.name.endswith(".d.ts"))
    return {path.resolve(): path.read_text(encoding="utf-8") for path in found}


def _names(listed: str) -> set[str]:
    names = (name.strip().removeprefix("type ") for name in re.sub(r"//.*", "", listed).split(","))
    return {re.split(r" as |:", name)[0].strip() for name in names if name}


def _taken(sources: dict[Path, str]) -> dict[Path, set[str]]:
    """By file the names that others import of it; what is fetched late without naming its parts is taken as a whole."""
    taken: dict[Path, set[str]] = defaultdict(set)
    for path, code in sources.items():
        for pattern in (_STATIC, _LATE):
            for listed, where in pattern.findall(code):
                base = (path.parent / where).resolve()
                for file in (base, *(base.with_name(base.name + end) for end in (".ts", ".tsx")), base / "index.ts"):
                    if file in sources:
                        taken[file] |= _names(listed) if listed else {EVERYTHING}
    return taken


def test_every_export_is_imported() -> None:
    own = _sources(SOURCE)
    taken = _taken(own | _sources(DASHBOARD / "tests"))
    unused = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path, code in own.items()
        if path != CHECKED.resolve() and EVERYTHING not in taken[path]
        for name in _EXPORT.findall(code)
        if name not in taken[path]
    ]
    assert not unused


def test_it_is_told_what_nobody_imports(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("export const one = 1;\nexport function two() {}\nexport type Three = 3;\n")
    (tmp_path / "b.ts").write_text('import { type Three, one as other } from "./a";\n')
    (tmp_path / "c.tsx").write_text('const { late } = await import("./b");\n')
    sources = _sources(tmp_path)
    taken = _taken(sources)
    assert taken[(tmp_path / "a.ts").resolve()] == {"one", "Three"}
    assert taken[(tmp_path / "b.ts").resolve()] == {"late"}
