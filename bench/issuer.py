"""Firebase ID tokens with real signatures, and the HTTPS server that publishes their keys: JWKs and certificates.

A separate process serves the keys, so that it takes no time from what is measured.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from local.processes import HOST, ROOT

KID = "bench-key"


@dataclass(frozen=True)
class Issuer:
    """project: the tokens' audience. url: of the key server. ca: path of the CA that it is trusted by."""

    project: str
    key: rsa.RSAPrivateKey
    url: str
    ca: Path

    @property
    def settings(self) -> dict[str, str]:
        """Variables that make a function or a peer take its keys from here."""
        return {
            "FIREBASE_KEYS_URL": f"{self.url}/jwks",
            "BENCH_CERTIFICATES_URL": f"{self.url}/certificates",
            "REQUESTS_CA_BUNDLE": str(self.ca),
        }

    def token(self, tenant_id: str, device_id: str) -> str:
        """An ID token as Firebase makes it after signInWithCustomToken, an hour valid."""
        now = int(time.time())
        uid = f"{tenant_id}:{device_id}"
        claims = {
            "iss": f"https://securetoken.google.com/{self.project}",
            "aud": self.project,
            "auth_time": now - 5,
            "user_id": uid,
            "sub": uid,
            "iat": now - 5,
            "exp": now + 3600,
            "tenantId": tenant_id,
            "deviceId": device_id,
            "firebase": {"identities": {}, "sign_in_provider": "custom"},
        }
        return jwt.encode(claims, self.key, "RS256", {"kid": KID})


@contextlib.contextmanager
def issuer(project: str, folder: Path) -> Iterator[Issuer]:
    """Serve a new key for the length of a `with` block."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk = {**public, "kid": KID, "use": "sig", "alg": "RS256"}
    (folder / "jwks").write_text(json.dumps({"keys": [jwk]}))
    (folder / "certificates").write_text(json.dumps({KID: _certificate(key)}))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls = authority.issue_cert(HOST, "localhost")
    tls.private_key_and_cert_chain_pem.write_to_path(str(folder / "tls.pem"))
    command = [sys.executable, "-m", "bench.issuer", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        port = int(process.stdout.readline())
        try:
            yield Issuer(project, key, f"https://localhost:{port}", folder / "ca.pem")
        finally:
            process.terminate()


def new_ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securetoken.bench.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _serve(folder: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # As Google's servers: else a client's delayed acknowledgement costs it 40 ms.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = (folder / self.path.strip("/")).read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "public, max-age=21600")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
