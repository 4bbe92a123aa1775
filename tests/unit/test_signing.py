"""Statements that are checked without us: who may sign what, and what passes for nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from joserfc.jwk import OKPKey

from shared.signing import AUDIT, RECEIPT, NotGenuine, Signer, public_keys, signer, verified

SAID = {"jti": "1", "end": "deleted", "counts": {"users": 2, "documents": 3}}


def private(kid: str) -> dict[str, Any]:
    return {**OKPKey.generate_key("Ed25519").as_dict(private=True), "kid": kid}


def made(kid: str = "receipt-2026") -> Signer:
    purpose = RECEIPT if kid.startswith("receipt-") else AUDIT
    return signer(purpose, json.dumps(private(kid)))


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def test_another_jose_library_verifies_a_statement():
    """PyJWT, with the published key alone, reads what was signed; type and key ID stand in the header."""
    receipts = made()
    token = receipts.sign(SAID)
    key = jwt.PyJWK({**receipts.public, "alg": "EdDSA"})
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == SAID
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "EdDSA", "typ": "calliente-receipt+jws", "kid": "receipt-2026"}


def test_a_tampered_statement_is_not_genuine():
    """Every single character of a statement matters."""
    receipts = made()
    token = receipts.sign(SAID)
    assert verified(RECEIPT, token, [receipts.public]) == SAID
    for place in range(0, len(token) - 1, 7):  # the very last one has bits that no decoder reads
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        with pytest.raises(NotGenuine):
            verified(RECEIPT, changed, [receipts.public])


def test_an_old_key_that_is_still_published_proves_its_receipts():
    """After a rotation both keys are listed, and each proves what it has signed; unlisted, it proves nothing."""
    old, new = made("receipt-2025"), made("receipt-2026")
    both = public_keys(json.dumps({"keys": [new.public, old.public]}))
    assert verified(RECEIPT, old.sign(SAID), both) == verified(RECEIPT, new.sign(SAID), both)
    with pytest.raises(NotGenuine):
        verified(RECEIPT, old.sign(SAID), [new.public])


def test_a_receipt_is_no_audit_and_an_audit_no_receipt():
    """Neither by its type, nor by its key, nor by one of both, though all keys are listed together."""
    receipts, audits = made(), made("audit-2026")
    keys = [receipts.public, audits.public]
    for token in (
        audits.sign(SAID),
        Signer(RECEIPT, audits.kid, audits.key).sign(SAID),  # the type of the other
        Signer(AUDIT, receipts.kid, receipts.key).sign(SAID),
    ):
        with pytest.raises(NotGenuine):
            verified(RECEIPT, token, keys)
    with pytest.raises(NotGenuine):
        verified(AUDIT, receipts.sign(SAID), keys)
    assert verified(AUDIT, audits.sign(SAID), keys) == SAID


def test_a_key_that_borrows_the_id_of_another_proves_nothing():
    """The key ID finds the key; the signature decides."""
    receipts, other = made(), made()
    with pytest.raises(NotGenuine):
        verified(RECEIPT, other.sign(SAID), [receipts.public])


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256", "ES256", "RS256", "Ed448"])
def test_no_other_algorithm_passes(algorithm):
    """Neither nobody's signature, nor the public key as a shared secret, nor another kind of key."""
    receipts = made()
    header = {"alg": algorithm, "typ": RECEIPT.typ, "kid": receipts.kid}
    signed = f"{part(header)}.{part(SAID)}"
    secret = base64.urlsafe_b64decode(receipts.public["x"] + "=")
    mac = jwt.api_jws.PyJWS().get_algorithm_by_name("HS256")
    for signature in ("", part(mac.sign(signed.encode(), secret)), part(bytes(64))):
        with pytest.raises(NotGenuine):
            verified(RECEIPT, f"{signed}.{signature}", [receipts.public])


def test_a_key_inside_the_statement_is_not_trusted():
    """A header that brings its own key, an address of keys, or a critical extension proves nothing."""
    receipts, stranger = made(), made()
    for more in (
        {"jwk": stranger.public},
        {"jku": "https://stranger.example"},
        {"b64": False, "crit": ["b64"]},
    ):
        header = {"alg": "EdDSA", "typ": RECEIPT.typ, "kid": receipts.kid, **more}
        signed = f"{part(header)}.{part(SAID)}"
        signature = stranger.key.private_key.sign(signed.encode())
        with pytest.raises(NotGenuine):
            verified(RECEIPT, f"{signed}.{part(signature)}", [receipts.public])


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "[]", "x" * 200_000])
def test_what_is_no_statement_is_not_genuine(text):
    """Whatever it is, it ends in the one refusal."""
    with pytest.raises(NotGenuine):
        verified(RECEIPT, text, [made().public])


def test_what_is_signed_must_be_an_object():
    """A signed list is no statement."""
    receipts = made()
    header = {"alg": "EdDSA", "typ": RECEIPT.typ, "kid": receipts.kid}
    signed = f"{part(header)}.{part([1])}"
    signature = part(receipts.key.private_key.sign(signed.encode()))
    with pytest.raises(NotGenuine):
        verified(RECEIPT, f"{signed}.{signature}", [receipts.public])


def changed(**members: Any) -> str:
    return json.dumps({**private("receipt-1"), **members})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "no JSON",
        changed(kid="audit-1"),
        changed(kid="1"),
        changed(kid=1),
        changed(kty="EC"),
        changed(crv="Ed448"),
        changed(d="short"),
        changed(x=OKPKey.generate_key("Ed25519").as_dict()["x"]),
        json.dumps({name: value for name, value in private("receipt-1").items() if name != "d"}),
    ],
)
def test_a_bad_signing_key_is_refused_without_being_shown(text):
    """Another purpose's, a public one, a damaged one, one whose halves are of two keys: the start says so."""
    with pytest.raises(ValueError, match=r"^must ") as refused:
        signer(RECEIPT, text)
    shown = str(refused.value)
    assert not text or text not in shown
    assert json.loads(changed())["d"] not in shown


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [1],
        ["d"],
        [private("receipt-1")],
        [{**made().public, "kid": "other"}],
        [made().public, made().public],
        [{**made().public, "x": "short"}],
    ],
)
def test_a_bad_set_of_public_keys_is_refused(keys):
    """Nothing in it, no keys, a private one, no purpose, an ID twice, a damaged key."""
    with pytest.raises(ValueError, match=r"^must "):
        public_keys(json.dumps({"keys": keys}))
