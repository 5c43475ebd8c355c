"""A provider that hangs or leaves something out holds one thread at most, and is asked again only after a while."""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask

from app.accounts import oidc
from tests.accounts.few import at_once

ADDRESSES = ("https://sso.example.it/autorizza", "https://sso.example.it/token")


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(oidc_issuer="https://sso.example.it", oidc_client_id="ricognizione", oidc_client_secret="segreto")


class Asked:
    """Stands in for asking the provider: counts, waits as long as it is told to, and answers or fails."""

    def __init__(self) -> None:
        self.times = 0
        self.fails = False
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.waits = threading.Event()

    def __call__(self, now: dt.datetime) -> oidc.Provider:
        self.times += 1
        self.waits.set()
        assert self.goes_on.wait(20)
        if self.fails:
            raise oidc.ProviderError("unreachable")
        return oidc.Provider(*ADDRESSES, "client_secret_basic", {"keys": []}, now)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked()
    monkeypatch.setattr(oidc, "_discover", made)
    return made


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(oidc.ProviderError) as caught:
        deed()
    return caught.value.reason


def test_a_failure_is_remembered_for_half_a_minute(app: Flask, asked: Asked, now: dt.datetime) -> None:
    asked.fails = True
    with app.app_context():
        for seconds in (0, 1, 29):
            assert refused(functools.partial(oidc.provider, now + dt.timedelta(seconds=seconds))) == "unreachable"
        assert asked.times == 1
        asked.fails = False
        later = now + dt.timedelta(seconds=30)
        assert oidc.provider(later).found_at == later
        assert oidc.provider(later + dt.timedelta(minutes=59)).found_at == later
        assert asked.times == 2


def test_a_failure_to_find_newer_keys_leaves_the_ones_that_are_good(app: Flask, asked: Asked, now: dt.datetime) -> None:
    with app.app_context():
        kept = oidc.provider(now)
        asked.fails = True
        assert refused(lambda: oidc.provider(now, fresh=True)) == "unreachable"
        assert oidc.provider(now) is kept


def test_while_one_asks_a_provider_that_hangs_the_others_are_refused_at_once(
    app: Flask, asked: Asked, now: dt.datetime
) -> None:
    asked.goes_on.clear()

    def second() -> str:
        try:
            assert asked.waits.wait(20)
            return refused(lambda: oidc.provider(now))
        finally:
            asked.goes_on.set()

    first, told = at_once(app, [lambda: oidc.provider(now), second])
    assert isinstance(first, oidc.Provider)
    assert (told, asked.times) == ("unreachable", 1)


def test_while_one_asks_again_the_others_go_on_with_what_they_had(app: Flask, asked: Asked, now: dt.datetime) -> None:
    with app.app_context():
        kept = oidc.provider(now)
    asked.waits.clear()
    asked.goes_on.clear()
    later = now + dt.timedelta(hours=2)

    def second() -> oidc.Provider:
        try:
            assert asked.waits.wait(20)
            return oidc.provider(later)
        finally:
            asked.goes_on.set()

    first, other = at_once(app, [lambda: oidc.provider(later), second])
    assert other is kept
    assert isinstance(first, oidc.Provider)
    assert (first.found_at, asked.times) == (later, 2)


@pytest.mark.parametrize("answer", [{}, {"id_token": None}, {"id_token": ""}, {"id_token": ["a"]}, []])
def test_an_answer_without_an_identity_token_is_refused(
    app: Flask, asked: Asked, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    client = SimpleNamespace(fetch_token=lambda *_args, **_options: answer)
    monkeypatch.setattr(oidc, "_client", lambda *_given: client)
    with app.app_context():
        oidc.provider(now - dt.timedelta(minutes=1))
        back = functools.partial(oidc.subject_of, "code", "https://x.it/r", nonce="n", verifier="v", now=now)
        assert refused(back) == "token"
        assert asked.times == 1, "other keys would not make it better"
