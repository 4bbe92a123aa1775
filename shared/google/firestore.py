"""Firestore's gRPC interface in the few words that this product needs: get, query, count, write, transaction.

It stands on gRPC and on the generated messages of google-cloud-firestore, not on that package's client: there a call
retries behind the caller's back for minutes, a write costs twice the processor time, and importing it doubles a cold
start. Here every call is one call with one deadline, and what went wrong is one of our own errors.
Paths are relative to the database's root (`tenants/…/devices/…`). Values are str, bool, int, None, aware datetime
and dict.
Sources: Firestore RPC reference (google.firestore.v1); gRPC, "Connection Backoff Protocol".
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import grpc
import grpc.experimental

from shared.errors import Unavailable
from shared.google import service_account
from shared.google.messages import CLASSES

CALL_SECONDS = 4.0
WALK_SECONDS = 60.0  # of one query of a walk; Firestore ends them at about that age
TRANSACTION_SECONDS = 8.0
TRANSACTION_ATTEMPTS = 5
MAX_WRITES = 500
_HOST = "firestore.googleapis.com:443"
_SCOPE = "https://www.googleapis.com/auth/datastore"
_SERVICE = "/google.firestore.v1.Firestore/"
_CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2000),  # also how long one attempt to connect may take
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.enable_retries", 0),
    # A stream runs at most 64 KiB ahead of its reader, not as far as the network would bear.
    ("grpc.http2.bdp_probe", 0),
    # A stream is read by whoever reads it, not by a thread that hands each answer over: a fourth of the processor.
    (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1),
)

Value: Any = CLASSES["Value"]
Write: Any = CLASSES["Write"]
Precondition: Any = CLASSES["Precondition"]
StructuredQuery: Any = CLASSES["StructuredQuery"]
_OPERATORS = {"<": 1, "<=": 2, ">": 3, ">=": 4, "==": 5}  # StructuredQuery.FieldFilter.Operator
_AND = 1  # StructuredQuery.CompositeFilter.Operator
_REQUEST_TIME = 1  # DocumentTransform.FieldTransform.ServerValue

Where = Sequence[tuple[str, str, Any]]  # field path, operator, value
T = TypeVar("T")


class NotFound(Exception):
    """A write's precondition says that the document exists, and it does not."""


class AlreadyExists(Exception):
    """A write's precondition says that the document does not exist, and it does."""


class Changed(Exception):
    """A write's precondition names a version of the document that is not the current one."""


class Contention(Exception):
    """Firestore gave up this attempt (ABORTED); the transaction can be tried again."""


_PRECONDITIONS: dict[grpc.StatusCode, type[Exception]] = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: Changed,
    grpc.StatusCode.ABORTED: Contention,
}


@dataclass(frozen=True)
class Document:
    """path: relative. fields: decoded; empty in a keys-only query. update_time: the version, for preconditions."""

    path: str
    fields: Mapping[str, Any]
    update_time: Any = field(compare=False)
    create_time: datetime | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


