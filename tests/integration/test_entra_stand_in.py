"""The Entra stand-in, as real MSAL and plain HTTP meet it."""

import time
import warnings
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import msal
import pytest
import requests

from local.entra import (
    CONTOSO,
    FABRIKAM,
    GLOBAL_ADMINISTRATOR,
    NORTHWIND,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    AppRegistration,
    Browser,
    EntraSession,
    EntraStandIn,
    FederatedIssuer,
)
from local.entra.registration import CLIENT_ID, CLIENT_SECRET, make_certificate

pytestmark = pytest.mark.integration
REDIRECT = "https://localhost:1/app"  # nothing listens there: redirects are read, not followed
GRAPH = "https://graph.microsoft.com/.default"
DEVICE_SCOPE = f"api://{CLIENT_ID}/Devices.Register"
CERTIFICATE = make_certificate()
FEDERATED = FederatedIssuer()


@pytest.fixture(scope="module")
def served():
    app = AppRegistration(
        certificate=CERTIFICATE, federated=FEDERATED.trust, redirect_uris={REDIRECT}
    )
    with EntraStandIn(app) as stand_in:
        yield stand_in


@pytest.fixture
def entra(served, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.ca_path))
    served.reset()
    served.reset_counters()
    for tenant in served.tenants:
        served.revoke(tenant.tenant_id)
    return served


@pytest.fixture
def http(entra):
    with EntraSession(entra.url) as session:
        yield session


@pytest.fixture
def client(entra, http):
    def make(tenant_id=CONTOSO, credential=CLIENT_SECRET):
        return msal.ConfidentialClientApplication(
            CLIENT_ID,
            authority=entra.authority(tenant_id),
            client_credential=credential,
            http_client=http,
            instance_discovery=False,
            exclude_scopes=["offline_access"],
        )

    return make


@pytest.fixture
def phone_sign_in(entra, http):
    def sign_in(tenant_id=CONTOSO, password=None, scope=DEVICE_SCOPE):
        app = msal.PublicClientApplication(
            CLIENT_ID,
            authority=entra.authority(tenant_id),
            http_client=http,
            instance_discovery=False,
            exclude_scopes=["offline_access"],
        )
        user = entra.tenant(CONTOSO).phone_users[0]
        with warnings.catch_warnings():  # MSAL calls this flow deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            return app.acquire_token_by_username_password(
                user.username, password or user.password, [scope]
            )

    return sign_in


def query_of(url):
    return dict(parse_qsl(urlsplit(url).query))


def consent(entra, http, username, decision="accept", tenant_id=CONTOSO):
    """The answer of the consent page, as the query of its redirect."""
    asked = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT, "scope": GRAPH, "state": "s1"}
    url = f"{entra.url}/organizations/v2.0/adminconsent?{urlencode(asked)}"
    form = {"account": f"{tenant_id}/{username}", "decision": decision}
    response = http.post(url, data=form, allow_redirects=False)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(REDIRECT)
    return query_of(response.headers["Location"])


def authorize(http, flow, account=None):
    """The answer of the authorize page; silent unless an account is picked."""
    if account is None:
        response = http.get(flow["auth_uri"], allow_redirects=False)
    else:
        response = http.post(flow["auth_uri"], data={"account": account}, allow_redirects=False)
    assert response.status_code == 302, response.text
    return query_of(response.headers["Location"])


def begin(app):
    with warnings.catch_warnings():  # MSAL prefers form_post; the design says why it is query
        warnings.simplefilter("ignore", UserWarning)
        return app.initiate_auth_code_flow(
            ["User.Read"], redirect_uri=REDIRECT, response_mode="query"
        )


ADMIN = f"{CONTOSO}/admin@contoso.example"


