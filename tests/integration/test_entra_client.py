"""The product's own calls to Entra and Graph, against the stand-in and against servers that misbehave."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from local.entra import CONTOSO, FABRIKAM, AppRegistration, EntraStandIn, FederatedIssuer
from local.entra.registration import CLIENT_ID, CLIENT_SECRET, make_certificate
from shared.entra import discovery
from shared.entra.client import Entra, EntraRefused
from shared.entra.discovery import RememberingClient
from shared.entra.http import Session
from shared.errors import Unavailable
from shared.settings import EntraSettings

pytestmark = pytest.mark.integration
REDIRECT = "https://localhost:1/app"  # nothing listens there: redirects are read, not followed
NOBODY = "00000000-0000-4000-8000-000000000000"
CERTIFICATE = make_certificate()
FEDERATED = FederatedIssuer()
ADMIN = f"{CONTOSO}/admin@contoso.example"


@pytest.fixture(scope="module")
def served():
    app = AppRegistration(
        certificate=CERTIFICATE,
        thumbprints=("x5t#S256",),
        federated=FEDERATED.trust,
        redirect_uris={REDIRECT},
    )
    with EntraStandIn(app) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(served, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served.ca_path))
    served.reset()
    served.reset_counters()
    served.grant(CONTOSO)
    served.revoke(FABRIKAM)
    return served


def settings(stand_in, **chosen):
    return EntraSettings(
        entra_client_id=CLIENT_ID,
        entra_authority=stand_in.url,
        graph_endpoint=stand_in.url,
        **({"entra_credential": "secret", "entra_client_secret": CLIENT_SECRET} | chosen),
    )


def signed_in(entra, tenant_id=CONTOSO, **asked):
    """The flow and the answer of a sign-in by CONTOSO's administrator."""
    flow = entra.begin_sign_in(tenant_id, REDIRECT, **asked)
    response = requests.post(
        flow["auth_uri"], data={"account": ADMIN}, allow_redirects=False, timeout=10
    )
    return flow, dict(parse_qsl(urlsplit(response.headers["Location"]).query))


@contextmanager
def server(answer):
    """A server on the loopback, and its address: `answer` gets each connection and what was asked."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with suppress(OSError), connection:
            while request := connection.recv(65_536):
                answer(connection, request)

    def accept():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def test_a_federated_credential_opens_and_another_does_not(stand_in):
    """The default of production, through the product's code: the issuer's assertion is verified by the endpoint."""
    federated = settings(stand_in, entra_credential="federated")
    Entra(federated, FEDERATED.assertion).probe_consent(CONTOSO)
    with pytest.raises(EntraRefused) as caught:
        Entra(federated, lambda: FEDERATED.assertion(sub="else")).probe_consent(CONTOSO)
    assert caught.value.codes == (700213,)


def test_googles_metadata_server_makes_the_assertion(stand_in):
    """Without another source, the function's own token is asked for, for the audience of the cloud, and opens."""
    asked = []

    def answer(connection, request):
        path = request.split(b" ")[1].decode()
        asked.append(path)
        kind, body = "application/json", '{"email": "fn@p.iam.gserviceaccount.com"}'
        if "/identity?" in path:
            kind, body = "application/text", FEDERATED.assertion()
        head = f"HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Content-Type: {kind}\r\n\r\n{body}".encode())

    call = (
        "from shared.entra.client import Entra; from shared.settings import EntraSettings, load; "
        f"Entra(load(EntraSettings)).probe_consent('{CONTOSO}')"
    )
    with server(answer) as metadata:
        host = metadata.removeprefix("http://")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",  # no credentials of whoever runs this
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "ENTRA_CLIENT_ID": CLIENT_ID,
            "ENTRA_AUTHORITY": stand_in.url,
            "GRAPH_ENDPOINT": stand_in.url,
            "REQUESTS_CA_BUNDLE": str(stand_in.ca_path),
        }
        command = [sys.executable, "-c", call]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (identity,) = [path for path in asked if "/identity?" in path]
    assert parse_qs(urlsplit(identity).query)["audience"] == ["api://AzureADTokenExchange"]
    assert stand_in.counters()["token"] == 1


def test_a_certificate_opens_by_its_sha_256_thumbprint_alone(stand_in):
    """The endpoint takes no other, and verifies the assertion with the certificate that is registered."""

    def probe(pem):
        chosen = {"entra_credential": "certificate", "entra_client_certificate": pem}
        Entra(settings(stand_in, **chosen)).probe_consent(CONTOSO)

    probe(CERTIFICATE)
    probe(CERTIFICATE.replace("\n", "\\n"))
    with pytest.raises(EntraRefused) as caught:
        probe(make_certificate())
    assert caught.value.codes == (700027,)


def test_a_sign_in_from_start_to_name(stand_in):
    """The tenant's administrator is proven, and the organization's name read."""
    entra = Entra(settings(stand_in))
    flow, answer = signed_in(entra)
    claims, token = entra.finish_sign_in(CONTOSO, flow, answer)
    assert claims["tid"] == CONTOSO
    assert entra.organization_name(token, CONTOSO) == "Contoso"


def test_endpoints_are_asked_for_once(stand_in):
    """Sign-ins and probes of one tenant cost one discovery; each probe still costs a token."""
    entra = Entra(settings(stand_in))
    for _ in range(3):
        entra.begin_sign_in("organizations", REDIRECT)
        entra.probe_consent(CONTOSO)
    counted = stand_in.counters()
    assert (counted["openid_configuration"], counted["token"]) == (2, 3)
    stand_in.revoke(CONTOSO)
    with pytest.raises(EntraRefused) as caught:
        entra.probe_consent(CONTOSO)
    assert caught.value.codes == (700016,)


