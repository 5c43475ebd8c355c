"""An open edition with five municipalities of several Regions and a Unione."""

from tests.open_edition import author, edition, respond

__all__ = ["author", "edition", "respond"]
