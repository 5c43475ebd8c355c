"""Where to go after signing in, when a request says so.

Holds always: only a path of this site comes out. Browsers read `//host`, `/\\host` and addresses with control characters in
them as other sites, so anything that is not plainly a path is replaced.
"""

from __future__ import annotations

from urllib.parse import urlsplit

START = "/compila"
DESK = "/gestione"
_LONGEST = 2_000
_NOT_AFTER_SIGNING_IN_OF_STAFF = ("/gestione/accedi", "/gestione/esci", "/gestione/attiva/", "/gestione/sso")
_NOT_AFTER_SIGNING_IN = ("/accedi", "/esci", "/attiva/", "/reimposta/", "/entra/", "/invito/", "/verifica/", "/conferma/")


def local_path(address: str | None) -> str:
    """`address` if it is a path of this site (a query may follow), else the entity's task list."""
    if not address or len(address) > _LONGEST or not address.startswith("/") or address.startswith("//"):
        return START
    if "\\" in address or any(ord(character) <= 32 or ord(character) == 127 for character in address):
        return START
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path.startswith(_NOT_AFTER_SIGNING_IN):
        return START
    return address


def desk_path(address: str | None) -> str:
    """`address` if it is a path of the desk, else the desk's first page."""
    path = local_path(address)
    bare = urlsplit(path).path
    inside = bare == DESK or bare.startswith(DESK + "/")
    return path if inside and not bare.startswith(_NOT_AFTER_SIGNING_IN_OF_STAFF) else DESK
