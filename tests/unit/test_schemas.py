"""The inventory: exactly these fields, each with its reason, and IDs in one form only."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from shared import identifiers, inventory

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = {"name": "Contoso", "status": "active", "consent": {"checkedAt": NOW}}
CLOSING = {"purgeAt": NOW, "reason": "requested", "receiptId": str(uuid.uuid4())}
DEVICE = {"lastHeartbeatAt": NOW}
KNOWN = "0b0c1f6e-7a51-4a0e-9d0c-3f1f6a6f2b11"


@given(st.uuids(version=4))
def test_a_random_uuid_is_a_device_id(one):
    """Version 4, lower case, with hyphens."""
    assert identifiers.is_device_id(str(one))
    assert identifiers.is_tenant_id(str(one))


@given(st.text(max_size=45) | st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2))
def test_anything_else_is_not(value):
    """No other text or type is an ID, and none crashes the check."""
    assert not identifiers.is_device_id(value)
    assert not identifiers.is_tenant_id(value)


@pytest.mark.parametrize(
    "text",
    [
        "00000000-0000-0000-0000-000000000000",
        f"{{{KNOWN}}}",
        f"urn:uuid:{KNOWN}",
        KNOWN.upper(),
        KNOWN.replace("-", ""),
        KNOWN + "\n",
        " " + KNOWN,
        KNOWN + "\0",
        "d9428888-122b-11e1-b85c-61cd3cbb3210",
        KNOWN.replace("-4a0e-", "-7a0e-"),
        KNOWN.replace("-9d0c-", "-cd0c-"),
        KNOWN.replace("0", "\u0660"),
    ],
)
def test_another_form_is_no_device_id(text):
    """Nil, braced, as a URN, in upper case, of another version or variant: a second spelling of one device."""
    assert not identifiers.is_device_id(text)
    with pytest.raises(ValidationError):
        inventory.RegistrationBody().load({"deviceId": text})


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        (inventory.TenantDocument, TENANT),
        (inventory.TenantDocument, {**TENANT, "status": "closing", "closing": CLOSING}),
        (inventory.TenantDocument, {**TENANT, "consent": {"checkedAt": NOW, "lostAt": NOW}}),
        (inventory.DeviceDocument, DEVICE),
        (inventory.DeviceDocument, {**DEVICE, "lastSyncAt": NOW, "lastOutcome": "failed"}),
    ],
)
def test_what_may_be_stored(schema, document):
    """The documents of the design pass unchanged."""
    assert schema().load(document) == document


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        (inventory.TenantDocument, {}),
        (inventory.TenantDocument, {**TENANT, "name": ""}),
        (inventory.TenantDocument, {**TENANT, "name": "x" * 257}),
        (inventory.TenantDocument, {**TENANT, "status": "deleted"}),
        (inventory.TenantDocument, {**TENANT, "domain": "contoso.example"}),
        (inventory.TenantDocument, {**TENANT, "consent": {"checkedAt": NOW, "by": "oid"}}),
        (inventory.TenantDocument, {**TENANT, "consent": {"checkedAt": "2026-01-01T00:00:00Z"}}),
        (
            inventory.TenantDocument,
            {**TENANT, "closing": {**CLOSING, "by": "admin@contoso.example"}},
        ),
        (inventory.TenantDocument, {**TENANT, "closing": {**CLOSING, "reason": "because"}}),
        (inventory.TenantDocument, {**TENANT, "closing": {**CLOSING, "receiptId": "1"}}),
        (inventory.DeviceDocument, {}),
        (inventory.DeviceDocument, {"lastHeartbeatAt": NOW.replace(tzinfo=None)}),
        (inventory.DeviceDocument, {**DEVICE, "registeredAt": NOW}),
        (inventory.DeviceDocument, {**DEVICE, "lastOutcome": "SUCCEEDED"}),
        (inventory.DeviceDocument, {**DEVICE, "model": "Phone"}),
    ],
)
def test_what_may_not_be_stored(schema, document):
    """One field more, a naive time, or another word, and the write is refused."""
    with pytest.raises(ValidationError):
        schema().load(document)


def leaves(schema):
    for name, field in schema._declared_fields.items():
        if isinstance(field, fields.Nested):
            yield from leaves(field.nested)
        else:
            yield name, field


@pytest.mark.parametrize("schema", inventory.DOCUMENTS.values())
def test_every_stored_field_has_a_reason_an_end_and_a_reader(schema):
    """No field without a purpose, a retention, and somebody who reads it."""
    for name, field in leaves(schema):
        assert field.metadata["purpose"], name
        assert field.metadata["retention"], name
        assert field.metadata["readers"], name
