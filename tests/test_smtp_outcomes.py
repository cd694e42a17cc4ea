"""Each verb × each way to misbehave ends as reliability 4 says (figure D1), and two wrong variants are caught by the same walk."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from matcher.domain import delivery
from matcher.domain.delivery import (
    AddressRefused,
    Later,
    LetterRefused,
    NotSendable,
    OurFault,
    Ours,
    Outcome,
    Sent,
    TransportIll,
    Unknown,
    Verb,
    judge_reply,
    next_try_after,
)
from matcher.domain.errors import Misconfigured
from matcher.smtp import SmtpTransport, read_relay
from matcher.smtp_line import Line, Progress, Relay, Security
from matcher.transport import WrongEnvelope, open_transport
from tests.sink import Sink, read_ledger
from tests.smtp_faults import NO_FAULT, At, Certificates, Fault, FaultServer, Kind, make_certificates, running

ANSWERS = (Kind.TEMPORARY, Kind.PERMANENT, Kind.CLOSE, Kind.SILENCE, Kind.DRIP, Kind.GARBAGE)
SLOW = (Kind.SILENCE, Kind.DRIP)
LETTER = (
    b"From: Harbour House <post@example.org>\r\nTo: tom@example.org\r\nMessage-ID: <abc@example.org>\r\n\r\n"
    b"Hello\r\n.\r\n..two dots\r\n.RCPT TO:<eve@example.org>\r\nend\r\n"
)
BEFORE_TLS = (At.BANNER, At.EHLO)
SECURED = (At.STARTTLS, At.HANDSHAKE, At.EHLO_AGAIN, At.AUTH)
CELLS = [
    *(Fault(at, kind) for at in (*BEFORE_TLS, At.STARTTLS, At.EHLO_AGAIN, At.AUTH) for kind in ANSWERS),
    *(Fault(At.HANDSHAKE, kind) for kind in (Kind.CLOSE, Kind.SILENCE, Kind.DRIP, Kind.GARBAGE, Kind.BAD_CERTIFICATE)),
    Fault(At.STARTTLS, Kind.STRIPPED),
    Fault(At.AUTH, Kind.STRIPPED),
    *(Fault(at, kind) for at in (At.MAIL, At.RCPT, At.DATA, At.END, At.QUIT) for kind in ANSWERS),
]
CONNECTION = (At.BANNER, At.EHLO, At.EHLO_AGAIN)


def owed(fault: Fault) -> type[Outcome]:
    """The table of reliability 4, written a second time."""
    at, kind = fault.at, fault.kind
    if at is At.QUIT:
        return Sent
    if kind in (Kind.BAD_CERTIFICATE, Kind.STRIPPED):
        return OurFault
    if at in (At.AUTH, At.STARTTLS, At.MAIL) and kind is Kind.PERMANENT:
        return OurFault
    if kind is Kind.TEMPORARY and at in (At.MAIL, At.RCPT, At.DATA, At.END):
        return Later
    if kind is Kind.PERMANENT and at in (At.RCPT, At.DATA, At.END):
        return AddressRefused if at is At.RCPT else LetterRefused
    return Unknown if at is At.END else TransportIll


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def relay(port: int, security: Security, certificates: Certificates, *, name: str | None = None) -> Relay:
    return Relay("127.0.0.1", port, security, "alongside.example.org", name, "secret", certificates.ca_file)


async def outcome_of(
    fault: Fault, certificates: Certificates, transport: type[SmtpTransport] = SmtpTransport
) -> tuple[Outcome, FaultServer]:
    """Send one letter to a server with this fault and hang up. Slow faults get a short deadline, the others more than they need."""
    secured = fault.at in SECURED or fault.kind in (Kind.BAD_CERTIFICATE, Kind.STRIPPED)
    server = FaultServer(fault, certificates if secured else None)
    async with running(server) as port:
        security = Security.STARTTLS if secured else Security.PLAIN
        made = transport(
            relay(port, security, certificates, name="us" if fault.at is At.AUTH else None),
            deadline=10 if fault.kind not in SLOW else 1 if fault.at is At.QUIT else 0.4,
        )
        outcome = await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
        await made.close()
    return outcome, server


@pytest.mark.parametrize("fault", CELLS, ids=str)
async def test_a_server_that_misbehaves_gets_the_outcome_of_the_table(fault: Fault, certificates: Certificates) -> None:
    outcome, server = await outcome_of(fault, certificates)
    assert type(outcome) is owed(fault)
    assert "tom" not in outcome.code and len(outcome.code) <= 16  # codes only: a server's text quotes addresses
    assert server.connections == 1  # retry belongs to the letter
    assert (len(server.taken) == 1) == isinstance(outcome, Sent)


def test_the_cells_are_all_there() -> None:
    assert len(CELLS) == len(set(CELLS)) == 67


async def test_no_server_at_all_blames_nobody(certificates: Certificates) -> None:
    async with running(FaultServer()) as port:
        pass
    made = SmtpTransport(relay(port, Security.PLAIN, certificates))
    assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == TransportIll("connect")


@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.SILENCE, Kind.BAD_CERTIFICATE], ids=lambda kind: kind.value)
async def test_tls_from_the_start_is_judged_the_same(kind: Kind, certificates: Certificates) -> None:
    server = FaultServer(Fault(At.BANNER, kind), certificates)
    async with running(server, implicit_tls=True) as port:
        made = SmtpTransport(relay(port, Security.IMPLICIT, certificates), deadline=0.4 if kind is Kind.SILENCE else 10)
        outcome = await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
    assert outcome == (OurFault(Ours.CERTIFICATE, "tls") if kind is Kind.BAD_CERTIFICATE else TransportIll("connect"))


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
async def test_a_well_behaved_server_gets_the_letter_over_tls_with_our_name(security: Security, certificates: Certificates) -> None:
    server = FaultServer(certificates=certificates)
    async with running(server, implicit_tls=security is Security.IMPLICIT) as port:
        made = SmtpTransport(relay(port, security, certificates, name="us"))
        outcome = await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
        await made.close()
    assert outcome == Sent("250 2.0.0")
    assert server.commands[0] == b"EHLO alongside.example.org"
    assert [c for c in server.commands if c[:4] in (b"MAIL", b"RCPT")] == [b"MAIL FROM:<b@example.org>", b"RCPT TO:<tom@example.org>"]


async def test_a_host_name_that_is_not_in_the_certificate_is_our_fault(certificates: Certificates) -> None:
    server = FaultServer(certificates=certificates)
    async with running(server, implicit_tls=True) as port:
        made = SmtpTransport(Relay("localhost", port, Security.IMPLICIT, "x.example", None, "", certificates.ca_file))
        outcome = await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
    assert outcome == OurFault(Ours.CERTIFICATE, "tls") and server.taken == []


async def test_the_letter_arrives_as_it_was_frozen_and_nothing_can_be_smuggled_in(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "letters")
    made = open_transport(f"smtp://127.0.0.1:{await sink.start()}", our_name="x.example")
    assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == Sent("250 2.0.0")
    await made.close()
    await sink.stop()
    (row,) = read_ledger(tmp_path / "letters")
    assert (row["message_id"], row["to"], row["bytes"]) == ("<abc@example.org>", ["tom@example.org"], len(LETTER))


async def test_an_address_with_foreign_letters_needs_a_server_that_carries_them() -> None:
    letter = LETTER.replace(b"tom@", "żofia@".encode())
    for utf8, owed_outcome in ((False, NotSendable("mail")), (True, Sent("250 2.0.0"))):
        server = FaultServer(utf8=utf8)
        async with running(server) as port:
            made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
            assert await made.send(letter, envelope_from="b@example.org", envelope_to="żofia@example.org") == owed_outcome
            await made.close()
        assert len(server.taken) == int(utf8)


WRONG = [
    (LETTER, "wendy@example.org"),
    (LETTER.replace(b"tom@example.org", b"tom@example.org, eve@example.org"), "tom@example.org"),
    (LETTER.replace(b"Message-ID", b"To: eve@example.org\r\nMessage-ID"), "tom@example.org"),
    (LETTER.replace(b"Hello\r\n", b"Hello\n"), "tom@example.org"),
    (LETTER.replace(b"Hello\r\n", b"Hello\r.\r"), "tom@example.org"),
    (LETTER.replace(b"tom@", b"tom\x00@"), "tom\x00@example.org"),
    (LETTER.replace(b"To: tom@example.org", b"To: <tom@example.org>"), "<tom@example.org>"),
    (LETTER.replace(b"tom@", b"tom> RCPT TO:<eve@"), "tom> RCPT TO:<eve@example.org"),
]


@pytest.mark.parametrize(("letter", "envelope_to"), WRONG)
async def test_an_envelope_that_is_not_the_letters_one_recipient_is_refused_before_anything_leaves(letter: bytes, envelope_to: str) -> None:
    server = FaultServer()
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
        with pytest.raises(WrongEnvelope):
            await made.send(letter, envelope_from="b@example.org", envelope_to=envelope_to)
    assert server.connections == 0


async def send_many(port: int, count: int, **rest: int) -> list[Outcome]:
    made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example", **rest)
    sends = (made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") for _ in range(count))
    outcomes = await asyncio.gather(*sends)
    await made.close()
    return list(outcomes)


async def test_lines_are_used_again_and_never_more_than_eight_are_open() -> None:
    server = FaultServer(slow=0.01)
    async with running(server) as port:
        outcomes = await send_many(port, 60)
    assert set(outcomes) == {Sent("250 2.0.0")} and len(server.taken) == 60
    assert server.connections <= 8 and server.most_at_once == 8


async def test_a_line_that_the_server_closed_while_idle_costs_nothing() -> None:
    server = FaultServer(hang_up_after=1)
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
        for _ in range(3):
            assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == Sent("250 2.0.0")
        await made.close()
    assert len(server.taken) == 3 == server.connections


@pytest.mark.parametrize("refuse_reset", [False, True])
async def test_a_refused_letter_does_not_spoil_the_next_one(refuse_reset: bool) -> None:
    server = FaultServer(Fault(At.RCPT, Kind.PERMANENT), refuse_reset=refuse_reset)
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
        assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == AddressRefused("550 5.1.1")
        server.fault = NO_FAULT
        assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == Sent("250 2.0.0")
        await made.close()
    assert b"RSET" in server.commands and server.connections == (2 if refuse_reset else 1)


async def test_a_domain_that_keeps_failing_is_tried_one_letter_at_a_time() -> None:
    server = FaultServer(Fault(At.RCPT, Kind.TEMPORARY))
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
        for _ in range(3):
            await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
        server.fault, server.slow = NO_FAULT, 0.02
        sends = [made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") for _ in range(4)]
        assert {type(outcome) for outcome in await asyncio.gather(*sends)} == {Sent}
        await made.close()
    assert server.most_at_once == 1


async def test_waiting_for_a_free_line_counts_and_blames_nobody() -> None:
    server = FaultServer(Fault(At.END, Kind.SILENCE))
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example", deadline=0.4, sends_at_once=1)
        async with made._inner._slots:  # whoever holds the one line keeps it for longer than the other may wait
            waited = await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org")
        assert (waited, server.taken) == (Later("slot"), [])
        assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == Unknown("end")


async def test_a_send_that_is_cancelled_ends_at_once_and_leaves_no_line_behind() -> None:
    server = FaultServer(Fault(At.END, Kind.SILENCE))
    async with running(server) as port:
        made = open_transport(f"smtp://127.0.0.1:{port}", our_name="x.example")
        send = asyncio.create_task(made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org"))
        await asyncio.sleep(0.1)
        send.cancel()
        with pytest.raises(asyncio.CancelledError):
            await send
        await made.close()
    assert server.taken == []


class DeliveredAtRcpt(Line):
    """A wrong variant: a 250 to RCPT is taken for delivery."""

    async def _send_body(self, raw: bytes, progress: Progress) -> Outcome:
        await super()._send_body(raw, progress)
        return Sent("250")


async def mismatches(certificates: Certificates, cells: list[Fault]) -> list[Fault]:
    return [fault for fault in cells if type((await outcome_of(fault, certificates))[0]) is not owed(fault)]


QUICK_CELLS = [Fault(At.RCPT, Kind.TEMPORARY), Fault(At.END, Kind.TEMPORARY), Fault(At.END, Kind.PERMANENT), Fault(At.END, Kind.SILENCE)]


async def test_the_walk_catches_a_250_to_rcpt_taken_for_delivery(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await mismatches(certificates, QUICK_CELLS) == []
    monkeypatch.setattr("matcher.smtp.Line", DeliveredAtRcpt)
    assert Fault(At.END, Kind.PERMANENT) in await mismatches(certificates, QUICK_CELLS)


async def test_the_walk_catches_a_4xx_that_flags_the_address(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_judge_temporary", lambda verb, words: AddressRefused(words))
    assert Fault(At.RCPT, Kind.TEMPORARY) in await mismatches(certificates, QUICK_CELLS)


@pytest.mark.parametrize("verb", list(Verb))
def test_only_a_refusal_that_speaks_of_the_mailbox_flags_an_address(verb: Verb) -> None:
    flagged = {code for code in range(-1, 1000) if isinstance(judge_reply(verb, code, "5.1.1 no"), AddressRefused)}
    once_known = verb in (Verb.RCPT, Verb.DATA, Verb.END)
    assert flagged == (set(range(500, 600)) - {530, 534, 535, 538} if once_known else set())
    assert not any(isinstance(judge_reply(verb, code, "5.7.1 no"), AddressRefused) for code in range(-1, 1000))


@pytest.mark.parametrize(
    ("reply", "at_rcpt", "after_the_letter"),
    [
        # without an enhanced code, or with one that says nothing: the mailbox before the letter was seen, the letter after
        ("550 no", AddressRefused, LetterRefused),
        ("551 gone elsewhere", AddressRefused, LetterRefused),
        ("553 not allowed", AddressRefused, LetterRefused),
        ("550 5.0.0 no", AddressRefused, LetterRefused),
        ("552 over quota", LetterRefused, LetterRefused),
        ("554 refused", LetterRefused, LetterRefused),
        ("571 not authorised", LetterRefused, LetterRefused),
        ("521 takes no mail", AddressRefused, LetterRefused),
        ("556 the domain takes no mail", AddressRefused, LetterRefused),
        # with one: whatever the reply code, and whenever it comes
        ("550 5.1.1 no such user", AddressRefused, AddressRefused),
        ("554 5.1.10 null MX", AddressRefused, AddressRefused),
        ("550 5.2.1 mailbox disabled", AddressRefused, AddressRefused),
        ("550 5.4.1 recipient address rejected", AddressRefused, AddressRefused),
        ("554 5.4.4 cannot be routed", AddressRefused, AddressRefused),
        ("550 5.7.17 the mailbox has a new owner", AddressRefused, AddressRefused),
        ("552 5.2.2 mailbox full", LetterRefused, LetterRefused),
        ("552 5.2.3 too long for them", LetterRefused, LetterRefused),
        ("552 5.3.4 too big", LetterRefused, LetterRefused),
        ("550 5.6.0 content", LetterRefused, LetterRefused),
        ("550 5.7.1 spam", LetterRefused, LetterRefused),
        ("550 5.7.26 no DMARC", LetterRefused, LetterRefused),
        ("553 5.1.8 our own domain is not known there", LetterRefused, LetterRefused),
    ],
)
def test_a_refusal_for_content_or_policy_is_told_from_one_for_the_mailbox(
    reply: str, at_rcpt: type[Outcome], after_the_letter: type[Outcome]
) -> None:
    code, _, text = reply.partition(" ")
    assert type(judge_reply(Verb.RCPT, int(code), text)) is at_rcpt
    for verb in (Verb.DATA, Verb.END):
        assert type(judge_reply(verb, int(code), text)) is after_the_letter


def test_a_server_that_wants_us_signed_in_is_our_fault_whatever_it_answers_it_to() -> None:
    assert judge_reply(Verb.RCPT, 530, "5.7.0 sign in first") == OurFault(Ours.AUTH, "530 5.7.0")


def test_tries_come_after_half_a_minute_then_slower_then_each_quarter_of_an_hour() -> None:
    chance = random.Random(1)
    for attempt, minutes in enumerate((0.5, 1, 2, 4, 8, 15, 15, 15), start=1):
        waits = [next_try_after(attempt, chance) / timedelta(minutes=minutes) for _ in range(300)]
        assert 0.8 <= min(waits) < 0.83 and 1.17 < max(waits) <= 1.2


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, Security.STARTTLS),
        ("smtp://us:p%40ss@mail.example.org:2525", "mail.example.org", 2525, Security.STARTTLS),
        ("smtps://mail.example.org", "mail.example.org", 465, Security.IMPLICIT),
        ("smtps://127.0.0.1", "127.0.0.1", 465, Security.IMPLICIT),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Security.PLAIN),
        ("smtp://[::1]:1025", "::1", 1025, Security.PLAIN),
        ("smtp://localhost", "localhost", 25, Security.PLAIN),
        ("smtp://localhost.example.org", "localhost.example.org", 587, Security.STARTTLS),
        ("smtp://127.0.0.1.example.org", "127.0.0.1.example.org", 587, Security.STARTTLS),
    ],
)
def test_only_a_loopback_address_goes_without_tls(url: str, host: str, port: int, security: Security) -> None:
    made = read_relay(url, our_name="x.example")
    assert (made.host, made.port, made.security) == (host, port, security)
    assert "p@ss" not in repr(made)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x:port", "smtp://x/path", "smtp://x?tls=no", "smtp:x"])
def test_an_address_that_is_not_a_mail_server_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Misconfigured):
        read_relay(url, our_name="x.example")


async def test_a_folder_holds_each_letter_once_under_its_message_id(tmp_path: Path) -> None:
    made = open_transport(f"file:{tmp_path / 'post'}", our_name="x.example")
    for _ in range(2):
        assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == Sent("250")
    await made.close()
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "post").iterdir()] == [("abc@example.org.eml", LETTER)]


@pytest.mark.parametrize("message_id", [b"", b"Message-ID: <../../x@example.org>\r\n", b"Message-ID: <a/b@example.org>\r\n"])
async def test_a_folder_takes_no_letter_whose_id_is_no_file_name(tmp_path: Path, message_id: bytes) -> None:
    made = open_transport(f"file:{tmp_path}", our_name="x.example")
    letter = LETTER.replace(b"Message-ID: <abc@example.org>\r\n", message_id)
    assert await made.send(letter, envelope_from="b@example.org", envelope_to="tom@example.org") == TransportIll("data")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_an_ill_transport(tmp_path: Path) -> None:
    (tmp_path / "post").write_text("a file, not a folder")
    made = open_transport(f"file:{tmp_path / 'post'}", our_name="x.example")
    assert await made.send(LETTER, envelope_from="b@example.org", envelope_to="tom@example.org") == TransportIll("connect")
