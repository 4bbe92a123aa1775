"""Entra's and Graph's calls for coroutines: MSAL and requests block, so each call has a thread and a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.entra.client import Entra
from shared.threads import Threads

SECONDS = 12.0  # of one call, which may be a discovery and an answer of Entra


class EntraCalls:
    """Every method raises EntraRefused and Unavailable."""

    def __init__(self, entra: Entra, threads: Threads | None = None) -> None:
        self._entra = entra
        self._threads = threads or Threads()

    def admin_consent_url(
        self, state: str, redirect_uri: str, tenant: str = "organizations"
    ) -> str:
        """See Entra."""
        return self._entra.admin_consent_url(state, redirect_uri, tenant)

    async def begin_sign_in(
        self, tenant_id: str, redirect_uri: str, **options: Any
    ) -> dict[str, Any]:
        """See Entra."""
        call = partial(self._entra.begin_sign_in, tenant_id, redirect_uri, **options)
        return await self._threads.run(call, seconds=SECONDS, dependency="entra")

    async def finish_sign_in(
        self, tenant_id: str, flow: dict[str, Any], answer: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], str]:
        """See Entra."""
        call = partial(self._entra.finish_sign_in, tenant_id, flow, answer)
        return await self._threads.run(call, seconds=SECONDS, dependency="entra")

    async def organization_name(self, access_token: str, tenant_id: str) -> str:
        """See Entra."""
        call = partial(self._entra.organization_name, access_token, tenant_id)
        return await self._threads.run(call, seconds=SECONDS, dependency="graph")

    async def probe_consent(self, tenant_id: str) -> None:
        """See Entra."""
        call = partial(self._entra.probe_consent, tenant_id)
        await self._threads.run(call, seconds=SECONDS, dependency="entra")
