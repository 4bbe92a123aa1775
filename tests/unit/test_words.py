"""What pages say: set as each language is, the same in both, and the same as what the code does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from functions.admin_portal import session, sign_in
from functions.admin_portal import words as portal_words
from functions.admin_portal.pages import PURPOSES, PortalPages
from functions.onboarding import cookie
from functions.onboarding import words as onboarding_words
from functions.onboarding.pages import RETRY_SECONDS, OnboardingPages
from functions.onboarding.progress import Asking, Connected
from shared.entra import permissions
from shared.receipts import backups_expire
from shared.settings import OnboardingSettings, PortalSettings
from shared.store import Stored
from shared.tenant import Closing, Consent, Reason, Status, Tenant
from shared.web import words as shared_words
from shared.web.words import LANGUAGES, Message, typeset
from tests.helpers import functions
from tests.helpers.fakes import TENANT
from tests.helpers.loop import run

ROOT = Path(__file__).parents[2]
MODULES = (shared_words, onboarding_words, portal_words)
BOTH = [  # everything that is said in two languages, by its name
    pytest.param(value, id=f"{module.__name__}.{name}")
    for module in MODULES
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, dict) and set(value) == set(LANGUAGES)
]
ITSELF = "findings"  # what stands in English for itself has no words there
MARKS = {";": "\u202f", "!": "\u202f", "?": "\u202f", "»": "\u202f", ":": "\u00a0"}
NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


def texts(words):
    """Every text in there, however deep."""
    if isinstance(words, str):
        return [words]
    if isinstance(words, Message):
        return [words.title, *words.texts]
    return [
        text
        for one in (_spoken(words).values() if isinstance(words, dict) else words)
        for text in texts(one)
    ]


def _spoken(words):
    return {name: value for name, value in words.items() if name != ITSELF}


def shape(words):
    """What is there, without its words."""
    if isinstance(words, str):
        return sorted(re.findall(r"{\w+}", words))
    if isinstance(words, Message):
        return len(words.texts)
    if isinstance(words, dict):
        return {name: shape(value) for name, value in _spoken(words).items()}
    return [shape(value) for value in words]


def french_faults(text):
    """Where a text breaks the rule: each mark has its own space, and no other, on its inner side."""
    faults = [
        text[max(0, at - 12) : at + 1]
        for at, letter in enumerate(text)
        if letter in MARKS and text[:at][-1:] != MARKS[letter]
    ]
    return faults + re.findall(r"«(?!\u202f).{0,9}", text)


@pytest.mark.parametrize("words", BOTH)
def test_french_marks_stand_off_by_a_space_that_never_breaks(words):
    """U+202F before ; ! ? » and after «, U+00A0 before a colon, in every French text."""
    assert [fault for text in texts(words["fr"]) for fault in french_faults(text)] == []


@pytest.mark.parametrize(
    "text", ["là : oui", "là: oui", "oui ;", "« oui »", "«oui\u202f»", "oui ?"]
)
def test_the_rule_finds_what_breaks_it(text):
    """A plain space, none at all, or a guillemet alone."""
    assert french_faults(text)
    assert not french_faults(typeset("« Oui ? » : non ; oui !"))


@pytest.mark.parametrize("words", BOTH)
def test_no_mark_of_a_typewriter(words):
    """Apostrophes and quotation marks are those of print; English marks stand close; no space is doubled."""
    for language in LANGUAGES:
        for text in texts(words[language]):
            assert not re.search(r"['\"]|\s\s|\.\.\.", text), text
    assert not [text for text in texts(words["en"]) if re.search(r"\s[;:!?]|[«»]", text)]


@pytest.mark.parametrize("words", BOTH)
def test_what_belongs_together_stays_on_one_line(words):
    """A number and its unit, and Microsoft's product."""
    split = re.compile(r"[\d}] (?:second|minute|hour|day|heure|jour)|Microsoft 365")
    assert [text for one in words.values() for text in texts(one) if split.search(text)] == []


