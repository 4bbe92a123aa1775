"""A gRPC server between the product and the emulator: it answers what Firestore answers and the emulator never does.

It forwards whatever comes, as bytes, by the method's name. On the wire a call with one answer is a stream of one.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from local.processes import HOST

THREADS = 64
GRACE_SECONDS = 1.0
STEP_SECONDS = 0.02
OF_THE_TRANSPORT = ("grpc-", "user-agent", "te", "content-type", ":")


@dataclass(frozen=True)
class Refusal:
    """code: what a call ends with. messages: how many of the answers come through before.

    has_effect: the emulator does what was asked; nobody hears of it.
    """

    code: grpc.StatusCode
    messages: int = 0
    has_effect: bool = False


class GrpcProxy(grpc.GenericRpcHandler):
    """address: host:port. calls: the methods that were asked for, in order.

    silent: methods that are not answered, and not asked for at the emulator either, while they are in it; "" is all.
    """

    def __init__(self, target: str) -> None:
        # Any: the stubs do not know a channel of bytes.
        self._channel: Any = grpc.insecure_channel(target)
        self._next: dict[str, deque[Refusal]] = defaultdict(deque)
        self._always: dict[str, Refusal] = {}
        self._server: Any = None
        self.calls: list[str] = []
        self.silent: set[str] = set()
        self.address = f"{HOST}:{self._listen(0)}"

    def once(self, method: str, *refusals: Refusal) -> None:
        """The answers to the next calls of a method, one each; then it is forwarded again."""
        self._next[method].extend(refusals)

    def always(self, refusal: Refusal, *methods: str) -> None:
        """The answer to every call of these methods; of all methods, where none is named."""
        self._always.update(dict.fromkeys(methods or ("",), refusal))

    def be_well(self) -> None:
        """Forward everything again."""
        self._next.clear()
        self._always.clear()
        self.silent.clear()

    def go_away(self) -> None:
        """Close the connections as a server does that is taken out of service (GOAWAY); new ones are welcome."""
        self._server.stop(GRACE_SECONDS).wait()
        self._listen(int(self.address.rpartition(":")[2]))

    def stop(self) -> None:
        self._server.stop(0).wait()
        self._channel.close()

    def service(self, details: Any) -> Any:
        """gRPC's question for what handles a call."""
        name = details.method.rpartition("/")[2]

        def answer(request: bytes, context: Any) -> Iterator[bytes]:
            self.calls.append(name)
            if not self._was_heard(name, context):
                return
            waiting = self._next[name]
            refusal = waiting.popleft() if waiting else self._refusal_of(name)
            if refusal and not refusal.messages and not refusal.has_effect:
                self._end_transaction(details, request)
                context.abort(refusal.code, "scripted")
            yield from self._forwarded(details, request, context, refusal)

        return grpc.unary_stream_rpc_method_handler(answer)

    def _end_transaction(self, details: Any, request: bytes) -> None:
        """A commit that is refused ends its transaction, at the emulator too: its locks would stay for a minute."""
        service, _, name = details.method.rpartition("/")
        if name == "Commit":
            commit = types.CommitRequest.pb().FromString(request)
            undo = types.RollbackRequest.pb()(
                database=commit.database, transaction=commit.transaction
            )
            if commit.transaction:
                rollback = self._channel.unary_unary(f"{service}/Rollback")
                rollback(undo.SerializeToString(), metadata=self._metadata(details))

    @staticmethod
    def _metadata(details: Any) -> list[tuple[str, str]]:
        return [
            (key, value)
            for key, value in details.invocation_metadata
            if not key.startswith(OF_THE_TRANSPORT)
        ]

    def _refusal_of(self, name: str) -> Refusal | None:
        return self._always.get(name) or self._always.get("")

    def _forwarded(
        self, details: Any, request: bytes, context: Any, refusal: Refusal | None
    ) -> Iterator[bytes]:
        call = self._channel.unary_stream(details.method)(request, metadata=self._metadata(details))
        context.add_callback(call.cancel)
        count = 0
        try:
            for message in call:
                if refusal is None or count < refusal.messages:
                    yield message
                    count += 1
                elif not refusal.has_effect:
                    break
        except grpc.RpcError as error:
            context.abort(error.code(), "from the emulator")
        if refusal is not None:
            context.abort(refusal.code, "scripted")

    def _was_heard(self, name: str, context: Any) -> bool:
        """Whether the silence about this method, if there is any, has ended before its caller had gone."""
        over = threading.Event()
        is_waited_for: bool = context.add_callback(over.set)
        while is_waited_for and self.silent & {name, ""}:
            is_waited_for = not over.wait(STEP_SECONDS)
        return is_waited_for

    def _listen(self, port: int) -> int:
        self._server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[self])
        bound: int = self._server.add_insecure_port(f"{HOST}:{port}")
        self._server.start()
        return bound


@contextmanager
def grpc_proxy(target: str) -> Iterator[GrpcProxy]:
    """target: host:port of the emulator."""
    between = GrpcProxy(target)
    try:
        yield between
    finally:
        between.stop()
