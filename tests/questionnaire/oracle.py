"""The CEL libraries as judges of our conditions: what they are asked, and random conditions to ask them about.

Two are asked: PyPI `common-expression-language`, here, and npm `@marcbachmann/cel-js`, in a browser. Both get our expression
with numbers as doubles, `answered(X)` as a flag, and in front of it the guard for absent answers that our root node is.

Our conditions are a subset of CEL; where they mean something else than a library, on purpose, stands in `DIFFERENCES`, with an
example each, and `make figure NAME=condition-agreement` shows that each is still so.
Not for: judging which of them is right.
Holds always: what `Author` writes lies outside of the differences.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cel

from app.questionnaire.conditions import ABSENT, Outcome

VECTORS: Final = Path(__file__).parents[1] / "fixtures" / "conditions"
JUDGED: Final = ("absent", "choices", "comparisons", "defects", "numbers")
NAMES: Final = re.compile(r"[A-Z][0-9]{2}")
CEL_JS: Final = Path(__file__).parents[1] / "fixtures" / "cel-js" / "marcbachmann-cel-js-8.0.0.tgz"
CEL_JS_INTEGRITY: Final = "oaTrAziGr3zDLFiMt/yLU3nZuRMawyWQB5X1a0I7s9eGy3JYzX9l8ZXXHyMd64nzbeVFZTewuUShwsZQdK6UCA=="
"""The SHA-512 that the npm registry publishes for this version."""
CEL_ERRORS: Final = (RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class Difference:
    """An expression on which we differ from a library: ours, the one of PyPI, the one of npm ("error" where it gives none)."""

    why: str
    expression: str
    answers: dict[str, Any]
    ours: bool | str
    pypi: bool | str
    npm: bool | str


BEYOND: Final = " * ".join(["N01"] * 21) + " * 0 > 0"
DIFFERENCES: Final = (
    Difference("results of + - * are rounded to four decimals, CEL keeps 0.30000000000000004",
               "N01 + N02 == 0.3", {"N01": 0.1, "N02": 0.2}, True, False, False),
    Difference("size of a text counts characters, as CEL says; the library of PyPI counts bytes",
               "size(T01) == 6", {"T01": "perché"}, True, False, True),
    Difference("texts are in the order of code points, as CEL says; the library of npm compares UTF-16 units",
               "T01 > '\uffee'", {"T01": "👪"}, True, True, False),
    Difference("kinds never mix: the loader refuses such a condition, CEL finds 1 and 'a' different",
               "N01 == 'a'", {"N01": 1.0}, "defect", False, False),
    Difference("lists are compared by `in` and `size` only: the loader refuses ==",
               "M00 == M01", {"M00": ["a"], "M01": ["a"]}, "defect", True, True),
    Difference("what is true or false has no order: the loader refuses <",
               "Y00 < Y01", {"Y00": False, "Y01": True}, "defect", True, True),
    Difference("a name that is never tested with answered() must be answered, whatever the rest says; bare CEL is content",
               "Y00 || Y01", {"Y00": True}, "absent", False, False),
    Difference("infinity times nought is no number, which compares false, as CEL says; the library of PyPI gives an error",
               BEYOND, {"N01": 999999999999999}, False, "error", False),
)  # fmt: skip


def vectors(name: str) -> list[dict[str, Any]]:
    """The cases of one file of shared vectors."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return cases


def looking(answers: dict[str, Any]) -> Any:
    return lambda name: answers.get(name, ABSENT)


def named(result: bool | Outcome) -> bool | str:
    return result.value if isinstance(result, Outcome) else result


def cel_js() -> dict[str, bytes]:
    """The library of npm as it is published: its scripts by path, `lib/index.js`. ValueError if the file is another one."""
    packed = CEL_JS.read_bytes()
    if base64.b64encode(hashlib.sha512(packed).digest()).decode() != CEL_JS_INTEGRITY:
        raise ValueError(f"{CEL_JS} is not the file that npm publishes")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {member.name.removeprefix("package/"): archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file and name.endswith(".js")}


TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|answered\((?P<tested>\w+)\)|size\((?P<sized>\w+)\)|\b(?P<number>\d+(?:\.\d+)?)\b"""
)


def to_cel(expression: str) -> str:
    """Turn our text into the oracle's: numbers as doubles, `answered(X)` as a flag, and the guard for absent answers."""

    def turn(match: re.Match[str]) -> str:
        if match["tested"]:
            return f"given_{match['tested']}"
        if match["sized"]:
            return f"double(size({match['sized']}))"
        return repr(float(match["number"])) if match["number"] else match[0]

    bare = TOKEN.sub(lambda match: " " if match[0][0] in "'\"" else match[0], expression)
    tested = set(re.findall(r"answered\((\w+)\)", bare))
    guard = "".join(f"given_{name} && " for name in dict.fromkeys(NAMES.findall(bare)) if name not in tested)
    return f"{guard}({TOKEN.sub(turn, expression)})"


