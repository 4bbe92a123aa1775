"""`python -m local.entra`: the stand-in in a process of its own; one JSON line says when and where
it is ready.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path

from local.entra.registration import CLIENT_ID, CLIENT_SECRET, AppRegistration, FederatedTrust
from local.entra.server import EntraStandIn


def main() -> None:
    options = _options()
    trust = None
    if options.federated:
        document = json.loads(options.federated.read_text())
        trust = FederatedTrust(document["issuer"], document["subject"], document["jwks"])
    app = AppRegistration(
        client_id=options.client_id,
        client_secret=options.client_secret,
        certificate=options.certificate.read_text() if options.certificate else None,
        federated=trust,
        public_client_ids=tuple(options.public_client_id or [options.client_id]),
        redirect_uris=set(options.redirect_uri),
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with EntraStandIn(app, port=options.port, ca_dir=options.ca_dir) as entra:
        ready = {
            "url": entra.url,
            "ca": str(entra.ca_path),
            "client_id": app.client_id,
            "tenants": {tenant.name: tenant.tenant_id for tenant in entra.tenants},
        }
        print(json.dumps(ready), flush=True)
        ended.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.entra", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--ca-dir", type=Path, required=True, help="ca.pem is there, or put there")
    parser.add_argument("--client-id", default=CLIENT_ID)
    parser.add_argument("--client-secret", default=CLIENT_SECRET)
    parser.add_argument(
        "--certificate", type=Path, help="PEM of the certificate that is registered"
    )
    parser.add_argument("--federated", type=Path, help="JSON: issuer, subject, jwks")
    parser.add_argument("--public-client-id", action="append", help="may be repeated")
    parser.add_argument("--redirect-uri", action="append", default=[], help="may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
