"""Fakes, written by hand, of what lies outside a function: they keep state, and fail on request."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from firebase_admin.auth import UserRecord

from shared import errors
from shared.entra.client import EntraRefused
from shared.google.firestore import AlreadyExists, Changed, Document, NotFound, Where
from shared.google.users import (
    MAX_DELETE_USERS,
    MAX_LOOKUP_USERS,
    MAX_UID_LENGTH,
    PageRefused,
    QuotaExceeded,
    User,
)
from shared.tokens import DeviceIdentity

TENANT = "5e1f0a10-c0de-4c01-8a01-0000c0a70500"
DEVICE = "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"
IDENTITY = DeviceIdentity(TENANT, DEVICE)
NOW = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)
OK, NOT_FOUND, FAILED_PRECONDITION = 0, 5, 9  # gRPC status codes of single writes
ATTEMPTS = 5
T = TypeVar("T")


@dataclass
class FakeFirestore:
    """shared.google.firestore.Firestore in memory: documents with versions, preconditions, and the calls in order.

    Versions are moments a microsecond apart, the first one at `now`. Every call lets others go first, so that what runs
    at once meets. away: every call raises Unavailable. page: documents of one query of a walk. codes: of single
    deletes, by path, that Firestore does not do. seconds: how long each call takes.
    """

    away: bool = False
    now: datetime = NOW
    page: int = 300
    codes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    calls: list[str] = field(default_factory=list)
    kept: dict[str, Document] = field(default_factory=dict)
    _ticks: Any = field(default_factory=itertools.count)

    # What tests look at and prepare

    def put(self, path: str, fields: Mapping[str, Any]) -> Document:
        """Store a document, as it is."""
        version = self.now + timedelta(microseconds=next(self._ticks))
        before = self.kept.get(path)
        created = before.created if before else version
        self.kept[path] = Document(path, copy.deepcopy(dict(fields)), version, created)
        return self.kept[path]

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """Fields by path."""
        return {path: dict(document.fields) for path, document in self.kept.items()}

    # Firestore's own words

    async def get(self, path: str) -> Document | None:
        return (await self.get_all([path]))[0]

    async def get_all(self, paths: Sequence[str]) -> list[Document | None]:
        await self._called("get")
        return [copy.deepcopy(self.kept.get(path)) for path in paths]

    async def query(
        self,
        collection: str,
        *,
        where: Where = (),
        order_by: str = "__name__",
        start_after: Sequence[Any] | None = None,
        limit: int = 300,
        group: bool = False,
    ) -> list[Document]:
        await self._called("query")
        matching = self._matching(collection, where, group)
        keyed = sorted((_key(document, order_by), document) for document in matching)
        after = tuple(start_after) if start_after is not None else None
        page = [document for key, document in keyed if after is None or key > after]
        return copy.deepcopy(page[:limit])

    async def walk(
        self, collection: str, *, where: Where = (), order_by: str = "__name__"
    ) -> AsyncGenerator[Document, None]:
        after: tuple[Any, ...] | None = None
        while True:
            page = await self.query(
                collection, where=where, order_by=order_by, start_after=after, limit=self.page
            )
            for document in page:
                yield document
            if len(page) < self.page:
                return
            after = _key(page[-1], order_by)

    async def count(
        self,
        collection: str,
        *,
        where: Where = (),
        up_to: int | None = None,
        seconds: float = 0.0,
        group: bool = False,
    ) -> int:
        await self._called("count")
        count = len(self._matching(collection, where, group))
        return min(count, up_to) if up_to is not None else count

    async def stream(
        self, path: str, *, below: bool = False, keys_only: bool = False
    ) -> AsyncGenerator[Document, None]:
        await self._called("stream")
        prefix = f"{path}/" if path else ""
        for name in sorted(self.kept):
            is_below = name.startswith(prefix) and (below or "/" not in name[len(prefix) :])
            document = self.kept.get(name)
            if is_below and document is not None:
                await asyncio.sleep(0)
                yield replace(document, fields={} if keys_only else copy.deepcopy(document.fields))

    async def update(self, path: str, fields: Mapping[str, Any]) -> None:
        await self._called("update")
        if path not in self.kept:
            raise NotFound
        self.put(path, {**self.kept[path].fields, **fields})

    async def replace(self, path: str, fields: Mapping[str, Any], version: Any) -> None:
        await self._called("replace")
        self._require(path, version)
        self.put(path, fields)

    async def delete(self, path: str, version: Any = None) -> None:
        await self._called("delete")
        if path in self.kept:
            if version is not None:
                self._require(path, version)
            del self.kept[path]

    async def delete_batch(self, documents: Sequence[Document]) -> list[int]:
        await self._called("delete_batch")
        codes = []
        for document in documents:
            kept = self.kept.get(document.path)
            code = NOT_FOUND if kept is None else self.codes.get(document.path, OK)
            if kept is not None and kept.version != document.version:
                code = FAILED_PRECONDITION
            codes.append(code)
            if code == OK:
                del self.kept[document.path]
        return codes

    async def transact(self, decide: Callable[[Any], Awaitable[T]]) -> T:
        await self._called("transact")
        for _ in range(ATTEMPTS):
            transaction = _FakeTransaction(self)
            result = await decide(transaction)
            await asyncio.sleep(0)
            if transaction.holds():
                transaction.commit()
                return result
        raise errors.Unavailable("firestore", "contention")

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        await asyncio.sleep(self.seconds)
        if self.away:
            raise errors.Unavailable("firestore", "fake")

    def _require(self, path: str, version: Any) -> None:
        if path not in self.kept:
            raise NotFound
        if self.kept[path].version != version:
            raise Changed

    def _matching(self, collection: str, where: Where, group: bool = False) -> list[Document]:
        return [
            document
            for path, document in self.kept.items()
            if (path.split("/")[-2] if group else path.rpartition("/")[0]) == collection
            and all(_holds(document, *condition) for condition in where)
        ]


@dataclass
class _FakeTransaction:
    """read: the versions that its decision stands on."""

    database: FakeFirestore
    read: dict[str, Any] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    writes: list[Callable[[], object]] = field(default_factory=list)

    async def get(self, *paths: str) -> list[Document | None]:
        assert not self.writes, "Firestore reads before it writes"
        documents = await self.database.get_all(paths)
        self.read.update({path: self._version(path) for path in paths})
        return documents

    def create(self, path: str, fields: Mapping[str, Any]) -> None:
        self.created.append(path)
        self.set(path, fields)

    def set(self, path: str, fields: Mapping[str, Any]) -> None:
        self.writes.append(lambda: self.database.put(path, fields))

    def delete(self, path: str) -> None:
        self.writes.append(lambda: self.database.kept.pop(path, None))

    def holds(self) -> bool:
        return all(self._version(path) == version for path, version in self.read.items())

    def commit(self) -> None:
        if any(path in self.database.kept for path in self.created):
            raise AlreadyExists
        for write in self.writes:
            write()

    def _version(self, path: str) -> Any:
        kept = self.database.kept.get(path)
        return kept.version if kept else None


def _value(document: Document, field_path: str) -> Any:
    value: Any = document.fields
    for name in field_path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _key(document: Document, order_by: str) -> tuple[Any, ...]:
    return (document.id,) if order_by == "__name__" else (_value(document, order_by), document.id)


def _holds(document: Document, name: str, operator: str, wanted: Any) -> bool:
    value = _value(document, name)
    if type(value) is not type(wanted) and not (
        isinstance(value, datetime) and isinstance(wanted, datetime)
    ):
        return False
    holds: dict[str, bool] = {
        "==": value == wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        ">=": value >= wanted,
    }
    return holds[operator]


@dataclass
class FakeUsers:
    """shared.google.users.Users in memory.

    refused: uids that Firebase keeps. quota: calls that it still takes. seconds: how long each call takes.
    """

    uids: set[str] = field(default_factory=set)
    with_profile: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    away: bool = False
    quota: int | None = None
    page_size: int = MAX_DELETE_USERS
    seconds: float = 0.0
    calls: list[str] = field(default_factory=list)

    async def delete(self, uids: Sequence[str]) -> set[str]:
        await self._called("delete")
        assert 0 < len(uids) <= MAX_DELETE_USERS
        assert all(0 < len(uid) <= MAX_UID_LENGTH for uid in uids)
        self.uids -= {*uids} - self.refused
        return {*uids} & self.refused

    async def delete_one(self, uid: str) -> None:
        await self._called("delete_one")
        self.uids.discard(uid)

    async def lookup(self, uids: Sequence[str]) -> list[Any]:
        if not uids:
            return []
        await self._called("lookup")
        assert len(uids) <= MAX_LOOKUP_USERS
        profile = {"displayName": "somebody"}
        return [
            UserRecord({"localId": uid, **(profile if uid in self.with_profile else {})})
            for uid in uids
            if uid in self.uids
        ]

    async def page(self, token: str = "") -> tuple[list[User], str]:
        await self._called("page")
        if token == "refused":
            raise PageRefused
        left = sorted(uid for uid in self.uids if uid > token)
        page = left[: self.page_size]
        users = [User(uid, uid in self.with_profile) for uid in page]
        return users, page[-1] if len(left) > len(page) else ""

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        await asyncio.sleep(self.seconds)
        if self.away:
            raise errors.Unavailable("firebase", "fake")
        if self.quota is not None:
            if not self.quota:
                raise QuotaExceeded("firebase", "fake")
            self.quota -= 1


@dataclass
class FakeEntra:
    """EntraCalls. answers: to the probe of a tenant, an AADSTS code or an exception; a token for all others."""

    answers: dict[str, int | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def probe_consent(self, tenant_id: str) -> None:
        self.asked.append(tenant_id)
        await asyncio.sleep(0)
        answer = self.answers.get(tenant_id)
        if isinstance(answer, int):
            raise EntraRefused("invalid_client", (answer,))
        if answer is not None:
            raise answer

    def admin_consent_url(self, state: str, redirect_uri: str) -> str:
        return f"https://login.example/adminconsent?state={state}"


@dataclass
class FakeCustomTokens:
    """CustomTokens, signed by nobody."""

    away: bool = False

    async def make(self, identity: DeviceIdentity) -> str:
        if self.away:
            raise errors.Unavailable("firebase", "fake")
        return f"custom-token-of-{identity.uid}"


@dataclass
class FakeTokens:
    """DeviceTokens that accept one word."""

    identity: DeviceIdentity = IDENTITY
    accepted: str = "id-token"

    async def verify(self, token: str, most_age_seconds: float | None = None) -> DeviceIdentity:
        if token != self.accepted:
            raise errors.Unauthenticated("signature")
        return self.identity
