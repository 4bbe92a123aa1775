"""A refusal by Entra or Graph as an exception: their numbers and words, never a description.

A description can name a person, and anyone can forge a redirect. Sources: Microsoft identity platform, "OAuth 2.0
authorization code flow" (error responses) and "Claims challenges, claims requests, and client capabilities".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MOST_CLAIMS_CHARACTERS = 2000
_AADSTS = re.compile(r"AADSTS([0-9]{4,9})")
_CODE = re.compile(r"[0-9]{4,9}")
_WORD = re.compile(r"[a-z_]{1,40}")


class EntraRefused(Exception):
    """Entra or Graph has refused.

    error: the OAuth error word, or one of ours (`graph_…`, `protocol`, `incomplete_answer`). codes: AADSTS numbers, the
    first one decides. suberror: Entra's word for what could help, '' if none. claims: JSON that another sign-in has
    to carry, '' if none; only an endpoint that we called can set it.
    """

    def __init__(
        self, error: str, codes: tuple[int, ...] = (), suberror: str = "", claims: str = ""
    ) -> None:
        super().__init__(error)
        self.error = error
        self.codes = codes
        self.suberror = suberror
        self.claims = claims

    @classmethod
    def parse(cls, answer: Mapping[str, Any], *, direct: bool = False) -> EntraRefused:
        """Parse an error answer: the query of a redirect, or (direct) the JSON of an endpoint that we called."""
        listed = answer.get("error_codes")
        if not isinstance(listed, list) or not listed:
            listed = _AADSTS.findall(str(answer.get("error_description", "")))
        codes = tuple(int(code) for code in map(str, listed) if _CODE.fullmatch(code))
        claims = claims_of(answer.get("claims")) if direct else ""
        return cls(_word(answer, "error") or "unknown", codes, _word(answer, "suberror"), claims)


def claims_of(value: object) -> str:
    """Return the claims of a challenge if a sign-in can carry them, as a JSON object; else ''."""
    if not isinstance(value, str) or len(value) > MOST_CLAIMS_CHARACTERS:
        return ""
    try:
        return value if isinstance(json.loads(value), dict) else ""
    except (ValueError, RecursionError):
        return ""


def _word(answer: Mapping[str, Any], member: str) -> str:
    word = str(answer.get(member, ""))
    return word if _WORD.fullmatch(word) else ""
