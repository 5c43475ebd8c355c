"""A Jinja template read as the HTML that it will write: what Jinja replaces becomes blank, line numbers stay.

Not for: rendering. Shared by the rules on inline code (tests/architecture) and on bare text (tests/i18n).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
TRANSLATORS = frozenset({"_", "gettext", "ngettext", "pgettext", "npgettext"})
RAW_TAGS = frozenset({"script", "style"})


@dataclass(frozen=True)
class Tag:
    line: int
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Text:
    line: int
    text: str


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Tag | Text] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Tag(self.getpos()[0], tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        blank = data[: len(data) - len(data.lstrip())]
        self.found.append(Text(self.getpos()[0] + blank.count("\n"), data.strip()))


def html_of(source: str) -> str:
    """The template's own HTML. Expressions, statements, comments, the bodies of {% trans %} and of blocks named `…_class`
    (they stand inside an attribute of the base template) leave only their newlines."""
    parts: list[str] = []
    until = ""
    statement: list[str] = []
    for _line, kind, value in ENVIRONMENT.lexer.tokeniter(ENVIRONMENT.preprocess(source), None):
        if kind == "block_begin":
            statement = []
        elif kind == "name":
            statement.append(value)
        elif kind == "block_end" and statement:
            until = "" if statement[0] == until else (until or _hides_until(statement))
        parts.append(value if kind == "data" and not until else _blank(kind, value))
    return "".join(parts)


def _hides_until(statement: list[str]) -> str:
    if statement[0] == "trans":
        return "endtrans"
    return "endblock" if statement[0] == "block" and statement[1].endswith("_class") else ""


def _blank(kind: str, value: str) -> str:
    newlines = "\n" * value.count("\n")
    return newlines or ("\N{ZERO WIDTH SPACE}" if kind == "variable_begin" else "")


def tags_and_texts(source: str) -> list[Tag | Text]:
    reader = _HtmlReader()
    reader.feed(html_of(source))
    reader.close()
    return reader.found


def untranslated_strings(source: str) -> Iterator[Text]:
    """String constants in the template's expressions that no translating function receives."""
    yield from _walk(ENVIRONMENT.parse(source))


def _walk(node: nodes.Node) -> Iterator[Text]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATORS:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield Text(node.lineno, node.value)
    for child in node.iter_child_nodes():
        yield from _walk(child)


def uses_of_safe(source: str) -> Iterator[int]:
    """Lines that switch escaping off."""
    tree = ENVIRONMENT.parse(source)
    yield from (node.lineno for node in tree.find_all(nodes.Filter) if node.name in ("safe", "forceescape_off"))
    yield from (number for number, line in enumerate(source.splitlines(), 1) if re.search(r"{%-?\s*autoescape", line))


def template_paths(root: Path) -> list[Path]:
    return sorted(path for path in (root / "templates").rglob("*") if path.suffix in (".html", ".txt", ".svg"))
