"""A heartbeat with PyJWT on a cached key (its own JWKS client), then AsyncDocumentReference.update."""

import os
import ssl

import functions_framework.aio
import jwt
from google.cloud import firestore

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
keys = jwt.PyJWKClient(
    os.environ["FIREBASE_KEYS_URL"],
    cache_keys=True,
    ssl_context=ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"]),
)
_database: list[firestore.AsyncClient] = []


def database():
    """Made at the first request, on the server's event loop."""
    if not _database:
        _database.append(firestore.AsyncClient(PROJECT))
    return _database[0]


@functions_framework.aio.http
async def heartbeat(request):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        audience=PROJECT,
        issuer=f"https://securetoken.google.com/{PROJECT}",
    )
    outcome = (await request.json())["outcome"]
    path = f"tenants/{claims['tenantId']}/devices/{claims['deviceId']}"
    await (
        database()
        .document(path)
        .update(
            {
                "lastOutcome": outcome,
                "lastHeartbeatAt": firestore.SERVER_TIMESTAMP,
                "lastSyncAt": firestore.SERVER_TIMESTAMP,
            }
        )
    )
    return {"nextHeartbeatInSeconds": 21600}
