"""A provider of OpenID Connect as a process of its own, and a person who signs in there."""

from __future__ import annotations

import contextlib
import html
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import requests


@contextlib.contextmanager
def running_provider() -> Iterator[str]:
    """The issuer's address, as long as its process runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.defpath})
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait_for(issuer)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(issuer: str) -> None:
    for _ in range(200):
        with contextlib.suppress(requests.ConnectionError):
            requests.get(issuer, timeout=5)
            return
        time.sleep(0.1)
    raise TimeoutError("the provider does not answer")


def sign_in_there(address: str, subject: str) -> str:
    """Sign in at the provider as whoever was sent to this address; where it sends the browser back to."""
    page = requests.get(address, timeout=5)
    assert page.status_code == 200, page.text
    back = requests.post(address, data={"sub": subject}, timeout=5, allow_redirects=False)
    assert back.status_code == 302, html.unescape(re.sub("<[^>]+>", " ", back.text))
    return str(back.headers["Location"])
