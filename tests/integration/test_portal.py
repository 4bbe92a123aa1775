"""The administration portal over real HTTP: real MSAL, the Entra stand-in, the Firestore emulator, and attacks."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from itsdangerous.encoding import base64_decode

from functions.admin_portal.portal import application
from local.emulators import PROJECT
from local.entra import Browser, EntraStandIn, Page
from local.entra.directory import demo_tenants
from shared.entra.calls import EntraCalls
from shared.entra.client import Entra
from shared.google.firestore import Firestore
from shared.settings import PortalSettings
from shared.tenant import Reason
from tests.helpers import functions
from tests.helpers.listening import Served
from tests.helpers.stores import Store, add_devices, put, remove
from tests.integration import loading

CONTOSO, FABRIKAM, NORTHWIND = demo_tenants()
SHOWN = ("Receipt ID", "Salt")
MEMBER = ["b79fbf4d-3ef9-4689-8143-76b194e85509"]
TIMEOUT_SECONDS = 20


class SlowToCount(Firestore):
    """A database that counts when it may."""

    def __init__(self, emulator: str) -> None:
        super().__init__(PROJECT, emulator)
        self.may_count = threading.Event()
        self.may_count.set()

    async def count(self, *args: Any, **kwargs: Any) -> int:
        await asyncio.to_thread(self.may_count.wait, 30)
        return await super().count(*args, **kwargs)


class Portal:
    def __init__(self, url: str, entra: EntraStandIn, database: SlowToCount) -> None:
        self.url, self.entra, self.database = url, entra, database

    def onboard(self, tenant: Any, name: str = "") -> Store:
        store = self.store(tenant)
        store.onboard(name or tenant.name)
        return store

    def store(self, tenant: Any = CONTOSO) -> Store:
        return Store(self.database, tenant.tenant_id)

    def sign_in(self, browser: Browser, tenant: Any = CONTOSO, username: str = "") -> Page:
        page = browser.open(f"{self.url}/sign-in")
        return browser.decide(page, tenant.tenant_id, username or tenant.admin.username)

    def administrator(self, tenant: Any = CONTOSO) -> Browser:
        browser = Browser(self.entra.ca_path)
        assert self.sign_in(browser, tenant).status == 200
        return browser

    def home(self, browser: Browser) -> str:
        return browser.open(f"{self.url}/").text

    def post(
        self, browser: Browser, path: str, token: str = "", origin: str = "", **fields: str
    ) -> requests.Response:
        """A form that says where it comes from, sent from this browser; redirects are not followed."""
        return requests.post(
            f"{self.url}{path}",
            data={"token": token, **fields},
            headers={"Origin": origin or self.url},
            cookies=browser.cookies,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )

    def get(self, browser: Browser, path: str) -> requests.Response:
        return requests.get(
            f"{self.url}{path}",
            cookies=browser.cookies,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )

    def download(self, browser: Browser) -> requests.Response:
        return self.post(browser, "/data", token_of(self.home(browser), "/data"))

    def status(self, tenant: Any = CONTOSO) -> str:
        return str(self.store(tenant).tenant.status)


def token_of(page: str, path: str) -> str:
    """The token in the form that goes to this path."""
    match = re.search(rf'action="{path}"><input type="hidden" name="token" value="([^"]+)"', page)
    assert match
    return unescape(match[1])


@pytest.fixture(scope="module")
def served(firestore_emulator: str) -> Iterator[Portal]:
    database = SlowToCount(firestore_emulator)

    def build(settings: PortalSettings) -> Served:
        entra, clock = EntraCalls(Entra(settings)), lambda: datetime.now(UTC)
        return application(functions.portal(database, settings=settings, entra=entra, clock=clock))

    paths = ("/signed-in",)
    with loading.served(PortalSettings, build, firestore_emulator, "PORTAL_URL", paths) as running:
        yield Portal(*running, database)


@pytest.fixture
def portal(served: Portal, clean_firestore: str, monkeypatch: pytest.MonkeyPatch) -> Portal:
    served.entra.reset()
    for tenant in (CONTOSO, FABRIKAM, NORTHWIND):
        served.entra.grant(tenant.tenant_id)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.entra.ca_path))
    served.onboard(CONTOSO)
    served.onboard(FABRIKAM)
    return served


# What it shows


def test_an_administrator_sees_the_organization(portal: Portal) -> None:
    """After the sign-in, at a clean address: name, tenant ID, status, since when; no device yet."""
    page = portal.sign_in(Browser(portal.entra.ca_path))

    assert (page.status, page.url) == (200, f"{portal.url}/")
    assert CONTOSO.name in page.text
    assert CONTOSO.tenant_id in page.text
    assert "Connected" in page.text
    assert f"{datetime.now(UTC):%Y}" in page.text
    assert "No phone has registered yet" in page.text


def test_a_page_does_not_wait_for_its_numbers(portal: Portal) -> None:
    """However long counting takes, the organization and every form are on the screen before; the numbers follow."""
    browser = portal.administrator()
    portal.database.may_count.clear()
    with requests.get(f"{portal.url}/", cookies=browser.cookies, stream=True, timeout=30) as answer:
        pieces = answer.iter_content(None, decode_unicode=True)
        seen = ""
        while "Request deletion" not in seen:
            seen += next(pieces)
        assert CONTOSO.tenant_id in seen
        assert "No phone has registered yet" not in seen
        portal.database.may_count.set()
        rest = "".join(pieces)
    assert "No phone has registered yet" in rest
    assert "</html>" in rest


def test_freshness_is_counted_in_a_chart_and_in_a_table(portal: Portal) -> None:
    """Each range of time has its number, in the chart and in the table; no device is named."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    ids = add_devices(
        portal.database,
        CONTOSO.tenant_id,
        [(hour, "succeeded")] * 5
        + [(2 * day, "failed")] * 4
        + [(8 * day, "succeeded")] * 3
        + [(31 * day, "failed")] * 2
        + [(None, None)],
    )
    add_devices(portal.database, FABRIKAM.tenant_id, [(hour, "failed")] * 7)

    page = portal.home(portal.administrator())

    chart = re.findall(r'class="count"[^>]*>([^<]+)<', page)
    table = re.findall(r'<td class="number">([^<]+)</td>', page)
    assert chart == ["5", "4", "3", "2", "1"]
    assert table == ["5", "33%", "4", "27%", "3", "20%", "2", "13%", "1", "7%"]
    assert '<p class="figure">15</p>' in page
    assert "Last synchronization failed: 6\u00a0(40%)" in page
    assert not [device for device in ids if device in page]


