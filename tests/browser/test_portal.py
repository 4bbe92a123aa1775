"""The administration portal as an administrator of three organizations sees it: by clicks, with scripts off."""

import json
import re
import uuid
from datetime import timedelta

import pytest

from functions.admin_portal.failures import FAILURES as FAILURE_WORDS
from shared.tenant import Reason, Status
from tests.browser.looking import SIGN_IN_REFUSALS, Viewer, decide, heading, photograph
from tests.helpers.said import LANGUAGES, said
from tests.helpers.states import SHOWN
from tests.helpers.stores import add_devices, remove

DAY = timedelta(days=1)
AGES = {  # phones of an organization, by the time since they last synchronized
    timedelta(hours=2): 812,
    3 * DAY: 143,
    12 * DAY: 37,
    45 * DAY: 9,
    None: 6,
}
FEW = dict.fromkeys(AGES, 2)
FAILING = 21
STATUSES = {"active": "Connected", "closing": "About to be deleted"}
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of personal Microsoft accounts


@pytest.fixture
def with_phones(server_side):
    """Give an organization phones of these ages, some of which fail."""

    def make(organization, ages=AGES):
        phones = [(age, "succeeded" if age else None) for age, n in ages.items() for _ in range(n)]
        phones[:FAILING] = [(age, "failed" if age else None) for age, _ in phones[:FAILING]]
        add_devices(server_side, organization.id, phones)
        return organization

    return make


@pytest.fixture
def three(make_organization, with_phones, close):
    """Two active organizations, with many phones and with none, and one that is closing."""
    contoso = with_phones(make_organization(name="Contoso Pharmaceuticals"))
    fabrikam = make_organization(name="Fabrikam & Fils")
    northwind = with_phones(make_organization(name="Northwind Traders"), FEW)
    close(northwind, timedelta(hours=2))
    return contoso, fabrikam, northwind


def sign_in(viewer: Viewer, portal: str, organization, language: str = "en", **who: str) -> None:
    viewer.page.goto(portal)
    viewer.page.get_by_role("link", name=said("Sign in with Microsoft", language)).click()
    decide(viewer, organization, **{"button": "Sign in", **who})
    viewer.page.wait_for_url(re.compile(re.escape(portal)))


def confirm(viewer: Viewer, purpose: str, name: str) -> None:
    """Type the organization's name into the form of that purpose, and send it."""
    viewer.page.locator(f"#name-{purpose}").fill(name)
    viewer.page.locator(f'form[action="/{purpose}"] button').click()


def look_up(viewer: Viewer, portal: str, receipt_id: str) -> None:
    viewer.page.goto(f"{portal}/receipts")
    viewer.page.get_by_role("textbox").fill(receipt_id)
    viewer.page.get_by_role("button", name="Look up").click()


def status_of(organization) -> Status:
    return organization.store.tenant.status


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_of_three_organizations(make_viewer, portal, three, language):
    """One organization at a time, each with its own numbers: many phones, none, and one that is closing."""
    contoso, fabrikam, northwind = three
    viewer = make_viewer(language)
    viewer.page.goto(portal)
    assert heading(viewer) == said("Administration portal", language)
    viewer.require_sound()
    statuses = ("active", "active", "closing")
    for organization, status in zip(three, statuses, strict=True):
        sign_in(viewer, portal, organization, language)
        assert heading(viewer) == organization.tenant.name
        assert viewer.page.get_by_text(organization.id).is_visible()
        assert viewer.page.get_by_text(said(STATUSES[status], language), exact=True).is_visible()
        for other in {contoso, fabrikam, northwind} - {organization}:
            assert not viewer.page.get_by_text(other.tenant.name).count()
        viewer.require_sound()
        viewer.page.get_by_role("button", name=said("Sign out", language), exact=True).click()
        assert heading(viewer) == said("Administration portal", language)


def test_the_chart_and_the_table_say_the_same(viewer, portal, make_organization, with_phones):
    """The numbers of the phones, drawn and written; no phone is named."""
    organization = with_phones(make_organization())
    sign_in(viewer, portal, organization)
    counts = [str(count) for count in AGES.values()]
    assert viewer.page.locator("svg .count").all_text_contents() == counts
    assert viewer.page.locator("tbody td:first-of-type").all_inner_texts() == counts
    assert viewer.page.get_by_text("1,007", exact=True).is_visible()


