"""The key cache: at most one fetch per cool-down, no lost keys in an outage, and nobody waits for invented tokens."""

from __future__ import annotations

import asyncio

import pytest

from shared.errors import Unavailable
from shared.keys import (
    COLD_RETRY_SECONDS,
    COOL_DOWN_SECONDS,
    REFRESH_SECONDS,
    KeyCache,
)
from tests.helpers import virtual
from tests.helpers.minting import jwk, rsa_key
from tests.helpers.virtual import in_virtual_time


class Issuer:
    """An issuer that can rotate its keys and go down, and counts what it was asked. It owns the clock too."""

    def __init__(self, *kids):
        self.keys = [jwk(kid) for kid in kids]
        self.down = False
        self.fetches = 0
        self.now = 1000.0

    async def __call__(self):
        self.fetches += 1
        if self.down:
            raise Unavailable("entra", "test")
        return list(self.keys)

    def clock(self):
        return self.now


def same(key, name):
    return key.key.public_key.public_numbers() == rsa_key(name).public_key().public_numbers()


@pytest.fixture
def issuer():
    return Issuer("first")


@pytest.fixture
def cache(issuer):
    return KeyCache(issuer, issuer.clock)


async def test_nothing_is_fetched_before_a_token_comes(issuer, cache):
    """Making a cache costs nothing."""
    assert issuer.fetches == 0


async def test_a_known_key_is_fetched_once(issuer, cache):
    """A thousand tokens under a known key make one fetch."""
    for _ in range(1000):
        assert same(await cache.get("first"), "first")
    assert issuer.fetches == 1


async def test_a_storm_of_unknown_ids(issuer, cache):
    """500 unknown key IDs make at most one fetch per cool-down, beside the first one."""
    for number in range(500):
        assert await cache.get(f"unknown-{number}") is None
    assert issuer.fetches <= 2
    before = issuer.fetches
    issuer.now += COOL_DOWN_SECONDS
    for number in range(500):
        assert await cache.get(f"unknown-{number}") is None
    assert issuer.fetches == before + 1


async def test_a_storm_does_not_starve_real_tokens(issuer, cache):
    """Known keys stay good during a storm of unknown ones."""
    for number in range(100):
        await cache.get(f"unknown-{number}")
        assert await cache.get("first") is not None


async def test_a_new_key_is_found_when_it_is_first_used(issuer, cache):
    """A rotation needs no restart: the new key's first token fetches it."""
    await cache.get("first")
    issuer.keys.append(jwk("second"))
    assert same(await cache.get("second"), "second")
    assert issuer.fetches == 2


async def test_a_new_key_is_found_after_the_cool_down_at_the_latest(issuer, cache):
    """Behind a storm, a rotation waits for one cool-down."""
    await cache.get("first")
    await cache.get("unknown")
    issuer.keys.append(jwk("second"))
    assert await cache.get("second") is None
    issuer.now += COOL_DOWN_SECONDS
    assert await cache.get("second") is not None


async def test_a_withdrawn_key_goes_with_the_refresh(issuer, cache):
    """A key that the issuer withdrew is good until the next refresh, no longer."""
    await cache.get("first")
    issuer.keys = [jwk("second")]
    issuer.now += REFRESH_SECONDS - 1
    assert await cache.get("first") is not None
    issuer.now += 1
    assert await cache.get("first") is None
    assert await cache.get("second") is not None


async def test_an_outage_with_keys_at_hand(issuer, cache):
    """Known keys survive an outage of the issuer, long beyond the refresh, at one fetch per cool-down."""
    await cache.get("first")
    issuer.down = True
    issuer.now += REFRESH_SECONDS
    for _ in range(100):
        assert await cache.get("first") is not None
    assert issuer.fetches == 2
    issuer.now += COOL_DOWN_SECONDS
    await cache.get("first")
    assert issuer.fetches == 3


async def test_an_unknown_id_in_an_outage_is_no_verdict(issuer, cache):
    """Whether the key exists cannot be known: unavailable, not refused; and not a fetch for each."""
    await cache.get("first")
    issuer.down = True
    for number in range(100):
        with pytest.raises(Unavailable):
            await cache.get(f"unknown-{number}")
    assert issuer.fetches == 2
    assert await cache.get("first") is not None


async def test_an_outage_without_keys(issuer, cache):
    """Without any key nothing can be checked: unavailable, asked again every second, good once the issuer is."""
    issuer.down = True
    for _ in range(100):
        with pytest.raises(Unavailable):
            await cache.get("first")
    assert issuer.fetches == 1
    issuer.down = False
    issuer.now += COLD_RETRY_SECONDS
    assert await cache.get("first") is not None
    assert await cache.get("unknown") is None


