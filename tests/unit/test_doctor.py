"""The doctor names what is broken, and what to do about it."""

import email.utils
import json
from dataclasses import dataclass, field, replace

import pytest

from shared.entra.client import EntraRefused
from shared.errors import Unavailable
from shared.google.old_firestore import Document, NotFound
from shared.settings import PurgeSettings
from support import doctor

TENANT = "aaaaaaaa-1111-4222-8333-444444444444"
SETTINGS = PurgeSettings(
    project="demo-calliente",
    firestore_emulator="127.0.0.1:1",
    entra_client_id="11111111-2222-4333-8444-555555555555",
    entra_credential="secret",
    entra_client_secret="made-up",
)


NOW = 1_780_000_000


@dataclass
class Answer:
    status: int
    data: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> doctor.Doctor:
    patient = doctor.Doctor(SETTINGS, {}, lambda: NOW)
    tenant = Document(f"tenants/{TENANT}", {}, None)
    monkeypatch.setattr(patient._database, "query", lambda *a, **o: [tenant])
    return patient


def refusing(monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    def probe(_self: object, _tenant: str) -> None:
        raise refusal

    monkeypatch.setattr(doctor.Entra, "probe_consent", probe)


def test_every_wrong_setting_is_a_finding():
    """Each missing setting is named, and nothing else is tried."""
    found = list(doctor.examine({"ENTRA_CREDENTIAL": "password"}))
    assert {one.ok for one in found} == {False}
    said = " ".join(one.detail for one in found)
    assert all(
        name in said for name in ("GOOGLE_CLOUD_PROJECT", "ENTRA_CLIENT_ID", "ENTRA_CREDENTIAL")
    )


@pytest.mark.parametrize("code", [7000215, 7000222, 700027, 700213])
def test_a_failing_credential(patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch, code: int):
    """A code about our own credential fails the check and says to renew it."""
    refusing(monkeypatch, EntraRefused("invalid_client", (code,)))
    found = doctor._finding("credential", patient.credential)
    assert found.ok is False
    assert str(code) in found.detail
    assert "renew" in found.advice


def test_a_lost_consent_is_no_failing_credential(
    patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch
):
    """Where a tenant has removed the application, the credential itself was accepted."""
    refusing(monkeypatch, EntraRefused("invalid_client", (700016,)))
    assert doctor._finding("credential", patient.credential).ok is True


def test_what_is_away_is_named(patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch):
    """A dependency without an answer is a finding with its name."""
    refusing(monkeypatch, Unavailable("entra", "ConnectTimeout"))
    found = doctor._finding("credential", patient.credential)
    assert (found.ok, "entra" in found.detail) == (False, True)


@pytest.mark.parametrize(("status", "ok"), [(403, True), (401, True), (200, False), (404, False)])
def test_open_rules_are_found(
    patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch, status: int, ok: bool
):
    """Rules that let a stranger list organizations fail the check."""
    monkeypatch.setattr(patient, "_get", lambda *a: Answer(status))
    assert doctor._finding("rules", patient.rules).ok is ok


@pytest.mark.parametrize(
    ("answers", "ok", "said"),
    [
        ([(200, {"rulesetName": "r"}), (200, doctor.RULES.read_text())], True, "as in firestore"),
        ([(200, {"rulesetName": "r"}), (200, "allow read;")], False, "make deploy"),
        ([(404, {})], False, "make deploy"),
        ([(403, {})], False, "Firebase Rules Viewer"),
        ([(500, {})], False, "http_500"),
    ],
)
def test_the_deployed_rules_are_compared(
    patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch, answers: list, ok: bool, said: str
):
    """On a real project the rules must be those of firestore.rules, to the letter."""
    waiting = iter(answers)

    class Authorized:
        def request(self, _method: str, _url: str) -> Answer:
            status, body = next(waiting)
            if isinstance(body, str):
                body = {"source": {"files": [{"content": body}]}}
            return Answer(status, json.dumps(body).encode())

    monkeypatch.setattr(patient, "_settings", replace(SETTINGS, firestore_emulator=""))
    monkeypatch.setattr(patient, "_get", lambda *a: Answer(403))
    patient.__dict__["_authorized"] = Authorized()
    found = doctor._finding("rules", patient.rules)
    assert found.ok is ok
    assert said in f"{found.detail} {found.advice}"


@pytest.mark.parametrize("check", ["firestore", "rules"])
def test_a_project_without_a_database(
    patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch, check: str
):
    """Firestore that does not know the database is told apart from an outage."""

    def none(*_arguments: object, **_options: object) -> None:
        raise NotFound

    monkeypatch.setattr(patient._database, "query", none)
    monkeypatch.setattr(patient, "_get", lambda *a: Answer(404))
    found = doctor._finding(check, getattr(patient, check))
    assert (found.ok, "deploy" in found.advice) == (False, True)


@pytest.mark.parametrize(
    ("ahead", "ok"),
    [(0, True), (30, True), (31, False), (-30, True), (-31, False)],
)
def test_a_wrong_clock(
    patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch, ahead: int, ok: bool
):
    """A clock is wrong from 31 seconds on, before Entra's or behind it, and by how much is said."""
    date = email.utils.formatdate(NOW - ahead, usegmt=True)
    monkeypatch.setattr(patient, "_get", lambda *a: Answer(200, headers={"Date": date}))
    found = doctor._finding("clock", patient.clock)
    assert found.ok is ok
    assert ok or f"by {ahead} s" in found.detail


def test_an_answer_without_a_date(patient: doctor.Doctor, monkeypatch: pytest.MonkeyPatch):
    """What can't be compared is skipped, neither sound nor broken."""
    monkeypatch.setattr(patient, "_get", lambda *a: Answer(200))
    assert doctor._finding("clock", patient.clock).ok is None