def test_it_speaks_the_language_of_the_browser(portal: Portal) -> None:
    """French for who prefers it, signed in or not, with its own numbers and dates."""
    french = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.1"}
    browser = portal.administrator()
    out = requests.get(portal.url, headers=french, timeout=TIMEOUT_SECONDS)
    within = requests.get(
        portal.url, headers=french, cookies=browser.cookies, timeout=TIMEOUT_SECONDS
    )

    assert "Se connecter avec Microsoft" in out.text
    assert "Tout supprimer" in within.text
    assert '<html lang="fr" dir="ltr">' in within.text


def test_the_download_is_exactly_the_organizations_documents(portal: Portal) -> None:
    """Every document of the tenant with every field, page after page, and nobody else's."""
    own = add_devices(portal.database, CONTOSO.tenant_id, [(timedelta(hours=1), "succeeded")] * 501)
    add_devices(portal.database, FABRIKAM.tenant_id, [(None, None)] * 2)

    answer = portal.download(portal.administrator())

    root = f"tenants/{CONTOSO.tenant_id}"
    entries = {entry["path"]: entry["fields"] for entry in answer.json()}
    assert set(entries) == {root, *(f"{root}/devices/{device}" for device in own)}
    assert set(entries[root]) == {"name", "status", "consent"}
    assert set(entries[f"{root}/devices/{own[0]}"]) == {
        "lastHeartbeatAt",
        "lastSyncAt",
        "lastOutcome",
    }
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


