"""Signing keys of a token issuer: fetched, cached, and kept through the issuer's outages.

An unknown key ID makes one fetch, at most one per cool-down, however many tokens carry one, and where keys are known
nobody waits for somebody else's fetch: invented tokens hold up no real ones. The last good set stays until a newer one
replaces it, through an outage of the issuer too; a set without a usable key is an outage.
Source: RFC 7517 (JSON Web Key), RFC 8725 (JWT Best Current Practices).
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from shared.errors import Unavailable
from shared.threads import Threads

COOL_DOWN_SECONDS = 10.0
COLD_RETRY_SECONDS = 1.0  # while no key is known at all
REFRESH_SECONDS = 6 * 3600.0
MINIMUM_KEY_BITS = 2048
HTTP_SECONDS = 4.0
FETCH_SECONDS = 8.0
MAX_KEYS_BYTES = 1_000_000

Fetch = Callable[[], Awaitable[Iterable[Mapping[str, Any]]]]


def published(
    dependency: str,
    url: str,
    own_url: str = "",
    issuer: str = "",
    seconds: float = HTTP_SECONDS,
) -> Fetch:
    """Fetches the JWKs that an issuer publishes at `url`, and those for our own application at `own_url`, if any.

    issuer: the template for own keys that name none. seconds: for each of the two. Raises Unavailable(dependency) for
    whatever is not a set of keys: a redirect too, which is not followed.
    """
    threads = Threads(1)

    def fetch() -> list[Mapping[str, Any]]:
        with urllib3.PoolManager(
            ca_certs=os.environ.get("REQUESTS_CA_BUNDLE") or _certifi()
        ) as pool:
            own_keys = _fetched(pool, own_url, dependency, seconds) if own_url else []
            common = _fetched(pool, url, dependency, seconds)
            return [{"issuer": issuer, **key} for key in own_keys] + common

    async def in_thread() -> list[Mapping[str, Any]]:
        return await threads.run(fetch, seconds=FETCH_SECONDS, dependency=dependency)

    return in_thread


def _fetched(
    pool: urllib3.PoolManager, url: str, dependency: str, seconds: float
) -> list[Mapping[str, Any]]:
    ends_at = time.monotonic() + seconds
    text = bytearray()
    try:
        with pool.request(
            "GET", url, timeout=seconds, retries=False, redirect=False, preload_content=False
        ) as answer:
            while part := answer.read1(16_384):  # what is there: `stream` waits until that is full
                text += part
                if len(text) > MAX_KEYS_BYTES or time.monotonic() > ends_at:
                    raise ValueError("too long")
            keys = json.loads(text)["keys"] if answer.status == 200 else None
    except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError, RecursionError):
        keys = None
    if not isinstance(keys, list):
        raise Unavailable(dependency, "keys")
    return [key for key in keys if isinstance(key, dict)]


@dataclass(frozen=True)
class SigningKey:
    """key: a public one. issuer: the issuer template that the key is good for, or None where keys carry none."""

    key: RSAKey
    issuer: str | None


class KeyCache:
    """fetch: returns the issuer's JWKs, raises Unavailable. clock: monotonic seconds. It belongs to one event loop."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Callable[[], float] = time.monotonic,
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
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> SigningKey | None:
        """Return the key, or None if the issuer has no key of that ID.

        Raises Unavailable where the ID is unknown and the issuer could not be asked, or is just being asked by others.
        """
        if kid not in self._keys or self._clock() >= self._stale_at:
            await self._refresh(kid)
        key = self._keys.get(kid)
        if key is None and self._failed is not None:
            raise Unavailable(self._failed.dependency, self._failed.reason)
        return key

    async def _refresh(self, kid: str) -> None:
        if self._fetching is not None:
            if not self._keys:
                await asyncio.shield(self._fetching)
            elif kid not in self._keys:
                raise Unavailable("keys", "being_fetched")
            return
        now = self._clock()
        if now < self._stale_at:
            if kid in self._keys or now < self._ask_again_at:
                return
            self._ask_again_at = now + self._cool_down_seconds
        self._fetching = asyncio.ensure_future(self._replace())
        await asyncio.shield(self._fetching)

    async def _replace(self) -> None:
        try:
            keys = _usable(await self._fetch())
            if not keys:
                raise Unavailable("keys", "no_keys")
            self._keys, self._failed = keys, None
            self._stale_at = self._clock() + self._refresh_seconds
        except Unavailable as error:
            self._failed = error
            self._ask_again_at = self._clock() + self._cool_down_seconds
            self._stale_at = (
                self._ask_again_at if self._keys else self._clock() + COLD_RETRY_SECONDS
            )
        finally:
            self._fetching = None


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
    """Return whether a JWK says that it is for RS256, and does not contain a private key."""
    return (
        jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
        and "d" not in jwk
    )


def _certifi() -> str:
    import certifi

    return certifi.where()
