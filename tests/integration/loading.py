"""Load a function's source as functions-framework does, one after another in this process.

The framework names every function's module `main`, so the one before has to leave, with its siblings.
"""

from __future__ import annotations

import sys

import flask
import functions_framework


def load_function(name: str) -> flask.Flask:
    """The application that serves functions/<name>/main.py under the environment as it is now."""
    for module in [each for each in sys.modules if each.partition(".")[0] == "main"]:
        del sys.modules[module]
    app: flask.Flask = functions_framework.create_app(name, f"functions/{name}/main.py")
    return app