# What it does


def test_all_phones_are_to_be_signed_out(portal: Portal) -> None:
    """The typed name has it noted for the scheduled run, and the page shows it; nothing is deleted here."""
    add_devices(portal.database, CONTOSO.tenant_id, [(timedelta(hours=1), "succeeded")])
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/sign-outs")
    wrong = portal.post(browser, "/sign-outs", token, name="Fabrikam")
    assert (wrong.status_code, "wrong_name" in wrong.text) == (400, True)
    assert portal.store().tenant.sign_out is None

    asked = portal.post(browser, "/sign-outs", token, name=" Contoso ")
    assert (asked.status_code, asked.headers["Location"]) == (303, f"{portal.url}/")
    sign_out = portal.store().tenant.sign_out
    assert sign_out is not None
    page = portal.home(browser)
    assert f"{sign_out.requested_at:%H:%M} UTC. It is not done yet." in page
    assert '<p class="figure">1</p>' in page
    assert portal.store(FABRIKAM).tenant.sign_out is None


def test_a_deletion_is_requested_shown_and_withdrawn(portal: Portal) -> None:
    """The typed name closes the organization; due time and receipt are shown; withdrawing opens it again."""
    browser = portal.administrator()
    asked = portal.post(
        browser, "/deletion", token_of(portal.home(browser), "/deletion"), name=" Contoso "
    )
    assert (asked.status_code, asked.headers["Location"]) == (303, f"{portal.url}/")
    closing = portal.store().tenant.closing
    assert closing is not None
    assert closing.reason is Reason.REQUESTED
    left = closing.purge_at - datetime.now(UTC)
    assert timedelta(minutes=64) < left <= timedelta(minutes=65)

    page = portal.home(browser)
    assert closing.receipt_id in page
    assert f"{closing.purge_at:%H:%M} UTC" in page
    assert 'action="/deletion"' not in page

    withdrawn = portal.post(browser, "/withdrawal", token_of(page, "/withdrawal"))
    assert withdrawn.status_code == 303
    assert portal.status() == "active"
    assert portal.status(FABRIKAM) == "active"


def test_asking_twice_keeps_the_first_receipt(portal: Portal) -> None:
    """A form that is sent again changes nothing."""
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/deletion")
    portal.post(browser, "/deletion", token, name="Contoso")
    first = portal.store().read()
    again = portal.post(browser, "/deletion", token, name="Contoso")

    assert again.status_code == 303
    assert portal.store().read() == first


@pytest.mark.parametrize("name", ["", "contoso", "Contoso Ltd", "Fabrikam"])
def test_only_the_exact_name_confirms(portal: Portal, name: str) -> None:
    """Anything else than the organization's name deletes nothing."""
    browser = portal.administrator()
    answer = portal.post(
        browser, "/deletion", token_of(portal.home(browser), "/deletion"), name=name
    )

    assert answer.status_code == 400
    assert "wrong_name" in answer.text
    assert portal.status() == "active"


def test_what_is_being_purged_has_a_status_and_no_way_back(portal: Portal) -> None:
    """While purging one can sign out, and look at and take home what is there, no more; forms of before are refused."""
    browser = portal.administrator()
    before = portal.home(browser)
    portal.store().close()
    withdrawal = token_of(portal.home(browser), "/withdrawal")
    portal.store().begin_purge()

    page = portal.home(browser)
    assert "cannot be stopped" in page
    assert re.findall(r'<form method="post" action="([^"]+)"', page) == [
        "/sign-out",
        "/deletion-request",
        "/data",
        "/audit",
    ]
    assert portal.post(browser, "/withdrawal", withdrawal).status_code == 409
    signing_out = token_of(before, "/sign-outs")
    assert portal.post(browser, "/sign-outs", signing_out, name="Contoso").status_code == 409
    deletion = token_of(before, "/deletion")
    assert portal.post(browser, "/deletion", deletion, name="Contoso").status_code == 409


