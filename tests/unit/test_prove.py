"""Proving a deployment: what decides what, and what is said where something could not be seen."""

import re
from collections.abc import Iterator
from typing import cast

import pytest

from local.processes import ROOT
from shared.google.firestore import Firestore
from shared.google.users import Users
from shared.settings import SettingsError, load
from support.prove import rules
from support.prove.findings import CHECKS, Finding, Findings
from support.prove.http import Answer
from support.prove.journey import Journey
from support.prove.settings import IDENTITY, ProveSettings
from support.prove.unproven import BY_HAND, ITEMS, decide
from tests.helpers import tenants
from tests.helpers.answering import answering
from tests.helpers.fakes import FakeFirestore

PAGE = (ROOT / "docs/unproven.md").read_text()
URLS = dict.fromkeys(
    ("ONBOARDING_URL", "PORTAL_URL", "REGISTRATION_URL", "HEARTBEAT_URL"),
    "https://staging.example.com",
)
ENVIRON = {
    "GOOGLE_CLOUD_PROJECT": "calliente-staging",
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "FIREBASE_API_KEY": "made-up",
    **URLS,
}


def rows() -> dict[str, str]:
    """The items of docs/unproven.md with what decides each: the last column of their row."""
    return {
        found[1]: found[2]
        for found in re.finditer(r"^\| `([a-z-]+)` \|.*\| ([^|]+) \|$", PAGE, re.M)
    }


def made(ok: bool | None) -> dict[str, Finding]:
    return {name: Finding(name, ok) for name in CHECKS}


def test_the_page_lists_what_prove_decides():
    """Item by item with the same checks; and what only a person can look at."""
    listed = rows()
    assert {item: listed.get(item) for item in ITEMS} == {
        item: ", ".join(checks) for item, checks in ITEMS.items()
    }
    assert set(listed) == {*ITEMS, *BY_HAND}


def test_each_item_is_decided_by_checks_that_exist():
    """A check that is renamed takes its items along."""
    assert {name for checks in ITEMS.values() for name in checks} <= set(CHECKS)


def test_all_checks_good_decide_every_item():
    """But those that are left to a person."""
    decisions = {one.item: one.holds for one in decide(made(True), on_emulators=False)}
    assert decisions == {**dict.fromkeys(ITEMS, True), **dict.fromkeys(BY_HAND)}


@pytest.mark.parametrize(("ok", "holds"), [(False, False), (None, None)])
def test_one_check_decides_against_an_item(ok: bool | None, holds: bool | None):
    """One failure is enough; one that was not made leaves the item open."""
    found = {**made(True), "users gone": Finding("users gone", ok)}
    decisions = {one.item: one.holds for one in decide(found, on_emulators=False)}
    assert decisions["custom-role-users"] is holds
    assert decisions["sign-blob-as-itself"] is True


def test_emulators_decide_nothing():
    """A stand-in's behaviour is ours, not Google's or Microsoft's."""
    assert {one.holds for one in decide(made(True), on_emulators=True)} == {None}


def test_what_was_not_reached_is_said():
    """In the order of the journey; a check without a name cannot be noted."""
    found = Findings()
    found.note("versions", True)
    assert [one.check for one in found.missing()] == list(CHECKS)[1:]
    with pytest.raises(KeyError):
        found.note("verions", True)


def test_a_real_project_needs_the_apps_key():
    """Without emulators an API key is asked for, by name."""
    with pytest.raises(SettingsError, match="FIREBASE_API_KEY is required"):
        load(ProveSettings, {**ENVIRON, "FIREBASE_API_KEY": ""})
    assert load(ProveSettings, ENVIRON).firebase_url(IDENTITY) == f"https://{IDENTITY}"


def test_an_app_tells_firebase_what_its_key_is_bound_to():
    """Package and signature of Android, as Google's headers want them."""
    told = {"ANDROID_PACKAGE": "com.example", "ANDROID_SHA1": "ab:cd"}
    headers = load(ProveSettings, {**ENVIRON, **told}).app_headers
    assert headers == {"X-Android-Package": "com.example", "X-Android-Cert": "ABCD"}


