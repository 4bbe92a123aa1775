"""A function in a process of its own: its staged bundle, served as it is when deployed, with the settings of a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy import bundle
from local.processes import HOST, LOGS, Server, free_ports, server


@dataclass(frozen=True)
class Served:
    """A function: where it is, and its process. log_start: where its lines begin in the process's log."""

    url: str
    process: Server
    log_start: int

    def written(self) -> str:
        """What it has written to stdout and stderr."""
        with self.process.log.open("rb") as lines:
            lines.seek(self.log_start)
            return lines.read().decode(errors="replace")

    def family(self) -> list[psutil.Process]:
        """The server and its workers."""
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]

    def resident_bytes(self) -> int:
        """Of the largest of its processes, which is the worker."""
        return max(process.memory_info().rss for process in self.family())


@contextmanager
def function(
    name: str,
    folder: Path,
    settings: Mapping[str, str],
    environment: Path | None = None,
    label: str = "alone",
) -> Iterator[Served]:
    """The staged bundle of a function, for the length of a `with` block.

    folder: for the bundle. environment: a virtual environment to run in; this one unless given. label: of its log.
    """
    staged = bundle.stage(name, build=folder / "build")
    binaries = environment / "bin" if environment else Path(sys.executable).parent
    port = free_ports(1)[0]
    framework, source = binaries / "functions-framework", staged / "main.py"
    command: list[str | Path] = [framework, "--target", name, "--source", source]
    bound = ["--host", HOST, "--port", str(port)]
    usual = {"WORKERS": "1", "PYTHONPATH": "", "HOME": str(folder)}
    log = LOGS / f"{label}-{name}.log"
    log_start = log.stat().st_size if log.exists() else 0
    with server(
        f"{label}-{name}", [*command, *bound], env={**usual, **settings}, cwd=staged
    ) as process:
        process.wait_until_ready(f"http://{HOST}:{port}/")
        yield Served(f"http://{HOST}:{port}", process, log_start)
