"""A stranger's text as plain text: without HTML, without uMap's own marks, without what cannot be seen.

Not for: judging what a text says. Pure.
Holds always: time and memory grow with the length of the text and no faster; a link stays as its text and its address; nothing
of a script, a style or a frame stays; what comes out is text and is escaped by whoever shows it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST_READ: Final = 40_000
ADDRESSES: Final = ("http://", "https://", "mailto:")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})([^<>]*)>|<[!?][^<>]*>")
_HREF: Final = re.compile(r"""(?i)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HIDDEN: Final = frozenset({"script", "style", "iframe", "object", "svg", "template", "noscript", "head", "title"})
_BREAKING: Final = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "section",
        "article",
        "blockquote",
        "dt",
        "dd",
    ]
)
_UMAP_FRAME: Final = re.compile(r"\{\{\{?[^{}]*\}\}\}?")
_UMAP_LINK: Final = re.compile(r"\[\[([^\[\]|]*)(?:\|([^\[\]]*))?\]\]")
_UMAP_STRONG: Final = re.compile(r"\*\*([^*\n]+)\*\*")
_UMAP_HEADING: Final = re.compile(r"(?m)^#{1,4} +")
_SPACES: Final = re.compile(r"[^\S\n]+")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS: Final = frozenset("\u200c\u200d")


def plain_text(written: str, longest: int) -> str:
    """The text, its lines kept, at most `longest` characters; one that is longer ends with an ellipsis."""
    text = written[:LONGEST_READ]
    if "<" in text:
        text = "".join(_without_tags(text))
    text = html.unescape(text) if "&" in text else text
    if any(mark in text for mark in ("{{", "[[", "**", "#")):
        text = _without_marks(text)
    lines = (_SPACES.sub(" ", line).strip() for line in _seen(text).split("\n"))
    return shortened(_EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip(), longest)


def plain_line(written: str, longest: int) -> str:
    """The same in one line."""
    return shortened(" ".join(plain_text(written, LONGEST_READ).split()), longest)


def shortened(text: str, longest: int) -> str:
    """A text that is plain already, cut to so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _seen(text: str) -> str:
    """Without control characters, marks of direction and other things that nobody sees; every line break one of ours."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\t", " ")
    if whole.isprintable():
        return whole
    return "".join(one for one in whole if one == "\n" or one in _JOINERS or unicodedata.category(one) not in _UNSEEN)


def _without_tags(text: str) -> Iterator[str]:
    hidden, links, place = "", [], 0
    for tag in _TAG.finditer(text):
        if not hidden:
            yield text[place : tag.start()]
        place = tag.end()
        closing, name, inside = tag.group(1) == "/", (tag.group(2) or "").lower(), tag.group(3) or ""
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing and not inside.endswith("/"):
            hidden = name
        elif name in _BREAKING:
            yield "\n"
        elif name == "a" and not closing:
            links.append(_address(inside))
        elif name == "a" and links and (address := links.pop()):
            yield f" ({address})"
    if not hidden:
        yield text[place:]


def _address(inside: str) -> str:
    """The address of a link, "" for one that is none we would follow."""
    found = _HREF.search(inside)
    address = next((one for one in found.groups() if one is not None), "") if found else ""
    address = html.unescape(address).strip()
    return address.removeprefix("mailto:") if address.lower().startswith(ADDRESSES) and " " not in address else ""


def _without_marks(text: str) -> str:
    text = _UMAP_LINK.sub(_umap_link, _UMAP_FRAME.sub("", text))
    return _UMAP_HEADING.sub("", _UMAP_STRONG.sub(r"\1", text))


def _umap_link(found: re.Match[str]) -> str:
    address, label = found.group(1).strip(), (found.group(2) or "").strip()
    return f"{label} ({address})" if label and label != address else address
