"""What an answer about history lacks, in words: a part that is empty because it is not kept is no silence."""

from __future__ import annotations

from collections.abc import Iterable

from infra.times import rfc3339
from ioc_api.history import steps
from ioc_api.history.kept import Since, Span
from ioc_api.history.question import Question

Note = dict[str, str]


def of(q: Question, since: Since, left_out: Iterable[Span]) -> list[Note]:
    """The notes of an answer, each with a code, in both languages."""
    unit = "raw" if q.step_s is None else steps.unit(q.step_s)
    found: list[Note] = []
    gone = [s for s in left_out if s[0] < since.raw_us]
    if gone and unit == "minute" and since.minute_us > q.from_us:
        at = rfc3339(min(since.minute_us, since.raw_us))
        found.append(_note(
            "minutes_not_kept", f"Số liệu từng phút chỉ còn từ {at}; phần trước đó không có trong câu trả lời: hãy hỏi"
            " theo giờ (step=1h)", f"Figures of minutes are kept since {at}; what is before is not in the answer: ask"
            " for a step of whole hours (step=1h)",
        ))  # fmt: skip
    elif gone and unit == "raw":
        at = rfc3339(since.raw_us)
        found.append(_note(
            "readings_not_kept", f"Số liệu gốc chỉ còn từ {at}; phần trước đó không có trong câu trả lời: hãy hỏi theo"
            " bước (step=1m hoặc 1h)", f"Readings as they came are kept since {at}; what is before is not in the"
            " answer: ask for steps (step=1m or 1h)",
        ))  # fmt: skip
    elif gone:
        found.append(_note(
            "first_step_not_whole", "Bước đầu tiên chỉ có một phần, vì số liệu gốc của phần còn lại không còn: hãy bắt"
            " đầu từ đầu bước", "The first step is not counted whole, for its readings are not kept any more: begin"
            " with the beginning of a step",
        ))  # fmt: skip
    if any(s[0] >= since.raw_us for s in left_out):
        found.append(_note(
            "too_many_readings", "Có phần chưa được tổng hợp và quá lớn để cộng ngay, nên không có trong câu trả lời:"
            " xem left_out, hỏi lại sau", "A part is not rolled up yet and too large to be added up at once, so it is"
            " not in the answer: see left_out, and ask again later",
        ))  # fmt: skip
    if since.coarser:
        found.append(_note(
            "longer_step", "Bước dài hơn số điểm yêu cầu, vì số liệu chi tiết hơn của thời gian này không còn",
            "The step is longer than the points asked for, because nothing finer of this time is kept",
        ))  # fmt: skip
    return found


def _note(code: str, vi: str, en: str) -> Note:
    return {"code": code, "vi": vi, "en": en}
