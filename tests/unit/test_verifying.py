"""Checking a receipt or an audit offline: by the operators' command, and by the lines that customers run themselves."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from joserfc.jwk import OKPKey

from shared import inventory
from shared.receipts import Counts, End, deletion, statement
from shared.signing import AUDIT, RECEIPT, Signer
from support.cli import commands
from tests.helpers.fakes import NOW, TENANT

ROOT = Path(__file__).parents[2]
ID = "5c1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e"
SALT = "s" * 32
NEW = Signer(RECEIPT, "receipt-2026", OKPKey.generate_key("Ed25519"))
OLD = Signer(RECEIPT, "receipt-2025", OKPKey.generate_key("Ed25519"))
AUDITS = Signer(AUDIT, "audit-2026", OKPKey.generate_key("Ed25519"))
KEYS = json.dumps({"keys": [NEW.public, OLD.public, AUDITS.public]})


def deleted(**changes):
    said = deletion(TENANT, SALT, Counts(2, 3), NOW, 7)
    return {**statement(ID, End.DELETED, NOW, inventory.digest(), **said), **changes}


def audited(findings=()):
    return {
        "tenantId": TENANT,
        "inventory": inventory.digest(),
        "findings": list(findings),
        "moreFindings": 0,
    }


@pytest.fixture
def check(tmp_path):
    """Run `support verify` on a statement, with the published keys."""

    def run(text, *options, keys=KEYS):
        (tmp_path / "keys.json").write_text(keys)
        (tmp_path / "statement.json").write_text(text)
        command = ["verify", str(tmp_path / "statement.json"), "--json", *options]
        return CliRunner().invoke(commands, [*command, "--keys", str(tmp_path / "keys.json")])

    return run


def results(done):
    return {each["check"]: each["ok"] for each in json.loads(done.stdout)}


WHOSE = ("--tenant", TENANT, "--salt", SALT)


@pytest.mark.parametrize("signer", [NEW, OLD], ids=lambda signer: signer.kid)
def test_a_receipt_is_checked_in_every_point(check, signer):
    """Signature, end, whose it is, and the inventory; by a key that has been replaced as well."""
    done = check(json.dumps({"receipt": signer.sign(deleted())}), *WHOSE)
    assert done.exit_code == 0
    assert results(done) == {"signature": True, "end": True, "commitment": True, "inventory": True}


def test_a_receipt_may_stand_by_itself(check):
    """The bare JWS, as a person copies it from the page."""
    done = check(f"\n{NEW.sign(deleted())}\n")
    assert done.exit_code == 0
    assert results(done)["commitment"] is None


def test_a_tampered_receipt_is_refused(check):
    """What another statement says, under this one's signature."""
    header, _payload, signature = NEW.sign(deleted()).split(".")
    payload = NEW.sign(deleted(counts={"users": 0, "documents": 0})).split(".")[1]
    done = check(f"{header}.{payload}.{signature}", *WHOSE)
    assert done.exit_code == 1
    assert results(done) == {"signature": False}


@pytest.mark.parametrize(
    "whose",
    [
        ("--tenant", TENANT, "--salt", "t" * 32),
        ("--tenant", TENANT.replace("0", "1"), "--salt", SALT),
    ],
)
def test_another_tenants_salt_shows_nothing(check, whose):
    """A genuine receipt of somebody else is no proof."""
    done = check(NEW.sign(deleted()), *whose)
    assert done.exit_code == 1
    assert results(done)["commitment"] is False


def test_a_deletion_that_has_not_ended_is_no_proof(check):
    """What a run notes between is signed with the same key, and does not pass."""
    done = check(NEW.sign({"jti": ID, "end": "unfinished", "counts": {"users": 1, "documents": 1}}))
    assert done.exit_code == 1
    assert results(done)["end"] is False


def test_a_withdrawal_is_told_as_one(check):
    """It is genuine, and says that nothing was deleted."""
    done = check(NEW.sign(statement(ID, End.WITHDRAWN, NOW, inventory.digest())))
    assert done.exit_code == 0
    assert "nothing was deleted" in done.stdout


