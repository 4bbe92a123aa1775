"""A registration and what follows, with real signatures throughout: Entra's, the service account's, Firebase's."""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from shared.google.custom_tokens import AUDIENCE
from shared.google.old_firestore import Firestore
from shared.store import Tenant
from tests.e2e.key_server import key_server
from tests.e2e.parts import send
from tests.e2e.served import entra_claims, firebase_claims, function, publish
from tests.helpers.minting import rsa_key, token

ROBOT = "registration@calliente.example"
TENANT = "5e1f0a10-c0de-4c01-8a01-00000000e2e2"


@pytest.fixture
def key_file(tmp_path):
    """A service account's key file, as Google hands it out."""
    private = rsa_key("robot").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path / "robot.json"
    content = {
        "type": "service_account",
        "project_id": "demo-calliente",
        "client_email": ROBOT,
        "private_key": private.decode(),
        "token_uri": "https://unused.example/token",
    }
    file.write_text(json.dumps(content))
    return file


def test_a_phone_registers_and_beats(addresses, tmp_path, key_file):
    """201 with a token that Firebase would take, 200 the next time, and a beat with what Firebase makes of it."""
    with ExitStack() as stack:
        keys = stack.enter_context(key_server(tmp_path))
        publish(keys)
        urls = {
            name: stack.enter_context(
                function(name, tmp_path, keys, addresses.firestore, key_file)
            ).url
            for name in ("device_registration", "heartbeat")
        }
        tenant = Tenant(Firestore("demo-calliente", addresses.firestore), TENANT)
        tenant.onboard("Contoso", datetime.now(UTC))
        device = str(uuid.uuid4())
        from_entra = token(entra_claims(keys, tid=TENANT))

        registrations = [
            send(
                "POST",
                f"{urls['device_registration']}/v1/devices",
                from_entra,
                json={"deviceId": device},
            )
            for _ in range(2)
        ]
        assert [answer.status for answer in registrations] == [201, 200]
        for answer in registrations:
            claims = jwt.decode(
                answer.body["customToken"],
                rsa_key("robot").public_key(),
                algorithms=["RS256"],
                audience=AUDIENCE,
            )
            assert (claims["iss"], claims["sub"]) == (ROBOT, ROBOT)
            assert claims["uid"] == f"{TENANT}:{device}"
            assert claims["claims"] == {"tenantId": TENANT, "deviceId": device}

        identity = firebase_claims(**claims["claims"], sub=claims["uid"])
        from_firebase = token(identity, {"kid": "firebase"}, "firebase")
        beat = send(
            "POST",
            f"{urls['heartbeat']}/v1/heartbeats",
            from_firebase,
            json={"outcome": "succeeded"},
        )
        assert beat.status == 200
