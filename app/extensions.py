"""The Flask extensions as bare objects, bound to an application in `create_app`.

Not for: anything of the domain; this module imports no room of the house.
Holds always: every table belongs to the one `Base`, whose naming convention gives each constraint a name, because Alembic
can neither alter nor drop an unnamed constraint on SQLite.
"""

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Base]) -> Table:
    """The Core table of a model, for statements that are made once and run without ORM objects."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return table


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
login = LoginManager()
babel = Babel()


def session_has_begun() -> bool:
    """Whether the session of this request is in a transaction; none is made for the question."""
    return bool(db.session.registry.has() and db.session().in_transaction())
