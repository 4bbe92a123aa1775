"""Functions that check signatures for real: a process each, no Auth emulator, keys from our own server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from tests.helpers import processes
from tests.helpers.key_server import ENTRA_KEYS, FIREBASE_KEYS, KeyServer
from tests.helpers.minting import jwk, rsa_key
from tests.helpers.processes import Served

CLIENT = "ca111e47-e000-4000-8000-0000000000a1"
TENANT = "5e1f0a10-c0de-4c01-8a01-00000000e2e1"
ROBOT = "registration@calliente.example"
DEVICE = "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"


@contextmanager
def function(
    name: str,
    folder: Path,
    keys: KeyServer,
    firestore: str,
    credentials: Path | None = None,
    environment: Path | None = None,
    **changes: str,
) -> Iterator[Served]:
    """The staged bundle of a function, for the length of a `with` block.

    credentials: Google's; none unless given. environment: see `processes.function`. changes: settings beside the usual.
    """
    settings = {
        "GOOGLE_CLOUD_PROJECT": "demo-calliente",
        "ENTRA_CLIENT_ID": CLIENT,
        "ENTRA_AUTHORITY": keys.url,
        "FIREBASE_KEYS_URL": f"{keys.url}{FIREBASE_KEYS}",
        "REQUESTS_CA_BUNDLE": str(keys.ca),
        "FIRESTORE_EMULATOR_HOST": firestore,
        "FIREBASE_AUTH_EMULATOR_HOST": "",
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials or ""),
        "NO_GCE_CHECK": "true",
        **changes,
    }
    with processes.function(name, folder, settings, environment, "hostile") as served:
        yield served


def service_account_key(folder: Path) -> Path:
    """A service account's key file, as Google hands it out; its private key is rsa_key("robot")."""
    private = rsa_key("robot").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = {
        "type": "service_account",
        "project_id": "demo-calliente",
        "client_email": ROBOT,
        "private_key": private.decode(),
        "token_uri": "https://unused.example/token",
    }
    file = folder / "robot.json"
    file.write_text(json.dumps(content))
    return file


def publish(keys: KeyServer) -> None:
    """Entra's and Firebase's keys, as they are when nothing is wrong."""
    template = f"{keys.url}/{{tenantid}}/v2.0"
    keys.keys[ENTRA_KEYS] = [
        jwk("good", issuer=template),
        jwk("without-issuer"),
        jwk("of-consumers", issuer=f"{keys.url}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
    ]
    keys.keys[FIREBASE_KEYS] = [jwk("firebase", alg="RS256")]


def entra_claims(keys: KeyServer, **changes: Any) -> dict[str, Any]:
    """A phone's claims with changes; None removes one."""
    now = int(time.time())
    claims = {
        "aud": CLIENT,
        "azp": CLIENT,
        "exp": now + 3600,
        "iat": now,
        "iss": f"{keys.url}/{changes.get('tid', TENANT)}/v2.0",
        "nbf": now,
        "scp": "Devices.Register",
        "tid": TENANT,
        "ver": "2.0",
    }
    return _without_none({**claims, **changes})


def firebase_claims(**changes: Any) -> dict[str, Any]:
    """A registered device's claims with changes; None removes one."""
    now = int(time.time())
    claims = {
        "aud": "demo-calliente",
        "auth_time": now,
        "deviceId": DEVICE,
        "exp": now + 3600,
        "firebase": {"identities": {}, "sign_in_provider": "custom"},
        "iat": now,
        "iss": "https://securetoken.google.com/demo-calliente",
        "sub": f"{TENANT}:{DEVICE}",
        "tenantId": TENANT,
    }
    return _without_none({**claims, **changes})


def _without_none(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}
