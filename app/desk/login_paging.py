"""Which page of a list the address asks for, and the addresses of the others.

Not for: reading the list.
Holds always: a page that does not exist is the nearest one that does; the other fields of the address stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

ROWS = 50


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list of `total` rows. `field`: its name in the address."""

    page: int
    pages: int
    total: int
    rows: int
    field: str
    path: str

    @property
    def offset(self) -> int:
        """How many rows stand on the pages before."""
        return (self.page - 1) * self.rows

    def address(self, page: int) -> str:
        """The address of another page of the same list."""
        others = [(name, value) for name, value in request.args.items(multi=True) if name != self.field]
        return f"{self.path}?{urlencode([*others, (self.field, str(page))])}"


def paging(total: int, *, rows: int = ROWS, field: str = "pagina", path: str | None = None) -> Paging:
    """The page that the address of this request asks for. `path`: of the list, where it is not this request's."""
    pages = max(1, -(-total // rows))
    asked = request.args.get(field, "")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return Paging(min(max(page, 1), pages), pages, total, rows, field, path or request.path)
