"""A registration and what follows, with real signatures throughout: Entra's, the service account's, Firebase's."""

from __future__ import annotations

import uuid
from contextlib import ExitStack

import jwt

from shared.google.custom_tokens import AUDIENCE
from shared.google.firestore import Firestore
from tests.e2e.parts import send
from tests.helpers.key_server import key_server
from tests.helpers.minting import rsa_key, token
from tests.helpers.signed import (
    ROBOT,
    entra_claims,
    firebase_claims,
    function,
    publish,
    service_account_key,
)
from tests.helpers.stores import Store

TENANT = "5e1f0a10-c0de-4c01-8a01-00000000e2e2"


def test_a_phone_registers_and_beats(addresses, tmp_path):
    """201 with a token that Firebase would take, 200 the next time, and a beat with what Firebase makes of it."""
    key_file = service_account_key(tmp_path)
    with ExitStack() as stack:
        keys = stack.enter_context(key_server(tmp_path))
        publish(keys)
        urls = {
            name: stack.enter_context(
                function(name, tmp_path, keys, addresses.firestore, key_file)
            ).url
            for name in ("device_registration", "heartbeat")
        }
        tenant = Store(Firestore("demo-calliente", addresses.firestore), TENANT)
        tenant.onboard("Contoso")
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
