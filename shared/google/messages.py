"""The message classes of google-cloud-firestore, without that package's client.

`import google.cloud.firestore_v1` runs an `__init__` that imports the whole client: half of the time in which a new
instance starts. The generated messages lie in a sub-package of their own, which needs none of it. So for the time of
their import the package stands there as a bare name with a search path; afterwards the name is free again, and whoever
imports the package then gets all of it, with these same classes.
Source: Python reference, "The import system" (submodules, `__path__`).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

PACKAGE = "google.cloud.firestore_v1"


def _types() -> ModuleType:
    """The package's `types`, imported without the package's own `__init__` unless that has run already."""
    if PACKAGE in sys.modules:
        return importlib.import_module(f"{PACKAGE}.types")
    found = importlib.util.find_spec(PACKAGE)
    bare = ModuleType(PACKAGE)
    bare.__path__ = list(found.submodule_search_locations or ()) if found else []
    sys.modules[PACKAGE] = bare
    try:
        return importlib.import_module(f"{PACKAGE}.types")
    finally:
        del sys.modules[PACKAGE]


def _classes() -> dict[str, Any]:
    """The protobuf classes under proto-plus's wrappers, which cost more than the calls."""
    types = _types()
    names = (
        "BatchGetDocumentsRequest BatchGetDocumentsResponse BatchWriteRequest BatchWriteResponse CommitRequest "
        "Document ListCollectionIdsRequest ListCollectionIdsResponse ListDocumentsRequest "
        "ListDocumentsResponse Precondition RollbackRequest RunAggregationQueryRequest "
        "RunAggregationQueryResponse RunQueryRequest RunQueryResponse StructuredQuery Value Write"
    )
    classes = {name: getattr(types, name).pb() for name in names.split()}
    classes["Aggregation"] = types.StructuredAggregationQuery.Aggregation.pb()
    return classes


CLASSES = _classes()
