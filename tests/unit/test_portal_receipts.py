"""Receipts by their ID, without signing in; what an administrator keeps; and the portal's own audit."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape

import pytest
from firebase_admin.auth import UserRecord
from starlette.responses import Response

from functions.admin_portal.own_audit import MOST_FINDINGS
from functions.admin_portal.portal import application
from functions.admin_portal.proofs import FINDINGS, Proofs
from functions.admin_portal.receipt_pages import ReceiptPages
from functions.admin_portal.receipts import LOOKUPS, Lookups, Receipts
from functions.admin_portal.wiring import published_keys
from functions.tenant_purge.budget import Budget
from functions.tenant_purge.ledger import Ledger
from shared import development_keys
from shared.audit import Report, check_below, check_tenant, check_user
from shared.google.firestore import Document
from shared.inventory import digest
from shared.receipts import Counts
from shared.settings import PortalSettings
from shared.signing import AUDIT, RECEIPT, signer, verified
from shared.store import TenantStore
from shared.tenant import Closing, Reason, Way
from tests.helpers import functions
from tests.helpers.fakes import NOW, TENANT, FakeFirestore, FakeUsers
from tests.helpers.loop import run
from tests.helpers.serving import Client

URL = "https://portal.example"
ID, UNKNOWN = "5c1d7e0e-0d3c-4a57-9a55-0a4f6b1c2d3e", "00000000-0000-4000-8000-000000000000"
SALT = "s" * 32
SIGNER = signer(RECEIPT, development_keys.SIGNING["receipt"])
AUDITS = signer(AUDIT, development_keys.SIGNING["audit"])
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html,*/*"}


class World:
    """The portal on fakes. clock: of the look-ups, in seconds."""

    def __init__(self) -> None:
        self.database, self.users, self.seconds = FakeFirestore(), FakeUsers(), 0.0
        self.portal = functions.portal(self.database)
        self.keys = published_keys(functions.settings(PortalSettings), AUDITS)
        self.receipts = Receipts(
            self.database,
            ReceiptPages(self.portal.pages, URL),
            self.keys,
            Lookups(lambda: self.seconds),
        )
        proofs = Proofs(self.portal, self.users, AUDITS)
        self.client = Client(application(self.portal, self.receipts, proofs), base_url=URL)
        self.store = TenantStore(self.database, TENANT)
        run(self.store.onboard("Contoso", NOW))

    def close(self):
        closing = Closing(NOW, Reason.REQUESTED, ID, SALT)
        run(self.store.change(lambda tenant: tenant.close(closing)))

    def end(self, key=SIGNER):
        self.close()
        run(self.store.change(lambda tenant: tenant.begin_purge(NOW)))
        ledger = Ledger(self.database, key, "f" * 32, 7, lambda: NOW)
        run(ledger.end(self.store, run(self.store.read()), Counts(1234, 5678)))

    def ask(self, receipt_id=ID, **headers):
        return self.client.post("/receipts", json={"receiptId": receipt_id}, headers=headers)

    def ask_by_form(self, receipt_id=ID, **fields):
        form = {"receiptId": receipt_id, **fields}
        return self.client.post("/receipts", data=form, headers=PAGE)

    def sign_in(self):
        answer = Response()
        self.portal.sessions.begin(answer, run(self.store.read()))
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        self.client.cookies.set(name, value, domain="portal.example")

    def post(self, path):
        """The form of the overview that leads there."""
        page = self.client.get("/").text
        pattern = rf'action="{path}"><input type="hidden" name="token" value="([^"]+)"'
        token = re.search(pattern, page)
        assert token
        return self.client.post(path, data={"token": unescape(token[1])}, headers={"Origin": URL})


@pytest.fixture
def world():
    return World()


def test_a_pending_deletion_says_when_it_is_due(world):
    """As JSON and as a page; no sign-in, no receipt yet."""
    world.close()
    due = NOW.isoformat(timespec="seconds")
    assert world.ask().json() == {"receiptId": ID, "state": "pending", "purgeAt": due}
    page = world.ask_by_form()
    assert page.headers["content-type"].startswith("text/html")
    assert "The deletion is pending" in page.text
    assert "1 March 2026, 12:34 UTC" in page.text


def test_an_unfinished_deletion_shows_no_receipt(world):
    """What a run has counted so far is signed, and is no proof: nobody is given it."""
    world.close()
    run(world.store.change(lambda tenant: tenant.begin_purge(NOW)))
    ledger = Ledger(world.database, SIGNER, "f" * 32, 7, lambda: NOW)
    run(ledger.note(run(world.store.read()), Counts(1, 1)))
    assert "receipt" in world.database.documents[f"receipts/{ID}"]
    assert world.ask().json().keys() == {"receiptId", "state", "purgeAt"}


def test_a_withdrawn_deletion_says_so_before_and_after_it_is_signed(world):
    """First by its state, then with a receipt that says the same."""
    world.close()
    run(world.store.change(lambda tenant: tenant.reopen(Way.PORTAL, NOW)))
    assert world.ask().json() == {"receiptId": ID, "state": "withdrawn"}
    run(Ledger(world.database, SIGNER, "f" * 32, 7, lambda: NOW).settle(Budget(float("inf"))))
    told = world.ask().json()
    assert told["state"] == "withdrawn"
    assert verified(RECEIPT, told["receipt"], world.keys)["end"] == "withdrawn"
    assert "The deletion was withdrawn" in world.ask_by_form().text


def test_a_deletion_that_ended_gives_the_signed_receipt_and_what_to_check(world):
    """The receipt verifies with the published keys; the page names counts, backups and keys."""
    world.end()
    told = world.ask().json()
    assert told.keys() == {"receiptId", "state", "receipt"}
    assert told["state"] == "deleted"
    keys = world.client.get("/.well-known/jwks.json").json()["keys"]
    assert verified(RECEIPT, told["receipt"], keys)["jti"] == ID
    page = unescape(world.ask_by_form().text)
    for shown in (told["receipt"], "5,678 documents, 1,234", "9 March 2026", f"{URL}/.well-known"):
        assert shown in page
    french = world.client.post(
        "/receipts", data={"receiptId": ID}, headers={**PAGE, "Accept-Language": "fr"}
    )
    assert "Tout est supprimé" in french.text


def test_the_receipt_of_a_page_can_be_kept_as_a_file(world):
    """The same as JSON, as an attachment."""
    world.end()
    answer = world.ask_by_form(file="yes")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.json() == world.ask().json()


def test_an_unknown_receipt_is_404_in_the_askers_own_form(world):
    """A problem for a program, a page for a person."""
    answer = world.ask(UNKNOWN)
    assert (answer.status_code, answer.json()["code"]) == (404, "receipt_unknown")
    assert answer.headers["content-type"] == "application/problem+json"
    page = world.ask_by_form(UNKNOWN)
    assert page.status_code == 404
    assert "There is no such receipt" in page.text


@pytest.mark.parametrize("typed", [f" {ID}\n", ID.upper()])
def test_a_person_may_paste_an_id_with_what_surrounds_it(world, typed):
    """Spaces, line ends and capital letters are no part of an ID."""
    world.close()
    assert world.ask_by_form(typed).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    ["", "..", f"{ID}/x", f"tenants/{TENANT}", "c0ffee00-0000-1000-8000-000000000000", "x" * 300],
)
def test_what_is_no_receipt_id_reaches_no_document(world, wrong):
    """It is refused before the database is asked, and not repeated."""
    before = len(world.database.calls)
    for answer in (world.ask(wrong), world.ask_by_form(wrong)):
        assert answer.status_code == 400
        assert not wrong or wrong not in answer.text.replace("receiptId", "")
    assert len(world.database.calls) == before


def test_the_media_type_that_is_accepted_decides_before_the_one_that_was_sent(world):
    """A form that accepts JSON gets JSON, JSON that accepts pages gets a page."""
    world.close()
    form = world.client.post("/receipts", data={"receiptId": ID}, headers=JSON)
    assert form.json()["state"] == "pending"
    assert world.ask(**PAGE).headers["content-type"].startswith("text/html")


def test_nobody_can_guess_for_long(world):
    """So many look-ups a minute, whoever asks: then 429 that says when to come again, and means it."""
    for _ in range(LOOKUPS):
        assert world.ask(UNKNOWN).status_code == 404
        world.seconds += 0.5
    refused = world.ask()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_lookups")
    assert refused.headers["retry-after"] == "30"
    assert "Too many receipts" in world.ask_by_form().text
    world.seconds += 30
    assert world.ask(UNKNOWN).status_code == 404


def test_a_receipt_is_asked_for_by_a_form(world):
    """GET shows one field, and nothing that is in an address counts."""
    page = world.client.get(f"/receipts?receiptId={ID}")
    assert page.status_code == 200
    assert ID not in page.text
    assert 'name="receiptId"' in page.text


def test_a_receipt_that_no_published_key_proves_is_not_vouched_for(world):
    """A missing public key is a fault of ours: 503, and an alarm."""
    stranger = signer(
        RECEIPT, development_keys.SIGNING["audit"].replace("audit-development", "receipt-stranger")
    )
    world.end(stranger)
    assert world.ask().status_code == 503


def test_the_public_keys_may_be_cached_and_are_public(world):
    """Those of receipts and the portal's own, without a private part."""
    answer = world.client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    keys = answer.json()["keys"]
    assert {key["kid"] for key in keys} == {"receipt-development", "audit-development"}
    assert {frozenset(key) for key in keys} == {frozenset(("kty", "crv", "x", "kid", "use"))}


