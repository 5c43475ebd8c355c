"""Wiring, nothing else: `create_app` puts the rooms of the house together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from app.extensions import babel, db, login, migrate


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application. `overrides` replace single settings by name (tests); everything else is read by `app.config`."""
    app = Flask(__name__)
    app.config.update(overrides or {})
    app.config.setdefault("SQLALCHEMY_DATABASE_URI", "sqlite:///:memory:")
    db.init_app(app)
    migrate.init_app(app, db)
    login.init_app(app)
    babel.init_app(app)
    return app
