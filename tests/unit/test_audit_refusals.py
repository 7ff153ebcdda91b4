"""Refusals are counted, and make few rows however many there are."""

from __future__ import annotations

from infra.access.who import SERVICE
from infra.audit.refusals import MOST, NOBODY, SPAN_S, WHATS, Refusals

EVE = NOBODY._replace(address="192.0.2.9")


def test_one_address_is_a_row_at_once_and_one_a_minute() -> None:
    book = Refusals()
    book.note("request.refused", EVE, "401 GET /a", 0)
    (first,) = book.take(0)
    assert (first.who.address, first.times, first.whats) == ("192.0.2.9", 1, {"401 GET /a": 1})
    for n in range(1000):
        book.note("request.refused", EVE, "401 GET /a" if n else "403 GET /b", 1 + n / 100)
    assert book.take(SPAN_S - 1) == []
    (rest,) = book.take(SPAN_S)
    assert (rest.times, rest.whats) == (1000, {"401 GET /a": 999, "403 GET /b": 1})
    assert book.take(10 * SPAN_S) == []
    book.note("request.refused", EVE, "401 GET /a", 11 * SPAN_S)
    assert len(book.take(11 * SPAN_S)) == 1


def test_somebody_known_is_told_apart_and_ever_new_paths_are_not() -> None:
    book = Refusals()
    lan = SERVICE._replace(name="lan", address="192.0.2.9")
    for n in range(100):
        book.note("request.refused", lan, f"403 GET /{n}", 0)
    book.note("request.refused", EVE, "401 GET /a", 0)
    book.note("live.refused", EVE, "4401", 0)
    lans, eves, live = book.take(0)
    assert (lans.who.name, eves.who.name, live.action) == ("lan", "?", "live.refused")
    assert lans.times == sum(lans.whats.values()) == 100
    assert len(lans.whats) <= WHATS + 1


def test_memory_is_bounded_and_nobody_goes_uncounted() -> None:
    book = Refusals()
    for n in range(2 * MOST + 5):
        book.note("request.refused", NOBODY._replace(address=f"10.{n}"), "401", 0)
    assert len(book.take(0)) == MOST
    assert not book.due(SPAN_S - 1)
    assert book.due(SPAN_S)
    assert book._rest.total() == MOST + 5


def test_what_could_not_be_written_is_there_again() -> None:
    book = Refusals()
    book.note("request.refused", EVE, "401", 0)
    book.note("request.refused", EVE, "401", 0)
    book.again(book.take(0), 1)
    assert [one.times for one in book.take(SPAN_S)] == [2]


def test_all_is_taken_in_the_end() -> None:
    book = Refusals()
    for n in range(3):
        book.note("request.refused", EVE, "401", n)
        taken = book.take(n, all_of_them=n == 2)
    assert [one.times for one in taken] == [2]
