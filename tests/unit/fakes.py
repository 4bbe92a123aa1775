"""Fakes, written by hand, of what lies outside a function: they record, and fail on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from flask.testing import FlaskClient

from shared import errors
from shared.google.firestore import AlreadyExists, Document, NotFound
from shared.tokens import DeviceIdentity

TENANT = "5e1f0a10-c0de-4c01-8a01-0000c0a70500"
DEVICE = "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"
IDENTITY = DeviceIdentity(TENANT, DEVICE)
NOW = "now"  # what a server time becomes in FakeFirestore


@dataclass
class Serve:
    """A function that is being served."""

    module: ModuleType
    client: FlaskClient


@dataclass
class FakeFirestore:
    """Documents in a dict, with preconditions and server times; `log` names the calls in order."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    away: bool = False

    def _call(self, name: str) -> None:
        if self.away:
            raise errors.Unavailable("firestore", "fake")
        self.log.append(name)

    def get(self, *paths):
        self._call("get")
        return [self._document(path) for path in paths]

    def count(self, collection, where=(), up_to=None, deadline_seconds=None):
        self._call("count")
        found = sum(path.rpartition("/")[0] == collection for path in self.documents)
        return min(found, up_to) if up_to is not None else found

    def create(self, path, *, server_times=(), fields=None):
        return ("create", path, {**(fields or {}), **dict.fromkeys(server_times, NOW)})

    def update(self, path, fields, *, server_times=()):
        return ("update", path, {**fields, **dict.fromkeys(server_times, NOW)})

    def delete(self, path):
        return ("delete", path, {})

    def commit(self, *writes):
        self._call("commit")
        for kind, path, fields in writes:
            if kind == "create" and path in self.documents:
                raise AlreadyExists
            if kind == "update" and path not in self.documents:
                raise NotFound
            if kind == "delete":
                self.documents.pop(path, None)
            else:
                self.documents[path] = {**self.documents.get(path, {}), **fields}

    def transact(self, paths, decide):
        self._call("transact")
        writes, result = decide([self._document(path) for path in paths])
        if writes:
            self.commit(*writes)
        return result

    def _document(self, path):
        fields = self.documents.get(path)
        return None if fields is None else Document(path, dict(fields), None)


@dataclass
class FakeAccounts:
    """Firebase Authentication."""

    users: set[str] = field(default_factory=set)
    away: bool = False
    refuses: bool = False

    def delete(self, uids):
        if self.away:
            raise errors.Unavailable("firebase", "fake")
        if self.refuses:
            return list(uids)
        self.users.difference_update(uids)
        return []


@dataclass
class FakeCustomTokens:
    """CustomTokens, signed by nobody."""

    away: bool = False

    def make(self, identity):
        if self.away:
            raise errors.Unavailable("firebase", "fake")
        return f"custom-token-of-{identity.uid}"


@dataclass
class FakeTokens:
    """DeviceTokens that accept one word."""

    identity: DeviceIdentity = IDENTITY
    accepted: str = "id-token"

    def verify(self, token):
        if token != self.accepted:
            raise errors.Unauthenticated("signature")
        return self.identity
