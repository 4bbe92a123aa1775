"""Onboarding over real HTTP: real MSAL, the Entra stand-in, and the Firestore emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions.onboarding.onboarding import build
from local.emulators import PROJECT
from local.entra import Browser, EntraStandIn, Page
from local.entra.directory import demo_tenants
from shared.google.firestore import Firestore
from shared.settings import OnboardingSettings
from tests.helpers.stores import Store
from tests.integration import loading

CONTOSO, FABRIKAM, _ = demo_tenants()


class Onboarding:
    def __init__(self, url: str, entra: EntraStandIn, database: Firestore) -> None:
        self.url, self.entra, self.database = url, entra, database

    def browser(self) -> Browser:
        return Browser(self.entra.ca_path)

    def walk(self, browser: Browser, tenant: Any = CONTOSO, username: str = "") -> Page:
        """Start, consent and sign in, as an administrator of the tenant unless told otherwise."""
        page = browser.open(f"{self.url}/start")
        return browser.decide(page, tenant.tenant_id, username or tenant.admin.username, "accept")

    def stored(self, tenant: Any = CONTOSO) -> dict[str, Any] | None:
        return self.store(tenant).document()

    def store(self, tenant: Any = CONTOSO) -> Store:
        return Store(self.database, tenant.tenant_id)


@pytest.fixture(scope="module")
def served(firestore_emulator: str) -> Iterator[Onboarding]:
    paths = ("/consented", "/verified")
    with loading.served(
        OnboardingSettings, build, firestore_emulator, "ONBOARDING_URL", paths
    ) as running:
        yield Onboarding(*running, Firestore(PROJECT, firestore_emulator))


@pytest.fixture
def onboarding(
    served: Onboarding, clean_firestore: str, monkeypatch: pytest.MonkeyPatch
) -> Onboarding:
    served.entra.reset()
    for tenant in (CONTOSO, FABRIKAM):
        served.entra.revoke(tenant.tenant_id)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.entra.ca_path))
    return served


def test_an_administrator_connects_an_organization(onboarding: Onboarding) -> None:
    """Consent and sign-in store the organization's name, and end at a clean address."""
    page = onboarding.walk(onboarding.browser())

    assert (page.status, page.url) == (200, f"{onboarding.url}/done")
    assert CONTOSO.name in page.text
    assert 'href="https://portal.example"' in page.text
    stored = onboarding.stored()
    assert stored is not None
    assert (stored["name"], stored["status"]) == (CONTOSO.name, "active")
    assert set(stored) == {"name", "status", "consent"}


def test_the_first_page_says_what_is_stored_in_the_language_of_the_browser(
    onboarding: Onboarding,
) -> None:
    """English by default, French for who prefers it, and no script in either."""
    english = requests.get(onboarding.url, timeout=5)
    french = requests.get(onboarding.url, headers={"Accept-Language": "fr-FR,fr;q=0.9"}, timeout=5)

    assert "What is stored, and what is not" in english.text
    assert "Ce qui est conservé" in french.text
    assert "<script" not in english.text + french.text
    assert "script-src" not in english.headers["Content-Security-Policy"]
    assert english.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("where", ["authorize", "token"])
def test_a_consent_that_spreads_slowly_is_a_state_and_then_connects(
    onboarding: Onboarding, where: str
) -> None:
    """While Microsoft activates the consent the page waits; its retry connects."""
    browser = onboarding.browser()
    onboarding.entra.lag(2, at=where)

    page = onboarding.walk(browser)
    assert (page.status, onboarding.stored()) == (200, None)
    assert "still activating" in page.text
    page = browser.open(f"{onboarding.url}/consented")
    assert "Attempt 2 of" in page.text
    page = browser.open(f"{onboarding.url}/consented")

    assert CONTOSO.name in page.text
    assert onboarding.stored() is not None


def test_a_declined_consent_ends_in_a_page_to_start_again(onboarding: Onboarding) -> None:
    """Declining stores nothing, although Entra's answer also says admin_consent=True."""
    browser = onboarding.browser()
    page = browser.open(f"{onboarding.url}/start")
    page = browser.decide(page, CONTOSO.tenant_id, CONTOSO.admin.username, "cancel")

    assert page.status == 403
    assert "consent_declined" in page.text
    assert 'href="/"' in page.text
    assert onboarding.stored() is None