def test_a_deletion_is_requested_and_withdrawn(viewer, portal, make_organization):
    """Only the typed name confirms; receipt and time are shown; the request can be taken back."""
    organization = make_organization()
    sign_in(viewer, portal, organization)
    confirm(viewer, "deletion", "something else")
    assert heading(viewer) == FAILURE_WORDS["wrong_name"].title
    assert status_of(organization) == "active"
    viewer.require_sound()
    viewer.page.get_by_role("link", name="Back to the portal").click()
    confirm(viewer, "deletion", organization.tenant.name)
    assert viewer.page.get_by_text("About to be deleted").is_visible()
    closing = organization.store.tenant.closing
    assert viewer.page.get_by_text(closing.receipt_id).is_visible()
    viewer.require_sound()
    viewer.page.get_by_role("button", name="Withdraw the deletion").click()
    assert viewer.page.get_by_text("Connected", exact=True).is_visible()
    assert status_of(organization) == "active"


def test_all_phones_are_signed_out_by_the_next_run(viewer, portal, make_organization):
    """Only the typed name confirms; then the page says that it is asked for, until it is done."""
    organization = make_organization()
    sign_in(viewer, portal, organization)
    confirm(viewer, "sign-outs", "something else")
    assert heading(viewer) == FAILURE_WORDS["wrong_name"].title
    assert organization.store.tenant.sign_out is None
    viewer.page.get_by_role("link", name="Back to the portal").click()
    confirm(viewer, "sign-outs", organization.tenant.name)
    assert viewer.page.get_by_text("It is not done yet.").is_visible()
    asked = organization.store.tenant.sign_out
    assert asked
    assert not viewer.page.locator("#name-sign-outs").count()
    viewer.require_sound()
    organization.store.change(lambda tenant: tenant.signed_out(asked))
    viewer.page.reload()
    assert viewer.page.locator("#name-sign-outs").is_visible()


def test_everything_by_keyboard(viewer, portal, make_organization):
    """Sign in, sign out all phones, ask for the deletion, take it back: by Tab, Enter and the letters of the name."""
    organization = make_organization()
    viewer.page.goto(portal)
    viewer.press("Sign in with Microsoft")
    viewer.page.wait_for_url("**/authorize**")
    viewer.page.get_by_label("Account").select_option(
        f"{organization.id}/{organization.tenant.admin.username}"
    )
    viewer.press("Sign in")
    viewer.page.wait_for_url(f"{portal}/")
    viewer.tab_to(viewer.page.locator("#name-sign-outs"))
    viewer.page.keyboard.type(organization.tenant.name)
    viewer.press("Sign out all phones")
    viewer.page.get_by_text("It is not done yet.").wait_for()
    viewer.tab_to(viewer.page.locator("#name-deletion"))
    viewer.page.keyboard.type(organization.tenant.name)
    photograph(viewer.page, "portal-focus")
    viewer.press("Request deletion")
    viewer.page.get_by_text("About to be deleted").wait_for()
    viewer.press("Withdraw the deletion")
    viewer.page.locator("#name-deletion").wait_for()
    assert status_of(organization) == "active"


def test_what_is_stored_is_downloaded(viewer, portal, make_organization, with_phones):
    """The file has the organization and each of its phones, and nothing else."""
    organization = with_phones(make_organization(), FEW)
    sign_in(viewer, portal, organization)
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"calliente-{organization.id}.json"
    text = download.value.path().read_text(encoding="utf-8")
    json.loads(text)
    assert text.count(organization.id) >= 1
    assert text.count("lastHeartbeatAt") == sum(FEW.values())


