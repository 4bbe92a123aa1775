"""A walk over a collection that is cut off on its way."""

from __future__ import annotations

import grpc
import pytest

from shared.errors import Unavailable
from shared.google.old_firestore import Firestore
from shared.google.messages import CLASSES

ROOT = "projects/unit-tests/databases/(default)/documents"


class Cut(grpc.RpcError):
    def code(self):
        return grpc.StatusCode.DEADLINE_EXCEEDED


class Collection:
    """Firestore's RunQuery over documents 0 … 9, of which each call brings `at_once` before it is cut off."""

    def __init__(self, at_once):
        self.at_once = at_once
        self.ended = 0

    def __call__(self, request, timeout, metadata):
        return Call(self, request.structured_query)


class Call:
    def __init__(self, collection, query):
        after = [value.reference_value for value in query.start_at.values]
        names = [f"{ROOT}/things/{number}" for number in range(10)]
        self.collection = collection
        self.names = [name for name in names if not after or name > after[0]]

    def __iter__(self):
        for name in self.names[: self.collection.at_once]:
            yield CLASSES["RunQueryResponse"](document={"name": name})
        if len(self.names) > self.collection.at_once:
            raise Cut

    def cancel(self):
        self.collection.ended += 1


def walk(collection):
    database = Firestore("unit-tests", "127.0.0.1:1")
    database.__dict__["_calls"] = {"RunQuery": collection}
    return database.walk("things")


@pytest.mark.parametrize("at_once", [1, 3, 9, 10, 99])
def test_a_walk_goes_on_where_it_was_cut_off(at_once):
    """However short a query lives, every document comes once, in order."""
    assert [document.id for document in walk(Collection(at_once))] == list("0123456789")


def test_a_walk_ends_where_nothing_more_comes():
    """A query that brings nothing before it fails is an outage, and not asked again."""
    collection = Collection(0)
    with pytest.raises(Unavailable):
        list(walk(collection))
    assert collection.ended == 1


def test_who_stops_walking_ends_the_call():
    """A walk that is given up leaves no call open."""
    collection = Collection(99)
    one = walk(collection)
    next(one)
    assert collection.ended == 0
    one.close()
    assert collection.ended == 1
