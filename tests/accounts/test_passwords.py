"""Passwords: length and common ones refused, hashed with argon2id, few at a time, none faster than another."""

from __future__ import annotations

import statistics
import threading
import time

import pytest
from flask import Flask

from app.accounts import passwords
from app.accounts.passwords import (
    HashingBusyError,
    WeakPasswordError,
    check_new_password,
    hash_password,
    needs_rehash,
    verify_password,
)

OWN = ("Agliè", "", "001001")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "short"),
        ("nove cars", "short"),
        ("e\u0301" * 9, "short"),
        ("a" * 201, "long"),
        ("PASSWORD2026", "common"),
        ("Intesecomune", "common"),
        ("qwertyuiop", "common"),
        ("ababababab", "common"),
        ("agliè001001", "obvious"),
        ("ComuneDiAgliè2026", "obvious"),
        ("0010010010", "common"),
        ("3141592653", "obvious"),
    ],
)
def test_a_weak_password_is_refused(password: str, reason: str) -> None:
    with pytest.raises(WeakPasswordError) as caught:
        check_new_password(password, OWN)
    assert caught.value.reason == reason


def test_the_lists_hold_the_thousands_most_used_that_are_long_enough() -> None:
    common = passwords._common_passwords()
    assert len(common) == 6_116
    assert [word for word in common if len(word) < passwords.SHORTEST or word != word.casefold()] == []
    frequent = passwords._COMMON[1].read_text(encoding="utf-8").splitlines()
    assert len(frequent) == 4_307
    for password in (frequent[0], frequent[2_999].upper(), frequent[-1]):
        with pytest.raises(WeakPasswordError) as caught:
            check_new_password(password)
        assert caught.value.reason == "common"


GOOD = ["cavallo batteria graffetta", "Xk7-pLm2_qR9", "perché no, così è", "密码密码传说中的十个字符啊", "a1b2c3d4e5f6"]


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_needs_no_composition(password: str) -> None:
    check_new_password(password, OWN)


def test_a_hash_is_argon2id_with_a_salt(app: Flask) -> None:
    with app.app_context():
        first, second = hash_password("cavallo batteria"), hash_password("cavallo batteria")
        assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert first != second
        assert verify_password(first, "cavallo batteria")
        assert not verify_password(first, "cavallo batteriA")
        assert not verify_password(first, "")
        assert not needs_rehash(first)
        assert needs_rehash("$argon2id$v=19$m=1024,t=1,p=1$" + first.split("$", 4)[4])


def test_two_keyboards_type_the_same_password(app: Flask) -> None:
    with app.app_context():
        assert verify_password(hash_password("perche\u0301 cosi\u0300"), "perché così")


def test_without_a_stored_hash_the_answer_is_no(app: Flask) -> None:
    with app.app_context():
        assert not verify_password(None, "the password of an entity that has none")
        assert not verify_password("", "")
        assert not verify_password("not a hash", "cavallo batteria")


def test_no_account_takes_as_long_as_a_wrong_password(app: Flask) -> None:
    with app.app_context():
        stored = hash_password("cavallo batteria")

        def median(hash_or_none: str | None) -> float:
            times = []
            for _ in range(9):
                start = time.perf_counter()
                verify_password(hash_or_none, "sbagliata sbagliata")
                times.append(time.perf_counter() - start)
            return statistics.median(times)

        median(None)
        existing, absent = median(stored), median(None)
        assert 0.5 < existing / absent < 2


def test_few_are_hashed_at_a_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = [0], [0], threading.Lock()

    class Slow:
        def hash(self, password: str) -> str:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.02)
            with lock:
                running[0] -= 1
            return password

    monkeypatch.setattr(passwords, "_hasher", Slow())

    def work() -> None:
        with app.app_context():
            hash_password("cavallo batteria")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


def test_whoever_waits_too_long_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    with app.app_context(), passwords._one_of_few(), passwords._one_of_few(), pytest.raises(HashingBusyError):
        hash_password("cavallo batteria")
