"""Signing keys of a token issuer: fetched, cached, and kept through the issuer's outages.

An unknown key ID makes one fetch, at most one per cool-down, however many tokens carry one. The last good set stays
until a newer one replaces it, through an outage of the issuer too. Concurrent requests share one fetch.
Source: RFC 7517 (JSON Web Key), RFC 8725 (JWT Best Current Practices).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from shared.errors import Unavailable

COOL_DOWN_SECONDS = 10.0
COLD_RETRY_SECONDS = 1.0  # while no key is known at all
REFRESH_SECONDS = 6 * 3600.0
MINIMUM_KEY_BITS = 2048
HTTP_SECONDS = 4.0

Fetch = Callable[[], Iterable[Mapping[str, Any]]]


class PublishedKeys:
    """The JWKs that an issuer publishes at `url`. Calling it fetches them.

    Raises Unavailable(dependency) for whatever is not a set of keys: a redirect too, which is not followed.
    """

    def __init__(self, url: str, dependency: str) -> None:
        self._url = url
        self._dependency = dependency

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(ca_certs=os.environ.get("REQUESTS_CA_BUNDLE") or _certifi())

    def __call__(self) -> list[Mapping[str, Any]]:
        try:
            answer = self._pool.request(
                "GET", self._url, timeout=HTTP_SECONDS, retries=False, redirect=False
            )
            keys = json.loads(answer.data)["keys"] if answer.status == 200 else None
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError, RecursionError):
            keys = None
        if not isinstance(keys, list):
            raise Unavailable(self._dependency, "keys")
        return [key for key in keys if isinstance(key, dict)]


@dataclass(frozen=True)
class SigningKey:
    """key: a public one. issuer: the issuer template that the key is good for, or None where keys carry none."""

    key: RSAKey
    issuer: str | None


class KeyCache:
    """fetch: returns the issuer's JWKs, raises Unavailable. clock: monotonic seconds."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Callable[[], float],
        cool_down_seconds: float = COOL_DOWN_SECONDS,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._cool_down_seconds = cool_down_seconds
        self._refresh_seconds = refresh_seconds
        self._keys: dict[str, SigningKey] = {}
        self._stale_at = -float("inf")  # from then on the set is fetched again, known key or not
        self._ask_again_at = -float("inf")  # before then an unknown key ID makes no fetch
        self._failed: Unavailable | None = None
        self._lock = threading.Lock()

    def get(self, kid: str) -> SigningKey | None:
        """The key, or None where the issuer has none of that ID.

        Raises Unavailable where the ID is unknown and the issuer could not be asked.
        """
        if kid not in self._keys or self._clock() >= self._stale_at:
            self._refresh(kid)
        key = self._keys.get(kid)
        if key is None and self._failed is not None:
            raise Unavailable(self._failed.dependency, self._failed.reason)
        return key

    def _refresh(self, kid: str) -> None:
        if not self._lock.acquire(blocking=kid not in self._keys):
            return  # somebody else is fetching, and the key at hand will do
        try:
            now = self._clock()
            if now < self._stale_at:
                if kid in self._keys or now < self._ask_again_at:
                    return
                self._ask_again_at = now + self._cool_down_seconds
            try:
                self._keys = _usable(self._fetch()) or self._keys
                self._failed = None
                self._stale_at = self._clock() + self._refresh_seconds
            except Unavailable as error:
                self._failed = error
                self._ask_again_at = self._clock() + self._cool_down_seconds
                self._stale_at = self._ask_again_at
                if not self._keys:
                    self._stale_at = self._clock() + COLD_RETRY_SECONDS
        finally:
            self._lock.release()


def _usable(jwks: Iterable[Mapping[str, Any]]) -> dict[str, SigningKey]:
    keys: dict[str, SigningKey] = {}
    for jwk in jwks:
        kid, issuer = jwk.get("kid"), jwk.get("issuer")
        if not isinstance(kid, str) or not _is_fit(jwk):
            continue
        try:
            key = RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if key.public_key.key_size >= MINIMUM_KEY_BITS:
            keys[kid] = SigningKey(key, issuer if isinstance(issuer, str) else None)
    return keys


def _is_fit(jwk: Mapping[str, Any]) -> bool:
    """A key for RS256 by its own account, and not one whose private part is published with it."""
    return (
        jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
        and "d" not in jwk
    )


def _certifi() -> str:
    import certifi

    return certifi.where()
