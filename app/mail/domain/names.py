"""Asking the DNS, briefly: texts, mail servers and addresses of a name.

Not for: what a record means.
Holds always: a name that does not exist has nothing; a DNS that says nothing within `LIFETIME_SECONDS` is `NoAnswerError`,
never silence.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator
from typing import Any, Final

import dns.exception
import dns.rdatatype
import dns.resolver

TRY_SECONDS: Final = 1.5
LIFETIME_SECONDS: Final = 4.0
"""Of one question, with its repetitions."""
_PORT: Final = 53
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoAnswerError(Exception):
    """The DNS could not be asked. `silent`: nobody answers at all, so that asking on is in vain."""

    def __init__(self, what: str, *, silent: bool) -> None:
        super().__init__(what)
        self.silent = silent


class Names:
    """The DNS as one server knows it: `host` or `host:port` (an IP address), or the system's where none is given."""

    def __init__(self, server: str = "") -> None:
        """Raises NoAnswerError where the system names no server."""
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except (dns.resolver.NoResolverConfiguration, OSError) as error:
            raise NoAnswerError("this machine names no DNS server", silent=True) from error
        if server:
            host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
            self._resolver.nameservers = [host]
            self._resolver.port = int(port or _PORT)
        self._resolver.timeout, self._resolver.lifetime = TRY_SECONDS, LIFETIME_SECONDS

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each as one text."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def mail_servers(self, domain: str) -> list[str]:
        """The hosts of its MX records, the preferred first; an empty name says that the domain takes no mail (RFC 7505)."""
        records = sorted(self._ask(domain, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True).strip(".") for record in records]

    def addresses(self, host: str) -> list[Address]:
        """Of a host's name, or the address itself."""
        with contextlib.suppress(ValueError):
            return [ipaddress.ip_address(host)]
        return [ipaddress.ip_address(record.address) for kind in ("A", "AAAA") for record in self._ask(host, kind)]

    def _ask(self, name: str, kind: str) -> Iterator[Any]:
        try:
            answer = self._resolver.resolve(f"{name.rstrip('.')}.", kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return
        except dns.resolver.NoNameservers as error:
            refused = any(
                "SERVFAIL" in str(told[-2:]) or "REFUSED" in str(told[-2:]) for told in error.kwargs.get("errors", ())
            )
            raise NoAnswerError(f"the DNS cannot answer for {name}", silent=not refused) from error
        except (dns.exception.Timeout, OSError) as error:
            raise NoAnswerError("the DNS does not answer", silent=True) from error
        except dns.exception.DNSException:
            return  # no name that could exist
        yield from (answer.rrset or ())
