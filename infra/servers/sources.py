"""The Debian mirrors that this machine's apt is configured with, read from its source files."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Suites of Debian itself; anything else (another vendor's, security, updates) is not a full mirror.
_SUITES = re.compile(r"(bullseye|bookworm|trixie|forky|duke|sid|unstable|testing|stable|oldstable|oldoldstable)/?")
#: Options that say how a source is trusted and reached; they stay as the machine has them.
_KEPT = ("signed-by", "trusted", "check-valid-until", "allow-insecure", "allow-weak", "by-hash")


@dataclass(frozen=True)
class Source:
    """One mirror: its URI and the options that are kept, in deb822 spelling."""

    uri: str
    options: tuple[tuple[str, str], ...] = ()

    def stanza(self, suite: str) -> str:
        """The same source with another suite, as a deb822 stanza."""
        lines = ["Types: deb", f"URIs: {self.uri}", f"Suites: {suite}", "Components: main"]
        return "\n".join([*lines, *(f"{k}: {v}" for k, v in self.options)]) + "\n"


def configured() -> list[Source]:
    """Every Debian mirror of this machine's apt configuration, in its order, each once."""
    asked = ["apt-config", "shell", "L", "Dir::Etc::sourcelist/f", "P", "Dir::Etc::sourceparts/d"]
    try:
        shown = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    paths = dict(re.findall(r"^(\w)='(.*)'$", shown, re.M))
    files = [Path(paths["L"])] if "L" in paths else []
    if "P" in paths:
        files += sorted(p for p in Path(paths["P"]).glob("*") if p.suffix in (".list", ".sources"))
    found: list[Source] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found += parse_deb822(text) if file.suffix == ".sources" else parse_lines(text)
    return list(dict.fromkeys(found))


def parse_lines(text: str) -> list[Source]:
    """Mirrors of the one-line format: ``deb [options] uri suite component…``."""
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.split("#")[0].strip())
        if not match:
            continue
        options, uri, suite, components = match.groups()
        if _SUITES.fullmatch(suite) and "main" in components.split() and _is_mirror(uri):
            pairs = [part.partition("=") for part in (options or "").split()]
            kept = tuple((_title(k), v) for k, _, v in pairs if k.lower() in _KEPT)
            found.append(Source(uri, kept))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Mirrors of the deb822 format: stanzas of ``Field: value``, continued by indented lines."""
    found = []
    for stanza in re.split(r"\n\s*\n", _without_comments(text)):
        fields = {
            k.lower(): v.rstrip().lstrip(" \t")
            for k, v in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.M)
        }
        suites = fields.get("suites", "").split()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0") or "deb" not in fields.get("types", "").split():
            continue
        if "main" not in fields.get("components", "").split() or not any(_SUITES.fullmatch(s) for s in suites):
            continue
        # A key may be written into the file itself: its lines are indented, and stay so.
        kept = tuple((_title(k), fields[k]) for k in _KEPT if k in fields)
        found += [Source(uri, kept) for uri in fields.get("uris", "").split() if _is_mirror(uri)]
    return found


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def _is_mirror(uri: str) -> bool:
    return not uri.startswith("cdrom:")


def _title(option: str) -> str:
    return "-".join(part.capitalize() for part in option.lower().split("-"))
