"""What the unit tests share: an environment to import functions in, and fakes of what lies outside.

A function reads its settings when it is imported, so they are set before anything else happens here.
"""

import importlib
import os
import sys

os.environ.update(
    {
        "GOOGLE_CLOUD_PROJECT": "unit-tests",
        "ENTRA_CLIENT_ID": "ca111e47-e000-4000-8000-0000000000a1",
        "ENTRA_CREDENTIAL": "secret",
        "ENTRA_CLIENT_SECRET": "of-no-use",
        "ENTRA_AUTHORITY": "https://login.example",
        "GRAPH_ENDPOINT": "https://graph.example",
        "ONBOARDING_URL": "https://onboarding.example",
        "PORTAL_URL": "https://portal.example",
        "SESSION_KEYS": "unit-tests-sign-with-this-key-and-nothing-else",
    }
)
for _variable in ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PURGE_DELAY_SECONDS"):
    os.environ.pop(_variable, None)

# These come after the settings, which some modules read when they are imported.
import flask  # noqa: E402
import pytest  # noqa: E402

from tests.unit.fakes import Serve  # noqa: E402


@pytest.fixture
def serve():
    """Load a function afresh into an application of its own, as functions-framework does."""

    def load(name: str) -> Serve:
        app = flask.Flask(name)
        module_name = f"functions.{name}.main"
        sys.modules.pop(module_name, None)
        with app.app_context():
            module = importlib.import_module(module_name)
        target = getattr(module, name)

        def view(path=""):
            return target(flask.request)

        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        for rule in ("/", "/<path:path>"):
            app.add_url_rule(rule, rule, view, methods=methods, provide_automatic_options=False)
        return Serve(module, app.test_client())

    return load
