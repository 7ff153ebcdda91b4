"""Undocumented is broken: settings, metrics, commands, tables, reasons, domains, links and make targets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer
from prometheus_client.metrics import MetricWrapperBase

from city import registry
from city.payload import REASONS, Limits, Reader
from infra import catalog, settings, telemetry
from infra.cli import app
from infra.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SKIPPED = {".git", ".venv", "node_modules", "dist", "build"}


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows(path: Path) -> dict[str, list[str]]:
    """Rows of the page's tables by the first code in their first cell."""
    found = {}
    for line in text(path).splitlines():
        if line.startswith("| `"):
            cells = [c.strip() for c in line.strip()[1:-1].split("|")]
            found[cells[0].split("`")[1]] = cells
    return found


@cache
def pages() -> tuple[Path, ...]:
    return tuple(p for p in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(p.relative_to(ROOT).parts))


# Settings


def shown(default: object) -> str:
    return "–" if default in ("", None) else f"`{default}`"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    variable = PREFIX + name.upper()
    row = rows(DOCS / "settings.md").get(variable)
    wanted = f"| `{variable}` | {shown(field.default)} | {field.description} |"
    assert row is not None, f"docs/settings.md needs a row such as: {wanted}"
    assert row[1] == shown(field.default), f"docs/settings.md: the default of {variable} is {shown(field.default)}"
    assert len(row[2]) > 10
    if get_origin(field.annotation) is not None and all(isinstance(a, str) for a in get_args(field.annotation)):
        assert all(f"`{value}`" in row[2] or value in row[2] for value in get_args(field.annotation))


def test_no_setting_is_described_that_does_not_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    described = {name for name in rows(DOCS / "settings.md") if name.startswith(PREFIX)}
    assert described == known


# Metrics


