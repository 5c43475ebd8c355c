"""A setting is read from the environment, else the file, else its default; a bad one stops the start by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import NAMES, SettingError, load_settings

ROOT = Path(__file__).parents[2]
BAD = {
    "base_url": [
        "",
        "survey.example.it",
        "ftp://survey.example.it",
        "http://survey.example.it",
        "https://a.it/path",
        "https://a.it:x",
    ],
    "database_url": ["mysql://localhost/x", "nonsense", "sqlite://", "sqlite:///:memory:", "postgresql://host", 7],
    "secret_key": ["short", 7],
    "languages": ["", "en", "it,xx", "it,it", 7, [1]],
    "session_idle_minutes": ["4", "10081", "an hour", "1.5", True, None, ""],
    "session_hours": ["0", "721"],
    "staff_session_idle_minutes": [4, 1_441, "un'ora"],
    "staff_session_hours": ["0", "73"],
    "activation_days": ["0", "366"],
    "sign_in_link_minutes": [4, 1_441, "mezz'ora"],
    "throttle_account_failures": ["0", "101"],
    "throttle_network_failures": ["0", "10001"],
    "throttle_window_minutes": ["0", "1441"],
    "throttle_max_delay_seconds": ["0", "3601"],
    "password_hashes_at_once": ["0", "65"],
    "smtp_host": [7, "two\nlines", "x" * 501],
    "smtp_port": ["0", "65536"],
    "smtp_security": ["ssl", 7],
    "smtp_username": [7],
    "smtp_password": [7],
    "smtp_sender": [7, "nobody", "a@b.it\nBcc: c@d.it"],
    "smtp_timeout_seconds": [0, 601, "soon"],
    "reminders_per_hour": ["0", "20001", "tanti"],
    "mail_per_minute": ["-1", "60001", "tanti"],
    "mail_domain_per_minute": ["-1", "60001", "tanti"],
    "mail_dkim_selector": (".", "-a", "a b", "a" * 260, 7),
    "doctor_dns_server": ("dns.example", "192.0.2.53:0", "192.0.2.53:99999", "192.0.2.53:", ":53", 53),
    "mail_reply_to": [7, "a@b.it, c@d.it"],
    "pec_smtp_host": [7, "two\nlines"],
    "pec_smtp_port": ["0", "65536"],
    "pec_smtp_security": ["ssl", 7],
    "pec_smtp_username": [7],
    "pec_smtp_password": [7],
    "pec_sender": [7, "nobody", "a@b.it\nBcc: c@d.it"],
    "pec_per_minute": ["0", "6001", "tanti"],
    "mail_return_address": [7, "nobody", "a@b.it, c@d.it"],
    **{
        f"{box}_{name}": bad
        for box in ("return_imap", "pec_imap")
        for name, bad in {
            "host": [7, "two\nlines"],
            "port": ["0", "65536"],
            "security": ["ssl", 7],
            "username": [7],
            "password": [7],
            "folder": [7, "two\nlines"],
            "done_folder": [7],
        }.items()
    },
    "oidc_issuer": [
        7,
        "sso.example.it",
        "http://sso.example.it",
        "https://",
        "https://sso.example.it/?a=1",
        "https://u@sso.it",
    ],
    "oidc_client_id": [7],
    "oidc_client_secret": [7],
    "oidc_label": [7, "due\nrighe"],
    "oidc_acr_values": [7],
    "trusted_proxies": ["-1", "6"],
    "forwarded_allow_ips": [7],
    "trusted_hosts": [7, "*.example.it", "https://a.example.it", "a.example.it,a.example.it", "localhost", [1]],
    "hsts_days": ["-1", "1096"],
    "hsts_subdomains": ["maybe"],
    "hsts_preload": ["maybe"],
    "security_contact": [7, "nobody", "http://a.example.it", "a@b.it\nPolicy: x", "mailto:a@b.it?x=y z"],
    "security_policy": [7, "http://a.example.it", "https://a.example.it/x y", "https://"],
    "request_seconds": ["4", "601"],
    "address_delay_hours": ["-1", "337"],
    "retention_sessions_days": ["-1", "3651"],
    "retention_throttle_days": ["-1", "366"],
    "retention_uploads_days": ["-1", "366"],
    "retention_practice_uploads_days": ["-1", "366"],
    "retention_places_days": ["-1", "3651"],
    "retention_messages_days": ["-1", "3651"],
    "retention_requests_days": ["-1", "3651"],
    "retention_late_work_days": ["-1", "3651"],
    "retention_calls_months": ["-1", "241"],
    "retention_threads_months": ["-1", "241"],
    "retention_personal_answers_months": ["-1", "241"],
    "retention_operators_months": ["-1", "241"],
    "retention_log_places_days": ["-1", "3651"],
    "data_licence": ["gpl"],
    "data_holder_name": [7],
    "data_holder_ipa": [7, "", "p c m"],
    "data_holder_url": [7, "http://a.example.it"],
    "data_contact": [7, "nobody"],
    "bind": [7],
    "workers": ["0", "65"],
    "threads": ["0", "65"],
    "max_body_kib": ["63", "102401"],
    "compress": ["maybe", 7],
    "compress_quality": ["-1", "12"],
    "log_level": ["loud"],
    "log_syslog": [7, "udp:host", "http:host:514", "udp::514", "tcp:host:0", "tls:host:65536", "host:514", "udp:h:x"],
}


def test_every_setting_has_bad_values_in_this_test() -> None:
    assert set(BAD) == set(NAMES) - {"instance_path"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, bad in BAD.items() for value in bad])
def test_a_bad_value_is_refused_by_its_name(name: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        load_settings({"instance_path": tmp_path, name: value}, environment={})
    assert refusal.value.name == name
    assert "should be" in refusal.value.problem


@pytest.mark.parametrize(
    ("name", "value"), [("database_url", "mysql://u:pa55word@h/d"), ("secret_key", "pa55word"), ("smtp_password", "pa55word\n")]
)
def test_a_refusal_never_repeats_the_value(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        load_settings({"instance_path": tmp_path, name: value}, environment={})
    assert "pa55word" not in str(refusal.value)


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('workers = 3\nthreads = 5\nlanguages = ["it", "de"]\n', encoding="utf-8")
    read = load_settings(environment={"RICOGNIZIONE_INSTANCE_PATH": str(tmp_path), "RICOGNIZIONE_THREADS": "6"})
    assert (read.instance_path, read.workers, read.threads, read.languages) == (tmp_path, 3, 6, ("it", "de"))
    assert read.session_hours == 72


def test_a_list_in_the_environment_is_separated_by_commas(tmp_path: Path) -> None:
    assert load_settings({"instance_path": tmp_path}, {"RICOGNIZIONE_LANGUAGES": "it, fr"}).languages == ("it", "fr")


def test_an_unknown_key_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("worker = 3\n", encoding="utf-8")
    with pytest.raises(SettingError, match="worker: is not a setting of") as refusal:
        load_settings({"instance_path": tmp_path}, environment={})
    assert refusal.value.name == "worker"


def test_an_unknown_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="wokers: is not a setting"):
        load_settings({"instance_path": tmp_path, "wokers": 3}, environment={})


@pytest.mark.parametrize("content", [b"workers = ", b"\xff\xfe", b"workers = 1\nworkers = 2\n"])
def test_a_file_that_is_not_toml_is_refused_by_its_path(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(SettingError) as refusal:
        load_settings({"instance_path": tmp_path}, environment={})
    assert refusal.value.name == str(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"smtp_host": "mail.example.it"}, "smtp_sender"),
        ({"smtp_password": "x" * 12}, "smtp_username"),
        ({"return_imap_host": "mail.example.it"}, "return_imap_username"),
        ({"pec_imap_host": "mail.example.it"}, "pec_imap_username"),
        ({"pec_smtp_host": "mail.example.it"}, "pec_sender"),
        ({"pec_smtp_password": "x" * 12}, "pec_smtp_username"),
        ({"hsts_preload": True, "hsts_subdomains": False}, "hsts_preload"),
        ({"hsts_preload": True, "hsts_days": 364}, "hsts_preload"),
        ({"oidc_issuer": "https://sso.example.it"}, "oidc_client_id"),
        ({"oidc_issuer": "https://sso.example.it", "oidc_client_id": "x"}, "oidc_client_secret"),
    ],
)
def test_settings_that_need_each_other(given: dict[str, str], missing: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        load_settings({"instance_path": tmp_path, **given}, environment={})
    assert refusal.value.name == missing


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u:p%40ss@db.example.it/ricognizione", "postgresql+psycopg://u:p%40ss@db.example.it/ricognizione"),
        ("postgresql:///ricognizione?host=/run/postgresql", "postgresql+psycopg:///ricognizione?host=%2Frun%2Fpostgresql"),
        ("sqlite:////var/lib/x.sqlite3", "sqlite:////var/lib/x.sqlite3"),
    ],
)
def test_a_database_address_gets_the_driver_that_ships(given: str, read: str, tmp_path: Path) -> None:
    assert load_settings({"instance_path": tmp_path, "database_url": given}, environment={}).database_url == read


@pytest.mark.parametrize(
    ("address", "local", "https"),
    [
        ("http://127.0.0.1:8000", True, False),
        ("http://localhost", True, False),
        ("http://[::1]:8000", True, False),
        ("https://Survey.Example.it/", False, True),
    ],
)
def test_a_base_url_says_whether_it_is_local_and_encrypted(address: str, local: bool, https: bool, tmp_path: Path) -> None:
    read = load_settings({"instance_path": tmp_path, "base_url": address}, environment={})
    assert (read.is_local, read.is_https) == (local, https)
    assert not read.base_url.endswith("/")


@pytest.mark.parametrize(
    "command", [["-m", "flask", "--app", "wsgi", "doctor"], ["-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]]
)
def test_the_program_says_in_one_line_which_setting_stops_it(command: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "RICOGNIZIONE_INSTANCE_PATH": str(tmp_path), "RICOGNIZIONE_WORKERS": "many"}
    ended = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "The program cannot start. Setting workers: should be a whole number from 1 to 64"
