"""Starts the servers of the local stack, and stops all of them when the starting process ends.

Each server is a process group of its own. A watcher in that group reads a pipe that only the starter holds open: when
the starter ends, even by SIGKILL, the pipe closes and the watcher stops the group. (Linux's PR_SET_PDEATHSIG would
follow the starting thread, not the process.)
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
LOGS = STATE / "logs"
HOST = "127.0.0.1"

STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
_WATCHED = (
    "exec 3<&0 </dev/null\n"
    "{ trap '' TERM; read -r _ <&3; kill -TERM 0; sleep 5; kill -KILL 0; } &\n"
    'exec "$@" 3<&-'
)


class LocalStackError(Exception):
    """Something that the local stack needs is missing or failed; the text says what to do."""


class Server:
    """A started server, with its log."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        """The process ID of the server, and of its process group."""
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self, url: str, *, seconds: float = 60.0) -> None:
        """Return once `url` gives any HTTP answer.

        Raises LocalStackError if the server ends first, or does not answer within `seconds`.
        """
        deadline = time.monotonic() + seconds
        with requests.Session() as session:
            session.trust_env = False
            session.verify = False
            while time.monotonic() < deadline:
                if not self.is_running():
                    raise LocalStackError(self._report("ended while it was starting"))
                try:
                    session.get(url, timeout=2.0)
                except (requests.ConnectionError, requests.Timeout):
                    time.sleep(_POLL_SECONDS)
                else:
                    return
        raise LocalStackError(self._report(f"did not answer within {seconds:.0f} seconds"))

    def stop(self) -> None:
        """End the whole group: politely first, by force after `STOP_SECONDS`."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _report(self, problem: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n  ".join([f"{self.name} {problem}. The end of {self.log}:", *lines])


@contextlib.contextmanager
def server(
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> Iterator[Server]:
    """Run `command` for the length of a `with` block, logging to .local/logs/<name>.log.

    env: variables beside those of this process. Callers that run at the same time give different names, or share a log.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHED, name, *map(str, command)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = Server(name, process, log)
    try:
        yield started
    finally:
        started.stop()


def free_ports(count: int) -> list[int]:
    """Find `count` different TCP ports that nobody listens on."""
    with contextlib.ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind((HOST, 0))
        return [free.getsockname()[1] for free in sockets]


def port_setting(name: str) -> int | None:
    """Return the port that the environment sets, as in `FIRESTORE_PORT=8080 make run`, or None.

    Raises LocalStackError if it is not a port.
    """
    value = os.environ.get(name)
    if not value:
        return None
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise LocalStackError(f"{name} is {value!r}, which is not a port.")
    return int(value)
