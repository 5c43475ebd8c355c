"""Headers on every response, no foreign host, an id for each request, and a log without persons."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.headers import CONTENT_SECURITY_POLICY


@pytest.fixture
def database_kind() -> str:
    """These do not depend on the database."""
    return "sqlite"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/probe/form", 200),
        ("/non-esiste", 404),
        ("/probe/save", 405),
        ("/probe/fail/x", 500),
        ("/probe/form?lingua=en", 303),
        ("/static/x/non-esiste.css", 404),
        ("/static/x/favicon.svg", 200),
    ],
)
def test_every_response_carries_the_headers(visitor: FlaskClient, address: str, status: int) -> None:
    response = visitor.get(address)
    assert response.status_code == status
    assert response.headers.getlist("Content-Security-Policy") == [CONTENT_SECURITY_POLICY]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    if status == 303 or address.endswith(".svg"):  # no document: a browser would not read them
        assert not {"Cross-Origin-Opener-Policy", "Permissions-Policy"} & set(response.headers.keys())
    else:
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        off = response.headers["Permissions-Policy"].split(", ")
        assert {"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()", "display-capture=()"} <= set(off)
        assert all(feature.endswith("=()") for feature in off)
    assert len(response.headers.getlist("X-Request-ID")) == 1
    if not address.startswith("/static/x/fav"):
        assert response.headers.getlist("Cache-Control") == ["no-store"]


def test_the_policy_lets_no_inline_code_run() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    ("base_url", "host", "status"),
    [
        ("http://127.0.0.1:8000", "localhost", 200),
        ("http://127.0.0.1:8000", "127.0.0.1:8123", 200),
        ("http://127.0.0.1:8000", "[::1]:8123", 200),
        ("http://127.0.0.1:8000", "evil.example", 400),
        ("https://survey.example.it", "survey.example.it", 200),
        ("https://survey.example.it", "SURVEY.example.it:443", 200),
        ("https://survey.example.it", "localhost", 400),
        ("https://survey.example.it", "survey.example.it.evil.example", 400),
        ("https://survey.example.it", "evil.example", 400),
        ("https://survey.example.it", "", 400),
    ],
)
def test_a_foreign_host_reaches_nothing(
    make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask], base_url: str, host: str, status: int
) -> None:
    app = add_probes(make_app(base_url=base_url))
    app.test_client_class = FlaskClient
    assert app.test_client().get("/probe/form", headers={"Host": host}).status_code == status


def test_over_https_cookies_are_bound_to_the_host_and_the_connection(
    make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask]
) -> None:
    app = add_probes(make_app(base_url="https://survey.example.it"))
    app.test_client_class = FlaskClient
    response = app.test_client().get("/probe/form", base_url="https://survey.example.it")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-ricognizione-form=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, ["max-age=31536000; includeSubDomains"]),
        ({"hsts_days": 0}, []),
        ({"hsts_days": 30, "hsts_subdomains": False}, ["max-age=2592000"]),
        ({"hsts_days": 730, "hsts_preload": True}, ["max-age=63072000; includeSubDomains; preload"]),
        ({"base_url": "http://127.0.0.1:8000"}, []),
    ],
)
def test_encryption_is_demanded_as_the_settings_say_and_over_https_alone(
    make_app: Callable[..., Flask], settings: dict[str, object], sent: list[str]
) -> None:
    app = make_app(**{"base_url": "https://survey.example.it", **settings})
    response = app.test_client().get(
        "/static/x/favicon.svg", base_url=str(settings.get("base_url", "https://survey.example.it"))
    )
    assert response.headers.getlist("Strict-Transport-Security") == sent


@pytest.mark.parametrize(
    ("host", "status"), [("survey.example.it", 200), ("Old.example.it:443", 200), ("x.old.example.it", 400)]
)
def test_other_hosts_are_served_where_the_settings_name_them_and_links_stay_with_the_base_url(
    make_app: Callable[..., Flask], host: str, status: int
) -> None:
    app = make_app(base_url="https://survey.example.it", trusted_hosts=["old.example.it"])
    response = app.test_client().get("/.well-known/security.txt", headers={"Host": host})
    assert response.status_code == status
    assert ("Canonical: https://survey.example.it/.well-known/security.txt" in response.text) is (status == 200)
    assert "old.example.it" not in response.text.lower()


def test_trace_sends_nothing_back(visitor: FlaskClient) -> None:
    response = visitor.open("/probe/form", method="TRACE", headers={"X-Secret": "s3cret", "Cookie": "a=s3cret"})
    assert response.status_code in {400, 405}
    assert "s3cret" not in response.text


def test_a_body_shorter_than_announced_is_no_request(visitor: FlaskClient, probed: Flask) -> None:
    probed.config["WTF_CSRF_ENABLED"] = False
    probed.before_request_funcs[None].append(lambda: (_read_form(), None)[1])
    body = {"data": b"B01=si", "content_type": "application/x-www-form-urlencoded"}
    statuses = [
        visitor.post(
            "/probe/save", **body, environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": length}
        ).status_code
        for length in ("6", "7")
    ]
    assert statuses == [200, 400]


def test_a_proxys_word_counts_only_where_one_is_trusted(
    make_app: Callable[..., Flask], add_probes: Callable[[Flask], Flask]
) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7", "X-Request-ID": "from-the-proxy-1"}
    seen = []
    for proxies in (0, 1):
        app = add_probes(make_app(trusted_proxies=proxies))
        app.test_client_class = FlaskClient
        app.before_request_funcs[None].append(lambda: seen.append(_request_seen()))
        response = app.test_client().get("/probe/form", headers=said)
        seen.append((response.headers["X-Request-ID"] == "from-the-proxy-1",))
    assert seen == [("127.0.0.1", "http"), (False,), ("203.0.113.7", "https"), (True,)]


def _read_form() -> None:
    from flask import request

    assert request.form["B01"] == "si"


def _request_seen() -> tuple[str | None, str]:
    from flask import request

    return request.remote_addr, request.scheme


def test_an_id_that_could_spoil_the_log_is_not_taken(make_app: Callable[..., Flask]) -> None:
    app = make_app(trusted_proxies=1)
    app.test_client_class = FlaskClient
    response = app.test_client().get("/", headers={"X-Request-ID": 'x","status":0'})
    assert response.headers["X-Request-ID"] != 'x","status":0'


def test_a_line_for_each_request_with_route_and_id_and_nothing_of_anybody(
    visitor: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    response = visitor.post(
        "/probe/fail/s3cret-t0ken?email=ufficio@example.it",
        data={"B01": "risposta riservata"},
        headers={"User-Agent": "agent-x", "Referer": "http://localhost/ref-x", "Cookie": "ricognizione=c00kie"},
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    refused, line = _lines(capfd)
    assert refused.pop("timestamp")
    request_id = response.headers["X-Request-ID"]
    assert refused == {"event": "refused", "request": request_id, "reason": "form token", "level": "warning"}
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "request": request_id,
        "method": "POST",
        "route": "/probe/fail/<secret>",
        "status": 400,
    }


def test_a_fault_is_logged_with_its_place_and_without_its_text(
    visitor: FlaskClient, probed: Flask, capfd: pytest.CaptureFixture[str]
) -> None:
    response = visitor.get("/probe/fail/s3cret-t0ken?email=ufficio@example.it")
    output = capfd.readouterr().err
    fault = next(json.loads(line) for line in output.splitlines() if '"fault"' in line)
    assert fault["kind"] == "builtins.ZeroDivisionError"
    assert fault["frames"][-1].endswith("_fail")
    assert fault["request"] == response.headers["X-Request-ID"]
    assert fault["request"] in response.text
    for private in ("Operatore A", "06 1234567", "s3cret", "ufficio@"):
        assert private not in output
        assert private not in response.text


def test_below_its_level_nothing_is_written(make_app: Callable[..., Flask], capfd: pytest.CaptureFixture[str]) -> None:
    app = make_app(log_level="warning")
    capfd.readouterr()
    app.test_client().get("/non-esiste")
    assert capfd.readouterr().err == ""


def _lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]
