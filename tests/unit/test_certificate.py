"""The certificate of ENTRA_CLIENT_CERTIFICATE, checked at start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.entra import certificate
from shared.entra.start import entra_calls
from shared.settings import EntraSettings, SettingsError, load
from tests.helpers.minting import rsa_key

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
BASE = {
    "ENTRA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "ENTRA_CREDENTIAL": "certificate",
}


def issued(key, signer=None, begins=-1, ends=100):
    """A certificate for `key`, as PEM. begins, ends: days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "canary")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends))
        .sign(signer or key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def private(key, layout=serialization.PrivateFormat.PKCS8, password=None):
    hidden = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, layout, hidden).decode()


OURS, AUTHORITY = rsa_key("certificate"), rsa_key("authority")
KEY = private(OURS)
LEAF, ROOT = issued(OURS, AUTHORITY), issued(AUTHORITY)
THUMBPRINT = x509.load_pem_x509_certificate(LEAF.encode()).fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    "pem",
    [
        KEY + LEAF,
        LEAF + KEY,
        KEY + LEAF + ROOT,
        ROOT + LEAF + KEY,
        ROOT + KEY + LEAF,
        private(OURS, serialization.PrivateFormat.TraditionalOpenSSL) + LEAF,
        f"Bag Attributes\n{KEY}\nsubject=CN = x\n{LEAF}",
        (KEY + LEAF).replace("\n", "\\n"),
        (KEY + LEAF).replace("\n", "\\r\\n"),
        (KEY + LEAF).replace("\n", "\r\n"),
        KEY + issued(OURS, ends=1) + LEAF,
    ],
    ids=range(11),
)
def test_the_certificate_of_the_key_is_taken(pem):
    """Whatever stands beside it and in whatever order, with line ends of any kind, and the one that lasts longest."""
    read = certificate.read(pem)
    assert read.thumbprint == THUMBPRINT
    assert read.credential["public_certificate"] == LEAF
    assert read.credential["private_key"] == KEY
    assert set(read.credential) == {"private_key", "public_certificate"}  # and so SHA-256
    load(EntraSettings, {**BASE, "ENTRA_CLIENT_CERTIFICATE": pem})


@pytest.mark.parametrize(
    "pem",
    [
        KEY,
        LEAF,
        "canary",
        KEY + ROOT,
        KEY + LEAF[:400],
        KEY + LEAF.replace("-----END CERTIFICATE-----", ""),
        KEY[:400] + LEAF,
        KEY.replace("-----END PRIVATE KEY-----", "") + LEAF,
        KEY + LEAF.replace("A", "B"),
        KEY + LEAF + ROOT[:-30],
        KEY + private(AUTHORITY) + LEAF,
        private(OURS, password=b"canary") + LEAF,
        KEY + issued(OURS, begins=-3, ends=-1),
        KEY + issued(OURS, begins=2),
        private(ec.generate_private_key(ec.SECP256R1())) + LEAF,
    ],
    ids=range(15),
)
def test_what_could_prove_nothing_is_refused_at_start(pem):
    """By the setting's name, without a word of its content."""
    with pytest.raises(SettingsError) as caught:
        load(EntraSettings, {**BASE, "ENTRA_CLIENT_CERTIFICATE": pem})
    assert [fault.split()[0] for fault in caught.value.faults] == ["ENTRA_CLIENT_CERTIFICATE"]
    assert "canary" not in str(caught.value)


def test_a_weak_key_is_refused():
    """1,024 bits are none that Entra would take."""
    weak = rsa_key("weak", 1024)
    with pytest.raises(ValueError, match="2048 bits"):
        certificate.read(private(weak) + issued(weak))


def test_a_certificate_that_is_not_used_is_not_looked_at():
    """With another credential a leftover of the old one stops nothing."""
    leftover = {"ENTRA_CREDENTIAL": "federated", "ENTRA_CLIENT_CERTIFICATE": KEY}
    assert load(EntraSettings, {**BASE, **leftover}).entra_credential == "federated"


@pytest.mark.parametrize(
    ("days", "left", "is_ending"),
    [(0, 100, False), (70, 30, False), (71, 29, True), (101, -1, True)],
)
def test_how_long_it_lasts(days, left, is_ending):
    """Whole days that are left; less than 30 are few."""
    read, then = certificate.read(KEY + LEAF), NOW + timedelta(days=days)
    assert (read.days_left(then), read.is_ending(then)) == (left, is_ending)


def test_a_certificate_shows_nothing_of_its_key():
    """Not even in a traceback."""
    shown = repr(certificate.read(KEY + LEAF))
    assert "BEGIN" not in shown
    assert THUMBPRINT in shown


@pytest.mark.parametrize(("ends", "warned"), [(100, []), (31, []), (29, [28]), (1, [0])])
def test_a_function_that_starts_says_when_its_certificate_is_about_to_end(ends, warned, logged):
    """A month before, with the days that are left; until then nothing is said."""
    pem = KEY + issued(OURS, ends=ends)
    entra_calls(load(EntraSettings, {**BASE, "ENTRA_CLIENT_CERTIFICATE": pem}), NOW + SECOND)
    lines = [line for line in logged() if line["event"] == "entra_certificate_ending"]
    assert [line["days_left"] for line in lines] == warned
    assert all(line["severity"] == "WARNING" for line in lines)


def test_a_function_without_a_certificate_says_nothing(logged):
    """A secret has no end that we could see."""
    secret = {"ENTRA_CREDENTIAL": "secret", "ENTRA_CLIENT_SECRET": "of-no-use"}
    entra_calls(load(EntraSettings, {**BASE, **secret}), NOW)
    assert logged() == []