def test_an_ordinary_member_cannot_connect_the_organization(onboarding: Onboarding) -> None:
    """A sign-in without an administrator's role proves nothing."""
    onboarding.entra.override_id_token({"wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"]})
    page = onboarding.walk(onboarding.browser())

    assert page.status == 403
    assert "not_administrator" in page.text
    assert onboarding.stored() is None


def test_a_sign_in_to_another_tenant_proves_nothing(onboarding: Onboarding) -> None:
    """The ID token's tid must be the tenant of the consent."""
    onboarding.entra.override_id_token({"tid": FABRIKAM.tenant_id})
    page = onboarding.walk(onboarding.browser())

    assert page.status == 403
    assert "wrong_account" in page.text
    assert onboarding.stored() is None
    assert onboarding.stored(FABRIKAM) is None


def begin(onboarding: Onboarding) -> tuple[requests.Session, str]:
    """A browser that has started, and the state that Entra would bring back."""
    session = requests.Session()
    answer = session.get(f"{onboarding.url}/start", allow_redirects=False, timeout=5)
    assert answer.status_code == 303
    return session, parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


CONSENTED = f"admin_consent=True&tenant={CONTOSO.tenant_id}"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        (CONSENTED, 400, "invalid_state"),
        (CONSENTED + "&state=guess", 400, "invalid_state"),
        (CONSENTED + "&state={state}&state={state}", 400, "malformed"),
        (CONSENTED + "&error=access_denied&state={state}", 403, "consent_declined"),
        (
            CONSENTED + "&error=x&error_description=AADSTS90094&state={state}",
            403,
            "not_administrator",
        ),
        ("admin_consent=True&tenant=common&state={state}", 400, "invalid_tenant"),
        ("admin_consent=True&tenant=contoso.example&state={state}", 400, "invalid_tenant"),
        ("admin_consent=True&tenant=..%2F..%2Fx&state={state}", 400, "invalid_tenant"),
        (
            "admin_consent=True&tenant=9188040d-6c67-4c5b-b112-36a304b66dad&state={state}",
            400,
            "invalid_tenant",
        ),
        (
            "admin_consent=False&tenant=" + CONTOSO.tenant_id + "&state={state}",
            400,
            "invalid_tenant",
        ),
        ("state={state}", 400, "invalid_tenant"),
    ],
)
def test_a_forged_or_failed_consent_is_a_page_and_stores_nothing(
    onboarding: Onboarding, query: str, status: int, code: str
) -> None:
    """Whatever the callback carries, only its own browser's state and a GUID lead on."""
    session, state = begin(onboarding)
    url = f"{onboarding.url}/consented?{query.format(state=state)}"
    answer = session.get(url, allow_redirects=False, timeout=10)

    assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True)
    assert onboarding.stored() is None


def test_what_entra_describes_is_never_shown(onboarding: Onboarding) -> None:
    """Markup, line breaks and bidi characters of error_description do not reach the page or a header."""
    session, state = begin(onboarding)
    evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%0D%0ASet-Cookie:x%E2%80%AE"
    answer = session.get(
        f"{onboarding.url}/consented?error=evil&error_description={evil}&state={state}",
        allow_redirects=False,
        timeout=10,
    )

    assert answer.status_code == 400
    assert "<script" not in answer.text
    assert "\u202e" not in answer.text
    assert "alert(1)" not in answer.text + str(answer.headers)


def test_another_browsers_answer_does_not_end_the_attempt_in_progress(
    onboarding: Onboarding,
) -> None:
    """A forged callback shows an error and leaves the cookie; the real one still connects."""
    session, state = begin(onboarding)
    session.get(f"{onboarding.url}/verified?code=x&state=forged", timeout=5)
    answer = session.get(
        f"{onboarding.url}/consented?{CONSENTED}&state={state}", allow_redirects=False, timeout=10
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(onboarding.entra.url)


def test_an_answer_counts_once(onboarding: Onboarding) -> None:
    """After the sign-in its address, with code and state, is refused in the same browser."""
    session, state = begin(onboarding)
    first = session.get(
        f"{onboarding.url}/consented?{CONSENTED}&state={state}", allow_redirects=False, timeout=10
    )
    again = session.get(
        f"{onboarding.url}/consented?{CONSENTED}&state={state}", allow_redirects=False, timeout=10
    )
    assert (first.status_code, again.status_code) == (303, 400)


def test_the_hosts_header_changes_no_address(onboarding: Onboarding) -> None:
    """Redirect addresses come from the settings alone."""
    headers = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
    }
    answer = requests.get(
        f"{onboarding.url}/start", headers=headers, allow_redirects=False, timeout=5
    )

    assert "evil.example" not in str(answer.headers) + answer.text


