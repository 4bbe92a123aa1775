"""The addresses of a running local stack, as .local/stack.json holds them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local.processes import STATE, LocalStackError

STACK_JSON = STATE / "stack.json"


@dataclass(frozen=True)
class Addresses:
    """functions: URL by name. firestore, auth: host:port. entra: URL. ca: path of its certificate."""

    project: str
    functions: Mapping[str, str]
    firestore: str
    auth: str
    entra: str
    ca: str

    def write(self, path: Path = STACK_JSON) -> None:
        """Write the addresses in one move, readable for this user only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 600
        with os.fdopen(handle, "w") as output:
            json.dump(asdict(self), output, indent=2)
            output.write("\n")
        Path(name).replace(path)

    @classmethod
    def read(cls, path: Path = STACK_JSON) -> Addresses:
        """Raises LocalStackError if no stack is running."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise LocalStackError(
                "The local stack is not running: start it with `make run`."
            ) from None
