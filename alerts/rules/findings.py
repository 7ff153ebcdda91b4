"""What is wrong with a rule, where it stands, and what to do about it; in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

import msgspec

#: Line and column, from 1.
Place = tuple[int, int]
#: What somebody wrote is repeated to them up to so many characters.
MOST = 80


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An error keeps a rule out; a warning is said, and the rule is kept.

    ``code`` names the kind of finding (docs/alerts/rules.md lists them), ``rule`` the rule's code, ``where`` the field
    by its path (condition.threshold.clear); ``other`` is another rule that it is about. ``line`` and ``column`` count
    from 1; 0: not from a file.
    """

    level: Literal["error", "warning"]
    code: str
    vi: str
    en: str
    where: str = ""
    rule: str = ""
    other: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """As compilers say it: file:line:column: level [code] rule, field: Vietnamese / English."""
        place = ":".join(str(x) for x in (self.file, self.line or "", self.column or "") if x != "")
        field = ", ".join(short(x) for x in (self.rule, self.where) if x)
        said = " ".join(x for x in (f"{self.level} [{self.code}]", field) if x)
        return f"{place + ': ' if place else ''}{said}: {_brief(self.vi)} / {_brief(self.en)}"


def error(code: str, where: str, vi: str, en: str, **more: str) -> Finding:
    return Finding(level="error", code=code, where=where, vi=vi, en=en, **more)  # type: ignore[arg-type]


def warning(code: str, where: str, vi: str, en: str, **more: str) -> Finding:
    return Finding(level="warning", code=code, where=where, vi=vi, en=en, **more)  # type: ignore[arg-type]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only those that keep a rule out."""
    return [f for f in findings if f.level == "error"]


def placed(finding: Finding, places: Mapping[str, Place], file: str) -> Finding:
    """The finding with the place of its field, or of what holds the field."""
    path = finding.where
    while path not in places and "." in path:
        path = path.rpartition(".")[0]
    line, column = places.get(path, places.get("", (0, 0)))
    return msgspec.structs.replace(finding, file=file, line=line, column=column)


def meant(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What may have been meant by an unknown word, as the end of a sentence in both languages; "" where nothing is."""
    if len(word) > MOST:
        return "", ""
    close = get_close_matches(word.casefold(), sorted(known), n=1, cutoff=0.6)
    return (f" – có phải {close[0]}?", f": did you mean {close[0]}?") if close else ("", "")


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words in a row; of many the first."""
    found = list(words)
    return ", ".join(found[:most]) + (f", … ({len(found)})" if len(found) > most else "")


def counted(n: int, what: str) -> str:
    """So many of something, in English: 1 rule, 2 rules."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _brief(sentence: str) -> str:
    """A sentence in which no word is endless."""
    return re.sub(rf"\S{{{MOST + 1},}}", lambda word: short(word[0]), sentence)


def short(text: str) -> str:
    """What somebody wrote, as far as it is worth repeating."""
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"
