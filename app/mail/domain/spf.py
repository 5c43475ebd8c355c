"""SPF: which hosts may send for a domain (RFC 7208), read as a receiving server reads it.

Not for: judging one message.
Holds always: asks the DNS no more than `MOST_ASKED` times however records name one another; an address counts as permitted only
where a mechanism says so without doubt.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final

from app.mail.domain.names import Address, Names

MOST_LOOKUPS, MOST_VOID = 10, 2
MOST_ASKED: Final = 30
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_QUALIFIERS: Final = "+-~?"


class SeveralRecordsError(Exception):
    """The domain has more than one record, which is as bad as none."""


@dataclass(slots=True)
class Spf:
    """A domain's record with all that it names. `end`: the qualifier of its `all`, empty without one; `lookups`: questions that
    it costs a receiver; `void`: of them without an answer; `permitted`: networks that may send; `opaque`: it names hosts that
    only a receiver can work out; `problems`: terms that a receiver cannot follow."""

    record: str
    end: str = ""
    lookups: int = 0
    void: int = 0
    permitted: list[Network] = field(default_factory=list)
    opaque: bool = False
    problems: list[str] = field(default_factory=list)

    def permits(self, address: Address) -> bool:
        """Whether this address may send."""
        return any(address in network for network in self.permitted if network.version == address.version)


def record_of(domain: str, names: Names) -> str | None:
    """The text of its record. Raises SeveralRecordsError, NoAnswerError."""
    found = [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) > 1:
        raise SeveralRecordsError(domain)
    return found[0] if found else None


def read_spf(domain: str, names: Names) -> Spf | None:
    """The domain's record, None where it has none. Raises SeveralRecordsError, NoAnswerError."""
    record = record_of(domain, names)
    if record is None:
        return None
    spf = Spf(record)
    spf.end = _Reading(spf, names).follow(domain, record, permits=True)
    return spf


@dataclass(slots=True)
class _Reading:
    spf: Spf
    names: Names

    def follow(self, domain: str, record: str, *, permits: bool) -> str:
        """Note what a record names; the qualifier of its `all`. `permits`: whether what it lets pass may send."""
        end = redirect = ""
        for term in record.split()[1:]:
            lowered = term.lower()
            if lowered.startswith("redirect="):
                redirect = term.partition("=")[2]
            elif "=" in term.partition(":")[0].partition("/")[0]:
                continue  # exp= and what is not known yet
            else:
                qualifier, mechanism = (term[0], term[1:]) if term[0] in _QUALIFIERS else ("+", term)
                if mechanism.lower() == "all":
                    end = qualifier
                    break
                self._mechanism(domain, mechanism, permits=permits and qualifier == "+")
        if redirect and not end:
            end = self._other(redirect, permits=permits)
        return end

    def _mechanism(self, domain: str, mechanism: str, *, permits: bool) -> None:
        name, _, value = mechanism.partition(":")
        name, _, bare_mask = name.partition("/")
        name = name.lower()
        if name in ("ip4", "ip6"):
            self._permit(value, permits=permits)
        elif name == "include":
            self._other(value, permits=permits)
        elif name in ("a", "mx"):
            target, _, mask = value.partition("/") if value else (domain, "", bare_mask)
            self._hosts(name, target or domain, mask, permits=permits)
        elif name in ("exists", "ptr"):
            self.spf.lookups += 1
            self.spf.opaque = self.spf.opaque or permits
        else:
            self.spf.problems.append(mechanism)

    def _other(self, domain: str, *, permits: bool) -> str:
        """The record of another domain."""
        self.spf.lookups += 1
        if "%" in domain:
            self.spf.opaque = True
            return ""
        if self.spf.lookups > MOST_ASKED:
            return ""
        try:
            record = record_of(domain, self.names)
        except SeveralRecordsError:
            record = None
        if record is None:
            self.spf.void += 1
            self.spf.problems.append(domain)
            return ""
        return self.follow(domain, record, permits=permits)

    def _hosts(self, name: str, target: str, mask: str, *, permits: bool) -> None:
        self.spf.lookups += 1
        if "%" in target:
            self.spf.opaque = True
            return
        if self.spf.lookups > MOST_ASKED:
            return
        hosts = [target] if name == "a" else [host for host in self.names.mail_servers(target) if host][:MOST_LOOKUPS]
        addresses = [address for host in hosts for address in self.names.addresses(host)]
        self.spf.void += not addresses
        four, _, six = mask.partition("//")
        for address in addresses:
            length = four if address.version == 4 else six
            self._permit(f"{address}/{length}" if length else str(address), permits=permits)

    def _permit(self, network: str, *, permits: bool) -> None:
        try:
            found = ipaddress.ip_network(network, strict=False)
        except ValueError:
            self.spf.problems.append(network)
            return
        if permits:
            self.spf.permitted.append(found)
