"""The WSGI entry: gunicorn and the `flask` command load `wsgi:app`."""

from app import create_app
from app.config import SettingError

try:
    app = create_app()
except SettingError as error:
    raise SystemExit(f"The program cannot start. {error}") from None
