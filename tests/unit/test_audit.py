"""The audit's hash chain, and what a row may hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.audit.chain import BEGIN, HIDDEN, MOST_BYTES, Entry, follow, side

pytestmark = pytest.mark.hypothesis

AT = datetime(2026, 11, 23, 3, 4, 5, 678, UTC)
ROW = Entry(1, AT, "lan", 7, "password", "k", "::1", "rule.write", "rule a", "done", '{"a":1}', None, "")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda v: st.lists(v) | st.dictionaries(st.text(), v) | st.tuples(v),
    max_leaves=20,
)


def chain(rows: list[Entry]) -> list[bytes]:
    found, last = [], BEGIN
    for row in rows:
        last = follow(last, row)
        found.append(last)
    return found


@given(at=st.integers(0, 4), field=st.sampled_from(Entry._fields), text=st.text("ab", min_size=5))
def test_whatever_changes_in_a_row_changes_every_later_hash(at: int, field: str, text: str) -> None:
    rows = [ROW._replace(id=n + 1) for n in range(5)]
    other: Any = {"id": 99, "account": 99, "at": AT.replace(microsecond=679)}.get(field, text)
    changed = [r._replace(**{field: other}) if n == at else r for n, r in enumerate(rows)]
    before, after = chain(rows), chain(changed)
    assert before[:at] == after[:at]
    assert all(a != b for a, b in zip(before[at:], after[at:], strict=True))


def test_fields_do_not_run_into_each_other() -> None:
    assert follow(BEGIN, ROW._replace(action="a", subject="bc")) != follow(
        BEGIN, ROW._replace(action="ab", subject="c")
    )


@given(VALUES)
def test_any_value_is_kept_as_json_that_a_database_takes(value: object) -> None:
    kept = side(value)
    assert (kept is None) == (value is None)
    if kept is not None:
        assert len(kept.encode()) <= MOST_BYTES
        assert "\\u0000" not in kept
        json.loads(kept, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "name", ["password", "secret", "new_password", "api_token", "apiKey", "totp_secret", "Authorization"]
)
def test_what_names_call_a_secret_is_blotted_out(name: str) -> None:
    kept = side({"channel": [{name: "hunter2"}], "raw": b"hunter2", "has_" + name: True})
    assert kept is not None
    assert "hunter2" not in kept
    assert HIDDEN in kept
    assert f'"has_{name}":true' in kept


def test_of_too_much_only_size_and_hash_are_kept() -> None:
    assert set(json.loads(side({"a": "x" * MOST_BYTES}) or "")) == {"bytes", "sha256"}
