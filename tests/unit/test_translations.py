"""The screen speaks Vietnamese first and English too: every text in both, in good form, and no text beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("alerts", "city", "infra", "ingest", "ioc_api", "simulators")
SOURCE = ROOT / "ioc_api" / "dashboard" / "src"
LANGUAGES = ("vi", "en")

_ENTRY = re.compile(r'^  "([a-z0-9_.]+)":\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
_VIETNAMESE = set("ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ")
#: Texts that are the same in both languages: names, and words that are no words.
_SAME = {"app.short", "app.place", "short.pm2_5", "unit.second", "wall.air"}
#: English whose point is a Vietnamese name.
_NAMES = {"app.place", "switch.language"}


def _texts(language: str) -> dict[str, str]:
    """The dictionary of a language; an entry that is not one line of the plain form would be missed, so they count."""
    entries: list[tuple[str, str]] = []
    for page in sorted((SOURCE / "i18n" / language).glob("*.ts")):
        # The formatter breaks a long entry after its colon.
        source = re.sub(r'":\n\s+"', '": "', page.read_text(encoding="utf-8"))
        found = _ENTRY.findall(source)
        body = source[source.index("= {") : source.rindex("}")]
        assert len(found) == len(re.findall(r'^  ["a-z]', body, re.MULTILINE)), f"{page} has an entry of another form"
        entries += found
    keys = [key for key, _ in entries]
    assert len(keys) == len(set(keys)), f"{language} names a key twice"
    return dict(entries)


@pytest.fixture(scope="module")
def texts() -> dict[str, dict[str, str]]:
    return {language: _texts(language) for language in LANGUAGES}


def _sources() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8")
        for path in SOURCE.rglob("*.ts*")
        if "i18n" not in path.parts or path.name == "index.ts"
    }


def test_every_page_of_texts_is_shown() -> None:
    for language in LANGUAGES:
        pages = {page.stem for page in (SOURCE / "i18n" / language).glob("*.ts")}
        whole = (SOURCE / "i18n" / f"{language}.ts").read_text(encoding="utf-8")
        assert pages == set(re.findall(r"\.\.\.(\w+)", whole)), language


def test_both_languages_have_the_same_texts(texts: dict[str, dict[str, str]]) -> None:
    assert list(texts["vi"]) == list(texts["en"])
    assert len(texts["vi"]) > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_composed_and_tidy(texts: dict[str, dict[str, str]], language: str) -> None:
    for key, text in texts[language].items():
        assert unicodedata.is_normalized("NFC", text), key
        assert text, key
        assert text == text.strip(), key
        assert "  " not in text, key


def test_placeholders_agree(texts: dict[str, dict[str, str]]) -> None:
    for key, text in texts["vi"].items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", texts["en"][key])), key


def test_nothing_was_left_untranslated(texts: dict[str, dict[str, str]]) -> None:
    same = {key for key, text in texts["vi"].items() if text == texts["en"][key]}
    assert same <= _SAME
    for key, text in texts["en"].items():
        assert key in _NAMES or not _VIETNAMESE & set(text.lower()), key


def test_vietnamese_has_its_marks(texts: dict[str, dict[str, str]]) -> None:
    """A sentence of four words without one mark was typed on a foreign keyboard."""
    for key, text in texts["vi"].items():
        words = re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", "", text))
        assert len(words) < 4 or _VIETNAMESE & set(text.lower()), key


#: The mark stands on the second vowel (xoá, khoá, huỷ); where it stands on the first, the word is spelt in two ways.
_OLD_MARK = re.compile(r"\w*(?:[óòỏõọ][ae]|[úùủũụ]y)\b", re.IGNORECASE)


def test_vietnamese_is_spelt_in_one_way(texts: dict[str, dict[str, str]]) -> None:
    assert not _OLD_MARK.findall("xoá khoá huỷ toạ khoẻ của hoàn quý")
    assert len(_OLD_MARK.findall("Xóa khóa Hủy tọa khỏe Ủy")) == 6
    for key, text in texts["vi"].items():
        assert not (found := _OLD_MARK.findall(text)), f"{key}: {found}"


def _unused() -> list[str]:
    """The words that docs/glossary.md says are not used on the screen: its last column."""
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    table = page[page.index("## The screen's") : page.index("## The software's")]
    last = re.findall(r"\|([^|\n]*)\|$", table, re.MULTILINE)[2:]
    return [word.strip() for cell in last for word in cell.split(",") if word.strip()]


def _said() -> Iterator[tuple[str, str]]:
    """What else is said to people: the lines of programs, rules, domains and the README that are not English."""
    files = [path for part in PROGRAMS for path in (ROOT / part).rglob("*.py") if "node_modules" not in path.parts]
    files += [path for folder in ("alerts/data/rules", "city/data") for path in (ROOT / folder).rglob("*.*ml")]
    for path in [ROOT / "README.vi.md", *files]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.isascii():
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_one_word_for_one_thing(texts: dict[str, dict[str, str]]) -> None:
    unused = _unused()
    assert {"ngành", "dao động", "xử lý lại", "bước hai"} <= set(unused)
    any_of_them = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, unused))})(?!\w)", re.IGNORECASE)
    assert any_of_them.findall("Ngành: số đo dao động") == ["Ngành", "dao động"]
    assert not any_of_them.findall("xác thực hai bước của bộ xét cảnh báo")
    said = list(_said())
    assert len(said) > 1000
    for where, text in [*texts["vi"].items(), *said]:
        assert not (found := any_of_them.findall(text)), f"{where}: {found}"


def test_every_text_is_used_and_every_used_text_exists(texts: dict[str, dict[str, str]]) -> None:
    code = "\n".join(_sources().values())
    literal = set(re.findall(r'"([a-z]+\.[a-z0-9_.]+)"', code))
    # `liveness.${name}`: every text that begins so may be meant.
    families = tuple(re.findall(r"`([a-z]+\.)\$\{", code))
    unused = [key for key in texts["vi"] if key not in literal and not key.startswith(families)]
    assert not unused
    asked = set(re.findall(r'\bt\(\s*"([^"]+)"', code))
    assert asked <= set(texts["vi"])


def test_no_text_stands_outside_the_dictionaries() -> None:
    """Between the tags of a page there are signs at most; words come from the dictionaries."""
    for path, code in _sources().items():
        if path.suffix != ".tsx":
            continue
        for found in re.findall(r"<\w[^<>]*[^=]>([^<>{}]*)</", code):
            assert not re.search(r"[^\W\d_]{2,}", found) or found.strip() == "ioc link", f"{path.name}: {found!r}"
        for name, value in re.findall(r'\b(title|aria-label|placeholder|alt)="([^"]+)"', code):
            raise AssertionError(f"{path.name}: {name}={value!r} is not translated")
