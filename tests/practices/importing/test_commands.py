"""`flask practices …`: a look first, then the import; what went before the queue is taken in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.extensions import db
from app.practices.models import Practice, PracticeUpload
from tests.practices.importing.files import feature, geojson, of_2017
from tests.practices.sheets import Sheets

pytestmark = pytest.mark.usefixtures("edition")


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=["practices", *map(str, words)])


def count(model: type) -> int:
    db.session.rollback()
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_a_file_is_shown_then_taken_in_then_undone(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "mappa.umap"
    file.write_bytes(of_2017())
    words = ("import", file, "--edition", "2017", "--year", 2017)
    shown = run(app, *words)
    assert shown.exit_code == 0, shown.output
    assert "4 ready" in shown.output
    assert "  layer Attività a favore della natalità -> practice childhood" in shown.output
    assert shown.output.endswith("nothing was stored; --confirm takes in what is ready\n")
    assert (count(Practice), count(PracticeUpload)) == (0, 0)
    done = run(app, *words, "--confirm", "--approve")
    assert done.output.endswith("import 1: 4 practices approved\n")
    assert count(Practice) == 4
    again = run(app, *words, "--confirm")
    assert again.exit_code == 1
    assert "4 double" in again.output
    assert "this very file came in before, as import 1" in again.output
    assert run(app, "imports").output == "1\t2017\t4 practices\tapproved\tmappa.umap\n"
    assert run(app, "imports", "--undo", 1).output == "import 1: 4 practices taken away\n"
    assert run(app, "imports", "--undo", 1).exit_code == 1
    assert (count(Practice), count(PracticeUpload)) == (0, 0)


def test_the_mapping_is_written_changed_and_used(app: Flask, tmp_path: Path) -> None:
    file, mapping = tmp_path / "a.geojson", tmp_path / "mapping.json"
    file.write_bytes(geojson(feature("A", altro="Il vero titolo")))
    words = ("import", file, "--edition", "2019", "--year", 2019)
    assert run(app, *words, "--write-mapping", mapping).exit_code == 0
    meaning = json.loads(mapping.read_text())
    mapping.write_text(json.dumps({**meaning, "columns": {"altro": "title"}}))
    assert run(app, *words, "--mapping", mapping, "--confirm").exit_code == 0
    db.session.rollback()
    assert db.session.execute(sa.select(Practice.title)).scalars().all() == ["Il vero titolo"]
    mapping.write_text("{")
    assert "mapping.json" in run(app, *words, "--mapping", mapping).output


def test_what_cannot_be_read_is_told_with_its_place(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("nome;lat;lon\nA;nord;11\n")
    done = run(app, "import", file, "--edition", "2019", "--year", 2019, "--confirm")
    assert done.exit_code == 1
    assert "line or feature 2, lat, nord: coordinates" in done.output
    assert run(app, "import", file, "--edition", "2019", "--year", 2019, "--approve").exit_code == 2


def test_what_was_sent_before_there_was_a_queue_is_taken_in(app: Flask, sheets: Sheets) -> None:
    sheets.send_sheets()
    db.session.execute(sa.text("DELETE FROM review_entry"))
    db.session.execute(sa.delete(Practice))
    db.session.commit()
    assert run(app, "take-in", "2026").output == "1 responses taken in\n"
    assert run(app, "take-in", "2026").output == "0 responses taken in\n"
    assert run(app, "take-in", "1999").exit_code == 1
