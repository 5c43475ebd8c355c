"""The second factor: the digits that any authenticator shows, and the square that a phone reads."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts.totp import (
    STEP_SECONDS,
    code_at,
    enrolment_address,
    grouped,
    matching_step,
    secret_of,
    square_of,
    step_of,
)
from tests.conftest import START

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_rfc_6238(seconds: int, digits: str) -> None:
    assert code_at(RFC_SECRET, seconds // STEP_SECONDS) == digits
    assert matching_step(RFC_SECRET, digits, dt.datetime.fromtimestamp(seconds, dt.UTC)) == seconds // STEP_SECONDS


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, False), (2, False)])
def test_a_code_is_good_one_step_late_and_never_early(steps: int, good: bool) -> None:
    code = code_at(RFC_SECRET, step_of(START) + steps)
    assert matching_step(RFC_SECRET, code, START) == (step_of(START) + steps if good else None)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "１２３４５６", "0" * 500, "\x00"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, START) is None


def test_spaces_in_a_code_do_not_count() -> None:
    code = code_at(RFC_SECRET, step_of(START))
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", START) == step_of(START)


def test_each_member_and_serial_has_a_secret_of_its_own(app: Flask) -> None:
    with app.app_context():
        secrets = {secret_of(member, serial) for member in range(1, 6) for serial in range(1, 6)}
        assert secret_of(1, 1) == secret_of(1, 1)
    assert len(secrets) == 25
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_another_installation_has_other_secrets(make_app: Callable[..., Flask]) -> None:
    secrets = set()
    for key in ("a" * 40, "b" * 40):
        with make_app(secret_key=key).app_context():
            secrets.add(secret_of(1, 1))
    assert len(secrets) == 2


def test_the_square_holds_shapes_alone_and_the_secret_can_be_typed() -> None:
    address = enrolment_address(RFC_SECRET, "nome.cognome@example.org")
    assert address.startswith("otpauth://totp/Ricognizione:nome.cognome")
    assert f"secret={RFC_SECRET}" in address
    square = square_of(address)
    assert square.startswith('<svg aria-hidden="true"')
    assert "style" not in square
    assert "<script" not in square
    assert RFC_SECRET not in square
    assert grouped(RFC_SECRET).replace(" ", "") == RFC_SECRET
    assert {len(group) for group in grouped(RFC_SECRET).split()} == {4}