@pytest.mark.parametrize("path", ["/start", "/consented", "/verified"])
def test_looking_ahead_does_nothing(onboarding: Onboarding, path: str) -> None:
    """HEAD is refused and a prefetch is empty where opening has an effect."""
    head = requests.head(onboarding.url + path, timeout=5)
    prefetch = requests.get(onboarding.url + path, headers={"Sec-Purpose": "prefetch"}, timeout=5)

    assert (head.status_code, head.headers["Allow"]) == (405, "GET")
    assert (prefetch.status_code, "Set-Cookie" in prefetch.headers) == (204, False)


def test_the_cookie_is_closed_to_scripts_and_other_sites(onboarding: Onboarding) -> None:
    """HttpOnly, SameSite=Lax, short-lived."""
    answer = requests.get(f"{onboarding.url}/start", allow_redirects=False, timeout=5)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Max-Age=900" in cookie


@pytest.mark.parametrize("name", ["<b>Evil</b>\u202e & Co\r\n", "\u200b\u202e\n"])
def test_a_strange_name_is_cleaned_and_escaped(onboarding: Onboarding, name: str) -> None:
    """Markup is text; control and bidi characters are dropped; nothing left means the tenant ID."""
    onboarding.entra.set_organization_name(CONTOSO.tenant_id, name)
    page = onboarding.walk(onboarding.browser())

    stored = onboarding.stored()
    assert stored is not None
    assert stored["name"] == ("<b>Evil</b> & Co" if "Evil" in name else CONTOSO.tenant_id)
    assert "<b>" not in page.text


def test_what_is_purged_is_waited_for(onboarding: Onboarding) -> None:
    """Purging leads only forward: who connects meanwhile is told."""
    onboarding.walk(onboarding.browser())
    onboarding.store().close()
    onboarding.store().begin_purge()

    page = onboarding.walk(onboarding.browser())

    stored = onboarding.stored()
    assert stored is not None
    assert (page.status, stored["status"]) == (409, "purging")


def test_a_due_deletion_is_asked_about_and_then_withdrawn(onboarding: Onboarding) -> None:
    """Connecting again withdraws a closing once the administrator has said so."""
    browser = onboarding.browser()
    onboarding.walk(browser)
    onboarding.store().close()

    page = onboarding.walk(browser)
    stored = onboarding.stored()
    assert stored is not None
    assert (page.status, stored["status"]) == (200, "closing")
    answer = requests.post(
        page.action or "",
        data=page.fields,
        headers={"Origin": onboarding.url},
        cookies=browser.cookies,
        timeout=10,
    )

    stored = onboarding.stored()
    assert stored is not None
    assert (answer.status_code, stored["status"]) == (200, "active")
    assert stored["withdrawn"]["way"] == "onboarding"


@pytest.mark.parametrize("kind", ["token", "graph"])
def test_an_outage_of_microsoft_is_said_and_passes(onboarding: Onboarding, kind: str) -> None:
    """503 with Retry-After while Entra or Graph is away, nothing stored; afterwards it works, with no restart."""
    onboarding.entra.down("503", kinds=[kind])
    page = onboarding.walk(onboarding.browser())
    assert (page.status, onboarding.stored()) == (503, None)
    assert "Retry-After" in page.headers

    onboarding.entra.up()
    assert onboarding.walk(onboarding.browser()).status == 200


def test_nothing_in_progress_is_a_page_too(onboarding: Onboarding) -> None:
    """The last page, opened without an attempt, says so; unknown addresses are pages as well."""
    done = requests.get(f"{onboarding.url}/done", timeout=5)
    unknown = requests.get(f"{onboarding.url}/nope", timeout=5)
    assert (done.status_code, unknown.status_code) == (400, 404)
    assert "Start again" in done.text
    assert "not_found" in unknown.text
