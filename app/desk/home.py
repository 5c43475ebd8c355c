"""`/gestione`: what needs somebody today, and how the response stands."""

from __future__ import annotations

from flask import render_template

from app.desk import blueprint


@blueprint.get("")
def home() -> str:
    """The first page after signing in."""
    return render_template("desk/home.html")
