"""`python -m tests.figures NAME` measures one promise, `--all` every one; without a name it lists them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence

import tests.figures
from tests.figures.harness import Figure

NOT_FIGURES = frozenset({"__main__", "harness"})


def names() -> list[str]:
    """The figures that exist, as they are typed: `page-weight`."""
    found = [module.name for module in pkgutil.iter_modules(tests.figures.__path__)]
    return sorted(name.replace("_", "-") for name in found if name not in NOT_FIGURES and not name.startswith("test_"))


def measure(name: str) -> list[Figure]:
    """Run the module of this name. Its `measure()` prints what it likes and gives its figures."""
    module = importlib.import_module(f"tests.figures.{name.replace('-', '_')}")
    figures: list[Figure] = list(module.measure())
    return figures


def report(figures: Sequence[Figure]) -> int:
    """Print the figures, a line each; 0 when all goals are reached, 1 when one is not or there is none."""
    for figure in figures:
        print(figure, flush=True)
    return 0 if figures and all(figure.reached for figure in figures) else 1


def measure_all() -> int:
    rows: list[tuple[Figure, float]] = []
    broken = []
    for name in names():
        began = time.monotonic()
        try:
            figures = measure(name)
        except Exception as error:  # noqa: BLE001 — one broken measurement is reported with the rest, and fails the run
            broken.append(f"{name}: not measured: {type(error).__name__}: {error}")
            continue
        rows += [(figure, time.monotonic() - began) for figure in figures]
    for figure, seconds in rows:
        print(f"{'ok  ' if figure.reached else 'MISS'} {seconds:6.0f} s  {figure}")
    print("\n".join(broken), end="\n" if broken else "")
    return 0 if rows and not broken and all(figure.reached for figure, _ in rows) else 1


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--all"]:
        return measure_all()
    if len(arguments) == 1 and arguments[0] in names():
        return report(measure(arguments[0]))
    print(f"Name a figure: make figure NAME=… with one of {', '.join(names()) or 'none yet'}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
