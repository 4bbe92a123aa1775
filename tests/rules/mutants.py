"""Mutants of firestore.rules: each weakens or breaks one thing that a test has to notice.

Edits are made in the text, not in a syntax tree; the rules are small and kept plain for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LITERALS = {
    "'custom'": ["'password'", "'anonymous'", "'Custom'", "''"],
    "'active'": ["'closing'", "'purging'", "'Active'", "null"],
    "'inTransaction'": ["'inTransactions'", "'time'"],
    "'inTransaction', false": ["'inTransactions', true"],
    "!request": ["request"],
    "!('tenant'": ["('tenant'"],
    "'tenant'": ["'sign_in_provider'", "'identities'", "'tenants'"],
    "claims.tenantId": ["claims.deviceId", "claims.tenant", "request.auth.uid"],
    "claims.deviceId": ["claims.tenantId", "claims.device", "request.auth.uid"],
    "claims.auth_time": ["claims.iat", "claims.exp", "claims.time", "0", "1.0"],
    "* 1000": ["", "* 10000", "* 100"],
    "value(30,": ["value(29,", "value(31,", "value(-30,", "value(0,"],
    "'d'": ["'h'", "'w'"],
    "request.time": ["timestamp.value(0)"],
    ".sign_in_provider": [".identities", ".provider"],
    "claims.firebase.": ["claims."],
    "in claims.firebase": ["in claims", "in claims.firebase.identities"],
    "data.status": ["data.name", "data.closing", "data"],
    "/devices/{": ["/unknown/{", "/{collection}/{"],
    "$(tenantId)": ["$(claims.deviceId)", "$(deviceId)", "7"],
    "/documents/tenants/$": ["/documents/unknown/$"],
    "'(default)'": ["'other'"],
    "$(database)": ["other"],
    "match /tenants/{": ["match /{collection}/{", "match /unknown/{"],
    "{deviceId} {": ["{deviceId=**} {"],
    "/devices/{deviceId} {": [" {"],
    "isItself();": ["true;", "request.auth != null;"],
    "resource": ["request.resource"],
    "null": ["resource"],
}
OPERATORS = {"==": ["!="], "!=": ["=="], "<=": [">", ">="], "&&": ["||"], " + ": [" - "]}
READS, WRITES = ["read", "list"], ["write", "create", "update", "delete"]
CONDITIONS = ["true", "request.auth != null"]
# Of a write, isItself() says no by its first line; these would be a phone's writes of itself.
ITSELF = "request.auth.token.deviceId == deviceId"
WILDCARD = "match /{anything=**} { allow %s: if %s; }"


@dataclass(frozen=True)
class Mutant:
    """Changed rules, and one line on what was changed."""

    change: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """All distinct mutants of `source`."""
    found: dict[str, Mutant] = {}
    for make in (_conditions, _replacements, _methods, _wildcards):
        for mutant in make(source):
            if mutant.source != source:
                found.setdefault(mutant.source, mutant)
    return list(found.values())


def _edit(source: str, start: int, end: int, new: str) -> Mutant:
    line = source.count("\n", 0, start) + 1
    old = " ".join(source[start:end].split())
    return Mutant(
        f"line {line}: {old} -> {new or '(nothing)'}", source[:start] + new + source[end:]
    )


def _spans(source: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Where `pattern` matches outside comments."""
    for match in re.finditer(pattern, source):
        line_start = source.rfind("\n", 0, match.start()) + 1
        if "//" not in source[line_start : match.start()]:
            yield match.span()


def _conditions(source: str) -> Iterator[Mutant]:
    """Drop and negate each conjunct, and make each whole condition true."""
    for start, end in _spans(source, r"(?<=return )[^;]+(?=;)|(?<=: if )[^;]+(?=;)"):
        yield _edit(source, start, end, "true")
        offset = start
        for conjunct in source[start:end].split("&&"):
            left = offset + len(conjunct) - len(conjunct.lstrip())
            right = offset + len(conjunct.rstrip())
            yield _edit(source, left, right, "true")
            yield _edit(source, left, right, f"!({source[left:right]})")
            offset += len(conjunct) + len("&&")


def _replacements(source: str) -> Iterator[Mutant]:
    """Flip operators; change literals, claims, fields, types and paths, one place at a time."""
    for old, news in (OPERATORS | LITERALS).items():
        for start, end in _spans(source, re.escape(old)):
            for new in news:
                yield _edit(source, start, end, new)


def _methods(source: str) -> Iterator[Mutant]:
    """Widen each `allow get`, make it another method, and switch it off."""
    for start, end in _spans(source, r"allow get: if [^;]+;"):
        statement = source[start:end]
        yield _edit(source, start, end, "allow get: if false;")
        for method in READS + WRITES:
            yield _edit(source, start, end, statement.replace("get", method, 1))
        for method in READS:
            yield _edit(source, start, end, statement.replace("get", f"get, {method}", 1))
        for method in WRITES:
            yield _edit(source, start, end, f"{statement} allow {method}: if {ITSELF};")


def _wildcards(source: str) -> Iterator[Mutant]:
    """Add an allow on everything below, at each level, with and without the device's condition."""
    for _, end in _spans(source, r"match [^\n]*(?=\{\n)\{\n"):
        inside_device = "{deviceId}" in source[:end]
        for condition in CONDITIONS + [ITSELF] * inside_device:
            for method in ["get", *READS, *WRITES]:
                yield _edit(source, end, end, WILDCARD % (method, condition) + "\n")
