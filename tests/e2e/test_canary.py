"""Privacy, as evidence: a journey full of unique words, and afterwards not one of them anywhere.

The one that may stay is the organization's name, which the inventory has.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from deploy import bundle
from local import contents
from local.entra import Browser
from local.processes import LOGS
from tests.e2e.parts import send
from tests.stack import LABEL

NAME = "The Canary Organization"


class Canaries:
    """Unique words, by where they were put."""

    def __init__(self):
        self.words = {}

    def new(self, where):
        self.words[where] = f"canary{secrets.token_hex(12)}"
        return self.words[where]

    def keep(self, where, word):
        """A word that somebody else made up."""
        self.words[where] = word
        return word

    def found_in(self, text):
        """Where the words come from that are in the text: plain, reversed in case, encoded or hashed."""
        small = text.lower()
        return {
            where
            for where, word in self.words.items()
            for form in forms(word)
            if form.lower() in small
        }


def forms(word):
    """A word and its disguises."""
    raw = word.encode()
    yield word
    yield raw.hex()
    for offset in range(3):  # base64 of the word in the middle of anything
        yield base64.b64encode(b"\0" * offset + raw).decode()[4:-4]
    for algorithm in ("md5", "sha1", "sha256"):
        yield hashlib.new(algorithm, raw).hexdigest()
        yield base64.b64encode(hashlib.new(algorithm, raw).digest()).decode().rstrip("=")


@pytest.fixture
def canaries():
    return Canaries()


@pytest.fixture
def written(addresses, log_starts):
    """Everything that was written or stored since the tests began, by place."""

    def read():
        places = {}
        for name in bundle.functions():
            log = LOGS / f"{LABEL}{name}.log"
            with log.open("rb") as lines:
                lines.seek(log_starts[log])
                places[f"output of {name}"] = lines.read().decode(errors="replace")
        places["Firestore"] = json.dumps(contents.documents(addresses))
        places["Auth"] = json.dumps(contents.users(addresses))
        return places

    return read


def address_of(number):
    """A documentation address (RFC 3849) that is nobody's and looks like nothing else."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::{number:x}"


def headers_with(canaries, step):
    """Every header that proxies, browsers and phones send about a person or a machine, and then some."""
    ip = canaries.keep(f"{step}: IP address", address_of(len(canaries.words)))
    headers = {
        "X-Forwarded-For": ip,
        "Forwarded": f'for="[{ip}]"',
        "X-Real-IP": ip,
        "X-AppEngine-User-IP": ip,
    }
    for name in (
        "User-Agent",
        "Referer",
        "Origin",
        "Cookie",
        "From",
        "Accept-Language",
        "X-Forwarded-Host",
        "X-Request-ID",
        "X-Cloud-Trace-Context",
        "traceparent",
        "X-Goog-Authenticated-User-Email",
        "X-Goog-IAP-JWT-Assertion",
        "X-Goog-Firebase-Installations-Auth",
        "X-MS-Client-Principal-Name",
        "X-Device-Name",
    ):
        headers[name] = canaries.new(f"{step}: {name}")
    return headers


def personal(canaries, step):
    """Every claim that Entra puts about a person into a token, and one that it does not."""
    names = (
        "name preferred_username upn unique_name email given_name family_name oid sub sid uti rh aio ipaddr "
        "puid login_hint onprem_sid in_corp tenant_region_scope xms_cc nonsense"
    )
    claims = {name: canaries.new(f"{step}: claim {name}") for name in names.split()}
    claims["groups"] = [canaries.new(f"{step}: claim groups")]
    claims["ipaddr"] = canaries.keep(f"{step}: claim ipaddr", address_of(1))
    return claims


def exchange(addresses, custom_token):
    """What the phone's Firebase library does with the custom token."""
    url = (
        f"http://{addresses.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
    )
    answer = send(
        "POST", url + "?key=local", json={"token": custom_token, "returnSecureToken": True}
    )
    assert answer.status == 200
    return answer.body["idToken"]


def test_the_canaries_would_be_found(canaries):
    """The search finds what it looks for, plain and in disguise: silence means absence."""
    word = canaries.new("here")
    assert canaries.found_in(f"x{word}x") == {"here"}
    assert canaries.found_in(word.upper()) == {"here"}
    assert canaries.found_in(hashlib.sha256(word.encode()).hexdigest()) == {"here"}
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + word.encode() + b"y").decode()
        assert canaries.found_in(encoded) == {"here"}
    assert canaries.found_in("nothing") == set()


