"""What the program is made of is listed whole, its licences are decided, and known weaknesses are told with their reach."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata

import pytest
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.live_site import free_port
from tools.supply import audit, sbom
from tools.supply.components import REQUIREMENTS, ROOT, data, packages, pinned, vendored

WEAK = {"jinja2", "mako", "tzdata", "pytest"}


def test_every_pinned_package_has_a_version_and_hashes() -> None:
    lines = re.findall(r"^[a-z0-9][^\s;]*==", REQUIREMENTS.read_text(), re.MULTILINE)
    assert len(packages()) == len(lines) > 30
    assert [one.name for one in packages() if not one.hashes] == []


def test_a_licence_is_decided_for_each_package_that_runs_and_for_no_other() -> None:
    assert set(data()["packages"]) == set(pinned(REQUIREMENTS))


def test_the_licences_are_those_that_the_packages_say_themselves() -> None:
    wrong = {}
    for one in packages():
        try:
            said = metadata.metadata(one.name).get("License-Expression")
        except metadata.PackageNotFoundError:
            continue  # of another platform
        if said and said != one.licence:
            wrong[one.name] = (one.licence, said)
    assert wrong == {}


def test_each_licence_is_one_that_can_stand_beside_ours_with_the_reason() -> None:
    used = {one.licence for one in (*packages(), *vendored())}
    accepted = data()["accepted"]
    assert used == set(accepted), "a licence nobody has judged, or one that is no longer used"
    assert [name for name, why in accepted.items() if len(why) < 20] == []


def test_what_is_vendored_is_listed_file_by_file_with_its_licences_text() -> None:
    folder = ROOT / "app" / "static" / "vendor"
    files = {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()}
    other = {path for path in files if "LICENSE" not in path and "SHA256SUMS" not in path}
    listed = {file for one in vendored() for file in one.files}
    assert {file for file in listed if file.startswith("app/static/vendor/")} == other
    assert [file for file in listed if not (ROOT / file).is_file()] == []
    assert [one.text for one in vendored() if not (ROOT / one.text).is_file()] == []


def test_the_table_of_licences_is_up_to_date() -> None:
    assert sbom.TABLE.read_text(encoding="utf-8") == sbom.table(), "run: make sbom"


def test_the_bill_of_materials_keeps_the_schema_and_holds_all() -> None:
    text = JsonV1Dot6(sbom.bill()).output_as_string()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    listed = {one["purl"]: one for one in bill["components"]}
    expected = [f"pkg:pypi/{one.name}@{one.version}" for one in packages()] + [one.purl for one in vendored()]
    assert sorted(listed) == sorted(expected)
    assert [purl for purl, one in listed.items() if not one.get("licenses")] == []
    flask = listed[f"pkg:pypi/flask@{pinned(REQUIREMENTS)['flask'][0]}"]
    hashes = {one["content"] for one in flask["externalReferences"][0]["hashes"]}
    assert hashes == set(pinned(REQUIREMENTS)["flask"][2])
    [file] = listed[next(one.purl for one in vendored() if one.name == "idb")]["components"]
    sums = (ROOT / "app" / "static" / "vendor" / "SHA256SUMS").read_text()
    assert f"{file['hashes'][0]['content']}  idb.js" in sums


class _Advisories(BaseHTTPRequestHandler):
    """Speaks OSV's protocol; four packages are said to be weak."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        weak = {
            "id": f"TEST-{name}",
            "aliases": ["CVE-0000-1"],
            "summary": "An invented weakness.",
            "affected": [
                {
                    "package": {"name": name, "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999.1"}]}],
                }
            ],
        }
        body = json.dumps({"vulns": [weak]} if name in self.server.weak else {}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Advisories)
    server.weak = getattr(request, "param", set())  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("service", [WEAK], indirect=True)
def test_a_finding_is_told_with_the_way_on_which_the_program_reaches_it(
    service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([f"--service={service}"]) == audit.WEAK
    said = capsys.readouterr().out
    told = {block.split(" ")[0].lower(): block.splitlines()[-1].strip() for block in said.split("\n\n") if "TEST-" in block}
    assert set(told) == WEAK
    assert "imported by app/" in told["jinja2"]
    assert told["mako"].startswith("reached through alembic → mako") or "→ mako" in told["mako"]
    assert "it may be loaded by its name" in told["tzdata"]
    assert "only tests and tools" in told["pytest"]
    assert "mended in 9999.1" in said
    assert said.rstrip().endswith("4 findings.")


def test_no_finding_is_a_success_that_says_what_was_asked(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([f"--service={service}"]) == audit.SOUND
    asked = re.search(r"(\d+) packages asked about, 0 findings", capsys.readouterr().out)
    assert asked is not None
    assert int(asked[1]) > len(pinned(REQUIREMENTS))


def test_a_service_that_is_not_there_is_no_success() -> None:
    command = [sys.executable, "-m", "tools.supply.audit", f"--service=http://127.0.0.1:{free_port()}/v1/query"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == audit.UNKNOWN
    assert "cannot be reached: nothing is known" in done.stderr
    assert "Traceback" not in done.stderr
