"""How many new devices may register: per organization and minute, and with one access token.

Counted in the memory of this instance alone, by tenant ID and by the token's own ID; a device ID never stands beside
them. Memory is bounded: where too many organizations or tokens are counted, those that came first are forgotten.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import TooManyForToken, TooManyNewDevices
from shared.tokens import TenantProof

WINDOW_SECONDS = 60.0
MOST_TENANTS = 10_000
MOST_TOKENS = 50_000


@dataclass
class _Window:
    ends_at: float
    count: int = 0


class Floods:
    """per_minute: new devices of a tenant. per_token: new devices of a token. clock: monotonic seconds."""

    def __init__(
        self, per_minute: int, per_token: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._per_token = per_token
        self._clock = clock
        self._tenants: OrderedDict[str, _Window] = OrderedDict()
        self._tokens: OrderedDict[tuple[str, str], int] = OrderedDict()

    def entry(self, proof: TenantProof, now: float) -> Entry:
        """What one registration does once its device turns out to be new. now: Unix seconds."""
        return Entry(self, proof, now)

    def count(self, proof: TenantProof, now: float) -> None:
        """Count a new device. Raises TooManyNewDevices, TooManyForToken: a refused one does not count."""
        window = self._window(proof.tenant_id)
        if window.count >= self._per_minute:
            raise TooManyNewDevices(max(1, math.ceil(window.ends_at - self._clock())))
        if proof.token_id:
            token = (proof.tenant_id, proof.token_id)
            used = self._tokens.get(token, 0)
            if used >= self._per_token:
                raise TooManyForToken(max(1, math.ceil(proof.expires_at - now)))
            self._tokens[token] = used + 1
            if len(self._tokens) > MOST_TOKENS:
                self._tokens.popitem(last=False)
        window.count += 1

    def _window(self, tenant_id: str) -> _Window:
        now = self._clock()
        window = self._tenants.get(tenant_id)
        if window is None or window.ends_at <= now:
            window = self._tenants[tenant_id] = _Window(now + WINDOW_SECONDS)
            self._tenants.move_to_end(tenant_id)
            if len(self._tenants) > MOST_TENANTS:
                self._tenants.popitem(last=False)
        return window


@dataclass
class Entry:
    """Counts once, however often a transaction is tried."""

    floods: Floods
    proof: TenantProof
    now: float
    is_counted: bool = False

    def __call__(self) -> None:
        """Raises TooManyNewDevices, TooManyForToken."""
        if not self.is_counted:
            self.floods.count(self.proof, self.now)
            self.is_counted = True
