"""A replay on a city's database: with its sensors and rules as they are now, and the history that is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import psycopg

from alerts.engine import rulebook
from alerts.judge.bind import in_force
from alerts.judge.terms import SECOND
from alerts.rules.known import city_day
from alerts.rules.model import Rule
from alerts.trial.cases import named
from alerts.trial.past import Source, quicker, said, sources, steps, wanted
from alerts.trial.replay import Replay, Report, Unfit
from alerts.trial.within import Seen, narrowed, own_rule
from infra.catalog import Catalog
from infra.indices.catalogue import city_of
from infra.settings import Settings
from infra.shown import Shown
from infra.times import now_us, rfc3339

#: No history is longer.
LONGEST_DAYS = 3660
DAY_US = 86_400 * SECOND
#: Readings of a domain beyond which a quick replay takes minutes in their place: about two seconds of work.
QUICK = 400_000


class TooMuch(Exception):
    """The replay has used up what it may; the message says what to do."""


class Stopped(Exception):
    """Nobody waits for the answer any more."""


class Note(Shown, frozen=True, kw_only=True):
    """What must be known to read the figures."""

    shown_as = "ReplayNote"
    code: str
    vi: str
    en: str


class Answer(Shown, frozen=True, kw_only=True):
    """What a replay found, from what, and how long it took."""

    shown_as = "RuleReplay"
    since: str
    until: str
    report: Report
    sources: tuple[Source, ...]
    notes: tuple[Note, ...]
    took_s: float
    readings_per_s: float


MINUTES = Note(
    code="minutes",
    vi="Một phần chỉ còn số liệu phút: mỗi phút là một giá trị trung bình. Đỉnh ngắn hơn một phút không thấy được, nên"
    " số lần báo có thể ít hơn thực tế; cảm biến báo thưa hơn một phút thì không đổi.",
    en="For a part only minutes are kept: each minute is one value, its mean. What was shorter than a minute cannot be"
    " seen, so it may have fired more often than is said; nothing changes for sensors that report less than once a"
    " minute. Readings that devices marked as calibrating or faulty are not in it.",
)
QUICKLY = Note(
    code="quick",
    vi="Để trả lời nhanh, phần lớn được xét theo trung bình từng phút: đỉnh ngắn hơn một phút không thấy được.",
    en="For a quick answer most of it was judged by the means of minutes: what was shorter than a minute is not seen.",
)
PART = Note(
    code="part",
    vi="Chỉ xét cảm biến trong phần thành phố mà bạn được xem.",
    en="Only sensors in the part of the city that you see were judged.",
)
NOW = Note(
    code="sensors",
    vi="Xét với danh mục cảm biến hiện nay (khu vực, nhãn, trạng thái), không phải danh mục lúc đó.",
    en="Judged with the sensors as they are registered now (places, tags, status), not as they were then.",
)
FIGURES = Note(
    code="once_a_minute",
    vi="Số liệu địa bàn và quy tắc về quy tắc được xét mỗi phút một lần (bộ xét: 5 giây).",
    en="Figures of places, and rules about rules, are looked at once a minute (the engine: every 5 s).",
)
INDEX = Note(
    code="worked_out_again",
    vi="Chỉ số được tính lại từ trung bình giờ với những gì biết đến nay (kể cả số đo đến muộn), theo giới hạn của từng"
    " ngày; cảm biến không tin cậy bị loại từ lúc bị nghi ngờ.",
    en="The index is worked out again from hourly means with what is known by now (readings that came late as well), by"
    " the limits of each day; sensors that are not trusted are left out from when they were doubted.",
)
OFF = Note(
    code="not_in_force",
    vi="Quy tắc đang tắt hoặc ngoài hiệu lực: đây là điều đã xảy ra nếu nó được bật.",
    en="The rule is off or not in force: this is what would have been, had it been on.",
)


def replay(
    conn: psycopg.Connection,
    catalog: Catalog,
    settings: Settings,
    rule: Rule,
    from_us: int,
    to_us: int,
    *,
    written: Iterable[Rule] = (),
    share: float = 0.05,
    limit_s: float = 3600.0,
    most_readings: int = 10_000_000_000,
    seen: Seen | None = None,
    quick: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Answer:
    """Put a rule to [from, to), at the most to now. ``written``: rules that are not stored yet, and count in place of
    those that are. ``seen``: the part of the city whose sensors count (None: all); ``quick``: by minutes where there
    are very many readings. Unfit: it cannot be; TooMuch: it would take longer than ``limit_s``; Stopped: by ``stop``.
    """
    begun = time.monotonic()
    to_us = check_span(from_us, to_us)
    book = rulebook.read(conn, catalog, settings, now_us())
    known = {**book.rules, **{r.code: r for r in written}}
    theirs, others = book.world, _theirs(rule, known)
    if seen is not None and not seen.all:
        rule = own_rule(rule, others, seen, catalog)
        theirs = narrowed(book.world, seen, catalog)
    run = Replay(rule, theirs, from_us, to_us, others=others, share=share)
    kept = wanted(conn, run.bounds, theirs)
    found = quicker(conn, kept, theirs, run.begin_us, to_us, QUICK) if quick else kept
    since_us = run.begin_us
    city = city_of(conn, catalog, book.roster, settings) if run.indices else None
    for parts, until_us in steps(conn, found, run.begin_us, to_us):
        if stop():
            raise Stopped
        run.take(parts, until_us, said(conn, city, run.indices, since_us, until_us) if city is not None else ())
        since_us = until_us
        if run.readings > most_readings or time.monotonic() - begun > limit_s:
            at = rfc3339(until_us)
            raise TooMuch(
                f"đã xét {run.readings:,} số đo đến {at}: chọn khoảng ngắn hơn hoặc phạm vi nhỏ hơn, hoặc dùng ioc"
                f" alerts replay / {run.readings:,} readings were judged up to {at}: ask for a shorter span or"
                " a smaller scope, or use ioc alerts replay"
            )
    took = time.monotonic() - begun
    origin = sources(found, run.indices, from_us, to_us)
    notes = [NOW]
    notes += [PART] if theirs is not book.world else []
    if found != kept:
        notes.append(QUICKLY)
    elif any(s.kept == "minutes" for s in origin):
        notes.append(MINUTES)
    notes += [INDEX] if run.indices else []
    notes += [FIGURES] if run.ticks else []
    notes += [] if in_force(rule, city_day()) else [OFF]
    return Answer(
        since=rfc3339(from_us), until=rfc3339(to_us), report=run.report(), sources=tuple(origin), notes=tuple(notes),
        took_s=round(took, 3), readings_per_s=round(run.readings / max(took, 1 / SECOND)),
    )  # fmt: skip


def check_span(from_us: int, to_us: int) -> int:
    """The end of the span, at the most now. Unfit: it is longer than LONGEST_DAYS, or there is no history of it."""
    to_us = min(to_us, now_us())
    if to_us <= from_us:
        raise Unfit(
            "khoảng thời gian chưa đến: chọn --from trước lúc này / the span is still to come: let it begin before now"
        )
    if to_us - from_us > LONGEST_DAYS * DAY_US:
        raise Unfit(
            f"khoảng thời gian quá dài: tối đa {LONGEST_DAYS} ngày (10 năm)"
            f" / the span is too long: {LONGEST_DAYS} days (10 years) at the most"
        )
    return to_us


def _theirs(rule: Rule, known: Mapping[str, Rule]) -> list[Rule]:
    """The rules that it looks at, and those that they look at."""
    out: dict[str, Rule] = {}
    left = list(named(rule))
    while left:
        code = left.pop()
        if code in known and code not in out and code != rule.code:
            out[code] = known[code]
            left += named(known[code])
    return list(out.values())
