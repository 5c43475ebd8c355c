"""`python -m tests.figures NAME` measures one promise, `--all` every one; without a name it lists them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence

import tests.figures
from tests.figures.harness import Measured, split_measurement

NOT_FIGURES = frozenset({"__main__", "harness"})


def names() -> list[str]:
    """The figures that exist, as they are typed: `page-weight`."""
    found = [module.name for module in pkgutil.iter_modules(tests.figures.__path__)]
    return sorted(name.replace("_", "-") for name in found if name not in NOT_FIGURES and not name.startswith("test_"))


def measure(name: str) -> list[Measured]:
    """Run the module of this name. Its `measure()` prints what it likes and gives its figures."""
    module = importlib.import_module(f"tests.figures.{name.replace('-', '_')}")
    figures: list[Measured] = list(module.measure())
    return figures


def report(name: str, figures: Sequence[Measured]) -> int:
    """Print what was measured, last the line that tells it all; 0 when every goal is reached."""
    parts, last = split_measurement(name, figures)
    for part in parts:
        print(part)
    print(last, flush=True)
    return 0 if all(figure.reached for figure in figures) else 1


def measure_all() -> int:
    """Measure every figure; a line each at the end, with the goals that were missed on the way to it."""
    rows: list[str] = []
    failed = False
    for name in names():
        began = time.monotonic()
        try:
            figures = measure(name)
            parts, last = split_measurement(name, figures)
        except Exception as error:  # noqa: BLE001 — one broken measurement is reported with the rest, and fails the run
            rows.append(f"MISS {time.monotonic() - began:6.0f} s  {name}: not measured: {type(error).__name__}: {error}")
            failed = True
            continue
        reached = all(figure.reached for figure in figures)
        rows.append(f"{'ok  ' if reached else 'MISS'} {time.monotonic() - began:6.0f} s  {last}")
        rows += [f"{'':16}{part}" for part in parts if not part.reached]
        failed = failed or not reached
    print("\n".join(rows))
    return 1 if failed or not rows else 0


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--all"]:
        return measure_all()
    if len(arguments) == 1 and arguments[0] in names():
        return report(arguments[0], measure(arguments[0]))
    print(f"Name a figure: make figure NAME=… with one of {', '.join(names()) or 'none yet'}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
