"""Sheets as what channels carry: a subject, plain text, HTML, and a short form for chats.

Vietnamese stands first, English below it.
"""

from __future__ import annotations

from html import escape

from alerts.messages.content import Content
from alerts.messages.forms import number, time
from alerts.messages.sheet import Block, Fact, Sheet, compose, headline, measured, name, place
from alerts.messages.words import SEVERITY, TELLING, say

#: Zalo takes 2,000 characters and Telegram 4,096; links must never be cut in two.
SHORT = 1_800
_LISTED = 5
#: Room for how many there are beside those that are listed.
_REST = 16
_SIGNATURE = "Trung tâm điều hành thông minh (IOC) · giờ Việt Nam, UTC+7 / Vietnam time, UTC+7"
_COLOURS = {"info": "#1f6feb", "warning": "#b7791f", "major": "#c2410c", "critical": "#b91c1c"}


def subject(content: Content) -> str:
    """One line, Vietnamese then English, at most 200 characters."""
    whole = f"{headline(content, 'vi')} / {headline(content, 'en')}"
    return whole if len(whole) <= 200 else headline(content, "vi")[:200]


def _fact(fact: Fact) -> str:
    text = f"{fact.label}: {fact.text}" if fact.label else f"- {fact.text}"
    return f"{text} {fact.url}" if fact.url and fact.url != fact.text else text


def _block(block: Block) -> list[str]:
    lines = [block.heading, *(_fact(f) for f in block.facts), *block.notes]
    if block.button:
        lines.append(f"» {block.button.label}: {block.button.url}")
    return [*lines, ""]


def _page(sheet: Sheet) -> list[str]:
    lines = [sheet.headline, *sheet.notes, ""]
    for block in sheet.blocks:
        lines += _block(block)
    if sheet.closing:
        lines += [*(f"» {f.label}: {f.url}" for f in sheet.closing), ""]
    return lines


def text(content: Content) -> str:
    """Plain text."""
    rule = "-" * 40
    lines = [*_page(compose(content, "vi")), rule, *_page(compose(content, "en")), rule, _SIGNATURE]
    return "\n".join(lines) + "\n"


def _anchor(url: str, label: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'


def _button(fact: Fact) -> str:
    style = (
        "display:inline-block;padding:10px 18px;background:#0b5cad;color:#ffffff;text-decoration:none;border-radius:4px"
    )
    return f'<p><a href="{escape(fact.url or "")}" style="{style}">{escape(fact.label)}</a></p>'


def _rows(block: Block) -> str:
    rows = []
    for fact in block.facts:
        value = escape(fact.text) if not fact.url else _anchor(fact.url, fact.text)
        if fact.label:
            label = f'<td style="padding:2px 12px 2px 0;color:#555555;vertical-align:top">{escape(fact.label)}</td>'
            rows.append(f"<tr>{label}<td>{value}</td></tr>")
        else:
            rows.append(f'<tr><td colspan="2">– {value}</td></tr>')
    return f'<table role="presentation" cellspacing="0" cellpadding="0">{"".join(rows)}</table>' if rows else ""


def _html(sheet: Sheet, colour: str) -> str:
    parts = [f'<h1 style="font-size:18px;color:{colour}">{escape(sheet.headline)}</h1>']
    parts += [f"<p>{escape(note)}</p>" for note in sheet.notes]
    for block in sheet.blocks:
        parts.append(f'<h2 style="font-size:15px;margin:16px 0 4px">{escape(block.heading)}</h2>')
        parts.append(_rows(block))
        parts += [f"<p>{escape(note)}</p>" for note in block.notes]
        if block.button:
            parts.append(_button(block.button))
    parts += [_button(fact) for fact in sheet.closing]
    return f'<div lang="{sheet.language}">{"".join(parts)}</div>'


def html(content: Content) -> str:
    """An HTML page without pictures, scripts or anything from elsewhere."""
    colour = _COLOURS[content.severity]
    body = f"{_html(compose(content, 'vi'), colour)}<hr>{_html(compose(content, 'en'), colour)}"
    return (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        f"<title>{escape(subject(content))}</title></head>"
        '<body style="font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#111111">'
        f'{body}<p style="color:#777777;font-size:12px">{escape(_SIGNATURE)}</p></body></html>\n'
    )


def short(content: Content, longest: int = SHORT) -> str:
    """A few lines for a chat: what, where, value, since; the link that acknowledges; one line of English each."""
    blocks: list[str] = []
    for told in content.alerts[:_LISTED]:
        lines = [f"{say(SEVERITY[told.severity], 'vi')}: {name(told, 'vi')}", place(told, "vi"), measured(told, "vi")]
        ended = f" đến {time(told.ended_at, 'vi')}" if told.ended_at else ""
        lines.append(f"Từ {time(told.started_at, 'vi')}{ended} · #{told.id}")
        lines.append(f"{say(SEVERITY[told.severity], 'en')}: {name(told, 'en')}. {measured(told, 'en')}".strip())
        what = told.what or content.kind
        sheet = compose(content, "vi").blocks[len(blocks)]
        if sheet.button:
            lines.append(f"Xác nhận / Acknowledge: {sheet.button.url}")
        elif what != content.kind:
            lines.append(f"{say(TELLING[what], 'vi')} / {say(TELLING[what], 'en')}")
        blocks.append("\n".join(line for line in lines if line))
    vi = compose(content, "vi")
    listed = len(content.alerts)
    for section in vi.blocks[listed : listed + len(content.sections)]:
        shown = [section.heading, *(_fact(f) for f in section.facts[:_LISTED]), *section.notes]
        blocks.append("\n".join(shown))
    head = "\n".join([headline(content, "vi"), headline(content, "en"), *vi.notes])
    links = "".join(f"\n\n{f.label}: {f.url}" for f in vi.closing)
    room = longest - len(links) - _REST
    out, fitted = head[:room], 0
    for block in blocks:
        if len(out) + 2 + len(block) > room:
            break
        out += "\n\n" + block
        fitted += 1
    rest = len(content.alerts) - min(fitted, len(content.alerts)) + (content.more if content.kind != "retro" else 0)
    return out + (f"\n\n… +{number(rest, 'vi')}" if rest else "") + links
