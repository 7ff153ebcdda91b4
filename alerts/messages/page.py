"""The page behind a link that acts: what it is about, and a button. Its POST acts, never the GET."""

from __future__ import annotations

from html import escape
from typing import Literal

from alerts.messages.forms import plain

#: ready: the button is shown. done: it was pressed now, or before. over: the alert is no longer open, or somebody
#: else has acknowledged it. unknown: no such link, or its time is over.
Standing = Literal["ready", "done", "over", "unknown"]

_TITLE = {
    "acknowledge": ("Xác nhận đã nhận cảnh báo", "Acknowledge this alert"),
    "confirm": ("Xác nhận đã nhận tin", "Confirm that the message has come"),
}
_SAYS: dict[Standing, tuple[str, str]] = {
    "ready": ("Bấm nút để xác nhận.", "Press the button to confirm."),
    "done": ("Đã ghi nhận. Cảm ơn.", "Recorded. Thank you."),
    "over": (
        "Cảnh báo này đã có người xác nhận hoặc đã hết; không cần làm gì thêm.",
        "This alert has been acknowledged already, or is over; nothing more to do.",
    ),
    "unknown": (
        "Liên kết không đúng hoặc đã hết hạn. Xin mở màn hình trung tâm để xem cảnh báo.",
        "This link is wrong or has expired. Please open the centre's screen to see the alert.",
    ),
}
#: What the page is to be served with: it loads nothing and is never kept, framed or named to other sites.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def page(standing: Standing, purpose: Literal["acknowledge", "confirm"] = "acknowledge", about: str = "") -> str:
    """The page as HTML, Vietnamese first. ``about`` names the alert or drill; it is shown as text."""
    vi, en = _TITLE[purpose]
    said_vi, said_en = _SAYS[standing]
    button = (
        '<form method="post"><button type="submit" style="font-size:18px;padding:14px 22px;background:#0b5cad;'
        f'color:#fff;border:0;border-radius:4px">{vi}<br><small lang="en">{en}</small></button></form>'
        if standing == "ready"
        else ""
    )
    named = f"<p><strong>{escape(plain(about, 500))}</strong></p>" if about and standing != "unknown" else ""
    return (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{vi}</title></head>"
        '<body style="font-family:Arial,Helvetica,sans-serif;max-width:34em;margin:2em auto;padding:0 1em">'
        f'<h1 style="font-size:20px">{vi}<br><small lang="en">{en}</small></h1>{named}'
        f'<p>{said_vi}</p><p lang="en">{said_en}</p>{button}</body></html>\n'
    )
