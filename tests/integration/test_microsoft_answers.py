"""The stand-in's answers, held member by member to answers of the real Entra and Graph that others have published."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from local.entra import CONTOSO, AppRegistration, EntraStandIn
from local.entra.registration import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.integration
REDIRECT = "https://localhost:1/app"  # nothing listens there: redirects are read, not followed
GRAPH = "https://graph.microsoft.com/.default"
ADMIN = f"{CONTOSO}/admin@contoso.example"
CLAIMS = f'{{"access_token":{{"capolids":{{"essential":true,"values":["{CONTOSO}"]}}}}}}'
ANSWERS = {
    published["name"]: published
    for published in json.loads(
        (Path(__file__).parents[1] / "fixtures/microsoft-answers.json").read_text("utf-8")
    )["answers"]
}
VARYING = {
    "text": r".+",
    "guid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ",
    "graphtime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "base64": r"[A-Za-z0-9+/]+={0,2}",
    "state": r"s1",
}


@pytest.fixture
def stand_in(monkeypatch):
    with EntraStandIn(AppRegistration(redirect_uris={REDIRECT})) as served:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.ca_path))
        served.grant(CONTOSO)
        yield served


def token(entra, scope=GRAPH, secret=CLIENT_SECRET, **form):
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "scope": scope,
        **form,
    }
    return requests.post(f"{entra.url}/{CONTOSO}/oauth2/v2.0/token", data=form, timeout=10)


def redeemed(entra):
    """What redeeming a code is answered with."""
    asked = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT, "scope": "openid User.Read"}
    asked |= {"response_type": "code", "state": "s1"}
    address = f"{entra.url}/{CONTOSO}/oauth2/v2.0/authorize?{urlencode(asked)}"
    back = requests.post(address, data={"account": ADMIN}, allow_redirects=False, timeout=10)
    code = dict(parse_qsl(urlsplit(back.headers["Location"]).query))["code"]
    return token(entra, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)


def consent(entra, decision="accept"):
    asked = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT, "scope": GRAPH, "state": "s1"}
    address = f"{entra.url}/organizations/v2.0/adminconsent?{urlencode(asked)}"
    form = {"account": ADMIN, "decision": decision}
    return requests.post(address, data=form, allow_redirects=False, timeout=10)


def challenged(entra):
    entra.challenge(CONTOSO, CLAIMS)
    return redeemed(entra)


def unconsented(entra):
    entra.lag(1, at="token")
    return redeemed(entra)


def failing(code):
    def provoke(entra):
        entra.fail_client_credentials(CONTOSO, code)
        return token(entra)

    return provoke


def removed(entra):
    entra.revoke(CONTOSO)
    return token(entra)


def undiscovered(entra):
    place = "00000000-0000-4000-8000-000000000000/v2.0/.well-known/openid-configuration"
    return requests.get(f"{entra.url}/{place}", timeout=10)


def foreign(entra):
    entra.refuse_consent(CONTOSO, 50020)
    return consent(entra)


def named(entra, status=None, claims=""):
    if status:
        entra.refuse_graph(status, claims)
    return requests.get(f"{entra.url}/v1.0/organization", timeout=10)


PROVOKED = {
    "a second factor is asked for, with claims": challenged,
    "nobody has consented": unconsented,
    "a wrong secret": lambda entra: token(entra, secret="wrong"),
    "no such application in the tenant": removed,
    "a federated credential that is not known yet": failing(70021),
    "a federated credential of another subject": failing(7002137),
    "a scope that there is not": lambda entra: token(entra, scope="https://else.example/x"),
    "discovery of an unknown tenant": undiscovered,
    "consent is cancelled": lambda entra: consent(entra, "cancel"),
    "consent with an account of another organization": foreign,
    "graph does not take the token": named,
    "graph does not permit it": lambda entra: named(entra, 403),
    "graph asks for claims": lambda entra: named(entra, 401, CLAIMS),
}


def members(response):
    """The answer: the query of a redirect, the challenge of a header, or the JSON."""
    if response.status_code == 302:
        return dict(parse_qsl(urlsplit(response.headers["Location"]).query))
    challenge = response.headers.get("WWW-Authenticate", "")
    if challenge:
        return dict(re.findall(r'(\w+)="([^"]*)"', challenge.removeprefix("Bearer ")))
    return response.json()


def pattern(value, authority):
    """A published value as a regular expression. Line ends and spaces part the description, by its age."""
    text = re.escape(value.replace("{authority}", authority)).replace(r"\ ", r"\s+")
    for name, varying in VARYING.items():
        text = text.replace(re.escape(f"{{{name}}}"), f"(?:{varying})")
    return text


def compare(actual, published, authority):
    if isinstance(published, dict):
        assert actual.keys() == published.keys()
        for name, value in published.items():
            compare(actual[name], value, authority)
    elif isinstance(published, str):
        assert re.fullmatch(pattern(published, authority), actual), (actual, published)
    else:
        assert actual == published


@pytest.mark.parametrize("name", ANSWERS)
def test_the_stand_in_answers_as_microsoft_does(stand_in, name):
    """The same status, the same members, and the same values but for what differs each time."""
    response, published = PROVOKED[name](stand_in), ANSWERS[name]
    assert response.status_code == published["status"]
    compare(members(response), published["answer"], stand_in.url)


def test_every_published_answer_is_provoked():
    """None stands in the file for nothing, and each says where it was published."""
    assert PROVOKED.keys() == ANSWERS.keys()
    assert all(published["source"] for published in ANSWERS.values())


def test_a_challenge_is_met_by_the_claims(stand_in):
    """A code that was asked for with the claims is redeemed; without them it is not."""
    stand_in.challenge(CONTOSO, CLAIMS)
    assert redeemed(stand_in).status_code == 400
    stand_in.challenge(CONTOSO, None)
    assert redeemed(stand_in).status_code == 200
