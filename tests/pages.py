"""What is wrong with a page of HTML: read by the tests' client on every response, so that no view needs to ask.

Not for: contrast, focus order and what only a browser knows (axe, in tests/e2e).
Holds always: the check reads the page as a strict parser would; a page that only a forgiving browser repairs is reported.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
OPTIONAL_END = frozenset(["li", "p", "dt", "dd", "option", "tr", "td", "th", "tbody", "thead", "tfoot"])
LABELLED = frozenset({"input", "select", "textarea"})
NEED_NO_LABEL = frozenset({"hidden", "submit", "button", "image", "reset"})
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-errormessage", "list")
TEXT_ATTRIBUTES = ("aria-label", "aria-labelledby", "title")
RANDOM = re.compile(r"(?<![\w-])(?:[0-9a-f]{16}|[\w-]{40,}(?:\.[\w-]{6,}){0,2})(?![\w-])")
"""The number of a request, the token of a form, the token of a link."""
_sound: set[bytes] = set()


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    line: int
    parent: Element | None = None
    text: str = ""

    def inside(self, tag: str) -> bool:
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above is not None


@dataclass
class Page:
    """The elements of a page in order, and what the parser itself found wrong."""

    elements: list[Element] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        names = Counter(name for name, _ in attrs)
        self.page.problems += [f"line {line}: <{tag}> has {name} twice" for name, count in names.items() if count > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, line, self.open[-1] if self.open else None)
        self.page.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID and self.open:
            self.open.pop()  # SVG shapes close themselves

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            self.page.problems.append(f"line {self.getpos()[0]}: </{tag}> closes what never opens")
            return
        while self.open and self.open[-1].tag != tag and self.open[-1].tag in OPTIONAL_END:
            self.open.pop()
        if not self.open or self.open[-1].tag != tag:
            self.page.problems.append(f"line {self.getpos()[0]}: </{tag}> does not close the element that is open")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.problems += [
        f"line {element.line}: <{element.tag}> is never closed" for element in reader.open if element.tag not in OPTIONAL_END
    ]
    return reader.page


def problems_of(html: str) -> list[str]:
    """What is wrong with this whole page, one sentence each; empty when it is fine.

    A page that differs from a sound one by nothing but its random words is as sound: they are numbered in their order, so that
    what is twice on the page, or refers to something else on it, stays so.
    """
    numbers: dict[str, str] = {}
    numbered = RANDOM.sub(lambda word: numbers.setdefault(word[0], f"\0{len(numbers)}\0"), html)
    known = sha256(numbered.encode()).digest()
    if known in _sound:
        return []
    problems = _problems_of(html)
    if not problems:
        _sound.add(known)
    return problems


def _problems_of(html: str) -> list[str]:
    page = read_page(html)
    return [*page.problems, *_frame(page), *_ids(page), *_labels(page), *_inline(page), *_images_and_forms(page)]


def _frame(page: Page) -> list[str]:
    found = []
    headings = page.all("h1")
    if len(headings) != 1 or not headings[0].text.strip():
        found.append(f"a page has one h1 with text, this one has {len(headings)}")
    if not any(element.text.strip() for element in page.all("title") if not element.inside("svg")):
        found.append("the page has no title")
    if not any(element.attributes.get("lang") for element in page.all("html")):
        found.append("<html> does not say its language")
    if len(page.all("main")) != 1:
        found.append("a page has one <main>")
    return found


def _ids(page: Page) -> list[str]:
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    found = [f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1]
    for element in page.elements:
        for attribute in REFERENCES:
            found += [
                f"line {element.line}: {attribute}={name!r} of <{element.tag}> names no element"
                for name in element.attributes.get(attribute, "").split()
                if name not in ids
            ]
        target = element.attributes.get("href", "")
        if element.tag == "a" and target.startswith("#") and target[1:] not in ids:
            found.append(f"line {element.line}: link to {target!r}, which is not on the page")
    return found


def _labels(page: Page) -> list[str]:
    labels = {element.attributes["for"]: element for element in page.all("label") if "for" in element.attributes}
    found = []
    for element in page.all(*LABELLED):
        kind = element.attributes.get("type", "text") if element.tag == "input" else element.tag
        if kind in NEED_NO_LABEL:
            continue
        label = labels.get(element.attributes.get("id", ""))
        named = any(element.attributes.get(name) for name in TEXT_ATTRIBUTES)
        if not named and not element.inside("label") and (label is None or not label.text.strip()):
            found.append(f"line {element.line}: <{element.tag} name={element.attributes.get('name')!r}> has no label")
    for element in page.all("button", "a"):
        named = any(element.attributes.get(name) for name in TEXT_ATTRIBUTES)
        if (
            not named
            and not element.text.strip()
            and "hidden" not in element.attributes  # a script writes into it before it shows it
            and "href" in (*element.attributes, "href" if element.tag == "button" else "")
        ):
            found.append(f"line {element.line}: <{element.tag}> has no text")
    return found


def _inline(page: Page) -> list[str]:
    found = []
    for element in page.elements:
        if element.tag == "style" or (element.tag == "script" and "src" not in element.attributes):
            kind = element.attributes.get("type", "")
            if kind not in ("application/json", "application/ld+json"):
                found.append(f"line {element.line}: inline <{element.tag}>, which the security policy blocks")
        found += [
            f"line {element.line}: inline {name} on <{element.tag}>, which the security policy blocks"
            for name in element.attributes
            if name == "style" or name.startswith("on")
        ]
    return found


def _images_and_forms(page: Page) -> list[str]:
    found = [f"line {element.line}: <img> without alt" for element in page.all("img") if "alt" not in element.attributes]
    # A shell holds no token on purpose: a script takes its forms over, and one that is posted all the same comes back as typed.
    is_shell = any("shell" in body.attributes.get("class", "").split() for body in page.all("body"))
    for form in page.all("form"):
        if is_shell or form.attributes.get("method", "get").lower() != "post":
            continue
        inside = [element for element in page.all("input") if element.parent is not None and _within(element, form)]
        if not any(element.attributes.get("name") == "csrf_token" for element in inside):
            found.append(f"line {form.line}: a form that posts has no csrf_token")
    return found


def _within(element: Element, ancestor: Element) -> bool:
    above = element.parent
    while above is not None and above is not ancestor:
        above = above.parent
    return above is not None
