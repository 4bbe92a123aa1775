"""Parses the organization that a person has typed or pasted: its tenant ID or one of its domains."""

from __future__ import annotations

import re
import unicodedata

from shared.errors import Malformed
from shared.identifiers import GUID

MOST_CHARACTERS = 320  # of an e-mail address: RFC 3696, errata 1690
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$){_LABEL}(\.{_LABEL})+")


class UnclearOrganization(Malformed):
    code = "unclear_organization"
    title = "What was typed is neither a domain nor a tenant ID."


def named(typed: str) -> str:
    """Return tenant ID or domain in lower case; '' if nothing was typed.

    A person may give an e-mail address or the address of a page instead. Raises UnclearOrganization.
    """
    seen = "".join(letter for letter in typed if unicodedata.category(letter) != "Cf").strip()
    if not seen:
        return ""
    text = unicodedata.normalize("NFKC", seen).strip("{}\"'<> ").lower()
    text = text.partition("://")[2] or text
    text = re.split(r"[/?#]", text, maxsplit=1)[0].rpartition("@")[2].strip(".")
    if GUID.fullmatch(text):
        return text
    try:
        domain = text.encode("idna").decode() if len(text) <= MOST_CHARACTERS else ""
    except UnicodeError:
        raise UnclearOrganization from None
    if not _DOMAIN.fullmatch(domain):
        raise UnclearOrganization
    return domain
