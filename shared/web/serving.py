"""What a function's process needs once, before it serves: quiet libraries, bounded HTTP, and a settled heap."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from shared import logs
from shared.web import protocol

Served = Callable[[Request], Awaitable[Response]]

# What the framework has loaded stays: else the collector would look through it again and again during a function's own
# imports, which is 20 ms of a cold start.
gc.freeze()


def prepared(application: Served) -> Served:
    """The application, in a process that is ready for it: to be called by a function's main.py alone.

    functions-framework reads LOG_EXECUTION_ID after it has loaded the function. Where it is true, as on Google's
    platform by default, the framework would replace the handlers of the log with one that writes whole messages.
    Google's clients, when they are made, look at GOOGLE_SDK_PYTHON_LOGGING_SCOPE: it has them write whole requests.
    Source: google-api-core, `client_logging.py`.
    """
    logs.quiet_libraries()
    os.environ["LOG_EXECUTION_ID"] = "false"
    os.environ.pop("GOOGLE_SDK_PYTHON_LOGGING_SCOPE", None)
    protocol.install()
    gc.freeze()  # what is there now lives as long as the process: the collector need not look through it
    return application
