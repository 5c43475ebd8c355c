"""From where a deed was done, as the record may keep it: a keyed mark of a coarse network, the same for the same place.

Not for: counting tries at passwords, which is finer (`app.accounts.throttle`).
Holds always: no address is kept and none can be found from a mark without the installation's secret; with it, a mark stands for
a network of 256 IPv4 addresses or a /48 of IPv6 (a site), never for one machine. Outside of a request there is no origin.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Final

from flask import has_request_context, request

from app.config import settings

LENGTH: Final = 16
_PREFIX: Final = {4: 24, 6: 48}


def present_origin() -> str | None:
    """The mark of the network that the present request comes from; None for a command or where the address is unknown."""
    return origin_of(request.remote_addr) if has_request_context() else None


def origin_of(address: str | None) -> str | None:
    """The mark of an address's network: 16 hexadecimal digits."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    network = ipaddress.ip_network((parsed, _PREFIX[parsed.version]), strict=False)
    keyed = hmac.new(settings().secret_key.encode(), f"audit-origin|{network}".encode(), hashlib.sha256)
    return keyed.hexdigest()[:LENGTH]
