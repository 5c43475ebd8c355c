"""The doctor on the sender's domain, asked of a real DNS server: each thing that can be missing or wrong, with what to do."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from app.config import load_settings
from app.findings import Finding, State
from app.mail.domain.advice import check_domain
from tests.dns_server import SERVFAIL, SILENT, DnsServer, dns_server, silent_port

DOMAIN, RETURNS, RELAY = "survey.example", "ritorni.survey.example", "smtp.provider.example"
OK, WARNING, WRONG = State.OK, State.WARNING, State.WRONG
Look = Callable[..., dict[str, list[Finding]]]


def rsa_key(bits: int) -> str:
    """A public key of that many bits, as the DNS has it; nobody signs with it."""
    public = RSAPublicNumbers(65_537, (1 << bits) - 159).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.fixture
def names() -> Iterator[DnsServer]:
    """A DNS in which all is well with the domain."""
    with dns_server() as server:
        server.add(DOMAIN, "MX", f"20 mx2.{DOMAIN}.", f"10 mx1.{DOMAIN}.")
        server.add(DOMAIN, "TXT", "unrelated", "v=spf1 include:_spf.provider.example -all")
        server.add("_spf.provider.example", "TXT", "v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 ~all")
        server.add(RELAY, "A", "203.0.113.25")
        server.add(RELAY, "AAAA", "2001:db8::25")
        server.add(f"mail2026._domainkey.{DOMAIN}", "TXT", f"v=DKIM1; k=rsa; p={rsa_key(2_048)}")
        server.add(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=quarantine; rua=mailto:dmarc@survey.example")
        yield server


@pytest.fixture
def look(names: DnsServer, tmp_path: Path) -> Look:
    """What is found, by what it is about: `look(mail_dkim_selector="")`."""

    def examine(**given: Any) -> dict[str, list[Finding]]:
        usual = {"smtp_host": RELAY, "smtp_sender": f"Ricognizione <survey@{DOMAIN}>", "mail_dkim_selector": "mail2026"}
        read = load_settings({"instance_path": tmp_path, "doctor_dns_server": names.address, **usual, **given}, environment={})
        found: dict[str, list[Finding]] = {}
        for finding in check_domain(read):
            assert bool(finding.mend) == (finding.state is not OK)
            found.setdefault(finding.what, []).append(finding)
        return found

    return examine


def only(found: list[Finding]) -> tuple[State, str]:
    [finding] = found
    return finding.state, finding.saw


def replace(names: DnsServer, name: str, kind: str, *texts: str) -> None:
    names.records.pop((name, kind), None)
    if texts:
        names.add(name, kind, *texts)


def test_a_domain_with_nothing_wrong(look: Look, names: DnsServer) -> None:
    found = look()
    assert {what: [(one.state, one.saw) for one in ones] for what, ones in found.items()} == {
        "MX": [(OK, f"{DOMAIN}: mx1.{DOMAIN}, mx2.{DOMAIN}")],
        "SPF": [(OK, f"{DOMAIN}: 1 of 10 lookups, ends in -all"), (OK, f"{DOMAIN} lets {RELAY} send")],
        "DKIM": [(OK, f"mail2026._domainkey.{DOMAIN}: RSA, 2048 bits")],
        "DMARC": [(OK, f"{DOMAIN}: p=quarantine, with reports")],
        "Alignment": [(OK, f"From {DOMAIN}, envelope {DOMAIN}, signature {DOMAIN}")],
    }
    assert not [question for question in names.asked if question.startswith("tcp")]


def test_a_long_record_is_read_over_tcp(look: Look, names: DnsServer) -> None:
    replace(names, f"mail2026._domainkey.{DOMAIN}", "TXT", f"v=DKIM1; p={rsa_key(4_096)}")
    assert only(look()["DKIM"])[1].endswith("RSA, 4096 bits")
    assert f"tcp TXT mail2026._domainkey.{DOMAIN}" in names.asked


def test_without_a_mail_server_nothing_is_asked(look: Look, names: DnsServer) -> None:
    assert (look(smtp_host=""), names.asked) == ({}, [])


@pytest.mark.parametrize(
    ("records", "address", "state", "said"),
    [
        ((), "", WRONG, "neither MX record nor address"),
        ((), "203.0.113.1", WARNING, "goes to its own address"),
        (("0 .",), "", WRONG, "takes no mail"),
    ],
)
def test_answers_must_arrive(
    look: Look, names: DnsServer, records: tuple[str, ...], address: str, state: State, said: str
) -> None:
    replace(names, DOMAIN, "MX", *records)
    if address:
        names.add(DOMAIN, "A", address)
    found = only(look()["MX"])
    assert (found[0], said in found[1]) == (state, True)


@pytest.mark.parametrize(
    ("record", "state", "said"),
    [
        ((), WARNING, "has no record"),
        (("v=spf1 -all", "v=spf1 ~all"), WRONG, "several records"),
        (("v=spf1 include:_spf.provider.example +all",), WRONG, "anybody may send"),
        (("v=spf1 include:_spf.provider.example",), WARNING, "no all at its end"),
        (("v=spf1 include:_spf.provider.example ?all",), WARNING, "ends in ?all"),
        (("v=spf1 include:_spf.provider.example include:gone.example -all",), WRONG, "nobody can follow gone.example"),
        (("v=spf1 ip4:203.0.113.0/24 ip4:300.1.1.1 nonsense -all",), WRONG, "nobody can follow 300.1.1.1, nonsense"),
        (("v=spf1 ip4:203.0.113.0/24 a:a.gone a:b.gone mx:c.gone -all",), WRONG, "3 hosts that do not exist"),
        ((f"v=spf1 ip4:203.0.113.0/24 {' '.join(['exists:%{i}.x.example'] * 11)} -all",), WRONG, "costs 11 lookups"),
        (("v=spf1 include:loop.example -all",), WRONG, "costs 31 lookups"),
    ],
)
def test_a_record_of_spf(look: Look, names: DnsServer, record: tuple[str, ...], state: State, said: str) -> None:
    replace(names, DOMAIN, "TXT", *record)
    names.add("loop.example", "TXT", "v=spf1 include:loop.example -all")
    found = look()["SPF"]
    assert (found[0].state, said in found[0].saw) == (state, True), found
    assert len([question for question in names.asked if "loop.example" in question]) <= 30


@pytest.mark.parametrize(
    ("record", "permitted"),
    [
        ("v=spf1 ip4:203.0.113.25 ip6:2001:db8::25 ~all", True),
        (f"v=spf1 a:{RELAY} ~all", True),
        ("v=spf1 a:near.example/24//32 ~all", True),
        ("v=spf1 mx:near.example/24//32 ~all", True),
        ("v=spf1 redirect=_spf.provider.example", True),
        ("v=spf1 ip4:203.0.113.25 ~all", False),
        ("v=spf1 ?include:_spf.provider.example ~all", False),
        ("v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 -all", False),
    ],
)
def test_whether_the_mail_server_may_send(look: Look, names: DnsServer, record: str, permitted: bool) -> None:
    replace(names, DOMAIN, "TXT", record)
    names.add("near.example", "A", "203.0.113.1")
    names.add("near.example", "AAAA", "2001:db8::1")
    names.add("near.example", "MX", "10 near.example.")
    ended, found = look()["SPF"]
    assert (ended.state, found.state) == (OK, OK if permitted else WARNING)
    assert ("~all" in ended.saw or "-all" in ended.saw, "does not name" in found.saw) == (True, not permitted)


def test_what_only_a_receiver_can_work_out_is_no_fault(look: Look, names: DnsServer) -> None:
    replace(names, DOMAIN, "TXT", "v=spf1 exists:%{i}.spf.example -all")
    assert look()["SPF"][1].saw == f"{DOMAIN} may let {RELAY} send"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "gone.example"])
def test_a_relay_on_this_machine_hides_the_public_address(look: Look, host: str) -> None:
    found = look(smtp_host=host)["SPF"][1]
    assert (found.state, "no public address" in found.saw) == (WARNING, True)


@pytest.mark.parametrize(
    ("records", "state", "said"),
    [
        ((), WRONG, "has no key"),
        ((f"p={rsa_key(2_048)}", f"p={rsa_key(1_024)}"), WRONG, "has 2 keys"),
        (("v=DKIM1; p=",), WRONG, "revoked"),
        (("v=DKIM1; p=%%%",), WRONG, "no base64"),
        (("v=DKIM1; p=YWJj",), WRONG, "no RSA key"),
        (("v=DKIM1; k=dsa; p=YWJj",), WRONG, "kind dsa"),
        ((f"v=DKIM1; p={rsa_key(768)}",), WRONG, "768 bits"),
        ((f"v=DKIM1; p={rsa_key(1_024)}",), OK, "1024 bits"),
        ((f"v=DKIM1; t=s:y; p={rsa_key(2_048)}",), WARNING, "a trial"),
        (("v=DKIM1; k=ed25519; p=YWJj",), WRONG, "no Ed25519 key"),
    ],
)
def test_a_key_of_dkim(look: Look, names: DnsServer, records: tuple[str, ...], state: State, said: str) -> None:
    replace(names, f"mail2026._domainkey.{DOMAIN}", "TXT", *records)
    found = only(look()["DKIM"])
    assert (found[0], said in found[1]) == (state, True), found


def test_an_ed25519_key_alone_is_not_enough(look: Look, names: DnsServer) -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    replace(names, f"mail2026._domainkey.{DOMAIN}", "TXT", f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}")
    assert only(look()["DKIM"])[0] is WARNING


def test_without_a_selector_it_is_told_how_to_find_it(look: Look) -> None:
    [finding] = look(mail_dkim_selector="")["DKIM"]
    assert (finding.state, "DKIM-Signature has s=" in finding.mend) == (WARNING, True)


@pytest.mark.parametrize(
    ("records", "state", "said"),
    [
        ((), WARNING, "has no policy"),
        (("v=DMARC1; p=none", "v=DMARC1; p=reject"), WRONG, "several policies"),
        (("v=DMARC1; rua=mailto:x@survey.example",), WRONG, "no policy that exists"),
        (("v=DMARC1; p=reject",), WARNING, "reports go nowhere"),
        (("v=DMARC1; p=none; rua=mailto:x@survey.example",), WARNING, "only watches"),
        (("v=DMARC1;p=reject;rua=mailto:x@survey.example",), OK, "p=reject"),
    ],
)
def test_a_policy_of_dmarc(look: Look, names: DnsServer, records: tuple[str, ...], state: State, said: str) -> None:
    replace(names, f"_dmarc.{DOMAIN}", "TXT", *records)
    found = only(look()["DMARC"])
    assert (found[0], said in found[1]) == (state, True), found


def test_a_subdomain_goes_by_the_policy_of_the_domain_above(look: Look, names: DnsServer) -> None:
    replace(names, f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject; sp=quarantine; rua=mailto:x@survey.example")
    names.add("_dmarc.mail.ufficio.survey.example", "A", "203.0.113.1")
    found = look(smtp_sender="survey@mail.ufficio.survey.example", mail_dkim_selector=f"mail2026._domainkey.{DOMAIN}")
    assert only(found["DMARC"]) == (OK, f"mail.ufficio.survey.example, by the record of {DOMAIN}: p=quarantine, with reports")
    assert only(found["Alignment"])[0] is OK


@pytest.mark.parametrize(
    ("envelope", "selector", "policy", "state"),
    [
        (f"ritorni@{RETURNS}", "mail2026", "", OK),
        (f"ritorni@{RETURNS}", "mail2026", "; aspf=s", WARNING),
        ("ritorni@provider.example", "mail2026", "", WARNING),
        ("ritorni@provider.example", "s1._domainkey.provider.example", "", WRONG),
        ("ritorni@provider.example", "", "", WARNING),
        ("", "s1._domainkey.provider.example", "", WARNING),
        ("", f"s1._domainkey.{RETURNS}", "; adkim=s", WARNING),
        ("", "", "", OK),
    ],
)
def test_domains_that_agree_with_the_sender(
    look: Look, names: DnsServer, envelope: str, selector: str, policy: str, state: State
) -> None:
    replace(names, f"_dmarc.{DOMAIN}", "TXT", f"v=DMARC1; p=reject; rua=mailto:x@survey.example{policy}")
    found = look(mail_return_address=envelope, mail_dkim_selector=selector)
    assert only(found["Alignment"])[0] is state
    assert len(found["MX"]) == (2 if envelope else 1)


def test_a_dns_that_does_not_answer_is_one_warning_and_soon(look: Look) -> None:
    with silent_port() as taken:
        began = time.monotonic()
        found = look(doctor_dns_server=f"127.0.0.1:{taken.getsockname()[1]}")
    assert time.monotonic() - began < 8
    assert list(found) == ["Mail domain"]
    assert only(found["Mail domain"]) == (WARNING, "the DNS does not answer")


def test_a_name_for_which_the_dns_fails_hides_no_other(look: Look, names: DnsServer) -> None:
    names.faults[f"mail2026._domainkey.{DOMAIN}"] = SERVFAIL
    found = look()
    assert only(found["DKIM"]) == (WARNING, f"the DNS cannot answer for mail2026._domainkey.{DOMAIN}")
    assert only(found["DMARC"])[0] is OK


def test_a_name_for_which_the_dns_is_silent_ends_the_questions(look: Look, names: DnsServer) -> None:
    names.faults[f"mail2026._domainkey.{DOMAIN}"] = SILENT
    found = look()
    assert (list(found), only(found["Mail domain"])[0]) == (["MX", "SPF", "Mail domain"], WARNING)


@pytest.mark.parametrize("sender", [f"survey@{'a' * 70}.example", "survey@..example"])
def test_a_domain_that_cannot_exist_is_told_and_breaks_nothing(look: Look, sender: str) -> None:
    assert only(look(smtp_sender=sender, mail_dkim_selector="")["MX"])[0] is WRONG


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_doctor_shows_them(make_app: Callable[..., Flask], names: DnsServer) -> None:
    mail = {"smtp_host": RELAY, "smtp_port": 9, "smtp_sender": f"survey@{DOMAIN}", "doctor_dns_server": names.address}
    ended = make_app(**mail).test_cli_runner().invoke(args=["doctor"])
    assert f"ok       MX            {DOMAIN}: mx1.{DOMAIN}, mx2.{DOMAIN}\n" in ended.output
    assert f"warning  DKIM          not looked at: the selector is not known\n{'':22} → send a message" in ended.output
