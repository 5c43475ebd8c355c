"""Files that nobody meant well, or nobody looked at: a clear error, in bounded memory and time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.registry.imports import files
from app.registry.imports.changes import MOST_PROBLEMS, Draft, TooManyProblemsError
from app.registry.imports.files import LONGEST_LINE, read_rows
from app.registry.imports.plan import SOURCES
from app.registry.load import RegistryFileError
from tests.live_site import ROOT, clean_environment
from tests.registry.imports.sources import plan, write

COLUMNS = {"one": ("one",), "two": ("two", "second")}
GOOD = b"one,two\r\na,b\r\n"
REFUSED = {
    "an empty file": (b"", 1, "lacks the columns one, two"),
    "a column too few": (b"one,three\na,b\n", 1, "lacks the columns two"),
    "a spreadsheet": (b"PK\x03\x04" + b"x" * 50, 1, "is a spreadsheet"),
    "UTF-16": ("one,two\na,b\n".encode("utf-16"), 1, "is UTF-16"),
    "UTF-16 without a mark": ("one,two\na,b\n".encode("utf-16-le"), 1, "lacks the columns"),
    "zeros": (b"\x00" * 1000, 1, "lacks the columns"),
    "two encodings": ("one,two\nà,b\n".encode() + "è,b\n".encode("latin-1"), 3, "is not UTF-8, and other lines are"),
    "a line of 10 MB": (GOOD + b"x" * 10_000_000, 3, "is longer than 64 KiB"),
    "10 MB without a line": (b"x" * 10_000_000, 1, "is longer than 64 KiB"),
}


def read(file: Path) -> tuple[list[tuple[int, str, str]], list[int]]:
    draft = Draft()
    rows = [(row.line, row["one"], row["two"]) for row in read_rows(file, draft, required=COLUMNS, optional={})]
    return rows, [line for line, _ in draft.problems]


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_table_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    content, line, message = REFUSED[case]
    file = tmp_path / "hostile.csv"
    file.write_bytes(content)
    with pytest.raises(RegistryFileError, match=message) as caught:
        read(file)
    assert (caught.value.file, caught.value.line) == ("hostile.csv", line)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(RegistryFileError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize("separator", [b"\t", b";", b","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_separators_and_encodings_are_found(tmp_path: Path, separator: bytes, encoding: str) -> None:
    file = tmp_path / "a.csv"
    text = "\n".join([separator.decode().join(("Second", "x", "ONE")), separator.decode().join(("ù’", "", "  à   è "))])
    file.write_bytes(text.encode(encoding))
    assert read(file) == ([(2, "à è", "ù’")], [])


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    file = write(tmp_path, ["one,two", '"a\nb",c', "", "d,e,f", 'g"h,"i"j', "k\x00,l", f"m,{'n' * 301}", '"o""p",q'])
    rows, problems = read(file)
    assert rows == [(2, "a b", "c"), (9, 'o"p', "q")]
    assert problems == [5, 6, 7, 8]


def test_a_quote_that_is_never_closed_costs_no_more_than_what_it_swallows(tmp_path: Path) -> None:
    file = write(tmp_path, ["one,two", 'a,"b', *(f"row{number},{'x' * 100}" for number in range(50_000))])
    rows, problems = read(file)
    assert problems[0] == 2
    assert rows[-1][1] == "row49999"
    assert len(problems) == 1


def test_there_is_an_end_to_problems(tmp_path: Path) -> None:
    file = write(tmp_path, ["one,two", *["a"] * (MOST_PROBLEMS + 5)])
    with pytest.raises(TooManyProblemsError):
        read(file)


def test_there_is_an_end_to_rows_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, ["one,two", *["a,b"] * 11])
    monkeypatch.setattr(files, "MOST_ROWS", 10)
    with pytest.raises(RegistryFileError, match="more than 10 rows") as caught:
        read(file)
    assert caught.value.line == 12
    monkeypatch.setattr(files, "MOST_BYTES", 20)
    with pytest.raises(RegistryFileError, match="is larger"):
        read(file)


def test_the_longest_line_fits_the_reader(tmp_path: Path) -> None:
    file = write(tmp_path, ["one,two,three", f"a,b,{'x' * (LONGEST_LINE - 6)}"])
    assert read(file) == ([(2, "a", "b")], [])


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("case", REFUSED)
def test_every_source_shows_it_as_a_problem(app: object, db_session: object, tmp_path: Path, kind: str, case: str) -> None:
    file = tmp_path / "hostile.csv"
    file.write_bytes(REFUSED[case][0])
    shown = plan(kind, file)
    assert len(shown.problems) == 1
    assert shown.changes == ()


def test_300000_rows_end_in_an_error_in_bounded_memory_and_time(tmp_path: Path) -> None:
    """In a process of its own; its peak is VmHWM, since ru_maxrss would keep that of the test run it was forked from."""
    file = write(tmp_path, ["entity,purpose,email", *(f"001001,other,n{number}@example.org" for number in range(300_000))])
    program = (
        "import sys, pathlib, datetime as dt\n"
        "from app import create_app\n"
        "from app.extensions import db\n"
        "from app.registry.imports.plan import plan_import\n"
        "from tests.registry.rows import add_entity\n"
        "folder, file = map(pathlib.Path, sys.argv[1:])\n"
        "app = create_app({'TESTING': True, 'instance_path': str(folder)})\n"
        "with app.app_context():\n"
        "    db.create_all()\n"
        "    add_entity('001001', 'Borgo')\n"
        "    plan = plan_import('addresses', file, dt.datetime(2026, 3, 16, tzinfo=dt.UTC))\n"
        "assert len(plan.changes) == 100_000\n"
        "peak = pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]\n"
        "print(plan.problems[-1], int(peak) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(file)],
        cwd=ROOT,
        env=clean_environment({}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    message, _, memory = done.stdout.strip().rpartition(" ")
    assert message == "(100002, 'has more than 100000 rows')"
    assert int(memory) < 256
