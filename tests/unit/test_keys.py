"""The key cache: at most one fetch per cool-down, no lost keys in an outage, one fetch for many."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import Unavailable
from shared.keys import (
    COLD_RETRY_SECONDS,
    COOL_DOWN_SECONDS,
    REFRESH_SECONDS,
    KeyCache,
    PublishedKeys,
)
from tests.helpers.answering import answering
from tests.helpers.minting import jwk, rsa_key


class Issuer:
    """An issuer that can rotate its keys and go down, and counts what it was asked. It owns the clock too."""

    def __init__(self, *kids):
        self.keys = [jwk(kid) for kid in kids]
        self.down = False
        self.fetches = 0
        self.now = 1000.0

    def __call__(self):
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


def test_nothing_is_fetched_before_a_token_comes(issuer, cache):
    """Making a cache costs nothing."""
    assert issuer.fetches == 0


def test_a_known_key_is_fetched_once(issuer, cache):
    """A thousand tokens under a known key make one fetch."""
    assert all(same(cache.get("first"), "first") for _ in range(1000))
    assert issuer.fetches == 1


def test_a_storm_of_unknown_ids(issuer, cache):
    """500 unknown key IDs make at most one fetch per cool-down, beside the first one."""
    for number in range(500):
        assert cache.get(f"unknown-{number}") is None
    assert issuer.fetches <= 2
    before = issuer.fetches
    issuer.now += COOL_DOWN_SECONDS
    for number in range(500):
        assert cache.get(f"unknown-{number}") is None
    assert issuer.fetches == before + 1


def test_a_storm_does_not_starve_real_tokens(issuer, cache):
    """Known keys stay good during a storm of unknown ones."""
    for number in range(100):
        cache.get(f"unknown-{number}")
        assert cache.get("first") is not None


def test_a_new_key_is_found_when_it_is_first_used(issuer, cache):
    """A rotation needs no restart: the new key's first token fetches it."""
    cache.get("first")
    issuer.keys.append(jwk("second"))
    assert same(cache.get("second"), "second")
    assert issuer.fetches == 2


def test_a_new_key_is_found_after_the_cool_down_at_the_latest(issuer, cache):
    """Behind a storm, a rotation waits for one cool-down."""
    cache.get("first")
    cache.get("unknown")
    issuer.keys.append(jwk("second"))
    assert cache.get("second") is None
    issuer.now += COOL_DOWN_SECONDS
    assert cache.get("second") is not None


def test_a_withdrawn_key_goes_with_the_refresh(issuer, cache):
    """A key that the issuer withdrew is good until the next refresh, no longer."""
    cache.get("first")
    issuer.keys = [jwk("second")]
    issuer.now += REFRESH_SECONDS - 1
    assert cache.get("first") is not None
    issuer.now += 1
    assert cache.get("first") is None
    assert cache.get("second") is not None


def test_an_outage_with_keys_at_hand(issuer, cache):
    """Known keys survive an outage of the issuer, long beyond the refresh, at one fetch per cool-down."""
    cache.get("first")
    issuer.down = True
    issuer.now += REFRESH_SECONDS
    for _ in range(100):
        assert cache.get("first") is not None
    assert issuer.fetches == 2
    issuer.now += COOL_DOWN_SECONDS
    cache.get("first")
    assert issuer.fetches == 3


def test_an_unknown_id_in_an_outage_is_no_verdict(issuer, cache):
    """Whether the key exists cannot be known: unavailable, not refused; and not a fetch for each."""
    cache.get("first")
    issuer.down = True
    for number in range(100):
        with pytest.raises(Unavailable):
            cache.get(f"unknown-{number}")
    assert issuer.fetches == 2
    assert cache.get("first") is not None


def test_an_outage_without_keys(issuer, cache):
    """Without any key nothing can be checked: unavailable, asked again every second, good once the issuer is."""
    issuer.down = True
    for _ in range(100):
        with pytest.raises(Unavailable):
            cache.get("first")
    assert issuer.fetches == 1
    issuer.down = False
    issuer.now += COLD_RETRY_SECONDS
    assert cache.get("first") is not None
    assert cache.get("unknown") is None


