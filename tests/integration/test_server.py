"""A function as it is deployed, in a process of its own: its first requests, slow callers, its end, its memory."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from local.emulators import PROJECT
from local.processes import ROOT
from shared.google.firestore import Firestore
from tests.e2e.parts import until
from tests.helpers import signed
from tests.helpers.environments import environment_for, python_of
from tests.helpers.grpc_proxy import grpc_proxy
from tests.helpers.key_server import KeyServer, key_server
from tests.helpers.minting import token
from tests.helpers.processes import Served
from tests.helpers.proxy import proxy
from tests.helpers.signed import TENANT, function
from tests.helpers.stores import Store, put

TIMEOUT_SECONDS = 60
SLOW_CALLERS = 200
BEATS = 20
PATIENCE_SECONDS = (
    5.0  # of a phone; a server that slow callers hold would take the 20 that it gives a body
)
EARLY, LATE = 500, 2000  # registrations
GROWTH = 1.05
HOSTILE = "canary-of-a-caller"
VERSIONS = (f"{sys.version_info.major}.{sys.version_info.minor}", "3.13")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyServer]:
    with key_server(tmp_path_factory.mktemp("keys")) as made:
        signed.publish(made)
        yield made


@pytest.fixture
def store(clean_firestore: str) -> Store:
    """An organization that is connected."""
    made = Store(Firestore(PROJECT, clean_firestore), TENANT)
    made.onboard("Contoso")
    return made


class Phones:
    """As many phones as there are devices, and what they send."""

    def __init__(self, served: Served, keys: KeyServer) -> None:
        self._url, self._keys = served.url, keys

    def beat(self, device: str) -> requests.Response:
        claims = signed.firebase_claims(deviceId=device, sub=f"{TENANT}:{device}")
        text = token(claims, {"kid": "firebase"}, "firebase")
        return self._send("/v1/heartbeats", text, {"outcome": "succeeded"})

    def register(self, device: str) -> requests.Response:
        return self._send(
            "/v1/devices", token(signed.entra_claims(self._keys)), {"deviceId": device}
        )

    def _send(self, path: str, text: str, body: dict[str, str]) -> requests.Response:
        return requests.post(
            self._url + path,
            json=body,
            headers={"Authorization": f"Bearer {text}"},
            timeout=TIMEOUT_SECONDS,
        )


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What so many calls return that begin in one moment."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        start.wait(TIMEOUT_SECONDS)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def devices(store: Store, count: int) -> list[str]:
    """Devices that are registered."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    at = store.tenant.consent.checked_at
    put(store.database, {f"{store.devices_path}/{one}": {"lastHeartbeatAt": at} for one in ids})
    return ids


# The first requests


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", dict.fromkeys(VERSIONS))
@pytest.mark.parametrize("count", [8, 40])
@pytest.mark.parametrize("name", ["heartbeat", "device_registration"])
def test_the_first_requests_of_an_instance_at_once_all_succeed(
    store: Store, keys: KeyServer, tmp_path: Path, name: str, count: int, version: str
) -> None:
    """However many meet a fresh process, with no key, no channel and no signer yet."""
    python = sys.executable if version == VERSIONS[0] else python_of(version)
    environment = environment_for(ROOT / "functions" / name / "requirements.txt", python)
    ids = (
        devices(store, count) if name == "heartbeat" else [str(uuid.uuid4()) for _ in range(count)]
    )
    credentials = signed.service_account_key(tmp_path)
    emulator = os.environ["FIRESTORE_EMULATOR_HOST"]
    with function(name, tmp_path, keys, emulator, credentials, environment) as served:
        phones = Phones(served, keys)
        ask = phones.beat if name == "heartbeat" else phones.register
        answers = at_once(count, lambda number: ask(ids[number]))

    expected = 200 if name == "heartbeat" else 201
    assert [answer.status_code for answer in answers] == [expected] * count
    assert {one.id for one in store.devices()} == set(ids)


# Callers that are slow


@pytest.mark.timeout(180)
def test_200_slow_callers_keep_no_phone_waiting(
    store: Store, keys: KeyServer, tmp_path: Path
) -> None:
    """Half of them send their headers a byte a second, half their body; phones beat as if they were alone."""
    (device,) = devices(store, 1)
    emulator = os.environ["FIRESTORE_EMULATOR_HOST"]
    over = threading.Event()
    with function("heartbeat", tmp_path, keys, emulator) as served:
        phones = Phones(served, keys)
        assert phones.beat(device).status_code == 200
        parts = urlsplit(served.url)
        head = (
            f"POST /v1/heartbeats HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/json\r\n"
        )
        begun = [head.encode(), f"{head}Content-Length: 4000\r\n\r\n".encode()]
        callers = []
        for number in range(SLOW_CALLERS):
            caller = socket.create_connection((parts.hostname or "", parts.port or 0))
            caller.sendall(begun[number % 2])
            callers.append(caller)

        def drip() -> None:
            while not over.wait(1.0):
                for caller in callers:
                    try:
                        caller.sendall(b"x")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            waited = []
            for _ in range(BEATS):
                started = time.monotonic()
                assert phones.beat(device).status_code == 200
                waited.append(time.monotonic() - started)
        finally:
            over.set()
            dripping.join()
            for caller in callers:
                caller.close()
    assert max(waited) < PATIENCE_SECONDS


# Its end


