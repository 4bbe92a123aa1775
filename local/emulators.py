"""Starts the emulators of Firestore and of Firebase Authentication.

Three Firestore emulators have the same interfaces. The first one on this machine is used, unless
`FIRESTORE=official|firebase|hidane` names another.

    python -m local.emulators           says which one would be used
    python -m local.emulators --install installs one if there is none
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import requests
from google.cloud.firestore_v1 import types

from local.processes import HOST, ROOT, STATE, LocalStackError, free_ports, server

PROJECT = "demo-calliente"
TRANSACTION_LIFE_SECONDS = 70.0  # one that is idle expires after 60
WARM_UP_SECONDS = 90.0
CALL_SECONDS = 10.0

_FIREBASE = ROOT / "local/node_modules/.bin/firebase"
_HIDANE_VERSION = "0.6.0"
_HIDANE_ROOT = STATE / f"hidane-{_HIDANE_VERSION}"
_JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
_JAR_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_SDK_ROOTS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/opt/homebrew/share/google-cloud-sdk",
    "/usr/local/share/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "~/google-cloud-sdk",
)
_NONE_FOUND = f"""\
There is no Firestore emulator on this machine. Any one of these is enough:
  1. start one yourself, and set FIRESTORE_EMULATOR_HOST=host:port
  2. with Java 11 or newer:  gcloud components install cloud-firestore-emulator
     (Debian and Ubuntu:     apt-get install google-cloud-cli-firestore-emulator)
  3. with Java 21 or newer:  local/node_modules/.bin/firebase setup:emulators:firestore
  4. with Rust:              cargo install hidane --version {_HIDANE_VERSION} --locked --root {_HIDANE_ROOT}"""


@dataclass(frozen=True)
class Emulator:
    """A Firestore emulator on this machine; every kind has the same options."""

    name: str
    command: tuple[str, ...]


def _java(at_least: int) -> str | None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        return None
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', output)
    return java if version and int(version[1]) >= at_least else None


def _official() -> Emulator | None:
    gcloud = shutil.which("gcloud")
    roots = [Path(gcloud).resolve().parent.parent] if gcloud else []
    roots += [Path(root).expanduser() for root in _SDK_ROOTS]
    jar = next((root / _JAR for root in roots if (root / _JAR).is_file()), None)
    java = _java(at_least=11) if jar else None
    return Emulator("official", (java, "-cp", str(jar), _JAR_MAIN)) if java else None


def _firebase() -> Emulator | None:
    cache = Path(os.environ.get("FIREBASE_EMULATORS_PATH") or "~/.cache/firebase/emulators")
    jars = cache.expanduser().glob("cloud-firestore-emulator-v*.jar")
    jar = max(jars, key=lambda path: [int(n) for n in re.findall(r"\d+", path.stem)], default=None)
    java = _java(at_least=21) if jar else None
    return Emulator("firebase", (java, "-jar", str(jar))) if java else None


def _hidane() -> Emulator | None:
    places = os.pathsep.join([str(_HIDANE_ROOT / "bin"), os.environ.get("PATH", "")])
    hidane = shutil.which("hidane", path=places)
    return Emulator("hidane", (hidane,)) if hidane else None


_KINDS: dict[str, Callable[[], Emulator | None]] = {
    "official": _official,
    "firebase": _firebase,
    "hidane": _hidane,
}


def find_firestore() -> Emulator:
    """Choose the Firestore emulator to start.

    Raises LocalStackError if there is none, or not the one that `FIRESTORE` names.
    """
    wanted = os.environ.get("FIRESTORE")
    if wanted and wanted not in _KINDS:
        raise LocalStackError(f"FIRESTORE is {wanted!r}; it can be {', '.join(_KINDS)}.")
    for name, find in _KINDS.items():
        if wanted in (None, "", name) and (emulator := find()):
            return emulator
    prefix = f"FIRESTORE asks for {wanted!r}, which is not here. " if wanted else ""
    raise LocalStackError(prefix + _NONE_FOUND)


def install_firestore() -> Emulator:
    """Choose a Firestore emulator, and install one first if there is none.

    Raises LocalStackError if none can be had.
    """
    with contextlib.suppress(LocalStackError):
        return find_firestore()
    if _java(at_least=21) and _FIREBASE.exists():
        subprocess.run([_FIREBASE, "setup:emulators:firestore"], check=False)
    elif cargo := shutil.which("cargo"):
        build = [cargo, "install", "hidane", "--version", _HIDANE_VERSION, "--locked"]
        subprocess.run([*build, "--root", str(_HIDANE_ROOT)], check=False)
    return find_firestore()


@contextlib.contextmanager
def firestore_emulator(
    *, port: int | None = None, rules: Path = ROOT / "firestore.rules"
) -> Iterator[str]:
    """Run the Firestore emulator, and give its host:port. `port` is a free one by default.

    If FIRESTORE_EMULATOR_HOST names a running emulator, that is used, unless FIRESTORE names a kind.

    Raises LocalStackError if there is none, or it did not start.
    """
    running = os.environ.get("FIRESTORE_EMULATOR_HOST")
    if running and not os.environ.get("FIRESTORE"):
        yield running
        return
    emulator = find_firestore()
    address = f"{HOST}:{port or free_ports(1)[0]}"
    options = [f"--host={HOST}", f"--port={address.rpartition(':')[2]}", f"--rules={rules}"]
    with server("firestore", [*emulator.command, *options]) as started:
        started.wait_until_ready(f"http://{address}/")
        _warm_up(address)
        yield address


def _warm_up(address: str) -> None:
    """Wait until the emulator has answered a call of the clients' interface: the first one takes seconds.

    Raises LocalStackError.
    """
    ends = time.monotonic() + WARM_UP_SECONDS
    while True:
        try:
            return _transact(address)
        except grpc.RpcError as error:
            if time.monotonic() > ends:
                raise LocalStackError(
                    f"Firestore at {address} answers no call: {error.code().name}."
                ) from None


def _transact(address: str) -> None:
    """Begin and end an empty transaction. Raises grpc.RpcError."""
    database = f"projects/{PROJECT}/databases/(default)"
    begin, undo = types.BeginTransactionRequest.pb(), types.RollbackRequest.pb()
    with grpc.insecure_channel(address) as channel:

        def call(method: str, request: Any) -> bytes:
            name, owner = f"/google.firestore.v1.Firestore/{method}", "Bearer owner"
            ask = channel.unary_unary(name, type(request).SerializeToString, bytes)
            metadata = (("authorization", owner),)
            return bytes(ask(request, timeout=CALL_SECONDS, wait_for_ready=True, metadata=metadata))

        begun = call("BeginTransaction", begin(database=database))
        transaction = types.BeginTransactionResponse.pb().FromString(begun).transaction
        call("Rollback", undo(database=database, transaction=transaction))


@contextlib.contextmanager
def auth_emulator(*, port: int | None = None) -> Iterator[str]:
    """Run the Firebase Authentication emulator, and give its host:port.

    firebase-tools gets a folder of its own for settings, locator file and logs. So it uses no account of this machine's
    user, reports no usage, and can run twice.

    Raises LocalStackError if it is not installed, or did not start.
    """
    if not _FIREBASE.exists():
        raise LocalStackError("The Firebase tools are not installed: run `make setup`.")
    auth, hub, logging = free_ports(3)
    address = f"{HOST}:{port or auth}"
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE, prefix="auth-") as name:
        folder = Path(name)
        emulators = {
            "auth": {"host": HOST, "port": port or auth},
            "hub": {"host": HOST, "port": hub},
            "logging": {"host": HOST, "port": logging},
            "ui": {"enabled": False},
            "singleProjectMode": False,
        }
        config = folder / "firebase.json"
        config.write_text(json.dumps({"emulators": emulators}))
        start = [str(_FIREBASE), "emulators:start", "--only", "auth", "--project", PROJECT]
        quick = f"--require={json.dumps(str(ROOT / 'local/quick_auth.cjs'))}"
        environment = {"CI": "1", "XDG_CONFIG_HOME": name, "TMPDIR": name, "NODE_OPTIONS": quick}
        with server(
            "auth", [*start, "--config", str(config)], cwd=folder, env=environment
        ) as started:
            started.wait_until_ready(f"http://{address}/")
            yield address


def wipe_firestore(address: str, project: str = PROJECT) -> None:
    """Delete every document of the emulator at `address`.

    If a transaction that nobody ends still locks one, wait until it expires, after a minute.
    """
    url = f"http://{address}/emulator/v1/projects/{project}/databases/(default)/documents"
    ends = time.monotonic() + TRANSACTION_LIFE_SECONDS
    while True:
        try:
            return _delete(url)
        except requests.HTTPError as error:
            if error.response.status_code != 409 or time.monotonic() > ends:
                raise
            time.sleep(0.5)


def wipe_auth(address: str, project: str = PROJECT) -> None:
    """Delete every account of the emulator at `address`."""
    _delete(f"http://{address}/emulator/v1/projects/{project}/accounts")


def _delete(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        owner = {"Authorization": "Bearer owner"}
        session.delete(url, headers=owner, timeout=30.0).raise_for_status()


def main() -> int:
    """Say which Firestore emulator is used here; get one with `--install`."""
    running = os.environ.get("FIRESTORE_EMULATOR_HOST")
    try:
        if running and not os.environ.get("FIRESTORE"):
            print(f"Firestore: the emulator at {running}")
        else:
            emulator = install_firestore() if "--install" in sys.argv[1:] else find_firestore()
            print(f"Firestore: the {emulator.name} emulator ({' '.join(emulator.command)})")
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
