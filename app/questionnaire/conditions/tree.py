"""The tree of a condition: its shape (see the package), what it mentions, and the guard for absent answers."""

from __future__ import annotations

from typing import Any

Node = tuple[Any, ...]


def mentions(body: Node) -> list[tuple[str, bool]]:
    """Give (name, whether it stands inside `answered`) for each mention in a body, in reading order."""
    head = body[0]
    if head in ("name", "size", "answered"):
        return [(body[1], head == "answered")]
    if head in ("value", "list"):
        return []
    return [mention for part in body[1:] for mention in mentions(part)]


def dependencies(node: Node) -> frozenset[str]:
    """Give every name that a parsed condition mentions, also inside `answered`."""
    return frozenset(name for name, _inside in mentions(node[2]))


def guarded(body: Node) -> Node:
    """Make the root: the body and the names that must be answered, those that it never tests with `answered`."""
    named = mentions(body)
    tested = {name for name, inside in named if inside}
    return ("when", tuple(dict.fromkeys(name for name, _inside in named if name not in tested)), body)
