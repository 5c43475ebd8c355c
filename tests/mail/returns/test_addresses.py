"""The envelope address of a delivery."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask

from app.config import Settings, settings
from app.mail.returns.addresses import delivery_id_of, return_path


@pytest.fixture
def read(app: Flask) -> Settings:
    with app.app_context():
        return settings()


def test_an_address_names_its_delivery_whatever_its_case(read: Settings) -> None:
    address = return_path(read, 17)
    assert address.startswith("ritorni+17.")
    assert delivery_id_of(address, read) == 17
    assert delivery_id_of(address.upper(), read) == 17


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.replace("+17.", "+18."),
        lambda address: address.replace("@questionario.example", "@altrove.example"),
        lambda address: address.replace("ritorni+", "altri+"),
        lambda address: address.split("@")[0][:-1] + "g@questionario.example",
        lambda address: "ritorni+17.@questionario.example",
        lambda address: "ritorni@questionario.example",
        lambda address: "ritorni+١٧.0123456789@questionario.example",
        lambda address: "",
    ],
)
def test_any_other_address_is_nobodys(read: Settings, change: Callable[[str], str]) -> None:
    assert delivery_id_of(change(return_path(read, 17)), read) is None


def test_another_secret_makes_other_marks(read: Settings) -> None:
    other = dataclasses.replace(read, secret_key="another secret, long enough to be one")
    assert delivery_id_of(return_path(other, 17), read) is None


def test_without_a_return_address_mail_comes_from_its_sender(read: Settings) -> None:
    plain = dataclasses.replace(read, mail_return_address="")
    assert return_path(plain, 17) == "rilevazione@questionario.example"
    assert delivery_id_of("rilevazione@questionario.example", plain) is None
    long = dataclasses.replace(read, mail_return_address=f"{'a' * 60}@questionario.example")
    assert return_path(long, 17) == "rilevazione@questionario.example"
