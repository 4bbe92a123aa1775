"""The doctor names what is broken, and what to do about it."""

from dataclasses import dataclass

import pytest

from shared.entra import EntraRefused
from shared.errors import Unavailable
from shared.firestore import Document
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


@dataclass
class Answer:
    status: int


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> doctor.Doctor:
    patient = doctor.Doctor(SETTINGS, {})
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


@pytest.mark.parametrize("code", [7000215, 7000222, 700027])
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
