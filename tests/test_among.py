"""`among`: the same rows as an IN list, by one statement whose text does not grow, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.among import among
from app.extensions import db

TABLE = sa.table("numbered", sa.column("id", sa.Integer), sa.column("word", sa.Text))
WORDS = {1: "uno", 2: "città d'Æ", 3: '100% "tre"', 4: "'; DROP TABLE numbered; --"}


@pytest.fixture
def filled(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        db.session.execute(sa.text("CREATE TEMPORARY TABLE numbered (id INTEGER, word TEXT)"))
        db.session.execute(sa.insert(TABLE), [{"id": number, "word": word} for number, word in WORDS.items()])
        yield app
        db.session.rollback()


def found(which: sa.ColumnElement[bool]) -> list[int]:
    return list(db.session.execute(sa.select(TABLE.c.id).where(which).order_by(TABLE.c.id)).scalars())


@pytest.mark.parametrize("ids", [[], [2], [4, 1, 1], list(range(2, 5_000))])
def test_numbers_are_found_as_by_a_list(filled: Flask, ids: list[int]) -> None:
    assert found(among(TABLE.c.id, ids)) == [one for one in WORDS if one in ids]


@pytest.mark.parametrize("words", [[], ["uno", "due"], list(WORDS.values())])
def test_words_are_found_letter_for_letter(filled: Flask, words: list[str]) -> None:
    assert found(among(TABLE.c.word, words)) == [one for one, word in WORDS.items() if word in words]


def test_its_opposite_is_the_rest(filled: Flask) -> None:
    assert found(~among(TABLE.c.id, {1, 4})) == [2, 3]


def test_the_statement_is_the_same_for_any_number(filled: Flask) -> None:
    texts = {str(sa.select(TABLE.c.id).where(among(TABLE.c.id, list(range(many)))).compile(db.engine)) for many in (0, 1, 900)}
    assert len(texts) == 1


def test_an_index_is_used(filled: Flask) -> None:
    db.session.execute(sa.text("CREATE UNIQUE INDEX numbered_id ON numbered (id)"))
    many = [{"id": number, "word": "x"} for number in range(100, 5_000)]
    db.session.execute(sa.insert(TABLE), many)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("ANALYZE numbered"))
    connection, sent = db.session.connection(), []
    sa.event.listen(connection, "before_cursor_execute", lambda *given: sent.append((given[2], given[3])))
    assert not found(sa.and_(among(TABLE.c.id, [7, 8, 9]), TABLE.c.word != "y"))
    [(text, parameters)] = sent
    explain = "EXPLAIN" if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plan = connection.exec_driver_sql(f"{explain} {text}", parameters).all()
    assert "numbered_id" in str(plan), plan
