"""How Google's Firestore client is made: from the settings, never from the environment.

The client reads FIRESTORE_EMULATOR_HOST by itself, an empty one too, and gives its channels a backoff that keeps an
instance from Firestore for up to two minutes after an outage. So it gets a channel that was made here.
Sources: google-cloud-firestore's source (`base_client.py`); gRPC, "Connection Backoff Protocol", "grpc_types.h".
"""

from __future__ import annotations

from typing import Any

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.services.firestore import FirestoreAsyncClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcAsyncIOTransport

from shared.google import service_account
from shared.threads import Threads

OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2000),  # also how long one attempt to connect may take
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A stream runs at most 64 KiB ahead of its reader, not as far as the network would bear.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)
CREDENTIALS_SECONDS = 8.0
_THREADS = Threads(2)


async def credentials(emulator: str) -> Any:
    """google.auth's credentials of the function; nobody's for an emulator. Raises Unavailable where there are none."""
    if emulator:
        nobody: Any = AnonymousCredentials
        return nobody()
    return await _THREADS.run(
        lambda: service_account.default(FirestoreGrpcAsyncIOTransport.AUTH_SCOPES, "firestore"),
        seconds=CREDENTIALS_SECONDS,
        dependency="firestore",
    )


def client(project: str, emulator: str, database: str, credentials: Any) -> AsyncClient:
    """A client on a channel of its own, which belongs to the running event loop."""
    firestore = AsyncClient(project=project, credentials=credentials, database=database)
    firestore._emulator_host = emulator or None
    if emulator:
        channel = grpc.aio.insecure_channel(emulator, options=OPTIONS)
    else:
        channel = FirestoreGrpcAsyncIOTransport.create_channel(
            credentials=credentials, options=OPTIONS
        )
    transport = FirestoreGrpcAsyncIOTransport(channel=channel)
    # The transport adds one that logs whole requests at level DEBUG, and makes each call a task of its own.
    channel._unary_unary_interceptors.clear()  # type: ignore[attr-defined]  # the stubs do not know it
    firestore._firestore_api_internal = FirestoreAsyncClient(transport=transport)
    return firestore
