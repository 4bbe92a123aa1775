"""`make demo`: two organizations connect, their phones sync, and one of them has its data deleted.

Every step says what it has shown, and ends the demo if the product does not do what it promises.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import requests
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local import contents
from local.entra import CONTOSO, FABRIKAM, Browser, Tenant
from local.phone import Answer, Phone, PhoneError
from local.processes import ROOT, LocalStackError
from local.stack import PURGE_DELAY_SECONDS, Stack, part_names, stack
from shared.schedule import ATTRIBUTES, DATA

PHONES = 25
AT_ONCE = 8
PURGE_SECONDS = 30
TIMEOUT_SECONDS = 30
T = TypeVar("T")


class DemoFailed(Exception):
    """The product did not do what it promises; the text says what."""


def expect(actual: object, expected: object, what: str) -> None:
    """Raises DemoFailed."""
    if actual != expected:
        raise DemoFailed(f"{what}: expected {expected}, got {actual}")


@dataclass
class Demo:
    """The demo on a running stack. steps: title and seconds of each that is done."""

    stack: Stack
    console: Console
    cleanup: ExitStack
    steps: list[tuple[str, float]] = field(default_factory=list)
    counts: list[tuple[str, int, int, int]] = field(default_factory=list)
    phones: dict[str, list[Phone]] = field(default_factory=dict)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.console.print(f"\n[bold]{len(self.steps) + 1}. {title}[/bold]")
        started = time.monotonic()
        yield
        self.steps.append((title, time.monotonic() - started))

    def say(self, text: str) -> None:
        self.console.print(f"   [green]✓[/green] {text}")

    def each(self, title: str, items: Iterable[Any], do: Callable[[Any], T]) -> list[T]:
        """Do it for all of them, some at a time, behind a progress bar."""
        items = list(items)
        with progress(self.console) as bar, ThreadPoolExecutor(AT_ONCE) as pool:
            task = bar.add_task(title, total=len(items))
            results = []
            for result in pool.map(do, items):
                results.append(result)
                bar.advance(task)
        return results

    # The steps

    def walk(self) -> None:
        contoso, fabrikam = (self.stack.entra.tenant(name) for name in (CONTOSO, FABRIKAM))
        both = (contoso, fabrikam)
        with self.step("Two organizations connect"):
            for tenant in both:
                self.onboard(tenant)
        with self.step(f"{PHONES} phones of each register and report their first sync"):
            for tenant in both:
                self.register(tenant)
            self.count("after registration")
        with self.step("A phone sees itself, and nothing else"):
            self.isolation(contoso, fabrikam)
        with self.step("A field that is not published is noticed by the phones themselves"):
            self.planted(fabrikam)
        with self.step("Contoso asks to be forgotten"):
            before = self.documents_of(fabrikam)
            request = self.close(contoso)
            self.refused_while_closing(contoso)
        with self.step("The scheduled purge runs, and proves it"):
            self.purge(contoso, datetime.fromisoformat(request["purgeDue"]))
            self.prove(contoso, request)
        with self.step("Fabrikam has not noticed"):
            expect(self.documents_of(fabrikam), before, "Fabrikam's documents")
            self.say(f"its {len(before)} documents are byte for byte what they were, versions too")
            self.beat(fabrikam, 200)
            self.say(f"its {PHONES} phones beat: 200")
        with self.step("Contoso's phones are told that they are gone"):
            self.gone(contoso)
        with self.step("What is stored is the inventory, and nothing else"):
            self.inventory(fabrikam)
            self.count("at the end")

    def onboard(self, tenant: Tenant) -> None:
        onboarding = self.stack.addresses.functions["onboarding"]
        with Browser(self.stack.addresses.ca) as browser:
            expect(browser.open(f"{onboarding}/").status, 200, "the onboarding page")
            page = browser.open(f"{onboarding}/start")
            expect("/adminconsent" in page.url, True, "the way to Microsoft's consent page")
            page = browser.decide(page, tenant.tenant_id, tenant.admin.username)
            expect(page.url, f"{onboarding}/done", "where onboarding ends")
            expect(page.status, 200, "the last page of onboarding")
            expect(tenant.name in page.text, True, "the organization's name on the last page")
        name = self.documents()[f"tenants/{tenant.tenant_id}"]["fields"]["name"]["stringValue"]
        expect(name, tenant.name, "the stored name")
        self.say(f"{tenant.admin.username} consented, proved the role, and connected {tenant.name}")

    def register(self, tenant: Tenant) -> None:
        client = self.stack.entra.app.client_id

        def start(user: Any) -> Phone:
            phone = Phone(
                self.stack.addresses, client, tenant.tenant_id, user.username, user.password
            )
            self.cleanup.enter_context(phone)
            expect(phone.register().status, 201, "a new phone's registration")
            expect(phone.organization_name, tenant.name, "the organization's name on a phone")
            expect(phone.beat().status, 200, "a new phone's heartbeat")
            return phone

        users = tenant.phone_users[:PHONES]
        expect(len(users), PHONES, f"people with phones at {tenant.name}")
        self.phones[tenant.tenant_id] = self.each(tenant.name, users, start)
        self.say(f"{PHONES} phones of {tenant.name} registered and beat")

    def isolation(self, tenant: Tenant, other: Tenant) -> None:
        phone, stranger = self.phones[tenant.tenant_id][0], self.phones[other.tenant_id][0]
        neighbour = self.phones[tenant.tenant_id][1]
        expect(phone.read_device().status, 200, "reading its own device")
        self.say(f"a phone of {tenant.name} reads itself: 200")
        expect(phone.read_tenant().status, 403, "reading its own organization")
        theirs = (other.tenant_id, stranger.device_id)
        expect(phone.read_tenant(theirs[0]).status, 403, "reading another organization")
        expect(phone.read_device(*theirs).status, 403, "reading another organization's device")
        answer = phone.read_device(device_id=neighbour.device_id)
        expect(answer.status, 403, "reading a neighbour's device")
        self.say(
            "its organization's document, its neighbour's, and all of another's are refused: 403"
        )

    def planted(self, tenant: Tenant) -> None:
        """Add an undeclared field to each device's document, which the phones report."""
        phones, log = self.phones[tenant.tenant_id], self.stack.servers["heartbeat"].log
        expect([phone.unpublished() for phone in phones[:1]], [[]], "what a phone finds before")
        start = log.stat().st_size
        documents = self.documents()
        fields = {phone: documents[phone.path]["fields"] for phone in phones}
        for phone, stored in fields.items():
            planted = {**stored, "lastPlace": {"stringValue": "somewhere"}}
            contents.write(self.stack.addresses, phone.path, planted)
        answers = self.each(tenant.name, phones, lambda phone: phone.sync())
        expect([answer.status for answer in answers], [200] * PHONES, "the phones' beats")
        with log.open("rb") as lines:
            lines.seek(start)
            events = lines.read().count(b'"event": "inventory_mismatch"')
        expect(events, PHONES, "phones that told of a field that is not published")
        for phone, stored in fields.items():
            contents.write(self.stack.addresses, phone.path, stored)
        expect(phones[0].unpublished(), [], "what a phone finds afterwards")
        self.say(
            f"a field was planted in {PHONES} documents: {events} phones compared, and raised the alarm"
        )

    def close(self, tenant: Tenant) -> dict[str, str]:
        """Close by the operators' command line; return the file that the administrator keeps."""
        arguments = ("close", tenant.tenant_id, "--reason", "requested", "--yes", "--json")
        request: dict[str, str] = json.loads(self.support(*arguments))
        closing = self.documents()[f"tenants/{tenant.tenant_id}"]["fields"]["closing"]["mapValue"]
        for name in ("receiptId", "salt"):
            stored = closing["fields"][name]["stringValue"]
            expect(request[name], stored, f"the {name} in what support sees")
        self.say(f"support closed {tenant.name}; the receipt is {request['receiptId']}")
        self.say(f"the deletion is due at {request['purgeDue']}")
        return request

    def refused_while_closing(self, tenant: Tenant) -> None:
        phone = self.phones[tenant.tenant_id][0]
        answer = phone.ask_to_register()
        expect((answer.status, answer.code), (409, "tenant_closing"), "registering meanwhile")
        self.say("from now on no phone of it can register: 409")

    def purge(self, tenant: Tenant, due: datetime) -> None:
        with progress(self.console) as bar:
            wait = bar.add_task("until it is due", total=PURGE_DELAY_SECONDS)
            while (left := (due - datetime.now(UTC)).total_seconds()) > 0:
                bar.update(wait, completed=PURGE_DELAY_SECONDS - left)
                time.sleep(min(left, 0.1))
            bar.update(wait, completed=PURGE_DELAY_SECONDS)
        deadline = time.monotonic() + PURGE_SECONDS
        events = 0
        while self.documents_of(tenant) or self.users_of(tenant):
            if time.monotonic() > deadline:
                raise DemoFailed(f"{tenant.name} is not gone after {PURGE_SECONDS} seconds")
            status = schedule_purge(self.stack).status_code
            expect(status in (200, 204), True, f"the purge's answer ({status})")
            events += 1
        self.say(f"{events} event: {tenant.name}'s documents and Auth users are gone")

    def prove(self, tenant: Tenant, request: dict[str, str]) -> None:
        """Fetch the receipt without signing in, and check it offline; a tampered one fails the check."""
        portal, body = request["receipts"], {"receiptId": request["receiptId"]}
        answer = requests.post(portal, json=body, timeout=TIMEOUT_SECONDS).json()
        expect(answer.get("state"), "deleted", "what the portal says of the receipt")
        expect(tenant.tenant_id in json.dumps(answer), False, "the tenant ID in the receipt")
        keys = requests.get(request["keys"], timeout=TIMEOUT_SECONDS).text
        whose = ("--tenant", tenant.tenant_id, "--salt", request["salt"])
        with tempfile.TemporaryDirectory() as folder:
            receipt, published = Path(folder) / "receipt.json", Path(folder) / "jwks.json"
            published.write_text(keys)
            check = ("verify", str(receipt), "--keys", str(published), *whose)
            receipt.write_text(json.dumps(answer))
            self.support(*check)
            self.say(f"its signed receipt holds offline: signature, {tenant.name}'s ID, inventory")
            receipt.write_text(json.dumps({"receipt": tampered(answer["receipt"])}))
            self.support(*check, code=1)
            self.say("the same receipt with another number in it is refused")

    def beat(self, tenant: Tenant, expected: int) -> list[Answer]:
        phones = self.phones[tenant.tenant_id]
        answers = self.each(tenant.name, phones, lambda phone: phone.beat())
        for answer in answers:
            expect(answer.status, expected, f"a heartbeat of {tenant.name}")
        return answers

    def gone(self, tenant: Tenant) -> None:
        self.beat(tenant, 410)
        self.say(f"its {PHONES} phones, whose tokens are still good, get 410")
        answer = self.phones[tenant.tenant_id][0].ask_to_register()
        expect(
            (answer.status, answer.code), (403, "tenant_not_onboarded"), "registering afterwards"
        )
        self.say("and cannot register again: 403")
        expect(self.documents_of(tenant), {}, "Contoso's documents after its phones' attempts")

    def inventory(self, remaining: Tenant) -> None:
        report = json.loads(self.support("audit", "--json"))
        expect(report["findings"], [], "what the audit finds beyond the inventory")
        phones = [phone.device_id for phone in self.phones[remaining.tenant_id]]
        root = f"tenants/{remaining.tenant_id}"
        paths = {root, *(f"{root}/devices/{device}" for device in phones)}
        stored = {path for path in self.documents() if not path.startswith("receipts/")}
        expect(stored, paths, "the documents")
        uids = {f"{remaining.tenant_id}:{device}" for device in phones}
        expect(set(contents.users(self.stack.addresses)), uids, "the Auth users")
        read = [report["counts"].get(name, 0) for name in ("tenants", "devices", "auth users")]
        expect(read, [1, PHONES, PHONES], "tenants, devices and Auth users that the audit read")
        self.say(f"the audit read 1 tenant, {PHONES} devices and {PHONES} Auth users")
        self.say("each is one that should be there, with the declared fields and no others")

    def support(self, *arguments: str, code: int = 0) -> str:
        """Run the operators' command line and return its output. Raises DemoFailed for another exit code."""
        ended = subprocess.run(
            [sys.executable, "-m", "support", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.stack.settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        output = (ended.stdout + ended.stderr).strip()[-300:]
        expect(ended.returncode, code, f"python -m support {arguments[0]} ({output})")
        return ended.stdout

    # What is stored

    def documents(self) -> dict[str, Any]:
        return dict(contents.documents(self.stack.addresses))

    def documents_of(self, tenant: Tenant) -> dict[str, Any]:
        root = f"tenants/{tenant.tenant_id}"
        documents = self.documents().items()
        return {
            path: document
            for path, document in documents
            if path == root or path.startswith(f"{root}/")
        }

    def users_of(self, tenant: Tenant) -> list[str]:
        uids = contents.users(self.stack.addresses)
        return [uid for uid in uids if uid.startswith(f"{tenant.tenant_id}:")]

    def count(self, when: str) -> None:
        paths = self.documents()
        tenants = sum(path.startswith("tenants/") and path.count("/") == 1 for path in paths)
        devices = sum(path.startswith("tenants/") for path in paths) - tenants
        users = len(contents.users(self.stack.addresses))
        self.counts.append((when, tenants, devices, users))

    def summary(self) -> None:
        steps = Table("Step", "", "Seconds", title="\nWhat was shown")
        for title, seconds in self.steps:
            steps.add_row(title, "[green]✓[/green]", f"{seconds:.1f}")
        stored = Table("", "Tenants", "Devices", "Auth users", title="\nWhat was stored")
        for when, *numbers in self.counts:
            stored.add_row(when, *map(str, numbers))
        self.console.print(steps)
        self.console.print(stored)


def tampered(receipt: str) -> str:
    """Return the receipt with other counts and the old signature."""
    header, payload, signature = receipt.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["counts"]["users"] += 1
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


def schedule_purge(running: Stack) -> requests.Response:
    """Deliver the schedule's message to the purge, as Pub/Sub does."""
    url = running.addresses.functions["tenant_purge"]
    return requests.post(f"{url}/", data=DATA, headers=ATTRIBUTES, timeout=120)


def progress(console: Console) -> Progress:
    columns = (TextColumn("   {task.description:20}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def main() -> int:
    """Run the demo. Return 0, or 1 after printing the reason."""
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    console.print("[bold]Calliente, start to finish, on this machine[/bold]\n")
    try:
        with ExitStack() as cleanup:
            with progress(console) as bar:
                task = bar.add_task("starting the stack", total=len(part_names()))
                running = cleanup.enter_context(stack(started=lambda _name: bar.advance(task)))
            demo = Demo(running, console, cleanup)
            demo.walk()
            demo.summary()
    except (DemoFailed, LocalStackError, PhoneError, requests.RequestException) as error:
        console.print(f"\n[bold red]Failed:[/bold red] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    console.print(
        f"\n[bold green]All of it held.[/bold green] {time.monotonic() - started:.0f} seconds"
    )
    console.print(
        "To see what an administrator sees: make run, then connect an organization on the onboarding page "
        "and sign in to admin_portal."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
