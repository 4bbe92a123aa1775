"""The person with the phone, who signs in once by device code; MSAL renews the tokens.

Source: Microsoft identity platform, "OAuth 2.0 device authorization grant flow".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msal
import requests

from shared.errors import Unavailable
from support.prove.findings import Failed
from support.prove.settings import ProveSettings


class Person:
    """tell: shows the person what to do."""

    def __init__(
        self, settings: ProveSettings, tenant_id: str, tell: Callable[[str], object]
    ) -> None:
        self._settings = settings
        self._tenant_id = tenant_id
        self._tell = tell

    def token(self) -> tuple[str, str]:
        """An access token for our API, and its scope. Raises Failed, Unavailable."""
        try:
            answer = self._known() or self._by_device_code()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable("entra", type(error).__name__) from None
        if "access_token" not in answer:
            raise Failed(f"Entra gives no token: {_refusal(answer)}")
        return str(answer["access_token"]), str(answer.get("scope", ""))

    @cached_property
    def _msal(self) -> Any:
        return msal.PublicClientApplication(
            self._settings.client_id,
            authority=f"{self._settings.entra_authority}/{self._tenant_id}",
            instance_discovery=False,
        )

    def _known(self) -> Mapping[str, Any] | None:
        accounts = self._msal.get_accounts()
        if not accounts:
            return None
        token: Mapping[str, Any] | None = self._msal.acquire_token_silent(
            [self._settings.scope], accounts[0]
        )
        return token

    def _by_device_code(self) -> Mapping[str, Any]:
        flow = self._msal.initiate_device_flow([self._settings.scope])
        if "user_code" not in flow:
            raise Failed(f"Entra gives no code: {_refusal(flow)}")
        self._tell(f"As a person of the organization: {flow['message']}")
        answer: Mapping[str, Any] = self._msal.acquire_token_by_device_flow(flow)
        return answer


def _refusal(answer: Mapping[str, Any]) -> str:
    """Entra's numbers, or its word; never its description, which may name a person."""
    numbers = [f"AADSTS{number}" for number in answer.get("error_codes") or ()]
    return ", ".join(numbers) or str(answer.get("error", "no reason"))
