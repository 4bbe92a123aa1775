"""The environment, read once at start and then frozen.

A function declares what it needs by composing groups of settings (`shared/settings.py`); `load` reports every missing
or bad variable together, by name and never by value, because a value may be a secret. A group whose variables must fit
together has a method `faults()`, which `load` asks once all variables of that group are good.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from typing import Any, TypeVar

from shared.parsers import text, unwrapped

S = TypeVar("S")


class SettingsError(Exception):
    """Raised by `load`. faults: one sentence per variable, naming it, without its value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("settings: " + "; ".join(faults))
        self.faults = faults


def setting(
    variable: str,
    parse: Callable[[str], Any] = text,
    default: Any = MISSING,
    secret: bool = False,
    exact: bool = False,
) -> Any:
    """Declare one field of a group.

    secret: kept out of `repr`, and so out of tracebacks and whatever prints the settings. exact: a library reads the
    variable too, as it stands, so nothing may surround the value.
    """
    metadata = {"variable": variable, "parse": parse, "exact": exact}
    if default is MISSING:
        return field(kw_only=True, metadata=metadata, repr=not secret)
    return field(kw_only=True, metadata=metadata, repr=not secret, default=default)


def load(group: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """Read `group` (a dataclass of settings) from the environment.

    Raises SettingsError with every fault at once. An empty variable counts as absent.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    for declared in _fields(group):
        try:
            values[declared.name] = _read(declared, environ)
        except ValueError as fault:
            faults.append(f"{declared.metadata['variable']} {fault}")
    for part in group.__mro__:
        if "faults" in vars(part) and all(
            declared_field.name in values for declared_field in _fields(part)
        ):
            faults += part(
                **{
                    declared_field.name: values[declared_field.name]
                    for declared_field in _fields(part)
                }
            ).faults()
    if faults:
        raise SettingsError(faults)
    return group(**values)


def _fields(group: type) -> tuple[Field[Any], ...]:
    return fields(group) if is_dataclass(group) else ()


def _read(declared: Field[Any], environ: Mapping[str, str]) -> Any:
    """Raises ValueError."""
    metadata = declared.metadata
    raw = environ.get(metadata["variable"], "")
    value = unwrapped(raw)
    if metadata["exact"] and value != raw:
        raise ValueError("must have no spaces, quotes, line ends or other signs around its value")
    if value:
        return metadata["parse"](value)
    if declared.default is MISSING:
        raise ValueError("is required")
    return declared.default
