"""The catalogue of open data is what it says to be: DCAT-AP 3.0.1 in JSON-LD, read by an RDF library."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from city.registry import Domain
from infra import catalog as catalogs
from infra.settings import Settings
from ioc_api.opendata import dcat, model
from ioc_api.opendata.calendar import DAY_US, HOUR_US, city_day, start_us
from ioc_api.opendata.stock import Holding

# The library calls parts of its own that it means to rename.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")

BASE = "https://ioc.example.vn/open/v1/"
ISSUED_US = start_us(date(2026, 11, 1))
CATALOG = catalogs.load(Settings(domains_dir=None))
EU = "http://publications.europa.eu/resource/authority/"
DCATAP = Namespace("http://data.europa.eu/r5r/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")


def offered(**settings: Any) -> model.Offer:
    domains = dict(CATALOG.registry.domains)
    domains["parking"] = Domain("parking", "Bãi đỗ xe", "Parking", 60, domains["traffic"].metrics[:2])
    day = date(2026, 11, 21)
    until = start_us(day + timedelta(days=1)) + 3 * HOUR_US
    held = {
        code: Holding(until, date(2026, 11, 1), city_day(until), until, day, day.replace(day=1)) for code in domains
    }
    held["water"] = Holding(None, None, None, None, None, None)
    return model.offer(
        CATALOG, domains, held, Settings(domains_dir=None, **settings),
        base=BASE, issued_us=ISSUED_US, sensors_us=ISSUED_US + DAY_US,
    )  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The catalogue as triples."""
    return Graph().parse(data=json.dumps(dcat.catalogue(offered()), ensure_ascii=False), format="json-ld")


#: Of DCAT-AP 3.0.1: class, property, least and greatest number, and what it must be: a class, a datatype, or "text".
PROFILE: list[tuple[URIRef, URIRef, int, int | None, Any]] = [
    (DCAT.Catalog, DCTERMS.title, 1, None, "text"),
    (DCAT.Catalog, DCTERMS.description, 1, None, "text"),
    (DCAT.Catalog, DCTERMS.publisher, 1, 1, FOAF.Agent),
    (DCAT.Catalog, DCTERMS.license, 1, 1, DCTERMS.LicenseDocument),
    (DCAT.Catalog, DCTERMS.language, 1, None, DCTERMS.LinguisticSystem),
    (DCAT.Catalog, DCTERMS.spatial, 1, None, DCTERMS.Location),
    (DCAT.Catalog, DCTERMS.issued, 1, 1, XSD.dateTime),
    (DCAT.Catalog, DCTERMS.modified, 1, 1, XSD.dateTime),
    (DCAT.Catalog, DCAT.themeTaxonomy, 1, None, SKOS.ConceptScheme),
    (DCAT.Catalog, FOAF.homepage, 1, 1, FOAF.Document),
    (DCAT.Catalog, DCAT.dataset, 1, None, DCAT.Dataset),
    (DCAT.Dataset, DCTERMS.title, 1, None, "text"),
    (DCAT.Dataset, DCTERMS.description, 1, None, "text"),
    (DCAT.Dataset, DCTERMS.identifier, 1, None, XSD.string),
    (DCAT.Dataset, DCTERMS.publisher, 1, 1, FOAF.Agent),
    (DCAT.Dataset, DCAT.contactPoint, 1, None, VCARD.Kind),
    (DCAT.Dataset, DCTERMS.spatial, 1, None, DCTERMS.Location),
    (DCAT.Dataset, DCTERMS.temporal, 0, None, DCTERMS.PeriodOfTime),
    (DCAT.Dataset, DCTERMS.accrualPeriodicity, 1, 1, DCTERMS.Frequency),
    (DCAT.Dataset, DCTERMS.accessRights, 1, 1, DCTERMS.RightsStatement),
    (DCAT.Dataset, DCAT.theme, 1, None, SKOS.Concept),
    (DCAT.Dataset, DCAT.keyword, 2, None, "text"),
    (DCAT.Dataset, DCAT.landingPage, 1, None, FOAF.Document),
    (DCAT.Dataset, DCTERMS.issued, 1, 1, XSD.dateTime),
    (DCAT.Dataset, DCTERMS.modified, 1, 1, XSD.dateTime),
    (DCAT.Dataset, DCAT.temporalResolution, 0, 1, XSD.duration),
    (DCAT.Dataset, DCAT.distribution, 1, None, DCAT.Distribution),
    (DCAT.Distribution, DCAT.accessURL, 1, None, None),
    (DCAT.Distribution, DCAT.downloadURL, 0, None, None),
    (DCAT.Distribution, DCTERMS.title, 1, None, "text"),
    (DCAT.Distribution, DCTERMS.description, 1, None, "text"),
    (DCAT.Distribution, DCTERMS.format, 1, 1, DCTERMS.MediaTypeOrExtent),
    (DCAT.Distribution, DCAT.mediaType, 1, 1, DCTERMS.MediaType),
    (DCAT.Distribution, DCTERMS.conformsTo, 1, None, DCTERMS.Standard),
    (DCAT.Distribution, DCTERMS.license, 1, 1, DCTERMS.LicenseDocument),
    (DCAT.Distribution, DCTERMS.modified, 1, 1, XSD.dateTime),
    (DCAT.Distribution, DCATAP.availability, 1, 1, SKOS.Concept),
    (FOAF.Agent, FOAF.name, 1, None, "text"),
    (FOAF.Agent, DCTERMS.type, 1, 1, SKOS.Concept),
    (SKOS.Concept, SKOS.prefLabel, 1, None, "text"),
    (SKOS.ConceptScheme, DCTERMS.title, 1, None, "text"),
    (DCTERMS.LicenseDocument, DCTERMS.type, 1, 1, SKOS.Concept),
    (DCTERMS.Location, DCAT.bbox, 1, 1, URIRef("http://www.opengis.net/ont/geosparql#wktLiteral")),
    (DCTERMS.Location, DCAT.centroid, 1, 1, URIRef("http://www.opengis.net/ont/geosparql#wktLiteral")),
    (DCTERMS.PeriodOfTime, DCAT.startDate, 1, 1, XSD.dateTime),
    (VCARD.Kind, VCARD.fn, 1, None, XSD.string),
]