def test_a_receipt_is_looked_up(viewer, portal, make_organization):
    """Whoever has its ID sees that a deletion is pending, and later that it was withdrawn; nobody signs in."""
    organization = make_organization()
    receipt = organization.store.close(timedelta(hours=2)).receipt_id
    look_up(viewer, portal, receipt)
    assert viewer.page.get_by_text("The deletion is pending", exact=True).is_visible()
    assert receipt not in viewer.page.url
    viewer.require_sound()
    organization.store.reopen()
    look_up(viewer, portal, receipt)
    assert viewer.page.get_by_text("The deletion was withdrawn", exact=True).is_visible()
    assert not viewer.page.get_by_text(organization.id).count()


def test_what_is_being_purged(viewer, portal, make_organization, close):
    """No way back, and the page says so."""
    organization = make_organization()
    close(organization)
    organization.store.begin_purge()
    sign_in(viewer, portal, organization)
    assert viewer.page.get_by_text("Being deleted").is_visible()
    assert not viewer.page.get_by_role("button", name="Withdraw the deletion").count()
    viewer.require_sound()


def test_a_lost_consent_is_given_again(viewer, portal, make_organization):
    """Connecting again keeps the data: the page says so and leads there."""
    organization = make_organization()
    organization.store.close(timedelta(hours=2), Reason.CONSENT_LOST)
    sign_in(viewer, portal, organization)
    viewer.require_sound()
    viewer.page.get_by_role("link", name="Connect the organization").click()
    viewer.page.get_by_role("link", name="Continue to Microsoft").click()
    decide(viewer, organization)
    assert heading(viewer) == "This organization is about to be deleted"
    assert status_of(organization) == "closing"
    viewer.require_sound()
    viewer.page.get_by_role("button", name="Withdraw the deletion and connect").click()
    assert heading(viewer) == "Your organization is connected"
    assert status_of(organization) == "active"


def test_markup_in_a_name_is_only_text(viewer, portal, make_organization):
    """What an organization is called cannot become part of the page."""
    organization = make_organization(name="<img src=x onerror=alert(1)><b>Bold & Sons</b>")
    sign_in(viewer, portal, organization)
    assert heading(viewer) == organization.tenant.name
    viewer.require_sound()


def test_a_page_of_before_another_sign_in(viewer, portal, make_organization):
    """With two organizations in two tabs, only the one signed in to last can be acted on."""
    first, second = make_organization(), make_organization()
    sign_in(viewer, portal, first)
    tab = Viewer(viewer.page.context.new_page())
    tab.page.goto(portal)
    tab.page.get_by_role("button", name="Sign out", exact=True).click()
    sign_in(tab, portal, second)
    confirm(viewer, "deletion", first.tenant.name)
    assert heading(viewer) == FAILURE_WORDS["foreign_form"].title
    viewer.require_sound()
    viewer.page.get_by_role("link", name="Back to the portal").click()
    assert heading(viewer) == second.tenant.name
    assert (status_of(first), status_of(second)) == ("active", "active")


def test_a_cancelled_sign_in(make_viewer, portal, make_organization):
    """Whoever cancels gets back, in French too."""
    viewer = make_viewer("fr")
    sign_in(viewer, portal, make_organization(), "fr", button="Cancel")
    assert heading(viewer) == said(FAILURE_WORDS["sign_in_cancelled"].title, "fr")
    viewer.require_sound()
    viewer.page.get_by_role("link", name=said("Back to the portal", "fr")).click()
    assert heading(viewer) == said("Administration portal", "fr")


def _signing_in(**who):
    def arrange(viewer, portal, organization, entra):
        sign_in(viewer, portal, organization, **who)

    return arrange


def _as_member(viewer, portal, organization, entra):
    member = next(one for one in organization.tenant.accounts if not one.is_administrator)
    sign_in(viewer, portal, organization, username=member.username)


def _cannot_sign_in(code):
    def arrange(viewer, portal, organization, entra):
        entra.fail_sign_in(organization.id, code)
        sign_in(viewer, portal, organization)

    return arrange


def _with_a_personal_account(viewer, portal, organization, entra):
    entra.override_id_token({"tid": PERSONAL})
    sign_in(viewer, portal, organization)


def _with_another_issuer(viewer, portal, organization, entra):
    entra.override_id_token({"iss": "https://else.example"})
    sign_in(viewer, portal, organization)


def _without_consent(viewer, portal, organization, entra):
    entra.revoke(organization.id)
    sign_in(viewer, portal, organization)


