"""What the DNS should say of the domains that our mail comes from, and what to enter there.

Not for: proving it: whether a message passes is seen in its headers, at a receiver.
Holds always: every question that is asked is answered by a finding; a DNS that does not answer is a warning, and is not asked
on; nothing is sent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final

from app.config import Settings
from app.findings import Finding, State
from app.mail.domain.names import Address, Names, NoAnswerError
from app.mail.domain.spf import MOST_LOOKUPS, MOST_VOID, SeveralRecordsError, Spf, read_spf
from app.mail.domain.tags import Dmarc, is_dkim, is_dmarc, read_dmarc, read_key

_MARK: Final = "._domainkey."
_INSIDE: Final = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


@dataclass(frozen=True, slots=True)
class _Domains:
    """`sender`: of From; `envelope`: of the address to which reports come; `dkim`: of the signature, as far as is known."""

    sender: str
    envelope: str
    dkim: str

    @property
    def both(self) -> list[str]:
        return list(dict.fromkeys((self.sender, self.envelope)))


def check_domain(read: Settings) -> Iterator[Finding]:
    """The domain of smtp_sender, and of mail_return_address where that is another one; nothing where no mail server is set."""
    domains = _domains(read)
    if not read.smtp_host or not domains.sender:
        return
    try:
        names = Names(read.doctor_dns_server)
        checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = []
        for domain in domains.both:
            checks += [("MX", _bound(_check_mx, domain, names)), ("SPF", _bound(_check_spf, domain, read.smtp_host, names))]
        checks += [("DKIM", lambda: _check_dkim(domains, read.mail_dkim_selector, names))]
        checks += [("DMARC", lambda: _check_dmarc(domains, bool(read.mail_dkim_selector), names))]
        for what, check in checks:
            try:
                yield from check()
            except NoAnswerError as error:
                if error.silent:
                    raise
                yield Finding(what, State.WARNING, str(error), "ask who runs the DNS of that domain, then look again")
    except NoAnswerError as error:
        mend = (
            "look from a machine that reaches the DNS, or set doctor_dns_server; MX, SPF, DKIM and DMARC were not all looked at"
        )
        yield Finding("Mail domain", State.WARNING, str(error), mend)


def _bound(check: Callable[..., Iterator[Finding]], *given: object) -> Callable[[], Iterator[Finding]]:
    return lambda: check(*given)


def _domains(read: Settings) -> _Domains:
    sender = _domain_of(read.smtp_sender)
    _selector, mark, signer = read.mail_dkim_selector.lower().partition(_MARK)
    return _Domains(sender, _domain_of(read.mail_return_address) or sender, signer if mark else sender)


def _domain_of(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2].lower()


# MX -------------------------------------------------------------------------------------------------------------------


def _check_mx(domain: str, names: Names) -> Iterator[Finding]:
    """Answers and reports can arrive."""
    servers = names.mail_servers(domain)
    if servers == [""]:
        mend = f"use an address of a domain that takes mail, or enter an MX record for {domain}: answers and reports are lost"
        yield Finding("MX", State.WRONG, f"{domain} says that it takes no mail", mend)
    elif servers:
        yield Finding("MX", State.OK, f"{domain}: {', '.join(servers[:3])}")
    elif names.addresses(domain):
        mend = f"enter an MX record for {domain}: some servers refuse senders without one"
        yield Finding("MX", State.WARNING, f"{domain} has no MX record, mail goes to its own address", mend)
    else:
        mend = f"correct the address in smtp_sender or mail_return_address, or enter an MX record for {domain}"
        yield Finding("MX", State.WRONG, f"{domain} has neither MX record nor address: nobody can answer, many refuse it", mend)


# SPF ------------------------------------------------------------------------------------------------------------------


def _check_spf(domain: str, smtp_host: str, names: Names) -> Iterator[Finding]:
    """One record that receivers can follow, that ends, and that lets our mail server send."""
    try:
        spf = read_spf(domain, names)
    except SeveralRecordsError:
        mend = f"merge the TXT records of {domain} that begin with v=spf1 into one"
        yield Finding("SPF", State.WRONG, f"{domain} has several records: receivers then follow none", mend)
        return
    if spf is None:
        mend = f"enter a TXT record for {domain}: v=spf1 with what your mail provider names, and ~all at its end"
        yield Finding("SPF", State.WARNING, f"{domain} has no record", mend)
        return
    troubles = list(_spf_troubles(domain, spf))
    yield from troubles
    if not troubles:
        yield Finding("SPF", State.OK, f"{domain}: {spf.lookups} of {MOST_LOOKUPS} lookups, ends in {spf.end}all")
    yield from _check_spf_host(domain, spf, smtp_host, names)


def _spf_troubles(domain: str, spf: Spf) -> Iterator[Finding]:
    if spf.lookups > MOST_LOOKUPS:
        mend = "take out what is no longer used, or name addresses (ip4:) instead of include: beyond 10 receivers follow none"
        yield Finding("SPF", State.WRONG, f"{domain} costs {spf.lookups} lookups, {MOST_LOOKUPS} are allowed", mend)
    if spf.problems:
        told = ", ".join(text[:80] for text in dict.fromkeys(spf.problems))
        yield Finding(
            "SPF", State.WRONG, f"{domain}: nobody can follow {told}", f"correct or remove it in the record of {domain}"
        )
    elif spf.void > MOST_VOID:
        mend = f"remove the names that have no address: receivers bear {MOST_VOID}"
        yield Finding("SPF", State.WRONG, f"{domain} names {spf.void} hosts that do not exist", mend)
    if spf.end == "+":
        yield Finding("SPF", State.WRONG, f"{domain} ends in +all: anybody may send for it", "end it in ~all or -all")
    elif spf.end not in ("-", "~"):
        saw = f"{domain} ends in ?all" if spf.end else f"{domain} has no all at its end"
        yield Finding("SPF", State.WARNING, f"{saw}: it forbids nobody", "end it in ~all, later in -all")


def _check_spf_host(domain: str, spf: Spf, smtp_host: str, names: Names) -> Iterator[Finding]:
    """Mail mostly leaves from the server that takes it from us, which is as much as can be known from here."""
    outside = [address for address in names.addresses(smtp_host) if not _is_inside(address)]
    strange = [str(address) for address in outside if not spf.permits(address)]
    if not outside:
        mend = f"make sure that the record of {domain} names the public address from which {smtp_host} sends"
        yield Finding("SPF", State.WARNING, f"{smtp_host} has no public address: whether it may send is not known", mend)
    elif not strange or spf.opaque:
        yield Finding(
            "SPF", State.OK, f"{domain} lets {smtp_host} send" if not strange else f"{domain} may let {smtp_host} send"
        )
    else:
        mend = f"if mail leaves from there, add it to the record of {domain}; else ask your provider what to include"
        yield Finding("SPF", State.WARNING, f"{domain} does not name {', '.join(strange[:4])} ({smtp_host})", mend)


def _is_inside(address: Address) -> bool:
    own = any(address in network for network in _INSIDE if network.version == address.version)
    return own or address.is_loopback or address.is_link_local or address.is_unspecified


# DKIM -----------------------------------------------------------------------------------------------------------------


def _check_dkim(domains: _Domains, selector: str, names: Names) -> Iterator[Finding]:
    """The key with which receivers check our signatures is there and worth something."""
    if not selector:
        mend = (
            "send a message to a mailbox elsewhere, show its source: DKIM-Signature has s= (the selector) and d= (the domain); "
            f"set mail_dkim_selector to s, or to s{_MARK}d where d is not {domains.sender}; where no such header is, have "
            "the mail server sign"
        )
        yield Finding("DKIM", State.WARNING, "not looked at: the selector is not known", mend)
        return
    name = f"{selector.partition(_MARK)[0]}{_MARK}{domains.dkim}"
    found = [text for text in names.texts(name) if is_dkim(text)]
    if len(found) != 1:
        saw = f"{name} has {len(found)} keys" if found else f"{name} has no key"
        mend = "enter there the one key with which the mail server signs, or correct mail_dkim_selector"
        yield Finding("DKIM", State.WRONG, saw, mend)
        return
    key = read_key(found[0])
    if key.problem:
        yield Finding("DKIM", State.WRONG, f"{name}: {key.problem}", "make a new key of 2048 bits, enter it and sign with it")
    elif key.testing:
        mend = "take t=y out of it once messages pass: until then receivers may pass over the signature"
        yield Finding("DKIM", State.WARNING, f"{name} says that it is a trial", mend)
    elif key.kind == "ed25519":
        mend = "sign with an RSA key of 2048 bits as well: many receivers do not know Ed25519"
        yield Finding("DKIM", State.WARNING, f"{name} is an Ed25519 key", mend)
    else:
        yield Finding("DKIM", State.OK, f"{name}: RSA, {key.bits} bits")


# DMARC ----------------------------------------------------------------------------------------------------------------


def _check_dmarc(domains: _Domains, signs: bool, names: Names) -> Iterator[Finding]:
    """A policy that says what it wants and where reports go, and domains that satisfy it."""
    owner, records = _policies(domains.sender, names)
    if not records:
        name = f"_dmarc.{domains.sender}"
        mend = (
            f"enter a TXT record at {name}: v=DMARC1; p=none; rua=mailto:… ; large providers refuse many messages without one"
        )
        yield Finding("DMARC", State.WARNING, f"{domains.sender} has no policy", mend)
        yield from _check_alignment(domains, signs, None, domains.sender)
        return
    if len(records) > 1:
        mend = f"leave one TXT record that begins with v=DMARC1 at _dmarc.{owner}"
        yield Finding("DMARC", State.WRONG, f"{owner} has several policies: receivers then follow none", mend)
        return
    dmarc = read_dmarc(records[0])
    yield _judge(domains.sender, owner, dmarc)
    yield from _check_alignment(domains, signs, dmarc, owner)


def _judge(domain: str, owner: str, dmarc: Dmarc) -> Finding:
    policy = dmarc.policy if owner == domain else dmarc.subdomains
    whose = domain if owner == domain else f"{domain}, by the record of {owner}"
    if not policy:
        mend = f"write p=none, p=quarantine or p=reject right behind v=DMARC1 at _dmarc.{owner}"
        return Finding("DMARC", State.WRONG, f"{owner} names no policy that exists", mend)
    if not dmarc.reports:
        mend = f"add rua=mailto:… to _dmarc.{owner}: without reports nobody sees whose mail fails"
        return Finding("DMARC", State.WARNING, f"{whose}: p={policy}, reports go nowhere", mend)
    if policy == "none":
        mend = "once the reports show that all your mail passes, ask for p=quarantine: until then anybody can forge the sender"
        return Finding("DMARC", State.WARNING, f"{whose}: p=none, it only watches", mend)
    return Finding("DMARC", State.OK, f"{whose}: p={policy}, with reports")


def _policies(domain: str, names: Names) -> tuple[str, list[str]]:
    """(which domain's, the records): its own, else those of the next domain above that has any and is no public suffix."""
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        owner = ".".join(labels[first:])
        found = [text for text in names.texts(f"_dmarc.{owner}") if is_dmarc(text)]
        if found and not (first and read_dmarc(found[0]).is_suffix):
            return owner, found
    return domain, []


def _check_alignment(domains: _Domains, signs: bool, dmarc: Dmarc | None, owner: str) -> Iterator[Finding]:
    """DMARC passes where the envelope's or the signature's domain is of the same house as the sender's."""
    by_spf = _is_of_one_house(domains.sender, domains.envelope, owner, strict=dmarc is not None and dmarc.strict_spf)
    by_dkim = signs and _is_of_one_house(domains.sender, domains.dkim, owner, strict=dmarc is not None and dmarc.strict_dkim)
    told = f"From {domains.sender}, envelope {domains.envelope}" + (f", signature {domains.dkim}" if signs else "")
    if by_spf and (by_dkim or not signs):
        yield Finding("Alignment", State.OK, told)
    elif by_spf or by_dkim:
        one, other = ("the envelope", "the signature") if by_spf else ("the signature", "the envelope")
        mend = f"let {other} be of {domains.sender} too: forwarders and lists break one of the two"
        yield Finding("Alignment", State.WARNING, f"{told}: only {one} agrees with the sender", mend)
    else:
        mend = f"set mail_return_address to one of {domains.sender}, or have the mail server sign for {domains.sender}"
        yield Finding("Alignment", State.WRONG if signs else State.WARNING, f"{told}: nothing agrees with the sender", mend)


def _is_of_one_house(one: str, other: str, owner: str, *, strict: bool) -> bool:
    if strict or one == other:
        return one == other
    return all(domain == owner or domain.endswith(f".{owner}") for domain in (one, other))