def test_an_audit_is_checked_as_an_audit(check):
    """By its own key and type; with findings it is genuine, and exit code 1 says that there are some."""
    done = check(json.dumps({"audit": AUDITS.sign(audited()), "keys": "…"}), "--tenant", TENANT)
    assert done.exit_code == 0
    assert results(done) == {"signature": True, "tenant": True, "findings": True, "inventory": True}
    found = check(AUDITS.sign(audited([{"path": "x", "finding": "y"}])))
    assert (found.exit_code, results(found)["findings"]) == (1, False)
    other = check(AUDITS.sign(audited()), "--tenant", TENANT.replace("0", "1"))
    assert (other.exit_code, results(other)["tenant"]) == (1, False)


def test_neither_key_signs_for_the_other(check):
    """A receipt by the portal's key, an audit by the run's."""
    for forged in (
        Signer(RECEIPT, AUDITS.kid, AUDITS.key).sign(deleted()),
        Signer(AUDIT, NEW.kid, NEW.key).sign(audited()),
    ):
        assert results(check(forged)) == {"signature": False}


def test_a_receipt_of_another_inventory_is_checked_with_the_file_of_that_day(check, tmp_path):
    """Its digest is not this version's; the text that was published then has it."""
    text = b'{"of": "another day"}'
    (tmp_path / "inventory.json").write_bytes(text)
    digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
    receipt = NEW.sign(deleted(inventory=digest))
    assert results(check(receipt))["inventory"] is None
    kept = ("--inventory", str(tmp_path / "inventory.json"))
    assert results(check(receipt, *kept))["inventory"] is True
    assert results(check(NEW.sign(deleted()), *kept))["inventory"] is False


@pytest.mark.parametrize("text", ["{}", "[]", "5", '{"receipt": 1}', '{"receipt":"a","audit":"b"}'])
def test_a_file_without_a_statement_is_wrong_usage(check, text):
    """Exit code 2, and what is missing."""
    done = check(text)
    assert done.exit_code == 2
    assert "no signed receipt" in done.stderr


def test_keys_that_are_none_are_wrong_usage(check):
    """A file that holds no public keys proves nothing, and is not taken for a bad signature."""
    assert check(NEW.sign(deleted()), keys="{}").exit_code == 2


# The lines of the documentation


@pytest.fixture
def script(tmp_path):
    """The code of docs/verifying-a-receipt.md, run as it stands there by a Python that has none of the product."""
    page = (ROOT / "docs/verifying-a-receipt.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    assert len(code.strip().splitlines()) <= 24
    (tmp_path / "verify.py").write_text(code)

    def run(receipt, keys=KEYS, tenant=TENANT, salt=SALT):
        (tmp_path / "receipt.json").write_text(json.dumps({"receipt": receipt}))
        (tmp_path / "request.json").write_text(json.dumps({"tenantId": tenant, "salt": salt}))
        (tmp_path / "jwks.json").write_text(keys)
        names = ["verify.py", "receipt.json", "request.json", "jwks.json"]
        return subprocess.run(
            [sys.executable, "-I", *names], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.mark.parametrize("signer", [NEW, OLD], ids=lambda signer: signer.kid)
def test_the_documented_lines_prove_a_genuine_receipt(script, signer):
    """Exit code 0, and what the receipt says; after a rotation too."""
    done = script(signer.sign(deleted()))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("deleted 2026-03-01T12:34:56+00:00")


def test_the_documented_lines_refuse_what_proves_nothing(script):
    """Tampered, unsigned, by an unpublished key, an audit, another salt."""
    genuine = NEW.sign(deleted())
    header, payload, signature = genuine.split(".")
    stranger = Signer(RECEIPT, "receipt-2026", OKPKey.generate_key("Ed25519"))
    unpublished = Signer(RECEIPT, "receipt-2024", OKPKey.generate_key("Ed25519"))
    none = jws_header({"alg": "none", "typ": RECEIPT.typ, "kid": NEW.kid})
    for forged in (
        f"{header}.{payload[:-4]}AAAA.{signature}",
        f"{none}.{payload}.",
        stranger.sign(deleted()),
        unpublished.sign(deleted()),
        AUDITS.sign(deleted()),
        Signer(RECEIPT, AUDITS.kid, AUDITS.key).sign(deleted()),
    ):
        assert script(forged).returncode != 0
    assert "not the receipt of this organization" in script(genuine, salt="t" * 32).stderr
    assert script(genuine, tenant=TENANT.replace("0", "1")).returncode != 0


def jws_header(header):
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
