"""Custom tokens: what they say, who signs them, and what happens when nobody does."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import google.auth.compute_engine
import google.auth.transport.urllib3
import google.oauth2.credentials
import google.oauth2.service_account
import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from google.auth.exceptions import RefreshError, TransportError

from shared import errors
from shared.google import service_account
from shared.google.custom_tokens import AUDIENCE, CustomTokens
from shared.tokens import DeviceIdentity
from tests.helpers.answering import answering
from tests.helpers.minting import rsa_key

NOW = 1_800_000_000
ROBOT = "registration@calliente.example"
IDENTITY = DeviceIdentity(
    "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
)


@dataclass
class Google:
    """google.auth's request, answered by a metadata server and IAM. status: IAM's. email: the service account's."""

    status: int = 200
    email: str = ROBOT
    away: bool = False
    signed_for: list[str] = field(default_factory=list)

    def __call__(self, url, method="GET", body=None, headers=None, **_):
        if self.away:
            raise TransportError("nobody there")
        if ":signBlob" in url:
            return self._sign(url, json.loads(body), headers)
        if "/token" in url:
            return self._answer({"access_token": "robot", "expires_in": 3599})
        return self._answer({"email": self.email, "scopes": [], "aliases": ["default"]})

    def _sign(self, url, body, headers):
        assert headers["authorization"] == "Bearer robot"
        if self.status != 200:
            return self._answer({}, status=self.status)
        self.signed_for.append(url.split("serviceAccounts/")[1].split(":")[0])
        blob = base64.b64decode(body["payload"])
        signature = rsa_key("robot").sign(blob, padding.PKCS1v15(), hashes.SHA256())
        return self._answer({"signedBlob": base64.b64encode(signature).decode()})

    @staticmethod
    def _answer(content, kind="application/json", status=200):
        data = content if isinstance(content, str) else json.dumps(content)
        headers = {"content-type": kind, "metadata-flavor": "Google"}
        return SimpleNamespace(status=status, headers=headers, data=data.encode())


@pytest.fixture
def google_cloud():
    return Google()


def on_cloud_run(google_cloud):
    """CustomTokens as a function of Google's has them: the metadata server's credentials."""
    credentials = google.auth.compute_engine.Credentials(universe_domain="googleapis.com")
    return CustomTokens(
        clock=lambda: NOW, google=lambda: (credentials, service_account.once(google_cloud))
    )


def verified(token):
    """The claims, checked as Firebase checks them: the signature of the account that is named, the audience."""
    options = {"verify_exp": False, "verify_iat": False}
    key = rsa_key("robot").public_key()
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, options=options)


async def test_a_token_is_signed_in_the_name_of_the_service_account(google_cloud):
    """IAM signs, and the claims hold the device's identity, the signer and an hour, and nothing else."""
    assert verified(await on_cloud_run(google_cloud).make(IDENTITY)) == {
        "iss": ROBOT,
        "sub": ROBOT,
        "aud": AUDIENCE,
        "iat": NOW,
        "exp": NOW + 3600,
        "uid": f"{IDENTITY.tenant_id}:{IDENTITY.device_id}",
        "claims": {"tenantId": IDENTITY.tenant_id, "deviceId": IDENTITY.device_id},
    }
    assert google_cloud.signed_for == [ROBOT]


async def test_a_key_file_signs_for_itself(google_cloud):
    """Where the credentials hold a key, that one signs, and nobody is asked."""
    info = {
        "client_email": ROBOT,
        "private_key": rsa_key("robot")
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode(),
        "token_uri": "https://unused.example/token",
    }
    credentials = google.oauth2.service_account.Credentials.from_service_account_info(info)
    tokens = CustomTokens(clock=lambda: NOW, google=lambda: (credentials, google_cloud))
    assert verified(await tokens.make(IDENTITY))["iss"] == ROBOT
    assert google_cloud.signed_for == []


async def test_the_emulators_tokens_are_unsigned(google_cloud):
    """With the Auth emulator nothing is signed, nobody is asked, and the same identity is inside."""
    tokens = CustomTokens("127.0.0.1:1", lambda: NOW, google=pytest.fail)
    header, _, signature = (await tokens.make(IDENTITY)).split(".")
    assert (json.loads(base64.urlsafe_b64decode(header + "=="))["alg"], signature) == ("none", "")


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
async def test_a_signer_that_refuses_is_an_outage(google_cloud, status):
    """Whatever IAM answers but a signature: 503, no crash, and a good answer later is taken."""
    tokens = on_cloud_run(google_cloud)
    await tokens.make(IDENTITY)
    google_cloud.status = status
    with pytest.raises(errors.Unavailable) as caught:
        await tokens.make(IDENTITY)
    assert (caught.value.dependency, caught.value.reason) == ("firebase", "signer")
    google_cloud.status = 200
    assert verified(await tokens.make(IDENTITY))["iat"] == NOW


async def test_a_metadata_server_that_is_away_is_an_outage(google_cloud):
    """Nobody tells who signs: 503 at once, and the next request asks again."""
    google_cloud.away = True
    tokens = on_cloud_run(google_cloud)
    with pytest.raises(errors.Unavailable):
        await tokens.make(IDENTITY)
    google_cloud.away = False
    assert verified(await tokens.make(IDENTITY))["iss"] == ROBOT


async def test_credentials_that_name_no_account_are_an_outage(google_cloud):
    """A developer's own credentials cannot sign."""
    credentials = google.oauth2.credentials.Credentials("token")
    tokens = CustomTokens(google=lambda: (credentials, google_cloud))
    with pytest.raises(errors.Unavailable):
        await tokens.make(IDENTITY)


@pytest.mark.parametrize(
    ("status", "fails"), [(200, False), (403, False), (500, True), (503, True)]
)
def test_a_request_for_credentials_is_made_once(status, fails):
    """A server's own failure ends the call: google.auth would wait and ask again."""
    with answering() as server:
        server.status = status
        request = service_account.once(google.auth.transport.urllib3.Request(urllib3.PoolManager()))
        if fails:
            with pytest.raises(RefreshError):
                request(server.url)
        else:
            assert request(server.url).status == status
        assert len(server.asked) == 1


async def test_a_signer_that_is_slow_holds_up_nobody_else(google_cloud):
    """What signs blocks a thread, not the loop; the deadline is over as an outage, not as a hanging call."""
    entered, leave = threading.Event(), threading.Event()

    def blocked():
        entered.set()
        leave.wait(10)
        raise errors.Unavailable("firebase", "signer")

    tokens = CustomTokens(google=blocked)
    made = asyncio.ensure_future(tokens.make(IDENTITY))
    while not entered.is_set():
        await asyncio.sleep(0)
    leave.set()
    with pytest.raises(errors.Unavailable):
        await made
