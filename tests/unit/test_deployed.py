"""Each thing that a person forgets, broken in turn: the doctor finds it, says what to do, and finds nothing else."""

from __future__ import annotations

import asyncio
import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import google.oauth2.credentials
import pytest

from deploy.infrastructure.functions import FUNCTIONS
from shared.environment import load
from support import deployed, doctor
from support.deployed import PRIVATE, PUBLIC, Deployed, Skipped, Unwell

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROJECT, REGION = "calliente-test", "europe-west1"
CLIENT_ID = "11111111-2222-4333-8444-555555555555"
RUN = f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/{REGION}/services"
IDENTITY = f"https://identitytoolkit.googleapis.com/admin/v2/projects/{PROJECT}"
FIRESTORE = (
    f"https://firestore.googleapis.com/v1/projects/{PROJECT}/databases/(default)/collectionGroups/-"
)
SINK = f"https://logging.googleapis.com/v2/projects/{PROJECT}/sinks/_Default"
POLICY = f"https://cloudresourcemanager.googleapis.com/v1/projects/{PROJECT}:getIamPolicy"
SECRET = f"https://secretmanager.googleapis.com/v1/projects/{PROJECT}/secrets/calliente-receipt-signing-key"
PORTAL = "https://portal.example.com"
DECLARED = json.loads(deployed.INDEXES.read_text())


def service(name: str) -> dict[str, Any]:
    public = name in PUBLIC
    return {
        "invokerIamDisabled": public,
        "ingress": "INGRESS_TRAFFIC_ALL" if public else "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "latestReadyRevision": f"{name}-2",
        "latestCreatedRevision": f"{name}-2",
        "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
    }


def composite(index: dict[str, Any]) -> dict[str, Any]:
    fields = [*index["fields"], {"fieldPath": "__name__", "order": "ASCENDING"}]
    name = f"projects/p/databases/d/collectionGroups/{index['collectionGroup']}/indexes/1"
    return {"name": name, "queryScope": index["queryScope"], "fields": fields, "state": "READY"}


def single(override: dict[str, Any]) -> dict[str, Any]:
    path = override["fieldPath"]
    indexes = [
        {
            "queryScope": one["queryScope"],
            "fields": [{"fieldPath": path, "order": one["order"]}],
            "state": "READY",
        }
        for one in override["indexes"]
    ]
    made = {
        "name": f"projects/p/databases/d/collectionGroups/{override['collectionGroup']}/fields/{path}",
        "indexConfig": {"indexes": indexes},
    }
    return {**made, "ttlConfig": {"state": "ACTIVE"}} if override.get("ttl") else made


def sound() -> dict[str, Any]:
    """What Google answers about a project where all is well: {start of the URL: document}, or a status."""
    return {
        f"{IDENTITY}/config": {
            "signIn": {"email": {"enabled": False}, "anonymous": {}},
            "subtype": "FIREBASE_AUTH",
        },
        f"{IDENTITY}/defaultSupportedIdpConfigs": {},
        **{f"{RUN}/{name}": service(name) for name in (*PUBLIC, PRIVATE)},
        **{
            f"{RUN}/{name}:getIamPolicy": {
                "bindings": [{"role": "roles/run.invoker", "members": ["serviceAccount:trigger"]}]
            }
            for name in (*PUBLIC, PRIVATE)
        },
        f"{FIRESTORE}/indexes": {"indexes": [composite(one) for one in DECLARED["indexes"]]},
        f"{FIRESTORE}/fields": {"fields": [single(one) for one in DECLARED["fieldOverrides"]]},
        SINK: {
            "destination": f"logging.googleapis.com/projects/p/locations/{REGION}/buckets/calliente",
            "exclusions": [{"filter": 'log_id("run.googleapis.com/requests")'}],
        },
        POLICY: {"auditConfigs": [{"auditLogConfigs": [{"logType": "ADMIN_READ"}]}]},
        f"{SECRET}/versions/latest": {"state": "ENABLED"},
        f"{PORTAL}/.well-known/jwks.json": {"keys": [{"kid": "receipt-2026"}]},
    }


