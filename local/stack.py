"""The whole product on this machine: emulators, the Entra stand-in, and each function's staged bundle in a process.

    python -m local.stack     leaves it running until Ctrl-C

Every start begins with empty databases, new keys and a new certificate authority. Ports are free ones, or those that
the environment names: ONBOARDING_PORT, HEARTBEAT_PORT, …, FIRESTORE_PORT, AUTH_PORT, ENTRA_PORT.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import bundle
from local import emulators
from local.addresses import STACK_JSON, Addresses
from local.entra import AppRegistration, EntraStandIn
from local.processes import HOST, STATE, LocalStackError, Server, free_ports, port_setting, server

PURGE_DELAY_SECONDS = 3
SERVICES = ("entra", "firestore", "auth")
REDIRECT_PATHS = {"onboarding": ("/consented", "/verified"), "admin_portal": ("/signed-in",)}


@dataclass(frozen=True)
class Stack:
    """A running stack. settings: the environment that its functions have. servers: the functions' processes."""

    addresses: Addresses
    settings: Mapping[str, str]
    entra: EntraStandIn
    servers: Mapping[str, Server]

    def fault(self) -> str | None:
        """Return which part has ended, or None."""
        ended = [name for name, process in self.servers.items() if not process.is_running()]
        return f"{', '.join(ended)} ended; see {self.servers[ended[0]].log}" if ended else None


def part_names() -> list[str]:
    """Return the names of the parts of a stack; `started` is called with each once."""
    return [*SERVICES, *bundle.functions()]


@contextlib.contextmanager
def stack(
    *,
    describe: Path | None = STACK_JSON,
    settings: Mapping[str, str] | None = None,
    label: str = "",
    started: Callable[[str], object] = lambda _name: None,
) -> Iterator[Stack]:
    """Run the stack for the length of a `with` block.

    describe: the file that holds its addresses meanwhile, if any. settings: variables of the functions beside, or
    instead of, the usual ones. label: prefix of the names of the functions' logs. started: called with the name of each
    part that has started.

    Raises LocalStackError if a part is missing or does not start.
    """
    names = bundle.functions()
    ports = dict(
        zip([*names, "firestore", "auth"], _ports([*names, "firestore", "auth"]), strict=True)
    )
    urls = {name: f"http://localhost:{ports[name]}" for name in names}
    STATE.mkdir(exist_ok=True)
    with ExitStack() as cleanup:
        folder = Path(
            cleanup.enter_context(tempfile.TemporaryDirectory(dir=STATE, prefix="stack-"))
        )
        entra = cleanup.enter_context(_entra(folder, urls))
        started("entra")
        firestore = os.environ.get("FIRESTORE_EMULATOR_HOST")
        if not firestore or os.environ.get("FIRESTORE"):
            firestore = f"{HOST}:{ports['firestore']}"
        auth = f"{HOST}:{ports['auth']}"
        addresses = Addresses(
            emulators.PROJECT, urls, firestore, auth, entra.url, str(entra.ca_path)
        )
        environment = {**_settings(addresses, entra.app), **(settings or {})}
        parts: dict[str, AbstractContextManager[Any]] = {
            "firestore": emulators.firestore_emulator(port=ports["firestore"]),
            "auth": emulators.auth_emulator(port=ports["auth"]),
        }
        for name in names:
            parts[name] = _function(name, ports[name], folder, environment, label)
        running = _enter_all(parts, cleanup, started)
        if firestore == os.environ.get("FIRESTORE_EMULATOR_HOST"):  # it was running before
            emulators.wipe_firestore(firestore)
        if describe:
            addresses.write(describe)
            cleanup.callback(describe.unlink, missing_ok=True)
        yield Stack(addresses, environment, entra, {name: running[name] for name in names})


def _ports(names: list[str]) -> list[int]:
    return [
        port_setting(f"{name.upper()}_PORT") or free
        for name, free in zip(names, free_ports(len(names)), strict=True)
    ]


def _entra(folder: Path, urls: Mapping[str, str]) -> EntraStandIn:
    app = AppRegistration(
        client_secret=secrets.token_urlsafe(24),
        redirect_uris={
            urls.get(name, "") + path for name, paths in REDIRECT_PATHS.items() for path in paths
        },
    )
    return EntraStandIn(app, port=port_setting("ENTRA_PORT") or 0, ca_dir=folder / "ca")


