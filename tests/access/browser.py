"""A browser as far as these tests need one: it follows nothing by itself and sends the forms that the page shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.accounts.few import PASSWORD

OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class ShownForm:
    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[ShownForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(ShownForm(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and "name" in given and self.forms:
            unchosen = given.get("type") in {"radio", "checkbox"} and "checked" not in given
            self.forms[-1].fields += [] if unchosen else [(given["name"], given.get("value", ""))]


def forms_of(response: TestResponse) -> list[ShownForm]:
    parser = _Forms()
    parser.feed(response.text)
    return parser.forms


class Browser:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: object) -> TestResponse:
        return self.client.get(path, **kwargs)

    def send(self, page: TestResponse, action: str, typed: dict[str, str], headers: dict[str, str] = OURS) -> TestResponse:
        """Send the last form of the page that goes to `action`, with what was typed into it."""
        shown = [form for form in forms_of(page) if (form.action or page.request.path) == action and form.method == "post"][-1]
        fields = [(name, value) for name, value in shown.fields if name not in typed] + list(typed.items())
        return self.client.post(action, data=MultiDict(fields), headers=headers)

    def sign_in(self, name: str = "Agliè", password: str = PASSWORD, path: str = "/accedi") -> TestResponse:
        return self.send(self.get(path), "/accedi", {"entity": name, "password": password})

    def say_who(self, name: str = "Operatore A", path: str = "/operatore") -> TestResponse:
        typed = {
            "name": name,
            "office": "Ufficio servizi sociali",
            "email": "ufficio@comune.esempio.it",
            "phone": "055 1234567",
        }
        return self.send(self.get(path), "/operatore", typed)

    def cookie(self, name: str = "ricognizione") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found is not None else None
