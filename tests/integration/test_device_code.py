"""A phone that signs in by device code, with real MSAL against the stand-in."""

import threading

import msal
import pytest

from local.entra import CONTOSO, FABRIKAM, AppRegistration, Browser, EntraSession, EntraStandIn

SCOPE = "api://{}/Devices.Register"


@pytest.fixture(scope="module")
def served():
    with EntraStandIn(AppRegistration()) as stand_in:
        yield stand_in


@pytest.fixture
def entra(served, monkeypatch):
    """The organization's administrator has consented."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.ca_path))
    served.grant(CONTOSO)
    yield served
    served.revoke(CONTOSO)


@pytest.fixture
def app(entra):
    with EntraSession(entra.url) as http:
        yield msal.PublicClientApplication(
            entra.app.client_id,
            authority=entra.authority(CONTOSO),
            http_client=http,
            instance_discovery=False,
        )


@pytest.fixture
def flow(app, entra):
    started = app.initiate_device_flow([SCOPE.format(entra.app.client_id)])
    assert started["user_code"] in started["message"]
    return started


def enter(entra, flow, tenant_id=CONTOSO, decision="accept"):
    """Type the code in a browser, as a person of the organization; returns the page's status."""
    with Browser(entra.ca_path) as browser:
        page = browser.open(flow["verification_uri"])
        who = f"{tenant_id}/{entra.tenant(tenant_id).phone_users[0].username}"
        done = browser.submit(page, user_code=flow["user_code"], account=who, decision=decision)
    return done.status


def once(app, flow):
    """Ask a single time."""
    return app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)


def test_a_person_enters_the_code_while_the_phone_asks(app, entra, flow):
    """The token is one for our API, as from any other sign-in; the code works once."""
    person = threading.Thread(target=enter, args=(entra, flow))
    person.start()
    answer = app.acquire_token_by_device_flow(flow)
    person.join()
    assert answer["scope"].endswith("/Devices.Register")
    assert entra.keys.read(answer["access_token"], entra.app.client_id)["tid"] == CONTOSO
    assert once(app, flow)["error"] == "bad_verification_code"


def test_nobody_has_entered_the_code_yet(app, flow):
    """Entra's word for it, on which MSAL asks again."""
    assert once(app, flow)["error"] == "authorization_pending"


def test_a_person_declines(app, entra, flow):
    """The phone is told, and stops asking."""
    assert enter(entra, flow, decision="cancel") == 200
    assert app.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


def test_a_person_of_another_organization(app, entra, flow):
    """The endpoint names the organization: nobody else's account will do."""
    assert enter(entra, flow, tenant_id=FABRIKAM) == 400
    assert once(app, flow)["error"] == "authorization_pending"


def test_a_code_that_nobody_was_given(app, entra, flow):
    """The page refuses it."""
    assert enter(entra, {**flow, "user_code": "BBBBBBBBB"}) == 400


def test_an_unknown_client_gets_no_code(app, entra):
    """Only a public client may sign in so."""
    with EntraSession(entra.url) as http:
        start = f"{entra.url}/{CONTOSO}/oauth2/v2.0/devicecode"
        form = {"client_id": "11111111-2222-4333-8444-555555555555", "scope": "openid"}
        answer = http.post(start, data=form)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000218])
