"""Catalogs of translations: extracted from templates and code, brought up to date, compiled. `make translations`.

The result depends on the texts alone, never on the time or a line number, so that a test can compare it with what is
committed. Source: Babel, "Working with Message Catalogs".
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared.web.catalogs import LANGUAGES, LOCALES, SOURCE_LANGUAGE

ROOT = Path(__file__).parents[1]
TEMPLATE = LOCALES / "messages.pot"
KEYWORDS = DEFAULT_KEYWORDS | {"NN_": (1, 2)}
TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE_LANGUAGE)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)  # for headers that would change with each run


def extracted(root: Path = ROOT) -> Catalog:
    """Return a catalog with all texts of templates and code."""
    with (root / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = new_catalog(None)
    entries = (
        (f"{folder}/{name}", text, comments, context)
        for folder in ("functions", "shared")
        for name, _line, text, comments, context in extract_from_dir(
            root / folder,
            method_map=[(_below(pattern, folder), method) for pattern, method in methods],
            options_map={_below(pattern, folder): each for pattern, each in options.items()},
            keywords=KEYWORDS,
        )
    )
    for place, text, comments, context in sorted(entries, key=lambda each: each[0]):
        catalog.add(text, None, [(place, 0)], auto_comments=comments, context=context)
    return catalog


def updated(language: str, template: Catalog, folder: Path = LOCALES) -> Catalog:
    """Return the language's catalog with the texts of the template: new ones empty, removed ones left out."""
    path = po_path(language, folder)
    catalog = (
        read_po(io.BytesIO(path.read_bytes()), language) if path.exists() else new_catalog(language)
    )
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    fresh = new_catalog(language)
    for message in texts(catalog):
        fresh.add(
            message.id,
            message.string,
            [(place, 0) for place in dict.fromkeys(place for place, _line in message.locations)],
            user_comments=message.user_comments,
            context=message.context,
        )
    return fresh


def new_catalog(language: str | None) -> Catalog:
    return Catalog(
        Locale.parse(language) if language else None,
        project="Calliente",
        version="1",
        header_comment="# Texts of Calliente's pages.",
        creation_date=LONG_AGO,
        revision_date=LONG_AGO,
        last_translator="Calliente",
        language_team="Calliente",
        msgid_bugs_address="Calliente",
        fuzzy=False,
    )


def texts(catalog: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalog if message.id)


def po_bytes(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog, width=100, omit_header=False, include_lineno=False)
    return written.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def po_path(language: str, folder: Path = LOCALES) -> Path:
    return folder / language / "LC_MESSAGES" / "messages.po"


def read(language: str, folder: Path = LOCALES) -> Catalog:
    return read_po(io.BytesIO(po_path(language, folder).read_bytes()), language)


def main() -> None:
    """Write the template and each language's two files; say what is still to be translated."""
    template = extracted()
    LOCALES.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(po_bytes(template))
    for language in TRANSLATED:
        catalog = updated(language, template)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
        missing = sum(not all(strings(message)) for message in texts(catalog))
        print(f"{language}: {len(catalog)} texts, {missing} to be translated")


def strings(message: Message) -> tuple[str, ...]:
    """Return the translation of a message, in every plural form."""
    if isinstance(message.string, tuple | list):
        return tuple(message.string)
    return (message.string or "",)


def _below(pattern: str, folder: str) -> str:
    """The pattern as it is inside that folder; one that matches nothing where it is about another."""
    return pattern.removeprefix(f"{folder}/") if pattern.startswith(f"{folder}/") else "-"


if __name__ == "__main__":
    main()