@pytest.mark.parametrize("words", BOTH)
def test_both_languages_say_the_same_things(words):
    """Text for text, with the same values in them."""
    assert shape(words["en"]) == shape(words["fr"])


def test_the_templates_have_no_words_of_their_own():
    """What people read is in words.py, where these tests see it."""
    for folder in ("shared", "functions/onboarding", "functions/admin_portal"):
        for template in (ROOT / folder / "templates").glob("*.html"):
            bare = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", template.read_text("utf-8"))
            assert set(re.findall(r"\w+", bare)) <= {"Calliente"}, template


@pytest.mark.parametrize(
    ("seconds", "unit", "said"),
    [
        (cookie.LIFETIME_SECONDS, 60, onboarding_words.LANDING["en"]["cookie"]),
        (cookie.LIFETIME_SECONDS, 60, shared_words.FAILURES["en"]["expired"].texts[0]),
        (sign_in.LIFETIME_SECONDS, 60, shared_words.FAILURES["en"]["expired"].texts[0]),
        (session.LIFETIME_SECONDS, 60, portal_words.SIGN_IN["en"]["notes"][1]),
        (session.LIFETIME_SECONDS, 60, portal_words.FAILURES["en"]["signed_out"].texts[0]),
        (RETRY_SECONDS, 1, onboarding_words.WAITING["en"]["text"][1]),
    ],
)
def test_times_are_those_of_the_code(seconds, unit, said):
    """Where a page names a time, it is the one that counts."""
    assert re.findall(r"(\d+)\u00a0(?:minutes|seconds)", said) == [str(seconds // unit)]


@pytest.mark.parametrize("words", BOTH)
def test_both_languages_name_the_same_numbers(words):
    """A time that changes, changes in both."""
    for english, french in zip(texts(words["en"]), texts(words["fr"]), strict=True):
        assert re.findall(r"\d+", english) == re.findall(r"\d+", french)


def test_the_first_page_names_the_permissions_of_the_app_registration():
    """No more and no fewer than administrators will be asked for, and none without a person."""
    for said in onboarding_words.LANDING.values():
        assert {name for name, _why in said["permissions"]} == set(permissions.READING)
        assert all(name in said["delegated"] for name in permissions.SIGN_IN)


def test_the_registrations_document_names_the_same_permissions():
    """From one declaration: what an administrator is asked for, and no other."""
    page = (ROOT / "docs/entra-app-registration.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| permissions |"))
    named = set(re.findall(r"`([\w.]+)`", row.split("|")[2]))
    assert named == {*permissions.READING, *permissions.SIGN_IN}


def test_what_google_keeps_by_itself_is_said_wherever_storage_is():
    """IP addresses for weeks and remains for 180 days, at Firebase Authentication; times of documents, at Firestore."""
    inventory = (ROOT / "docs/data-inventory.md").read_text("utf-8")
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    for said in (
        " ".join(texts(onboarding_words.LANDING["en"])),
        " ".join(texts(portal_words.OVERVIEW["en"])),
        inventory,
        operations,
    ):
        assert "IP addresses" in said
        assert re.search(r"180\sdays", said)
    assert "created and last changed" in onboarding_words.LANDING["en"]["place"][0]
    assert "| Creation and update time | Yes |" in inventory


def test_no_text_claims_more_of_contacts_than_one_person_may_read():
    """Permissions are a person's; and no page says that Google or we keep nothing personal at all."""
    readme = (ROOT / "README.md").read_text("utf-8")
    said = " ".join([readme, *(text for one in BOTH for text in texts(one.values[0]))])
    assert not re.search(r"organization’s (Microsoft 365 )?contacts|no personal data", said)
    assert "organization's Microsoft 365 contacts" not in said


def request_in(language="en"):
    return Request({"type": "http", "headers": [(b"accept-language", language.encode())]})


def onboarding_pages(**changes):
    """The pages of onboarding under changed settings."""
    return OnboardingPages(functions.settings(OnboardingSettings, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_days_without_consent_are_the_settings(language):
    """Wherever a page says after how long a lost consent deletes, it says what the purge goes by."""
    pages, request = onboarding_pages(CONSENT_GRACE_DAYS="45"), request_in(language)
    days = {"en": "45\u00a0days", "fr": "45\u00a0jours"}[language]
    assert days in pages.landing(request).body.decode()
    assert days in pages.outcome(request, Connected(TENANT, "Contoso")).body.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("days", [0, 7, 30])
def test_the_days_of_backups_are_the_settings(language, days):
    """What the first page says of backups is when a receipt says that the last one expires; none is said to be none."""
    said = onboarding_pages(BACKUP_DAYS=str(days)).landing(request_in(language)).body.decode()
    most = (backups_expire(NOW, days) - NOW).days
    unit = {"en": "days", "fr": "jours"}[language]
    assert (f" {most}\u00a0{unit}" in said) is (days > 0)
    assert (onboarding_words.LANDING[language]["no_backups"] in said) is (days == 0)


@pytest.mark.parametrize("days", [0, 90])
def test_the_days_of_silence_are_the_settings(days):
    """A device that is silent for so long is removed, and where none is, none is said to be."""
    said = onboarding_pages(DEVICE_EXPIRY_DAYS=str(days)).landing(request_in()).body.decode()
    assert ("has been silent for 90\u00a0days" in said) is (days > 0)
    assert ("silent" in said) is (days > 0)


def test_the_last_page_leads_to_the_portal_if_there_is_one():
    """Without the portal's address the page says who else deletes."""
    connected, said = Connected(TENANT, "Contoso"), onboarding_words.CONNECTED["en"]
    linked = onboarding_pages().outcome(request_in(), connected).body.decode()
    assert 'href="https://portal.example"' in linked
    alone = onboarding_pages(PORTAL_URL="").outcome(request_in(), connected).body.decode()
    assert said["portal_button"] not in alone
    assert said["delete"][0] in alone


def test_the_question_before_a_withdrawal_leads_back_without_a_portal_too():
    """Leaving a deletion as it is takes one click, and no form."""
    due = "2026-11-25T03:30:00+00:00"
    asking = Asking(TENANT, "Contoso", due, "requested", "receipt")
    page = onboarding_pages(PORTAL_URL="").outcome(request_in("fr"), asking).body.decode()
    assert 'href="/">Laisser la suppression' in page
    assert "25 novembre 2026 à 03:30 UTC" in page


def overview(pages, tenant):
    """The portal's page, without its numbers, as a person gets it."""

    async def count():
        return None

    async def read():
        stored = Stored(TENANT, tenant, None, NOW)
        answer = pages.overview(request_in(), stored, count, dict.fromkeys(PURPOSES, "t"), NOW)
        return "".join([piece async for piece in answer.body_iterator])

    return run(read())


def test_the_portal_says_when_a_deletion_would_be_due():
    """The time is the settings' delay from now."""
    pages = PortalPages(functions.settings(PortalSettings, PURGE_DELAY_SECONDS="7200"))
    page = overview(pages, Tenant("Contoso", Status.ACTIVE, Consent(NOW)))
    assert "25 November 2026, 03:30 UTC at the earliest" in page


def test_a_lost_consent_leads_to_onboarding_if_its_address_is_known():
    """And so does a refusal that connecting again would cure, and no other."""
    closing = Closing(NOW + timedelta(hours=1), Reason.CONSENT_LOST, "r")
    for address, there in (("https://connect.example", True), ("", False)):
        pages = PortalPages(functions.settings(PortalSettings, ONBOARDING_URL=address))
        page = overview(pages, Tenant("Contoso", Status.CLOSING, Consent(NOW), closing))
        refusals = {
            code: pages.failure(request_in(), code, 403).body.decode()
            for code in ("tenant_not_onboarded", "consent_missing", "wrong_account")
        }
        link = f'href="{address}"' if there else portal_words.CONNECT["en"]
        assert (link in page) == there
        assert [link in text for text in refusals.values()] == [there, there, False]
