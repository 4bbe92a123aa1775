"""Firestore through Google's own client, with the few operations that this product needs.

Every call ends within a deadline, and gRPC's codes become ours here, by what the call means: a failed precondition of a
write is `Changed`, of a query it is a missing index, and so Unavailable. Paths are relative to the database's root.
Sources: Firestore RPC reference (google.firestore.v1); google-cloud-firestore's source, version 2.34.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import grpc
from google.api_core.exceptions import Aborted, GoogleAPICallError, InvalidArgument, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import AsyncClient, AsyncTransaction, async_transactional
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.deadline import deadline
from shared.errors import Unavailable
from shared.google import connection
from shared.google.wire import Wire, Write

CALL_SECONDS = 4.0
TRANSACTION_SECONDS = 8.0
ROLLBACK_SECONDS = 1.0
ATTEMPTS = 5
STREAM_SECONDS = 10.0  # until the next document of a stream
AT_ONCE = 100  # documents of a stream that are read under one deadline
BATCH_SECONDS = 30.0
PAGE = 300

Where = Sequence[tuple[str, str, Any]]  # field path, operator, value
Code = grpc.StatusCode
T = TypeVar("T")
_FAILURES = (GoogleAPICallError, RetryError, GoogleAuthError, grpc.RpcError)


class NotFound(Exception):
    """A write's precondition says that the document exists, and it does not."""


class AlreadyExists(Exception):
    """A write's precondition says that the document does not exist, and it does."""


class Changed(Exception):
    """A write's precondition names a version of the document that is not the current one."""


_PRECONDITIONS: dict[Code | None, type[Exception]] = {
    Code.NOT_FOUND: NotFound,
    Code.ALREADY_EXISTS: AlreadyExists,
    Code.FAILED_PRECONDITION: Changed,
}


@dataclass(frozen=True)
class Document:
    """path: relative. version: its update time, for preconditions; None where it exists by its descendants alone."""

    path: str
    fields: Mapping[str, Any]
    version: Any = field(default=None, compare=False)
    created: datetime | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


class Transaction:
    """The reads and writes of a decision: all on the same state, or none."""

    def __init__(self, client: AsyncClient, transaction: AsyncTransaction) -> None:
        self._client = client
        self._transaction = transaction

    async def get(self, *paths: str) -> list[Document | None]:
        """Return the documents at `paths`, in their order; to be called before any write."""
        return await _get(self._client, paths, self._transaction)

    def create(self, path: str, fields: Mapping[str, Any]) -> None:
        self._transaction.create(self._client.document(path), dict(fields))

    def set(self, path: str, fields: Mapping[str, Any]) -> None:
        self._transaction.set(self._client.document(path), dict(fields))

    def delete(self, path: str) -> None:
        self._transaction.delete(self._client.document(path))


