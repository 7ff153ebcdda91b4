"""What is wrong with a value that was sent, in words: Vietnamese first, English beside it ("vi / en").

pydantic says it in English only and in a programmer's words. Its kinds of error are few, and each has its sentence
here; a kind that has none is told as pydantic tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_WHOLE = ("phải là số nguyên", "it must be a whole number")
_NUMBER = ("phải là số", "it must be a number")
_BOOLEAN = ("phải là true hoặc false", "it must be true or false")
_LIST = ("phải là danh sách", "it must be a list")
_OBJECT = ("phải là đối tượng JSON", "it must be a JSON object")
_DAY = ("ngày viết là 2026-01-31", "a day is written 2026-01-31")
_TIME = ("thời điểm viết là 2026-01-31T07:30:00+07:00", "a time is written 2026-01-31T07:30:00+07:00")

#: By pydantic's kind of error; {names} are its limits, numbers are written as each language writes them.
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("thiếu trường này", "this field is missing"),
    "extra_forbidden": ("không có trường này", "there is no such field"),
    "json_invalid": ("nội dung không phải JSON", "the body is no JSON ({error})"),
    "string_type": ("phải là văn bản", "it must be a text"),
    "string_too_long": ("tối đa {max_length} ký tự", "at most {max_length} characters"),
    "string_too_short": ("ít nhất {min_length} ký tự", "at least {min_length} characters"),
    "string_pattern_mismatch": ("không đúng dạng {pattern}", "it must have the form {pattern}"),
    "string_unicode": ("có ký tự không hợp lệ", "it holds a character that text cannot have"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": ("số quá lớn", "the number is too large"),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("phải là số hữu hạn", "it must be a finite number"),
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": ("phải là một trong: {expected}", "it must be one of: {expected}"),
    "enum": ("phải là một trong: {expected}", "it must be one of: {expected}"),
    "greater_than": ("phải lớn hơn {gt}", "it must be more than {gt}"),
    "greater_than_equal": ("phải từ {ge} trở lên", "it must be {ge} or more"),
    "less_than": ("phải nhỏ hơn {lt}", "it must be less than {lt}"),
    "less_than_equal": ("không được quá {le}", "it must be {le} or less"),
    "too_long": (
        "chỉ nêu được tối đa {max_length} giá trị một lần: hãy nêu ít hơn, hoặc gửi nhiều lần",
        "at most {max_length} can be named at once: name fewer, or ask several times",
    ),
    "too_short": ("phải nêu ít nhất {min_length} giá trị", "at least {min_length} must be named"),
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
}


def words(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value and what would be right, of one of pydantic's errors."""
    kind, limits = str(fault["type"]), dict(fault.get("ctx") or {})
    found = _WORDS.get(kind)
    if found is None:
        said = str(fault["msg"]).removeprefix("Value error, ")
        # Checks of our own say by themselves what is wrong, in both languages.
        return said if kind == "value_error" else f"giá trị không hợp lệ / {said}"
    if "expected" in limits:
        limits["expected"] = str(limits["expected"]).replace("'", "").replace(" or ", ", ")
    return f"{_filled(found[0], limits, vi)} / {_filled(found[1], limits, _en)}"


def place(path: Sequence[Any]) -> str:
    """Where a value stands, by the names that were sent: query.limit, body.hours.0.from."""
    # Of a body that is no JSON pydantic names the letter.
    parts = path[:1] if len(path) == 2 and isinstance(path[1], int) and path[0] == "body" else path
    return ".".join(str(part) for part in parts)


def _filled(text: str, limits: Mapping[str, Any], number: Callable[[float], str]) -> str:
    shown = {k: number(v) if isinstance(v, int | float) else str(v) for k, v in limits.items()}
    return text.format_map(_Known(shown))


class _Known(dict[str, str]):
    """A limit that was not told is left open."""

    def __missing__(self, key: str) -> str:
        return "?"


def _en(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"


def vi(value: float) -> str:
    """A number as it is written in Vietnamese."""
    return _en(value).translate({ord(","): ".", ord("."): ","})