def test_after_the_purge_nothing_is_left_to_show(portal: Portal) -> None:
    """A session of a tenant that is gone ends, and says so."""
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/data")
    remove(portal.database, portal.store().path)

    answer = portal.get(browser, "/")
    assert answer.status_code == 403
    assert "tenant_not_onboarded" in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert 'href="https://onboarding.example"' in answer.text
    assert 'href="/receipts"' in answer.text
    assert portal.post(browser, "/data", token).status_code == 403


def test_signing_out_ends_the_session_in_the_browser(portal: Portal) -> None:
    """The cookie is taken away, and the next sign-in asks for the account."""
    browser = portal.administrator()
    page = browser.submit(browser.open(f"{portal.url}/"))  # without Origin
    assert page.status == 403
    answer = portal.post(browser, "/sign-out", token_of(portal.home(browser), "/sign-out"))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{portal.url}/")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "select_account" in portal.get(browser, "/sign-in").headers["Location"]


def test_an_administrator_of_three_organizations_sees_one_at_a_time(portal: Portal) -> None:
    """Two active and one closing, one after the other in one browser: each page shows only its own."""
    portal.onboard(NORTHWIND).close(timedelta(hours=2))
    browser = Browser(portal.entra.ca_path)
    tenants = (CONTOSO, FABRIKAM, NORTHWIND)
    for tenant in tenants:
        page = portal.sign_in(browser, tenant).text
        assert [one for one in tenants if one.tenant_id in page] == [tenant]
        assert ("About to be deleted" in page) == (tenant is NORTHWIND)


def test_a_page_of_another_organization_does_nothing_any_more(portal: Portal) -> None:
    """Tabs of three organizations in one browser: only the one signed in to last can be acted on."""
    portal.onboard(NORTHWIND).close(timedelta(hours=2))
    browser = Browser(portal.entra.ca_path)
    tabs = {tenant: portal.sign_in(browser, tenant).text for tenant in (CONTOSO, NORTHWIND)}
    portal.sign_in(browser, FABRIKAM)

    for tenant, path in (
        (CONTOSO, "/deletion"),
        (CONTOSO, "/data"),
        (NORTHWIND, "/withdrawal"),
        (NORTHWIND, "/sign-out"),
    ):
        answer = portal.post(browser, path, token_of(tabs[tenant], path), name="Contoso")
        assert (answer.status_code, "foreign_form" in answer.text) == (403, True)
    assert [portal.status(one) for one in (CONTOSO, FABRIKAM, NORTHWIND)] == [
        *("active", "active", "closing")
    ]
    assert FABRIKAM.tenant_id in portal.download(browser).text


def test_a_consent_that_is_gone_leads_to_onboarding(portal: Portal) -> None:
    """Withdrawing alone would not keep the data, so the page offers to connect again."""
    portal.onboard(CONTOSO).close(timedelta(hours=2), Reason.CONSENT_LOST)
    page = portal.home(portal.administrator())

    assert "Without consent" in page
    assert 'href="https://onboarding.example"' in page


# Who gets in


def test_an_ordinary_member_is_not_let_in(portal: Portal) -> None:
    """Without a role of an administrator there is no session, whether the organization is connected or not."""
    portal.entra.override_id_token({"wids": MEMBER})
    for tenant in (CONTOSO, NORTHWIND):
        browser = Browser(portal.entra.ca_path)
        page = portal.sign_in(browser, tenant)
        assert (page.status, "not_administrator" in page.text) == (403, True)
        assert "Sign in with Microsoft" in portal.home(browser)


def test_the_applications_own_role_lets_in(portal: Portal) -> None:
    """A member to whom Calliente.Admin was assigned is an administrator here."""
    portal.entra.override_id_token({"wids": MEMBER, "roles": ["Calliente.Admin"]})
    assert portal.sign_in(Browser(portal.entra.ca_path)).status == 200


