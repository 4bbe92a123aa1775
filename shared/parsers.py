"""Parsers of environment variables.

What surrounds a value by accident (spaces, line ends, a byte order mark, a pair of quotes) is taken away. Everything
else means what it says in one canonical form, or is refused. Each parser takes the text without its surroundings and
raises ValueError with the rest of the sentence "VARIABLE must …", which never shows the value.
Sources: RFC 3986 (URLs); WHATWG URL Standard (host names, default ports, origins); UTS 46 (international names).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from shared.identifiers import GUID

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORTS = {"https": 443, "http": 80}
# Spaces and line ends, the byte order mark, spaces without width.
_AROUND = r"[\s\ufeff\u200b\u2060]+"
_SURROUNDINGS = re.compile(rf"\A{_AROUND}|{_AROUND}\Z")
_VISIBLE = re.compile(r"[!-~]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\]")
_PORT = re.compile(r"[0-9]{1,5}")
_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
_PATH = re.compile(r"[!-~]*")


_NO_PATH = re.compile("")
_PATH_FAULTS = {
    _NO_PATH: "without a path",
    _BASE_PATH: "whose path has letters, digits, dots, hyphens, underscores and tildes alone",
    _PATH: "whose path has ASCII characters alone",
}


def unwrapped(text: str) -> str:
    """Return the text without what surrounds a value in a file or a console: `"value"\\n` is `value`."""
    value = _SURROUNDINGS.sub("", text)
    quote = value[:1]
    if quote in ("'", '"') and len(value) > 1 and value.find(quote, 1) == len(value) - 1:
        return _SURROUNDINGS.sub("", value[1:-1])
    return value


def text(value: str) -> str:
    return value


def visible(value: str) -> str:
    """One word of visible ASCII characters."""
    if not _VISIBLE.fullmatch(value):
        raise ValueError("must be one word of ASCII letters, digits and signs")
    return value


def name(value: str) -> str:
    """Parse a name: not an address, a path, a list or a quoted word."""
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", value):
        raise ValueError("must be a name of letters, digits, dots, colons, hyphens and underscores")
    return value


def digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", value):
        raise ValueError("must be a number")
    return value


def app_version(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){2}", value):
        raise ValueError("must be three numbers with full stops between them, like 2.10.0")
    return value


def guid(value: str) -> str:
    if not GUID.fullmatch(value.lower()):
        raise ValueError("must be a GUID")
    return value.lower()


def guids(value: str) -> tuple[str, ...]:
    return tuple(guid(part) for part in _parts(value))


def keys(value: str) -> tuple[str, ...]:
    """Signing keys, newest first."""
    parts = _parts(value)
    if not parts or any(len(key) < 32 for key in parts):
        raise ValueError("must hold keys of 32 characters or more, newest first")
    return parts


def private_key(purpose: str) -> Callable[[str], str]:
    """A private JWK (Ed25519) whose ID begins with its purpose."""

    def parse(value: str) -> str:
        from shared import signing  # joserfc is not in every function

        signing.signer(signing.PURPOSES[purpose], value)
        return value

    return parse


def public_keys(value: str) -> str:
    """A JWK set of public keys (Ed25519) whose IDs begin with their purpose."""
    from shared import signing

    signing.public_keys(value)
    return value


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        return int(value)

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """In any case: `Secret` is `secret`."""

    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError("must be one of " + ", ".join(choices))
        return value.lower()

    return parse


def host_and_port(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not _HOST.fullmatch(host.lower()) or not _is_port(port):
        raise ValueError("must be host:port, without http:// before it or a path after it")
    return f"{host.lower()}:{int(port)}"


def url(value: str) -> str:
    return _url(value, _PATH)


def base_url(value: str) -> str:
    """Parse the base URL of a function, to which paths are appended; its path is also that of cookies."""
    return _url(value, _BASE_PATH)


def origin(value: str) -> str:
    """Parse an https URL without a path."""
    return _url(value, _NO_PATH)


def _url(value: str, paths: re.Pattern[str]) -> str:
    """`HTTPS://Host:443/` is `https://host`. http is for this machine alone."""
    if not re.fullmatch(r"[^\x00-\x1f\x7f?#]+", value):
        raise ValueError("must be an https URL without query, fragment or line end")
    try:
        parts = urlsplit(value)
    except ValueError:  # its own text shows the value
        raise ValueError("must be an https URL with the name of a host") from None
    host, port = _host(parts.netloc)
    scheme, path = parts.scheme.lower(), parts.path.rstrip("/")
    if scheme != "https" and not (scheme == "http" and host in LOCAL_HOSTS):
        raise ValueError("must be an https URL")
    if not paths.fullmatch(path):
        raise ValueError("must be an https URL " + _PATH_FAULTS[paths])
    shown = "" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host}{shown}{path}"


def _host(netloc: str) -> tuple[str, int | None]:
    """Host in the form that browsers send, and the port if one is given."""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?", netloc)
    host, port = (match[1].lower(), match[2]) if match else ("", None)
    if not host.isascii():
        host = _as_ascii(host)
    if not _HOST.fullmatch(host):
        raise ValueError("must be an https URL with the name of a host")
    if port and not _is_port(port):
        raise ValueError("must be an https URL whose port is from 1 to 65535")
    return host, int(port) if port else None


def _as_ascii(host: str) -> str:
    import idna  # here: its tables cost every start some milliseconds, and few hosts need them

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _is_port(value: str) -> bool:
    return bool(_PORT.fullmatch(value)) and 0 < int(value) < 65536


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part for part in map(unwrapped, value.split(",")) if part)
