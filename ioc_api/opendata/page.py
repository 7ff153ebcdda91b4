"""Open data as pages for people: Vietnamese, with English beside it. No script, nothing inline, one style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from time import gmtime, strftime

from infra.times import SECOND
from ioc_api.opendata.model import SERIES, Dataset, File, Offer, Words
from ioc_api.opendata.stock import Listed
from ioc_api.opendata.style import NAME

_CITY_S = 7 * 3600
#: Months whose days are listed one by one; of older ones the machine-readable list has them.
MONTHS = 13


def _local(us: int) -> str:
    """A moment as the city writes it."""
    at = gmtime(us // SECOND + _CITY_S)
    shown, exact = strftime("%H:%M %d/%m/%Y", at), strftime("%Y-%m-%dT%H:%M:%S+07:00", at)
    return f'<time datetime="{exact}">{shown}</time>'


def _en(text: str) -> str:
    return f"<span lang=en>{escape(text)}</span>"


def _both(words: Words, between: str = " ") -> str:
    return f"{escape(words.vi)}{between}{_en(words.en)}"


def _frame(title: str, head: str, body: str, foot: str) -> str:
    return (
        "<!doctype html><html lang=vi><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel=icon href=/favicon.svg type=image/svg+xml>"
        '<link rel=alternate type="application/ld+json" href=/open/v1/catalog.jsonld>'
        f"<link rel=stylesheet href=/open/v1/{NAME}></head><body>"
        "<a class=skip href=#data>Đến dữ liệu <span lang=en>Skip to the data</span></a>"
        f"<header><div class=wrap>{head}</div></header><main class=wrap id=data>{body}</main>"
        f"<footer><div class=wrap>{foot}</div></footer></body></html>"
    )


def _licence(offer: Offer) -> str:
    known = {"https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0"}
    return f'<a rel=license href="{escape(offer.licence)}">{escape(known.get(offer.licence, offer.licence))}</a>'


def _facts(rows: Iterable[tuple[Words, str]]) -> str:
    return "<dl class=facts>" + "".join(f"<div><dt>{_both(t, ' · ')}</dt><dd>{d}</dd></div>" for t, d in rows) + "</dl>"


def _get(url: str, form: str, what: str) -> str:
    return f'<a class=get href="{escape(url)}" aria-label="{escape(f"{what}: {form}")}">{escape(form)}</a>'


def _series(files: Sequence[File]) -> str:
    rows = []
    for title, group in groupby((f for f in files if f.url), key=lambda f: f.title):
        links = "".join(_get(f.url, f.form.name, title.vi) for f in group if f.url)
        rows.append(f"<tr><th scope=row>{_both(title)}</th><td class=files>{links}</td></tr>")
    return f"<div class=scroll><table>{''.join(rows)}</table></div>" if rows else ""


def _meta(of: Dataset) -> str:
    if of.step and of.from_us is None:
        return f"<p>Chưa có số liệu nào được công bố. {_en('Nothing has been published yet.')}</p>"
    rows = [(Words("Cập nhật", "updated"), _local(of.changed_us))]
    if of.from_us is not None and of.until_us is not None:
        rows.append((Words("Thời gian", "period"), f"{_local(of.from_us)} – {_local(of.until_us)}"))
    if of.frequency == "HOURLY":
        rows.append((Words("Định kỳ", "frequency"), f"hằng giờ {_en('hourly')}"))
    said = "".join(f"<li><span>{escape(t.vi)} · {_en(t.en)}:</span> <b>{d}</b></li>" for t, d in rows)
    return f"<ul class=meta>{said}</ul>"


def _card(of: Dataset) -> str:
    there = any(f.url for f in of.files)
    more = (
        f'<p class=more><a href="{escape(of.url)}">Tất cả các tệp · {_en("All files")}</a></p>'
        if of.step and there
        else ""
    )
    return (
        f'<section class=card aria-labelledby="d-{escape(of.code)}"><h2 id="d-{escape(of.code)}">{_both(of.title)}</h2>'
        f"<p>{escape(of.about.vi)}</p><p lang=en>{escape(of.about.en)}</p>{_meta(of)}{_series(of.files)}"
        f"{more}</section>"
    )


#: Columns of the files and what they are.
MEANINGS = (
    ("time, local_time", Words("đầu giờ hoặc đầu ngày, UTC và UTC+7", "start of the hour or city day, UTC and UTC+7")),
    ("area, zone", Words("khu vực và mã phường; phường trống là cả khu vực", "area, ward; no ward: the whole area")),
    ("sensor, channel", Words("cảm biến và kênh", "sensor and channel")),
    ("metric, unit", Words("đại lượng và đơn vị", "quantity and unit")),
    ("n, mean, min, max", Words("số lần đo, trung bình, nhỏ nhất, lớn nhất", "readings, mean, least, greatest")),
    ("value", Words("tổng, mức tăng, hoặc trung bình, tùy đại lượng", "sum, increase or mean, as the quantity asks")),
    ("completeness", Words("% số lần đo lẽ ra phải có", "% of the readings that were due")),
    ("trusted", Words("cảm biến có đáng tin cậy không", "whether the sensor is trusted")),
    ("sensors, sensors_expected", Words("số cảm biến đã báo và phải báo", "sensors that report, and that should")),
)  # fmt: skip


def _columns() -> str:
    rows = "".join(f"<tr><th scope=row><code>{names}</code></th><td>{_both(w)}</td></tr>" for names, w in MEANINGS)
    return (
        f"<section class=card aria-labelledby=columns><h2 id=columns>Các cột {_en('Columns')}</h2>"
        f"<div class=scroll><table>{rows}</table></div></section>"
    )


def _foot(offer: Offer) -> str:
    return (
        f"<p>{escape(offer.publisher)}. Giấy phép {_en('Licence')}: {_licence(offer)}.</p>"
        f"<p>Tối đa {offer.rate} yêu cầu mỗi phút từ một địa chỉ; hãy dùng ETag để không phải tải lại."
        f" {_en(f'At most {offer.rate} requests a minute from one address; use the ETag to load nothing twice.')}</p>"
    )


def catalogue(offer: Offer) -> str:
    """The page of all datasets."""
    hours = f"{offer.delay_s / 3600:g}"
    head = (
        f"<h1>Dữ liệu mở Bắc Giang – Việt Yên {_en('Open data of Bắc Giang and Việt Yên')}</h1>"
        "<p class=lead>Số liệu theo giờ và theo ngày của các cảm biến trong thành phố. Ai cũng được dùng, không cần"
        " đăng nhập.</p><p class=lead lang=en>Hourly and daily figures of the city’s sensors. Free for everyone, no"
        " login.</p>"
        + _facts(
            (
                (Words("Giấy phép", "Licence"), _licence(offer)),
                (Words("Cập nhật", "Updated"), _local(offer.changed_us)),
                (Words("Công bố sau", "Published after"), f"{hours} giờ {_en(f'{hours} h')}"),
                (Words("Cho máy đọc", "For machines"),
                 '<a href=/open/v1/catalog.jsonld type="application/ld+json">DCAT-AP (JSON-LD)</a>'),
            )
        )
    )  # fmt: skip
    example = next((f.url for d in offer.datasets for f in d.files if f.url), offer.base)
    use = (
        f"<section class=card aria-labelledby=use><h2 id=use>Cách dùng {_en('How to use')}</h2>"
        f"<pre><code>curl -OJ {escape(example)}\n"
        f"curl -s -H 'Accept: application/ld+json' {escape(offer.base)}</code></pre></section>"
    )
    # What has something to load comes first.
    cards = sorted(offer.datasets, key=lambda d: not any(f.url for f in d.files))
    body = f"<div class=cards>{''.join(_card(d) for d in cards)}{_columns()}{use}</div>"
    return _frame("Dữ liệu mở Bắc Giang – Việt Yên · Open data", head, body, _foot(offer))


def _day(base: str, domain: str, one: Listed) -> str:
    links = "".join(
        _get(s.url(base, domain, one.day, "csv"), "phường" if s.zones else "cảm biến", f"{s.title.vi}, {one.day}, CSV")
        for s in SERIES
        if not s.daily
    )
    running = f" <em>đang cập nhật {_en('running')}</em>" if not one.whole else ""
    return f"<li><span>{one.day:%d/%m/%Y}{running}</span><span>{links}</span></li>"


def _month(base: str, domain: str, first: date, found: Sequence[Listed], age: int) -> str:
    rows = []
    for s in SERIES:
        if s.daily and any(one.whole for one in found):
            links = "".join(
                _get(s.url(base, domain, first, f), name, s.title.vi)
                for f, name in (("csv", "CSV"), ("parquet", "Parquet"))
            )
            rows.append(f"<tr><th scope=row>{_both(s.title)}</th><td class=files>{links}</td></tr>")
    table = f"<div class=scroll><table>{''.join(rows)}</table></div>" if rows else ""
    days = "".join(_day(base, domain, one) for one in found) if age < MONTHS else ""
    hours = f"<h3>Theo giờ, CSV {_en('By hour, CSV')}</h3><ul class=days>{days}</ul>" if days else ""
    return f"<details{'' if age else ' open'}><summary>Tháng {first:%m/%Y}</summary>{table}{hours}</details>"


def domain(offer: Offer, of: Dataset, found: Sequence[Listed]) -> str:
    """The page of one domain: all its files, newest first."""
    months = [(first, list(group)) for first, group in groupby(found, key=lambda one: one.day.replace(day=1))]
    listed = "".join(_month(offer.base, of.code, first, group, i) for i, (first, group) in enumerate(months))
    head = (
        f"<p class=crumbs><a href=/open/v1/>Dữ liệu mở · {_en('Open data')}</a></p><h1>{_both(of.title)}</h1>"
        f"<p class=lead>{escape(of.about.vi)}</p><p class=lead lang=en>{escape(of.about.en)}</p>{_meta(of)}"
    )
    note = (
        "<p>Mỗi tệp CSV cũng có dạng Parquet: đổi phần mở rộng thành <code>.parquet</code>."
        f" {_en('Each CSV is there as Parquet too: change the extension to .parquet.')}</p>"
    )
    body = f"<div class=cards><section class=card>{note}{listed}</section>{_columns()}</div>"
    return _frame(f"{of.title.vi} · Dữ liệu mở", head, body, _foot(offer))
