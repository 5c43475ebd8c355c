"""A page as it was served, read for what somebody without scripts can do with it: forms, links, errors, answers to read.

Not for: fetching it (`tests.browsing`) or judging its HTML (`tests.pages`).
Holds always: a form's fields are what a browser would send if nothing were touched; disabled controls send nothing.
"""

from __future__ import annotations

import html as markup
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from tests.pages import Element, read_page

Fields = dict[str, list[str]]
UNSENT = frozenset({"submit", "button", "reset", "image"})


class FormError(AssertionError):
    """The page has no such form, or the form no such field or button."""


@dataclass(frozen=True)
class Button:
    """A submit button. `name` is "" where it sends nothing itself."""

    name: str
    value: str
    text: str


@dataclass
class Form:
    """A form as it stands. `offered`: the values that a control of this name can send; empty where anything may be typed.

    `invalid`: the names of the controls marked as wrong.
    """

    action: str
    fields: Fields = field(default_factory=dict)
    offered: dict[str, set[str]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    invalid: set[str] = field(default_factory=set)

    def add(self, element: Element) -> None:
        """Take a control in."""
        given, name = element.attributes, element.attributes.get("name", "")
        kind = given.get("type", "text") if element.tag == "input" else element.tag
        if element.tag == "button":
            self.buttons.append(Button(name, given.get("value", ""), one_line(element.text)))
            return
        if not name or "disabled" in given or kind in UNSENT:
            return
        offered = self.offered.setdefault(name, set())
        if "aria-invalid" in given:
            self.invalid.add(name)
        if kind in {"radio", "checkbox"}:
            offered.add(given.get("value", "on"))
            if "checked" in given:
                self.fields.setdefault(name, []).append(given.get("value", "on"))
        elif kind == "textarea":
            self.fields.setdefault(name, []).append(element.text.removeprefix("\n"))
        else:
            self.fields.setdefault(name, []).append(given.get("value", ""))

    def filled(self, answers: Fields, button: tuple[str, str] | None = None) -> Fields:
        """What it sends with these answers in place of what stands there. Raises FormError for what it does not offer."""
        for name, values in answers.items():
            if name not in self.offered:
                raise FormError(f"the form to {self.action} asks no {name}")
            if self.offered[name] and not self.offered[name].issuperset(values):
                raise FormError(f"the form to {self.action} does not offer {values} for {name}")
        if button is not None and button not in {(one.name, one.value) for one in self.buttons}:
            raise FormError(f"the form to {self.action} has no button {button}")
        pressed = {button[0]: [button[1]]} if button is not None else {}
        return {**self.fields, **answers, **pressed}


@dataclass(frozen=True)
class AnswerRow:
    """An answer as a page shows it; `value` None where it says that there is none."""

    section: str
    sheet: str
    label: str
    value: str | None


class ServedPage:
    """`address`: where it came from, to which a form without an action posts."""

    def __init__(self, html: str, address: str) -> None:
        self.html = html
        self.address = address
        self.elements = read_page(html).elements

    @property
    def text(self) -> str:
        """The page with its references to characters resolved, to look for words in."""
        return markup.unescape(self.html)

    @cached_property
    def forms(self) -> list[Form]:
        """Every form in order."""
        forms: dict[int, Form] = {}
        for element in self.elements:
            if element.tag == "form":
                forms[id(element)] = Form(element.attributes.get("action") or self.address)
            elif element.tag in {"input", "textarea", "button"} and (around := _enclosing(element, "form")):
                forms[id(around)].add(element)
        return list(forms.values())

    def form(self, action: str, saying: str = "") -> Form:
        """The form that posts there, of several the one whose button begins with this text. Raises FormError."""
        wanted = without_query(action)
        for form in self.forms:
            if without_query(form.action) != wanted:
                continue
            if not saying or any(button.text.startswith(saying) for button in form.buttons):
                return form
        raise FormError(f"{self.address} has no form that posts to {action} {saying}".rstrip())

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The codes of the questions on the page."""
        return tuple(element.attributes["data-question"] for element in self.elements if "data-question" in element.attributes)

    @cached_property
    def errors(self) -> dict[str, str]:
        """What stands beside a question or field that is wrong, by its code or name."""
        errors: dict[str, str] = {}
        for element in self.elements:
            text = element.text.strip()
            if text and "field-error" in element.attributes.get("class", "").split():
                errors[element.attributes.get("id", "").removeprefix("q-").removesuffix("-error")] = text
        return errors

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The lines of the summary of errors: (id of the control, text)."""
        return [
            (element.attributes["href"].lstrip("#"), element.text.strip())
            for element in self.elements
            if element.tag == "a" and _inside_class(element, "error-summary")
        ]

    @property
    def links(self) -> dict[str, str]:
        """Address by text; the first of equal texts."""
        links: dict[str, str] = {}
        for element in self.elements:
            if element.tag == "a" and "href" in element.attributes:
                links.setdefault(one_line(element.text), element.attributes["href"])
        return links

    def texts_of(self, css_class: str) -> list[str]:
        """The texts of the elements of this class."""
        return [element.text for element in self.elements if css_class in element.attributes.get("class", "").split()]

    @property
    def answers(self) -> list[AnswerRow]:
        """Every answer that the page shows for reading, in order."""
        return list(self._answers())

    def _answers(self) -> Iterator[AnswerRow]:
        section = sheet = label = ""
        for element in self.elements:
            if element.tag in {"h2", "h3", "dt"} and not _inside_class(element, "answer-section"):
                continue
            classes = element.attributes.get("class", "").split()
            if element.tag == "h2":
                section, sheet = one_line(element.text), ""
            elif element.tag == "h3":
                sheet = one_line(element.text)
            elif element.tag == "dt":
                label = one_line(element.text)
            elif "tag" in classes and _enclosing(element, "dt"):
                label = label.removesuffix(one_line(element.text)).rstrip()
            elif "answer-value" in classes:
                yield AnswerRow(section, sheet, label, element.text)
            elif "answer-blank" in classes:
                yield AnswerRow(section, sheet, label, None)

    @property
    def table(self) -> list[list[str]]:
        """The cells of the page's tables, row by row."""
        rows: dict[int, list[str]] = {}
        for element in self.elements:
            if element.tag in {"td", "th"} and (row := _enclosing(element, "tr")):
                rows.setdefault(id(row), []).append(element.text)
        return list(rows.values())


def one_line(text: str) -> str:
    """A text with its white space joined."""
    return " ".join(text.split())


def without_query(address: str) -> str:
    """The path of an address."""
    return urlsplit(address).path


def _enclosing(element: Element, tag: str) -> Element | None:
    above = element.parent
    while above is not None and above.tag != tag:
        above = above.parent
    return above


def _inside_class(element: Element, css_class: str) -> bool:
    above = element.parent
    while above is not None and css_class not in above.attributes.get("class", "").split():
        above = above.parent
    return above is not None
