"""The keys that an issuer publishes: all of them, or an outage, in bounded time and memory."""

from __future__ import annotations

import json
import socket
import time

import pytest

from shared.errors import Unavailable
from shared.keys import MAX_KEYS_BYTES, KeyCache, published
from tests.helpers.answering import answering
from tests.helpers.minting import jwk


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
async def test_keys_that_are_none(server, status, body):
    """An answer that holds no keys is an outage, and never a verdict or a crash."""
    server.status, server.body = status, body
    server.headers = {"Location": f"{server.url}/elsewhere"} if status == 302 else {}
    with pytest.raises(Unavailable) as caught:
        await published("entra", server.url)()
    assert caught.value.dependency == "entra"
    assert "/elsewhere" not in server.asked


async def test_what_is_no_key_among_keys_is_passed_over(server):
    """One odd entry does not take the others with it."""
    server.body = json.dumps({"keys": [1, None, "x", jwk("good")]}).encode()
    found = await published("entra", server.url)()
    assert [key["kid"] for key in found] == ["good"]


async def test_a_key_server_that_hangs_up(free_port):
    """Nobody there: an outage."""
    with pytest.raises(Unavailable):
        await published("entra", f"http://127.0.0.1:{free_port}/keys")()


async def test_keys_of_our_own_application_count_too(server):
    """What is published under our ID alone signs for us; where it names no issuer, it has that of all others."""
    own, common = f"{server.url}/keys?appid=ours", f"{server.url}/keys"
    template = "https://login.example/{tenantid}/v2.0"
    server.bodies = {
        "/keys?appid=ours": json.dumps({"keys": [jwk("own"), jwk("both", issuer="x")]}).encode(),
        "/keys": json.dumps({"keys": [jwk("good"), jwk("both", issuer=template)]}).encode(),
    }
    cache = KeyCache(published("entra", common, own, template))
    issuers = {kid: (await cache.get(kid)).issuer for kid in ("own", "good", "both")}
    assert issuers == {"own": template, "good": None, "both": template}


async def test_half_the_keys_are_an_outage(server):
    """Where our own keys cannot be had, tokens under them must not become 401 for a while."""
    server.bodies = {"/keys": json.dumps({"keys": [jwk("good")]}).encode(), "/own": b"[]"}
    with pytest.raises(Unavailable):
        await published("entra", f"{server.url}/keys", f"{server.url}/own")()


async def test_a_set_without_end_is_given_up(server):
    """More than the limit is not taken for keys."""
    server.body = b'{"keys": []}'.ljust(MAX_KEYS_BYTES + 1)
    with pytest.raises(Unavailable):
        await published("entra", server.url)()


async def test_a_set_that_comes_a_byte_at_a_time_ends(server):
    """Each byte comes within a socket's own limit; the whole has one all the same, and the thread is free again."""
    server.body = json.dumps({"keys": [jwk("good")]}).encode()
    server.seconds_per_byte = 0.1
    began = time.monotonic()
    fetch = published("entra", server.url, seconds=0.4)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await fetch()
        assert caught.value.reason == "keys"
    assert time.monotonic() - began < 3
