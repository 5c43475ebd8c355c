"""Finds words that a person would see and no translator would: in templates, and in the Python of the surfaces.

Not for: commands (their output is for whoever runs the installation) and exceptions that no page shows.
Holds always: a template is parsed as HTML after its Jinja is taken out, so that only what is printed counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.template_source import RAW_TAGS, Tag, Text, tags_and_texts, template_paths, untranslated_strings

LETTERS = re.compile(r"[^\W\d_]")
SPOKEN_ATTRIBUTES = (
    "alt",
    "title",
    "placeholder",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "summary",
    "label",
)
SPOKEN_VALUES = frozenset({"submit", "button", "reset"})
SENTENCE = re.compile(r"^[A-ZÀ-Ý«][a-zà-ÿ']+([ ,.:;?!…»]|$)")
SURFACES = ("access", "fill", "public", "desk", "web", "page_context.py", "errors.py")
TRANSLATORS = frozenset({"_", "_l", "_n", "N_", "gettext", "ngettext", "pgettext", "lazy_gettext", "lazy_ngettext"})
SILENT = re.compile(r"(Error|Exception|Refused|echo|getLogger|info|warning|debug|error|exception)$")
PROPER_NAMES = frozenset({"Ricognizione", "Italiano", "English", "Deutsch", "Français", "Slovenščina"})
HEADER_NAMES = frozenset({"Accept", "Allow", "Cookie", "Host", "Location", "Origin", "Vary"})
ADDRESS = re.compile(r"(https?://|www\.)\S+|\S+@\S+")
LONE_ATTRIBUTE = re.compile(
    r"[a-z-]+=([\"'])[^\w]*\1|aria-invalid=\"true\"|\bx\b"
)  # what macros write into tags, or mean by true
BEFORE_A_LANGUAGE_IS_KNOWN = frozenset({"web/edge.py"})


def in_templates(root: Path) -> list[str]:
    """Bare text in the templates under `root`: between tags, in spoken attributes, in string constants of expressions."""
    found = []
    for path in template_paths(root):
        source = path.read_text()
        texts = [*_printed(source, is_html=path.suffix == ".html"), *_quoted(source)]
        found += [f"{path.relative_to(root)}:{text.line} {text.text!r}" for text in texts if _is_translatable(text.text)]
    return found


def _is_translatable(text: str) -> bool:
    """Whether letters are left once names, addresses and attributes that a macro writes are taken away."""
    rest = LONE_ATTRIBUTE.sub("", ADDRESS.sub("", text))
    return LETTERS.search(rest) is not None and rest.strip(" –-·|:«»()\N{ZERO WIDTH SPACE}") not in PROPER_NAMES


def _printed(source: str, *, is_html: bool) -> Iterator[Text]:
    inside = ""
    for part in tags_and_texts(source) if is_html else []:
        if isinstance(part, Tag):
            inside = part.name
            yield from _spoken(part)
        elif inside not in RAW_TAGS and LETTERS.search(part.text):
            yield part


def _spoken(tag: Tag) -> Iterator[Text]:
    names = [*SPOKEN_ATTRIBUTES]
    if tag.name == "input" and tag.attributes.get("type") in SPOKEN_VALUES:
        names.append("value")
    if tag.name == "meta" and tag.attributes.get("name") == "description":
        names.append("content")
    for name in names:
        if LETTERS.search(tag.attributes.get(name, "")):
            yield Text(tag.line, tag.attributes[name])


def _quoted(source: str) -> Iterator[Text]:
    for text in untranslated_strings(source):
        if SENTENCE.match(text.text):
            yield text


def in_python(root: Path) -> list[str]:
    """Sentences in the surfaces' Python that no translating function receives and that are neither docstring nor error."""
    found = []
    for name in SURFACES:
        place = root / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.exists() else []:
            if path.name == "commands.py" or path.relative_to(root).as_posix() in BEFORE_A_LANGUAGE_IS_KNOWN:
                continue
            tree = ast.parse(path.read_text())
            found += [
                f"{path.relative_to(root)}:{node.lineno} {node.value!r}"
                for node in _sentences(tree)
                if isinstance(node.value, str) and node.value not in PROPER_NAMES | HEADER_NAMES
            ]
    return found


def _sentences(node: ast.AST) -> Iterator[ast.Constant]:
    """String constants below `node` that read like a sentence or a label."""
    if isinstance(node, ast.Call) and _is_silent(node):
        return
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or field in ("annotation", "returns") or _is_docstring(child):
                continue
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                if SENTENCE.match(child.value) and not _is_key(node, field):
                    yield child
            else:
                yield from _sentences(child)


def _is_silent(call: ast.Call) -> bool:
    name = ast.unparse(call.func).split(".")[-1]
    return name in TRANSLATORS or SILENT.search(name) is not None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_key(node: ast.AST, field: str) -> bool:
    """HTTP header names and the like: a word without a space used as the key of a subscript or dict."""
    return isinstance(node, ast.Subscript) or (isinstance(node, ast.Dict) and field == "keys")
