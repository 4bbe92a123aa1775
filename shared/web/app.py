"""A function's web application: takes a request, calls its handler, answers, and logs when the answer has ended.

functions-framework lets every path, method and body size through, and answers errors in its own words. So an
application raises nothing: what a handler raises becomes an answer in one place, and what breaks while an answer is
being sent ends it without its last chunk.
Sources: functions-framework's source (`aio`); ASGI specification, "HTTP & WebSocket"; RFC 9110.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from shared import errors, logs
from shared.web import protocol
from shared.web.answers import Respond, add_headers, problem
from shared.web.body import MAX_BODY_BYTES, Disconnected, receive
from shared.web.deprecation import Deprecation

OUTCOME, ROUTE, BODY, NOTED = (
    f"calliente.{name}" for name in ("outcome", "route", "body", "noted")
)
BROKEN_OFF = "broken_off"

Handler = Callable[[Request], Awaitable[Response]]
Routes = Mapping[str, Mapping[str, Handler]]  # path → method → handler


@dataclass(frozen=True)
class Application:
    """name: in the logs. project: for trace names. prefix: of a base URL, which a proxy may have kept.

    respond: how an error looks. clock: monotonic seconds. deprecated: routes that will go, as "POST /v1/devices".
    """

    name: str
    project: str
    routes: Routes
    respond: Respond = problem
    prefix: str = ""
    max_body_bytes: int = MAX_BODY_BYTES
    clock: Callable[[], float] = time.monotonic
    deprecated: Mapping[str, Deprecation] = field(default_factory=dict)

    async def __call__(self, request: Request) -> Response:
        """The answer, which logs itself once it has been sent. Raises nothing."""
        started = self.clock()
        try:
            response = await self._handle(request)
        except Exception as error:  # noqa: BLE001 - the one place that turns errors into answers
            response = self._answer(request, error)
        deprecation = self.deprecated.get(request.scope.get(ROUTE, ""))
        if deprecation is not None:
            response.headers.update(deprecation.headers)
        add_headers(response)
        return _Logged(response, self, request, started)

    async def _handle(self, request: Request) -> Response:
        if protocol.TOO_LONG in request.scope:
            raise errors.AddressTooLong
        if protocol.TOO_LARGE in request.scope:
            raise errors.HeadersTooLarge
        request.scope[BODY] = await receive(request, self.max_body_bytes)
        path: str = request.scope["path"]
        methods = self.routes.get(path) or self.routes.get(path.removeprefix(self.prefix) or "/")
        if methods is None:
            raise errors.UnknownPath
        if request.method not in methods:
            raise errors.MethodNotAllowed(tuple(methods))
        request.scope[ROUTE] = f"{request.method} {path}"
        return await methods[request.method](request)

    def _answer(self, request: Request, error: Exception) -> Response:
        shown = as_problem(error)
        note_outcome(request, shown.code)
        try:
            response = self.respond(request, shown)
        except Exception as fault:  # noqa: BLE001 - a page that cannot be made must not end the answer
            response = problem(request, as_problem(fault))
        response.headers.update(shown.headers)
        return response


def body_of(request: Request) -> bytes:
    """The request's body, which was received before its handler was called."""
    body: bytes = request.scope[BODY]
    return body


def note_outcome(request: Request, code: str) -> None:
    """What this request's line in the log calls its outcome; `ok` unless it is noted."""
    request.scope[OUTCOME] = code


def note(request: Request, name: str, value: str) -> None:
    """One more field of this request's line in the log: a word of our own, never of the request."""
    request.scope.setdefault(NOTED, {})[name] = value


def as_problem(error: Exception) -> errors.Problem:
    """What a caller is told of an error; what is not ours to tell is a crash, which the log names by its place."""
    if isinstance(error, errors.Problem):
        if isinstance(error, errors.Unavailable):
            logs.away(error)
        return error
    logs.event("crash", "CRITICAL", error=type(error).__name__, where=_where(error))
    return errors.Problem()


class _Logged(Response):
    """An answer that raises nothing while it is being sent, and writes one line when it has ended."""

    def __init__(
        self, response: Response, application: Application, request: Request, started: float
    ) -> None:
        self._response = response
        self._application = application
        self._request = request
        self._started = started

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_complete = False

        async def send_on(message: Message) -> None:
            nonlocal is_complete
            await send(message)
            is_complete = message["type"] == "http.response.body" and not message.get("more_body")

        try:
            await self._response(scope, receive, send_on)
        except Exception as error:  # noqa: BLE001 - the answer has begun: it can only end here
            for cause in error.exceptions if isinstance(error, ExceptionGroup) else (error,):
                as_problem(cause)
        if not is_complete:
            note_outcome(self._request, BROKEN_OFF)
        self._log()

    def _log(self) -> None:
        scope = self._request.scope
        headers = dict(scope["headers"])
        status, outcome = self._response.status_code, scope.get(OUTCOME, "ok")
        trace = headers.get(b"x-cloud-trace-context") or headers.get(b"traceparent") or b""
        event: dict[str, Any] = {
            "route": scope.get(ROUTE),
            "status": status,
            "outcome": BROKEN_OFF if outcome == Disconnected.code else outcome,
            "duration_ms": round((self._application.clock() - self._started) * 1000, 1),
            "logging.googleapis.com/trace": logs.trace_name(
                self._application.project, trace.decode("latin-1")
            ),
            **scope.get(NOTED, {}),
        }
        logs.event(self._application.name, "ERROR" if status >= 500 else "INFO", **event)


def _where(error: BaseException) -> str:
    """The last frame of the traceback: file name and line, never a value."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "unknown"
    return f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"
