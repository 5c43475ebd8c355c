"""Every setting of an installation: its type, its meaning, its default, and what a good value is.

Not for: what an edition decides (dates, contacts, letter) nor for what never differs between installations.
Holds always: a value comes from the environment (`RICOGNIZIONE_<NAME>`), else from `instance/config.toml`, else from its
default; a bad or unknown one raises SettingError, which names it, and the program does not start; a secret is made at the
first start in a file that only its owner can read.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from app import config_values as values
from app.config_data import DataSettings
from app.config_values import setting as _setting
from app.context import this_app
from app.secret_files import SecretFileError, read_or_make_secret

ENVIRONMENT_PREFIX = "RICOGNIZIONE_"
CONFIG_FILE = "config.toml"
SECRET_FILE = "secret_key"  # noqa: S105 — a file's name
DEFAULT_INSTANCE = Path(__file__).resolve().parent.parent / "instance"
EXTENSION_KEY = "ricognizione-settings"


class SettingError(Exception):
    """A setting that the program cannot start with. `name` is the setting (or the file), `problem` what it should be."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"Setting {name}: {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(DataSettings):
    """The settings of one installation, all of them valid."""

    instance_path: Path = dataclasses.field(
        default=DEFAULT_INSTANCE,
        metadata={
            "read": None,
            "meaning": "Folder of what this installation owns: its database, secrets and config.toml. Environment only.",
            "hidden": False,
        },
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000",
        values.web_address,
        "The site's own address, used in links sent by mail and to refuse requests for other hosts. https unless local.",
    )
    database_url: str = _setting(
        "",
        values.database_url,
        "SQLite file or PostgreSQL database. Left out: `ricognizione.sqlite3` in the instance folder.",
        hidden=True,
    )
    secret_key: str = _setting(
        "",
        values.secret,
        "Signs form tokens, makes the codes of letters. Left out: made at the first start in `instance/secret_key`, mode 600.",
        hidden=True,
    )
    languages: tuple[str, ...] = _setting(
        ("it", "en"),
        values.languages,
        "Languages offered, in the order of the switch (in the environment separated by commas).",
    )
    session_idle_minutes: int = _setting(
        480, values.whole(5, 10_080), "After how many minutes without a request a person must sign in again."
    )
    session_hours: int = _setting(72, values.whole(1, 720), "After how many hours at most a person must sign in again.")
    staff_session_idle_minutes: int = _setting(
        60, values.whole(5, 1_440), "After how many minutes without a request a member of staff must sign in again."
    )
    staff_session_hours: int = _setting(
        12, values.whole(1, 72), "After how many hours at most a member of staff must sign in again."
    )
    activation_days: int = _setting(30, values.whole(1, 365), "For how many days a link that sets a password is good.")
    address_delay_hours: int = _setting(
        48,
        values.whole(0, 336),
        "For how many hours a new address of an entity that has signed in before gets no link, so that the old one can stop "
        "the change. 0: not at all.",
    )
    sign_in_link_minutes: int = _setting(
        10, values.whole(5, 1_440), "For how many minutes a sign-in link sent by e-mail is good."
    )
    throttle_account_failures: int = _setting(
        5, values.whole(1, 100), "Wrong passwords for one account before its next attempts must wait."
    )
    throttle_network_failures: int = _setting(
        50, values.whole(1, 10_000), "Wrong passwords from one network before its next attempts must wait."
    )
    throttle_window_minutes: int = _setting(15, values.whole(1, 1_440), "For how many minutes a wrong password counts.")
    throttle_max_delay_seconds: int = _setting(
        300,
        values.whole(1, 3_600),
        "The longest that an attempt must wait: delays grow up to it, nobody is locked out for good.",
    )
    password_hashes_at_once: int = _setting(
        2, values.whole(1, 64), "How many passwords one process checks at a time (19 MiB each)."
    )
    oidc_issuer: str = _setting(
        "",
        values.issuer,
        "Issuer of OpenID Connect (a gateway of SPID and CIE) by which staff may come in. Left out: no single sign-on.",
    )
    oidc_client_id: str = _setting("", values.text, "This site's name there; needed with oidc_issuer.")
    oidc_client_secret: str = _setting("", values.text, "This site's secret there; needed with oidc_issuer.", hidden=True)
    oidc_label: str = _setting("SPID o CIE", values.text, "What the button of the sign-in page calls it.")
    oidc_acr_values: str = _setting(
        "",
        values.text,
        "How sure the provider must be: values of acr that are asked for and accepted, separated by spaces. Left out: any.",
    )
    trusted_proxies: int = _setting(
        0, values.whole(0, 5), "How many reverse proxies stand in front, each adding to X-Forwarded-For and -Proto. 0: none."
    )
    forwarded_allow_ips: str = _setting(
        "127.0.0.1,::1", values.text, "Addresses of those proxies, as gunicorn's forwarded_allow_ips takes them."
    )
    trusted_hosts: tuple[str, ...] = _setting(
        (),
        values.hosts,
        "Other hosts under which the site may be asked, beside that of base_url. Links are always built from base_url.",
    )
    hsts_days: int = _setting(
        365,
        values.whole(0, 1_095),
        "For how many days browsers must come by https only (Strict-Transport-Security, sent over https alone). 0: not sent.",
    )
    hsts_subdomains: bool = _setting(True, values.flag, "Whether that holds for all hosts below this one too.")
    hsts_preload: bool = _setting(
        False,
        values.flag,
        "Whether browsers may ship the host in their lists: needs hsts_subdomains and hsts_days of 365 or more, and can hardly "
        "be undone.",
    )
    security_contact: str = _setting(
        "",
        values.contact,
        "Whom to tell of a weakness, in /.well-known/security.txt. Left out: the edition's e-mail address, else the page of "
        "contacts.",
    )
    security_policy: str = _setting(
        "",
        values.https_page,
        "Page that says how reports of weaknesses are handled, in the same file. Left out: none is named.",
    )
    request_seconds: int = _setting(
        30,
        values.whole(5, 600),
        "How long a request may take to arrive, and an answer to leave; a second more for each 2,000 bytes of it.",
    )
    bind: str = _setting("127.0.0.1:8000", values.text, "Where gunicorn listens: host:port, or unix:/path of a socket.")
    workers: int = _setting(2, values.whole(1, 64), "Processes of gunicorn: about one a processor core.")
    threads: int = _setting(8, values.whole(1, 64), "Threads of each process: how many slow clients it serves at once.")
    max_body_kib: int = _setting(
        1_024, values.whole(64, 102_400), "Largest request body, in KiB; larger ones get a page that says so."
    )
    compress: bool = _setting(True, values.flag, "Compress pages (brotli, gzip). Off where the reverse proxy does it.")
    compress_quality: int = _setting(3, values.whole(0, 11), "Brotli's quality for pages: more is smaller and slower.")
    retention_sessions_days: int = _setting(
        30,
        values.whole(0, 3_650),
        "How long ended sessions and links are kept. In this and the next ones 0 means for ever.",
    )
    retention_throttle_days: int = _setting(1, values.whole(0, 365), "How long counts of wrong passwords are kept.")
    retention_places_days: int = _setting(
        400, values.whole(0, 3_650), "How long an entity's device or network is known after its last sign-in."
    )
    retention_messages_days: int = _setting(
        365, values.whole(0, 3_650), "How long recipient and text of a message are kept after it was sent or given up."
    )
    retention_uploads_days: int = _setting(
        1, values.whole(0, 365), "How long files of receipts are kept that somebody uploaded; they may quote links."
    )
    retention_practice_uploads_days: int = _setting(
        7, values.whole(0, 365), "How long a file of earlier practices is kept that somebody uploaded and did not confirm."
    )
    retention_requests_days: int = _setting(
        180,
        values.whole(0, 3_650),
        "How long it is kept who asked for access or for a reopening, or was invited, once that has ended.",
    )
    retention_late_work_days: int = _setting(
        365, values.whole(0, 3_650), "How long work that came after the deadline waits before it is discarded."
    )
    retention_calls_months: int = _setting(
        24, values.whole(0, 240), "How long it is kept with whom somebody spoke by phone, and notes that were taken back."
    )
    retention_threads_months: int = _setting(
        24,
        values.whole(0, 240),
        "How long messages between an entity and the desk are kept, with their files, after the last one of their thread.",
    )
    retention_personal_answers_months: int = _setting(
        36, values.whole(0, 240), "How long personal answers are kept after their edition has closed."
    )
    retention_operators_months: int = _setting(
        24,
        values.whole(0, 240),
        "How long those who filled in are kept who were not seen since, after the edition of their last visit has closed.",
    )
    retention_log_places_days: int = _setting(180, values.whole(0, 3_650), "How long the log keeps from where a deed was done.")
    log_level: str = _setting(
        "info",
        values.choice("debug", "info", "warning", "error"),
        "From which level on lines are logged; info logs each request.",
    )
    log_syslog: str = _setting(
        "",
        values.log_collector,
        "A syslog collector that gets the log's lines too: udp:host:port, tcp:host:port, tls:host:port, or the path of a "
        "socket, like /dev/log. Empty for none.",
    )

    @property
    def host(self) -> str:
        """The host of the base URL, without its port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the site is only for the machine it runs on; demo commands refuse to run elsewhere."""
        return self.host in values.LOCAL_HOSTS

    @property
    def is_https(self) -> bool:
        """Whether cookies may be restricted to encrypted connections."""
        return self.base_url.startswith("https://")


NAMES = tuple(field.name for field in dataclasses.fields(Settings))
HIDDEN_NAMES = frozenset(field.name for field in dataclasses.fields(Settings) if field.metadata["hidden"])


def settings() -> Settings:
    """The settings of the current application."""
    return cast("Settings", this_app().extensions[EXTENSION_KEY])


def load_settings(overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; `overrides` win over environment and file. Raises SettingError on the first bad one."""
    environment = os.environ if environment is None else environment
    given = dict(overrides or {})
    instance = Path(
        given.pop("instance_path", environment.get(f"{ENVIRONMENT_PREFIX}INSTANCE_PATH", DEFAULT_INSTANCE))
    ).absolute()
    found = {**_from_file(instance / CONFIG_FILE), **_from_environment(environment), **given}
    read: dict[str, Any] = {"instance_path": instance}
    for field in dataclasses.fields(Settings):
        if field.name in found and field.name != "instance_path":
            read[field.name] = _read_one(field, found.pop(field.name))
    if found:
        raise SettingError(sorted(found)[0], f"is not a setting; the settings are {', '.join(NAMES)}")
    return _complete(Settings(**read))


def _read_one(field: dataclasses.Field[Any], value: object) -> object:
    try:
        return field.metadata["read"](value)
    except values.UnfitError as error:
        raise SettingError(field.name, f"should be {error}") from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingError(str(path), f"cannot be read: {error.strerror}") from error
    try:
        found = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(str(path), f"should be a TOML file in UTF-8: {error}") from None
    for name in found:
        if name not in NAMES or name == "instance_path":
            raise SettingError(name, f"is not a setting of {path}; the settings are {', '.join(NAMES[1:])}")
    return found


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable, value in environment.items():
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if variable.startswith(ENVIRONMENT_PREFIX) and name in NAMES and name != "instance_path":
            found[name] = value
    return found


def _complete(read: Settings) -> Settings:
    """Fill in what is made or depends on another setting."""
    if read.smtp_host and not read.smtp_sender:
        raise SettingError("smtp_sender", "should be the sender's address, because smtp_host is set")
    if read.smtp_password and not read.smtp_username:
        raise SettingError("smtp_username", "should be given, because smtp_password is set")
    if read.pec_smtp_host and not read.pec_sender:
        raise SettingError("pec_sender", "should be the certified address, because pec_smtp_host is set")
    if read.pec_smtp_password and not read.pec_smtp_username:
        raise SettingError("pec_smtp_username", "should be given, because pec_smtp_password is set")
    for box in ("return_imap", "pec_imap"):
        if getattr(read, f"{box}_host") and not getattr(read, f"{box}_username"):
            raise SettingError(f"{box}_username", f"should be given, because {box}_host is set")
    if read.hsts_preload and not (read.hsts_subdomains and read.hsts_days >= 365):
        raise SettingError("hsts_preload", "should be false, because hsts_subdomains is off or hsts_days below 365")
    for name in ("oidc_client_id", "oidc_client_secret", "oidc_label"):
        if read.oidc_issuer and not getattr(read, name):
            raise SettingError(name, "should be given, because oidc_issuer is set")
    made: dict[str, Any] = {}
    if not read.database_url:
        made["database_url"] = f"sqlite:///{read.instance_path / 'ricognizione.sqlite3'}"
    if not read.secret_key:
        try:
            made["secret_key"] = read_or_make_secret(read.instance_path / SECRET_FILE)
        except SecretFileError as error:
            raise SettingError("secret_key", str(error)) from error
    return dataclasses.replace(read, **made)