async def test_an_issuer_that_answers_with_nothing_changes_nothing(issuer, cache):
    """An empty or unusable set does not replace a good one."""
    await cache.get("first")
    issuer.keys = []
    issuer.now += REFRESH_SECONDS
    assert await cache.get("first") is not None


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "EC", "kid": "bad", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "oct", "kid": "bad", "k": "c2VjcmV0"},
        jwk("bad", use="enc"),
        jwk("bad", kty="oct"),
        jwk("bad", n=None),
        jwk("bad", n="!"),
        jwk("bad", n=7),
        jwk("bad", e="AA"),
        jwk("bad", kid=7),
        jwk("bad", kid=None),
        jwk("bad", alg="RS512"),
        jwk("bad", d="AQAB"),
        pytest.param(
            jwk("bad-small", bits=1024, kid="bad"),
            marks=pytest.mark.filterwarnings("ignore:Key size"),
        ),
    ],
    ids=range(13),
)
async def test_a_key_that_is_unfit(issuer, cache, key):
    """An unfit key is passed over, and the good ones beside it stay good."""
    issuer.keys.insert(0, key)
    assert await cache.get("bad") is None
    assert await cache.get("first") is not None


async def test_the_issuer_of_a_key(issuer, cache):
    """A key keeps the issuer template that it is published with; another type than text counts as none."""
    issuer.keys = [jwk("a", issuer="https://x/{tenantid}/v2.0"), jwk("b"), jwk("c", issuer=["x"])]
    assert [(await cache.get(kid)).issuer for kid in "abc"] == [
        "https://x/{tenantid}/v2.0",
        None,
        None,
    ]


async def test_an_empty_set_at_the_start_is_an_outage(issuer, cache):
    """A set without a usable key says nothing about a token: 503 until there is one, not 401."""
    issuer.keys = []
    with pytest.raises(Unavailable):
        await cache.get("first")
    issuer.keys = [jwk("first", use="enc")]
    issuer.now += COLD_RETRY_SECONDS
    with pytest.raises(Unavailable):
        await cache.get("first")
    issuer.keys = [jwk("first")]
    issuer.now += COLD_RETRY_SECONDS
    assert await cache.get("first") is not None


class SlowIssuer(Issuer):
    """It takes its time, in seconds of the loop's clock."""

    def __init__(self, seconds, *kids):
        super().__init__(*kids)
        self.seconds = seconds

    async def __call__(self):
        await asyncio.sleep(self.seconds)
        return await super().__call__()


async def all_at_once(*calls):
    return await asyncio.gather(*calls, return_exceptions=True)


@in_virtual_time
async def test_requests_at_once_share_one_fetch():
    """Sixteen cold requests at once wait for one fetch, and all get the key."""
    issuer = SlowIssuer(3, "first")
    cache = KeyCache(issuer, virtual.now)
    found = await all_at_once(*(cache.get("first") for _ in range(16)))
    assert all(same(key, "first") for key in found)
    assert (issuer.fetches, virtual.now()) == (1, 3)


@in_virtual_time
async def test_who_leaves_takes_no_fetch_along():
    """A caller that is gone while it waits for the first keys leaves the fetch to the others."""
    issuer = SlowIssuer(3, "first")
    cache = KeyCache(issuer, virtual.now)
    gone, there = (asyncio.ensure_future(cache.get("first")) for _ in range(2))
    await asyncio.sleep(1)
    gone.cancel()
    assert same(await there, "first")
    assert issuer.fetches == 1


@in_virtual_time
async def test_a_slow_refresh_keeps_nobody_waiting():
    """While one request fetches a stale set anew, others go on with the keys at hand."""
    issuer = SlowIssuer(3, "first")
    cache = KeyCache(issuer, virtual.now)
    await cache.get("first")
    await asyncio.sleep(REFRESH_SECONDS)
    refreshing = asyncio.ensure_future(cache.get("first"))
    await asyncio.sleep(1)
    before = virtual.now()
    assert await cache.get("first") is not None
    assert virtual.now() == before
    assert await refreshing is not None
    assert issuer.fetches == 2


@in_virtual_time
async def test_invented_tokens_hold_up_no_good_one():
    """80 unknown key IDs, 40 at once, at an issuer that takes 4 s: a good token never waits; it costs one fetch."""
    issuer = SlowIssuer(4, "first")
    cache = KeyCache(issuer, virtual.now)
    await cache.get("first")
    invented = iter(range(80))

    async def attack():
        for number in invented:
            try:
                assert await cache.get(f"invented-{number}") is None
            except Unavailable:
                continue

    attacks = [asyncio.ensure_future(attack()) for _ in range(40)]
    for _ in range(8):
        before = virtual.now()
        assert same(await cache.get("first"), "first")
        assert virtual.now() == before
        await asyncio.sleep(0.5)
    await asyncio.gather(*attacks)
    assert issuer.fetches == 2


@in_virtual_time
async def test_an_unknown_id_does_not_wait_for_the_fetch_of_another():
    """Only who began the fetch waits for it; the next one is told at once to come again."""
    issuer = SlowIssuer(4, "first")
    cache = KeyCache(issuer, virtual.now)
    await cache.get("first")
    fetching = asyncio.ensure_future(cache.get("second"))
    await asyncio.sleep(1)
    before = virtual.now()
    issuer.keys.append(jwk("second"))
    with pytest.raises(Unavailable):
        await cache.get("second")
    assert virtual.now() == before
    assert same(await fetching, "second")


async def test_a_fetch_that_crashes_leaves_no_lock_behind(issuer):
    """Whatever the fetch raises, the next request can fetch again."""
    outcomes = [RuntimeError, None]

    async def fetch():
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome
        return await issuer()

    cache = KeyCache(fetch, issuer.clock)
    with pytest.raises(RuntimeError):
        await cache.get("first")
    assert await cache.get("first") is not None
