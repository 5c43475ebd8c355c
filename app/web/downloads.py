"""A file that somebody sent, given out: always as a download, never shown in the site's own name.

Not for: files that the program makes itself.
Holds always: the browser is told to save it and not to guess what it is (`nosniff`, by `app.web.headers`, on every response);
its name travels encoded (RFC 6266, 8187), beside one of ours in ASCII; nobody between keeps it.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Response


def download(content: bytes, media_type: str, name: str, plain_name: str) -> Response:
    """The response. `name`: as people read it; `plain_name`: for browsers that do not read that, ASCII letters and digits."""
    response = Response(content, mimetype=media_type)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{encoded}"
    response.headers["Cache-Control"] = "no-store, private"
    return response