def exposed() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(name as Prometheus sees it, kind, labels) of every metric."""
    for metric in vars(telemetry).values():
        if isinstance(metric, MetricWrapperBase):
            kind = metric._type
            yield metric._name + ("_total" if kind == "counter" else ""), kind, tuple(metric._labelnames)


@pytest.mark.parametrize(("name", "kind", "labels"), sorted(exposed()))
def test_every_metric_is_described_with_its_labels(name: str, kind: str, labels: tuple[str, ...]) -> None:
    row = rows(DOCS / "metrics.md").get(name)
    shown_labels = ", ".join(f"`{label}`" for label in labels)
    assert row is not None, f"docs/metrics.md needs a row such as: | `{name}` | {shown_labels} | {kind} | … |"
    assert row[1:3] == [shown_labels, kind]


def test_no_metric_is_named_that_does_not_exist() -> None:
    known = {name for name, _, _ in exposed()}
    for page in pages():
        for name in re.findall(r"\bioc_(?:ingest|api|broker)_[a-z0-9_]+", text(page)):
            assert re.sub(r"_(bucket|sum|count)$", "", name) in known, f"{page.relative_to(ROOT)} names {name}"


# Commands


def commands(command: Any = None, path: str = "ioc") -> Iterator[tuple[str, Any]]:
    """Every command of the program by its full name, groups included."""
    command = command or typer.main.get_group(app)
    yield path, command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from commands(command.get_command(None, name), f"{path} {name}")


@cache
def tree() -> dict[str, Any]:
    return dict(commands())


def section(name: str) -> str | None:
    """What docs/commands.md says under the heading of a command."""
    parts = re.split(r"^#+ `([^`\n]+)`.*$", text(DOCS / "commands.md"), flags=re.MULTILINE)
    # A heading shows arguments too: `ioc sensors import FILE.csv`.
    found = {
        " ".join(w for w in heading.split() if w.islower()): body
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    return found.get(name)


def test_every_command_and_option_is_described() -> None:
    lacks = []
    for name, command in tree().items():
        is_group = hasattr(command, "list_commands")
        said = section(name)
        if said is None:
            if not is_group or name == "ioc":
                lacks.append(name)
            continue
        for option in command.params:
            names = [o for o in (*option.opts, *option.secondary_opts) if o.startswith("--")]
            if not any(re.search(rf"(?<![\w-]){re.escape(o)}(?![\w-])", said) for o in names or [""]):
                lacks.append(f"{name} {names}")
    assert not lacks, "docs/commands.md lacks"


def test_every_command_that_a_page_names_exists() -> None:
    known = set(tree())
    groups = {name for name, command in tree().items() if hasattr(command, "list_commands")}
    for page in pages():
        for spoken in re.findall(r"(?:^|`|\.venv/bin/|exec api )(ioc(?: [a-z]+)+)", text(page), re.MULTILINE):
            words = spoken.split()
            name = " ".join(words[:2])
            if name in groups and len(words) > 2:
                name = " ".join(words[:3])
            assert name in known, f"{page.relative_to(ROOT)} names {spoken}"


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for page in pages():
        for target in re.findall(r"(?:^|`)make ([a-z]+)\b", text(page), re.MULTILINE):
            assert target in targets, f"{page.relative_to(ROOT)} names make {target}"


# Data


def test_every_table_and_view_is_described() -> None:
    made = {"migration"}
    for file in (ROOT / "infra/migrations").glob("*.sql"):
        # Views of the schema scoped are called as the tables that they show a part of.
        made |= set(re.findall(r"CREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?(?:scoped\.)?(\w+)", text(file)))
    page = text(DOCS / "data.md")
    assert not {name for name in made if f"`{name}" not in page}, "docs/data.md lacks"


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_quarantine_is_described(reason: str) -> None:
    row = rows(DOCS / "mqtt.md").get(reason)
    assert row is not None, f"docs/mqtt.md lacks the reason {reason}"
    assert len(row) == 3, "reason, when, what to do"
    assert all(len(cell) > 10 for cell in row[1:])


def test_reasons_stand_in_their_order() -> None:
    assert [name for name in rows(DOCS / "mqtt.md") if name in REASONS] == list(REASONS)


def test_the_table_of_metrics_is_that_of_the_domain_files() -> None:
    known = catalog.load(settings.Settings(domains_dir=None)).registry
    lines = set(text(DOCS / "data.md").splitlines())
    common = {"battery", "signal"}
    for domain in known.domains.values():
        for m in domain.metrics:
            where = "every" if m.name in common else f"`{domain.code}`"
            wanted = (
                f"| {where} | `{m.name}` | {m.unit} | {m.kind} | {m.low:,.12g} to {m.high:,.12g}"
                f" | {m.aggregate} | {m.vi} / {m.en} |"
            )
            assert wanted in lines, f"docs/data.md needs: {wanted}"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def test_every_example_of_a_payload_is_good() -> None:
    known = catalog.load(settings.Settings(domains_dir=None)).registry
    always = Limits(0, 1 << 62)
    assert len(blocks(DOCS / "mqtt.md", "json")) >= 3
    for example in blocks(DOCS / "mqtt.md", "json"):
        read = [Reader(domain).read(example.encode(), always) for domain in known.domains.values()]
        assert any(message.rows and not message.faults for message in read), example


def test_the_example_of_a_further_domain_is_good() -> None:
    (example,) = blocks(DOCS / "data.md", "toml")
    common = (ROOT / "city/data/domains/common.toml").read_text(encoding="utf-8")
    domain = registry.parse(common, [("example", example)]).domains["parking"]
    message = Reader(domain).read(b'{"free": 12}', Limits(0, 1 << 62))
    assert message.rows
    assert not message.faults


# Text


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as repository hosts make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text(page), re.MULTILINE):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add("".join("-" if c == " " else c for c in plain if c.isalnum() or c in " -_"))
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    body = re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", body):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{page.relative_to(ROOT)} links to {target}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    rooms = "city|infra|ingest|alerts|ioc_api|simulators|tests|benchmarks|docs"
    for name, test in re.findall(rf"`((?:{rooms})/[\w./-]+)(?:::(\w+))?`", text(page)):
        assert (ROOT / name).exists(), f"{page.relative_to(ROOT)} names {name}"
        assert not test or f"def {test}(" in text(ROOT / name), f"{page.relative_to(ROOT)} names {name}::{test}"


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_text_is_in_composed_unicode(page: Path) -> None:
    assert unicodedata.is_normalized("NFC", text(page))