def test_the_inventory_is_published_as_the_text_that_receipts_name(world):
    """Its SHA-256 is the digest in a receipt."""
    text = world.client.get("/inventory.json").content
    assert f"sha256:{hashlib.sha256(text).hexdigest()}" == digest()


def test_while_a_deletion_is_pending_its_page_and_file_hold_the_proof(world):
    """Receipt ID, due time and salt, to print and to keep; the file only by a form of the session."""
    world.sign_in()
    assert SALT not in world.client.get("/").text
    world.close()
    page = world.client.get("/").text
    assert ID in page
    assert SALT in page
    kept = world.post("/deletion-request")
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert kept.json() == {
        "receiptId": ID,
        "purgeDue": NOW.isoformat(timespec="seconds"),
        "tenantId": TENANT,
        "salt": SALT,
        "receipts": f"{URL}/receipts",
        "keys": f"{URL}/.well-known/jwks.json",
    }
    forged = world.client.post("/deletion-request", data={"token": "x"}, headers={"Origin": URL})
    assert forged.status_code == 403


# The audit


def devices(world, count):
    fields = {"lastHeartbeatAt": NOW}
    ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(count)]
    for each in ids:
        world.database.put(f"tenants/{TENANT}/devices/{each}", fields)
        world.users.uids.add(f"{TENANT}:{each}")
    return ids


