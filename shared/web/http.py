"""HTTP in and out: routing, bodies, bearer tokens, security headers, and the one place that turns errors into answers.

functions-framework lets every path, method and body size through and answers errors in HTML with exception texts.
It loads a function's module inside the application's context, so `prepare` equips that very application: nothing
that it answers, its own errors included, escapes the rules here.
Sources: RFC 9457 (problem details), RFC 6750 (bearer tokens), RFC 9110 (methods, status codes).
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import flask
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import RequestRedirect

from shared import errors, logs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 4096
BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# In the environ of a request: for its line in the log.
_ROUTE, _CODE = "calliente.route", "calliente.code"

Handler = Callable[[flask.Request], flask.Response]
Routes = Mapping[str, Mapping[str, Handler]]  # path → method → handler
Answer = Callable[[errors.Problem], flask.Response]


class BoundedRequest(flask.Request):
    """A request whose body is never read beyond the limit, and is left empty once it was found too large.

    One byte more is read than allowed: werkzeug cuts a body without a Content-Length off at its limit, silently.
    """

    max_content_length = MAX_BODY_BYTES + 1

    def get_data(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().get_data(*args, **kwargs)
            if len(data) > MAX_BODY_BYTES:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge:
            self.stream, self._cached_data = io.BytesIO(), b""
            raise
        return data


def prepare(function: str, project: str, answer: Answer | None = None) -> None:
    """Equip the application that is loading the calling module; without one (a plain import) nothing happens.

    function: the name in the logs. project: for trace names. answer: how an error looks; `problem` unless given.
    """
    logs.quiet_libraries()
    if not flask.has_app_context():
        return
    app = flask.current_app
    app.request_class = BoundedRequest
    respond = answer or problem

    def handle(error: Exception) -> flask.Response:
        found = _as_problem(error)
        note_outcome(found.code)
        response = respond(found)
        response.headers.update(found.headers)
        return response

    app.register_error_handler(Exception, handle)
    app.before_request(_receive)
    app.wsgi_app = _finished(app.wsgi_app, function, project)  # type: ignore[assignment, method-assign]  # flask's documented way to wrap


def dispatch(request: flask.Request, routes: Routes) -> flask.Response:
    """Call the handler of the request's path and method. Raises UnknownPath, MethodNotAllowed, or what it raises."""
    methods = routes.get(request.path)
    if methods is None:
        raise errors.UnknownPath
    if request.method not in methods:
        raise errors.MethodNotAllowed(tuple(methods))
    request.environ[_ROUTE] = f"{request.method} {request.path}"
    return methods[request.method](request)


def note_outcome(code: str) -> None:
    """What this request's line in the log calls its outcome; `ok` unless it is noted."""
    flask.request.environ[_CODE] = code


def problem(error: errors.Problem) -> flask.Response:
    """The error as application/problem+json (RFC 9457): type, title, status, code, and fields where there are any."""
    body: dict[str, object] = {
        "type": f"urn:calliente:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
    }
    if isinstance(error, errors.Malformed) and error.fields:
        body["fields"] = list(error.fields)
    return answer(body, error.status, "application/problem+json")


def answer(
    body: Mapping[str, object], status: int = 200, mimetype: str = "application/json"
) -> flask.Response:
    return flask.Response(json.dumps(body), status, mimetype=mimetype)


def load_body(request: flask.Request, schema: Schema) -> dict[str, Any]:
    """The JSON object in the body, checked by `schema`.

    Raises UnsupportedMediaType, BodyTooLarge, or Malformed (also for unknown fields, duplicate keys, NaN and nesting
    beyond what the parser takes).
    """
    if request.mimetype != "application/json" or "Content-Encoding" in request.headers:
        raise errors.UnsupportedMediaType
    try:
        text = request.get_data().decode("utf-8")
        return dict(schema.load(_STRICT_JSON.decode(text)))
    except ValidationError as fault:
        known = sorted(set(schema.fields) & set(fault.messages_dict))
        raise errors.Malformed(tuple(known)) from None
    except (ValueError, RecursionError):
        raise errors.Malformed from None


def load_query(request: flask.Request) -> dict[str, str]:
    """The query's values. Raises Malformed if a parameter is there twice: two readers could see two requests."""
    if any(len(values) > 1 for _, values in request.args.lists()):
        raise errors.Malformed
    return request.args.to_dict()


def bearer(request: flask.Request) -> str:
    """The token of the one Authorization header. Raises Unauthenticated."""
    value = request.headers.get("Authorization", "")
    if not value:
        raise errors.Unauthenticated
    match = BEARER.fullmatch(value)
    if match is None:
        raise errors.Unauthenticated("not_a_bearer_token")
    return match[1]


def _finished(inner: WSGIApplication, function: str, project: str) -> WSGIApplication:
    """`inner`, whose answers carry HEADERS, less those that they have, and are logged. Below flask that is cheap."""
    ours = [(name.lower(), (name, value)) for name, value in HEADERS.items()]

    def outer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        started = time.monotonic()

        def start_finished(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            present = {name.lower() for name, _value in headers}
            headers += [header for name, header in ours if name not in present]
            _log(function, project, environ, int(status[:3]), time.monotonic() - started)
            return start(status, headers, *error)

        return inner(environ, start_finished)

    return outer


def _receive() -> None:
    if isinstance(flask.request.routing_exception, RequestRedirect):
        raise errors.UnknownPath  # no path at all: a redirect would go wherever the Host header says
    flask.request.get_data()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _refuse_constant(_name: str) -> None:
    raise ValueError("not JSON")


_STRICT_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _as_problem(error: Exception) -> errors.Problem:
    if isinstance(error, errors.Problem):
        if isinstance(error, errors.Unavailable):
            logs.event("dependency_away", "ERROR", dependency=error.dependency, reason=error.reason)
        return error
    if isinstance(error, RequestEntityTooLarge):
        return errors.BodyTooLarge()
    if isinstance(error, HTTPException) and error.code == 404:
        return errors.UnknownPath()
    if isinstance(error, HTTPException) and error.code == 405:
        valid = getattr(error, "valid_methods", None) or ()
        return errors.MethodNotAllowed(tuple(sorted(valid)))
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return errors.Malformed()
    logs.event("crash", "CRITICAL", error=type(error).__name__, where=_where(error))
    return errors.Problem()


def _where(error: Exception) -> str:
    """The last frame of the traceback: file name and line, never a value."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "unknown"
    return f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"


def _log(
    function: str, project: str, environ: WSGIEnvironment, status: int, seconds: float
) -> None:
    trace = environ.get("HTTP_X_CLOUD_TRACE_CONTEXT") or environ.get("HTTP_TRACEPARENT")
    event = {
        "route": environ.get(_ROUTE),
        "status": status,
        "outcome": environ.get(_CODE, "ok"),
        "duration_ms": round(seconds * 1000, 1),
        "logging.googleapis.com/trace": logs.trace_name(project, trace),
    }
    logs.event(function, "ERROR" if status >= 500 else "INFO", **event)
