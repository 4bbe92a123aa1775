"""What the tests of the whole stack look at, and the ways in which its parts can fail."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
import requests

from local import contents
from local.addresses import Addresses
from local.entra import Tenant as EntraTenant
from local.phone import Answer
from shared.web.answers import HEADERS
from tests.helpers.stores import Store

TIMEOUT_SECONDS = 30
DEADLINE_SECONDS = 10  # for an answer while a dependency is away


@dataclass(frozen=True)
class Organization:
    """tenant: at Entra. store: in the database."""

    tenant: EntraTenant
    store: Store

    @property
    def id(self) -> str:
        return self.tenant.tenant_id


def documents_of(addresses: Addresses, organization: Organization) -> set[str]:
    """The paths of all that is stored of an organization."""
    root = f"tenants/{organization.id}"
    return {path for path in contents.documents(addresses) if path.startswith(root)}


def send(method: str, url: str, token: str = "", **content: Any) -> Answer:
    """One plain request."""
    headers = dict(content.pop("headers", {}))
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(
            method, url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, **content
        )
        return Answer.of(response)


def assert_problem(answer: Answer, status: int, code: str) -> None:
    """The one shape of every error: RFC 9457, a stable code, the security headers, no more members."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.body) - {"fields"} == {"type", "title", "status", "code"}
    assert answer.body["status"] == status
    assert answer.body["type"] == f"urn:calliente:problem:{code}"
    assert_guarded(answer)


def assert_guarded(answer: Answer) -> None:
    """The security headers, whatever the answer."""
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def process_at(address: str) -> psutil.Process:
    """The child process that listens at host:port."""
    port = int(address.rpartition(":")[2])
    for process in psutil.Process().children(recursive=True):
        for connection in process.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return process
    pytest.fail(f"nobody of ours listens at {address}")


@contextmanager
def paused(address: str) -> Iterator[None]:
    """Whoever listens there stands still: connections open, answers do not come."""
    process = process_at(address)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def kill(address: str) -> None:
    """Whoever listens there is gone at once."""
    process = process_at(address)
    process.kill()
    psutil.wait_procs([process], timeout=TIMEOUT_SECONDS)


def until(holds: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
    """Ask again and again until it holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"did not come about within {seconds:.0f} seconds")
        time.sleep(0.1)


def assert_away(ask: Callable[[], Answer]) -> None:
    """A dependency is away: 503 with a time to wait, within the deadline."""
    started = time.monotonic()
    answer = ask()
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - started < DEADLINE_SECONDS
