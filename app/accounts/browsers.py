"""Which browser somebody uses, as far as it says so itself: two short codes, for a list that its owner recognises.

Not for: deciding anything: whoever sends a request writes there what they like.
Holds always: nothing of what was sent comes out but codes of ours, so that no version or device can tell a person apart.
"""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""A sign in what a browser says of itself → its name; the first that fits, for most claim to be the later ones too."""
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_SEPARATOR: Final = "|"


def browser_code(user_agent: str) -> str:
    """ "Firefox|Windows", with either half or both empty where they are not known; at most 40 characters."""
    return _SEPARATOR.join(_first(user_agent, signs) for signs in (_BROWSERS, _SYSTEMS))


def browser_and_system(code: str) -> tuple[str, str]:
    """The two names behind a code, each empty where it is not known."""
    browser, _, system = code.partition(_SEPARATOR)
    return browser, system


def _first(user_agent: str, signs: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in signs if sign in user_agent), "")
