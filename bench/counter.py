"""Counts Firestore calls at the wire: a gRPC server that hands every call, as bytes, to the emulator behind it."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from local.processes import HOST
from shared.google.messages import CLASSES


class Wire(grpc.GenericRpcHandler[bytes, bytes]):
    """calls: method → how often. documents: read by gets and queries; queried: by queries alone.

    billed: documents, but at least 1 a query.
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
            documents = 0
            try:
                for answer in call:
                    documents += _documents(name, answer)
                    yield answer
            except grpc.RpcError as error:
                context.abort(error.code(), error.details() or "")
            finally:
                with self._lock:
                    self.calls[name] += 1
                    self.documents += documents
                    self.queried += documents if name == "RunQuery" else 0
                    self.billed += max(documents, name in ("RunQuery", "RunAggregationQuery"))

        return grpc.unary_stream_rpc_method_handler(forward)


def _documents(name: str, answer: bytes) -> int:
    if name == "RunQuery":
        return int(CLASSES["RunQueryResponse"].FromString(answer).HasField("document"))
    if name == "BatchGetDocuments":
        return int(
            CLASSES["BatchGetDocumentsResponse"].FromString(answer).WhichOneof("result") is not None
        )
    return 0


@contextlib.contextmanager
def counted(behind: str) -> Iterator[tuple[str, Wire]]:
    """A counting address in front of the emulator at `behind`, for the length of a `with` block."""
    wire = Wire(behind)
    server = grpc.server(ThreadPoolExecutor(8), handlers=[wire])
    port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    try:
        yield f"{HOST}:{port}", wire
    finally:
        server.stop(None).wait()
