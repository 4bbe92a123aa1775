"""What Firestore answers and the emulator never does: the product's answer, in time, and what is stored then."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
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
from local.processes import HOST
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
from tests.helpers.support import support

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


class Project:
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
        return support(*arguments, FIRESTORE_EMULATOR_HOST=self.between.address)


@pytest.fixture
def project(clean_firestore: str, clean_auth: str) -> Iterator[Project]:
    with grpc_proxy(clean_firestore) as between:
        made = Project(clean_firestore, between)
        made.store.onboard("Contoso")
        made.store.register(DEVICE)
        assert made.beat().status_code == 200  # connected
        between.calls.clear()
        yield made


def assert_away(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


PHONES: dict[str, Callable[[Project], httpx.Response]] = {
    "beat": Project.beat,
    "registration": lambda project: project.register(str(uuid.uuid4())),
    "sign-out": Project.sign_out,
}
PHONE = pytest.mark.parametrize("call", PHONES.values(), ids=PHONES)


# Commits that are aborted


@PHONE
def test_a_commit_that_is_aborted_once_is_made_again(
    project: Project, call: Callable[[Project], httpx.Response]
) -> None:
    """Contention passes: the phone does not hear of it."""
    project.between.once("Commit", ABORTED)

    assert call(project).status_code in (200, 201, 204)
    assert project.between.calls.count("Commit") == 2


@PHONE
def test_a_commit_that_is_aborted_again_and_again_is_503(
    project: Project, call: Callable[[Project], httpx.Response], capsys: pytest.CaptureFixture[str]
) -> None:
    """The phone is told when to come back, the log names Firestore, and nothing is called a crash."""
    project.between.always(ABORTED, "Commit")
    before = project.store.devices()

    assert_away(call(project))

    assert 2 <= project.between.calls.count("Commit") <= ATTEMPTS**2
    assert project.store.devices() == before
    logged = capsys.readouterr().out
    assert "dependency_away" in logged
    assert "crash" not in logged


def test_a_beat_is_committed_twice_at_most(project: Project) -> None:
    """A lone write that is aborted twice is given up."""
    project.between.once("Commit", ABORTED, ABORTED)

    assert_away(project.beat())
    assert project.between.calls == ["Commit", "Commit"]


@pytest.mark.parametrize("method", ["BeginTransaction", "BatchGetDocuments", "Commit"])
def test_a_registration_whose_reads_are_aborted_begins_anew(project: Project, method: str) -> None:
    """Firestore may abort a transaction at each of its calls."""
    project.between.once(method, ABORTED)

    assert project.register(str(uuid.uuid4())).status_code == 201


def test_a_note_of_a_consent_that_is_aborted_is_made_again(project: Project) -> None:
    """A scheduled run notes what Entra said, though the write was aborted once."""
    project.store.change(lambda tenant: tenant.checked(Verdict.STANDS, now() - timedelta(days=2)))
    project.between.once("Commit", ABORTED)

    assert project.scheduled_run().status_code == 204
    assert now() - project.store.tenant.consent.checked_at < timedelta(hours=1)


def test_a_closing_that_is_aborted_is_made_again(project: Project) -> None:
    """The administrator's request is taken, once."""
    project.sign_in()
    page = project.page().text
    project.between.once("Commit", ABORTED)

    assert project.ask_deletion(page).status_code == 303
    assert project.store.tenant.status is Status.CLOSING


# Indexes that are missing or building