class Firestore:
    """One database, `(default)`, of one project. emulator: host:port, or empty for Google's."""

    def __init__(self, project: str, emulator: str = "") -> None:
        self._emulator = emulator
        self._database = f"projects/{project}/databases/(default)"
        self._root = f"{self._database}/documents"
        self._metadata = [
            ("google-cloud-resource-prefix", self._database),
            ("x-goog-request-params", f"database={self._database}"),
        ]
        if emulator:
            self._metadata.append(("authorization", "Bearer owner"))

    # Reading

    def get(self, *paths: str, transaction: bytes | None = None) -> list[Document | None]:
        """The documents at `paths`, in their order; None where there is none."""
        documents, _ = self._get(paths, transaction=transaction)
        return documents

    def query(
        self,
        collection: str,
        where: Where = (),
        order_by: Sequence[str] = ("__name__",),
        limit: int | None = None,
        start_after: Sequence[Any] | None = None,
        keys_only: bool = False,
        all_descendants: bool = False,
    ) -> list[Document]:
        """Documents of a collection. A path as a value of `__name__` is a reference: give a Document's path."""
        request = self._query_request(
            collection, where, order_by, limit, start_after, keys_only, all_descendants
        )
        return list(self._found(request, CALL_SECONDS))

    def walk(
        self,
        collection: str,
        where: Where = (),
        keys_only: bool = False,
        all_descendants: bool = False,
    ) -> Iterator[Document]:
        """All documents of a collection by path, read while they are used: few of them are ever in memory.

        `{path}/` with all_descendants: every document below `path`, at any depth.
        It is one query for as long as that lasts; where it is cut off, another one goes on behind the last document.
        Raises Unavailable when that one brings nothing.
        """
        after: list[str] | None = None
        while True:
            last = None
            request = self._query_request(
                collection, where, ("__name__",), None, after, keys_only, all_descendants
            )
            try:
                for document in self._found(request, WALK_SECONDS):
                    yield document
                    last = document
                return
            except Unavailable:
                if last is None:
                    raise
            after = [last.path]

    def _query_request(
        self,
        collection: str,
        where: Where,
        order_by: Sequence[str],
        limit: int | None,
        start_after: Sequence[Any] | None,
        keys_only: bool,
        all_descendants: bool,
    ) -> Any:
        parent, structured = self._structured(collection, where, all_descendants)
        for name in order_by:
            structured.order_by.add().field.field_path = name
        if limit is not None:
            structured.limit.value = limit
        if start_after is not None:
            for name, value in zip(order_by, start_after, strict=True):
                structured.start_at.values.append(self._operand(name, value))
        if keys_only:
            structured.select.fields.add().field_path = "__name__"
        return CLASSES["RunQueryRequest"](parent=parent, structured_query=structured)

    def _found(self, request: Any, deadline_seconds: float) -> Iterator[Document]:
        for answer in self._stream("RunQuery", request, deadline_seconds):
            if answer.HasField("document"):
                yield self._document(answer.document)

    def count(
        self,
        collection: str,
        where: Where = (),
        up_to: int | None = None,
        deadline_seconds: float = CALL_SECONDS,
    ) -> int:
        """How many documents match; Firestore bills one read per 1,000 index entries counted."""
        parent, structured = self._structured(collection, where, False)
        aggregation = CLASSES["Aggregation"](alias="n")
        aggregation.count.SetInParent()
        if up_to is not None:
            aggregation.count.up_to.value = up_to
        request = CLASSES["RunAggregationQueryRequest"](parent=parent)
        request.structured_aggregation_query.structured_query.CopyFrom(structured)
        request.structured_aggregation_query.aggregations.append(aggregation)
        for answer in self._stream("RunAggregationQuery", request, deadline_seconds):
            return int(answer.result.aggregate_fields["n"].integer_value)
        raise Unavailable("firestore", "no_count")

    def collection_ids(self, path: str = "") -> list[str]:
        """The collections directly below a document (it need not exist), or below the root."""
        ids: list[str] = []
        token = ""
        while True:
            request = CLASSES["ListCollectionIdsRequest"](
                parent=self._name(path), page_size=300, page_token=token
            )
            answer = self._unary("ListCollectionIds", request)
            ids.extend(answer.collection_ids)
            token = answer.next_page_token
            if not token:
                return ids

    def list_page(
        self, collection: str, page_size: int, page_token: str = ""
    ) -> tuple[list[Document], str]:
        """A page of a collection, with documents that do not exist but have descendants (update_time None)."""
        parent, _, collection_id = collection.rpartition("/")
        request = CLASSES["ListDocumentsRequest"](
            parent=self._name(parent),
            collection_id=collection_id,
            page_size=page_size,
            page_token=page_token,
            show_missing=True,
        )
        request.mask.field_paths.append("__name__")
        answer = self._unary("ListDocuments", request)
        return [self._document(found) for found in answer.documents], answer.next_page_token

    # Writing

    def set(self, path: str, fields: Mapping[str, Any], *, exists: bool | None = None) -> Any:
        """A write of the whole document. exists: the precondition."""
        return self._with(
            Write(update=self._encoded(path, fields)),
            Precondition(exists=exists) if exists is not None else None,
        )

    def create(
        self,
        path: str,
        *,
        server_times: Sequence[str] = (),
        fields: Mapping[str, Any] | None = None,
    ) -> Any:
        """A write that makes the document, which must not exist. server_times: fields that get the server's time."""
        made = Write(update=self._encoded(path, fields or {}))
        _add_server_times(made, server_times)
        return self._with(made, Precondition(exists=False))

    def update(
        self,
        path: str,
        fields: Mapping[str, Any],
        *,
        remove: Sequence[str] = (),
        server_times: Sequence[str] = (),
        update_time: Any = None,
    ) -> Any:
        """A write to some fields (top level names or dotted paths) of a document that must exist."""
        nested: dict[str, Any] = {}
        for name, value in fields.items():
            *parents, last = name.split(".")
            target = nested
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
        made = Write(update=self._encoded(path, nested))
        made.update_mask.field_paths.extend([*fields, *remove])
        _add_server_times(made, server_times)
        return self._with(
            made,
            Precondition(update_time=update_time) if update_time else Precondition(exists=True),
        )

    def delete(self, path: str, *, update_time: Any = None) -> Any:
        """A delete; with update_time only of that very version."""
        return self._with(
            Write(delete=self._name(path)),
            Precondition(update_time=update_time) if update_time else None,
        )

    def commit(self, *writes: Any) -> None:
        """All writes or none. Raises NotFound, AlreadyExists, Changed for preconditions, and Unavailable."""
        self._commit(writes, None)

    def batch_write(self, writes: Sequence[Any], deadline_seconds: float = 30.0) -> list[int]:
        """Each write for itself, in any order (≤ 500). Returns a gRPC status code per write; 0 is done."""
        request = CLASSES["BatchWriteRequest"](database=self._database, writes=writes)
        answer = self._unary("BatchWrite", request, deadline_seconds)
        return [status.code for status in answer.status]

    def transact(
        self,
        paths: Sequence[str],
        decide: Callable[[list[Document | None]], tuple[Sequence[Any], T]],
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> T:
        """Read `paths`, let `decide` return writes and a result, and commit them against just what was read.

        The first read begins the transaction: two calls in all. `decide` may run several times. An attempt that
        Firestore aborts is made again, five times at most and within 8 seconds, then Unavailable is raised.
        """
        started = clock()
        for attempt in range(TRANSACTION_ATTEMPTS):
            if attempt:
                pause(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311 - spreads load, guards nothing
            if clock() - started > TRANSACTION_SECONDS - CALL_SECONDS / 2:
                break
            try:
                return self._attempt(paths, decide)
            except Contention:
                continue
        raise Unavailable("firestore", "contention")

    def _attempt(
        self,
        paths: Sequence[str],
        decide: Callable[[list[Document | None]], tuple[Sequence[Any], T]],
    ) -> T:
        documents, transaction = self._get(paths, begin=True)
        try:
            writes, result = decide(documents)
        except BaseException:
            self._rollback(transaction)
            raise
        if writes:
            self._commit(writes, transaction)
        else:
            self._rollback(transaction)
        return result

    def _rollback(self, transaction: bytes) -> None:
        request = CLASSES["RollbackRequest"](database=self._database, transaction=transaction)
        # It expires by itself, and what was decided stands.
        with suppress(Unavailable, NotFound, AlreadyExists, Changed, Contention):
            self._unary("Rollback", request)

    def _commit(self, writes: Sequence[Any], transaction: bytes | None) -> None:
        request = CLASSES["CommitRequest"](
            database=self._database, writes=writes, transaction=transaction or b""
        )
        self._unary("Commit", request)

    def _get(
        self, paths: Sequence[str], begin: bool = False, transaction: bytes | None = None
    ) -> tuple[list[Document | None], bytes]:
        request = CLASSES["BatchGetDocumentsRequest"](
            database=self._database, documents=[self._name(path) for path in paths]
        )
        if begin:
            request.new_transaction.read_write.SetInParent()
        elif transaction:
            request.transaction = transaction
        found: dict[str, Document] = {}
        begun = b""
        for answer in self._stream("BatchGetDocuments", request, CALL_SECONDS):
            begun = answer.transaction or begun
            if answer.HasField("found"):
                document = self._document(answer.found)
                found[document.path] = document
        return [found.get(path) for path in paths], begun

    # The wire

    @cached_property
    def _channel(self) -> grpc.Channel:
        if self._emulator:
            return grpc.insecure_channel(self._emulator, options=_CHANNEL_OPTIONS)
        return _google_channel()

    @cached_property
    def _calls(self) -> dict[str, Callable[..., Any]]:
        shapes: dict[str, Callable[..., Any]] = {
            "BatchGetDocuments": self._channel.unary_stream,
            "BatchWrite": self._channel.unary_unary,
            "Commit": self._channel.unary_unary,
            "ListCollectionIds": self._channel.unary_unary,
            "ListDocuments": self._channel.unary_unary,
            "Rollback": self._channel.unary_unary,
            "RunAggregationQuery": self._channel.unary_stream,
            "RunQuery": self._channel.unary_stream,
        }
        return {
            name: shape(
                _SERVICE + name,
                request_serializer=CLASSES[f"{name}Request"].SerializeToString,
                response_deserializer=_response(name),
            )
            for name, shape in shapes.items()
        }

    def _unary(self, name: str, request: Any, deadline_seconds: float = CALL_SECONDS) -> Any:
        try:
            return self._calls[name](request, timeout=deadline_seconds, metadata=self._metadata)
        except grpc.RpcError as error:
            raise _translated(error) from None

    def _stream(self, name: str, request: Any, deadline_seconds: float) -> Iterator[Any]:
        """The answers, as they come; who stops asking ends the call."""
        call = self._calls[name](request, timeout=deadline_seconds, metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            raise _translated(error) from None
        finally:
            call.cancel()

    # Names and values

    def _name(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _structured(self, collection: str, where: Where, all_descendants: bool) -> tuple[str, Any]:
        parent, _, collection_id = collection.rpartition("/")
        structured = StructuredQuery()
        selector = structured.from_.add()
        selector.collection_id = collection_id
        selector.all_descendants = all_descendants
        for name, operator, value in where:
            condition = structured.where.composite_filter.filters.add().field_filter
            condition.field.field_path = name
            condition.op = _OPERATORS[operator]
            condition.value.CopyFrom(self._operand(name, value))
        if where:
            structured.where.composite_filter.op = _AND
        return self._name(parent), structured

    def _operand(self, name: str, value: Any) -> Any:
        return Value(reference_value=self._name(value)) if name == "__name__" else encode(value)

    def _encoded(self, path: str, fields: Mapping[str, Any]) -> Any:
        return CLASSES["Document"](
            name=self._name(path), fields={name: encode(value) for name, value in fields.items()}
        )

    def _document(self, found: Any) -> Document:
        return Document(
            found.name.removeprefix(self._root + "/"),
            {name: decode(value) for name, value in found.fields.items()},
            found.update_time if found.HasField("update_time") else None,
            found.create_time.ToDatetime(UTC) if found.HasField("create_time") else None,
        )

    @staticmethod
    def _with(made: Any, precondition: Any) -> Any:
        if precondition is not None:
            made.current_document.CopyFrom(precondition)
        return made


def _google_channel() -> grpc.Channel:
    """Google's own Firestore, over TLS, in the name of the function's service account."""
    import google.auth.transport.grpc

    credentials, request = service_account.credentials(_SCOPE, "firestore")
    connect: Any = google.auth.transport.grpc.secure_authorized_channel
    channel: grpc.Channel = connect(credentials, request, _HOST, options=_CHANNEL_OPTIONS)
    return channel


def _response(name: str) -> Callable[[bytes], Any]:
    """How to read the answer to a call; where nobody looks at it, it stays bytes."""
    message = CLASSES.get(f"{name}Response")
    return message.FromString if message else bytes


def encode(value: Any) -> Any:
    """A Firestore Value. Raises TypeError for what the inventory has no use for."""
    encoded = Value()
    match value:
        case None:
            encoded.null_value = 0
        case bool():
            encoded.boolean_value = value
        case int():
            encoded.integer_value = value
        case str():
            encoded.string_value = value
        case datetime():
            encoded.timestamp_value.FromDatetime(value)
        case Mapping():
            encoded.map_value.SetInParent()
            for name, item in value.items():
                encoded.map_value.fields[name].CopyFrom(encode(item))
        case _:
            raise TypeError(f"no Firestore value for {type(value).__name__}")
    return encoded


def decode(value: Any) -> Any:
    """The Python value of a Firestore Value; of kinds that we never write, the name of the kind in a tuple."""
    kind = value.WhichOneof("value_type")
    match kind:
        case None | "null_value":
            return None
        case "timestamp_value":
            return value.timestamp_value.ToDatetime(UTC)
        case "map_value":
            return {name: decode(item) for name, item in value.map_value.fields.items()}
        case "string_value" | "boolean_value" | "integer_value":
            return getattr(value, kind)
        case _:
            return (kind,)


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _add_server_times(made: Any, names: Sequence[str]) -> None:
    for name in names:
        made.update_transforms.add(field_path=name, set_to_server_value=_REQUEST_TIME)


def _translated(error: grpc.RpcError) -> Exception:
    code = error.code()
    known = _PRECONDITIONS.get(code)
    return known() if known else Unavailable("firestore", code.name.lower())
