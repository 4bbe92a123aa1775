"""The identifiers that are stored and compared: their one canonical form, in lower case.

Sources: RFC 9562 (UUIDs, the nil UUID); Microsoft identity platform, "ID token claims reference" (the tenant of
personal accounts).
"""

from __future__ import annotations

import re
from typing import TypeGuard

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NIL_GUID = "00000000-0000-0000-0000-000000000000"
CONSUMER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"  # personal Microsoft accounts


def is_device_id(value: object) -> TypeGuard[str]:
    """Return whether it is a random UUID, version 4, in canonical lower case. Receipt IDs have the same form."""
    return isinstance(value, str) and UUID4.fullmatch(value) is not None


def is_tenant_id(value: object) -> TypeGuard[str]:
    """Return whether it is a GUID in canonical lower case, and not the nil one."""
    return isinstance(value, str) and GUID.fullmatch(value) is not None and value != NIL_GUID