def findings(google: dict[str, Any], **parts: Any) -> dict[str, Unwell]:
    """What each check finds wrong; a check that is skipped or content is left out."""

    def fetch(url: str) -> tuple[int, Any]:
        found = google[url.partition("?")[0]]
        return (found, {}) if isinstance(found, int) else (200, found)

    def ask(_method: str, url: str) -> tuple[int, Any]:
        assert ".googleapis.com/" in url  # the operator's token goes to Google alone
        return fetch(url)

    project = Deployed(
        **{
            "project": PROJECT,
            "region": REGION,
            "ask": ask,
            "fetch": fetch,
            "now": lambda: NOW,
            "portal_url": PORTAL,
            "quota_project": PROJECT,
            **parts,
        }
    )
    found = {}
    for name, check in project.checks().items():
        try:
            asyncio.run(check())  # type: ignore[arg-type]
        except Skipped:
            continue
        except Unwell as unwell:
            found[name] = unwell
    return found


def test_a_sound_project_has_no_finding():
    """Nothing is found where nothing is wrong."""
    assert findings(sound()) == {}


def put(*path: Any) -> Any:
    """A change of one value in what Google answers: the keys to it, then the value."""
    *keys, last, value = path

    def change(google: dict[str, Any]) -> None:
        place: Any = google
        for key in keys:
            place = place[key]
        place[last] = value

    return change


BINDING = {"role": "roles/run.invoker", "members": ["allUsers"]}
BROKEN = [
    ("sign-in methods", put(f"{IDENTITY}/config", "signIn", "email", {"enabled": True}), "email"),
    (
        "sign-in methods",
        put(f"{IDENTITY}/config", "signIn", "anonymous", {"enabled": True}),
        "anonymous",
    ),
    (
        "sign-in methods",
        put(
            f"{IDENTITY}/defaultSupportedIdpConfigs",
            "defaultSupportedIdpConfigs",
            [{"name": "projects/p/defaultSupportedIdpConfigs/google.com", "enabled": True}],
        ),
        "google.com",
    ),
    ("kind of sign-in", put(f"{IDENTITY}/config", "subtype", "IDENTITY_PLATFORM"), "bills"),
    ("strangers", put(f"{RUN}/heartbeat", "invokerIamDisabled", False), "heartbeat"),
    ("strangers", put(f"{RUN}/{PRIVATE}", "invokerIamDisabled", True), PRIVATE),
    ("strangers", put(f"{RUN}/{PRIVATE}", "ingress", "INGRESS_TRAFFIC_ALL"), PRIVATE),
    ("strangers", put(f"{RUN}/{PRIVATE}:getIamPolicy", "bindings", [BINDING]), PRIVATE),
    ("traffic", put(f"{RUN}/onboarding", "latestReadyRevision", "onboarding-1"), "onboarding"),
    (
        "traffic",
        put(
            f"{RUN}/{PRIVATE}",
            "trafficStatuses",
            [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "percent": 100}],
        ),
        PRIVATE,
    ),
    ("indexes", put(f"{FIRESTORE}/indexes", "indexes", 0, "state", "CREATING"), "closing.purgeAt"),
    ("indexes", put(f"{FIRESTORE}/indexes", "indexes", []), "consent.checkedAt"),
    ("indexes", put(f"{FIRESTORE}/fields", "fields", []), "devices.lastHeartbeatAt"),
    (
        "indexes",
        put(f"{FIRESTORE}/fields", "fields", 0, "ttlConfig", {"state": "ACTIVE"}),
        "tenants.name",
    ),
    ("logs", put(SINK, "exclusions", []), "IP addresses"),
    ("logs", put(SINK, "exclusions", 0, "disabled", True), "IP addresses"),
    ("logs", put(SINK, "destination", "projects/p/locations/global/buckets/_Default"), REGION),
    (
        "audit logs",
        put(
            POLICY,
            "auditConfigs",
            [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}],
        ),
        "allServices",
    ),
    ("receipt keys", put(f"{SECRET}/versions/latest", "state", "DISABLED"), "signing key"),
    ("receipt keys", put(f"{SECRET}/versions/latest", 404), "signing key"),
    ("receipt keys", put(f"{PORTAL}/.well-known/jwks.json", "keys", []), "publishes no key"),
    ("receipt keys", put(f"{PORTAL}/.well-known/jwks.json", 404), "publishes no key"),
]


