"""docs/data-processing.md: the annex on processing. Its table of data follows from the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from marshmallow import Schema

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


def _rows(schema: Schema) -> Iterator[str]:
    for path, field in inventory.leaves(schema):
        about = field.metadata
        readers = ", ".join(about["readers"])
        cells = (about["purpose"], about["retention"], readers, about["says"])
        yield f"| `{path}` | {' | '.join(cells)} |"
