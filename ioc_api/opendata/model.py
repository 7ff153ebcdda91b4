"""The datasets that are published and their files, before they are said as JSON-LD or as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from city.places import Zone
from city.registry import Domain
from infra.catalog import Catalog
from infra.copyout import CSV, PARQUET
from infra.settings import Settings
from ioc_api.opendata.calendar import start_us
from ioc_api.opendata.figures import published
from ioc_api.opendata.stock import Holding

GEOJSON = "application/geo+json"

#: EU data themes by domain; a further domain is of the theme "regions and cities" alone.
_THEMES = {
    "traffic": ("TRAN",), "environment": ("ENVI", "HEAL"), "lighting": ("ENER",), "electricity": ("ENER",),
    "water": ("ENVI",),
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    vi: str
    en: str


@dataclass(frozen=True)
class Format:
    """A form of file: its code in the EU's list of file types, and its media type without parameters."""

    name: str
    code: str
    media: str
    standard: str


FORMATS = {
    "csv": Format("CSV", "CSV", CSV.partition(";")[0], "https://www.rfc-editor.org/rfc/rfc4180"),
    "parquet": Format("Parquet", "PARQUET", PARQUET, "https://parquet.apache.org/docs/file-format/"),
    "geojson": Format("GeoJSON", "GEOJSON", GEOJSON, "https://www.rfc-editor.org/rfc/rfc7946"),
}


@dataclass(frozen=True)
class File:
    """One file, or the newest of a series: ``list_url`` is where all of them are named."""

    code: str
    title: Words
    form: Format
    url: str | None
    list_url: str
    step: str | None = None


@dataclass(frozen=True)
class Series:
    """Files of one kind by day or month; ``path`` has {day} or {month} and {format}."""

    code: str
    title: Words
    path: str
    daily: bool
    zones: bool

    def url(self, base: str, domain: str, day: date, form: str) -> str:
        """The address of one file."""
        name = day.isoformat()
        return base + self.path.format(domain=domain, day=name, month=name[:7], format=form)


SERIES = (
    Series("hourly", Words("Cảm biến theo giờ, mỗi ngày một tệp", "Sensors by hour, a file a day"),
           "{domain}/hourly/{day}.{format}", daily=False, zones=False),
    Series("daily", Words("Cảm biến theo ngày, mỗi tháng một tệp", "Sensors by day, a file a month"),
           "{domain}/daily/{month}.{format}", daily=True, zones=False),
    Series("zones-hourly", Words("Phường và khu vực theo giờ, mỗi ngày một tệp", "Zones by hour, a file a day"),
           "{domain}/zones/hourly/{day}.{format}", daily=False, zones=True),
    Series("zones-daily", Words("Phường và khu vực theo ngày, mỗi tháng một tệp", "Zones by day, a file a month"),
           "{domain}/zones/daily/{month}.{format}", daily=True, zones=True),
)  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """One dataset. ``frequency`` is a code of the EU's list; times are microseconds, ``until_us`` not included."""

    code: str
    url: str
    title: Words
    about: Words
    themes: tuple[str, ...]
    keywords: tuple[Words, ...]
    frequency: str
    issued_us: int
    changed_us: int
    from_us: int | None
    until_us: int | None
    step: str | None
    files: tuple[File, ...]


@dataclass(frozen=True)
class Offer:
    """Everything that is published. ``box`` is least longitude, least latitude, greatest longitude and latitude."""

    base: str
    datasets: tuple[Dataset, ...]
    issued_us: int
    changed_us: int
    box: tuple[float, float, float, float]
    licence: str
    publisher: str
    contact: str
    delay_s: int
    rate: int


def _files(domain: Domain, held: Holding, base: str) -> tuple[File, ...]:
    found = []
    for series in SERIES:
        newest = held.newest_month if series.daily else held.newest_day
        for key in ("csv", "parquet"):
            url = series.url(base, domain.code, newest, key) if newest else None
            found.append(
                File(f"{series.code}-{key}", series.title, FORMATS[key], url, f"{base}{domain.code}/",
                     "P1D" if series.daily else "PT1H")
            )  # fmt: skip
    return tuple(found)


