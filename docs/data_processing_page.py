"""docs/data-processing.md: the annex on processing. Its table of data follows from the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from marshmallow import Schema, fields

from shared import inventory

TEMPLATE = Path(__file__).with_name("data-processing.template.md")


def data_processing_page() -> str:
    """The whole page, as Markdown."""
    lines = ["| data | purpose | kept | seen by | says of a person |", "|---|---|---|---|---|"]
    for path, schema in inventory.DOCUMENTS.items():
        about_id = (schema.__doc__ or "").partition("; ")[2].rstrip(".")
        lines.append(f"| **`{path}`** | {about_id} | | | |")
        lines += _rows(schema())
    return TEMPLATE.read_text().replace("{inventory}", "\n".join(lines))


def _rows(schema: Schema, prefix: str = "") -> Iterator[str]:
    for name, field in schema.fields.items():
        if isinstance(field, fields.Nested):
            yield from _rows(field.schema, f"{prefix}{name}.")
            continue
        about = field.metadata
        readers = ", ".join(about["readers"])
        cells = (about["purpose"], about["retention"], readers, about["says"])
        yield f"| `{prefix}{name}` | {' | '.join(cells)} |"