def test_an_issuer_that_answers_with_nothing_changes_nothing(issuer, cache):
    """An empty or unusable set does not replace a good one."""
    cache.get("first")
    issuer.keys = []
    issuer.now += REFRESH_SECONDS
    assert cache.get("first") is not None


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
def test_a_key_that_is_unfit(issuer, cache, key):
    """An unfit key is passed over, and the good ones beside it stay good."""
    issuer.keys.insert(0, key)
    assert cache.get("bad") is None
    assert cache.get("first") is not None


def test_the_issuer_of_a_key(issuer, cache):
    """A key keeps the issuer template that it is published with; another type than text counts as none."""
    issuer.keys = [jwk("a", issuer="https://x/{tenantid}/v2.0"), jwk("b"), jwk("c", issuer=["x"])]
    assert [cache.get(kid).issuer for kid in "abc"] == ["https://x/{tenantid}/v2.0", None, None]


def test_requests_at_once_share_one_fetch():
    """Sixteen cold requests at once wait for one fetch, and all get the key."""
    issuer = Issuer("first")
    started, go = threading.Event(), threading.Event()

    def slow():
        started.set()
        assert go.wait(10)
        return issuer()

    cache = KeyCache(slow, issuer.clock)
    with ThreadPoolExecutor(16) as pool:
        results = [pool.submit(cache.get, "first") for _ in range(16)]
        assert started.wait(10)
        go.set()
        assert all(result.result(10) is not None for result in results)
    assert issuer.fetches == 1


def test_a_slow_refresh_keeps_nobody_waiting():
    """While one request fetches a stale set anew, others go on with the keys at hand."""
    issuer = Issuer("first")
    started, go = threading.Event(), threading.Event()
    go.set()

    def slow():
        started.set()
        assert go.wait(10)
        return issuer()

    cache = KeyCache(slow, issuer.clock)
    cache.get("first")
    issuer.now += REFRESH_SECONDS
    started.clear()
    go.clear()
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(cache.get, "first")
        assert started.wait(10)
        assert cache.get("first") is not None
        go.set()
        assert refreshing.result(10) is not None
    assert issuer.fetches == 2


def test_a_fetch_that_crashes_leaves_no_lock_behind(issuer):
    """Whatever the fetch raises, the next request can fetch again."""
    outcomes = [RuntimeError, None]

    def fetch():
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome
        return issuer()

    cache = KeyCache(fetch, issuer.clock)
    with pytest.raises(RuntimeError):
        cache.get("first")
    assert cache.get("first") is not None


@pytest.fixture
def server():
    with answering() as made:
        yield made


@pytest.fixture
def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"keys": []}'),
        (403, b'{"keys": []}'),
        (429, b'{"keys": []}'),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b"{}"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": "all"}'),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
    ],
)
def test_keys_that_are_none(server, status, body):
    """An answer that holds no keys is an outage, and never a verdict or a crash."""
    server.status, server.body = status, body
    server.headers = {"Location": f"{server.url}/elsewhere"} if status == 302 else {}
    with pytest.raises(Unavailable) as caught:
        PublishedKeys(server.url, "entra")()
    assert caught.value.dependency == "entra"
    assert "/elsewhere" not in server.asked


def test_what_is_no_key_among_keys_is_passed_over(server):
    """One odd entry does not take the others with it."""
    server.body = json.dumps({"keys": [1, None, "x", jwk("good")]}).encode()
    assert [key["kid"] for key in PublishedKeys(server.url, "entra")()] == ["good"]


def test_a_key_server_that_hangs_up(free_port):
    """Nobody there: an outage."""
    with pytest.raises(Unavailable):
        PublishedKeys(f"http://127.0.0.1:{free_port}/keys", "entra")()