def test_consent_then_silent_code_flow(entra, client, http):
    """After consent the browser is signed in: MSAL's code flow shows who administrates."""
    answer = consent(entra, http, "admin@contoso.example")
    assert (answer["admin_consent"], answer["tenant"], answer["state"]) == ("True", CONTOSO, "s1")
    app = client()
    flow = begin(app)
    result = app.acquire_token_by_auth_code_flow(flow, authorize(http, flow))
    claims = result["id_token_claims"]
    assert claims["tid"] == CONTOSO
    assert claims["wids"] == [GLOBAL_ADMINISTRATOR]
    assert claims["iss"] == f"{entra.url}/{CONTOSO}/v2.0"
    assert claims["ver"] == "2.0"
    assert "refresh_token" not in result
    organization = http.get(
        f"{entra.url}/v1.0/organization",
        headers={"Authorization": f"Bearer {result['access_token']}"},
    ).json()
    assert organization["value"][0]["displayName"] == "Contoso"
    assert organization["value"][0]["id"] == CONTOSO


def test_cancelled_consent(entra, http):
    """Cancel comes back as Entra's access_denied, which carries admin_consent=True all the same."""
    answer = consent(entra, http, "admin@contoso.example", "cancel")
    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS65004")
    assert (answer["admin_consent"], answer["state"]) == ("True", "s1")
    assert not entra.is_consented(CONTOSO)


def test_member_cannot_consent(entra, http):
    """Somebody who administrates nothing is told that an administrator is needed."""
    answer = consent(entra, http, "member@contoso.example")
    assert answer["error_description"].startswith("AADSTS90094")
    assert not entra.is_consented(CONTOSO)


def test_refused_consent_code(entra, http):
    """The switch decides which AADSTS code accepting ends in, for one organization only."""
    entra.refuse_consent(CONTOSO, 90093)
    assert "AADSTS90093" in consent(entra, http, "admin@contoso.example")["error_description"]
    other = consent(entra, http, "admin@fabrikam.example", tenant_id=FABRIKAM)
    assert "error" not in other


def test_browser_follows_the_pages(entra):
    """The consent page has a form for a browser, with accounts of every organization."""
    with Browser(entra.ca_path) as browser:
        asked = {
            "client_id": CLIENT_ID,
            "redirect_uri": f"{entra.url}/error",
            "scope": GRAPH,
            "state": "s",
        }
        entra.register_redirect_uri(asked["redirect_uri"])
        page = browser.open(f"{entra.url}/organizations/v2.0/adminconsent?{urlencode(asked)}")
        assert ADMIN in page.choices["account"]
        landed = browser.decide(page, FABRIKAM, "admin@fabrikam.example")
    assert query_of(landed.url)["tenant"] == FABRIKAM
    assert entra.is_consented(FABRIKAM)


def test_unregistered_redirect_uri(entra, http):
    """A redirect URI that nobody registered is never redirected to."""
    asked = {"client_id": CLIENT_ID, "redirect_uri": "https://evil.example", "scope": GRAPH}
    response = http.get(f"{entra.url}/{CONTOSO}/v2.0/adminconsent?{urlencode(asked)}")
    assert response.status_code == 400
    assert "AADSTS50011" in response.text


def test_code_is_used_once(entra, client, http):
    """A code is worth nothing the second time."""
    entra.grant(CONTOSO)
    app = client()
    flow = begin(app)
    answer = authorize(http, flow, ADMIN)
    assert "access_token" in app.acquire_token_by_auth_code_flow(dict(flow), answer)
    again = app.acquire_token_by_auth_code_flow(dict(flow), answer)
    assert again["error"] == "invalid_grant"
    assert again["error_codes"] == [54005]


def test_pkce_is_enforced(entra, client, http):
    """A verifier that does not fit the challenge redeems nothing; neither does a missing one."""
    entra.grant(CONTOSO)
    for verifier in ("x" * 43, None):
        app = client()
        flow = begin(app)
        answer = authorize(http, flow, ADMIN)
        result = app.acquire_token_by_auth_code_flow({**flow, "code_verifier": verifier}, answer)
        assert result["error_codes"] == [501481]


def test_code_is_bound_to_its_redirect_uri(entra, client, http):
    """A code for one redirect URI cannot be redeemed under another."""
    entra.grant(CONTOSO)
    app = client()
    flow = begin(app)
    answer = authorize(http, flow, ADMIN)
    result = app.acquire_token_by_auth_code_flow({**flow, "redirect_uri": REDIRECT + "2"}, answer)
    assert result["error_codes"] == [70000]