def test_the_portal_without_an_index_keeps_its_forms(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page says that it cannot count now, is whole, and takes a deletion."""
    project.sign_in()
    project.between.always(NO_INDEX, "RunAggregationQuery")
    answer = project.page()

    assert answer.status_code == 200
    assert "The devices cannot be counted right now. Reload this page in a minute." in answer.text
    assert answer.text.rstrip().endswith("</html>")
    assert project.ask_deletion(answer.text).status_code == 303
    assert '"reason": "failed_precondition"' in capsys.readouterr().out


def test_a_registration_without_an_index_is_503(project: Project) -> None:
    """Devices cannot be counted: no new one is taken; a known one is not counted."""
    project.between.always(NO_INDEX, "RunAggregationQuery")

    assert_away(project.register(str(uuid.uuid4())))
    assert project.register().status_code == 200


@pytest.mark.parametrize("method", ["RunQuery", "RunAggregationQuery"])
def test_a_run_without_an_index_is_503_and_no_crash(
    project: Project, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The event is delivered again, and the log says what is away."""
    project.between.always(NO_INDEX, method)

    assert_away(project.scheduled_run())
    assert '"event": "crash"' not in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [("tenants",), ("purge-preview",), ("show", TENANT), ("audit",)]
)
def test_the_command_line_without_an_index_ends_with_3_and_advice(
    project: Project, command: tuple[str, ...]
) -> None:
    """Exit code 3, and what to do about an index."""
    project.between.always(NO_INDEX, "RunQuery", "RunAggregationQuery")
    done = project.support(*command)

    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "firestore.indexes.json" in done.stderr


# A database that is not there


def test_a_beat_to_a_missing_database_is_503_and_to_a_missing_document_410(
    project: Project,
) -> None:
    """Only a device that is gone may make a phone throw its ID away."""
    project.between.always(NO_DATABASE)
    assert_away(project.beat())

    project.between.be_well()
    assert project.beat().status_code == 200
    project.store.forget_device(DEVICE)
    gone = project.beat()
    assert (gone.status_code, gone.json()["code"]) == (410, "device_gone")


def test_a_missing_database_that_comes_back_at_once_is_503_too(project: Project) -> None:
    """The document turns out to be there: then it was not the document that was not found."""
    project.between.once("Commit", NO_DATABASE)

    assert_away(project.beat())


@pytest.mark.parametrize("call", ["register", "sign_out"])
def test_other_calls_to_a_missing_database_are_503(project: Project, call: str) -> None:
    """No phone is told that its organization is not connected, or that it has signed out."""
    project.between.always(NO_DATABASE)

    assert_away(getattr(project, call)())


def test_the_portal_on_a_missing_database_is_503(project: Project) -> None:
    """Nobody is told that the organization is not connected."""
    project.sign_in()
    project.between.always(NO_DATABASE)
    answer = project.page()

    assert (answer.status_code, "unavailable" in answer.text) == (503, True)


def test_the_command_line_on_a_missing_database_ends_with_3_and_advice(project: Project) -> None:
    """It names the setting that may be wrong."""
    project.between.always(NO_DATABASE)
    done = project.support("tenants")

    assert done.returncode == 3
    assert "GOOGLE_CLOUD_PROJECT" in done.stderr


# Answers that are lost


def test_a_beat_whose_answer_is_lost_is_a_beat(project: Project) -> None:
    """It took effect: the phone hears so."""
    project.between.once("Commit", LOST)

    assert project.beat().status_code == 200


def test_a_registration_whose_answer_is_lost_makes_one_device(project: Project) -> None:
    """The second look finds the device that the first try made."""
    device = str(uuid.uuid4())
    project.between.once("Commit", LOST)

    assert project.register(device).status_code in (200, 201)
    assert {one.id for one in project.store.devices()} == {DEVICE, device}
    assert project.register(device).status_code == 200


def test_a_sign_out_whose_answer_is_lost_is_one(project: Project) -> None:
    """Gone is gone."""
    project.between.once("Commit", LOST)

    assert project.sign_out().status_code == 204
    assert project.store.devices() == []


def test_a_closing_whose_answer_is_lost_is_one(project: Project) -> None:
    """The second look finds it closed, and keeps its receipt."""
    project.between.once("Commit", LOST)
    closing = project.behind.close(timedelta(hours=2))

    assert project.store.tenant.closing == closing


def test_an_onboarding_whose_answer_is_lost_is_one(project: Project) -> None:
    """The organization is stored under its new name."""
    project.between.once("Commit", LOST)
    project.behind.onboard("Contoso again")

    assert (project.store.tenant.name, project.store.tenant.status) == (
        "Contoso again",
        Status.ACTIVE,
    )


