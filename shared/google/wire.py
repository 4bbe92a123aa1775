"""The frequent calls, as plain messages of Google's GAPIC transport: a beat's write, and a purge's reads and deletes.

Google's client wraps each message and each value twice; a heartbeat on it serves two thirds of what it serves here.
What is handed to the transport is `wrap`ped around its message: the transport would copy a plain one.
Source: Firestore RPC reference (Commit, BatchWrite, RunQuery).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import grpc
from google.api_core.gapic_v1 import routing_header
from google.cloud.firestore_v1 import AsyncClient, types
from google.cloud.firestore_v1._helpers import decode_dict, encode_value

EPOCH, SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
END: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # the stubs do not know it
T = TypeVar("T")
Write: Any = types.Write.pb()
_Value: Any = types.Value.pb()
_CommitRequest: Any = types.CommitRequest.pb()
_BatchWriteRequest: Any = types.BatchWriteRequest.pb()
_RunQueryRequest: Any = types.RunQueryRequest.pb()


class Wire:
    """Writes as messages, and the calls that take them."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._database: str = client._database_string
        self._root = f"{self._database}/documents"
        self._transport = client._firestore_api.transport
        self._metadata = [
            *client._rpc_metadata,
            _routing("database", self._database),
        ]

    def update(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Some top-level fields of a document that must exist."""
        return Write(
            update=self._document(path, fields),
            update_mask={"field_paths": fields},
            current_document={"exists": True},
        )

    def replace(self, path: str, fields: Mapping[str, Any], version: Any) -> Any:
        write = Write(update=self._document(path, fields))
        _require(write, version)
        return write

    def delete(self, path: str, version: Any = None) -> Any:
        write = Write(delete=f"{self._root}/{path}")
        if version is not None:
            _require(write, version)
        return write

    async def commit(self, write: Any, seconds: float) -> None:
        """Raises grpc.RpcError."""
        request = _CommitRequest(database=self._database, writes=[write])
        await self._transport.commit(
            types.CommitRequest.wrap(request), timeout=seconds, metadata=self._metadata
        )

    async def batch(self, writes: Sequence[Any], seconds: float) -> list[int]:
        """gRPC status codes, a code per write. Raises grpc.RpcError."""
        request = _BatchWriteRequest(database=self._database, writes=writes)
        answer = await self._transport.batch_write(
            types.BatchWriteRequest.wrap(request), timeout=seconds, metadata=self._metadata
        )
        return [status.code for status in types.BatchWriteResponse.pb(answer).status]

    def stream(self, path: str, after: str, *, below: bool, keys_only: bool) -> Any:
        """The documents of the collection at `path`, by path, behind the document at `after`.

        below: of every collection below the document at `path`, at any depth.
        """
        parent, _, collection_id = (path, "", "") if below else path.rpartition("/")
        request = _RunQueryRequest(parent=f"{self._root}/{parent}" if parent else self._root)
        query = request.structured_query
        query.from_.add(collection_id=collection_id, all_descendants=below)
        query.order_by.add().field.field_path = "__name__"
        if keys_only:
            query.select.fields.add().field_path = "__name__"
        if after:
            query.start_at.values.add().reference_value = f"{self._root}/{after}"
        metadata = [*self._metadata[:-1], _routing("parent", request.parent)]
        return self._transport.run_query(types.RunQueryRequest.wrap(request), metadata=metadata)

    async def read(self, stream: Any, most: int, piece: list[T], make: Callable[..., T]) -> bool:
        """Add up to `most` documents to `piece`; whether there may be more. Raises grpc.RpcError, with what came added.

        make: of path, fields, update and creation time.
        """
        while len(piece) < most:
            answer = await stream.read()
            if answer is END:
                return False
            message = types.RunQueryResponse.pb(answer)
            if message.HasField("document"):
                document = message.document
                path = document.name.removeprefix(f"{self._root}/")
                fields = decode_dict(document.fields, self._client)
                created = document.create_time.ToDatetime(UTC)
                piece.append(make(path, fields, document.update_time, created))
        return True

    def _document(self, path: str, fields: Mapping[str, Any]) -> Any:
        values = {name: _value(value) for name, value in fields.items()}
        return {"name": f"{self._root}/{path}", "fields": values}


def _value(value: Any) -> Any:
    """Google's encoding makes each value several times; a beat's values are texts and times."""
    if isinstance(value, str):
        return _Value(string_value=value)
    if type(value) is datetime:
        seconds = (value - EPOCH) // SECOND
        return _Value(timestamp_value={"seconds": seconds, "nanos": value.microsecond * 1000})
    return types.Value.pb(encode_value(value))


def _routing(name: str, value: str) -> tuple[str, str]:
    header: Any = routing_header.to_grpc_metadata
    key, text = header(((name, value),))
    return key, text


def _require(write: Any, version: Any) -> None:
    """The precondition: the document is in this version, a protobuf timestamp or Google's datetime."""
    stamp = getattr(version, "timestamp_pb", None)
    write.current_document.update_time.CopyFrom(stamp() if stamp else version)
