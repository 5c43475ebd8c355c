"""The same persons at browsers as in the tests of answering."""

from tests.fill.conftest import author, edition, new_person, person, renew, respond, stored

__all__ = ["author", "edition", "new_person", "person", "renew", "respond", "stored"]
