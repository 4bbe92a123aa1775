"""The stand-in's Flask application: Entra's and Graph's endpoints, the weather they live in, and
the controls.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from local.entra.browser_endpoints import BrowserEndpoints
from local.entra.failures import Refused
from local.entra.token_endpoints import TokenEndpoints
from local.entra.tokens import TokenMaker
from local.entra.world import KINDS, SWITCHES, World


def create_app(world: World, tokens: TokenMaker, url: str) -> Flask:
    app = Flask(__name__)
    app.before_request(lambda: _weather(world))
    app.register_blueprint(BrowserEndpoints(world, tokens, url).blueprint())
    app.register_blueprint(TokenEndpoints(world, tokens, url).blueprint())

    @app.get("/_counters")
    def counters() -> Response:
        return jsonify(world.counters())

    @app.post("/_switches")
    def switches() -> Response | tuple[Response, int]:
        """{"switch": {arguments}, …}, thrown in this order; the answer has what each returned."""
        results: dict[str, Any] = {}
        try:
            for name, arguments in request.get_json().items():
                results[name] = SWITCHES[name](world, **arguments)
        except (KeyError, TypeError, ValueError, AttributeError, Refused) as error:
            return jsonify(error=f"{type(error).__name__}: {error}"), 400
        return jsonify(results)

    @app.post("/_mint")
    def mint() -> Response | tuple[Response, int]:
        """The arguments of TokenMaker.mint; the answer is {"token": …}."""
        try:
            return jsonify(token=tokens.mint(**request.get_json()))
        except (TypeError, ValueError, Refused) as error:
            return jsonify(error=f"{type(error).__name__}: {error}"), 400

    @app.get("/error")
    def error() -> str:
        return "An AADSTS code of the local stand-in for Microsoft Entra ID.\n"

    return app


def _weather(world: World) -> Response | None:
    kind = (request.endpoint or "").rpartition(".")[2]
    if kind not in KINDS:
        return None
    delay_seconds, outage = world.weather(kind)
    if delay_seconds:
        time.sleep(delay_seconds)
    if outage == "drop":
        connection = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return Response()  # written to a closed connection
    if outage is not None:
        abort(int(outage))
    return None
