"""Which encoding a client reads best of those that there are, by the weights that it gives (RFC 9110, 12.5.3).

Not for: static files (`static.py`), nor what Flask-Compress packs at each answer.
Holds always: what a client refuses (`br;q=0`) is not sent; one that says nothing gets it plain.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

import brotli
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from app.context import this_request

BROTLI, GZIP = OFFERED = ("br", "gzip")
"""By preference, where a client gives both the same weight."""
_PLAIN: Final = "identity"


def asked_encoding(*offered: str) -> str:
    """The best of what is offered for the client of this request; "" for none."""
    return encoding_for(this_request().environ.get("HTTP_ACCEPT_ENCODING", ""), offered or OFFERED)


@lru_cache(maxsize=256)
def encoding_for(accepted: str, offered: tuple[str, ...] = OFFERED) -> str:
    """The best of what is offered for a header Accept-Encoding; "" for none."""
    found = parse_accept_header(accepted, Accept).best_match((*offered, _PLAIN), _PLAIN) if accepted else _PLAIN
    return "" if found == _PLAIN or found is None else found


def unpacked(packed: bytes, encoding: str) -> bytes:
    """In this encoding what is kept with brotli: all that matter read the one in which it is kept."""
    if encoding == BROTLI:
        return packed
    content = bytes(brotli.decompress(packed))
    return gzip.compress(content, 6) if encoding == GZIP else content
