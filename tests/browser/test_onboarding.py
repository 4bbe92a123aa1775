"""Onboarding as an administrator sees it: by clicks, from the first page to the last, and each way to fail."""

from urllib.parse import parse_qs, urlsplit

import pytest

from functions.onboarding.failures import FAILURES as FAILURE_WORDS
from functions.onboarding.flow import MOST_ATTEMPTS
from tests.browser.looking import SIGN_IN_REFUSALS, Viewer, decide, heading, photograph
from tests.helpers.said import LANGUAGES, said
from tests.helpers.states import SHOWN

CONTINUE = {language: said("Continue to Microsoft", language) for language in LANGUAGES}
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of personal Microsoft accounts


def begin(viewer: Viewer, onboarding: str, language: str = "en") -> None:
    """From the first page to Microsoft's."""
    viewer.page.goto(onboarding)
    viewer.page.get_by_role("link", name=CONTINUE[language]).click()
    assert heading(viewer) == "Permissions requested"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_connects_an_organization(
    make_viewer, onboarding, stranger, entra, language
):
    """From the first page over Microsoft's to the last, in the reader's language, with scripts off."""
    name = "Société Générale d’Électricité" if language == "fr" else "Contoso Pharmaceuticals"
    entra.set_organization_name(stranger.id, name)
    viewer = make_viewer(language)
    viewer.page.goto(onboarding)
    assert heading(viewer) == said("Connect your organization to Calliente", language)
    viewer.require_sound()
    begin(viewer, onboarding, language)
    decide(viewer, stranger)
    assert heading(viewer) == said("Your organization is connected", language)
    assert viewer.page.get_by_text(name).is_visible()
    assert viewer.page.url == f"{onboarding}/done"
    viewer.require_sound()
    assert stranger.store.tenant.status == "active"


def test_the_first_page_prints(viewer, onboarding):
    """On paper the whole table is there, and nothing to press."""
    viewer.page.goto(onboarding)
    viewer.page.emulate_media(media="print")
    assert viewer.page.get_by_role("table").first.is_visible()
    assert not viewer.page.get_by_role("link", name=CONTINUE["en"]).is_visible()


def test_the_keyboard_is_enough(viewer, onboarding, stranger):
    """Tab and Enter lead from the first page to the last; the focus can always be seen."""
    page = viewer.page
    page.goto(onboarding)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    viewer.tab_to(page.get_by_role("link", name=CONTINUE["en"]))
    photograph(page, "onboarding-focus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/adminconsent**")
    page.get_by_label("Account").select_option(f"{stranger.id}/{stranger.tenant.admin.username}")
    viewer.press("Accept")
    page.wait_for_url(f"{onboarding}/done")
    assert heading(viewer) == "Your organization is connected"


def test_markup_in_a_name_is_only_text(viewer, onboarding, stranger, entra):
    """What an organization is called cannot become part of the page."""
    name = "<img src=x onerror=alert(1)><b>Bold & Sons</b>"
    entra.set_organization_name(stranger.id, name)
    begin(viewer, onboarding)
    decide(viewer, stranger)
    assert viewer.page.get_by_text(name).is_visible()
    viewer.require_sound()


@pytest.mark.parametrize("language", LANGUAGES)
def test_waiting_for_microsoft(make_viewer, onboarding, stranger, entra, language):
    """A consent that spreads slowly is shown as progress; the person may try at once, and it is connected."""
    viewer = make_viewer(language)
    entra.lag(2)
    begin(viewer, onboarding, language)
    decide(viewer, stranger)
    assert heading(viewer) == said("Microsoft is still activating Calliente", language)
    viewer.require_sound()
    again = said("Try now", language)
    viewer.page.get_by_role("link", name=again).click()
    assert viewer.page.get_by_role("progressbar").get_attribute("value") == "2"
    viewer.page.get_by_role("link", name=again).click()
    assert heading(viewer) == said("Your organization is connected", language)


def test_waiting_ends_by_itself(viewer, onboarding, stranger, entra):
    """Whoever only watches the page of waiting arrives, too."""
    entra.lag(1)
    begin(viewer, onboarding)
    decide(viewer, stranger)
    assert heading(viewer) == "Microsoft is still activating Calliente"
    viewer.page.wait_for_url(f"{onboarding}/done")
    assert heading(viewer) == "Your organization is connected"


def _decline(viewer, organization, entra, onboarding):
    decide(viewer, organization, button="Cancel")


def _as_member(viewer, organization, entra, onboarding):
    member = next(one for one in organization.tenant.accounts if not one.is_administrator)
    entra.override_id_token({"wids": list(member.wids)})
    decide(viewer, organization)


def _refused(code):
    def arrange(viewer, organization, entra, onboarding):
        entra.refuse_consent(organization.id, code)
        decide(viewer, organization)

    return arrange


def _cannot_sign_in(code):
    def arrange(viewer, organization, entra, onboarding):
        entra.fail_sign_in(organization.id, code)
        decide(viewer, organization)

    return arrange


