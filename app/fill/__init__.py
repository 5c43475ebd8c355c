"""Surface: see views.py."""

from flask import Blueprint

blueprint = Blueprint("fill", __name__)
