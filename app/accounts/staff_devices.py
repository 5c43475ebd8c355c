"""Browsers in which a member of staff has signed in before: their tries are counted apart from strangers', so that nobody who
tries passwords elsewhere can keep the owner out.

Not for: signing anybody in; a known device still needs password and code.
Holds always: a device's id is random bits with a seal under the installation's secret for this member and serial; it is stored
nowhere, nobody else can make one, and a reset makes it worth nothing.
"""

from __future__ import annotations

import hmac

from app.accounts.tokens import has_token_shape, keyed_hash, new_token

_SEPARATOR = "."


def new_staff_device(staff_id: int, serial: int) -> str:
    """The id of a browser in which this member has just signed in, for its cookie."""
    token = new_token()
    return f"{token}{_SEPARATOR}{_seal(token, staff_id, serial)}"


def is_device_of(device: str, staff_id: int, serial: int) -> bool:
    """Whether this member has signed in from a browser with this id since the last reset. As long for a wrong id as for a right
    one."""
    token, _, seal = device.partition(_SEPARATOR)
    right = hmac.compare_digest(_seal(token, staff_id, serial).encode(), seal.encode())
    return right and has_token_shape(token)


def _seal(token: str, staff_id: int, serial: int) -> str:
    return keyed_hash(f"staff-device|{token}|{staff_id}|{serial}")
