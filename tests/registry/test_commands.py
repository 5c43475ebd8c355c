"""`flask registry …`: a preview, a confirmation, and what is registered."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.registry.imports.plan import SOURCES
from tests.registry.imports.sources import write
from tests.registry.rows import add_association, add_contact, add_entity, everything

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def borgo(db_session: object) -> int:
    return add_entity("001001", "Borgo", province_sign="TO")


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=["registry", *map(str, words)])


def addresses(folder: Path, *lines: str) -> Path:
    return write(folder, ["entity,purpose,email", *lines])


@pytest.mark.usefixtures("borgo")
def test_import_shows_and_then_does(app: Flask, tmp_path: Path) -> None:
    file = addresses(tmp_path, *(f"001001,other,n{number:02}@example.org" for number in range(25)))
    before = everything()
    shown = run(app, "import", "addresses", file)
    lines = shown.output.splitlines()
    assert shown.exit_code == 0
    assert lines[:2] == [
        "25 added, 0 changed, 0 ended, 0 unchanged",
        "  added, line 2: Borgo (TO) [001001]: address (other) n00@example.org",
    ]
    assert lines[21] == "  … and 5 more (--all shows them)"
    assert everything() == before
    digest = lines[-1].rpartition(" ")[2]
    assert "n24@example.org" in run(app, "import", "addresses", file, "--all").output
    done = run(app, "import", "addresses", file, "--confirm", digest)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "done")
    assert len(everything()["contact_address"]) == 25
    again = run(app, "import", "addresses", file, "--confirm", digest)
    assert again.exit_code == 1
    assert "have changed since that preview" in again.output
    assert "there is nothing to change" in run(app, "import", "addresses", file).output


@pytest.mark.usefixtures("borgo")
def test_import_names_every_problem_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    file = addresses(tmp_path, "001001,other,one@example.org", *["001001,fax,one@example.org"] * 30)
    before = everything()
    for words in ((), ("--confirm", "0" * 16)):
        refused = run(app, "import", "addresses", file, *words)
        assert refused.exit_code == 1
        assert refused.output.count("problem, line ") == 30
        assert "30 problems in file.csv: nothing was changed" in refused.output
    assert everything() == before


@pytest.mark.parametrize("kind", SOURCES)
def test_import_says_so_when_there_is_no_file(app: Flask, tmp_path: Path, kind: str) -> None:
    refused = run(app, "import", kind, tmp_path / "absent.csv")
    assert refused.exit_code == 1
    assert "problem, the file: cannot be read" in refused.output


def test_addresses_in_use_are_listed(app: Flask, borgo: int) -> None:
    add_contact(borgo, "mayor", "mayor@example.org")
    add_contact(borgo, "pec", "past@example.org", ended=True)
    assert run(app, "addresses", "001001").output == "mayor\tmayor@example.org\tcsv\t2026-03-16\n"
    assert run(app, "addresses", "999999").exit_code == 1


def test_associations_are_listed(app: Flask, borgo: int) -> None:
    lead, other = add_entity("u", "Unione", "union"), add_entity("2", "Altro")
    add_association("A1", lead, borgo, other)
    add_association("A2", None, other)
    one = "A1\tambito\tAmbito A1\tled by Unione [u]\t2 members\n"
    assert run(app, "associations").output == f"{one}A2\tambito\tAmbito A2\tled by nobody\t1 members\n"
    assert run(app, "associations", "u").output == f"{one}  2\tAltro\n  001001\tBorgo (TO)\n"
    assert run(app, "associations", "001001").output == f"{one}  2\tAltro\n  001001\tBorgo (TO)\n"
    assert run(app, "associations", "x").exit_code == 1
