"""The one place where a refusal becomes a page or a JSON answer: exceptions of the domain, of HTTP, and our own faults.

Not for: problems of single answers, which a page shows beside its question.
Holds always: a page says what happened and what to do now, never an exception's text; a fault (500) rolls back, is logged with
the request's id, and the page gives that id so that one finds the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from jinja2 import TemplateNotFound
from markupsafe import escape
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import BuildError

from app.accounts.links import DeadLinkError
from app.accounts.passwords import HashingBusyError
from app.accounts.permissions import RoleRefusedError
from app.accounts.sessions import OperatorOfAnotherEntityError
from app.accounts.telephone import TelephoneRefusedError
from app.accounts.throttle import TooManyAttemptsError
from app.extensions import db
from app.responses.drafts import EditionClosedError, TooLargeError
from app.responses.submission import ChangedMeanwhileError
from app.web.csrf import CsrfRejected
from app.web.edge import request_id
from app.web.incoming import asked_by_script
from app.web.language import current_language
from app.web.log import log_fault
from app.web.problems import is_asked_of_api, problem

TEMPLATE = "errors/error.html"
BARE_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Ricognizione</title></head>
<body><main><h1>{title}</h1><p>{message}</p><p>{code}</p><p><a href="/">{home}</a></p></main></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a refusal reads: what happened, and what to do now."""

    status: int
    title: LazyString
    message: LazyString


BY_STATUS = {
    400: Explanation(
        400, _l("Richiesta non riconosciuta"), _l("L'indirizzo o i dati inviati non sono completi. Torna indietro e riprova.")
    ),
    401: Explanation(401, _l("Accedi per continuare"), _l("Questa pagina è riservata. Accedi e riprova.")),
    403: Explanation(
        403, _l("Pagina riservata"), _l("Il tuo accesso non permette di vedere questa pagina. Torna alla pagina iniziale.")
    ),
    404: Explanation(
        404, _l("Pagina non trovata"), _l("Controlla l'indirizzo: forse manca una parte. Oppure riparti dalla pagina iniziale.")
    ),
    405: Explanation(
        405,
        _l("Operazione non prevista"),
        _l("Questa pagina non può essere usata in questo modo. Riparti dalla pagina iniziale."),
    ),
    409: Explanation(
        409, _l("I dati sono cambiati nel frattempo"), _l("Torna indietro, ricarica la pagina e controlla prima di riprovare.")
    ),
    410: Explanation(410, _l("Questa pagina non c'è più"), _l("Riparti dalla pagina iniziale.")),
    413: Explanation(
        413,
        _l("Hai inviato troppi dati in una volta"),
        _l("Nulla è stato salvato. Torna indietro, accorcia i testi più lunghi e salva di nuovo."),
    ),
    429: Explanation(429, _l("Troppi tentativi"), _l("Aspetta qualche minuto e riprova. Il tuo accesso non è bloccato.")),
    500: Explanation(
        500,
        _l("Qualcosa non ha funzionato"),
        _l("È un problema nostro, non tuo. L'ultima operazione non è stata registrata: torna indietro e riprova fra poco."),
    ),
    503: Explanation(
        503,
        _l("Il servizio è molto occupato"),
        _l("L'ultima operazione non è stata registrata. Torna indietro e riprova fra un minuto."),
    ),
}
CSRF_OLD = Explanation(
    400,
    _l("La pagina era aperta da troppo tempo"),
    _l("Nulla è stato salvato. Torna indietro, ricarica la pagina e invia di nuovo."),
)
CSRF_FOREIGN = Explanation(
    400,
    _l("Richiesta arrivata da un altro sito"),
    _l("Per sicurezza non è stata eseguita. Apri la pagina da questo sito e riprova."),
)


