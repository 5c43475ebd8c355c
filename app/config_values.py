"""How one setting is read: from the text of the environment or the value of a TOML file to its type, or a refusal.

Not for: which settings exist (`app.config`).
Holds always: a reader returns a good value or raises UnfitError, whose text says what the value should be and never repeats the
value itself, because it may be a password.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from app.web.log_collector import address_of

Reader = Callable[[object], object]
T = TypeVar("T")

KNOWN_LANGUAGES = ("it", "en", "de", "fr", "sl")
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MINIMUM_SECRET_LENGTH = 32
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_BARE_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+"
_MAIL_ADDRESS = re.compile(rf"{_BARE_ADDRESS}|[^<>@,;:\"()\\]+ <{_BARE_ADDRESS}>")
_HTTPS_PAGE = re.compile(r"https://[!-~]{1,480}")
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
_IPA_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")


class UnfitError(ValueError):
    """A value that a setting cannot take; its text completes "<name> should be …"."""


def setting(default: T, read: Reader, meaning: str, *, hidden: bool = False) -> T:
    """A field of the settings: its default, how it is read, what it means, and whether its value is a secret."""
    metadata = {"read": read, "meaning": meaning, "hidden": hidden}
    return dataclasses.field(default=default, metadata=metadata)


def whole(low: int, high: int) -> Reader:
    """Whole numbers from `low` to `high`."""

    def read(value: object) -> int:
        wanted = f"a whole number from {low} to {high}"
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise UnfitError(wanted)
        try:
            number = int(value)
        except ValueError:
            raise UnfitError(wanted) from None
        if not low <= number <= high:
            raise UnfitError(wanted)
        return number

    return read


def flag(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise UnfitError("true or false")


def text(value: object) -> str:
    """Any text on one line, at most 500 characters."""
    if not isinstance(value, str) or len(value) > 500 or any(ord(character) < 32 for character in value):
        raise UnfitError("a text of at most 500 characters on one line")
    return value.strip()


def mail_address(value: object) -> str:
    """One e-mail address, with or without a name; empty for none."""
    wanted = "an e-mail address, with or without a name: survey@example.it, or Survey <survey@example.it>"
    try:
        read = text(value)
    except UnfitError:
        raise UnfitError(wanted) from None
    if read and not _MAIL_ADDRESS.fullmatch(read):
        raise UnfitError(wanted)
    return read


def log_collector(value: object) -> str:
    """Where a syslog collector listens; empty for none."""
    try:
        read = text(value)
        if read:
            address_of(read)
    except ValueError:
        raise UnfitError("udp:host:port, tcp:host:port, tls:host:port or the path of a socket, like /dev/log") from None
    return read


def dkim_selector(value: object) -> str:
    """The name under which a key is found in the DNS; empty for none."""
    wanted = "a DKIM selector, like mail2026, or with its domain, like mail2026._domainkey.provider.example"
    if not isinstance(value, str) or (value and not _SELECTOR.fullmatch(value)):
        raise UnfitError(wanted)
    return value


def dns_server(value: object) -> str:
    """The IP address of a DNS server, with or without a port; empty for the system's."""
    wanted = "an IP address, with or without a port, like 192.0.2.53 or 192.0.2.53:5353"
    if not isinstance(value, str):
        raise UnfitError(wanted)
    host, _, port = value.rpartition(":") if value.count(":") == 1 else (value, "", "53")
    try:
        fits = not value or (bool(ip_address(host)) and port.isascii() and 0 < int(port) < 65_536)
    except ValueError:
        fits = False
    if not fits:
        raise UnfitError(wanted)
    return value


