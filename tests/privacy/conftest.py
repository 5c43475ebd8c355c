"""An open edition and operators of Firenze and of another municipality."""

from __future__ import annotations

from tests.fill.conftest import new_person
from tests.open_edition import author, edition, operator, respond

__all__ = ["author", "edition", "new_person", "operator", "respond"]
