"""Writes the pages of docs/ that are made from the code: `make docs`.

A test compares them with what they would be now, so that none of them can grow stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from docs.api_page import api_page
from docs.cost_page import cost_page
from docs.data_processing_page import data_processing_page
from docs.inventory_page import inventory_page
from docs.openapi import description, to_yaml

DOCS = Path(__file__).parent


def pages() -> Mapping[str, str]:
    """The generated pages: text by file name."""
    api = description()
    return {
        "cost.md": cost_page(),
        "data-inventory.md": inventory_page(),
        "data-processing.md": data_processing_page(),
        "openapi.yaml": to_yaml(api),
        "api.html": api_page(api),
    }


def stale(folder: Path = DOCS) -> list[str]:
    """Names of the pages in `folder` that are not what they would be now."""
    return [
        name
        for name, text in pages().items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text)
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
