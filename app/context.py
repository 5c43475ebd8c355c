"""Flask's `g`, `request` and `current_app` as the objects that they stand for.

Why: each use of one of Flask's stand-ins costs four calls, and a page that is saved used them a hundred and fifty times. What
is on the way of every page asks here once and goes on with the object.
Not for: code that runs seldom, which reads better with Flask's own names.
Holds always: the same object as Flask's stand-in at that moment; outside a request, or an application, the same RuntimeError.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Request, current_app, g, request
from flask.ctx import _AppCtxGlobals


def this_g() -> _AppCtxGlobals:
    """What this request keeps for itself."""
    return cast("_AppCtxGlobals", cast("Any", g)._get_current_object())


def this_request() -> Request:
    """The request that is being answered."""
    return cast("Request", cast("Any", request)._get_current_object())


def this_app() -> Flask:
    """The application that answers."""
    return cast("Flask", cast("Any", current_app)._get_current_object())
