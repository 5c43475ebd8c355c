"""`/.well-known/security.txt` as RFC 9116 wants it: whom to tell, until when, in which languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.editions.current import EditionView
from tests.open_edition import edition

__all__ = ["edition"]
ADDRESS = "/.well-known/security.txt"


def _read(client: FlaskClient, **options: str) -> list[tuple[str, str]]:
    response = client.get(ADDRESS, **options)
    assert response.status_code == 200
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert "\r" not in response.text
    return [(name, value) for name, _, value in (line.partition(": ") for line in response.text.splitlines())]


def test_without_an_edition_it_names_the_page_of_contacts(make_app: Callable[..., Flask], clock: object) -> None:
    app = make_app(base_url="https://survey.example.it", CLOCK=lambda: dt.datetime(2026, 3, 1, 12, 0, 0, 9, dt.UTC))
    assert _read(app.test_client(), base_url="https://survey.example.it") == [
        ("Contact", "https://survey.example.it/contatti"),
        ("Expires", "2026-08-28T12:00:00Z"),
        ("Canonical", "https://survey.example.it/.well-known/security.txt"),
        ("Preferred-Languages", "it, en"),
    ]


def test_it_expires_within_a_year(client: FlaskClient, app: Flask) -> None:
    expires = dt.datetime.fromisoformat(dict(_read(client))["Expires"])
    left = expires - app.config["CLOCK"]()
    assert dt.timedelta(days=90) < left < dt.timedelta(days=366)


def test_an_edition_lends_its_address(client: FlaskClient, edition: EditionView) -> None:
    [email] = [contact.email for contact in edition.contacts if contact.email][:1]
    assert dict(_read(client))["Contact"] == f"mailto:{email}"


@pytest.mark.settings(security_contact="sicurezza@example.it", security_policy="https://example.it/segnalazioni")
def test_the_settings_come_first(client: FlaskClient, edition: EditionView) -> None:
    found = dict(_read(client))
    assert (found["Contact"], found["Policy"]) == ("mailto:sicurezza@example.it", "https://example.it/segnalazioni")
