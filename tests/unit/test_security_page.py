"""The page about security: for everybody, in every language, and no other than the documents."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from functions.admin_portal.portal import application
from functions.onboarding.security import PROCESSORS, THREATS
from shared import inventory
from shared.settings import OnboardingSettings, PortalSettings
from tests.helpers import functions
from tests.helpers.fakes import FakeFirestore
from tests.helpers.said import LANGUAGES, said
from tests.helpers.serving import Client

ROOT = Path(__file__).parents[2]
# What each threat of the page is called in docs/threat-model.md.
THREAT_MODEL = {
    "Somebody connects an": "A forged consent callback connects somebody else's organization",
    "A phone reads what": "A phone reads another document than its own, or writes",
    "Somebody who has left": "A phone of somebody who has left continues to read",
    "A colleague without": "A member, or another organization's administrator, sees or deletes in the portal",
    "Another site acts": "A foreign site, or a tab of another organization, acts in an administrator's session",
    "A forged or borrowed": "A forged token, or a token for another purpose",
    "A deletion stops": "A purge dies, runs twice, or is resumed late",
    "A backup brings": "A restored backup brings a deleted organization back",
    "Something about people": "Personal data gathers unnoticed, in storage or logs",
    "A part of our service": "A function is taken over",
    "What runs is not": "What runs is not what was reviewed: an old revision that still serves, a function that"
    " somebody deployed by hand",
}


def page_in(language="en", **changes):
    settings = functions.settings(OnboardingSettings, **changes)
    client = Client(functions.onboarding(settings=settings))
    answer = client.get("/security", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def rows_of_document(name):
    """The rows of all tables of a document: their cells."""
    lines = (ROOT / "docs" / name).read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line[:1] == "|"]


def test_anybody_may_read_and_keep_it():
    """Without a cookie and without the database, for an hour, in each language apart."""
    database = FakeFirestore()
    client = Client(functions.onboarding(database))
    for method in ("GET", "HEAD"):
        answer = client.request(method, "/security")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Vary"] == "Accept-Language"
        assert "Set-Cookie" not in answer.headers
    assert database.calls == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_every_stored_field(language):
    """A row for each field of the inventory, receipts and the run's bookmark too, and for each document ID."""
    text = page_in(language).partition('id="stored"')[2].partition("</table>")[0]
    fields = sum(len(inventory.paths(schema())) for schema in inventory.DOCUMENTS.values())
    assert text.count('<th scope="row">') == fields + 3


def test_each_of_its_threats_is_one_of_the_threat_model():
    """The page says in few words what the document says with its tests."""
    documented = {cells[0] for cells in rows_of_document("threat-model.md")}
    told = {
        begun: [threat for threat in THREATS if threat.threat.startswith(begun)]
        for begun in THREAT_MODEL
    }
    assert [len(threats) for threats in told.values()] == [1] * len(THREATS)
    assert set(THREAT_MODEL.values()) <= documented


def test_its_processors_are_those_of_the_annex():
    """The same companies and services, in the same order, and the same word on places."""
    rows = rows_of_document("data-processing.md")
    annex = [cells for cells in rows if cells[0] in ("Google", "Microsoft")]
    assert [(one.name, one.service) for one in PROCESSORS] == [
        (cells[0], cells[1]) for cells in annex
    ]
    places = {
        "European": "eur",
        "No place": "no place",
        "Worldwide": "global",
        "Of your": "as the customer",
    }
    for one, cells in zip(PROCESSORS, annex, strict=True):
        (place,) = [there for here, there in places.items() if one.place.startswith(here)]
        assert place in cells[3]


def test_it_leads_to_the_receipts_if_there_is_a_portal():
    """And says how to check one in any case."""
    linked, alone = page_in(), page_in(PORTAL_URL="")
    for path in ("/receipts", "/.well-known/jwks.json", "/inventory.json"):
        assert (f'href="https://portal.example{path}"' in linked, path in alone) == (True, False)
    assert "full stop and your tenant ID" in unescape(alone)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_linked_from_every_page(language):
    """Of onboarding, and of the portal where it knows onboarding's address."""
    asked = {"Accept-Language": language}
    first = Client(functions.onboarding()).get("/", headers=asked).text
    assert first.count('href="/security"') == 2
    for address, count in (("https://onboarding.example", 1), ("", 0)):
        settings = functions.settings(PortalSettings, ONBOARDING_URL=address)
        portal = functions.portal(FakeFirestore(), settings=settings)
        page = Client(application(portal)).get("/", headers=asked).text
        assert page.count(f'href="{address}/security"') == count
        assert unescape(page).count(said("Security and data protection", language)) == count
