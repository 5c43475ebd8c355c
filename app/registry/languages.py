"""In which language an entity is written to: Italian, or that of a protected minority whose offices use it.

Not for: the language of a page, which its reader chooses (`app.web.language`).
Holds always: pure; what somebody has chosen for the entity comes before what its place says. Sources: German in the province of
Bolzano, DPR 670/1972 art. 99; French in Aosta Valley, constitutional law 4/1948 art. 38; Slovene, law 38/2001, here only where
the municipality bears an official Slovene name: the others of its list are written to in Italian until they ask.
"""

from __future__ import annotations

from typing import Final

ITALIAN, GERMAN, FRENCH, SLOVENE = LANGUAGES = ("it", "de", "fr", "sl")
_GERMAN_PROVINCE: Final = "BZ"
_FRENCH_REGION: Final = "02"
_SLOVENE_REGION: Final = "06"


def language_of(
    region_code: str | None, province_sign: str | None, name_other_language: str | None, chosen: str | None = None
) -> str:
    """One of `LANGUAGES`. `name_other_language`: the entity's official name beside the Italian one."""
    if chosen in LANGUAGES:
        return chosen
    if province_sign == _GERMAN_PROVINCE:
        return GERMAN
    if region_code == _FRENCH_REGION:
        return FRENCH
    return SLOVENE if region_code == _SLOVENE_REGION and name_other_language else ITALIAN