def test_lag_ends_by_itself(entra, client, http):
    """A consent that lags is refused for as many requests as asked for, then stands."""
    entra.grant(CONTOSO)
    entra.lag(2)
    app = client()
    refused = authorize(http, begin(app), ADMIN)
    assert refused["error_description"].startswith("AADSTS65001")
    assert app.acquire_token_for_client([GRAPH])["error_codes"] == [700016]
    assert "code" in authorize(http, begin(app), ADMIN)


def test_certificate_and_federated_credentials(entra, client):
    """MSAL's PS256 and RS256 certificate assertions and a federated assertion prove the client."""
    entra.grant(CONTOSO)
    with_thumbprint = {"private_key": CERTIFICATE, "thumbprint": _sha1(CERTIFICATE)}
    for credential in (
        {"private_key": CERTIFICATE, "public_certificate": CERTIFICATE},
        with_thumbprint,
        {"client_assertion": lambda: FEDERATED.assertion()},
        CLIENT_SECRET,
    ):
        assert "access_token" in client(credential=credential).acquire_token_for_client([GRAPH])


def _sha1(pem):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA1()).hex()


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        ("wrong", 7000215),
        ({"client_assertion": lambda: FEDERATED.assertion(exp=int(time.time()) - 60)}, 700024),
        ({"client_assertion": lambda: FEDERATED.assertion(aud="api://else")}, 700212),
        ({"client_assertion": lambda: FEDERATED.assertion(sub="somebody")}, 700213),
        ({"client_assertion": lambda: FEDERATED.assertion(iss="https://else.example")}, 700211),
        ({"client_assertion": lambda: FederatedIssuer().assertion()}, 700027),
    ],
)
def test_bad_credentials(entra, client, credential, code):
    """Each fault of a credential has Entra's own code, under invalid_client."""
    entra.grant(CONTOSO)
    result = client(credential=credential).acquire_token_for_client([GRAPH])
    assert (result["error"], result["error_codes"]) == ("invalid_client", [code])


def test_unregistered_certificate(entra, client):
    """A certificate that is not the registered one is refused."""
    other = make_certificate()
    credential = {"private_key": other, "public_certificate": other}
    assert client(credential=credential).acquire_token_for_client([GRAPH])["error_codes"] == [
        700027
    ]


def test_error_document(entra, client):
    """A refusal of the token endpoint has every member that Entra's has."""
    result = client().acquire_token_for_client([GRAPH])
    assert result["error"] == "unauthorized_client"
    assert result["error_description"].startswith("AADSTS700016: ")
    assert result["error_codes"] == [700016]
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= result.keys()


def test_client_credentials_switches(entra, client):
    """Each switch for client credentials shows, and is undone."""
    entra.grant(CONTOSO)

    def codes():
        return client().acquire_token_for_client([GRAPH]).get("error_codes")

    assert codes() is None
    entra.disable(CONTOSO)
    assert codes() == [7000112]
    entra.disable(CONTOSO, False)
    entra.bad_credential(7000222)
    assert codes() == [7000222]
    entra.bad_credential(None)
    entra.fail_client_credentials(CONTOSO, 7000229)
    assert codes() == [7000229]
    entra.fail_client_credentials(CONTOSO, None)
    assert codes() is None
    entra.revoke(CONTOSO)
    assert codes() == [700016]