class Firestore:
    """One database, `(default)` unless named, of one project. emulator: host:port, or empty for Google's.

    The client is made by the first call, on the event loop that it then belongs to.
    """

    def __init__(self, project: str, emulator: str = "", database: str = "(default)") -> None:
        self._project = project
        self._emulator = emulator
        self._database = database
        self._client: AsyncClient | None = None
        self._making = asyncio.Lock()
        self._wire: Wire | None = None

    async def client(self) -> AsyncClient:
        """Google's client. Raises Unavailable where there are no credentials."""
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await self._made_client()
        return self._client

    async def _made_client(self) -> AsyncClient:
        credentials = await connection.credentials(self._emulator)
        return connection.client(self._project, self._emulator, self._database, credentials)

    async def _made_wire(self) -> Wire:
        if self._wire is None:
            self._wire = Wire(await self.client())
        return self._wire

    # Reading

    async def get(self, path: str) -> Document | None:
        """The document at `path`. Raises Unavailable, as everything here does."""
        async with _calling(CALL_SECONDS):
            return (await _get(await self.client(), [path]))[0]

    async def get_all(self, paths: Sequence[str]) -> list[Document | None]:
        """The documents at `paths`, in their order."""
        async with _calling(CALL_SECONDS):
            return await _get(await self.client(), paths)

    async def query(
        self,
        collection: str,
        *,
        where: Where = (),
        order_by: str = "__name__",
        start_after: Sequence[Any] | None = None,
        limit: int = PAGE,
        group: bool = False,
    ) -> list[Document]:
        """A page of documents. start_after: value of `order_by` and ID of the last document before the page.

        group: of all collections of that name, wherever they are.
        """
        async with _calling(CALL_SECONDS):
            query = _query(await self.client(), collection, where, group)
            for name in dict.fromkeys((order_by, "__name__")):
                query = query.order_by(name)
            if start_after is not None:
                query = query.start_after(list(start_after))
            return [_document(snapshot) async for snapshot in query.limit(limit).stream()]

    async def walk(
        self, collection: str, *, where: Where = (), order_by: str = "__name__"
    ) -> AsyncGenerator[Document, None]:
        """All documents of a collection by one field, each once, a page in memory at a time."""
        after: list[Any] | None = None
        while True:
            page = await self.query(collection, where=where, order_by=order_by, start_after=after)
            for document in page:
                yield document
            if len(page) < PAGE:
                return
            last = page[-1]
            after = [last.id] if order_by == "__name__" else [_value(last, order_by), last.id]

    async def count(
        self,
        collection: str,
        *,
        where: Where = (),
        up_to: int | None = None,
        seconds: float = CALL_SECONDS,
        group: bool = False,
    ) -> int:
        """How many documents match; Firestore bills one read per 1,000 index entries counted. group: as in `query`."""
        async with _calling(seconds):
            query = _query(await self.client(), collection, where, group)
            counted = (query.limit(up_to) if up_to is not None else query).count(alias="n")
            return int((await counted.get(timeout=seconds))[0][0].value)

    async def stream(
        self, path: str, *, below: bool = False, keys_only: bool = False
    ) -> AsyncGenerator[Document, None]:
        """All documents of a collection by path, read while they are used: few of them are ever in memory.

        below: every document below the document at `path` (`""`: of the database), at any depth. It is one query for as
        long as that lasts; where it is cut off, another one goes on behind the last document. Raises Unavailable when
        that one brings nothing.
        """
        after = ""
        while True:
            last: Document | None = None
            try:
                async with aclosing(self._stream(path, after, below, keys_only)) as pieces:
                    async for piece in pieces:
                        for document in piece:
                            yield document
                            last = document
                return
            except Unavailable:
                if last is None:
                    raise
                after = last.path

    async def _stream(
        self, path: str, after: str, below: bool, keys_only: bool
    ) -> AsyncGenerator[list[Document], None]:
        """Yield pieces of the stream; documents that have arrived are yielded before an error is raised."""
        async with _calling(CALL_SECONDS):
            wire = await self._made_wire()
        stream = wire.stream(path, after, below=below, keys_only=keys_only)
        has_more = True
        try:
            while has_more:
                piece: list[Document] = []
                away: Unavailable | None = None
                try:
                    async with _calling(STREAM_SECONDS):
                        has_more = await wire.read(stream, AT_ONCE, piece, Document)
                except Unavailable as error:
                    away = error
                yield piece
                if away:
                    raise away
        finally:
            stream.cancel()

    # Writing

    async def update(self, path: str, fields: Mapping[str, Any]) -> None:
        """Write some top-level fields of a document that must exist. Raises NotFound."""
        wire = await self._made_wire()
        await self._commit(wire.update(path, fields), path, is_done=lambda _current: False)

    async def replace(self, path: str, fields: Mapping[str, Any], version: Any) -> None:
        """Replace a document, if it is in exactly this version. Raises Changed, NotFound."""
        wire = await self._made_wire()
        write = wire.replace(path, fields, version)
        await self._commit(
            write, path, is_done=lambda now: now is not None and now.fields == fields
        )

    async def delete(self, path: str, version: Any = None) -> None:
        """Delete a document, or exactly this version of it; what is gone is no error. Raises Changed."""
        wire = await self._made_wire()
        with suppress(NotFound):
            await self._commit(wire.delete(path, version), path, is_done=lambda now: now is None)

    async def _commit(
        self, write: Write, path: str, is_done: Callable[[Document | None], bool]
    ) -> None:
        """Commit one write. If it is aborted or gets no answer, it is sent once more.

        is_done: whether a document shows that the write took effect, though its answer was lost.
        """
        wire = await self._made_wire()
        for is_last in (False, True):
            try:
                async with deadline(CALL_SECONDS, "firestore"):
                    await wire.commit(write, CALL_SECONDS)
                return
            except _FAILURES as error:
                code = _code(error)
            if code in _PRECONDITIONS:
                # Raises Unavailable where it is the database that is not found.
                current = await self.get(path)
                if is_last and is_done(current):
                    return
                if code is Code.NOT_FOUND and current is not None:
                    raise Unavailable("firestore", "not_found")
                raise _PRECONDITIONS[code]
            if is_last or code not in (Code.ABORTED, Code.UNAVAILABLE):
                raise Unavailable("firestore", _word(code))
            await asyncio.sleep(random.uniform(0.02, 0.1))  # noqa: S311 - spreads load, guards nothing

    async def delete_batch(self, documents: Sequence[Document]) -> list[int]:
        """Delete each document (≤ 500) in its version, each for itself. Returns gRPC status codes; 0 is done."""
        wire = await self._made_wire()
        async with _calling(BATCH_SECONDS):
            return await wire.batch(
                [wire.delete(document.path, document.version) for document in documents],
                BATCH_SECONDS,
            )

    async def transact(self, decide: Callable[[Transaction], Awaitable[T]]) -> T:
        """Let `decide` read, then write, and commit all writes at once if nothing that it read has changed.

        `decide` may run several times: again where Firestore aborts it, and once more where the answer to a commit was
        lost, so it must come to the same end then. Raises AlreadyExists, and Unavailable after 8 seconds.
        """
        async with _calling(TRANSACTION_SECONDS):
            client = await self.client()

            async def attempt(transaction: AsyncTransaction) -> T:
                return await decide(Transaction(client, transaction))

            for _ in range(ATTEMPTS - 1):
                with suppress(
                    Aborted, InvalidArgument
                ):  # a read was aborted; a lost commit is closed
                    return await async_transactional(attempt)(_Transaction(client, ATTEMPTS))
            return await async_transactional(attempt)(_Transaction(client, ATTEMPTS))


