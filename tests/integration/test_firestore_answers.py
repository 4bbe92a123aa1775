"""What Firestore answers and the emulator never does: the product's answer, in time, and what is stored then."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from grpc import StatusCode
from starlette.responses import Response

from functions.admin_portal.portal import application
from functions.device_registration.sign_out import SignOut
from local.emulators import PROJECT
from local.processes import HOST, ROOT
from shared.google.firestore import ATTEMPTS, Firestore
from shared.keys import KeyCache
from shared.pace import Pace
from shared.store import TenantStore
from shared.tenant import Status, Verdict
from shared.web.app import Application
from tests.helpers import functions
from tests.helpers.fakes import DEVICE, TENANT, FakeEntra, FakeUsers
from tests.helpers.grpc_proxy import GrpcProxy, Refusal, grpc_proxy
from tests.helpers.loop import run
from tests.helpers.minting import jwk, token
from tests.helpers.serving import Client
from tests.helpers.signed import service_account_key
from tests.helpers.stores import Store

ABORTED = Refusal(StatusCode.ABORTED)
LOST = Refusal(StatusCode.UNAVAILABLE, has_effect=True)
NO_INDEX = Refusal(StatusCode.FAILED_PRECONDITION)
NO_DATABASE = Refusal(StatusCode.NOT_FOUND)
DEADLINE_SECONDS = 10.0
PORTAL = "https://portal.example"
ENTRA = functions.ENVIRONMENT["ENTRA_AUTHORITY"]
CLIENT = functions.ENVIRONMENT["ENTRA_CLIENT_ID"]
BEARER = {"Authorization": "Bearer id-token"}


def now() -> datetime:
    return datetime.now(UTC)


class World:
    """The functions on a Firestore behind `between`; `store` is the organization, past it."""

    def __init__(self, emulator: str, between: GrpcProxy) -> None:
        self.between = between
        self.database = Firestore(PROJECT, between.address)
        self.store = Store(Firestore(PROJECT, emulator), TENANT)
        self.behind = Store(self.database, TENANT)
        self.users = FakeUsers(uids={f"{TENANT}:{DEVICE}"})
        self.entra = FakeEntra()
        self.heartbeat = Client(functions.heartbeat(self.database, clock=now))
        self.registration = Client(
            functions.registration(
                self.database,
                entra_keys=KeyCache(self.entra_keys),
                sign_out=SignOut(self.users, Pace(1000)),  # type: ignore[arg-type]
                clock=now,
            )
        )
        self.made_portal = functions.portal(self.database, clock=now)
        self.portal = Client(application(self.made_portal), PORTAL)

    async def entra_keys(self) -> list[dict[str, Any]]:
        return [jwk("good", issuer=f"{ENTRA}/{{tenantid}}/v2.0")]

    def beat(self) -> httpx.Response:
        body = {"outcome": "succeeded"}
        return self.heartbeat.post("/v1/heartbeats", json=body, headers=BEARER)

    def register(self, device: str = DEVICE) -> httpx.Response:
        at = int(time.time())
        claims = {
            "aud": CLIENT,
            "azp": CLIENT,
            "tid": TENANT,
            "ver": "2.0",
            "iss": f"{ENTRA}/{TENANT}/v2.0",
            "scp": "Devices.Register",
            "iat": at,
            "nbf": at,
            "exp": at + 3600,
        }
        headers = {"Authorization": f"Bearer {token(claims)}"}
        return self.registration.post("/v1/devices", json={"deviceId": device}, headers=headers)

    def sign_out(self) -> httpx.Response:
        return self.registration.delete("/v1/devices/self", headers=BEARER)

    def sign_in(self) -> None:
        """An administrator's session in the portal's client."""
        stored, response = self.store.read(), Response()
        assert stored is not None
        self.made_portal.sessions.begin(response, stored)
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        self.cookie = {"Cookie": cookie}

    def page(self) -> httpx.Response:
        return self.portal.get("/", headers=self.cookie)

    def ask_deletion(self, page: str) -> httpx.Response:
        match = re.search(
            r'action="/deletion"><input type="hidden" name="token" value="(.+?)"', page
        )
        assert match
        form = {"token": match[1], "name": "Contoso"}
        headers = {"Origin": PORTAL, "Sec-Fetch-Site": "same-origin", **self.cookie}
        return self.portal.post("/deletion", data=form, headers=headers)

    def scheduled_run(self) -> httpx.Response:
        clock = time.monotonic
        purge = functions.purge(self.database, self.users, self.entra, clock, now)
        event = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "t", "ce-source": "s"}
        return Client(Application("tenant_purge", PROJECT, purge.routes)).post("/", headers=event)

    def support(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "support", *arguments],
            cwd=ROOT,
            env={**os.environ, "FIRESTORE_EMULATOR_HOST": self.between.address},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def world(clean_firestore: str, clean_auth: str) -> Iterator[World]:
    with grpc_proxy(clean_firestore) as between:
        made = World(clean_firestore, between)
        made.store.onboard("Contoso")
        made.store.register(DEVICE)
        assert made.beat().status_code == 200  # connected
        between.calls.clear()
        yield made


def assert_away(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


PHONES: dict[str, Callable[[World], httpx.Response]] = {
    "beat": World.beat,
    "registration": lambda world: world.register(str(uuid.uuid4())),
    "sign-out": World.sign_out,
}
PHONE = pytest.mark.parametrize("call", PHONES.values(), ids=PHONES)


# Commits that are aborted


@PHONE
def test_a_commit_that_is_aborted_once_is_made_again(
    world: World, call: Callable[[World], httpx.Response]
) -> None:
    """Contention passes: the phone does not hear of it."""
    world.between.once("Commit", ABORTED)

    assert call(world).status_code in (200, 201, 204)
    assert world.between.calls.count("Commit") == 2


@PHONE
def test_a_commit_that_is_aborted_again_and_again_is_503(
    world: World, call: Callable[[World], httpx.Response], capsys: pytest.CaptureFixture[str]
) -> None:
    """The phone is told when to come back, the log names Firestore, and nothing is called a crash."""
    world.between.always(ABORTED, "Commit")
    before = world.store.devices()

    assert_away(call(world))

    assert 2 <= world.between.calls.count("Commit") <= ATTEMPTS**2
    assert world.store.devices() == before
    logged = capsys.readouterr().out
    assert "dependency_away" in logged
    assert "crash" not in logged


def test_a_beat_is_committed_twice_at_most(world: World) -> None:
    """A lone write that is aborted twice is given up."""
    world.between.once("Commit", ABORTED, ABORTED)

    assert_away(world.beat())
    assert world.between.calls == ["Commit", "Commit"]


@pytest.mark.parametrize("method", ["BeginTransaction", "BatchGetDocuments", "Commit"])
def test_a_registration_whose_reads_are_aborted_begins_anew(world: World, method: str) -> None:
    """Firestore may abort a transaction at each of its calls."""
    world.between.once(method, ABORTED)

    assert world.register(str(uuid.uuid4())).status_code == 201


def test_a_note_of_a_consent_that_is_aborted_is_made_again(world: World) -> None:
    """A scheduled run notes what Entra said, though the write was aborted once."""
    world.store.change(lambda tenant: tenant.checked(Verdict.STANDS, now() - timedelta(days=2)))
    world.between.once("Commit", ABORTED)

    assert world.scheduled_run().status_code == 204
    assert now() - world.store.tenant.consent.checked_at < timedelta(hours=1)


def test_a_closing_that_is_aborted_is_made_again(world: World) -> None:
    """The administrator's request is taken, once."""
    world.sign_in()
    page = world.page().text
    world.between.once("Commit", ABORTED)

    assert world.ask_deletion(page).status_code == 303
    assert world.store.tenant.status is Status.CLOSING


