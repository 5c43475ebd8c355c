"""How gunicorn serves the site: `gunicorn --config gunicorn.conf.py wsgi:app`. What differs between sites is in the settings.

Holds always: nobody is served by a program whose settings are bad, whose database may lose what it says it saved, or whose
schema is not the program's; a database that is only away for the moment does not stop the start.
"""

import gc
import logging
import os
import sys
from typing import Any

from sqlalchemy.exc import OperationalError

from app.config import SettingError, load_settings
from app.database import DurabilityError
from app.doctor import schema_problem
from app.web.server import PacedWorker
from app.web.sharing import Board, Turn

try:
    _settings = load_settings()
except SettingError as error:
    sys.exit(f"The program cannot start. {error}")

bind = [_settings.bind]
worker_class = PacedWorker  # a slow client holds a thread, not a process, and not for long
PacedWorker.seconds = _settings.request_seconds
workers = _settings.workers
threads = _settings.threads
timeout = 60  # seconds after which a process that does not answer is replaced
graceful_timeout = 30
keepalive = 5
max_requests = 50_000  # a process is replaced now and then, so that a leak somewhere cannot grow for weeks
max_requests_jitter = 5_000
limit_request_line = 4_094
limit_request_fields = 60
limit_request_field_size = 8_190
sendfile = False  # it would pass by the limits of PacedWorker
forwarded_allow_ips = _settings.forwarded_allow_ips
forwarder_headers = ""  # no header sets SCRIPT_NAME or PATH_INFO: a proxy may hand a visitor's own on
preload_app = False  # a database connection must not be inherited by a process
worker_tmp_dir = "/dev/shm" if sys.platform == "linux" else None  # noqa: S108 — gunicorn's own heartbeat files
accesslog = None  # app.web.log writes a line for each request, without network addresses
errorlog = "-"
loglevel = "warning"
control_socket_disable = True

_processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
_board = Board(2 * workers + 2)  # while processes are replaced there are more of them for a moment
_APP_CANNOT_LOAD = 4  # the exit code with which a worker tells gunicorn not to try again


def _quote_nobody(record: logging.LogRecord) -> bool:
    """Reword gunicorn's own lines that quote a visitor's address or the path asked for, which may hold a secret."""
    text = str(record.msg)
    if text.startswith("Invalid request from ip="):
        record.msg, record.args = "A request that cannot be understood was refused.", ()
    elif text.startswith("Error handling request"):
        record.msg, record.args = "A request failed outside of the program.", ()
    return True


def on_starting(server: Any) -> None:
    """Before any process serves."""
    logging.getLogger("gunicorn.error").addFilter(_quote_nobody)


def when_ready(server: Any) -> None:
    """Say where the site is, once."""
    sys.stderr.write(f"Ricognizione: {_settings.base_url} ({workers} processes on {_settings.bind})\n")


def pre_fork(server: Any, worker: Any) -> None:
    """Choose the processor of a new process: one that none, or fewest, of the others have; and its place on the board."""
    taken = [getattr(other, "processor", None) for other in server.WORKERS.values()]
    worker.processor = min(_processors, key=taken.count) if 0 < len(_processors) <= workers else None
    worker.place = _board.enter()
    worker.turn = Turn(_board, worker.place) if worker.place is not None else None


def post_fork(server: Any, worker: Any) -> None:
    """Stay on that processor, whose caches are warm, where each has a process of its own (docs/decisions/0017)."""
    if worker.processor is not None:
        os.sched_setaffinity(0, {worker.processor})


def child_exit(server: Any, worker: Any) -> None:
    """A process has ended, even by a kill: what it held is nobody's."""
    if worker.place is not None:
        _board.leave(worker.place)


def post_worker_init(worker: Any) -> None:
    """Refuse to serve on a database that cannot keep a promise."""
    app = worker.wsgi
    with app.app_context():
        try:
            problem = schema_problem()
        except DurabilityError as error:
            problem = str(error)
        except OperationalError:
            worker.log.warning("The database does not answer yet; requests get an error page until it does.")
            return
    if problem:
        worker.log.error("The program cannot start. %s", problem)
        sys.exit(_APP_CANNOT_LOAD)
    gc.collect()
    gc.set_threshold(20_000, 10, 10)  # a page makes some thousand objects and no cycles to speak of
    gc.freeze()  # what lasts as long as the process is not looked through again: it took a tenth of a second each time
