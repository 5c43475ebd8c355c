"""What the program says to a provider of OpenID Connect: where to send a browser, and what a code that came back stands for.

Not for: whose account a subject is (`staff_sso_links.py`), or what a browser keeps meanwhile (`staff_sso.py`).
Holds always: addresses and keys come from the issuer's own discovery document, kept for an hour, for which one thread asks at
a time and after a failure none for half a minute, so that a provider that hangs does not hold the site's threads; the
provider is asked with short time-outs and no redirect is followed; an identity token counts only with a signature of the
provider's by an asymmetric algorithm, for this issuer, client, nonce and moment. The library is loaded at the first use: most
sites have no provider.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

from flask import current_app

from app.config import settings
from app.config_values import LOCAL_HOSTS

KEPT: Final = dt.timedelta(hours=1)
LEFT_ALONE: Final = dt.timedelta(seconds=30)
TIMEOUT: Final = (3.05, 5)  # seconds: to connect, to wait for the next bytes
LEEWAY_SECONDS: Final = 60
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512")
_DISCOVERY: Final = "/.well-known/openid-configuration"
_EXTENSION_KEY: Final = "ricognizione-oidc"


class ProviderError(Exception):
    """The provider cannot be reached, or says what may not count. `reason`: a word for the log, nothing of a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the issuer takes browsers and codes, and its keys (a JSON Web Key Set)."""

    authorization_endpoint: str
    token_endpoint: str
    auth_method: str
    keys: dict[str, Any]
    found_at: dt.datetime


@dataclass(slots=True)
class _Known:
    """What a process knows of the provider. `asking`: held by the one thread that asks; `failed_at`: None after a success."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    found: Provider | None = None
    failed_at: dt.datetime | None = None


def provider(now: dt.datetime, *, fresh: bool = False) -> Provider:
    """The configured issuer's, asked at most once an hour unless `fresh`. Raises `ProviderError`.

    While another thread asks: what there was before, however old.
    """
    known: _Known = current_app.extensions.setdefault(_EXTENSION_KEY, _Known())
    kept = known.found
    if kept is not None and not fresh and _within(KEPT, kept.found_at, now):
        return kept
    if known.failed_at is not None and _within(LEFT_ALONE, known.failed_at, now):
        raise ProviderError("unreachable")
    if not known.asking.acquire(blocking=False):
        if kept is None:
            raise ProviderError("unreachable")
        return kept
    try:
        known.found, known.failed_at = _discover(now), None
    except ProviderError:
        known.failed_at = now
        raise
    finally:
        known.asking.release()
    return known.found


def _within(span: dt.timedelta, since: dt.datetime, now: dt.datetime) -> bool:
    return dt.timedelta(0) <= now - since < span


def authorization_address(found: Provider, redirect_uri: str, *, state: str, nonce: str, verifier: str) -> str:
    """Where to send the browser."""
    more = {"acr_values": settings().oidc_acr_values} if settings().oidc_acr_values else {}
    address, _state = _client(found, redirect_uri).create_authorization_url(
        found.authorization_endpoint, state=state, code_verifier=verifier, nonce=nonce, **more
    )
    return str(address)


def subject_of(code: str, redirect_uri: str, *, nonce: str, verifier: str, now: dt.datetime) -> str:
    """Who came back with this code: the subject of a good identity token. Raises `ProviderError`."""
    import requests  # noqa: PLC0415
    from authlib.integrations.base_client import OAuthError  # noqa: PLC0415

    found = provider(now)
    client = _client(found, redirect_uri)
    try:
        token = client.fetch_token(
            found.token_endpoint, code=code, code_verifier=verifier, timeout=TIMEOUT, allow_redirects=False
        )
    except (requests.RequestException, OAuthError, ValueError) as error:
        raise ProviderError("token") from error
    id_token = token.get("id_token") if isinstance(token, dict) else None
    if not id_token or not isinstance(id_token, str):
        raise ProviderError("token")
    try:
        return checked_subject(id_token, found.keys, nonce, now)
    except ProviderError as error:
        if error.reason != "signature" or found.found_at == now:
            raise
    return checked_subject(id_token, provider(now, fresh=True).keys, nonce, now)  # it may have other keys now


def checked_subject(id_token: str, keys: dict[str, Any], nonce: str, now: dt.datetime) -> str:
    """The subject of an identity token that is good at this moment. Raises `ProviderError`: signature, claims or acr."""
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    try:
        token = jwt.decode(id_token, KeySet.import_key_set(cast("Any", keys)), algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderError("signature") from error
    wanted = {"iss": settings().oidc_issuer, "aud": settings().oidc_client_id}
    options: Any = {name: {"essential": True, "value": value} for name, value in wanted.items()}
    claims = CodeIDToken(token.claims, token.header, options, {"nonce": nonce, "client_id": settings().oidc_client_id})
    try:
        claims.validate(int(now.timestamp()), LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        raise ProviderError("claims") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ProviderError("claims")
    if settings().oidc_acr_values and claims.get("acr") not in settings().oidc_acr_values.split():
        raise ProviderError("acr")
    return subject


def _client(found: Provider, redirect_uri: str) -> Any:
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

    client = OAuth2Session(
        settings().oidc_client_id,
        settings().oidc_client_secret,
        token_endpoint_auth_method=found.auth_method,
        scope="openid",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    client.trust_env = False  # neither a proxy nor a password of the machine's own
    return client


def _discover(now: dt.datetime) -> Provider:
    issuer = settings().oidc_issuer
    said = _fetch(issuer.rstrip("/") + _DISCOVERY)
    if said.get("issuer") != issuer:
        raise ProviderError("issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorization, token, keys = (_web_address(said.get(name)) for name in names)
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    return Provider(authorization, token, method, _fetch(keys), now)


def _fetch(address: str) -> dict[str, Any]:
    import requests  # noqa: PLC0415

    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(address, timeout=TIMEOUT, allow_redirects=False)
        said = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise ProviderError("unreachable") from error
    if not isinstance(said, dict):
        raise ProviderError("unreachable")
    return said


def _web_address(value: object) -> str:
    """An address that the provider gave, encrypted like the issuer's own. Raises `ProviderError`."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)):
        raise ProviderError("discovery")
    return parts.geturl()
