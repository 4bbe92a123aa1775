"""A function with its real services, over HTTP in this process, beside an Entra stand-in of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from local.emulators import PROJECT
from local.entra import EntraStandIn
from local.entra.registration import CLIENT_ID, CLIENT_SECRET
from shared import development_keys
from shared.environment import load
from tests.helpers.listening import Served, listening

S = TypeVar("S")


@contextmanager
def served(
    group: type[S],
    build: Callable[[S], Served],
    firestore: str,
    url_variable: str,
    redirect_paths: Sequence[str],
) -> Iterator[tuple[str, EntraStandIn]]:
    """Where the function is, and the stand-in.

    group: its settings. url_variable: the one that tells the function its own address. redirect_paths: where Entra may
    send browsers.
    """
    with EntraStandIn() as entra:
        environment = {
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
            "RECEIPT_PUBLIC_KEYS": development_keys.PUBLIC,
            "AUDIT_SIGNING_KEY": development_keys.SIGNING["audit"],
        }

        def made(url: str) -> Served:
            for path in redirect_paths:
                entra.register_redirect_uri(url + path)
            return build(load(group, {**environment, url_variable: url}))

        with listening(made) as url:
            yield url, entra