# Indexes that are missing or building


def test_the_portal_without_an_index_keeps_its_forms(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page says that it cannot count now, is whole, and takes a deletion."""
    world.sign_in()
    world.between.always(NO_INDEX, "RunAggregationQuery")
    answer = world.page()

    assert answer.status_code == 200
    assert "The devices cannot be counted right now. Reload this page in a minute." in answer.text
    assert answer.text.rstrip().endswith("</html>")
    assert world.ask_deletion(answer.text).status_code == 303
    assert '"reason": "failed_precondition"' in capsys.readouterr().out


def test_a_registration_without_an_index_is_503(world: World) -> None:
    """Devices cannot be counted: no new one is taken; a known one is not counted."""
    world.between.always(NO_INDEX, "RunAggregationQuery")

    assert_away(world.register(str(uuid.uuid4())))
    assert world.register().status_code == 200


@pytest.mark.parametrize("method", ["RunQuery", "RunAggregationQuery"])
def test_a_run_without_an_index_is_503_and_no_crash(
    world: World, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The event is delivered again, and the log says what is away."""
    world.between.always(NO_INDEX, method)

    assert_away(world.scheduled_run())
    assert '"event": "crash"' not in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [("tenants",), ("purge-preview",), ("show", TENANT), ("audit",)]
)
def test_the_command_line_without_an_index_ends_with_3_and_advice(
    world: World, command: tuple[str, ...]
) -> None:
    """Exit code 3, and what to do about an index."""
    world.between.always(NO_INDEX, "RunQuery", "RunAggregationQuery")
    done = world.support(*command)

    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "firestore.indexes.json" in done.stderr