def test_phone_token(entra, phone_sign_in, http):
    """A phone's token verifies under its published key and has a v2 token's claims."""
    entra.grant(CONTOSO)
    token = phone_sign_in()["access_token"]
    keys = http.get(f"{entra.url}/common/discovery/v2.0/keys").json()["keys"]
    key = next(key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"])
    assert key["issuer"] == f"{entra.url}/{{tenantid}}/v2.0"
    claims = jwt.decode(token, jwt.PyJWK(key, "RS256").key, ["RS256"], audience=CLIENT_ID)
    assert claims["iss"] == f"{entra.url}/{CONTOSO}/v2.0"
    assert (claims["ver"], claims["scp"], claims["azp"]) == ("2.0", "Devices.Register", CLIENT_ID)
    assert claims["tid"] == CONTOSO
    assert claims["azpacr"] == "0"


def test_phone_refusals(entra, phone_sign_in):
    """No consent, and a wrong password, end as in Entra."""
    refused = phone_sign_in()
    assert (refused["error_codes"], refused["suberror"]) == ([65001], "consent_required")
    entra.grant(CONTOSO)
    assert phone_sign_in(password="wrong")["error_codes"] == [50126]
    assert phone_sign_in("organizations")["access_token"]


def test_graph_wants_its_own_token(entra, phone_sign_in, client, http):
    """Graph takes neither a phone's token nor an application's without permissions."""
    entra.grant(CONTOSO)
    url = f"{entra.url}/v1.0/organization"
    app_token = client().acquire_token_for_client([GRAPH])["access_token"]
    for token, status in ((phone_sign_in()["access_token"], 401), (app_token, 403), ("x", 401)):
        response = http.get(url, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == status
    entra.set_organization_name(CONTOSO, "<b>Contoso</b>")
    graph = phone_sign_in(scope="User.Read")["access_token"]
    response = http.get(url, headers={"Authorization": f"Bearer {graph}"})
    assert response.json()["value"][0]["displayName"] == "<b>Contoso</b>"


def test_unknown_tenant(entra, client):
    """A tenant that does not exist has no metadata, which MSAL reports as a ValueError."""
    with pytest.raises(ValueError, match="authority"):
        client("00000000-0000-4000-8000-000000000000")


def test_key_rotation(entra, http):
    """After a rotation the old key is gone and the new one signs; a fetch of keys is counted."""
    url = f"{entra.url}/common/discovery/v2.0/keys"
    before = {key["kid"] for key in http.get(url).json()["keys"]}
    kid = entra.rotate_keys()
    assert {key["kid"] for key in http.get(url).json()["keys"]} == {kid}
    assert kid not in before
    assert jwt.get_unverified_header(entra.mint())["kid"] == kid
    assert entra.counters()["keys"] == 2


def test_outages(entra, http):
    """503, a dropped connection and a stopped server are what they say, and end."""
    url = f"{entra.url}/common/discovery/v2.0/keys"
    entra.down("503", ["keys"])
    assert http.get(url).status_code == 503
    entra.down("drop", ["keys"])
    with pytest.raises(requests.ConnectionError):
        http.get(url)
    entra.up()
    entra.stop()
    with pytest.raises(requests.ConnectionError):
        http.get(url)
    entra.start()
    assert http.get(url).status_code == 200


def test_slow(entra, http):
    """A slow answer outlasts a client's patience."""
    entra.slow(1.0, ["keys"])
    with pytest.raises(requests.ReadTimeout):
        http.get(f"{entra.url}/common/discovery/v2.0/keys", timeout=0.3)


def test_id_token_overrides_and_roles(entra, client, http):
    """An ID token can be bent, and shows the role of the account that signed in."""
    entra.grant(FABRIKAM)
    entra.override_id_token({"tid": NORTHWIND, "name": None})
    app = client(FABRIKAM)
    flow = begin(app)
    answer = authorize(http, flow, f"{FABRIKAM}/roleadmin@fabrikam.example")
    claims = app.acquire_token_by_auth_code_flow(flow, answer)["id_token_claims"]
    assert claims["tid"] == NORTHWIND
    assert "name" not in claims
    assert claims["wids"] == [PRIVILEGED_ROLE_ADMINISTRATOR]


def test_mint(entra):
    """A minted token is bent exactly as asked: claims, headers, algorithm, key."""
    public = jwt.PyJWK(entra.keys.published("x")["keys"][-1], "RS256").key
    good = jwt.decode(entra.mint({"scp": "Else"}), public, ["RS256"], audience=CLIENT_ID)
    assert good["scp"] == "Else"
    assert "tid" not in jwt.decode(entra.mint({"tid": None}), options={"verify_signature": False})
    assert entra.mint(headers={"alg": "none"}).endswith(".")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(entra.mint(published=False), public, ["RS256"], audience=CLIENT_ID)
