"""`make sbom`: writes sbom.cdx.json, a CycloneDX 1.6 list of all that the program is made of, and the table docs/licences.md.

Not for: packages of tests and tools, nor what the machine brings (Python, PostgreSQL, the C library).
Holds always: every pinned package and vendored file is in both, with its licence; the hashes are those that pip demands.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from tools.supply.components import ROOT, Package, Vendored, data, packages, vendored

SBOM: Final = ROOT / "sbom.cdx.json"
TABLE: Final = ROOT / "docs" / "licences.md"
_licences = LicenseFactory()


def bill() -> Bom:
    """The bill of materials, with what needs what as far as this machine's installed packages say it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bom = Bom()
    bom.metadata.component = program = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[_licences.make_from_string(project["license"])],
    )
    listed = {package.name: _of_package(package) for package in packages()}
    files = [_of_files(entry) for entry in vendored()]
    for component in [*listed.values(), *files]:
        bom.components.add(component)
    bom.register_dependency(program, [*listed.values(), *files])
    for name, component in listed.items():
        bom.register_dependency(component, [listed[other] for other in needs(name) if other in listed])
    return bom


def needs(name: str) -> list[str]:
    """Which packages an installed one asks for, extras left out; none where it is not installed here."""
    try:
        given = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = [Requirement(line) for line in given]
    names = {one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
    return sorted(re.sub(r"[-_.]+", "-", found).lower() for found in names)


def _of_package(package: Package) -> Component:
    address = f"https://pypi.org/project/{package.name}/{package.version}/"
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.hashes]
    purl = PackageURL("pypi", name=package.name, version=package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[_licences.make_from_string(package.licence)],
        external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(address), hashes=hashes)],
    )


def _of_files(entry: Vendored) -> Component:
    parts = [
        Component(name=file, type=ComponentType.FILE, bom_ref=file, hashes=[_hash_of(ROOT / file)]) for file in entry.files
    ]
    return Component(
        name=entry.name,
        version=entry.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=entry.purl,
        purl=PackageURL.from_string(entry.purl),
        licenses=[_licences.make_from_string(entry.licence)],
        components=parts,
    )


def _hash_of(path: Path) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(path.read_bytes()).hexdigest())


def table() -> str:
    """docs/licences.md as it should be."""
    lines = [
        "# Licences of what the program is made of",
        "",
        "Made by `make sbom` from `requirements.txt` and `tools/supply/licences.toml`; do not edit it. The program's own",
        "licence is [EUPL-1.2](../LICENSE).",
        "",
        "## Packages that run",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
        *(f"| {one.name} | {one.version} | {one.licence} |" for one in packages()),
        "",
        "## Files of others in the project",
        "",
        "| what | version | licence | text | files |",
        "| --- | --- | --- | --- | --- |",
        *(_row(one) for one in vendored()),
        "",
        "## Why each may stand beside EUPL-1.2",
        "",
        "| licence | why |",
        "| --- | --- |",
        *(f"| {name} | {why} |" for name, why in data()["accepted"].items()),
    ]
    return "\n".join(lines) + "\n"


def _row(entry: Vendored) -> str:
    files = ", ".join(f"`{Path(file).name}`" for file in entry.files)
    return f"| {entry.name} | {entry.version or '—'} | {entry.licence} | [text](../{entry.text}) | {files} |"


def main() -> None:
    """Write both files."""
    SBOM.write_text(JsonV1Dot6(bill()).output_as_string(indent=2) + "\n", encoding="utf-8")
    TABLE.write_text(table(), encoding="utf-8")
    print(f"{SBOM.name}: {len(packages())} packages, {len(vendored())} sets of files; {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