async def pages_of(
    documents: AsyncGenerator[Document, None], size: int
) -> AsyncGenerator[list[Document], None]:
    """The documents in lists of `size`; the last one may be shorter, and none is empty."""
    page: list[Document] = []
    async with aclosing(documents):
        async for document in documents:
            page.append(document)
            if len(page) == size:
                yield page
                page = []
    if page:
        yield page


class _Transaction(AsyncTransaction):
    """Google's, whose rollback has a time limit of 60 seconds, and fails where nothing was begun."""

    async def _rollback(self) -> None:
        if self.in_progress:  # it expires by itself, and what was raised stands
            with suppress(*_FAILURES, TimeoutError):
                async with asyncio.timeout(ROLLBACK_SECONDS):
                    await super()._rollback()


@asynccontextmanager
async def _calling(seconds: float) -> AsyncIterator[None]:
    """A call, or several, that mean nothing but their answer: whatever fails is Firestore being away."""
    try:
        async with deadline(seconds, "firestore"):
            yield
    except _FAILURES as error:
        if _code(error) is Code.ALREADY_EXISTS:
            raise AlreadyExists from None
        raise Unavailable("firestore", _word(_code(error))) from None
    except ValueError as error:
        if isinstance(
            error.__cause__, Aborted
        ):  # Google's word for a transaction that was aborted too often
            raise Unavailable("firestore", "contention") from None
        raise


def _code(error: BaseException) -> Code | None:
    """gRPC's status of a failure, whichever layer raised it."""
    if isinstance(error, RetryError) and error.cause is not None:
        return _code(error.cause)
    if isinstance(error, grpc.RpcError):
        return error.code()
    return getattr(error, "grpc_status_code", None)


def _word(code: Code | None) -> str:
    return code.name.lower() if code is not None else "failed"


async def _get(
    client: AsyncClient, paths: Sequence[str], transaction: AsyncTransaction | None = None
) -> list[Document | None]:
    references = [client.document(path) for path in paths]
    by_path = {
        snapshot.reference.path: _document(snapshot)
        async for snapshot in client.get_all(references, transaction=transaction)
        if snapshot.exists
    }
    return [by_path.get(path) for path in paths]


def _query(client: AsyncClient, collection: str, where: Where, group: bool) -> Any:
    query: Any = client.collection_group(collection) if group else client.collection(collection)
    for name, operator, value in where:
        query = query.where(filter=FieldFilter(name, operator, value))
    return query


def _document(snapshot: Any) -> Document:
    return Document(
        snapshot.reference.path,
        snapshot.to_dict() or {},
        snapshot.update_time,
        snapshot.create_time,
    )


def _value(document: Document, field_path: str) -> Any:
    value: Any = document.fields
    for name in field_path.split("."):
        value = value[name]
    return value
