"""An operator at a browser without scripts: opens pages, fills the form that is shown, presses one of its buttons.

Not for: what only a browser shows (`tests/e2e`).
Holds always: hidden fields go back as they came; a field that the form does not show cannot be filled in, a choice that is not
offered cannot be taken, a button that is not there cannot be pressed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import Element, Page, read_page

Typed = Mapping[str, str | Sequence[str]]
SAVE = ("azione", "continua")
LEAVE = ("azione", "esci")
DETAILS = ("azione", "dettagli")
REDIRECTS = frozenset({301, 302, 303})


def flat(text: str) -> str:
    """Text as it is read: runs of white space are one space."""
    return " ".join(text.split())


@dataclass
class Form:
    """A form as served: where it posts to, what it would send, its controls and buttons."""

    action: str
    fields: dict[str, list[str]]
    offered: dict[str, set[str] | None]
    buttons: set[tuple[str, str]]
    text: str


class Screen:
    """A page that a person looks at. `path` is its address without the fragment, `fragment` where a redirect pointed to."""

    def __init__(self, response: TestResponse, fragment: str = "") -> None:
        self.status = response.status_code
        self.path = response.request.path
        self.fragment = fragment
        self.html = response.get_data(as_text=True)
        self.page: Page = read_page(self.html)

    @property
    def heading(self) -> str:
        return flat(self.page.all("h1")[0].text)

    @property
    def text(self) -> str:
        """All that is read in the page's main part."""
        return flat(self.page.all("main")[0].text)

    def with_class(self, name: str) -> list[Element]:
        return [element for element in self.page.elements if name in element.attributes.get("class", "").split()]

    def texts(self, name: str) -> list[str]:
        """The texts of all elements of a class."""
        return [flat(element.text) for element in self.with_class(name)]

    @property
    def alerts(self) -> list[str]:
        return self.texts("alert")

    def links(self) -> dict[str, str]:
        """Text to address of every link in the main part."""
        return {flat(one.text): one.attributes["href"] for one in self.page.all("a") if one.inside("main")}

    def by_id(self, name: str) -> Element:
        found = [element for element in self.page.elements if element.attributes.get("id") == name]
        assert found, f"{self.path} has no #{name}"
        return found[0]

    def error_of(self, code: str) -> str | None:
        """What is said to be wrong beside the question."""
        found = [one for one in self.page.elements if one.attributes.get("id") == f"q-{code}-error"]
        return flat(found[0].text).replace("Errore: ", "").replace("Error: ", "") if found else None

    def summary(self) -> list[tuple[str, str]]:
        """(address, text) of the links in the summary of errors."""
        return [
            (one.attributes["href"], flat(one.text)) for one in self.page.all("a") if _above(one, "error-summary") is not None
        ]

    def questions(self) -> list[str]:
        """The codes of the questions on the page, in order."""
        return [one.attributes["data-question"] for one in self.page.elements if "data-question" in one.attributes]

    def forms(self) -> list[Form]:
        return [_form(self, element) for element in self.page.all("form")]

    def form(self, action: str | None = None, containing: str = "") -> Form:
        """The form that posts to this address (by default the page's own), and whose text contains something."""
        wanted = action or self.path
        found = [one for one in self.forms() if one.action == wanted and containing in one.text]
        assert found, f"{self.path} has no form to {wanted} with {containing!r}"
        return found[0]

    def value(self, name: str, action: str | None = None) -> list[str]:
        """What the form would send for one field as it stands."""
        return self.form(action).fields.get(name, [])

    def unnamed_cells(self) -> list[str]:
        """The cells of stacked tables that do not carry the name of their column, as they must where the head is not shown."""
        stacked = self.with_class("table-stacked")
        wrong = []
        for table in stacked:
            heads = [
                flat(one.text) for one in self.page.all("th") if one.attributes.get("scope") == "col" and _within(one, table)
            ]
            for row in [one for one in self.page.all("tr") if _within(one, table)]:
                cells = [one for one in self.page.all("td") if one.parent is row]
                wrong += [
                    f"{head}: {flat(cell.text)}"
                    for head, cell in zip(heads[1:], cells, strict=False)
                    if flat(cell.text) and cell.attributes.get("data-label") != head and "href" not in _first_link(self, cell)
                ]
        return wrong

    def task_states(self) -> list[tuple[str, str]]:
        """(title, state) of each line of the task list."""
        rows = self.with_class("task-row")
        titles = [flat(one.text) for one in self.with_class("task-title") if one.parent in rows]
        states = [flat(one.text) for one in self.with_class("task-state") if one.parent in rows]
        return list(zip(titles, states, strict=True))