def _settings(addresses: Addresses, app: AppRegistration) -> dict[str, str]:
    """Return the variables of a function, as a deployment would set them, and those of the emulators."""
    return {
        "GOOGLE_CLOUD_PROJECT": addresses.project,
        "ENTRA_CLIENT_ID": app.client_id,
        "ENTRA_CREDENTIAL": "secret",
        "ENTRA_CLIENT_SECRET": app.client_secret or "",
        "ENTRA_AUTHORITY": addresses.entra,
        "GRAPH_ENDPOINT": addresses.entra,
        "ONBOARDING_URL": addresses.functions.get("onboarding", ""),
        "PORTAL_URL": addresses.functions.get("admin_portal", ""),
        "SESSION_KEYS": secrets.token_urlsafe(32),
        "PURGE_DELAY_SECONDS": str(PURGE_DELAY_SECONDS),
        "REQUESTS_CA_BUNDLE": addresses.ca,
        "FIRESTORE_EMULATOR_HOST": addresses.firestore,
        "FIREBASE_AUTH_EMULATOR_HOST": addresses.auth,
    }


@contextlib.contextmanager
def _function(
    name: str, port: int, folder: Path, settings: Mapping[str, str], label: str
) -> Iterator[Server]:
    """Serve a function's bundle as it is served when deployed; it is staged for this stack only."""
    staged = bundle.stage(name, build=folder / "build")
    home = folder / "home" / name
    home.mkdir(parents=True)
    environment = {
        **settings,
        "HOME": str(home),
        "WORKERS": "1",
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    framework = Path(sys.executable).with_name("functions-framework")
    command: list[str | Path] = [framework, "--target", name, "--source", staged / "main.py"]
    bound = ["--host", HOST, "--port", str(port)]
    with server(label + name, [*command, *bound], env=environment, cwd=staged) as process:
        process.wait_until_ready(f"http://{HOST}:{port}/")
        yield process


def _enter_all(
    parts: Mapping[str, AbstractContextManager[Any]],
    cleanup: ExitStack,
    started: Callable[[str], object],
) -> dict[str, Any]:
    """Start all parts at once, and have `cleanup` stop all of them at once."""
    stoppers = cleanup.enter_context(_stopped_together())

    def enter(name: str) -> Any:
        stopper = ExitStack()
        entered = stopper.enter_context(parts[name])
        stoppers.append(stopper)
        started(name)
        return entered

    with ThreadPoolExecutor(len(parts)) as pool:
        return dict(zip(parts, pool.map(enter, parts), strict=True))


@contextlib.contextmanager
def _stopped_together() -> Iterator[list[ExitStack]]:
    stoppers: list[ExitStack] = []
    try:
        yield stoppers
    finally:
        with ThreadPoolExecutor(max(1, len(stoppers))) as pool:
            list(pool.map(ExitStack.close, stoppers))


def _report(running: Stack) -> None:
    addresses = running.addresses
    print("The local stack is running. Ctrl-C stops it.\n")
    for name, url in addresses.functions.items():
        print(f"  {name:20} {url}")
    print(f"  {'firestore':20} {addresses.firestore}")
    print(f"  {'auth':20} {addresses.auth}")
    print(f"  {'entra and graph':20} {addresses.entra}")
    print(f"  {'its certificate':20} {addresses.ca}")
    print(
        "\nIn a browser (it has to accept the certificate of the Entra stand-in): onboarding, then admin_portal;"
    )
    print(
        "the stand-in's pages offer administrators and a member of each organization, without a password."
    )
    print(f"\nThe same, for programs: {STACK_JSON.relative_to(STATE.parent)}")
    print("For the operators' command line (python -m support):")
    for name in (
        "GOOGLE_CLOUD_PROJECT",
        "FIRESTORE_EMULATOR_HOST",
        "FIREBASE_AUTH_EMULATOR_HOST",
        "PURGE_DELAY_SECONDS",
        "PORTAL_URL",
        "ENTRA_CLIENT_ID",
        "ENTRA_CREDENTIAL",
        "ENTRA_CLIENT_SECRET",  # of the stand-in, made anew at every start
        "ENTRA_AUTHORITY",
        "GRAPH_ENDPOINT",
        "REQUESTS_CA_BUNDLE",
    ):
        print(f"  export {name}={running.settings[name]}")
    sys.stdout.flush()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the stack until Ctrl-C or SIGTERM (exit code 0), or until a part of it ends (1)."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with stack() as running:
            _report(running)
            while (fault := running.fault()) is None:
                time.sleep(0.5)
            print(fault, file=sys.stderr)
            return 1
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