def choice(*allowed: str) -> Reader:
    """One of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value.lower() in allowed:
            return value.lower()
        raise UnfitError(f"one of {', '.join(allowed)}")

    return read


def languages(value: object) -> tuple[str, ...]:
    """Codes of interface languages; the source language, Italian, is always among them."""
    wanted = f"a list of codes among {', '.join(KNOWN_LANGUAGES)}, each once, with it among them"
    codes = [code.strip() for code in value.split(",")] if isinstance(value, str) else value
    if not isinstance(codes, list | tuple) or not all(isinstance(code, str) for code in codes):
        raise UnfitError(wanted)
    if len(set(codes)) != len(codes) or not set(codes) <= set(KNOWN_LANGUAGES) or "it" not in codes:
        raise UnfitError(wanted)
    return tuple(codes)


def hosts(value: object) -> tuple[str, ...]:
    """Names of hosts, without scheme, port or wildcard."""
    wanted = "a list of hosts without scheme and port, each once, like survey.example.org"
    names = [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UnfitError(wanted)
    names = tuple(name.lower() for name in names)
    if len(set(names)) != len(names) or not all(_HOST.fullmatch(name) and "." in name for name in names):
        raise UnfitError(wanted)
    return names


def ipa_code(value: object) -> str:
    """A code of IndicePA."""
    if isinstance(value, str) and _IPA_CODE.fullmatch(value):
        return value
    raise UnfitError("a code of IndicePA, like pcm: letters, digits, _ and -")


def https_page(value: object) -> str:
    """The https address of a page; empty for none."""
    return _https_page(value, "an address that begins with https://, without spaces")


def contact(value: object) -> str:
    """How to reach somebody, as a URI; a bare e-mail address becomes one. Empty for nobody."""
    if isinstance(value, str) and re.fullmatch(_BARE_ADDRESS, value.removeprefix("mailto:")):
        return f"mailto:{value.removeprefix('mailto:')}"
    return _https_page(value, "an e-mail address, or an address that begins with https://")


def _https_page(value: object, wanted: str) -> str:
    if not isinstance(value, str) or (value and not _HTTPS_PAGE.fullmatch(value)):
        raise UnfitError(wanted)
    return value


def web_address(value: object) -> str:
    """The site's own address: scheme and host, a port where it is not the usual one; https unless the host is local."""
    wanted = "an address like https://survey.example.it: scheme and host, no path; https unless the host is local"
    if not isinstance(value, str):
        raise UnfitError(wanted)
    try:
        parts = urlsplit(value.strip().lower())
        port = parts.port
    except ValueError:
        raise UnfitError(wanted) from None
    host = parts.hostname or ""
    plain = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not plain or not _HOST.fullmatch(host) or port == 0:
        raise UnfitError(wanted)
    if parts.scheme == "http" and host not in LOCAL_HOSTS:
        raise UnfitError(wanted)
    return f"{parts.scheme}://{parts.netloc}"


def issuer(value: object) -> str:
    """The address of an issuer of OpenID Connect, as it writes it itself; empty for none. https unless the host is local."""
    wanted = "an address like https://sso.example.it or https://sso.example.it/realm; https unless the host is local"
    try:
        read = text(value)
        parts = urlsplit(read)
        host = parts.hostname or ""
    except ValueError:
        raise UnfitError(wanted) from None
    is_good = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL_HOSTS)
    if read and not (is_good and host and not parts.query and not parts.fragment and parts.username is None):
        raise UnfitError(wanted)
    return read


def database_url(value: object) -> str:
    """A SQLAlchemy URL of SQLite (a file) or of PostgreSQL, whose driver becomes psycopg 3; empty for the default file."""
    wanted = "sqlite:///path/of/a/file or postgresql://user:password@host/name"
    if not isinstance(value, str):
        raise UnfitError(wanted)
    if not value:
        return ""
    try:
        url = sa.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value.strip()))
    except (ArgumentError, ValueError):
        raise UnfitError(wanted) from None
    if url.drivername == "sqlite":
        if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
            raise UnfitError(f"{wanted}; a database in memory cannot keep what it says it saved")
    elif url.drivername != "postgresql+psycopg" or not url.database:
        raise UnfitError(wanted)
    return url.render_as_string(hide_password=False)


def secret(value: object) -> str:
    """A random text for signing, or empty to have one made and kept in the instance folder."""
    if isinstance(value, str) and (value == "" or len(value) >= MINIMUM_SECRET_LENGTH):
        return value
    raise UnfitError(f"at least {MINIMUM_SECRET_LENGTH} random characters, or left out to have one made")