def test_an_administrator_of_an_organization_that_is_not_connected_sees_nothing(
    portal: Portal,
) -> None:
    """Nothing is stored about it, and the page says so."""
    page = portal.sign_in(Browser(portal.entra.ca_path), NORTHWIND)
    assert (page.status, "tenant_not_onboarded" in page.text) == (403, True)
    assert "/signed-in?" in page.url  # refused right there, without a session
    assert 'href="https://onboarding.example"' in page.text


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"tid": FABRIKAM.tenant_id}, "unexpected"),  # the issuer still says Contoso
        ({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}, "wrong_account"),
        ({"tid": "contoso.example"}, "wrong_account"),
        ({"tid": "../tenants"}, "wrong_account"),
        ({"tid": None}, "wrong_account"),
        ({"iss": "https://evil.example/v2.0"}, "unexpected"),
        ({"aud": "5e1f0a10-c0de-4c09-8a09-000000000000"}, "unexpected"),
        ({"nonce": "of another sign-in"}, "unexpected"),
        ({"nonce": None}, "unexpected"),
        ({"exp": 1}, "expired"),
    ],
)
def test_a_sign_in_must_prove_its_organization(
    portal: Portal, claims: dict[str, Any], code: str
) -> None:
    """`tid` and issuer must agree, and name an organization."""
    portal.entra.override_id_token(claims)
    browser = Browser(portal.entra.ca_path)
    page = portal.sign_in(browser)

    assert page.status in (400, 403)
    assert code in page.text
    assert "Sign in with Microsoft" in portal.home(browser)


def test_a_missing_consent_and_a_cancelled_sign_in_are_pages(portal: Portal) -> None:
    """Each says what an administrator can do."""
    browser = Browser(portal.entra.ca_path)
    portal.entra.revoke(CONTOSO.tenant_id)
    assert "consent_missing" in portal.sign_in(browser).text
    page = browser.open(f"{portal.url}/sign-in")
    page = browser.decide(page, CONTOSO.tenant_id, CONTOSO.admin.username, "cancel")
    assert "sign_in_cancelled" in page.text


def test_an_outage_of_microsoft_is_said_and_passes(portal: Portal) -> None:
    """503 with Retry-After while Entra is away; afterwards it works, with no restart."""
    browser = Browser(portal.entra.ca_path)
    page = browser.open(f"{portal.url}/sign-in")
    portal.entra.down("503", kinds=["token"])
    page = browser.decide(page, CONTOSO.tenant_id, CONTOSO.admin.username)
    assert (page.status, "Retry-After" in page.headers) == (503, True)

    portal.entra.up()
    assert portal.sign_in(browser).status == 200


# Readers who leave


