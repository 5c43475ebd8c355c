"""The other guides can be followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.guides import ADMINISTRATOR, COORDINATOR, DOCUMENTS, commands_of, follow, name, run

OTHERS = [path for path in DOCUMENTS if path not in (ADMINISTRATOR, COORDINATOR) and commands_of(path.read_text())]


@pytest.mark.parametrize("path", OTHERS, ids=name)
def test_the_commands_of_a_guide_work_in_their_order(path: Path, tmp_path: Path) -> None:
    follow(path, tmp_path)


def test_a_command_that_fails_is_seen(tmp_path: Path) -> None:
    assert run("flask --app wsgi edition load manca.yaml", tmp_path).returncode != 0
    with pytest.raises(AssertionError, match="may only ask"):
        run("rm -rf cartella", tmp_path)
