"""The catalogue as DCAT-AP 3.0.1, in JSON-LD 1.1 whose context is part of it: nothing has to be fetched to read it.

Codes are those of the EU's authority tables. Each thing that is pointed at says its class as well, so that a checker
of shapes needs no other file. Profile: https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

from __future__ import annotations

from typing import Any

from infra.times import rfc3339
from ioc_api.opendata.model import Dataset, File, Offer, Words

MEDIA = "application/ld+json"

_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"

_DATES = {"@type": "xsd:dateTime"}
_LANGUAGES = {"@container": "@language"}
CONTEXT: dict[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    "dct:title": _LANGUAGES,
    "dct:description": _LANGUAGES,
    "dcat:keyword": _LANGUAGES,
    "foaf:name": _LANGUAGES,
    "skos:prefLabel": _LANGUAGES,
    "rdfs:label": _LANGUAGES,
    "dct:issued": _DATES,
    "dct:modified": _DATES,
    "dcat:startDate": _DATES,
    "dcat:endDate": _DATES,
    "dcat:temporalResolution": {"@type": "xsd:duration"},
    "dcat:bbox": {"@type": "geo:wktLiteral"},
    "dcat:centroid": {"@type": "geo:wktLiteral"},
}

#: Labels of the themes, as the EU's table has them in English.
_THEMES = {
    "TRAN": Words("Giao thông", "Transport"),
    "ENVI": Words("Môi trường", "Environment"),
    "HEAL": Words("Y tế", "Health"),
    "ENER": Words("Năng lượng", "Energy"),
    "REGI": Words("Vùng và thành phố", "Regions and cities"),
}


def _said(words: Words) -> dict[str, str]:
    return {"vi": words.vi, "en": words.en}


def _node(address: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": address, "type": kind, **more}


def _concept(address: str, words: Words) -> dict[str, Any]:
    return _node(address, "skos:Concept", **{"skos:prefLabel": _said(words)})


def _publisher(offer: Offer) -> dict[str, Any]:
    kind = _concept("http://purl.org/adms/publishertype/LocalAuthority", Words("Cơ quan địa phương", "Local authority"))
    return _node(
        f"{offer.base}#publisher", "foaf:Agent", **{"foaf:name": {"vi": offer.publisher}, "dct:type": kind}
    )  # fmt: skip


def _contact(offer: Offer) -> dict[str, Any]:
    mail = offer.contact.startswith("mailto:")
    where = {"vcard:hasEmail" if mail else "vcard:hasURL": {"id": offer.contact or offer.base}}
    return _node(f"{offer.base}#contact", "vcard:Organization", **{"vcard:fn": offer.publisher, **where}) | {
        "type": ["vcard:Organization", "vcard:Kind"]
    }


def _licence(offer: Offer) -> dict[str, Any]:
    kind = _concept("http://purl.org/adms/licencetype/Attribution", Words("Ghi nguồn", "Attribution"))
    about: dict[str, Any] = {"dct:type": kind} if "creativecommons.org/licenses/by/" in offer.licence else {}
    return _node(offer.licence, "dct:LicenseDocument", **about)


def _spatial(offer: Offer) -> dict[str, Any]:
    west, south, east, north = offer.box
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return _node(
        f"{offer.base}#place", "dct:Location",
        **{
            "rdfs:label": {"vi": "Bắc Giang và Việt Yên, Việt Nam", "en": "Bắc Giang and Việt Yên, Viet Nam"},
            "dcat:bbox": f"POLYGON(({', '.join(f'{x} {y}' for x, y in ring)}))",
            "dcat:centroid": f"POINT({(west + east) / 2:.5f} {(south + north) / 2:.5f})",
        },
    )  # fmt: skip


def _languages() -> list[dict[str, Any]]:
    return [_node(f"{_EU}language/{code}", "dct:LinguisticSystem") for code in ("VIE", "ENG")]


def _distribution(file: File, of: Dataset, offer: Offer) -> dict[str, Any]:
    form = file.form
    said = {
        "dct:title": {"vi": f"{file.title.vi} ({form.name})", "en": f"{file.title.en} ({form.name})"},
        "dct:description": {
            "vi": "Tệp mới nhất; danh sách tất cả các tệp ở dcat:accessURL.",
            "en": "The newest file; all files are listed at dcat:accessURL.",
        }
        if file.list_url != file.url
        else _said(of.about),
        "dcat:accessURL": {"id": file.list_url},
        "dct:format": _node(f"{_EU}file-type/{form.code}", "dct:MediaTypeOrExtent"),
        "dcat:mediaType": _node(_IANA + form.media, "dct:MediaType"),
        "dct:conformsTo": _node(form.standard, "dct:Standard"),
        "dct:license": {"id": offer.licence},
        "dct:issued": rfc3339(of.issued_us),
        "dct:modified": rfc3339(of.changed_us),
        "dcatap:availability": _concept(f"{_EU}planned-availability/AVAILABLE", Words("Sẵn có", "Available")),
    }
    if file.url:
        said["dcat:downloadURL"] = {"id": file.url}
    if file.step:
        said["dcat:temporalResolution"] = file.step
    return _node(f"{offer.base}#{of.code}-{file.code}", "dcat:Distribution", **said)


def _temporal(of: Dataset) -> dict[str, Any]:
    if of.from_us is None:
        return {}
    ends = {"dcat:endDate": rfc3339(of.until_us)} if of.until_us else {}
    return {"dct:temporal": {"type": "dct:PeriodOfTime", "dcat:startDate": rfc3339(of.from_us), **ends}}


def _dataset(of: Dataset, offer: Offer) -> dict[str, Any]:
    return _node(
        f"{offer.base}#{of.code}", "dcat:Dataset",
        **{
            "dct:identifier": f"{offer.base}#{of.code}",
            "dct:title": _said(of.title),
            "dct:description": _said(of.about),
            "dct:publisher": {"id": f"{offer.base}#publisher"},
            "dcat:contactPoint": {"id": f"{offer.base}#contact"},
            "dct:license": {"id": offer.licence},
            "dct:accessRights": _node(f"{_EU}access-right/PUBLIC", "dct:RightsStatement"),
            "dct:language": _languages(),
            "dct:spatial": {"id": f"{offer.base}#place"},
            **_temporal(of),
            **({"dcat:temporalResolution": of.step} if of.step else {}),
            "dct:accrualPeriodicity": _node(f"{_EU}frequency/{of.frequency}", "dct:Frequency"),
            "dcat:theme": [_concept(f"{_EU}data-theme/{code}", _THEMES[code]) for code in of.themes],
            "dcat:keyword": {lang: [getattr(k, lang) for k in of.keywords] for lang in ("vi", "en")},
            "dcat:landingPage": _node(of.url if of.step else offer.base, "foaf:Document"),
            "dct:issued": rfc3339(of.issued_us),
            "dct:modified": rfc3339(of.changed_us),
            "dcat:distribution": [_distribution(f, of, offer) for f in of.files],
        },
    )  # fmt: skip


def catalogue(offer: Offer) -> dict[str, Any]:
    """The whole catalogue."""
    themes = _node(
        f"{_EU}data-theme", "skos:ConceptScheme",
        **{"dct:title": {"vi": "Chủ đề dữ liệu của EU", "en": "EU data themes"}},
    )  # fmt: skip
    hours = f"{offer.delay_s / 3600:g}"
    said = {
        "dct:title": {"vi": "Dữ liệu mở Bắc Giang – Việt Yên", "en": "Open data of Bắc Giang and Việt Yên"},
        "dct:description": {
            "vi": f"Số liệu theo giờ và theo ngày của các cảm biến trong thành phố, công bố sau {hours} giờ.",
            "en": f"Hourly and daily figures of the city's sensors, published {hours} h after the hour's end.",
        },
        "dct:publisher": _publisher(offer),
        "dcat:contactPoint": _contact(offer),
        "dct:license": _licence(offer),
        "dct:language": _languages(),
        "dct:spatial": _spatial(offer),
        "dct:issued": rfc3339(offer.issued_us),
        "dct:modified": rfc3339(offer.changed_us),
        "dcat:themeTaxonomy": themes,
        "foaf:homepage": _node(offer.base, "foaf:Document"),
        "dcat:dataset": [_dataset(d, offer) for d in offer.datasets],
    }
    return {"@context": CONTEXT, **_node(f"{offer.base}#catalogue", "dcat:Catalog", **said)}