@pytest.mark.parametrize(("check", "change", "said"), BROKEN)
def test_what_is_forgotten_is_found(check: str, change: Any, said: str):
    """By its check alone, which says what it is and what to do."""
    google = copy.deepcopy(sound())
    change(google)
    found = findings(google)
    assert set(found) == {check}
    assert said in found[check].what
    assert found[check].advice


def test_every_check_is_broken_once():
    """The list above, and the two below that ask nobody, have all there are."""
    tried = {check for check, _, _ in BROKEN} | {"certificate", "quota project"}
    there = Deployed(PROJECT, REGION, lambda *_: (200, {}), lambda _: (200, {}), lambda: NOW)
    assert tried == set(there.checks())


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_what_may_not_be_looked_at_is_a_finding(status: int):
    """Never a sound part; missing rights name the roles."""
    found = findings({**sound(), SINK: status})
    assert set(found) == {"logs"}
    assert ("roles" in found["logs"].advice) == (status in (401, 403))


@pytest.mark.parametrize(("held", "said"), [("", "none"), ("another-project", "another-project")])
def test_credentials_whose_quota_is_another_projects(held: str, said: str):
    """Calls would be refused, or counted there."""
    found = findings(sound(), quota_project=held)
    assert set(found) == {"quota project"}
    assert said in found["quota project"].what
    assert PROJECT in found["quota project"].advice


def test_an_identity_of_the_cloud_needs_no_quota_project():
    """Only a person's credentials do."""
    assert findings(sound(), quota_project=None) == {}


@pytest.mark.parametrize(("days", "ok"), [(60, True), (31, True), (29, False), (1, False)])
def test_a_certificate_that_ends_soon(days: int, ok: bool):
    """A month before, so that there is time to renew it."""
    pem = made_certificate(NOW + timedelta(days=days, minutes=1))
    found = findings(sound(), certificate=pem)
    assert set(found) == (set() if ok else {"certificate"})
    assert ok or f"{days} days" in found["certificate"].what


def made_certificate(ends: datetime) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calliente")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=300))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (private + made.public_bytes(serialization.Encoding.PEM)).decode()


def a_doctor(credentials: Any, **environ: str) -> doctor.Doctor:
    told = {"GOOGLE_CLOUD_PROJECT": PROJECT, "ENTRA_CLIENT_ID": CLIENT_ID, **environ}
    settings = load(doctor.DoctorSettings, told)
    return doctor.Doctor(settings, told, NOW.timestamp, credentials=lambda: credentials)


def test_a_real_project_is_looked_at_whole_and_the_emulators_are_not():
    """The doctor makes these checks beside its own where there is a project to make them on."""
    person = google.oauth2.credentials.Credentials("token", quota_project_id=PROJECT)
    ours = set(Deployed(PROJECT, REGION, fail, fail, lambda: NOW).checks())
    assert ours < set(a_doctor(person).checks())
    emulators = {
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:2",
    }
    assert not ours & set(a_doctor(person, **emulators).checks())


def fail(*_: str) -> Any:
    raise AssertionError("nobody is asked")


def test_the_doctor_knows_whose_quota_it_spends():
    """Of a person's credentials it is the project that they name, or none; an identity of the cloud has no need."""
    person = google.oauth2.credentials.Credentials("token")
    assert a_doctor(person)._quota_project() == ""
    assert a_doctor(person.with_quota_project(PROJECT))._quota_project() == PROJECT
    assert a_doctor(object())._quota_project() is None


def test_the_doctor_needs_no_key_of_a_functions():
    """An operator has none: the signing keys stay in Secret Manager."""
    told = {"GOOGLE_CLOUD_PROJECT": PROJECT, "ENTRA_CLIENT_ID": CLIENT_ID}
    assert load(doctor.DoctorSettings, told).region == REGION


def test_the_functions_are_those_that_are_deployed():
    """The doctor knows their names by itself: it is installed where the deployment is not."""
    assert set(PUBLIC) == {one.service for one in FUNCTIONS if not one.scheduled}
    assert {PRIVATE} == {one.service for one in FUNCTIONS if one.scheduled}