def test_an_unknown_tenant_is_entras_answer_and_is_not_remembered(stand_in):
    """MSAL's ValueError in its constructor comes as the code that Entra gave."""
    entra = Entra(settings(stand_in))
    for call in (
        lambda: entra.probe_consent(NOBODY),
        lambda: entra.begin_sign_in(NOBODY, REDIRECT),
    ):
        with pytest.raises(EntraRefused) as caught:
            call()
        assert (caught.value.error, caught.value.codes) == ("invalid_tenant", (90002,))
    assert stand_in.counters()["openid_configuration"] == 2


def test_an_outage_of_discovery_is_not_remembered(stand_in):
    """While it lasts there is no answer; afterwards there is, with no restart."""
    entra = Entra(settings(stand_in))
    stand_in.down("503", ["openid_configuration"])
    for _ in range(2):
        with pytest.raises(Unavailable):
            entra.probe_consent(CONTOSO)
    stand_in.up()
    entra.probe_consent(CONTOSO)


def test_what_is_remembered_ends_and_is_bounded(monkeypatch):
    """After an hour endpoints are asked for again, and the tenant that was used longest ago is forgotten first."""
    asked, now = Counter(), [0.0]

    class Answering:
        def get(self, url, **_):
            asked[url] += 1
            response = requests.Response()
            response.status_code = 200
            return response

    monkeypatch.setattr(discovery, "MOST_TENANTS", 2)
    client = RememberingClient(Answering(), lambda: now[0])
    urls = [f"https://login.example/{name}/v2.0{discovery.METADATA}" for name in "abc"]
    for url in (urls[0], urls[1], urls[0], urls[2], urls[0], urls[1]):
        client.get(url)
    assert [asked[url] for url in urls] == [1, 2, 1]
    now[0] += 3600
    client.get(urls[0])
    assert asked[urls[0]] == 2


def test_claims_go_along_and_the_account_is_asked_for(stand_in):
    """Both reach the sign-in's address; the claims stay in the flow, for redeeming the code."""
    claims = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}'
    flow = Entra(settings(stand_in)).begin_sign_in(
        CONTOSO, REDIRECT, prompt="select_account", claims=claims
    )
    asked = parse_qs(urlsplit(flow["auth_uri"]).query)
    assert (asked["claims"], asked["prompt"]) == ([claims], ["select_account"])
    assert flow["claims_challenge"] == claims


def test_threads_share_one_client(stand_in):
    """Sixteen sign-ins and probes at once all come right."""
    entra = Entra(settings(stand_in))

    def once(_):
        flow, answer = signed_in(entra)
        entra.probe_consent(CONTOSO)
        return entra.finish_sign_in(CONTOSO, flow, answer)[0]["tid"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, range(16))) == [CONTOSO] * 16


GRAPH_401 = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nContent-Type: application/json\r\n"
    b'WWW-Authenticate: Bearer realm="", authorization_uri="https://login.example/common", '
    b'error="insufficient_claims", claims="%s"\r\n\r\n{}'
)


@pytest.mark.parametrize(
    ("encoded", "claims"),
    [
        (b"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==", '{"access_token":{}}'),
        (b"AAAA", ""),
        (b"/w==", ""),
        (b"", ""),
    ],
)
def test_a_challenge_of_graph_is_read(stand_in, encoded, claims):
    """A token that does not suffice comes back with the claims that would, Base64 in a header; nonsense is none."""
    with server(lambda connection, _: connection.sendall(GRAPH_401 % encoded)) as address:
        entra = Entra(EntraSettings(entra_client_id=CLIENT_ID, graph_endpoint=address))
        with pytest.raises(EntraRefused) as caught:
            entra.organization_name("t", CONTOSO)
    assert (caught.value.error, caught.value.claims) == ("graph_refused", claims)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("at_once", "dripping"),
    [
        (b"", b"HTTP/1.1 200 OK\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: value\r\n" * 50),
        (HEAD + b"Content-Length: 50\r\n\r\n", b"x" * 50),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 50),
        (HEAD + b"\r\n", b"x" * 50),
        (b"", b""),
    ],
    ids=["status", "headers", "body", "chunks", "endless", "silence"],
)
def test_an_answer_that_drips_ends(at_once, dripping):
    """Byte by byte, wherever in the answer, it is over at the deadline of the whole call, and is no answer."""
    never = threading.Event()

    def drip(connection, _):
        connection.sendall(at_once)
        for byte in dripping:
            connection.sendall(bytes([byte]))
            never.wait(0.1)

    with server(drip) as address:
        began = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            Session("entra", call_seconds=0.5).get(address)
    assert time.monotonic() - began < 2
    assert caught.value.dependency == "entra"


def test_an_answer_that_is_too_long_is_none():
    """More than a megabyte is no answer, however quick and complete it comes."""
    long = HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000
    with (
        server(lambda connection, _: connection.sendall(long)) as address,
        pytest.raises(Unavailable),
    ):
        Session("graph").get(address)


def test_a_call_leaves_nothing_for_the_next():
    """One session serves many people: no cookie of one answer goes along with another request."""
    seen = []

    def answer(connection, _):
        connection.sendall(HEAD + b"Content-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\n{}")

    with server(answer) as address:
        session = Session("entra")
        for _ in range(2):
            seen.append(session.get(address).request.headers.get("Cookie"))
    assert seen == [None, None]
