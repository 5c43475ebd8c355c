"""The service worker's script: `static/sw.js` with the list of files that it keeps, filled in.

It is served from the root, because a worker looks after the addresses below its own.
Not for: what the worker does (`static/sw.js`), or which pages it keeps (`app.fill.shells`).
Holds always: the script changes with any static file, so that a browser notices each release; it names only files of ours.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

SCRIPT: Final = "sw.js"
KINDS: Final = frozenset({".css", ".js", ".svg", ".woff2"})
"""What pages need without a line. Pictures for installing are fetched by the browser, licences by people."""
_BUILD: Final = 'const BUILD = { static: "", files: [] };'


def kept_files(folder: Path) -> list[str]:
    """The names of the static files that the worker keeps, those of the desk left out."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in KINDS)
    names = (path.relative_to(folder).as_posix() for path in paths)
    return [name for name in names if name != SCRIPT and not (name.startswith("js/desk") or "/." in name)]


@cache
def worker_script(folder: Path, address: str) -> str:
    """The script for the files of this folder, which are served below this address."""
    script = (folder / SCRIPT).read_text(encoding="utf-8")
    if _BUILD not in script:
        raise ValueError(f"{SCRIPT} has no line to fill in")
    build = json.dumps({"static": f"{address}/", "files": kept_files(folder)})
    return script.replace(_BUILD, f"const BUILD = {build};", 1)
