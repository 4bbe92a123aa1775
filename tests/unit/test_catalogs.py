"""What pages say: complete in every language, set as each is, and the same as what the code does."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.checkers import python_format
from babel.messages.mofile import read_mo
from starlette.requests import Request

from functions.admin_portal import failures as portal_failures
from functions.admin_portal import session, sign_in
from functions.admin_portal.figures import Counting
from functions.admin_portal.pages import CONNECT, PURPOSES, PortalPages
from functions.onboarding import cookie
from functions.onboarding.pages import RETRY_SECONDS, OnboardingPages
from functions.onboarding.progress import Asking, Connected
from local import translations
from shared import tokens
from shared.entra import permissions
from shared.receipts import backups_expire
from shared.schedule import MINUTES
from shared.settings import OnboardingSettings, PortalSettings
from shared.silence import SOON_DAYS
from shared.store import Stored
from shared.tenant import Closing, Consent, Reason, SignOut, Status, Tenant
from shared.web import failures as shared_failures
from shared.web.catalogs import LANGUAGES
from shared.web.messages import Message
from shared.web.pages import Pages
from shared.web.typesetting import typeset
from shared.web.version import read_build
from tests.helpers import functions
from tests.helpers.fakes import TENANT
from tests.helpers.loop import run
from tests.helpers.said import CATALOGS, said

ROOT = Path(__file__).parents[2]
MARKS = {";": "\u202f", "!": "\u202f", "?": "\u202f", "»": "\u202f", ":": "\u00a0"}
QUOTES = {"fr": "«»", "de": "„“", "es": "«»"}
DAY = 86_400  # seconds
NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
TEMPLATE = translations.extracted()
SOURCES = [
    form
    for message in translations.texts(TEMPLATE)
    for form in (message.id if isinstance(message.id, tuple) else (message.id,))
]


def translated(language):
    """The texts as a page has them: in English, and in that language, each form of a plural by itself."""
    english, own = CATALOGS["en"].locale, CATALOGS[language].locale
    if language == "en":
        return [(typeset(text, english), typeset(text, english)) for text in SOURCES]
    return [
        (typeset(source, english), typeset(text, own))
        for message in translations.texts(translations.read(language))
        for text in translations.strings(message)
        for source in (message.id[-1] if isinstance(message.id, tuple) else message.id,)
    ]


def find(words):
    """The one source text that begins so."""
    (found,) = {text for text in SOURCES if text.startswith(words)}
    return found


def french_faults(text):
    """Where a text breaks the rule: each mark has its own space, and no other, on its inner side."""
    faults = [
        text[max(0, at - 12) : at + 1]
        for at, letter in enumerate(text)
        if letter in MARKS and text[:at][-1:] != MARKS[letter]
    ]
    return faults + re.findall(r"«(?!\u202f).{0,9}", text)


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_the_catalog_is_what_make_translations_would_write(language):
    """No text of templates and code is missing in it, and no other is left."""
    assert translations.po_path(language).read_bytes() == translations.po_bytes(
        translations.updated(language, TEMPLATE)
    )


def test_the_template_is_what_make_translations_would_write():
    """A translator who begins a language begins with all texts."""
    assert translations.TEMPLATE.read_bytes() == translations.po_bytes(TEMPLATE)


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_pages_read_what_translators_wrote(language):
    """The compiled catalog holds the same texts as the one beside it."""
    compiled = translations.po_path(language).with_suffix(".mo").read_bytes()
    catalog = translations.read(language)
    assert compiled == translations.mo_bytes(catalog)
    texts = [
        {str(list(one.id)): translations.strings(one) for one in translations.texts(each)}
        for each in (read_mo(io.BytesIO(compiled)), catalog)
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_every_text_is_translated_with_all_that_is_put_into_it(language):
    """In each of its forms, with the placeholders of the English text and no others."""
    catalog = translations.read(language)
    for message in translations.texts(catalog):
        assert all(translations.strings(message)), message.id
        assert not message.fuzzy, message.id
        python_format(catalog, message)
    for source, text in translated(language):
        assert sorted(re.findall(r"%\(\w+\)s", source)) == sorted(re.findall(r"%\(\w+\)s", text))


def test_every_language_has_its_folder():
    """And no folder is a language that nobody is shown."""
    folders = {path.name for path in translations.LOCALES.iterdir() if path.is_dir()}
    assert folders == set(translations.TRANSLATED)


@pytest.mark.parametrize("name", ["heartbeat", "device_registration", "tenant_purge"])
def test_what_phones_call_starts_without_catalogs(name):
    """Neither Babel nor any page is imported by a function that has no pages."""
    program = (
        "import sys; import functions.{0}.main; "
        "print(sorted({{'babel', 'shared.web.pages', 'shared.web.catalogs'}} & set(sys.modules)))"
    )
    environment = {**os.environ, **functions.ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", program.format(name)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_french_marks_stand_off_by_a_space_that_never_breaks():
    """U+202F before ; ! ? » and after «, U+00A0 before a colon, in every French text."""
    assert [fault for _, text in translated("fr") for fault in french_faults(text)] == []


@pytest.mark.parametrize(
    "text", ["là : oui", "là: oui", "oui ;", "« oui »", "«oui\u202f»", "oui ?"]
)
def test_the_rule_finds_what_breaks_it(text):
    """A plain space, none at all, or a guillemet alone."""
    assert french_faults(text)
    assert not french_faults(typeset("« Oui ? » : non ; oui !", CATALOGS["fr"].locale))


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "fr"])
def test_french_spaces_are_french(language):
    """No other language gets a mark that stands off, even where somebody has typed one."""
    text = "« Oui ? » : non ; oui !"
    assert typeset(text, CATALOGS[language].locale) == text


@pytest.mark.parametrize(
    ("language", "plain", "kept"),
    [
        ("en", "30 seconds, 1 day", "30_seconds, 1_day"),
        ("fr", "1 heure, 7 jours", "1_heure, 7_jours"),
        ("de", "nach 90 Tagen, z. B. 2 Stunden", "nach 90_Tagen, z.-B. 2_Stunden"),
        ("de", "%(num)s Tag; Microsoft 365", "%(num)s_Tag; Microsoft_365"),
        ("it", "7 giorni", "7_giorni"),
        ("en", "7 to 30 days of the 2 phones", "7 to 30_days of the 2 phones"),
    ],
)
def test_each_language_has_its_own_spaces(language, plain, kept):
    """A number and its unit by CLDR's words, in German an abbreviation too."""
    expected = kept.replace("_", "\u00a0").replace("-", "\u202f")
    assert typeset(plain, Locale.parse(language)) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mark_of_a_typewriter(language):
    """Apostrophes and quotation marks are the language's own; no space is doubled; French alone has marks stand off."""
    for _, text in translated(language):
        assert not re.search(r"['\"]|\s\s|\.\.\.", text), text
        assert language == "fr" or not re.search(r"\s[;:!?»]|«\s", text), text
        opening, closing = QUOTES.get(language, "“”")
        quoted = "".join(re.findall(r"[«»„“”]", text))
        assert quoted == (opening + closing) * (len(quoted) // 2), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_belongs_together_stays_on_one_line(language):
    """A number and its unit, and Microsoft's product."""
    unit = r"second|minut|hour|day|heure|jour|Sekund|Minut|Stund|Tag|segund|hora|día"
    split = re.compile(rf"(\d|\)s) ({unit})|Microsoft 365")
    assert [text for _, text in translated(language) if split.search(text)] == []


def test_the_templates_have_no_words_of_their_own():
    """What people read goes through the catalogs."""
    for folder in ("shared/web", "functions/onboarding", "functions/admin_portal"):
        templates = list((ROOT / folder / "templates").glob("*.html"))
        assert templates
        for template in templates:
            bare = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", template.read_text("utf-8"), flags=re.S)
            allowed = {"Calliente", *permissions.READING}
            assert set(re.findall(r"[\w.]+", bare)) <= allowed, template


@pytest.mark.parametrize(
    ("seconds", "unit", "text"),
    [
        (cookie.LIFETIME_SECONDS, 60, find("A cookie remembers")),
        (cookie.LIFETIME_SECONDS, 60, shared_failures.FAILURES["expired"].texts[0]),
        (sign_in.LIFETIME_SECONDS, 60, shared_failures.FAILURES["expired"].texts[0]),
        (session.LIFETIME_SECONDS, 60, find("One cookie keeps you")),
        (session.LIFETIME_SECONDS, 60, portal_failures.FAILURES["signed_out"].texts[0]),
        (session.LIFETIME_SECONDS, 60, find("Microsoft names organization")),
        (session.LIFETIME_SECONDS, 60, find("Signing out of the portal")),
        (tokens.MOST_PROOF_AGE_SECONDS, DAY, find("A phone has to prove itself")),
        (SOON_DAYS * DAY, DAY, find("Removed within")),
        (RETRY_SECONDS, 1, find("This page tries again")),
    ],
)
def test_times_are_those_of_the_code(seconds, unit, text):
    """Where a page names a time, it is the one that counts."""
    assert re.findall(r"(\d+)\u00a0(?:minutes|seconds|days)", said(text)) == [str(seconds // unit)]


@pytest.mark.parametrize("language", translations.TRANSLATED)
def test_every_language_names_the_same_numbers(language):
    """A time that changes, changes in all."""
    for english, text in translated(language):
        assert re.findall(r"\d+", english) == re.findall(r"\d+", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_names_the_permissions_of_the_app_registration(language):
    """No more and no fewer than administrators will be asked for, and none without a person."""
    page = onboarding_pages().landing(request_in(language)).body.decode()
    assert set(re.findall(r"<code>([\w.]+)</code>", page)) == set(permissions.READING)
    delegated = said(find("Both are for a person"), language)
    assert all(name in delegated for name in permissions.SIGN_IN)


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
    landing = onboarding_pages().landing(request_in()).body.decode()
    tenant = Tenant("Contoso", Status.ACTIVE, Consent(NOW))
    portal = overview(PortalPages(functions.settings(PortalSettings)), tenant)
    for text in (landing, portal, inventory, operations):
        assert "IP addresses" in text
        assert re.search(r"180\sdays", text)
    assert "created and last changed" in landing
    assert "| Creation and update time | Yes |" in inventory


def test_no_text_claims_more_of_contacts_than_one_person_may_read():
    """Permissions are a person's; and no page says that Google or we keep nothing personal at all."""
    readme = (ROOT / "README.md").read_text("utf-8")
    text = " ".join([readme, *SOURCES])
    assert not re.search(r"organization’s (Microsoft 365 )?contacts|no personal data", text)
    assert "organization's Microsoft 365 contacts" not in text


def request_in(language="en"):
    return Request({"type": "http", "headers": [(b"accept-language", language.encode())]})


def onboarding_pages(**changes):
    """The pages of onboarding under changed settings."""
    return OnboardingPages(functions.settings(OnboardingSettings, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_days_without_consent_are_the_settings(language):
    """Wherever a page says after how long a lost consent deletes, it says what the purge goes by."""
    pages, request = onboarding_pages(CONSENT_GRACE_DAYS="45"), request_in(language)
    days = re.compile(r"\b45\u00a0\w")
    assert days.search(pages.landing(request).body.decode())
    assert days.search(pages.outcome(request, Connected(TENANT, "Contoso")).body.decode())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("days", [0, 7, 30])
def test_the_days_of_backups_are_the_settings(language, days):
    """What the first page says of backups is when a receipt says that the last one expires; none is said to be none."""
    page = onboarding_pages(BACKUP_DAYS=str(days)).landing(request_in(language)).body.decode()
    most = (backups_expire(NOW, days) - NOW).days
    assert bool(re.search(rf"\b{most}\u00a0\w", page)) is (days > 0)
    assert (said("There are no backups.", language) in page) is (days == 0)


@pytest.mark.parametrize("days", [0, 90])
def test_the_days_of_silence_are_the_settings(days):
    """A device that is silent for so long is removed, and where none is, none is said to be."""
    page = onboarding_pages(DEVICE_EXPIRY_DAYS=str(days)).landing(request_in()).body.decode()
    assert ("has been silent for 90\u00a0days" in page) is (days > 0)
    assert ("silent" in page) is (days > 0)


def test_the_last_page_leads_to_the_portal_if_there_is_one():
    """Without the portal's address the page says who else deletes."""
    connected = Connected(TENANT, "Contoso")
    linked = onboarding_pages().outcome(request_in(), connected).body.decode()
    assert 'href="https://portal.example"' in linked
    alone = onboarding_pages(PORTAL_URL="").outcome(request_in(), connected).body.decode()
    assert "Open the portal" not in alone
    assert "Calliente support has everything deleted for you, too" in alone


def test_the_question_before_a_withdrawal_leads_back_without_a_portal_too():
    """Leaving a deletion as it is takes one click, and no form."""
    due = "2026-11-25T03:30:00+00:00"
    asking = Asking(TENANT, "Contoso", due, "requested", "receipt")
    page = onboarding_pages(PORTAL_URL="").outcome(request_in("fr"), asking).body.decode()
    assert 'href="/">Laisser la suppression' in page
    assert "25 novembre 2026, 03:30 UTC" in page


def overview(pages, tenant):
    """The portal's page, without its numbers, as a person gets it."""

    async def count():
        return None

    async def read():
        stored, counting = Stored(TENANT, tenant, None, NOW), Counting(count, 1.0)
        answer = pages.overview(request_in(), stored, counting, dict.fromkeys(PURPOSES, "t"), NOW)
        return "".join([piece async for piece in answer.body_iterator])

    return run(read())


def test_the_portal_says_when_a_deletion_would_be_due():
    """The time is the settings' delay from now."""
    pages = PortalPages(functions.settings(PortalSettings, PURGE_DELAY_SECONDS="7200"))
    page = overview(pages, Tenant("Contoso", Status.ACTIVE, Consent(NOW)))
    assert "25 November 2026, 03:30 UTC at the earliest" in page


def test_signing_out_of_all_phones_says_when_it_is_done():
    """Before it is asked for and until it is done; never while the data is being deleted."""
    pages = PortalPages(functions.settings(PortalSettings))
    tenant = Tenant("Contoso", Status.ACTIVE, Consent(NOW))
    closing = Closing(NOW, Reason.REQUESTED, "r")
    offered = overview(pages, tenant)
    asked = overview(pages, replace(tenant, sign_out=SignOut(NOW)))
    pending = overview(pages, replace(tenant, status=Status.CLOSING, closing=closing))
    purging = overview(pages, replace(tenant, status=Status.PURGING, closing=closing))
    form, run = 'action="/sign-outs"', f"begins every {MINUTES}\u00a0minutes"
    assert [form in page for page in (offered, asked, pending, purging)] == [
        True,
        False,
        True,
        False,
    ]
    assert [run in page for page in (offered, asked, pending, purging)] == [True, True, True, False]
    assert "Asked for on 25 November 2026, 01:30 UTC. It is not done yet." in asked
    assert "no phone can register again" in pending


def test_who_comes_back_after_a_deletion_is_led_to_the_receipt():
    """Where nothing is stored any more, and where it is just being deleted."""
    pages = PortalPages(functions.settings(PortalSettings))
    for code, there in (
        ("tenant_not_onboarded", True),
        ("tenant_purging", True),
        ("expired", False),
    ):
        page = pages.failure(request_in(), code, 403).body.decode()
        assert ('href="/receipts"' in page) is there


@pytest.mark.parametrize(
    ("commit", "digest", "shown"),
    [
        ("0123456789abcdef", "fedcba9876543210", "0123456789ab / fedcba987654"),
        ("0123456789abcdef-modified", "unknown", "0123456789ab-modified"),
        ("unknown", "unknown", ""),
    ],
)
def test_each_page_ends_with_the_version_that_answers(tmp_path, commit, digest, shown):
    """As far as it is known; where nothing is, nothing is said."""
    (tmp_path / "build.json").write_text(json.dumps({"commit": commit, "digest": digest}))
    pages = Pages(
        tmp_path, {"unexpected": Message("t", ())}, build=read_build(tmp_path / "build.json")
    )
    page = pages.failure("unexpected", pages.catalogs["en"], 500, {}).body.decode()
    assert f"Version <code>{shown}</code>" in page if shown else "Version" not in page


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
        link = f'href="{address}"' if there else CONNECT
        assert (link in page) == there
        assert [link in text for text in refusals.values()] == [there, there, False]