def _figures(domain: Domain, held: Holding, base: str, issued_us: int) -> Dataset:
    metrics = published(domain)
    vi, en = (", ".join(getattr(m, lang) for m in metrics) for lang in ("vi", "en"))
    return Dataset(
        code=domain.code,
        url=f"{base}{domain.code}/",
        title=Words(f"{domain.vi}: số liệu theo giờ và theo ngày", f"{domain.en}: hourly and daily figures"),
        about=Words(
            f"Số liệu của từng cảm biến, từng phường và từng khu vực: {vi}. Mỗi dòng có số lần đo, trung bình,"
            " nhỏ nhất, lớn nhất và mức độ đầy đủ.",
            f"Figures of each sensor, ward and area: {en}. Each row has the number of readings, mean, least, greatest"
            " and completeness.",
        ),
        themes=(*_THEMES.get(domain.code, ()), "REGI"),
        keywords=(Words(domain.vi.lower(), domain.en.lower()), *(Words(m.vi, m.en) for m in metrics)),
        frequency="HOURLY",
        issued_us=issued_us,
        changed_us=held.changed_us or issued_us,
        from_us=start_us(held.first) if held.first else None,
        until_us=held.until_us,
        step="PT1H",
        files=_files(domain, held, base),
    )


def _places(
    code: str, title: Words, about: Words, keywords: tuple[Words, ...], base: str, issued_us: int, changed_us: int,
    from_us: int,
) -> Dataset:  # fmt: skip
    url = f"{base}{code}.geojson"
    return Dataset(
        code, url, title, about, ("REGI",), keywords, "IRREG", issued_us, changed_us, from_us, None, None,
        (File("geojson", title, FORMATS["geojson"], url, url),),
    )  # fmt: skip


def box_of(zones: tuple[Zone, ...]) -> tuple[float, float, float, float]:
    """The box that all zones lie in."""
    return (
        min(z.min_lon for z in zones), min(z.min_lat for z in zones),
        max(z.max_lon for z in zones), max(z.max_lat for z in zones),
    )  # fmt: skip


def offer(
    catalog: Catalog,
    domains: Mapping[str, Domain],
    held: Mapping[str, Holding],
    settings: Settings,
    *,
    base: str,
    issued_us: int,
    sensors_us: int | None,
) -> Offer:
    """Everything that is published; ``sensors_us`` is when the register of sensors last changed, microseconds."""
    began = min(start_us(z.valid_from) for z in catalog.zones)
    datasets = [_figures(d, held[code], base, issued_us) for code, d in domains.items() if code in held]
    datasets.append(
        _places(
            "zones", Words("Các phường", "Wards"),
            Words(
                "Tên, khu vực, diện tích và thời gian hiệu lực của các phường. Ranh giới chỉ là khung bao giản lược.",
                "Names, area, surface and validity of the wards. The outlines are schematic: bounding boxes.",
            ),
            (Words("phường", "wards"), Words("địa giới", "boundaries")), base, issued_us, max(issued_us, began), began,
        )
    )  # fmt: skip
    datasets.append(
        _places(
            "sensors", Words("Các cảm biến", "Sensors"),
            Words(
                "Vị trí, tên, lĩnh vực, phường và các đại lượng đo của các cảm biến công cộng.",
                "Places, names, domains, wards and measured quantities of the public sensors.",
            ),
            (Words("cảm biến", "sensors"), Words("trạm đo", "stations")), base, issued_us,
            max(issued_us, sensors_us or 0), issued_us,
        )
    )  # fmt: skip
    return Offer(
        base, tuple(datasets), issued_us, max(d.changed_us for d in datasets), box_of(catalog.zones),
        settings.open_licence, settings.open_publisher, settings.open_contact, settings.open_delay_s,
        settings.open_rate,
    )  # fmt: skip
