"""A run of letters: every entity once, no second code, a file that is whole or not there, and what it says on the way."""

from __future__ import annotations

import csv
import datetime as dt
import io
import stat
import zipfile
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.audit.models import AuditEntry
from app.editions.current import EditionView, edition_by_code
from app.editions.lifecycle import move_edition
from app.extensions import db
from app.letters import running
from app.letters.running import LettersRefusedError, run_letters
from app.registry.entities import entities_in_force, find_by_code
from tests.conftest import START, Clock
from tests.letters.conftest import code_rows
from tests.registry_rows import CODES


def letter(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["letter", *words])


def contents(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_a_run_makes_a_letter_for_each_entity_and_a_list(app: Flask, edition: EditionView, tmp_path: Path) -> None:
    file = tmp_path / "lettere.zip"
    done = letter(app, "run", "--output", str(file))
    assert done.exit_code == 0, done.output
    assert f"5 letters of 5: {file}" in done.output
    assert "5 of 5 letters, 0 s left" in done.output
    made = contents(file)
    assert set(made) == {f"{code}.pdf" for code in CODES} | {"elenco.csv"}
    rows = rows_of(made["elenco.csv"])
    assert rows[0] == {"codice": "001235", "ente": "Samone", "provincia": "Torino", "pagine": "1", "file": "001235.pdf"}
    assert [row["codice"] for row in rows] == sorted(CODES)
    for row in rows:
        assert len(pypdf.PdfReader(io.BytesIO(made[row["file"]])).pages) == int(row["pagine"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(code_rows()) == 5


def test_a_second_run_issues_no_code_and_makes_the_same_letters(
    app: Flask, edition: EditionView, tmp_path: Path, clock: Clock
) -> None:
    files = [tmp_path / "a.zip", tmp_path / "b.zip"]
    letter(app, "run", "--output", str(files[0]))
    before = code_rows()
    clock.move(hours=1)
    letter(app, "run", "--output", str(files[1]))
    assert code_rows() == before
    assert contents(files[0]) == contents(files[1])


def test_a_run_can_be_narrowed(app: Flask, edition: EditionView, tmp_path: Path) -> None:
    file = tmp_path / "lettere.zip"
    assert letter(app, "run", "--output", str(file), "--region", "04").exit_code == 0
    assert set(contents(file)) == {"021008.pdf", "022165.pdf", "elenco.csv"}
    assert len(code_rows()) == 2
    refused = letter(app, "run", "--output", str(file), "--kind", "union")
    assert (refused.exit_code, "no entity of this kind and Region" in refused.output) == (1, True)


def test_letters_to_print_stand_together(
    app: Flask, edition: EditionView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 3)
    file = tmp_path / "lettere.zip"
    assert letter(app, "run", "--output", str(file), "--together").exit_code == 0
    made = contents(file)
    assert {name: len(pypdf.PdfReader(io.BytesIO(made[name])).pages) for name in made if name.endswith(".pdf")} == {
        "lettere-001.pdf": 3,
        "lettere-002.pdf": 2,
    }
    assert [row["file"] for row in rows_of(made["elenco.csv"])] == ["lettere-001.pdf"] * 3 + ["lettere-002.pdf"] * 2


def test_a_run_that_breaks_off_leaves_the_older_file(edition: EditionView, tmp_path: Path) -> None:
    file = tmp_path / "lettere.zip"
    file.write_bytes(b"older")
    steps = run_letters(entities_in_force(), edition, START, file, actor="test")
    assert next(steps) == 1
    assert len(code_rows()) == 5  # stored before the first letter is set
    steps.close()
    assert file.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir() if "lettere" in path.name] == ["lettere.zip"]


def test_the_audit_knows_of_a_run_and_of_a_letter(app: Flask, edition: EditionView, tmp_path: Path) -> None:
    letter(app, "run", "--output", str(tmp_path / "lettere.zip"))
    letter(app, "print", "048017", "--output", str(tmp_path / "una.pdf"))
    db.session.rollback()
    query = sa.select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.action == "letters_made")
    assert [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.number))] == [
        ("edition:2026", '{"letters":5}'),
        ("entity:048017", '{"letters":1}'),
    ]


@pytest.mark.parametrize(("words", "name", "begins"), [([], "048017.pdf", b"%PDF-"), (["--html"], "048017.html", b"<!DOCTYPE")])
def test_one_letter_is_written_where_it_was_asked(
    app: Flask, edition: EditionView, tmp_path: Path, words: list[str], name: str, begins: bytes
) -> None:
    target = tmp_path / name
    done = letter(app, "print", "048017", *words, "--output", str(target))
    assert (done.exit_code, done.output) == (0, f"letter of Firenze (FI): {target}\n")
    assert target.read_bytes().startswith(begins)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(code_rows()) == 1


def test_what_cannot_be_made_says_why_and_issues_no_code(
    app: Flask, edition: EditionView, tmp_path: Path, clock: Clock
) -> None:
    target = str(tmp_path / "x.pdf")
    for words, says in (
        (["print", "48017", "--output", target], "no entity in force has the code 48017"),
        (["print", "048017", "--output", target, "--edition", "1999"], "there is no such edition"),
        (["run", "--output", str(tmp_path / "manca" / "x.zip")], "cannot be written"),
    ):
        done = letter(app, *words)
        assert (done.exit_code, says in done.output) == (1, True), done.output
    db.session.rollback()
    move_edition("2026", "closed", actor="test", now=START)
    before = len(code_rows())
    clock.set(edition.closes_at)
    for words in (["print", "048017", "--output", target], ["run", "--output", target]):
        done = letter(app, *words)
        assert (done.exit_code, "takes no answers any more" in done.output) == (1, True)
    assert len(code_rows()) == before
    assert not Path(target).exists()


def test_a_draft_edition_has_letters_by_its_name(app: Flask, edition: EditionView, tmp_path: Path) -> None:
    db.session.execute(sa.text("UPDATE edition SET state = 'draft'"))
    db.session.commit()
    target = tmp_path / "x.pdf"
    assert letter(app, "print", "048017", "--output", str(target)).exit_code == 1
    assert letter(app, "print", "048017", "--output", str(target), "--edition", "2026").exit_code == 0


def test_a_run_needs_somebody_to_write_to(edition: EditionView, tmp_path: Path) -> None:
    stored = edition_by_code("2026")
    assert stored is not None
    assert find_by_code("048017") is not None
    with pytest.raises(LettersRefusedError, match="no entity"):
        next(run_letters([], stored, START + dt.timedelta(days=1), tmp_path / "x.zip", actor="test"))