def fits(graph: Graph, value: Node, wanted: Any) -> bool:
    """Whether a value is what the profile wants."""
    if wanted == "text":
        return isinstance(value, Literal) and value.language in ("vi", "en") and str(value) != ""
    if wanted is None:
        return isinstance(value, URIRef)
    if isinstance(value, Literal):
        return (value.datatype or XSD.string) == wanted and not value.ill_typed
    return (value, RDF.type, wanted) in graph


@pytest.mark.parametrize(
    ("kind", "prop", "least", "most", "wanted"), PROFILE, ids=lambda v: str(v).rsplit("/", 1)[-1].rsplit("#", 1)[-1]
)
def test_the_profile_is_kept(
    graph: Graph, kind: URIRef, prop: URIRef, least: int, most: int | None, wanted: Any
) -> None:
    things = set(graph.subjects(RDF.type, kind))
    assert things
    for thing in things:
        values = list(graph.objects(thing, prop))
        assert least <= len(values) <= (most or 10_000), (thing, prop, values)
        assert all(fits(graph, v, wanted) for v in values), (thing, prop, values)


def test_titles_and_descriptions_are_in_both_languages(graph: Graph) -> None:
    for kind in (DCAT.Catalog, DCAT.Dataset, DCAT.Distribution):
        for thing in graph.subjects(RDF.type, kind):
            for prop in (DCTERMS.title, DCTERMS.description):
                said = {v.language for v in graph.objects(thing, prop) if isinstance(v, Literal)}
                assert said == {"vi", "en"}, (thing, prop)


def test_the_codes_are_those_of_the_eu(graph: Graph) -> None:
    traffic = URIRef(f"{BASE}#traffic")
    assert set(graph.objects(traffic, DCAT.theme)) == {URIRef(f"{EU}data-theme/{t}") for t in ("TRAN", "REGI")}
    assert set(graph.objects(URIRef(f"{BASE}#parking"), DCAT.theme)) == {URIRef(f"{EU}data-theme/REGI")}
    assert graph.value(traffic, DCTERMS.accrualPeriodicity) == URIRef(f"{EU}frequency/HOURLY")
    forms = {graph.value(d, DCTERMS.format) for d in graph.objects(traffic, DCAT.distribution)}
    assert forms == {URIRef(f"{EU}file-type/CSV"), URIRef(f"{EU}file-type/PARQUET")}
    assert graph.value(URIRef(f"{BASE}#zones-geojson"), DCTERMS.format) == URIRef(f"{EU}file-type/GEOJSON")


def test_every_thing_is_in_the_catalogue(graph: Graph) -> None:
    listed = {str(d).partition("#")[2] for d in graph.objects(URIRef(f"{BASE}#catalogue"), DCAT.dataset)}
    assert listed == {*CATALOG.registry.domains, "parking", "zones", "sensors"}
    downloads = {str(u) for u in graph.objects(None, DCAT.downloadURL)}
    assert f"{BASE}traffic/hourly/2026-11-21.csv" in downloads
    assert f"{BASE}traffic/zones/daily/2026-11.parquet" in downloads
    assert not any("/water/" in u for u in downloads), "there is nothing to load yet"
    assert not list(graph.objects(URIRef(f"{BASE}#water"), DCTERMS.temporal))
    # Nothing points at a thing of ours that is not described.
    for thing in graph.objects():
        if isinstance(thing, URIRef) and thing.startswith(f"{BASE}#"):
            assert (thing, RDF.type, None) in graph, thing


def test_who_publishes_and_who_answers() -> None:
    said = dcat.catalogue(offered(open_publisher="UBND", open_contact="mailto:ioc@example.vn"))
    graph = Graph().parse(data=json.dumps(said), format="json-ld")
    (contact,) = set(graph.objects(URIRef(f"{BASE}#traffic"), DCAT.contactPoint))
    assert graph.value(contact, VCARD.hasEmail) == URIRef("mailto:ioc@example.vn")
    assert str(graph.value(contact, VCARD.fn)) == "UBND"