# A database that is not there


def test_a_beat_to_a_missing_database_is_503_and_to_a_missing_document_410(world: World) -> None:
    """Only a device that is gone may make a phone throw its ID away."""
    world.between.always(NO_DATABASE)
    assert_away(world.beat())

    world.between.be_well()
    assert world.beat().status_code == 200
    world.store.forget_device(DEVICE)
    gone = world.beat()
    assert (gone.status_code, gone.json()["code"]) == (410, "device_gone")


def test_a_missing_database_that_comes_back_at_once_is_503_too(world: World) -> None:
    """The document turns out to be there: then it was not the document that was not found."""
    world.between.once("Commit", NO_DATABASE)

    assert_away(world.beat())


@pytest.mark.parametrize("call", ["register", "sign_out"])
def test_other_calls_to_a_missing_database_are_503(world: World, call: str) -> None:
    """No phone is told that its organization is not connected, or that it has signed out."""
    world.between.always(NO_DATABASE)

    assert_away(getattr(world, call)())


def test_the_portal_on_a_missing_database_is_503(world: World) -> None:
    """Nobody is told that the organization is not connected."""
    world.sign_in()
    world.between.always(NO_DATABASE)
    answer = world.page()

    assert (answer.status_code, "unavailable" in answer.text) == (503, True)


def test_the_command_line_on_a_missing_database_ends_with_3_and_advice(world: World) -> None:
    """It names the setting that may be wrong."""
    world.between.always(NO_DATABASE)
    done = world.support("tenants")

    assert done.returncode == 3
    assert "GOOGLE_CLOUD_PROJECT" in done.stderr


# Answers that are lost


def test_a_beat_whose_answer_is_lost_is_a_beat(world: World) -> None:
    """It took effect: the phone hears so."""
    world.between.once("Commit", LOST)

    assert world.beat().status_code == 200


def test_a_registration_whose_answer_is_lost_makes_one_device(world: World) -> None:
    """The second look finds the device that the first try made."""
    device = str(uuid.uuid4())
    world.between.once("Commit", LOST)

    assert world.register(device).status_code in (200, 201)
    assert {one.id for one in world.store.devices()} == {DEVICE, device}
    assert world.register(device).status_code == 200


def test_a_sign_out_whose_answer_is_lost_is_one(world: World) -> None:
    """Gone is gone."""
    world.between.once("Commit", LOST)

    assert world.sign_out().status_code == 204
    assert world.store.devices() == []


def test_a_closing_whose_answer_is_lost_is_one(world: World) -> None:
    """The second look finds it closed, and keeps its receipt."""
    world.between.once("Commit", LOST)
    closing = world.behind.close(timedelta(hours=2))

    assert world.store.tenant.closing == closing


def test_an_onboarding_whose_answer_is_lost_is_one(world: World) -> None:
    """The organization is stored under its new name."""
    world.between.once("Commit", LOST)
    world.behind.onboard("Contoso again")

    assert (world.store.tenant.name, world.store.tenant.status) == ("Contoso again", Status.ACTIVE)


def test_a_replacement_whose_answer_is_lost_is_one(world: World) -> None:
    """The write was made against just what was read, though its second try finds another version."""
    store = TenantStore(world.database, TENANT)
    read = run(store.read())
    assert read is not None
    moment = now()
    world.between.once("Commit", LOST)

    run(store.replace(read, read.tenant.checked(Verdict.GONE, moment)))

    assert world.store.tenant.consent.lost_at == moment


