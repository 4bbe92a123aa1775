"""Load a function's source as functions-framework does, one after another in this process, and serve it.

The framework names every function's module `main`, so the one before has to leave, with its siblings.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import flask
import functions_framework
import pytest
from werkzeug.serving import make_server

from local.emulators import PROJECT
from local.entra import EntraStandIn
from local.entra.registration import CLIENT_ID, CLIENT_SECRET
from local.processes import free_ports
from shared.google.old_firestore import Firestore


def load_function(name: str) -> flask.Flask:
    """The application that serves functions/<name>/main.py under the environment as it is now."""
    for module in [each for each in sys.modules if each.partition(".")[0] == "main"]:
        del sys.modules[module]
    app: flask.Flask = functions_framework.create_app(name, f"functions/{name}/main.py")
    return app


@contextmanager
def served(
    name: str, firestore: str, url_variable: str, redirect_paths: Sequence[str]
) -> Iterator[tuple[str, EntraStandIn, Firestore]]:
    """The function over HTTP, beside an Entra stand-in of its own: its address, the stand-in, the database.

    url_variable: the setting that tells the function its own address. redirect_paths: where Entra may send browsers.
    """
    with EntraStandIn() as entra, pytest.MonkeyPatch.context() as patch:
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        for variable, value in {
            "FIRESTORE_EMULATOR_HOST": firestore,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "ENTRA_CLIENT_ID": CLIENT_ID,
            "ENTRA_CREDENTIAL": "secret",
            "ENTRA_CLIENT_SECRET": CLIENT_SECRET,
            "ENTRA_AUTHORITY": entra.url,
            "GRAPH_ENDPOINT": entra.url,
            "ONBOARDING_URL": "https://onboarding.example",
            "PORTAL_URL": "https://portal.example",
            "SESSION_KEYS": secrets.token_hex(),
            "REQUESTS_CA_BUNDLE": str(entra.ca_path),
            url_variable: url,
        }.items():
            patch.setenv(variable, value)
        for path in redirect_paths:
            entra.register_redirect_uri(url + path)
        server = make_server("127.0.0.1", port, load_function(name), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield url, entra, Firestore(PROJECT, firestore)
        server.shutdown()
        thread.join()
        server.server_close()
