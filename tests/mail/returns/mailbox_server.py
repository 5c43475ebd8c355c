"""A real IMAP server: Dovecot in processes of its own, without privileges, with quota, gone afterwards.

Not for: what travels over it.
Holds always: it listens on this machine alone, on a port of its own; its mail lies in Maildirs of the test's folder.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live_site import free_port

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
USER, PASSWORD = "ritorni", "parola-di-prova"
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
mail_plugins = $mail_plugins quota
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home allow_all_users=yes
}}
first_valid_uid = 0
first_valid_gid = 0
protocol imap {{
  mail_plugins = $mail_plugins quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage={quota}K
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
imap_capability = {capability}
"""


@dataclass(frozen=True)
class MailboxServer:
    """The server. `port`: of plain IMAP; `mail`: the Maildir of its one user."""

    port: int
    mail: Path

    def put(self, name: str, content: bytes) -> None:
        """Put a message into the mailbox, as a server that delivers does."""
        draft = self.mail / "tmp" / name
        draft.write_bytes(content)
        _give(draft)
        draft.rename(self.mail / "new" / name)

    def names(self, folder: str = "") -> list[str]:
        """What lies in a folder, seen or not; empty for the inbox."""
        place = self.mail / f".{folder}" if folder else self.mail
        return sorted(path.name for part in ("new", "cur") for path in (place / part).glob("*"))

    def settings(self, prefix: str = "return_imap", **more: object) -> dict[str, object]:
        """The program's settings that read it."""
        plain = {"host": "127.0.0.1", "port": self.port, "security": "none", "username": USER, "password": PASSWORD}
        return {**{f"{prefix}_{name}": value for name, value in plain.items()}, **more}


def _nobody() -> tuple[str, str]:
    """Who runs it: nobody, where we are root, for then Dovecot wants a user without privileges; else ourselves."""
    own = pwd.getpwuid(os.getuid())
    name = "nobody" if own.pw_uid == 0 else own.pw_name
    return name, grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name


def _give(path: Path) -> None:
    if os.getuid() == 0:
        user, _group = _nobody()
        shutil.chown(path, user)


@contextmanager
def mailbox_server(*, quota: int = 10_000, capability: str = "") -> Iterator[MailboxServer]:
    """Start one. `quota`: KiB; `capability`: what it says of itself instead of all that it can."""
    with tempfile.TemporaryDirectory(prefix="mail") as place:  # its sockets bear no long names
        Path(place).chmod(0o711)
        with _served(Path(place) / "box", quota, capability) as server:
            yield server


@contextmanager
def _served(folder: Path, quota: int, capability: str) -> Iterator[MailboxServer]:
    if PROGRAM is None:
        raise RuntimeError("dovecot is missing: make test installs it (Debian: dovecot-imapd)")
    user, group = _nobody()
    account, port = pwd.getpwnam(user), free_port()
    for part in ("run", "home", "mail", "mail/new", "mail/cur", "mail/tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    told = {"folder": folder, "user": user, "group": group, "uid": account.pw_uid, "gid": account.pw_gid, "port": port}
    text = CONFIGURATION.format(**told, password=PASSWORD, quota=quota, capability=capability)
    (folder / "dovecot.conf").write_text(text)
    for place in (folder, *folder.rglob("*")):
        _give(place)
    with _running(folder, port):
        yield MailboxServer(port, folder / "mail")


@contextmanager
def _running(folder: Path, port: int) -> Iterator[None]:
    account = pwd.getpwnam(_nobody()[0])
    given: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen(
        [str(PROGRAM), "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **given
    )
    try:
        _wait_until_it_listens(process, port, folder)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = process.stdout.read() if process.poll() is not None and process.stdout else b""
    log = folder / "log"
    raise RuntimeError(f"dovecot does not listen: {said!r} {log.read_text() if log.exists() else ''}")
