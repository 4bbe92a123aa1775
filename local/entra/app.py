"""The stand-in's Flask application: Entra's and Graph's endpoints, and the weather they live in."""

from __future__ import annotations

import socket
import time

from flask import Flask, Response, abort, request

from local.entra.browser_endpoints import BrowserEndpoints
from local.entra.device_code import GRANT, DeviceCodeEndpoints
from local.entra.state import KINDS, State
from local.entra.token_endpoints import TokenEndpoints
from local.entra.tokens import TokenMaker


def create_app(state: State, tokens: TokenMaker, url: str) -> Flask:
    app = Flask(__name__)
    app.before_request(lambda: _weather(state))
    app.register_blueprint(BrowserEndpoints(state, tokens, url).blueprint())
    devices = DeviceCodeEndpoints(state, tokens, url)
    app.register_blueprint(devices.blueprint())
    endpoints = TokenEndpoints(state, tokens, url, {GRANT: devices.redeem})
    app.register_blueprint(endpoints.blueprint())

    @app.get("/error")
    def error() -> str:
        return "An AADSTS code of the local stand-in for Microsoft Entra ID.\n"

    return app


def _weather(state: State) -> Response | None:
    kind = (request.endpoint or "").rpartition(".")[2]
    if kind not in KINDS:
        return None
    delay_seconds, outage = state.weather(kind)
    if delay_seconds:
        time.sleep(delay_seconds)
    if outage == "drop":
        connection = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return Response()  # written to a closed connection
    if outage is not None:
        abort(int(outage))
    return None
