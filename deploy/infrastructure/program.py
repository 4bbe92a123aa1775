"""The whole deployment: each part after the parts that it needs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pulumi

from deploy import bundle
from deploy.bundle import ROOT
from deploy.infrastructure import (
    access,
    alerts,
    cloud,
    counting,
    database,
    entra,
    firebase,
    identities,
    images,
    logs,
    objectives,
    schedule,
    secrets,
    services,
    watching,
)
from deploy.infrastructure.config import Config

PROGRAM = ROOT / "deploy" / "program"  # where Pulumi runs: paths in the state are relative to it


def stage(function: str) -> images.Source:
    """Stage a function's bundle and pack it."""
    staged = bundle.stage(function)
    packed = bundle.archive(staged)
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    path = Path(os.path.relpath(packed, PROGRAM))
    return images.Source(path, digest, bundle.build_of(staged))


def make(config: Config, stage: images.Stage) -> None:
    """Declare all resources of a stack."""
    here = cloud.prepare(config)
    unlogged = logs.make(here)
    phones = firebase.make(here)
    stored = database.make(here, phones)
    who = identities.make(here)
    hidden = secrets.make(here, who)
    public = access.addresses(here)
    client_id = entra.make(here, who, public)
    running = services.make(here, who, hidden, client_id, stage, [*unlogged, stored])
    schedule.make(here, who, running["tenant_purge"])
    counted = counting.make(here)
    channels = alerts.notified(here)
    alerts.make(here, counted, channels)
    objectives.make(here, running, channels)
    watching.make(here, public, counted, running, channels)
    pulumi.export("addresses", public)
    pulumi.export("entraClientId", client_id)