def _without_tenant(viewer, portal, organization, entra):
    remove(organization.store.database, organization.store.path)
    sign_in(viewer, portal, organization)


def _away(viewer, portal, organization, entra):
    entra.down("503", ["token"])
    sign_in(viewer, portal, organization)


def _too_late(viewer, portal, organization, entra):
    store = organization.store
    store.close()
    sign_in(viewer, portal, organization)
    store.begin_purge()
    viewer.page.get_by_role("button", name="Withdraw the deletion").click()


def _without_session(viewer, portal, organization, entra):
    sign_in(viewer, portal, organization)
    viewer.page.context.clear_cookies()
    viewer.page.get_by_role("button", name="Download").click()


def _with_a_guess(viewer, portal, organization, entra):
    viewer.page.goto(portal)
    viewer.page.get_by_role("link", name="Sign in with Microsoft").click()
    viewer.page.goto(f"{portal}/signed-in?code=guessed&state=guessed")


def _withdrawn_meanwhile(viewer, portal, organization, entra):
    organization.store.close(timedelta(hours=2))
    sign_in(viewer, portal, organization)
    organization.store.reopen()
    viewer.page.get_by_role("button", name="Keep as a file").click()


def _with_an_unknown_receipt(viewer, portal, organization, entra):
    look_up(viewer, portal, str(uuid.uuid4()))


def _at(path):
    def arrange(viewer, portal, organization, entra):
        viewer.page.goto(f"{portal}{path}")

    return arrange


FAILURES = {
    "application_disabled": _cannot_sign_in(7000112),
    "blocked_by_policy": _cannot_sign_in(53003),
    "consent_missing": _without_consent,
    "expired": _cannot_sign_in(70008),
    "invalid_state": _with_a_guess,
    "malformed": _at("/signed-in?state=one&state=two"),
    "no_cookie": _at("/signed-in?code=guessed&state=guessed"),
    "not_administrator": _as_member,
    "not_found": _at("/elsewhere"),
    "nothing_pending": _withdrawn_meanwhile,
    "receipt_unknown": _with_an_unknown_receipt,
    "signed_out": _without_session,
    "tenant_not_onboarded": _without_tenant,
    "tenant_purging": _too_late,
    "unavailable": _away,
    "unclear_organization": _at("/sign-in?organization=???"),
    "unexpected": _with_another_issuer,
    "unknown_organization": _cannot_sign_in(90002),
    "wrong_account": _with_a_personal_account,
    **{code: _cannot_sign_in(number) for code, number in SIGN_IN_REFUSALS.items()},
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_in_words(viewer, portal, make_organization, entra, code):
    """Each failure has a page of its own, with its code, and a way on."""
    FAILURES[code](viewer, portal, make_organization(), entra)
    assert heading(viewer) == FAILURE_WORDS[code].title
    assert viewer.page.get_by_text(SHOWN.get(code, code), exact=True).is_visible()
    viewer.require_sound()
    assert viewer.page.get_by_role("link", name="Back to the portal").get_attribute("href") == "/"


def test_an_organization_that_is_not_connected_can_be(viewer, portal, onboarding, stranger, entra):
    """From the portal's refusal by clicks through onboarding and back into the portal."""
    entra.grant(stranger.id)
    sign_in(viewer, portal, stranger)
    viewer.page.get_by_role("link", name="Connect the organization").click()
    assert viewer.page.url == f"{onboarding}/"
    viewer.page.get_by_role("link", name="Continue to Microsoft").click()
    decide(viewer, stranger)
    viewer.page.get_by_role("link", name="Open the portal").click()
    viewer.page.get_by_role("link", name="Sign in with Microsoft").click()
    decide(viewer, stranger, button="Sign in")
    assert heading(viewer) == stranger.tenant.name


def test_every_failure_is_looked_at():
    """A failure that gets words of its own gets a look, too."""
    # with what leads to them, above; shown as unavailable is; and what would keep others from looking up theirs
    elsewhere = {"wrong_name", "foreign_form", "service_away", "too_many_lookups"}
    assert set(FAILURES) | elsewhere == set(FAILURE_WORDS)