def leave_early(
    portal: Portal, method: str, path: str, browser: Browser, until: str, body: str = ""
) -> None:
    """Ask, read until this is there, and hang up."""
    parts = urlsplit(portal.url)
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    lines = (
        f"{method} {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Origin: {portal.url}",
        f"Cookie: {cookies}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as reader:
        reader.sendall("\r\n".join((*lines, "", body)).encode())
        heard = b""
        while until.encode() not in heard:
            part = reader.recv(4096)
            assert part
            heard += part


def logged(capsys: pytest.CaptureFixture[str], route: str) -> dict[str, Any]:
    """The line about a request, once it is there."""
    written = ""
    for _ in range(300):
        written += capsys.readouterr().out
        for line in written.splitlines():
            if f'"route": "{route}"' in line:
                return dict(json.loads(line))
        time.sleep(0.1)  # what is waited for comes by itself; this only spares the processor
    pytest.fail(f"nothing was logged of {route}")


def test_a_download_whose_reader_leaves_is_logged_as_broken_off(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its headers said 200; the log says how it ended."""
    path = f"{portal.store().devices_path}/{uuid.uuid4()}"
    put(
        portal.database,
        {f"{path}/notes/{number}": {"text": "x" * 20_000} for number in range(400)},
    )
    browser = portal.administrator()
    form = urlencode({"token": token_of(portal.home(browser), "/data")})
    capsys.readouterr()
    leave_early(portal, "POST", "/data", browser, CONTOSO.tenant_id, form)

    line = logged(capsys, "POST /data")
    assert (line["status"], line["outcome"]) == (200, "broken_off")


def test_a_page_whose_reader_leaves_is_logged_as_broken_off(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the numbers are still being counted; a page that is read to its end is logged as what it shows."""
    browser = portal.administrator()
    capsys.readouterr()
    portal.database.may_count.clear()
    leave_early(portal, "GET", "/", browser, CONTOSO.tenant_id)
    line = logged(capsys, "GET /")
    portal.database.may_count.set()
    assert (line["status"], line["outcome"]) == (200, "broken_off")

    assert "</html>" in portal.home(browser)
    assert logged(capsys, "GET /")["outcome"] == "active"


# Attacks


def begin(portal: Portal) -> tuple[requests.Session, str]:
    session = requests.Session()
    answer = session.get(f"{portal.url}/sign-in", allow_redirects=False, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 303
    return session, parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def test_a_sign_in_makes_a_new_session(portal: Portal) -> None:
    """Fixation: a cookie from before, even a valid one, is replaced; each sign-in has its own value."""
    browser = portal.administrator()
    planted = browser.cookies.get("portal")
    portal.sign_in(browser, FABRIKAM)
    second = browser.cookies.get("portal")
    portal.sign_in(browser, FABRIKAM)

    assert len({planted, second, browser.cookies.get("portal")}) == 3
    assert FABRIKAM.tenant_id in portal.home(browser)


def test_a_callback_of_another_browser_signs_nobody_in(portal: Portal) -> None:
    """Login CSRF: an attacker's code and state do nothing in the victim's browser, nor a second time in one's own."""
    _attacker, state = begin(portal)
    victim, own = begin(portal)
    for answer in (
        victim.get(f"{portal.url}/signed-in?code=x&state={state}", timeout=TIMEOUT_SECONDS),
        victim.get(f"{portal.url}/signed-in?code=x", timeout=TIMEOUT_SECONDS),
        requests.get(f"{portal.url}/signed-in?code=x&state={own}", timeout=TIMEOUT_SECONDS),
        victim.get(f"{portal.url}/signed-in?code=x&state={own}&state=y", timeout=TIMEOUT_SECONDS),
    ):
        assert answer.status_code == 400
        assert "portal=" not in answer.headers.get("Set-Cookie", "")


def test_a_finished_sign_in_leaves_nothing_to_replay(portal: Portal) -> None:
    """State and verifier leave the browser with the session's beginning, so the answer counts once."""
    assert portal.administrator().cookies.get("portal-sign-in") is None


def test_a_cookie_that_was_tampered_with_is_nobodys(portal: Portal) -> None:
    """Another tenant, another kind of cookie, or another letter: signed out."""
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/data")
    good = browser.cookies.get("portal")
    assert good
    flow, _state = begin(portal)
    payload, stamp, signature = good.rsplit(".", 2)
    other = portal.administrator(FABRIKAM).cookies.get("portal")
    _, other_stamp, other_signature = other.rsplit(".", 2)
    for value in (
        f"{payload}.{stamp}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{payload}.{other_stamp}.{other_signature}",
        f"{payload}.{stamp}.",
        payload,
        "x" * 3000,
        flow.cookies.get("portal-sign-in") or "",
    ):
        for method, path, status in (("GET", "/", 200), ("POST", "/data", 403)):
            answer = requests.request(
                method,
                portal.url + path,
                headers={"Origin": portal.url},
                data={"token": token} if method == "POST" else None,
                cookies={"portal": value},
                timeout=TIMEOUT_SECONDS,
            )
            assert answer.status_code == status
            assert CONTOSO.name not in answer.text


def test_a_session_is_one_tenants(portal: Portal) -> None:
    """Another tenant's administrator cannot name this one: neither with its form nor with a parameter."""
    theirs, ours = portal.administrator(FABRIKAM), portal.administrator()
    token = token_of(portal.home(ours), "/deletion")
    own = token_of(portal.home(theirs), "/deletion")

    assert portal.post(theirs, "/deletion", token, name="Contoso").status_code == 403
    assert portal.post(theirs, "/deletion", own, name="Contoso").status_code == 400
    assert (
        portal.post(theirs, "/deletion", own, name="Contoso", tenant=CONTOSO.tenant_id).status_code
        == 400
    )
    data = token_of(portal.home(theirs), "/data")
    found = portal.post(theirs, f"/data?tenant={CONTOSO.tenant_id}", data).text
    assert FABRIKAM.tenant_id in found
    assert CONTOSO.tenant_id not in found
    assert (portal.status(), portal.status(FABRIKAM)) == ("active", "active")


@pytest.mark.parametrize("path", ["/deletion", "/withdrawal", "/data", "/sign-out", "/sign-outs"])
def test_a_forged_form_does_nothing(portal: Portal, path: str) -> None:
    """Without the session's own token for just this form, or from elsewhere, a form is refused."""
    if path == "/withdrawal":
        portal.store().close(timedelta(hours=2))
    browser, before = portal.administrator(), portal.status()
    page = portal.home(browser)
    fields = {"name": "Contoso"}
    right = token_of(page, path)
    wrong = token_of(page, "/sign-out" if path == "/data" else "/data")
    answers = [
        portal.post(browser, path, **fields),
        portal.post(browser, path, wrong, **fields),
        portal.post(browser, path, "ü" + right, **fields),
        portal.post(browser, path, right, "https://evil.example", **fields),
        portal.post(browser, path, right, "null", **fields),
        portal.post(browser, path, right, f"{portal.url}.evil.example", **fields),
    ]
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answers.append(
            requests.post(
                portal.url + path,
                data={"token": right, **fields},
                headers=headers,
                cookies=browser.cookies,
                allow_redirects=False,
                timeout=TIMEOUT_SECONDS,
            )
        )

    assert {answer.status_code for answer in answers} == {403}
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert portal.status() == before
    assert portal.store().tenant.sign_out is None
    assert requests.get(portal.url + path, timeout=TIMEOUT_SECONDS).status_code == 405


def test_a_form_is_a_form(portal: Portal) -> None:
    """JSON, a field given twice, and a body that is too large are refused, in a page."""
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/deletion")
    for body, kind, status in (
        ('{"name":"Contoso"}', "application/json", 415),
        (f"token={token}", "text/plain", 415),
        (f"token={token}&name=Contoso&name=Contoso", "application/x-www-form-urlencoded", 400),
        (f"token={token}&name=%FF", "application/x-www-form-urlencoded", 400),
        ("a=1&b=2&c=3&d=4&e=5", "application/x-www-form-urlencoded", 400),
        ("", "application/x-www-form-urlencoded", 403),
        ("x" * 5000, "application/x-www-form-urlencoded", 413),
    ):
        answer = requests.post(
            f"{portal.url}/deletion",
            data=body,
            headers={"Content-Type": kind, "Origin": portal.url},
            cookies=browser.cookies,
            timeout=TIMEOUT_SECONDS,
        )
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (status, "text/html")
    assert portal.status() == "active"


def test_redirects_lead_home_whatever_a_request_says(portal: Portal) -> None:
    """Open redirect: neither a parameter nor the Host header changes where a browser is sent."""
    browser = portal.administrator()
    token = token_of(portal.home(browser), "/sign-out")
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": portal.url}
    begun = requests.get(
        f"{portal.url}/sign-in?next=https://evil.example&redirect_uri=https://evil.example",
        headers=evil,
        allow_redirects=False,
        timeout=TIMEOUT_SECONDS,
    )
    ended = requests.post(
        f"{portal.url}/sign-out?next=//evil.example",
        data={"token": token},
        headers={**evil, "Cookie": f"portal={browser.cookies.get('portal')}"},
        allow_redirects=False,
        timeout=TIMEOUT_SECONDS,
    )

    assert begun.headers["Location"].startswith(portal.entra.url)
    assert "evil" not in begun.headers["Location"]
    assert ended.headers["Location"] == f"{portal.url}/"
    assert requests.get(f"{portal.url}//evil.example", timeout=TIMEOUT_SECONDS).status_code == 404


@pytest.mark.parametrize("path", ["/", "/signed-in", "/data", "/nope"])
def test_no_page_can_be_framed_or_run_a_script(portal: Portal, path: str) -> None:
    """Clickjacking and scripts: headers forbid both, on pages and on failures, signed in or not."""
    for browser in (Browser(portal.entra.ca_path), portal.administrator()):
        answer = portal.get(browser, path)
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in answer.text
        assert ' style="' not in answer.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7*7 }} & Co"])
def test_markup_in_a_name_is_text(portal: Portal, name: str) -> None:
    """An organization may be called whatever it likes; it is shown as it is, and can be typed to confirm."""
    portal.onboard(CONTOSO, name)
    browser = portal.administrator()
    page = portal.home(browser)

    assert name in unescape(page)
    assert "<script" not in page
    assert "<img" not in page
    answer = portal.post(browser, "/deletion", token_of(page, "/deletion"), name=name)
    assert answer.status_code == 303


def test_the_cookie_says_nothing_of_a_person(portal: Portal) -> None:
    """Tenant and times, and nothing else; scripts and other sites do not get at it."""
    browser = portal.administrator()
    payload = browser.cookies.get("portal").rsplit(".", 2)[0]
    packed = payload.startswith(".")
    plain = base64_decode(payload.removeprefix("."))
    kept = json.loads(zlib.decompress(plain) if packed else plain)

    assert set(kept) == {"tenant", "created", "issuedAt"}
    assert CONTOSO.admin.username not in portal.home(browser)

    flow = portal.get(Browser(portal.entra.ca_path), "/sign-in").headers["Set-Cookie"]
    assert {"Max-Age=900", "HttpOnly", "Path=/", "SameSite=lax"} <= {*flow.split("; ")}


def test_looking_ahead_does_nothing(portal: Portal) -> None:
    """HEAD is refused and a prefetch is empty where opening has an effect."""
    for path in ("/sign-in", "/signed-in"):
        head = requests.head(portal.url + path, timeout=TIMEOUT_SECONDS)
        ahead = requests.get(
            portal.url + path, headers={"Sec-Purpose": "prefetch"}, timeout=TIMEOUT_SECONDS
        )
        assert (head.status_code, ahead.status_code) == (405, 204)


def test_what_is_done_is_logged_without_anything_of_anybody(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every action leaves its event, a withdrawal its receipt, and none a person, an organization or a salt."""
    browser = portal.administrator()
    portal.download(browser).json()
    portal.post(browser, "/sign-outs", token_of(portal.home(browser), "/sign-outs"), name="Contoso")
    portal.post(browser, "/deletion", token_of(portal.home(browser), "/deletion"), name="Contoso")
    page = portal.home(browser)
    portal.post(browser, "/withdrawal", token_of(page, "/withdrawal"))
    portal.post(browser, "/sign-out", token_of(page, "/sign-out"))

    logged = capsys.readouterr().out
    for event in (
        "administrator_signed_in",
        "data_downloaded",
        "sign_outs_requested",
        "deletion_requested",
        "deletion_withdrawn",
        "administrator_signed_out",
    ):
        assert f'"event": "{event}"' in logged
    receipt, salt = (re.search(rf"<dt>{name}</dt><dd><code>([^<]+)", page) for name in SHOWN)
    assert receipt
    assert salt
    assert logged.count(receipt[1]) == 1
    for secret in (CONTOSO.tenant_id, CONTOSO.name, CONTOSO.admin.username, salt[1], "state="):
        assert secret not in logged
