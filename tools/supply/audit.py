"""`make audit`: asks an advisory service about every pinned package, and says of each finding how the program reaches it.

Exit code 0: every package was asked about and none is known to be weak; 1: there are findings; 2: the service could not be
asked, so that nothing is known.
Not for: mending; a person reads the finding, then `make lock` and the tests.
Holds always: silence is never taken for safety; a package that the service was not asked about is named.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from tools.supply.components import REQUIREMENTS, ROOT, pinned
from tools.supply.sbom import needs

SERVICE: Final = "https://api.osv.dev/v1/query"
DEVELOPMENT: Final = ROOT / "requirements-dev.txt"
SOUND, WEAK, UNKNOWN = 0, 1, 2
MOST_NAMED: Final = 5


def importers() -> dict[str, list[str]]:
    """Which of our files import which package, by the package's name."""
    owners = metadata.packages_distributions()
    found: dict[str, list[str]] = defaultdict(list)
    for path in [*sorted((ROOT / "app").rglob("*.py")), ROOT / "wsgi.py", ROOT / "gunicorn.conf.py"]:
        for module in _modules(path):
            for owner in owners.get(module, []):
                found[owner.lower().replace("_", "-")].append(path.relative_to(ROOT).as_posix())
    return found


def _modules(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def reach(name: str, imported: dict[str, list[str]], running: set[str]) -> str:
    """How the running program comes to a package: directly, through which others, or not at all."""
    if name not in running:
        return "not reached by the program: only tests and tools use it"
    if files := imported.get(name):
        more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
        return f"imported by {', '.join(files[:MOST_NAMED])}{more}"
    way = _way(name, imported, running)
    if way:
        return f"reached through {' → '.join(way)} ({len(imported[way[0]])} of our files import {way[0]})"
    return "installed with the program, imported by none of our files nor by what they import; it may be loaded by its name"


def _way(name: str, imported: dict[str, list[str]], running: set[str]) -> list[str]:
    """The shortest way from a package that we import to this one."""
    ways = [[root] for root in sorted(imported) if root in running]
    seen = {way[0] for way in ways}
    while ways:
        way = ways.pop(0)
        for other in needs(way[-1]):
            if other == name:
                return [*way, name]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def ask(service: str) -> list[dict[str, Any]] | None:
    """What the service knows of each pinned package; None if it could not be asked."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
        "--format=json",
    ]
    command += ["--vulnerability-service=osv", f"--osv-url={service}", f"--requirement={DEVELOPMENT}", "--timeout=20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 — arguments of our own
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print((done.stderr.strip().splitlines() or ["no answer"])[-1], file=sys.stderr)
        return None
    return found


def main(arguments: list[str] | None = None) -> int:
    """Ask, print, and give the exit code."""
    parser = argparse.ArgumentParser(prog="make audit", description="Check the pinned packages for known weaknesses.")
    parser.add_argument("--service", default=SERVICE, help="address of a service that speaks OSV's protocol")
    service = parser.parse_args(arguments).service
    answers = ask(service)
    if answers is None:
        print(f"The advisory service {service} cannot be reached: nothing is known about the packages.", file=sys.stderr)
        return UNKNOWN
    running, every = set(pinned(REQUIREMENTS)), set(pinned(REQUIREMENTS)) | set(pinned(DEVELOPMENT))
    asked = {one["name"].lower() for one in answers if "vulns" in one}
    if left_out := sorted(every - asked):
        print(f"Not asked about, because they are not installed on this platform: {', '.join(left_out)}")
    imported, findings = importers(), [(one, weak) for one in answers for weak in one.get("vulns", ())]
    for one, weak in findings:
        aliases = f" ({', '.join(weak['aliases'])})" if weak.get("aliases") else ""
        mended = ", ".join(weak["fix_versions"]) or "no version"
        print(f"\n{one['name']} {one['version']}: {weak['id']}{aliases}; mended in {mended}")
        print(f"  {' '.join(weak.get('description', '').split())[:300]}")
        print(f"  {reach(one['name'].lower(), imported, running)}")
    print(f"\n{len(asked)} packages asked about, {len(findings)} findings.")
    return WEAK if findings else SOUND


if __name__ == "__main__":
    sys.exit(main())
