"""Counts Firestore calls at the wire: a gRPC server that hands every call, as bytes, to the emulator behind it."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from local.processes import HOST

ENTRIES_OF_A_READ = 1000  # index entries that an aggregation looks at, billed as one read
_Query: Any = types.RunQueryResponse.pb()
_Get: Any = types.BatchGetDocumentsResponse.pb()
_Aggregation: Any = types.RunAggregationQueryResponse.pb()


class WireCounter(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs alone
    """calls: method → how often. documents: that gets and queries brought; queried: queries alone.

    billed: reads; a query costs at least one, and so does a get that finds nothing (Firestore, "Pricing").
    """

    def __init__(self, behind: str) -> None:
        self._channel = grpc.insecure_channel(behind)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.calls: Counter[str] = Counter()
        self.documents = 0
        self.queried = 0
        self.billed = 0

    def service(self, details: Any) -> grpc.RpcMethodHandler[bytes, bytes]:
        method = details.method
        sent = details.invocation_metadata
        metadata = tuple((name, value) for name, value in sent if name == "authorization")

        def forward(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            name = method.rpartition("/")[2]
            call = self._channel.unary_stream(method, None, None)(
                request, metadata=metadata, timeout=context.time_remaining()
            )
            documents = missing = counted = 0
            try:
                for answer in call:
                    documents += _documents(name, answer)
                    missing += _missing(name, answer)
                    counted += _counted(name, answer)
                    yield answer
            except grpc.RpcError as error:
                context.abort(error.code(), error.details() or "")
            finally:
                with self._lock:
                    self.calls[name] += 1
                    self.documents += documents
                    self.queried += documents if name == "RunQuery" else 0
                    self.billed += _billed(name, documents + missing, counted)

        return grpc.unary_stream_rpc_method_handler(forward)


def _documents(name: str, answer: bytes) -> int:
    if name == "RunQuery":
        return int(_Query.FromString(answer).HasField("document"))
    if name == "BatchGetDocuments":
        return int(_Get.FromString(answer).HasField("found"))
    return 0


def _missing(name: str, answer: bytes) -> int:
    return int(name == "BatchGetDocuments" and _Get.FromString(answer).HasField("missing"))


def _counted(name: str, answer: bytes) -> int:
    if name != "RunAggregationQuery":
        return 0
    fields = _Aggregation.FromString(answer).result.aggregate_fields
    return sum(int(value.integer_value) for value in fields.values())


def _billed(name: str, read: int, counted: int) -> int:
    if name == "RunAggregationQuery":
        return max(1, math.ceil(counted / ENTRIES_OF_A_READ))
    return max(read, 1) if name == "RunQuery" else read


@contextlib.contextmanager
def counted(behind: str) -> Iterator[tuple[str, WireCounter]]:
    """A counting address in front of the emulator at `behind`, for the length of a `with` block."""
    wire = WireCounter(behind)
    server = grpc.server(ThreadPoolExecutor(8), handlers=[wire])
    port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    try:
        yield f"{HOST}:{port}", wire
    finally:
        server.stop(None).wait()
