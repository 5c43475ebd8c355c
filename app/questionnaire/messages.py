"""Words that go from this room to a person: marked here, translated by the surface.

For: marking Italian message ids (`N_`), the `Problem` found in an answer, the voice (`Speech`) with which values are shown.
Not for: translating: this room knows no catalogue of the interface.
What always holds: a `Problem` whose `own` is false has an Italian message id with `%(name)s` places for its `params`; one
whose `own` is true is the definition's text, already in the language of the questionnaire it was found with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


def N_(msgid: str) -> str:  # noqa: N802 - the name that gettext's extractors know
    """Mark an Italian message id so that the extractor finds it; the text comes back as it is."""
    return msgid


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the answer `key`, and what to do about it.

    `key` is an answer key (`model.answer_key`); `subfield` is the input that should get the focus ("" for the main one).
    """

    key: str
    msgid: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    own: bool = False
    subfield: str = ""

    def text(self, speech: Speech) -> str:
        """Give the sentence in the language of `speech`."""
        if self.own:
            return self.msgid
        sentence = speech.translate(self.msgid)
        return sentence % self.params if self.params else sentence


class Speech(Protocol):
    """The voice that shows a value: a language, its catalogue, and names of places by registry code."""

    @property
    def locale(self) -> str: ...

    def translate(self, msgid: str, /) -> str: ...

    def place_name(self, code: str, /) -> str: ...
