"""A heartbeat with PyJWT on a cached key (its own JWKS client), then DocumentReference.update."""

import os
import ssl

import functions_framework
import jwt
from google.cloud import firestore

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
keys = jwt.PyJWKClient(
    os.environ["FIREBASE_KEYS_URL"],
    cache_keys=True,
    ssl_context=ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"]),
)
database = firestore.Client(PROJECT)


@functions_framework.http
def heartbeat(request):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        audience=PROJECT,
        issuer=f"https://securetoken.google.com/{PROJECT}",
    )
    outcome = request.get_json()["outcome"]
    path = f"tenants/{claims['tenantId']}/devices/{claims['deviceId']}"
    database.document(path).update(
        {
            "lastOutcome": outcome,
            "lastHeartbeatAt": firestore.SERVER_TIMESTAMP,
            "lastSyncAt": firestore.SERVER_TIMESTAMP,
        }
    )
    return {"nextHeartbeatInSeconds": 21600}