def _waiting_in_vain(viewer, organization, entra, onboarding):
    entra.lag(MOST_ATTEMPTS)
    decide(viewer, organization)
    _try_again(viewer, MOST_ATTEMPTS - 1)


def _try_again(viewer, times):
    for _ in range(times):
        viewer.page.get_by_role("link", name="Try now").click()


def _as_another(viewer, organization, entra, onboarding):
    entra.override_id_token({"tid": PERSONAL})
    decide(viewer, organization)


def _with_another_issuer(viewer, organization, entra, onboarding):
    entra.override_id_token({"iss": "https://else.example"})
    decide(viewer, organization)


def _service_away(viewer, organization, entra, onboarding):
    entra.graph_down()
    decide(viewer, organization)


def _purging(viewer, organization, entra, onboarding):
    organization.store.onboard(organization.tenant.name)
    organization.store.close()
    organization.store.begin_purge()
    decide(viewer, organization)


def _answered(tenant):
    """As if Microsoft had answered with this organization."""

    def arrange(viewer, organization, entra, onboarding):
        (state,) = parse_qs(urlsplit(viewer.page.url).query)["state"]
        answer = f"admin_consent=True&tenant={tenant}&state={state}"
        viewer.page.goto(f"{onboarding}/consented?{answer}")

    return arrange


def _with_a_guess(viewer, organization, entra, onboarding):
    viewer.page.goto(f"{onboarding}/verified?code=guessed&state=guessed")


def _at(path):
    def arrange(viewer, organization, entra, onboarding):
        viewer.page.context.clear_cookies()
        viewer.page.goto(f"{onboarding}{path}")

    return arrange


FAILURES = {
    "application_disabled": _cannot_sign_in(7000112),
    "blocked_by_policy": _cannot_sign_in(53003),
    "consent_declined": _decline,
    "not_administrator": _as_member,
    "wrong_account": _as_another,
    "organization_purging": _purging,
    "service_away": _service_away,
    "still_activating": _waiting_in_vain,
    "admin_consent_needed": _cannot_sign_in(90094),
    "consent_not_completed": _refused(650051),
    "expired": _cannot_sign_in(70008),
    "invalid_state": _with_a_guess,
    "invalid_tenant": _answered(PERSONAL),
    "unknown_organization": _answered("5e1f0a10-c0de-4c09-8a09-000000000000"),
    "no_cookie": _at("/verified?code=guessed&state=guessed"),
    "nothing_in_progress": _at("/done"),
    "malformed": _at("/consented?state=one&state=two"),
    "not_found": _at("/elsewhere"),
    "unclear_organization": _at("/start?organization=???"),
    "unexpected": _with_another_issuer,
    **{code: _cannot_sign_in(number) for code, number in SIGN_IN_REFUSALS.items()},
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_in_words(viewer, onboarding, stranger, entra, code):
    """Each failure has a page of its own, with its code, and a way on."""
    begin(viewer, onboarding)
    FAILURES[code](viewer, stranger, entra, onboarding)
    assert heading(viewer) == FAILURE_WORDS[code].title
    assert viewer.page.get_by_text(SHOWN.get(code, code), exact=True).is_visible()
    viewer.require_sound()
    found = stranger.store.read()
    assert found is None or found.tenant.status == "purging"
    viewer.page.get_by_role("link", name="Start again").click()
    assert heading(viewer) == "Connect your organization to Calliente"


def test_what_has_passed_is_tried_again(viewer, onboarding, stranger, entra):
    """Where the consent stands, the sign-in alone is repeated."""
    begin(viewer, onboarding)
    _service_away(viewer, stranger, entra, onboarding)
    assert heading(viewer) == FAILURE_WORDS["service_away"].title
    entra.reset()
    entra.up()
    viewer.page.get_by_role("link", name="Try again").click()
    assert heading(viewer) == "Your organization is connected"


def test_a_graph_that_refuses_keeps_nobody_out(viewer, onboarding, stranger, entra):
    """After a few tries the organization is connected without its name."""
    entra.refuse_graph()
    begin(viewer, onboarding)
    decide(viewer, stranger)
    assert heading(viewer) == "Microsoft does not name the organization yet"
    viewer.require_sound()
    _try_again(viewer, 2)
    assert heading(viewer) == "Your organization is connected"
    assert stranger.store.tenant.status == "active"


def test_a_failure_in_french(make_viewer, onboarding, stranger):
    """Failures speak the reader's language, too."""
    viewer = make_viewer("fr")
    begin(viewer, onboarding, "fr")
    decide(viewer, stranger, button="Cancel")
    assert heading(viewer) == said(FAILURE_WORDS["consent_declined"].title, "fr")
    viewer.require_sound()


def test_every_failure_is_looked_at():
    """A failure that gets words of its own gets a look, too."""
    # shown as service_away is; never shown, above; and for forms of other sites alone
    elsewhere = {"unavailable", "graph_refuses", "foreign_form"}
    assert set(FAILURES) | elsewhere == set(FAILURE_WORDS)
