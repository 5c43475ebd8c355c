"""Nothing is written for a form that is not ours, and the token never repeats in a page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import csrf


@pytest.fixture
def database_kind() -> str:
    """These do not depend on the database."""
    return "sqlite"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_without_a_token_nothing_is_done(visitor: FlaskClient, method: str) -> None:
    refused = visitor.open("/probe/save", method=method)
    assert refused.status_code == 400
    assert "La pagina era aperta da troppo tempo" in refused.text


def test_the_token_of_the_same_session_is_taken_in_a_field_and_in_a_header(visitor: FlaskClient) -> None:
    token = visitor.get("/probe/form").text
    assert visitor.post("/probe/save", data={"csrf_token": token}).text == "saved"
    assert visitor.post("/probe/save", headers={"X-CSRFToken": token}).text == "saved"


def test_the_token_differs_at_each_page_and_each_stays_good(visitor: FlaskClient) -> None:
    tokens = [visitor.get("/probe/form").text for _ in range(20)]
    assert len(set(tokens)) == 20
    common = max(sum(left == right for left, right in zip(tokens[0], other, strict=False)) for other in tokens[1:])
    assert common < len(tokens[0]) / 8
    assert visitor.post("/probe/save", data={"csrf_token": tokens[0]}).text == "saved"


@pytest.mark.parametrize("spoil", ["", "x", "é", "====", "A" * 40, "A" * 400])
def test_a_spoilt_token_is_refused(visitor: FlaskClient, spoil: str) -> None:
    visitor.get("/probe/form")
    assert visitor.post("/probe/save", data={"csrf_token": spoil}).status_code == 400


def test_a_token_with_one_changed_character_is_refused(visitor: FlaskClient) -> None:
    token = visitor.get("/probe/form").text
    changed = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    assert visitor.post("/probe/save", data={"csrf_token": changed}).status_code == 400


def test_the_token_of_another_session_is_refused(visitor: FlaskClient, probed: Flask) -> None:
    token = probed.test_client().get("/probe/form").text
    visitor.get("/probe/form")
    assert visitor.post("/probe/save", data={"csrf_token": token}).status_code == 400


def test_a_token_from_before_the_session_was_cleared_is_refused(visitor: FlaskClient) -> None:
    token = visitor.get("/probe/form").text
    visitor.get("/probe/new-session")
    assert visitor.post("/probe/save", data={"csrf_token": token}).status_code == 400


def test_a_page_that_can_show_again_what_was_typed_gets_the_chance(visitor: FlaskClient) -> None:
    shown = visitor.post("/probe/redisplay", data={"csrf_token": "old", "B01": "quello che ho scritto"})
    assert (shown.status_code, shown.text) == (400, "quello che ho scritto")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_sends_reaches_no_page_even_with_a_good_token(visitor: FlaskClient, site: str) -> None:
    token = visitor.get("/probe/form").text
    for address in ("/probe/save", "/probe/redisplay"):
        refused = visitor.post(address, data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 400
        assert "Richiesta arrivata da un altro sito" in refused.text


def test_a_json_client_is_refused_in_json(visitor: FlaskClient) -> None:
    refused = visitor.post("/probe/save", json={"B01": "x"})
    assert refused.status_code == 400
    assert set(refused.get_json()) == {"status", "title", "message"}


def test_a_token_of_another_session_is_refused_also_when_both_are_remembered(probed: Flask) -> None:
    here, there = probed.test_client(), probed.test_client()
    own, foreign = here.get("/probe/form").text, there.get("/probe/form").text
    assert here.post("/probe/save", data={"csrf_token": own}).text == "saved"
    assert here.post("/probe/save", data={"csrf_token": foreign}).status_code == 400


def test_a_forged_cookie_is_refused_although_the_true_one_is_remembered(visitor: FlaskClient) -> None:
    token = visitor.get("/probe/form").text
    cookie = visitor.get_cookie("ricognizione-form")
    assert cookie is not None
    assert visitor.post("/probe/save", data={"csrf_token": token}).text == "saved"
    content, _dot, signature = cookie.value.rpartition(".")
    forged = f"{content}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    visitor.set_cookie("ricognizione-form", forged)
    assert visitor.post("/probe/save", data={"csrf_token": token}).status_code == 400


def test_a_remembered_session_is_not_changed_by_what_a_request_does_with_it(probed: Flask) -> None:
    one, other = probed.test_client(), probed.test_client()
    one.get("/probe/form")
    cookie = one.get_cookie("ricognizione-form")
    assert cookie is not None
    other.set_cookie("ricognizione-form", cookie.value)
    other.get("/probe/form")
    other.get("/probe/new-session")
    assert one.post("/probe/save", data={"csrf_token": one.get("/probe/form").text}).text == "saved"


def test_a_token_that_another_process_has_signed_is_good_and_stays_one_of_its_session(probed: Flask) -> None:
    here, there = probed.test_client(), probed.test_client()
    token, foreign = here.get("/probe/form").text, there.get("/probe/form").text
    probed.extensions[csrf.SIGNED].clear()  # as in a process that has drawn neither page
    for _twice in range(2):
        assert here.post("/probe/save", data={"csrf_token": token}).text == "saved"
        assert there.post("/probe/save", data={"csrf_token": token}).status_code == 400
    assert there.post("/probe/save", data={"csrf_token": foreign}).text == "saved"
