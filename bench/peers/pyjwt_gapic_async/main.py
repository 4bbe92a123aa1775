"""A heartbeat with PyJWT on a cached key, then the raw commit call of the asynchronous GAPIC transport."""

import os
import ssl

import functions_framework.aio
import grpc
import jwt
from google.cloud.firestore_v1.services.firestore.transports.grpc_asyncio import (
    FirestoreGrpcAsyncIOTransport,
)
from google.cloud.firestore_v1.types import CommitRequest, DocumentTransform

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
DATABASE = f"projects/{PROJECT}/databases/(default)"
REQUEST_TIME = DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME
OWNER = [("authorization", "Bearer owner")]
keys = jwt.PyJWKClient(
    os.environ["FIREBASE_KEYS_URL"],
    cache_keys=True,
    ssl_context=ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"]),
)
_transport: list[FirestoreGrpcAsyncIOTransport] = []


def transport():
    """Made at the first request, on the server's event loop."""
    if not _transport:
        channel = grpc.aio.insecure_channel(os.environ["FIRESTORE_EMULATOR_HOST"])
        _transport.append(FirestoreGrpcAsyncIOTransport(channel=channel))
    return _transport[0]


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
    commit = CommitRequest.pb()(database=DATABASE)
    write = commit.writes.add()
    path = f"tenants/{claims['tenantId']}/devices/{claims['deviceId']}"
    write.update.name = f"{DATABASE}/documents/{path}"
    write.update.fields["lastOutcome"].string_value = (await request.json())["outcome"]
    write.update_mask.field_paths.append("lastOutcome")
    for name in ("lastHeartbeatAt", "lastSyncAt"):
        write.update_transforms.add(field_path=name, set_to_server_value=REQUEST_TIME)
    write.current_document.exists = True
    await transport().commit(CommitRequest.wrap(commit), metadata=OWNER, timeout=4.0)
    return {"nextHeartbeatInSeconds": 21600}
