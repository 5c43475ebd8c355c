"""Wiring, nothing else: `create_app` puts the rooms of the house together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, database, errors, page_context
from app.accounts import address_stops, operator_messages, second_step, staff_messages
from app.accounts import messages as account_messages
from app.accounts.permissions import enforce
from app.config import EXTENSION_KEY, Settings, load_settings
from app.context import this_request
from app.extensions import babel, db, login, migrate
from app.mail.returns import redirecting
from app.practices import intake
from app.practices import notices as practice_notices
from app.reminders import hook as reminder_hook
from app.responses import telephone_messages
from app.threads import notices as thread_notices
from app.web import csrf, edge, language, log, static, templating
from app.web.application import Application

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROOT = Path(__file__).resolve().parent
ROOMS_WITH_TABLES = (
    *("audit", "registry", "mail", "accounts", "editions", "responses", "letters", "threads", "chasing"),
    *("reminders", "practices", "mail.returns", "privacy"),
)
SMALLEST_COMPRESSED = 500  # bytes
SPARE_CONNECTIONS = 5  # beyond one a thread
SURFACES = ("access", "fill", "desk", "public")


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application. `overrides`: settings by their lower-case names, Flask's own configuration in capitals (`TESTING`).

    Raises SettingError when a setting is bad. Does not connect to the database.
    """
    given = dict(overrides or {})
    read = load_settings({name: value for name, value in given.items() if name.islower()})
    digest = static.digest_of(ROOT / "static")
    app = Application(__name__, instance_path=str(read.instance_path), static_url_path=f"{static.PREFIX}{digest}")
    app.extensions[EXTENSION_KEY] = read
    app.config.update(_flask_configuration(read))
    app.config.update({name: value for name, value in given.items() if not name.islower()})
    _bind_extensions(app, read)
    for plumbing in (templating, csrf, errors, page_context, cli):
        plumbing.init_app(app)
    account_messages.register_hooks()
    address_stops.register_hooks()
    staff_messages.register_staff_hook()
    operator_messages.register_operator_hooks()
    second_step.register_second_step_hook()
    telephone_messages.register_telephone_hook()
    thread_notices.register_thread_hooks()
    reminder_hook.register_hooks()
    redirecting.register_redirect_hook()
    practice_notices.register_hooks()
    intake.listen()
    log.configure(read.log_level, read.log_syslog)
    _register_hooks(app, read)
    _register_surfaces(app)
    _wrap(app, read, digest)
    return app


def _flask_configuration(read: Settings) -> dict[str, Any]:
    """What Flask and its extensions call our settings."""
    url = sa.make_url(read.database_url)
    return {
        "SECRET_KEY": read.secret_key,
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            **database.engine_options(url),
            "pool_size": read.threads,
            "max_overflow": SPARE_CONNECTIONS,
        },
        "SESSION_COOKIE_NAME": "__Host-ricognizione-form" if read.is_https else "ricognizione-form",
        "SESSION_COOKIE_SECURE": read.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": "https" if read.is_https else "http",
        "MAX_CONTENT_LENGTH": read.max_body_kib * 1024,
        "MAX_FORM_MEMORY_SIZE": read.max_body_kib * 1024,
        "BABEL_DEFAULT_LOCALE": language.SOURCE_LANGUAGE,
        "BABEL_DEFAULT_TIMEZONE": "Europe/Rome",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT.parent / "translations"),
        "COMPRESS_REGISTER": False,
        "COMPRESS_MIN_SIZE": SMALLEST_COMPRESSED,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,
        "COMPRESS_BR_LEVEL": read.compress_quality,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "text/csv", "image/svg+xml"],
    }


def _bind_extensions(app: Flask, read: Settings) -> None:
    for room in ROOMS_WITH_TABLES:
        import_module(f"app.{room}.models")
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            database.prepare_engine(engine)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    login.init_app(app, add_context_processor=False)
    login.session_protection = None  # the identity is a row of ours, not Flask's cookie
    import_module("app.accounts.loader")
    app.after_request_funcs[None].remove(login._update_remember_cookie)  # there is no such cookie; it would read the session
    babel.init_app(app, locale_selector=language.select_locale)
    language.install_words(app)


def _register_hooks(app: Flask, read: Settings) -> None:
    """Order matters: the token before the permission, the permission before any view."""
    compress = Compress(app)

    @app.before_request
    def begin() -> ResponseReturnValue | None:
        current: Any = this_request()
        if current.url_rule is not None:
            current.environ[edge.ROUTE] = current.url_rule.rule
        if (largest := app.config["LARGE_BODIES"].get(current.endpoint)) is not None:
            current.max_content_length = max(largest, app.config["MAX_CONTENT_LENGTH"])
        safe = current.method in csrf.SAFE_METHODS
        database.begin_unit_of_work(writes=not safe)
        if not safe:
            if current.routing_exception is None:  # else no view is called: what is asked for is not there
                csrf.check_request()
        elif (
            language.PARAMETER in current.environ["QUERY_STRING"]
            and current.endpoint not in app.config["OPEN_ENDPOINTS"]
            and (switched := language.follow_link())
        ):
            return switched
        return enforce()

    if read.compress:

        @app.after_request
        def shrink(response: Response) -> Response:
            if response.direct_passthrough or response.calculate_content_length() in range(SMALLEST_COMPRESSED):
                return response
            return compress.after_request(response)

    @app.teardown_appcontext
    def forget(error: BaseException | None) -> None:
        database.begin_unit_of_work(writes=True)


def _register_surfaces(app: Flask) -> None:
    app.config["JSON_ENDPOINTS"] = frozenset()
    app.config["OPEN_ENDPOINTS"] = frozenset()  # files and answers for programs: no cookies, any site may ask
    app.config["LARGE_BODIES"] = {}  # endpoint → bytes, for pages that take a file larger than the setting allows
    for name in SURFACES:
        surface = import_module(f"app.{name}")
        app.register_blueprint(surface.blueprint)
        app.config["CSRF_REDISPLAY"] |= getattr(surface, "CSRF_REDISPLAY", frozenset())
        app.config["JSON_ENDPOINTS"] |= getattr(surface, "JSON_ENDPOINTS", frozenset())
        app.config["OPEN_ENDPOINTS"] |= getattr(surface, "OPEN_ENDPOINTS", frozenset())
        app.config["LARGE_BODIES"] |= getattr(surface, "LARGE_BODIES", {})


def _wrap(app: Flask, read: Settings, digest: str) -> None:
    """WSGI layers, from the inside out: static files, the edge, the reverse proxies' word."""
    files = static.StaticFiles(app.wsgi_app, ROOT / "static", digest, reload=app.debug)
    outermost: WSGIApplication = edge.Edge(files, read)
    if read.trusted_proxies:
        outermost = ProxyFix(outermost, x_for=read.trusted_proxies, x_proto=read.trusted_proxies)
    app.wsgi_app = outermost  # type: ignore[assignment]  # Flask documents this way of adding WSGI layers
