"""A secret is made once, whole, for its owner's eyes only."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from app import secret_files
from app.config import SettingError, load_settings
from app.secret_files import SecretFileError, read_or_make_secret


def test_the_first_start_makes_a_secret_and_the_second_reads_it(tmp_path: Path) -> None:
    first = load_settings({"instance_path": tmp_path / "new"}, environment={}).secret_key
    second = load_settings({"instance_path": tmp_path / "new"}, environment={}).secret_key
    assert first == second
    assert len(first) == 64
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["secret_key"]


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    assert read_or_make_secret(tmp_path / "a") != read_or_make_secret(tmp_path / "b")


def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        read_or_make_secret(tmp_path / "instance" / "secret_key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "instance").stat().st_mode) == 0o700


def test_a_secret_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    load_settings({"instance_path": tmp_path}, environment={})
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600") as refusal:
        load_settings({"instance_path": tmp_path}, environment={})
    assert refusal.value.name == "secret_key"


def test_an_empty_secret_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch(mode=0o600)
    with pytest.raises(SettingError, match="too short"):
        load_settings({"instance_path": tmp_path}, environment={})


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SecretFileError, match="Make the folder writable"):
        read_or_make_secret(tmp_path / "file" / "secret_key")


def test_whoever_is_second_in_making_a_secret_keeps_the_first(tmp_path: Path) -> None:
    secret_files._make(tmp_path / "secret_key")
    first = (tmp_path / "secret_key").read_text(encoding="utf-8")
    secret_files._make(tmp_path / "secret_key")  # had looked before the first was there
    assert (tmp_path / "secret_key").read_text(encoding="utf-8") == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        made = pool.map(read_or_make_secret, [tmp_path / "secret_key"] * 16, chunksize=1)
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
