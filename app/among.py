"""Whether a column's value is one of many that are given: a statement whose text stays the same, however many they are.

Why: an IN list has a parameter for each value, so that SQLAlchemy writes a statement anew for each number of them, the driver
reads it anew, and PostgreSQL plans it anew: for a hundred ids more than the database's own work.
Not for: the few words of a fixed list, for which `in_` is as good.
Holds always: the values are one parameter, never text of the statement; an empty collection matches nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Values(TypeDecorator[list[int] | list[str]]):
    """The values as one parameter: an array where there are arrays, else JSON."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        of = sa.BigInteger() if self.numbers else sa.Text()
        kind: TypeEngine[Any] = postgresql.ARRAY(of) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[int] | list[str] | None, dialect: sa.Dialect) -> Any:
        return value if dialect.name == "postgresql" else msgspec.json.encode(value).decode()


class _Among(FunctionElement[bool]):
    """The column, and the values."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Self:
        """As it is: SQLAlchemy would write `= 1` behind it for SQLite, which then looks at every row."""
        return self


def among(column: sa.ColumnElement[Any], values: Collection[int] | Collection[str]) -> sa.ColumnElement[bool]:
    """`column IN values`, for a column of whole numbers or of text and any number of values, none of them None."""
    given = list(values)
    numbers = isinstance(column.type, sa.Integer)
    return _Among(column, sa.bindparam(None, given, type_=_Values(numbers=numbers), unique=True))


@compiles(_Among, "postgresql")
def _with_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, given = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} = ANY({given}))"


@compiles(_Among, "sqlite")
def _with_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, given = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({given})))"  # noqa: S608 — both were compiled: no value stands in them
