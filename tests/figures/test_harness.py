"""A figure says its value and its goal, and the exit code says whether the goal was reached."""

from __future__ import annotations

import pytest

from tests.figures import __main__ as command
from tests.figures.harness import AT_LEAST, AT_MOST, EXACTLY, Figure, Measured, Share


@pytest.mark.parametrize(
    ("figure", "line", "reached"),
    [
        (Figure("page-weight", 41.25, "kB", AT_MOST, 60), "page-weight: 41.25 kB (goal ≤ 60 kB)", True),
        (Figure("page-weight", 60.01, "kB", AT_MOST, 60), "page-weight: 60.01 kB (goal ≤ 60 kB)", False),
        (Figure("page-weight", 50.001, "kB", AT_MOST, 60), "page-weight: 50 kB (goal ≤ 60 kB)", True),
        (Figure("saves", 99, "a second", AT_LEAST, 100), "saves: 99 a second (goal ≥ 100 a second)", False),
        (Figure("lost", 0, "", EXACTLY, 0), "lost: 0 (goal = 0)", True),
        (Share("answering", 12345, 12345, "checks"), "answering: 12345 of 12345 checks (goal all)", True),
        (Share("answering", 12344, 12345, "checks"), "answering: 12344 of 12345 checks (goal all)", False),
        (Share("answering", 0, 0, "checks"), "answering: 0 of 0 checks (goal all)", False),
    ],
)
def test_a_figure_says_its_value_and_its_goal(figure: Measured, line: str, reached: bool) -> None:
    assert str(figure) == line
    assert figure.reached is reached


def test_the_last_line_is_the_figure_of_the_measurement_and_the_exit_code_judges_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = Figure("weight", 1, "s", AT_MOST, 2), Figure("requests", 3, "s", AT_MOST, 2)
    assert command.report("weight", [good]) == 0
    assert command.report("weight", [good, bad]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == ["requests: 3 s (goal ≤ 2 s)", "weight: 1 s (goal ≤ 2 s)"]


def test_several_databases_end_in_one_line_that_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    parts = [
        Figure("save-cost-sqlite", 8.7, "× a bare page", AT_MOST, 10),
        Figure("save-cost-postgresql", 11.9, "× a bare page", AT_MOST, 13),
    ]
    assert command.report("save-cost", parts) == 0
    assert capsys.readouterr().out.splitlines() == [
        "save-cost-sqlite: 8.7 × a bare page (goal ≤ 10 × a bare page)",
        "save-cost-postgresql: 11.9 × a bare page (goal ≤ 13 × a bare page)",
        "save-cost: 8.7 on SQLite, 11.9 on PostgreSQL × a bare page (goal ≤ 10, ≤ 13)",
    ]


def test_checks_on_several_databases_are_counted_together(capsys: pytest.CaptureFixture[str]) -> None:
    parts = [Share("answering-sqlite", 10, 10, "checks"), Share("answering-postgresql", 9, 11, "checks")]
    assert command.report("answering", parts) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "answering: 19 of 21 checks (goal all)"


@pytest.mark.parametrize("figures", [[], [Figure("other", 1, "s", AT_MOST, 2)]])
def test_a_run_that_does_not_give_its_own_figure_fails(figures: list[Figure]) -> None:
    with pytest.raises(ValueError, match="weight gave no figure"):
        command.report("weight", figures)


def test_an_unknown_name_is_refused_with_the_names_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["weight"]) == 2
    assert ", ".join(command.names()) in capsys.readouterr().err


def test_one_broken_measurement_does_not_hide_and_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(name: str) -> list[Figure]:
        if name == "broken":
            raise RuntimeError("no site")
        return [Figure(name, 1, "s", AT_MOST, 2), Figure("beside", 3, "", AT_MOST, 2)]

    monkeypatch.setattr(command, "names", lambda: ["broken", "fine"])
    monkeypatch.setattr(command, "measure", measure)
    assert command.measure_all() == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-1] for line in out] == [
        "broken: not measured: RuntimeError: no site",
        "fine: 1 s (goal ≤ 2 s)",
        "beside: 3 (goal ≤ 2)",
    ]
    assert all(line.startswith("MISS") for line in out[:2])
