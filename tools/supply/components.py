"""What the program is made of beyond its own code: pinned packages with their hashes, vendored files, the licence of each.

Not for: what only tests and tools use. The licences themselves are data, `licences.toml`.
Holds always: nothing is asked of the network; the result is the same on every platform, also for packages that this one lacks.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
REQUIREMENTS: Final = ROOT / "requirements.txt"
_PINNED: Final = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\\n((?:    --hash=.*\n?)+)", re.MULTILINE
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """A pinned package. `marker`: where it is installed, empty for everywhere; `hashes`: SHA-256 of each of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    licence: str


@dataclass(frozen=True)
class Vendored:
    """Somebody else's files that lie in the project. Paths are relative to its root."""

    name: str
    version: str
    purl: str
    licence: str
    text: str
    files: tuple[str, ...]


def data() -> dict[str, Any]:
    """The licences as they were decided."""
    return tomllib.loads((Path(__file__).parent / "licences.toml").read_text(encoding="utf-8"))


def pinned(path: Path) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """A locked file: name → (version, marker, hashes)."""
    return {
        name: (version, marker or "", tuple(_HASH.findall(hashes)))
        for name, version, marker, hashes in _PINNED.findall(path.read_text(encoding="utf-8"))
    }


def packages() -> list[Package]:
    """What the running program needs. Raises KeyError for one whose licence nobody has decided."""
    licences = data()["packages"]
    return [Package(name, *rest, licences[name]) for name, rest in pinned(REQUIREMENTS).items()]


def vendored() -> list[Vendored]:
    """What lies in the project; versions of npm packages are those of the lock file."""
    lock = json.loads((ROOT / "tools" / "vendor" / "package-lock.json").read_text(encoding="utf-8"))
    found = []
    for entry in data()["vendored"]:
        locked = lock["packages"].get(f"node_modules/{entry['name']}", {})
        version = entry.get("version") or locked.get("version", "")
        purl = f"{entry['purl']}@{version}" if version else entry["purl"]
        found.append(Vendored(entry["name"], version, purl, entry["licence"], entry["text"], tuple(entry["files"])))
    return found