def cel_context(expression: str, answers: dict[str, Any]) -> dict[str, Any]:
    """What a CEL library is given: numbers as doubles, no entry for an absent answer, and a flag `given_X` for each name."""
    typed = {name: float(value) if type(value) is int else value for name, value in answers.items()}
    return typed | {f"given_{name}": name in answers for name in NAMES.findall(expression)}


def ask_oracle(expression: str, answers: dict[str, Any]) -> bool:
    """Ask the library of PyPI; an error (an absent answer whose value is needed) is a condition that does not hold."""
    return judged_by_cel(cel.compile(to_cel(expression)), cel_context(expression, answers)) is True


def judged_by_cel(program: cel.Program, context: dict[str, Any]) -> bool | str:
    """What a compiled expression gives: true, false, or "error"."""
    try:
        result = program.execute(context)
    except CEL_ERRORS:
        return "error"
    assert isinstance(result, bool)
    return result


def exact(case: dict[str, Any]) -> bool:
    """Whether the oracle can judge: it does not round after arithmetic, and counts the bytes of a text."""
    numbers = [value for value in case["answers"].values() if isinstance(value, int | float)]
    inexact = any(number * 8 % 1 for number in numbers) and re.search("[-+*]", case["expression"])
    return not inexact and not ("size" in case["expression"] and not str(case["answers"]).isascii())


SIGNS = ("==", "!=", "<", "<=", ">", ">=")


class Author:
    """Writes random conditions whose kinds fit, and answers to them, some absent.

    Its numbers are exact after any arithmetic it writes and its texts are ASCII, so that every judge can judge them.
    """

    texts: tuple[str, ...] = ("own", "both", "none", "eu", "")
    numbers: tuple[float, ...] = (-2, 0, 1, 2, 3.5, 10)
    literals: tuple[float, ...] = (0, 1, 2, 3.5, 10)

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def answers(self) -> dict[str, Any]:
        pick = self.chance.choice
        every = {f"T{n:02}": pick(self.texts) for n in range(3)}
        every |= {f"N{n:02}": float(pick(self.numbers)) for n in range(3)}
        every |= {f"Y{n:02}": pick((True, False)) for n in range(2)}
        every |= {f"M{n:02}": self.chance.sample(self.texts, self.chance.randint(0, 3)) for n in range(2)}
        return {name: value for name, value in every.items() if self.chance.random() < 0.75}

    def name(self, kind: str) -> str:
        return f"{kind}{self.chance.randrange(3 if kind in 'TN' else 2):02}"

    def text(self) -> str:
        return self.chance.choice([f"'{self.chance.choice(self.texts)}'", self.name("T"), self.name("T")])

    def number(self, depth: int) -> str:
        kinds = ["name", "literal", "size", "sum", "product", "negative"] if depth else ["name", "literal"]
        kind = self.chance.choice(kinds)
        if kind == "name":
            return self.name("N")
        if kind == "literal":
            return str(self.chance.choice(self.literals))
        if kind == "size":
            return f"size({self.name(self.chance.choice('TM'))})"
        if kind == "negative":
            return f"-{self.name('N')}"
        sign = "*" if kind == "product" else self.chance.choice("+-")
        parts = f"{self.number(depth - 1)} {sign} {self.number(depth - 1)}"
        return f"({parts})" if self.chance.random() < 0.5 else parts

    def flag(self, depth: int) -> str:
        kinds = (self.text_comparison, self.number_comparison, self.choice, self.listed, self.plain, self.given)
        if depth and self.chance.random() < 0.4:
            return self.junction(depth)
        return self.chance.choice(kinds)()

    def text_comparison(self) -> str:
        return f"{self.text()} {self.chance.choice(SIGNS)} {self.text()}"

    def number_comparison(self) -> str:
        return f"{self.number(2)} {self.chance.choice(SIGNS)} {self.number(2)}"

    def choice(self) -> str:
        return f"{self.text()} in {self.name('M')}"

    def plain(self) -> str:
        return self.chance.choice(("", "!")) + self.name("Y")

    def given(self) -> str:
        return self.chance.choice(("", "!")) + f"answered({self.name(self.chance.choice('TNYM'))})"

    def junction(self, depth: int) -> str:
        sign = self.chance.choice((" && ", " || "))
        parts = sign.join(self.flag(depth - 1) for _ in range(self.chance.randint(2, 3)))
        return self.chance.choice(("", "!")) + f"({parts})" if self.chance.random() < 0.6 else parts

    def listed(self) -> str:
        if self.chance.random() < 0.5:
            return f"{self.name('T')} in ['own', \"eu\"]"
        return f"{self.name('N')} in [1, -2, 3.5]"


class WideAuthor(Author):
    """The same with any decimals and any script: for our own two evaluators, which must agree there too."""

    texts = ("own", "perché", "perche\u0301", "👪", "\uffee", "a👪", "Z", "z", "\U0010ffff", "")
    numbers = (-2, 0, 0.1, 0.2, 0.3, 33.33, 0.00005, -0.00005, 1.00045, 12500.5, 999999999999.99, -999999999999, 1e-4)
    literals = (0, 0.1, 0.3, 0.0001, 33.33, 100, 999999999999.99)
