"""What an administrator takes home: the request for a deletion, and an audit that the portal signs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared import errors, logs
from shared.google.users import Users
from shared.receipts import KEYS_PATH, request_to_keep
from shared.signing import Signer
from shared.web.answers import json_answer
from shared.web.app import Routes
from shared.web.catalogs import Catalog
from shared.web.messages import N_

from .own_audit import OwnAudit
from .portal import Portal

# What the audit finds, as a page says it.
FINDINGS = {
    "the document ID is not a tenant ID": N_("the document ID is not a tenant ID"),
    "the document ID is not a device ID": N_("the document ID is not a device ID"),
    "no document belongs here": N_("no document belongs here"),
    "not as in the inventory": N_("not as in the inventory"),
    "claims beyond the inventory": N_("claims beyond the inventory"),
    "profile data on an Auth user": N_("profile data on a sign-in"),
}


class NothingPending(errors.Conflict):
    code = "nothing_pending"
    title = "No deletion is pending."


@dataclass(frozen=True)
class Proofs:
    """signer: with the portal's own key, of audits."""

    portal: Portal
    users: Users
    signer: Signer

    async def request_file(self, request: Request) -> Response:
        """POST /deletion-request → receipt ID, due time, tenant ID and salt, to keep."""
        session, _form = self.portal.forms.read(request, "deletion-request")
        _store, stored = await self.portal.organization(session)
        closing = stored.tenant.closing
        if closing is None:
            raise NothingPending
        kept = request_to_keep(stored.id, closing, self.portal.settings.portal_url)
        name = f'attachment; filename="calliente-deletion-{closing.receipt_id}.json"'
        response = json_answer(kept)
        response.headers["Content-Disposition"] = name
        return response

    async def audit(self, request: Request) -> Response:
        """POST /audit: all that is stored against the inventory, as it is read; at its end the signed result."""
        session, _form = self.portal.forms.read(request, "audit")
        store, stored = await self.portal.organization(session)
        audit = OwnAudit(self.portal.database, self.users, store)
        catalog = self.portal.pages.catalog_of(request)
        logs.event("audit_begun")
        return self.portal.pages.stream(
            request,
            "audit.html",
            name=stored.tenant.name,
            audit=audit,
            in_words=lambda finding: _in_words(finding, catalog),
            result=lambda: self._result(audit),
            file_name=f"calliente-audit-{stored.id}.json",
        )

    def _result(self, audit: OwnAudit) -> dict[str, Any] | None:
        """The statement, signed, and as the address of a file; None where the audit did not come to its end."""
        if not audit.is_complete:
            return None
        said = audit.statement(self.portal.clock())
        signed = self.signer.sign(said)
        kept = {"audit": signed, "keys": f"{self.portal.settings.portal_url}{KEYS_PATH}"}
        content = base64.b64encode(json.dumps(kept).encode()).decode()
        logs.event("audit_ended", findings=len(said["findings"]) + said["moreFindings"])
        return {"said": said, "signed": signed, "file": f"data:application/json;base64,{content}"}

    @property
    def routes(self) -> Routes:
        return {
            "/deletion-request": {"POST": self.request_file},
            "/audit": {"POST": self.audit},
        }


def _in_words(finding: str, catalog: Catalog) -> str:
    """In the reader's language. What follows a colon is names of fields."""
    what, colon, names = finding.partition(": ")
    return catalog.gettext(FINDINGS.get(what, what)) + colon + names
