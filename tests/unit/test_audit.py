"""What the audit says of an Auth user."""

import pytest
from firebase_admin.auth import ExportedUserRecord

from support.audit import Report, check_user
from tests.helpers.fakes import DEVICE, TENANT

UID = f"{TENANT}:{DEVICE}"
CANARY = "canary@example.com"


def findings(**more):
    """What is found on the user of a registered device with `more` in Firebase's own record of it."""
    report = Report()
    check_user(report, ExportedUserRecord({"localId": UID, **more}))
    return report.findings


def test_a_phones_user_has_a_uid_and_two_claims():
    """Neither a user without claims nor one with its own two is a finding."""
    assert findings() == []
    claims = f'{{"tenantId": "{TENANT}", "deviceId": "{DEVICE}"}}'
    assert findings(customAttributes=claims) == []
    assert findings(customAttributes='{"role": "x"}') == [
        (f"auth/{UID}", "claims beyond the inventory")
    ]


@pytest.mark.parametrize(
    "member",
    [
        {"displayName": CANARY},
        {"photoUrl": CANARY},
        {"email": CANARY},
        {"phoneNumber": CANARY},
        {"passwordHash": CANARY},
        {"tenantId": CANARY},
        {"providerUserInfo": [{"providerId": "password", "rawId": CANARY}]},
    ],
    ids=lambda member: next(iter(member)),
)
def test_what_a_phone_puts_on_its_own_user_is_named(member):
    """Each thing about a person on an Auth user is a finding, which does not repeat it."""
    assert findings(**member) == [(f"auth/{UID}", "profile data on an Auth user")]