def _first_link(screen: Screen, cell: Element) -> Mapping[str, str]:
    """The attributes of the first link in a cell, which says itself where it leads."""
    return next((one.attributes for one in screen.page.all("a") if _within(one, cell)), {})


def _above(element: Element, name: str) -> Element | None:
    above: Element | None = element
    while above is not None and name not in above.attributes.get("class", "").split():
        above = above.parent
    return above


def _within(element: Element, ancestor: Element) -> bool:
    above = element.parent
    while above is not None and above is not ancestor:
        above = above.parent
    return above is not None


def _form(screen: Screen, element: Element) -> Form:
    form = Form(element.attributes.get("action") or screen.path, {}, {}, set(), flat(element.text))
    for control in screen.page.elements:
        name = control.attributes.get("name")
        if name is None or not _within(control, element) or "disabled" in control.attributes:
            continue
        if control.tag == "button":
            form.buttons.add((name, control.attributes.get("value", "")))
        elif control.tag == "textarea":
            form.offered[name] = None
            form.fields[name] = [control.text.removeprefix("\n")]
        elif control.tag == "select":
            options = [one for one in screen.page.all("option") if _within(one, control)]
            values = [one.attributes.get("value", flat(one.text)) for one in options]
            form.offered[name] = set(values)
            form.fields[name] = [
                value for value, one in zip(values, options, strict=True) if "selected" in one.attributes
            ] or values[:1]
        elif control.tag == "input" and control.attributes.get("type") in {"radio", "checkbox"}:
            choices = form.offered.setdefault(name, set())
            assert choices is not None
            choices.add(control.attributes.get("value", "on"))
            if "checked" in control.attributes:
                form.fields.setdefault(name, []).append(control.attributes.get("value", "on"))
        elif control.tag == "input":
            form.offered[name] = None
            form.fields.setdefault(name, []).append(control.attributes.get("value", ""))
    return form


class Person:
    """One browser with a live session."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> Screen:
        """The page at this address, redirects followed."""
        return self._follow(self.client.get(path), "")

    def _follow(self, response: TestResponse, fragment: str) -> Screen:
        for _hop in range(5):
            if response.status_code not in REDIRECTS:
                return Screen(response, fragment)
            target = urlsplit(response.location)
            fragment = target.fragment
            response = self.client.get(f"{target.path}?{target.query}" if target.query else target.path)
        raise AssertionError("redirects without end")

    def send(self, screen: Screen, typed: Typed | None = None, press: tuple[str, str] | None = SAVE) -> Screen:
        """Fill the page's own form in as it was served, however long ago, press a button, and give the page that follows."""
        return self._send(screen.form(), typed or {}, press)

    def _send(self, form: Form, typed: Typed, press: tuple[str, str] | None) -> Screen:
        fields = dict(form.fields)
        for name, given in typed.items():
            values = [given] if isinstance(given, str) else list(given)
            assert name in form.offered, f"{form.action} asks no {name}"
            choices = form.offered[name]
            assert choices is None or choices.issuperset(values), f"{form.action} offers {choices} for {name}, not {values}"
            fields[name] = values
        if press is not None:
            assert press in form.buttons, f"{form.action} has no button {press}"
            fields[press[0]] = [press[1]]
        return self._follow(self.client.post(form.action, data=fields), "")

    def fill(self, path: str, typed: Typed, press: tuple[str, str] | None = SAVE) -> Screen:
        """Open a page, fill it in, press a button."""
        return self.send(self.get(path), typed, press)

    def press(self, screen: Screen, button: str, containing: str = "") -> Screen:
        """Press the button of a form that has nothing to fill in, by its text and that of its row."""
        found = [one for one in screen.forms() if one.text.startswith(button) and containing in one.text]
        assert found, f"{screen.path} has no button {button!r} {containing!r}"
        return self._send(found[0], {}, None)