def test_sigterm_lets_requests_under_way_finish(
    store: Store, keys: KeyServer, tmp_path: Path
) -> None:
    """What has begun is answered; then the process ends by itself."""
    (device,) = devices(store, 1)
    with (
        grpc_proxy(os.environ["FIRESTORE_EMULATOR_HOST"]) as between,
        function("heartbeat", tmp_path, keys, between.address) as served,
        ThreadPoolExecutor(1) as pool,
    ):
        phones = Phones(served, keys)
        assert phones.beat(device).status_code == 200
        between.calls.clear()
        between.silent = {"Commit"}
        answer: Future[requests.Response] = pool.submit(phones.beat, device)
        until(lambda: between.calls == ["Commit"])
        family = [process for process in served.family() if process.name() != "sh"]
        os.kill(served.process.pid, signal.SIGTERM)
        until(lambda: not is_listening(served))
        between.be_well()

        assert answer.result(TIMEOUT_SECONDS).status_code == 200
        _gone, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []


def is_listening(served: Served) -> bool:
    parts = urlsplit(served.url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5):
            return True
    except ConnectionError:
        return False


# Its rest


def test_a_connection_that_was_closed_while_the_process_stood_still(
    store: Store, keys: KeyServer, tmp_path: Path
) -> None:
    """The platform gives an idle instance no processor: it finds the end of its connection and a request at once."""
    (device,) = devices(store, 1)
    with (
        proxy(os.environ["FIRESTORE_EMULATOR_HOST"]) as between,
        function("heartbeat", tmp_path, keys, between.address) as served,
        ThreadPoolExecutor(1) as pool,
    ):
        phones = Phones(served, keys)
        assert phones.beat(device).status_code == 200
        for process in served.family():
            process.suspend()
        between.hang_up()
        answer = pool.submit(phones.beat, device)
        for process in served.family():
            process.resume()

        assert answer.result(TIMEOUT_SECONDS).status_code == 200


# Its log


def test_nothing_of_a_caller_is_logged_where_google_logs_execution_ids(
    store: Store, keys: KeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG_EXECUTION_ID is true on Google's platform: neither that header nor another one reaches the log."""
    monkeypatch.setenv("LOG_EXECUTION_ID", "true")
    headers = {
        "Function-Execution-Id": HOSTILE,
        "X-Cloud-Trace-Context": f"{HOSTILE}/1;o=1",
        "traceparent": f"00-{HOSTILE}",
        "User-Agent": HOSTILE,
    }
    with function("heartbeat", tmp_path, keys, "127.0.0.1:1") as served:
        for method, path in (
            ("POST", "/v1/heartbeats"),
            ("GET", f"/{HOSTILE}"),
            ("PUT", f"/v1/heartbeats?{HOSTILE}"),
            ("PROPFIND", f"/{HOSTILE}"),
            ("GET", "/favicon.ico"),
        ):
            answer = requests.request(
                method, served.url + path, headers=headers, data=HOSTILE, timeout=TIMEOUT_SECONDS
            )
            assert HOSTILE not in answer.text + str(answer.headers)
        phones = Phones(served, keys)
        assert phones.beat(str(uuid.uuid4())).status_code == 503
        raw(served.url, f"{HOSTILE} {HOSTILE} {HOSTILE}\r\n\r\n".encode())
        written = served.written()
    assert '"event": "heartbeat"' in written
    assert HOSTILE not in written


def test_nothing_of_a_device_is_logged_where_googles_clients_log_requests(
    store: Store, keys: KeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOOGLE_SDK_PYTHON_LOGGING_SCOPE would have them write each request as it is, with its paths."""
    monkeypatch.setenv("GOOGLE_SDK_PYTHON_LOGGING_SCOPE", "google")
    device = str(uuid.uuid4())
    with function("heartbeat", tmp_path, keys, "127.0.0.1:1") as served:
        assert Phones(served, keys).beat(device).status_code == 503
        written = served.written()
    assert {json.loads(line)["event"] for line in written.splitlines()} == {
        "dependency_away",
        "heartbeat",
    }
    assert device not in written


def raw(url: str, request: bytes) -> bytes:
    """The first bytes of the answer to what may be no HTTP."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as caller:
        caller.sendall(request)
        return caller.recv(1000)


# Its memory


@pytest.mark.timeout(300)
def test_memory_stays_where_it_was(store: Store, keys: KeyServer, tmp_path: Path) -> None:
    """Thousands of new registrations leave nothing behind in the process."""
    credentials = signed.service_account_key(tmp_path)
    emulator = os.environ["FIRESTORE_EMULATOR_HOST"]
    flood = {"MAX_NEW_DEVICES_PER_MINUTE": "100000"}  # it is not what is looked at here
    with function("device_registration", tmp_path, keys, emulator, credentials, **flood) as served:
        phones = Phones(served, keys)

        def register(count: int) -> int:
            with ThreadPoolExecutor(8) as pool:
                ids = [str(uuid.uuid4()) for _ in range(count)]
                statuses = {answer.status_code for answer in pool.map(phones.register, ids)}
            assert statuses == {201}
            return served.resident_bytes()

        before = register(EARLY)
        after = register(LATE)
    figures = f"{before >> 10} KiB after {EARLY}, {after >> 10} KiB after {LATE} more registrations"
    print(figures)  # noqa: T201 - the figure is evidence: pytest -rP shows it
    assert after < before * GROWTH