class Reading:
    """A phone whose reads are answered as told, by path."""

    tenant_id = "aaaaaaaa-1111-4222-8333-444444444444"
    device_id = "bbbbbbbb-1111-4222-8333-444444444444"
    documents_name = "projects/staging/databases/(default)/documents"
    path = f"/tenants/{tenant_id}/devices/{device_id}"
    on_emulators = False

    def __init__(self, open_paths: dict[str, Answer]) -> None:
        self.open_paths = open_paths

    def firestore(self, method: str, path: str, **_body: object) -> Answer:
        known = {self.path: Answer(200, {"fields": {"lastHeartbeatAt": {}}})}
        denied = Answer(403, {"error": {"code": 403, "message": "PERMISSION_DENIED"}})
        if method == "GET":
            return {**known, **self.open_paths}.get(path, denied)
        return self.open_paths.get(path, denied)


def results(reading: Reading) -> Iterator[tuple[str, bool | None]]:
    for one in rules.check_rules(reading, "c" * 8, Findings()):  # type: ignore[arg-type]
        yield one.check, one.ok


def test_rules_that_refuse_all_else():
    """Only what the read-only transaction needs is open beside the own document."""
    ok = dict(results(Reading({})))
    assert ok.pop("read-only transaction") is False  # this phone is refused every batch
    assert set(ok.values()) == {True}


@pytest.mark.parametrize(
    ("path", "check"),
    [
        (f"/tenants/{Reading.tenant_id}", "organization refused"),
        ("/tenants", "listing refused"),
        (":runQuery", "listing refused"),
        (":commit", "writing refused"),
        (":batchGet", "locking read refused"),
        (":beginTransaction", "no read-write transaction"),
    ],
)
def test_rules_that_let_something_through(path: str, check: str):
    """An answer that should be a refusal fails the check of its name, and no other."""
    ok = dict(results(Reading({path: Answer(200, {})})))
    assert [
        name for name, good in ok.items() if good is False and name != "read-only transaction"
    ] == [check]


def test_a_field_that_is_not_published_is_seen():
    """What a phone reads of itself is what the inventory declares."""
    strange = Answer(200, {"fields": {"lastHeartbeatAt": {}, "ipAddress": {}}})
    assert dict(results(Reading({Reading.path: strange})))["own document"] is False


def test_a_refusal_in_a_stream_is_one():
    """runQuery and batchGet answer a list, an error in it."""
    refused = Answer(403, [{"error": {"code": 403, "status": "PERMISSION_DENIED"}}])
    assert dict(results(Reading({":runQuery": refused})))["listing refused"] is True


async def journey_of(status: dict[str, object], versions: bytes) -> tuple[Journey, list[str]]:
    """A journey whose functions answer so, and whose organization is stored so; and what people were told."""
    told: list[str] = []
    database = FakeFirestore()
    database.put(f"tenants/{Reading.tenant_id}", status)
    with answering() as server:
        server.body = versions
        urls = dict.fromkeys(URLS, server.url.replace("127.0.0.1", "localhost"))
        journey = Journey(
            load(ProveSettings, {**ENVIRON, **urls}),
            Reading.tenant_id,
            "cccccccc-1111-4222-8333-444444444444",
            cast("Firestore", database),
            Users("calliente-staging"),
            told.append,
        )
        assert [one.check async for one in journey.run()] == list(CHECKS)
    return journey, told


async def test_an_organization_that_is_being_deleted_is_left_alone():
    """Nothing is proven on it; what is left to do is said, and every other check is told as not reached."""
    journey, told = await journey_of(tenants.closing(), b'{"commit": "c", "digest": "d"}')
    assert journey.findings.by_check["versions"].ok is True
    assert journey.findings.by_check["connected"].ok is False
    assert (journey.is_whole, "signed in" in journey.findings.by_check) == (False, False)
    assert "being deleted" in told[0]


async def test_a_function_that_tells_nothing_of_itself_is_seen():
    """An answer without JSON, such as a page of a proxy, is no version."""
    journey, _told = await journey_of(tenants.purging(), b"<html>")
    assert journey.findings.by_check["versions"].ok is False