# Refusals of the domain that a view did not show beside what was typed.
BY_EXCEPTION: dict[type[Exception], Explanation] = {
    EditionClosedError: Explanation(
        409,
        _l("La rilevazione non è aperta"),
        _l("Nulla è stato salvato. Le risposte inviate prima restano registrate. Torna alla pagina iniziale per le date."),
    ),
    ChangedMeanwhileError: BY_STATUS[409],
    TooLargeError: BY_STATUS[413],
    OperatorOfAnotherEntityError: BY_STATUS[403],
    RoleRefusedError: Explanation(
        403, _l("Pagina per altri ruoli"), _l("Il tuo ruolo non la prevede. Se ti serve, chiedi a chi amministra il sito.")
    ),
    TelephoneRefusedError: Explanation(
        403,
        _l("Pagina riservata all'ente"),
        _l("Stai compilando al telefono: questa pagina la apre solo l'ente, con il proprio accesso."),
    ),
    DeadLinkError: Explanation(
        410, _l("Questo link è scaduto o già usato"), _l("Richiedine uno nuovo a chi te lo ha mandato.")
    ),
    TooManyAttemptsError: BY_STATUS[429],
    HashingBusyError: BY_STATUS[503],
}


def init_app(app: Flask) -> None:
    """Register a handler for each kind of refusal."""
    for kind in BY_EXCEPTION:
        app.register_error_handler(kind, _domain_refusal)
    app.register_error_handler(TelephoneRefusedError, _telephone_refusal)
    app.register_error_handler(CsrfRejected, _csrf_rejected)
    app.register_error_handler(HTTPException, _http_refusal)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InternalServerError, _fault)


def explain(explanation: Explanation, actions: Sequence[tuple[str, str]] = ()) -> ResponseReturnValue:
    """The page of a refusal, or its JSON where the client asked for JSON. `actions`: (address, words) of what to do now."""
    title, message = str(explanation.title), str(explanation.message)
    if is_asked_of_api():
        return problem(explanation.status, title, message)
    if _wants_json():
        return jsonify(status=explanation.status, title=title, message=message), explanation.status
    try:
        page = render_template(TEMPLATE, status=explanation.status, title=title, message=message, actions=actions)
    except (TemplateNotFound, BuildError):
        page = _bare_page(title, message)
    return page, explanation.status


def _domain_refusal(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    return explain(BY_EXCEPTION[type(error)])


def _telephone_refusal(error: TelephoneRefusedError) -> ResponseReturnValue:
    """A page of the entity's own, asked for by staff who fills in by telephone: with the way back to what may be asked for."""
    db.session.rollback()
    return explain(BY_EXCEPTION[TelephoneRefusedError], ((url_for("fill.overview"), str(_("Torna al riepilogo"))),))


def _csrf_rejected(error: CsrfRejected) -> ResponseReturnValue:
    explanation = CSRF_FOREIGN if error.foreign else CSRF_OLD
    if request.endpoint in current_app.config["JSON_ENDPOINTS"]:
        return jsonify(status=403, reason="csrf", title=str(explanation.title), message=str(explanation.message)), 403
    return explain(explanation)


def _http_refusal(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()  # a redirect
    known = BY_STATUS.get(error.code) or BY_STATUS[500 if error.code >= 500 else 400]
    answer = explain(Explanation(error.code, known.title, known.message))
    response = current_app.make_response(answer)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value  # Allow, Retry-After
    return response


def _database_away(error: OperationalError) -> ResponseReturnValue:
    """A locked, full, restarting or unreachable database: nothing was committed, and trying again may help."""
    log_fault(error, request_id())
    return _without_database(BY_STATUS[503])


def _fault(error: InternalServerError) -> ResponseReturnValue:
    """A defect of ours, or a database that went away while a page of refusal was being made; Flask has logged it
    (`Application.log_exception`) or, in tests, raised it."""
    away = isinstance(error.original_exception, OperationalError)
    return _without_database(BY_STATUS[503 if away else 500])


def _without_database(explanation: Explanation) -> ResponseReturnValue:
    """A page that asks nothing of what may just have failed."""
    db.session.rollback()
    title, message = str(explanation.title), str(explanation.message)
    if is_asked_of_api():
        return problem(explanation.status, title, message)
    if _wants_json():
        return jsonify(status=explanation.status, title=title, message=message, request=request_id()), explanation.status
    return _bare_page(title, message), explanation.status


def _bare_page(title: str, message: str) -> str:
    code = _("Codice della richiesta: %(code)s", code=request_id())
    home = _("Torna alla pagina iniziale")
    return BARE_PAGE.format(
        language=current_language(), title=escape(title), message=escape(message), code=escape(code), home=escape(home)
    )


def _wants_json() -> bool:
    return asked_by_script() or request.accept_mimetypes.best == "application/json"
