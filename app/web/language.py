"""Which language a page is shown in: what the person chose, kept in the session cookie, else Italian.

Not for: the texts (gettext catalogues) or their order in the switch (setting `languages`).
Holds always: choosing stays on the page; only offered languages are taken; a redirect never leaves the site.
"""

from __future__ import annotations

from gettext import NullTranslations
from urllib.parse import urlencode, urlsplit

from babel import Locale
from flask import Flask, redirect, request, session
from flask_babel import get_translations
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.config import settings
from app.context import this_g

SOURCE_LANGUAGE = "it"
SESSION_KEY = "lingua"
PARAMETER = "lingua"
NAMES = {"it": "Italiano", "en": "English", "de": "Deutsch", "fr": "Français", "sl": "Slovenščina"}
_LOCALES = {code: Locale.parse(code) for code in NAMES}


def install_words(app: Flask) -> None:
    """Have templates look their catalogue up once a request, and a text's words once a process: a page has some fifty.

    A template rendered for somebody else than the reader (a message in the recipient's language) needs a context of its own.
    """
    environment = app.jinja_env
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by Jinja's i18n extension
        lambda text: _catalogue().gettext(text),
        lambda one, many, count: _catalogue().ngettext(one, many, count),
        newstyle=True,
    )
    environment.globals["_"] = _words


def _words(text: str, **variables: object) -> Markup:
    """A text in the page's language, its variables escaped. Like Jinja's own `_`, but without a look at the context."""
    here = this_g()
    words: dict[str, Markup] | None = here.get("words")
    if words is None:
        words = here.words = vars(_catalogue()).setdefault("words_as_markup", {})
    found = words.get(text)
    if found is None:
        found = words[text] = Markup(_catalogue().gettext(text))  # noqa: S704  (a catalogue's text, as in Jinja's own)
    return found % variables if variables or "%" in text else found


def _catalogue() -> NullTranslations:
    """The reader's catalogue. Flask-Babel keeps the catalogues it has loaded, so that each stays one object."""
    here = this_g()
    known: NullTranslations | None = here.get("catalogue")
    if known is None:
        known = here.catalogue = get_translations()
    return known


def current_language() -> str:
    """The code of the language of the page being made."""
    chosen = session.get(SESSION_KEY)
    return chosen if chosen in settings().languages else SOURCE_LANGUAGE


def select_locale() -> Locale:
    """The same as a Babel locale, for Flask-Babel (a Locale spares it parsing the code at each request)."""
    return _LOCALES[current_language()]


def offered_languages() -> tuple[tuple[str, str], ...]:
    """Code and own name of each language of the switch."""
    return tuple((code, NAMES[code]) for code in settings().languages)


def follow_link() -> Response | None:
    """For a GET with `?lingua=…`: remember the language and come back to the same address without it."""
    if PARAMETER not in request.args:
        return None
    _choose(request.args.get(PARAMETER, ""))
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return redirect(_here(request.path) + (f"?{urlencode(rest)}" if rest else ""), 303)


def switch_language() -> Response:
    """The answer to the switch's form: remember its `lingua`, go back to its `next`, else to the page it came from."""
    _choose(request.form.get(PARAMETER, ""))
    return redirect(_here(request.form.get("next") or _path_of(request.referrer or "")), 303)


def _path_of(address: str) -> str:
    """The path of an address of this site, else the home page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return parts.path if parts.netloc == request.host else "/"


def _choose(code: str) -> None:
    if code in settings().languages:
        session[SESSION_KEY] = code


def _here(address: str) -> str:
    """`address` if it is a path of this site, else the home page."""
    if any(ord(character) < 32 or ord(character) == 127 for character in address):
        return "/"
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:  # such as "//[": half an address of another site
        return "/"
    local = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return address if local else "/"
