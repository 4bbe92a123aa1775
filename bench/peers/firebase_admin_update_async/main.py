"""A heartbeat as Firebase's documentation shows it: auth.verify_id_token, then AsyncDocumentReference.update."""

import os
from typing import Any

import firebase_admin
import functions_framework.aio
from firebase_admin import _token_gen, auth, firestore, firestore_async
from google.auth.credentials import AnonymousCredentials

# The address of the keys is fixed in the library; here they come from the benchmark's own server.
_token_gen.ID_TOKEN_CERT_URI = os.environ["BENCH_CERTIFICATES_URL"]
PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
firebase_admin.initialize_app(AnonymousCredentials(), {"projectId": PROJECT})
_database: list[Any] = []


def database():
    """Made at the first request, on the server's event loop."""
    if not _database:
        _database.append(firestore_async.client())
    return _database[0]


@functions_framework.aio.http
async def heartbeat(request):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = auth.verify_id_token(token)
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
