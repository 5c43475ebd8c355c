"""An open edition with the reference questionnaire, two municipalities, and a response to write in."""

from __future__ import annotations

from tests.open_edition import author, edition, later, operator, respond

__all__ = ["author", "edition", "later", "operator", "respond"]