def test_nothing_of_a_phones_journey_stays(addresses, entra, make_organization, canaries, written):
    """Registration, beats and sign-out, good and bad, leave no trace of who, from where, or with what."""
    organization = make_organization()
    functions = addresses.functions
    devices = f"{functions['device_registration']}/v1/devices"
    beats = f"{functions['heartbeat']}/v1/heartbeats"
    token = entra.mint(
        personal(canaries, "Entra token"),
        {"jku": f"https://{canaries.new('Entra token: header')}.example"},
        tenant_id=organization.id,
    )
    canaries.keep("Entra token", token)
    device, gone = str(uuid.uuid4()), str(uuid.uuid4())

    def call(step, method, url, token="", **content):
        query = {canaries.new(f"{step}: query name"): canaries.new(f"{step}: query value")}
        return send(
            method, url, token, params=query, headers=headers_with(canaries, step), **content
        )

    id_tokens = {}
    for device_id in (device, gone):
        answer = call(
            f"registration of {device_id}", "POST", devices, token, json={"deviceId": device_id}
        )
        assert answer.status == 201
        canaries.keep(f"custom token of {device_id}", answer.body["customToken"])
        id_tokens[device_id] = exchange(addresses, answer.body["customToken"])
        canaries.keep(f"ID token of {device_id}", id_tokens[device_id])
        body = {"outcome": "succeeded"}
        assert (
            call(f"beat of {device_id}", "POST", beats, id_tokens[device_id], json=body).status
            == 200
        )
    assert call("sign-out", "DELETE", f"{devices}/self", id_tokens[gone]).status == 204
    assert call("beat when gone", "POST", beats, id_tokens[gone], json=body).status == 410
    canaries.keep("signed-out device", gone)

    def bad(step):
        return canaries.new(f"{step}: content")

    for url, good in ((devices, token), (beats, id_tokens[device])):
        for step, method, credential, content in (
            ("unknown field", "POST", good, {"json": {bad(f"{url} 1"): bad(f"{url} 2")}}),
            ("wrong value", "POST", good, {"json": {"deviceId": bad(f"{url} 3"), "outcome": 1}}),
            ("not JSON", "POST", good, {"data": bad(f"{url} 4")}),
            ("bad token", "POST", bad(f"{url} 5"), {"json": {}}),
            ("half a token", "POST", f"{good}{bad(f'{url} 6')}", {"json": {}}),
            ("method", "PUT", good, {"json": {"name": bad(f"{url} 7")}}),
            ("large", "POST", good, {"data": bad(f"{url} 8") * 4096}),
        ):
            assert 400 <= call(f"{url} {step}", method, url, credential, **content).status < 500
        other = f"{url}/{bad(f'{url} 9')}"
        assert call(f"{url} path", "POST", other, good, json={}).status == 404
    assert_no_trace(written, canaries)
    assert device in written()["Firestore"]  # what is stored is there to be searched
    assert device in written()["Auth"]


def test_nothing_of_an_administrators_journey_stays(
    addresses, entra, make_organization, canaries, written
):
    """Connecting an organization stores its name, and leaves nothing of who connected it."""
    organization = make_organization(onboarded=False)
    entra.set_organization_name(organization.id, NAME)
    entra.revoke(organization.id)
    entra.add_account(
        organization.id, f"{canaries.new('user name')}@x.example", name=canaries.new("name")
    )
    claims = personal(canaries, "ID token")
    entra.override_id_token(claims)
    url = addresses.functions["onboarding"]
    for step, path in (
        ("declined", "/consented?error=access_denied&error_description={0}&state={1}"),
        ("forged", "/consented?admin_consent=True&tenant={0}&state={1}"),
        ("code", "/verified?code={0}&state={1}&session_state={0}"),
        ("unknown", "/{0}?{1}={0}"),
    ):
        words = (canaries.new(f"{step}: first"), canaries.new(f"{step}: second"))
        answer = send("GET", url + path.format(*words), headers=headers_with(canaries, step))
        assert 400 <= answer.status < 500
    with Browser(addresses.ca) as browser:
        browser._session.headers.update(
            {k: v for k, v in headers_with(canaries, "browser").items() if k != "Cookie"}
        )
        page = browser.open(f"{url}/start")
        admin = organization.tenant.admin
        canaries.keep("administrator", admin.username)
        canaries.keep("administrator's object ID", admin.oid)
        page = browser.decide(page, organization.id, admin.username)
        assert urlsplit(page.url).path == "/done"
        assert page.status == 200
        cookies = [cookie.value for cookie in browser.cookies if "onboarding" in cookie.name]
        for number, value in enumerate(cookies):
            canaries.keep(f"cookie {number}", value)
        assert cookies
    assert organization.store.tenant.name == NAME
    assert_no_trace(written, canaries)


def test_nothing_of_an_event_stays(addresses, canaries, written):
    """The purge's message says nothing that matters, and nothing of it is kept."""
    headers = {
        **headers_with(canaries, "event"),
        "ce-specversion": "1.0",
        "ce-id": canaries.new("event: ID"),
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-source": f"//pubsub.googleapis.com/{canaries.new('event: source')}",
        "ce-time": datetime.now(UTC).isoformat(),
    }
    content = {
        "message": {
            "data": base64.b64encode(canaries.new("event: data").encode()).decode(),
            "attributes": {canaries.new("event: attribute"): canaries.new("event: value")},
        },
        "subscription": canaries.new("event: subscription"),
    }
    send("POST", f"{addresses.functions['tenant_purge']}/", headers=headers, json=content)
    assert "purge" in written()["output of tenant_purge"]
    assert_no_trace(written, canaries)


def assert_no_trace(written, canaries):
    assert len(canaries.words) > 15
    found = {place: canaries.found_in(text) for place, text in written().items()}
    assert {place: where for place, where in found.items() if where} == {}