def test_a_deletion_whose_answer_is_lost_is_one(world: World) -> None:
    """An organization's document is deleted in just the version that was read, and is gone the second time."""
    store = TenantStore(world.database, TENANT)
    read = run(store.read())
    assert read is not None
    world.between.once("Commit", LOST)

    run(store.delete(read))

    assert world.store.read() is None


@PHONE
def test_answers_that_are_lost_again_and_again_are_503_and_harmless(
    world: World, call: Callable[[World], httpx.Response]
) -> None:
    """Tried again when the network is well, each call succeeds."""
    world.between.always(LOST, "Commit")
    answer = call(world)
    assert answer.status_code in (200, 201, 204, 503)

    world.between.be_well()
    world.store.register(DEVICE)
    assert call(world).status_code in (200, 201, 204)


def test_a_download_whose_stream_is_cut_goes_on(world: World) -> None:
    """Behind the last document that came; each one is there once."""
    for _ in range(30):
        world.store.register()
    world.sign_in()
    page = world.page().text
    match = re.search(r'action="/data"><input type="hidden" name="token" value="(.+?)"', page)
    assert match
    cut = Refusal(StatusCode.UNAVAILABLE, messages=10)
    world.between.once("RunQuery", cut, cut)
    headers = {"Origin": PORTAL, **world.cookie}
    answer = world.portal.post("/data", data={"token": match[1]}, headers=headers)

    paths = [entry["path"] for entry in answer.json()]
    assert len(paths) == len(set(paths)) == 32
    assert world.between.calls.count("RunQuery") == 3


# Connections


@PHONE
def test_a_connection_that_was_closed_at_rest_costs_nothing(
    world: World, call: Callable[[World], httpx.Response]
) -> None:
    """The server goes away while nothing is under way; the next call finds another connection."""
    world.between.go_away()

    assert call(world).status_code in (200, 201, 204)


@PHONE
def test_a_peer_that_is_silent_is_503_in_time(
    world: World, call: Callable[[World], httpx.Response]
) -> None:
    """Calls are taken and never answered, the rollback neither; afterwards all is well."""
    world.between.silent = {""}
    started = time.monotonic()
    assert_away(call(world))
    assert time.monotonic() - started < DEADLINE_SECONDS

    world.between.be_well()
    assert call(world).status_code in (200, 201, 204)


def test_a_silent_read_of_a_transaction_is_503_in_time(world: World) -> None:
    """Where a transaction was begun, undoing it holds nobody for a minute."""
    world.between.silent = {"BatchGetDocuments", "Rollback"}
    started = time.monotonic()
    assert_away(world.register())
    assert time.monotonic() - started < DEADLINE_SECONDS
    assert "Rollback" in world.between.calls


def test_a_peer_that_takes_connections_and_says_nothing_is_503_in_time(world: World) -> None:
    """Not even a protocol is agreed on."""
    with socket.create_server((HOST, 0)) as silent:
        database = Firestore(PROJECT, f"{HOST}:{silent.getsockname()[1]}")
        heartbeat = Client(functions.heartbeat(database, clock=now))
        started = time.monotonic()
        assert_away(heartbeat.post("/v1/heartbeats", json={"outcome": "failed"}, headers=BEARER))
        assert time.monotonic() - started < DEADLINE_SECONDS


# Settings


@pytest.mark.parametrize("variable", ["", "127.0.0.1:1"])
def test_the_settings_decide_where_firestore_is(
    world: World, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """What Google's client would read from the environment counts for nothing, an empty variable neither."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", variable)
    database = Firestore(PROJECT, world.between.address)

    assert Store(database, TENANT).document() is not None
    assert world.between.calls


def test_the_first_callers_at_once_share_one_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials are asked for once, however many wait for them; nobody is sent away."""
    key = service_account_key(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    database = Firestore(PROJECT)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(database.client() for _ in range(40)))

    assert len(set(map(id, run(all_at_once())))) == 1


def test_how_many_calls_things_cost(world: World) -> None:
    """A beat is one write; a registration is four calls, or three for a known device."""
    assert world.beat().status_code == 200
    assert world.between.calls == ["Commit"]
    world.between.calls.clear()

    assert world.register(str(uuid.uuid4())).status_code == 201
    assert len(world.between.calls) <= 4
    world.between.calls.clear()

    assert world.register().status_code == 200
    assert len(world.between.calls) <= 3