def test_a_replacement_whose_answer_is_lost_is_one(project: Project) -> None:
    """The write was made against just what was read, though its second try finds another version."""
    store = TenantStore(project.database, TENANT)
    read = run(store.read())
    assert read is not None
    moment = now()
    project.between.once("Commit", LOST)

    run(store.replace(read, read.tenant.checked(Verdict.GONE, moment)))

    assert project.store.tenant.consent.lost_at == moment


def test_a_deletion_whose_answer_is_lost_is_one(project: Project) -> None:
    """An organization's document is deleted in just the version that was read, and is gone the second time."""
    store = TenantStore(project.database, TENANT)
    read = run(store.read())
    assert read is not None
    project.between.once("Commit", LOST)

    run(store.delete(read))

    assert project.store.read() is None


@PHONE
def test_answers_that_are_lost_again_and_again_are_503_and_harmless(
    project: Project, call: Callable[[Project], httpx.Response]
) -> None:
    """Tried again when the network is well, each call succeeds."""
    project.between.always(LOST, "Commit")
    answer = call(project)
    assert answer.status_code in (200, 201, 204, 503)

    project.between.be_well()
    project.store.register(DEVICE)
    assert call(project).status_code in (200, 201, 204)


def test_a_download_whose_stream_is_cut_goes_on(project: Project) -> None:
    """Behind the last document that came; each one is there once."""
    for _ in range(30):
        project.store.register()
    project.sign_in()
    page = project.page().text
    match = re.search(r'action="/data"><input type="hidden" name="token" value="(.+?)"', page)
    assert match
    cut = Refusal(StatusCode.UNAVAILABLE, messages=10)
    project.between.once("RunQuery", cut, cut)
    headers = {"Origin": PORTAL, **project.cookie}
    answer = project.portal.post("/data", data={"token": match[1]}, headers=headers)

    paths = [entry["path"] for entry in answer.json()]
    assert len(paths) == len(set(paths)) == 32
    assert project.between.calls.count("RunQuery") == 3


# Connections


@PHONE
def test_a_connection_that_was_closed_at_rest_costs_nothing(
    project: Project, call: Callable[[Project], httpx.Response]
) -> None:
    """The server goes away while nothing is under way; the next call finds another connection."""
    project.between.go_away()

    assert call(project).status_code in (200, 201, 204)


@PHONE
def test_a_peer_that_is_silent_is_503_in_time(
    project: Project, call: Callable[[Project], httpx.Response]
) -> None:
    """Calls are taken and never answered, the rollback neither; afterwards all is well."""
    project.between.silent = {""}
    started = time.monotonic()
    assert_away(call(project))
    assert time.monotonic() - started < DEADLINE_SECONDS

    project.between.be_well()
    assert call(project).status_code in (200, 201, 204)


def test_a_silent_read_of_a_transaction_is_503_in_time(project: Project) -> None:
    """Where a transaction was begun, undoing it holds nobody for a minute."""
    project.between.silent = {"BatchGetDocuments", "Rollback"}
    started = time.monotonic()
    assert_away(project.register())
    assert time.monotonic() - started < DEADLINE_SECONDS
    assert "Rollback" in project.between.calls


def test_a_peer_that_takes_connections_and_says_nothing_is_503_in_time(project: Project) -> None:
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
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """What Google's client would read from the environment counts for nothing, an empty variable neither."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", variable)
    database = Firestore(PROJECT, project.between.address)

    assert Store(database, TENANT).document() is not None
    assert project.between.calls


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


def test_how_many_calls_things_cost(project: Project) -> None:
    """A beat is one write; a registration is four calls, or three for a known device."""
    assert project.beat().status_code == 200
    assert project.between.calls == ["Commit"]
    project.between.calls.clear()

    assert project.register(str(uuid.uuid4())).status_code == 201
    assert len(project.between.calls) <= 4
    project.between.calls.clear()

    assert project.register().status_code == 200
    assert len(project.between.calls) <= 3
