"""A figure says its value and its goal, and the exit code says whether the goal was reached."""

from __future__ import annotations

import pytest

from tests.figures import __main__ as command
from tests.figures.harness import AT_LEAST, AT_MOST, EXACTLY, Figure


@pytest.mark.parametrize(
    ("figure", "line", "reached"),
    [
        (Figure("page-weight", 41.25, "kB", AT_MOST, 60), "page-weight: 41.25 kB (goal ≤ 60 kB)", True),
        (Figure("page-weight", 60.01, "kB", AT_MOST, 60), "page-weight: 60.01 kB (goal ≤ 60 kB)", False),
        (Figure("answering", 99, "checks", AT_LEAST, 100), "answering: 99 checks (goal ≥ 100 checks)", False),
        (Figure("lost", 0, "", EXACTLY, 0), "lost: 0 (goal = 0)", True),
    ],
)
def test_a_figure_says_its_value_and_its_goal(figure: Figure, line: str, reached: bool) -> None:
    assert str(figure) == line
    assert figure.reached is reached


def test_the_last_line_is_the_figure_and_the_exit_code_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Figure("a", 1, "s", AT_MOST, 2), Figure("b", 3, "s", AT_MOST, 2)
    assert command.report([good]) == 0
    assert command.report([bad, good]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "a: 1 s (goal ≤ 2 s)"


def test_a_run_without_figures_fails() -> None:
    assert command.report([]) == 1


def test_an_unknown_name_is_refused_with_the_names_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["weight"]) == 2
    assert ", ".join(command.names()) in capsys.readouterr().err


def test_one_broken_measurement_does_not_hide_and_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(name: str) -> list[Figure]:
        if name == "broken":
            raise RuntimeError("no site")
        return [Figure(name, 1, "s", AT_MOST, 2)]

    monkeypatch.setattr(command, "names", lambda: ["broken", "fine"])
    monkeypatch.setattr(command, "measure", measure)
    assert command.measure_all() == 1
    out = capsys.readouterr().out
    assert "fine: 1 s (goal ≤ 2 s)" in out
    assert "broken: not measured: RuntimeError: no site" in out
