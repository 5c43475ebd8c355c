"""The history of the schema gives exactly the tables of the models, on both databases, and leads back; no half stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from app import create_app
from app.doctor import schema_problem
from app.extensions import Base, db
from tests.databases import Databases

MIGRATIONS = Path(__file__).parents[2] / "app" / "migrations"
ANOTHER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "next", {head!r}, None, None


def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half_done VALUES (1)")
    {more}


def downgrade():
    op.drop_table("half_done")
"""


@pytest.fixture
def empty(databases: Databases, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without a table."""
    url = databases.empty(database_kind)
    app = create_app({"TESTING": True, "database_url": url, "instance_path": tmp_path})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def _differences() -> list[object]:
    with db.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


def test_an_upgrade_of_an_empty_database_gives_the_tables_of_the_models(empty: Flask) -> None:
    assert "no tables yet" in schema_problem()
    upgrade(str(MIGRATIONS))
    assert _differences() == []
    assert schema_problem() == ""


def test_the_comparison_can_see_a_difference(empty: Flask) -> None:
    upgrade(str(MIGRATIONS))
    with db.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE audit_entry"))
    assert _differences()


def test_each_step_down_and_up_again_ends_where_it_began(empty: Flask) -> None:
    upgrade(str(MIGRATIONS))
    before = _schema()
    revisions = [revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    for _ in revisions:
        downgrade(str(MIGRATIONS), "-1")
    assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
    assert "no tables yet" in schema_problem()
    upgrade(str(MIGRATIONS))
    assert _schema() == before


def test_letters_move_to_their_own_table_and_back(empty: Flask) -> None:
    upgrade(str(MIGRATIONS), "0009")
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO definition VALUES (1, 'd', '1', 'x', '', '2026-01-01 00:00:00')"))
        for number, letter in ((1, b"%PDF-1.7 uno"), (2, None)):
            connection.execute(
                sa.text(
                    "INSERT INTO edition (id, code, title, state, period_from, period_to, opens_at, closes_at, definition_id,"
                    " contacts, letter, letter_bytes, changed_at) VALUES (:id, :code, '', 'draft', '2026-01-01', '2026-02-01',"
                    " '2026-01-01 00:00:00', '2026-02-01 00:00:00', 1, '[]', :letter, 0, '2026-01-01 00:00:00')"
                ),
                {"id": number, "code": str(number), "letter": letter},
            )
    upgrade(str(MIGRATIONS), "0010")
    with db.engine.connect() as connection:
        moved = connection.execute(sa.text("SELECT edition_id, content FROM edition_letter")).all()
    assert [(row[0], bytes(row[1])) for row in moved] == [(1, b"%PDF-1.7 uno")]
    downgrade(str(MIGRATIONS), "0009")
    with db.engine.connect() as connection:
        back = connection.execute(sa.text("SELECT letter FROM edition ORDER BY id")).all()
    assert [None if row[0] is None else bytes(row[0]) for row in back] == [b"%PDF-1.7 uno", None]


def _schema() -> dict[str, list[str]]:
    inspector = sa.inspect(db.engine)
    return {
        table: sorted(str(column) for column in inspector.get_columns(table)) for table in sorted(inspector.get_table_names())
    }


def test_a_migration_that_fails_in_the_middle_leaves_nothing(empty: Flask, add_revision: Callable[[str], Path]) -> None:
    upgrade(str(MIGRATIONS))
    folder = add_revision('op.execute("INSERT INTO no_such_table VALUES (1)")')
    with pytest.raises(sa.exc.SQLAlchemyError):
        upgrade(str(folder))
    assert "half_done" not in sa.inspect(db.engine).get_table_names()
    assert schema_problem() == ""


def test_an_older_and_a_newer_database_are_told_apart(
    empty: Flask, add_revision: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(str(MIGRATIONS))
    folder = add_revision("pass")
    monkeypatch.setattr("app.doctor.MIGRATIONS", folder)
    assert "older than the program" in schema_problem()
    upgrade(str(folder))
    assert schema_problem() == ""
    monkeypatch.setattr("app.doctor.MIGRATIONS", MIGRATIONS)
    assert "newer than the program" in schema_problem()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_copying_a_table_keeps_the_rows_that_point_to_it(empty: Flask, add_revision: Callable[[str], Path]) -> None:
    """SQLite alters a table by copying it; with foreign keys on, dropping the old copy would delete or refuse its children."""
    upgrade(str(MIGRATIONS))
    with db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE owner (id INTEGER PRIMARY KEY)"))
        connection.execute(sa.text("CREATE TABLE owned (owner_id INTEGER REFERENCES owner (id) ON DELETE CASCADE)"))
        connection.execute(sa.text("INSERT INTO owner VALUES (1)"))
        connection.execute(sa.text("INSERT INTO owned VALUES (1)"))
    folder = add_revision(
        'with op.batch_alter_table("owner", recreate="always") as batch:\n'
        '        batch.add_column(sa.Column("name", sa.String(9)))'
    )
    upgrade(str(folder))
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM owned")) == 1
        assert "name" in {column["name"] for column in sa.inspect(connection).get_columns("owner")}
        assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_migration_that_leaves_rows_pointing_nowhere_is_undone(empty: Flask, add_revision: Callable[[str], Path]) -> None:
    upgrade(str(MIGRATIONS))
    with db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE owner (id INTEGER PRIMARY KEY)"))
        connection.execute(sa.text("CREATE TABLE owned (owner_id INTEGER REFERENCES owner (id))"))
        connection.execute(sa.text("INSERT INTO owner VALUES (1)"))
        connection.execute(sa.text("INSERT INTO owned VALUES (1)"))
    with pytest.raises(Exception, match="1 rows, the first in table owned"):
        upgrade(str(add_revision('op.execute("DELETE FROM owner")')))
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM owner")) == 1


@pytest.fixture
def add_revision(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of the migrations with one more, which adds a table and then runs the given line."""

    def add(more: str) -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        (folder / "versions" / "next.py").write_text(ANOTHER.format(head=head, more=more), encoding="utf-8")
        return folder

    return add
