"""A heartbeat as Firebase's documentation shows it: auth.verify_id_token, then DocumentReference.update."""

import os

import firebase_admin
import functions_framework
from firebase_admin import _token_gen, auth, firestore
from google.auth.credentials import AnonymousCredentials

# The address of the keys is fixed in the library; here they come from the benchmark's own server.
_token_gen.ID_TOKEN_CERT_URI = os.environ["BENCH_CERTIFICATES_URL"]
PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
firebase_admin.initialize_app(AnonymousCredentials(), {"projectId": PROJECT})
database = firestore.client()


@functions_framework.http
def heartbeat(request):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = auth.verify_id_token(token)
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
