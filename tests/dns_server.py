"""A real DNS server for tests, over UDP and TCP on the loopback: it knows the records that it is given, and fails where told.

Not for: the program.
Holds always: an answer that does not fit into UDP's 512 bytes is cut and whole over TCP; names without any record do not exist.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

LARGEST_UDP = 512
SERVFAIL, SILENT = "servfail", "silent"


@dataclass
class DnsServer:
    """`records`: (name, type) → their texts; `faults`: name → SERVFAIL or SILENT; `asked`: "udp TXT name", in order."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, name: str, kind: str, *texts: str) -> None:
        """Records of a name, as a zone file writes them; a long TXT is cut into strings of 255 bytes."""
        if kind == "TXT":
            texts = tuple(" ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in texts)
        self.records.setdefault((name, kind), []).extend(texts)

    def answer(self, wire: bytes, way: str) -> bytes | None:
        """What is said to a question; None for nothing."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{way} {kind} {name}")
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if self.faults.get(name) == SILENT:
            return None
        if self.faults.get(name) == SERVFAIL:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif not any(known == name or known.endswith(f".{name}") for known, _kind in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        said = reply.to_wire()
        if way == "tcp" or len(said) <= LARGEST_UDP:
            return said
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        return reply.to_wire()


class _Udp(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        said = self.server.known.answer(self.request[0], "udp")
        if said is not None:
            self.request[1].sendto(said, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.rfile.read(2))
        said = self.server.known.answer(self.rfile.read(length), "tcp")
        if said is not None:
            self.wfile.write(struct.pack("!H", len(said)) + said)


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    """Runs while the block does, on one port for both ways."""
    known = DnsServer()
    udp, tcp = _both()
    known.port = udp.server_address[1]
    threads = []
    for server in (udp, tcp):
        server.known = known
        threads.append(threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True))
        threads[-1].start()
    try:
        yield known
    finally:
        for server in (udp, tcp):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join(timeout=5)


def _both() -> tuple[Any, Any]:
    for _try in range(20):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Udp)
        try:
            return udp, socketserver.ThreadingTCPServer(udp.server_address, _Tcp)
        except OSError:  # the port is free for UDP alone
            udp.server_close()
    raise OSError("no port that is free for both")


def silent_port() -> socket.socket:
    """A socket that takes questions and never answers."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", 0))
    return taken
