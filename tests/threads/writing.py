"""What tests do at the pages of messages: write, answer, look."""

from __future__ import annotations

import io
from collections.abc import Sequence

from tests.fill.person import Form, Person, Screen

Attached = Sequence[tuple[str, bytes]]


def send(person: Person, form: Form, files: Attached = (), **typed: str) -> Screen:
    """Send a form as it was served, with these texts and files."""
    for name in typed:
        assert name in form.offered or any(name == button for button, _value in form.buttons), f"{form.action} asks no {name}"
    data: dict[str, object] = {**form.fields, **typed}
    data["allegati"] = [(io.BytesIO(content), name) for name, content in files]
    response = person.client.post(form.action, data=data, content_type="multipart/form-data")
    return person._follow(response, "")


def ask(
    person: Person, subject: str = "Una domanda", text: str = "Che cosa si intende?", files: Attached = (), query: str = ""
) -> Screen:
    """Begin a thread as an entity."""
    page = person.get(f"/messaggi/nuovo{query}")
    return send(person, page.form("/messaggi/nuovo"), files, oggetto=subject, testo=text)


def write(person: Person, path: str, text: str, files: Attached = (), **more: str) -> Screen:
    """Write in the thread at this address, from either side."""
    return send(person, person.get(path).form(path), files, testo=text, **more)
