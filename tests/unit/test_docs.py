"""The generated pages of docs/ say what the code says."""

from pathlib import Path

import openapi_spec_validator
import pytest
import yaml
from marshmallow import fields

from docs import generate as docs
from docs.data_processing_page import data_processing_page
from docs.inventory_page import inventory_page
from docs.openapi import all_problems, description
from shared import inventory


def test_no_generated_page_is_stale():
    """What is in docs/ is what `make docs` would write now."""
    assert docs.stale() == [], "run `make docs`"


def test_a_changed_page_is_noticed(tmp_path: Path):
    """A page that was edited by hand, and one that is missing, count as stale."""
    for name, text in docs.pages().items():
        (tmp_path / name).write_text(text)
    assert docs.stale(tmp_path) == []
    (tmp_path / "openapi.yaml").write_text("edited")
    (tmp_path / "data-inventory.md").unlink()
    assert sorted(docs.stale(tmp_path)) == ["data-inventory.md", "openapi.yaml"]


def test_the_description_is_valid():
    """The published file is OpenAPI."""
    openapi_spec_validator.validate(yaml.safe_load((docs.DOCS / "openapi.yaml").read_text()))


def test_every_code_is_described():
    """Each code that a caller of the API can get has an example under its own status."""
    described = {
        (int(status), code)
        for item in description()["paths"].values()
        for operation in item.values()
        for status, answer in operation["responses"].items()
        for media in answer.get("content", {}).values()
        for code in media.get("examples", {})
    }
    without_example = {"forbidden", "conflict", "not_found"}  # two are never raised; no such path
    expected = {(kind.status, kind.code) for kind in all_problems()}
    assert {one for one in expected if one[1] not in without_example} <= described


def test_every_code_has_its_line_for_the_app():
    """docs/mobile.md says what an app does for each code, whichever call it comes from."""
    text = (docs.DOCS / "mobile.md").read_text()
    codes = {kind.code for kind in all_problems()} - {"forbidden", "conflict"}
    assert [code for code in sorted(codes) if f"`{code}`" not in text] == []


@pytest.mark.parametrize(
    "schema",
    [
        *inventory.DOCUMENTS.values(),
        inventory.Closing,
        inventory.Consent,
        inventory.Withdrawn,
        inventory.SignOut,
    ],
)
def test_every_stored_field_is_listed(schema: type[inventory.Stored]):
    """Each field of the inventory has its row, with purpose, retention and readers."""
    rows = [line for line in inventory_page().splitlines() if line.startswith("|")]
    for name, field in schema().fields.items():
        if isinstance(field, fields.Nested):
            continue
        about = field.metadata
        words = (f"{name}`", about["purpose"][1:], about["retention"])
        assert [row for row in rows if all(word in row for word in words)], name


@pytest.mark.parametrize("schema", inventory.DOCUMENTS.values())
def test_the_annex_names_every_stored_document_and_field(schema: type[inventory.Stored]):
    """What a customer signs holds each field with its purpose and retention, and nothing that is not stored."""
    rows = [line for line in data_processing_page().splitlines() if line.startswith("| `")]
    for name, field in schema().fields.items():
        inner = field.schema.fields if isinstance(field, fields.Nested) else {"": field}
        for below, leaf in inner.items():
            path = f"{name}.{below}" if below else name
            assert [
                row for row in rows if f"`{path}`" in row and leaf.metadata["retention"] in row
            ], path
    stored = sum(
        len(one.schema.fields) if isinstance(one, fields.Nested) else 1
        for kept in inventory.DOCUMENTS.values()
        for one in kept().fields.values()
    )
    assert len(rows) == stored
