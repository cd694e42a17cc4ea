"""The demo's mail server and mailbox: what is sent is kept as it was, and magic recipients take every path of reliability 4."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from matcher.demo_mailbox import Mailbox, as_json, links_in
from matcher.demo_smtp import magic, receiving
from matcher.domain.delivery import AddressRefused, Later, Outcome, Sent, Unknown
from matcher.transport import open_transport

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def letter(to: str, subject: str = "Thursday, 7.30pm?", *, attached: bool = False) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"], message["Message-ID"] = (
        "letters@saltmere.example",
        to,
        subject,
        "<a@saltmere.example>",
    )
    message.set_content("Hello\nhttp://127.0.0.1:8080/answer/abc.\n.dot\n")
    message.add_alternative(
        '<html><head></head><body><a href="http://127.0.0.1:8080/answer/abc?a=1&amp;b=2">Yes</a></body></html>', subtype="html"
    )
    message.set_boundary("=_the-same-each-time")
    if attached:
        message.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="plan.ics")
    return message.as_bytes()


async def send(mailbox: Mailbox, to: str) -> Outcome:
    async with receiving(mailbox, lambda: NOW) as smtp_url:
        transport = open_transport(smtp_url, our_name="saltmere.example")
        try:
            return await transport.send(letter(to), envelope_from="letters@saltmere.example", envelope_to=to)
        finally:
            await transport.close()


async def test_a_letter_is_kept_byte_for_byte(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox.jsonl")
    assert isinstance(await send(mailbox, "tom@members.example"), Sent)
    opened = mailbox.open(1)
    assert opened and opened.raw == letter("tom@members.example")
    assert (opened.line.to, opened.line.subject, opened.line.at) == ("tom@members.example", "Thursday, 7.30pm?", NOW)


@pytest.mark.parametrize(
    ("to", "outcome"),
    [
        ("delivered@simulator.invalid", Sent),
        ("refused@simulator.invalid", AddressRefused),
        ("refused+jo@simulator.invalid", AddressRefused),
        ("later@simulator.invalid", Later),
        ("full@simulator.invalid", Later),
        ("gone-after-data@simulator.invalid", Unknown),
        ("refused@members.example", Sent),
    ],
)
async def test_magic_recipients_take_their_path(tmp_path: Path, to: str, outcome: type[Outcome]) -> None:
    mailbox = Mailbox(tmp_path / "mailbox.jsonl")
    assert isinstance(await send(mailbox, to), outcome)
    assert len(mailbox) == (outcome is Sent)


async def test_later_and_lost_letters_arrive_in_the_end(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox.jsonl")
    async with receiving(mailbox, lambda: NOW) as smtp_url:
        transport = open_transport(smtp_url, our_name="saltmere.example")
        for to, tries in (("later@simulator.invalid", 3), ("gone-after-data@simulator.invalid", 2)):
            answers = [await transport.send(letter(to), envelope_from="letters@saltmere.example", envelope_to=to) for _ in range(tries)]
            assert [isinstance(answer, Sent) for answer in answers] == [False] * (tries - 1) + [True]
        await transport.close()
    assert [line.to for line in mailbox.newest()] == ["gone-after-data@simulator.invalid", "later@simulator.invalid"]


def test_the_list_outlives_a_restart_and_a_line_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.jsonl"
    first = Mailbox(path)
    first.take_all(
        [
            (letter("tom@members.example"), "tom@members.example", NOW),
            (letter("wendy@members.example", "Two"), "wendy@members.example", NOW),
        ]
    )
    with path.open("ab") as file:
        file.write(b'{"at": "2026')
    again = Mailbox(path)
    assert [line.subject for line in again.newest()] == ["Two", "Thursday, 7.30pm?"]
    assert again.take(letter("eve@fernbank.example", "Three"), to="eve@fernbank.example", at=NOW).number == 3
    third = Mailbox(path).open(3)
    assert third is not None and third.line.subject == "Three"


def test_a_letter_opens_with_headers_links_and_attachments(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox.jsonl")
    mailbox.take(letter("tom@members.example", attached=True), to="tom@members.example", at=NOW)
    opened = mailbox.open(1)
    assert opened is not None
    told = as_json(opened, lambda text: text.replace("127.0.0.1", "localhost"))
    assert told["to"] == "tom@members.example" and told["headers"]["Subject"] == "Thursday, 7.30pm?"
    assert told["links"] == ["http://localhost:8080/answer/abc", "http://localhost:8080/answer/abc?a=1&b=2"]
    assert told["attachments"] == [{"name": "plan.ics", "kind": "text/calendar", "bytes": 15}]
    assert "Hello" in told["text"] and "<a href=" in told["html"]


def test_letters_are_found_by_their_receiver(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox.jsonl")
    mailbox.take_all([(letter(to), to, NOW) for to in ("tom@members.example", "wendy@members.example", "tom@members.example")])
    assert [line.number for line in mailbox.newest(to="TOM@members.example")] == [3, 1]
    assert len(mailbox.newest(most=2)) == 2
    assert mailbox.open(0) is None and mailbox.open(4) is None


def test_links_are_listed_once_and_without_the_full_stop() -> None:
    assert links_in("Go to http://a.example/x. Or (http://a.example/y)", '<a href="http://a.example/x">x</a>') == (
        "http://a.example/x",
        "http://a.example/y",
    )


def test_only_the_simulators_own_domain_is_magic() -> None:
    assert magic("Refused@Simulator.Invalid") == "refused" and magic("refused@simulator.invalid.example") == ""
