"""What makes templates cheap: addresses built once, macros loaded once, parts that many pages share drawn once.

Measured by `make figure NAME=save-cost`: half of what a page costs is spent in its template.
Not for: what stands in a page.
Holds always: what is kept depends on nothing but its arguments, the language and, for addresses, where the site is mounted;
a form token or anything else of one request is put in place afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import jinja2
from flask import Flask, url_for
from flask.sansio.app import App
from flask.templating import Environment
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.context import this_request
from app.web.language import current_language

MOST_ADDRESSES: Final = 8_192
MOST_PARTS: Final = 2_048
# Random, because an answer or a name may hold any characters; escaping leaves these alone.
_PLACE: Final = f"\ue000{secrets.token_hex(8)}%s\ue001"


class SteadyTemplate(jinja2.Template):
    """A template whose macros are loaded once: ours reads no variable of the importing page, only the environment's globals."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module(None)


class SteadyEnvironment(Environment):
    """Where templates do not change while the program runs, each is looked up by its name once: a page names some fourteen."""

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self._known: dict[str, jinja2.Template] = {}

    def get_template(
        self, name: str | jinja2.Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> jinja2.Template:
        """The template of this name. Raises TemplateNotFound."""
        if self.auto_reload or globals or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = super().get_template(name, parent)
        return known


def init_app(app: Flask) -> None:
    """Give templates the cached `url_for` and `kept`."""
    environment = app.jinja_env
    environment.template_class = SteadyTemplate
    environment.globals["url_for"] = address
    environment.globals["kept"] = _keeper()


_addresses: dict[tuple[object, ...], str] = {}


def address(endpoint: str, **values: Any) -> str:
    """Flask's `url_for` for paths of this site, remembered."""
    current = this_request()
    key = (current.root_path, current.blueprint if endpoint[0] == "." else "", endpoint, *values.items())
    known = _addresses.get(key)
    if known is None:
        known = url_for(endpoint, **values)
        if len(_addresses) >= MOST_ADDRESSES:
            _addresses.clear()
        _addresses[key] = known
    return known


def _keeper() -> Callable[..., Markup]:
    parts: dict[tuple[object, ...], str] = {}

    def kept(macro: Callable[..., str], *arguments: object, **fresh: str) -> Markup:
        """What a macro draws for these arguments in the page's language, drawn once.

        `fresh`: further arguments of the macro that differ with each page, such as its form token; they are put in place,
        escaped, each time.
        """
        key = (macro, current_language(), *arguments)
        known = parts.pop(key, None)
        if known is None:
            known = str(macro(*arguments, **{name: _PLACE % name for name in fresh}))
            while len(parts) >= MOST_PARTS:
                parts.pop(next(iter(parts)), None)
        parts[key] = known  # at the end: the part that was used longest ago goes first
        for name, value in fresh.items():
            known = known.replace(_PLACE % name, escape(value))
        return Markup(known)  # noqa: S704  (a macro's own, escaped output)

    return kept
