"""The second factor of staff: codes of six digits that change every 30 seconds (RFC 6238, SHA-1), as any authenticator shows.

Not for: whether a code was used before (one UPDATE decides it, in `staff_signing_in.py`), or passwords.
Holds always: a member's secret is derived from the installation's secret, the member and their serial, and stored nowhere; a
new serial is a new secret. A code is good in its own 30 seconds and in those after them (RFC 6238, 5.2: at most one step for
the delay on the way), never before; both are compared, whatever the outcome, in constant time.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import io
from typing import Final

import pyotp
import segno
from markupsafe import Markup

from app.accounts.tokens import keyed_hash

STEP_SECONDS: Final = 30
DIGITS: Final = 6
ISSUER: Final = "Ricognizione"
_SECRET_BYTES: Final = 20
_WINDOW: Final = (-1, 0)


def secret_of(staff_id: int, serial: int) -> str:
    """The member's secret in base32, 32 characters. Secret: show it to the member alone, while they set it up."""
    derived = bytes.fromhex(keyed_hash(f"totp|{staff_id}|{serial}"))[:_SECRET_BYTES]
    return base64.b32encode(derived).decode("ascii")


def step_of(now: dt.datetime) -> int:
    """The number of the 30 seconds that this instant is in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of a step."""
    return str(pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).generate_otp(step))


def matching_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """Of which step, now or the one before, this is the code; None for a wrong one. Spaces in `code` do not count."""
    typed = "".join(code.split()).encode()
    steps = [step_of(now) + offset for offset in _WINDOW]
    good = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), typed)]
    return max(good, default=None)


def enrolment_address(secret: str, email: str) -> str:
    """The `otpauth:` address that an authenticator reads from the square."""
    return str(pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER))


def grouped(secret: str) -> str:
    """The secret in groups of four, for whoever types it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def square_of(address: str) -> Markup:
    """The square (QR code) as SVG markup: shapes alone, no style, so that the page's policy lets it through; it takes the size
    that the style sheet gives to its class, and is hidden from those who hear the page: the secret stands beside it."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=False, nl=False, omitsize=True, border=4, svgclass="totp-square", lineclass=None
    )
    svg = drawn.getvalue().decode("ascii").replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return Markup(svg)  # noqa: S704  (segno's own shapes: nothing of the address stands in them as text)
