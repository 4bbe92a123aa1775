"""The doctor names what is broken, and what to do about it."""

import email.utils
import json
from dataclasses import dataclass, field, replace

import pytest

from shared.errors import Unavailable
from support import doctor
from support.doctor import DoctorSettings
from tests.helpers.fakes import TENANT, FakeEntra, FakeFirestore
from tests.helpers.functions import settings

SETTINGS = settings(
    DoctorSettings,
    FIRESTORE_EMULATOR_HOST="127.0.0.1:1",
    FIREBASE_AUTH_EMULATOR_HOST="127.0.0.1:1",
)
NOW = 1_780_000_000


@dataclass
class Answer:
    """Of a server to a call without a token."""

    status: int
    data: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class Patient(doctor.Doctor):
    """A doctor of fakes. answer: to every call without a token. rules: answers of the Rules API, in turn."""

    def __init__(self, changes=None, answer=None, rules=()):
        self.database, self.entra = FakeFirestore(), FakeEntra()
        self.database.put(f"tenants/{TENANT}", {})
        said = replace(SETTINGS, **(changes or {}))
        super().__init__(said, {}, lambda: NOW, self.database, self.entra)
        self._answer = answer
        self._rules = iter(rules)

    def _get(self, _url, _dependency):
        return self._answer

    @property
    def _authorized(self):
        return self

    def request(self, _method, _url, body=None):
        status, document = next(self._rules)
        if isinstance(document, str):
            document = {"source": {"files": [{"content": document}]}}
        return Answer(status, json.dumps(document).encode())


async def finding(patient, check):
    return await doctor._finding(check, patient.checks()[check])


async def test_every_wrong_setting_is_a_finding():
    """Each missing setting is named, and nothing else is tried."""
    found = [one async for one in doctor.examine({"ENTRA_CREDENTIAL": "password"})]
    assert {one.ok for one in found} == {False}
    said = " ".join(one.detail for one in found)
    assert all(
        name in said for name in ("GOOGLE_CLOUD_PROJECT", "ENTRA_CLIENT_ID", "ENTRA_CREDENTIAL")
    )


@pytest.mark.parametrize("code", [7000215, 7000222, 700027, 700213])
async def test_a_failing_credential(code):
    """A code about our own credential fails the check and says to renew it."""
    patient = Patient()
    patient.entra.answers = {TENANT: code}
    found = await finding(patient, "credential")
    assert found.ok is False
    assert str(code) in found.detail
    assert "renew" in found.advice


async def test_a_lost_consent_is_no_failing_credential():
    """Where a tenant has removed the application, the credential itself was accepted."""
    patient = Patient()
    patient.entra.answers = {TENANT: 700016}
    assert (await finding(patient, "credential")).ok is True


async def test_what_is_away_is_named():
    """A dependency without an answer is a finding with its name."""
    patient = Patient()
    patient.entra.answers = {TENANT: Unavailable("entra", "ConnectTimeout")}
    found = await finding(patient, "credential")
    assert (found.ok, "entra" in found.detail) == (False, True)


@pytest.mark.parametrize(("status", "ok"), [(403, True), (401, True), (200, False), (404, False)])
async def test_open_rules_are_found(status, ok):
    """Rules that let a stranger list organizations fail the check."""
    assert (await finding(Patient(answer=Answer(status)), "rules")).ok is ok


@pytest.mark.parametrize(
    ("answers", "ok", "said"),
    [
        ([(200, {"rulesetName": "r"}), (200, doctor.RULES.read_text())], True, "as in firestore"),
        ([(200, {"rulesetName": "r"}), (200, "allow read;")], False, "make deploy"),
        ([(404, {})], False, "make deploy"),
        ([(403, {})], False, "Firebase Rules Viewer"),
        ([(500, {})], False, "http_500"),
    ],
    ids=["same", "others", "none", "no role", "outage"],
)
async def test_the_deployed_rules_are_compared(answers, ok, said):
    """On a real project the rules must be those of firestore.rules, to the letter."""
    found = await finding(Patient({"firestore_emulator": ""}, Answer(403), answers), "rules")
    assert found.ok is ok
    assert said in f"{found.detail} {found.advice}"


class NoDatabase(FakeFirestore):
    """What Google answers where the project has none."""

    async def query(self, *_arguments, **_options):
        raise Unavailable("firestore", "not_found")


@pytest.mark.parametrize("check", ["firestore", "rules"])
async def test_a_project_without_a_database(check):
    """Firestore that does not know the database is told apart from an outage."""
    patient = Patient(answer=Answer(404))
    patient._database = NoDatabase()
    found = await finding(patient, check)
    assert (found.ok, "deploy" in found.advice) == (False, True)


@pytest.mark.parametrize(
    ("ahead", "ok"),
    [(0, True), (30, True), (31, False), (-30, True), (-31, False)],
)
async def test_a_wrong_clock(ahead, ok):
    """A clock is wrong from 31 seconds on, before Entra's or behind it, and by how much is said."""
    date = email.utils.formatdate(NOW - ahead, usegmt=True)
    found = await finding(Patient(answer=Answer(200, headers={"Date": date})), "clock")
    assert found.ok is ok
    assert ok or f"by {ahead} s" in found.detail


async def test_an_answer_without_a_date():
    """What can't be compared is skipped, neither sound nor broken."""
    assert (await finding(Patient(answer=Answer(200)), "clock")).ok is None
