"""Under which licence the open data may be used: those that an installation may choose.

Not for: the licence of the program (LICENSE) or of the registry's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ITALIAN: Final = "https://w3id.org/italia/controlled-vocabulary/licences/"
_TYPES: Final = "http://purl.org/adms/licencetype/"


@dataclass(frozen=True, slots=True)
class Licence:
    """`url`: its text; `uri`: in AGID's controlled vocabulary; `type`: in the vocabulary of ADMS."""

    name: str
    version: str
    url: str
    uri: str
    type: str


LICENCES: Final = {
    "cc-by-4.0": Licence(
        "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)",
        "4.0",
        "https://creativecommons.org/licenses/by/4.0/deed.it",
        f"{_ITALIAN}A21_CCBY40",
        f"{_TYPES}Attribution",
    ),
    "cc0-1.0": Licence(
        "Creative Commons CC0 1.0 Universale (CC0 1.0)",
        "1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/deed.it",
        f"{_ITALIAN}A11_CCO10",
        f"{_TYPES}PublicDomain",
    ),
}
"""By the values of the setting `data_licence`."""