def statement(page):
    """What is in the file that the page offers."""
    found = re.search(r'href="data:application/json;base64,([^"]+)"', page)
    assert found
    return json.loads(base64.b64decode(unescape(found[1])))


def test_an_audit_of_what_is_sound_says_so_and_is_signed(world):
    """Each field is counted, each device's user looked up a hundred at a time, and the file verifies."""
    ids = devices(world, 1203)
    world.users.uids.discard(f"{TENANT}:{ids[0]}")
    world.sign_in()
    page = world.post("/audit").text
    assert "Nothing but the inventory is stored" in page
    kept = statement(page)
    said = verified(AUDIT, kept["audit"], world.keys)
    assert said["tenantId"] == TENANT
    assert said["inventory"] == digest()
    assert said["documents"] == {"tenants": 1, "devices": 1203}
    assert said["fields"]["devices.lastHeartbeatAt"] == 1203
    assert said["fields"]["devices.lastSyncAt"] == 0
    assert said["fields"]["tenants.name"] == 1
    assert said["authUsers"] == {"found": 1202, "absent": 1}
    assert said["findings"] == []
    assert world.users.calls.count("lookup") == 13
    assert "without a device" in said["notCovered"]
    assert "Sign-ins without a device" in page


def test_an_audit_sees_this_organization_alone(world):
    """Another one's documents are neither counted nor named."""
    other = "77777777-c0de-4c01-8a01-0000c0a70500"
    world.database.put(f"tenants/{other}", {"odd": 1})
    world.database.put(f"tenants/{other}/devices/x", {})
    world.sign_in()
    assert other not in world.post("/audit").text


def test_an_audit_names_what_is_beyond_the_inventory(world):
    """A field, a document, a profile: each by path, and never with what is stored there."""
    first, second, *_ = devices(world, 3)
    world.database.put(
        f"tenants/{TENANT}/devices/{first}", {"lastHeartbeatAt": NOW, "canary": "secret"}
    )
    world.database.put(f"tenants/{TENANT}/notes/1", {"text": "secret"})
    world.users.with_profile.add(f"{TENANT}:{second}")
    world.sign_in()
    page = world.post("/audit").text
    said = verified(AUDIT, statement(page)["audit"], world.keys)
    assert said["findings"] == [
        {
            "path": f"tenants/{TENANT}/devices/{first}",
            "finding": "not as in the inventory: canary",
        },
        {"path": f"tenants/{TENANT}/notes/1", "finding": "no document belongs here"},
        {"path": f"auth/{TENANT}:{second}", "finding": "profile data on an Auth user"},
    ]
    assert "secret" not in page
    assert "somebody" not in page
    assert "There is something beyond the inventory" in page


def test_an_audit_with_many_findings_stays_small(world):
    """A hundred are named, the others counted, and the file verifies still."""
    for number in range(MOST_FINDINGS + 50):
        world.database.put(f"tenants/{TENANT}/notes/{number}{'n' * 1000}", {})
    world.sign_in()
    said = verified(AUDIT, statement(world.post("/audit").text)["audit"], world.keys)
    assert len(said["findings"]) == MOST_FINDINGS
    assert said["moreFindings"] == 50


def test_an_audit_that_cannot_end_signs_nothing(world):
    """Firebase goes away: the page says so, and offers no file."""
    devices(world, 3)
    world.users.away = True
    world.sign_in()
    page = world.post("/audit").text
    assert "The check was not finished" in page
    assert "data:application/json" not in page


def test_an_audit_is_shown_in_french_too(world):
    """Findings as well."""
    world.database.put(f"tenants/{TENANT}/notes/1", {})
    world.sign_in()
    page = world.client.get("/").text
    token = re.search(r'action="/audit"><input type="hidden" name="token" value="([^"]+)"', page)
    headers = {"Origin": URL, "Accept-Language": "fr"}
    answer = world.client.post("/audit", data={"token": unescape(token[1])}, headers=headers)
    assert "aucun document n’a sa place ici" in answer.text


# Words


def test_every_finding_of_a_tenants_audit_has_its_words():
    """What the audit can say of one organization is said in the reader's language."""
    report = Report()
    check_tenant(report, Document("tenants/x", {"odd": 1}))
    check_below(report, Document("tenants/x/devices/y", {}))
    check_below(report, Document("tenants/x/odd/y", {}))
    claims = '{"role": "x"}'
    user = UserRecord({"localId": f"{TENANT}:{ID}", "customAttributes": claims, "displayName": "x"})
    check_user(report, user)
    said = {what.partition(": ")[0] for _path, what in report.findings}
    assert said == set(FINDINGS)
