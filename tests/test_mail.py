"""What holds for every letter: one person, a neutral glimpse, inert names, the same bytes each time."""

import re
import unicodedata
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from matcher.domain.letter import Letter
from matcher.domain.letter_kind import NOT_WRITTEN_YET, LetterKind
from matcher.domain.letter_parts import LetterId
from matcher.letter_fields import UnsafeLetter
from matcher.letter_templates import LETTERS
from matcher.mail import BadAddress, NotAllowedHere, checked_address, freeze_letter, message_id, opening, visible
from matcher.vocabulary import telling_words
from tests.letters.letter_cast import (
    ABOUT,
    BASE,
    CONFIG,
    COVERED,
    DUE,
    EVERY_LETTER,
    HOSTILE,
    NEWCOMER_PLAN,
    OFFER,
    PARTY,
    SENDER,
    VOLUNTEER_PLAN,
    at,
    bodies,
    freeze,
    link,
    opened,
    with_hostile_text,
)

each_letter = pytest.mark.parametrize("letter", EVERY_LETTER.values(), ids=EVERY_LETTER.keys())


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))


@each_letter
def test_every_letter_is_one_letter_to_one_person(letter: Letter) -> None:
    message = opened(freeze(letter).raw)
    assert [str(a) for a in message["To"].addresses] == ["tom@example.org"]
    assert len(message.get_all("To")) == 1 and "Cc" not in message and "Bcc" not in message
    assert str(message["From"]) == "Harbour House <post@alongside.example.org>"
    assert str(message["Reply-To"]) == "harbour@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == DUE
    assert message.get_content_type() == "multipart/alternative"


@each_letter
def test_every_letter_is_seven_bit_with_whole_line_ends(letter: Letter) -> None:
    raw = freeze(letter).raw
    assert raw.isascii() and not re.search(rb"(?<!\r)\n|\r(?!\n)", raw) and raw.endswith(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\r\n.\r\n" not in raw


@each_letter
def test_every_letter_is_the_same_to_the_last_byte_when_frozen_again(letter: Letter) -> None:
    assert freeze(letter) == freeze(letter)


@each_letter
def test_every_letter_shows_a_stranger_nothing(letter: Letter) -> None:
    frozen = freeze(letter)
    text, html = bodies(frozen.raw)
    assert len(frozen.subject) <= 50 and frozen.subject.isascii()
    for glimpse in (frozen.subject, str(opened(frozen.raw)["From"]), opening(text), opening(visible(html)), BASE):
        assert telling_words(glimpse) == []
    names = {getattr(letter, field.name) for field in fields(letter) if field.name in ("display_name", "name_used", "name", "code")}
    assert not any(name in frozen.subject for name in names)


@each_letter
def test_every_letter_says_the_same_in_text_and_in_html(letter: Letter) -> None:
    text, html = bodies(freeze(letter).raw)
    shown = visible(html)
    addresses = re.compile(r"https://\S+")
    assert sorted(set(addresses.findall(text))) == sorted(set(addresses.findall(shown)))
    plain, rich = (set(words_of(addresses.sub("", part))) for part in (text, shown))
    assert {word.lower() for word in plain ^ rich} <= {"was", "now"}


@each_letter
def test_every_letter_loads_nothing_and_leads_nowhere_else(letter: Letter) -> None:
    text, html = bodies(freeze(letter).raw)
    assert not re.search(r"<(?!/?(?:html|head|meta|title|body|div|h1|h2|p|span|a|strong|s|ul|li|br)\b|!doctype)", html, re.I)
    assert all(href.startswith(f"{BASE}/") for href in re.findall(r'href="([^"]*)"', html))
    assert all(url.startswith(f"{BASE}/") for url in re.findall(r"https?://\S+", text))
    assert not re.search(r"url\(|@import|src=|background=|\son\w+=", html)


@each_letter
def test_every_letter_has_its_footer(letter: Letter) -> None:
    text, _ = bodies(freeze(letter).raw)
    footer = text.partition("\n--\n")[2]
    assert "This email is from Harbour House." in footer and "0161 496 0100" in footer
    is_code = letter.kind is LetterKind.SIGN_IN_CODE
    for owed in ("You got it because", "To stop", SENDER.privacy_link, SENDER.complaint_link, "not part of or endorsed by any fellowship"):
        assert (owed in " ".join(footer.split())) is not is_code


@each_letter
def test_every_letter_is_written_in_short_sentences(letter: Letter) -> None:
    text, _ = bodies(freeze(letter).raw)
    paragraphs = [" ".join(p.split()) for p in re.split(r"\n\n|\n- ", text) if "https://" not in p]
    sentences = [s.split() for p in paragraphs for s in re.split(r"(?<=[.!?:]) ", p) if s]
    assert max(map(len, sentences)) <= 32
    assert sum(map(len, sentences)) / len(sentences) <= 12


@each_letter
def test_every_letter_keeps_hostile_names_inert(letter: Letter) -> None:
    assert faults_of_hostile(letter) == []


def faults_of_hostile(letter: Letter, text: str = HOSTILE) -> list[str]:
    """What a name full of tricks got through a letter. Empty when nothing did."""
    frozen = freeze(with_hostile_text(letter, text), sender=with_hostile_text(SENDER, text))
    message = opened(frozen.raw)
    shown = [*bodies(frozen.raw), str(message["Subject"]), str(message["From"])]
    found = [f"header {name}" for name in message if name.lower() in ("bcc", "cc")]
    found += [] if [a.addr_spec for a in message["To"].addresses] == ["tom@example.org"] else ["recipient"]
    found += [] if [a.addr_spec for a in message["From"].addresses] == ["post@alongside.example.org"] else ["sender"]
    hidden = {unicodedata.name(c, repr(c)) for part in shown for c in part if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"}
    tricks = ("https://evil", "http://evil", "www.evil", "evil.example", "eve@", "[click", "*bold*", "<b>", "&lt;b&gt;", "\nBcc:")
    return [*found, *sorted(hidden), *(trick for part in shown for trick in tricks if trick in part)]


def test_the_check_of_hostile_names_catches_a_letter_that_lets_them_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.letter_fields.inert", lambda text: text)
    with pytest.raises(ValueError, match="CR or LF"):
        faults_of_hostile(COVERED, "Tom\r\nBcc: eve")
    with pytest.raises(UnsafeLetter, match="leads elsewhere"):
        faults_of_hostile(COVERED, "see https://evil.example/x")
    for trick in ("*bold*", "Tom\u202eevil", "eve@evil.example", "[click me]", "www.evil.example", "<b>x</b>"):
        assert faults_of_hostile(COVERED, trick) != [], trick


@pytest.mark.parametrize("name", ["NA", "Sober Sam", "Recovery Joe", "AA Tom"])
def test_a_telling_name_is_left_out_of_the_first_line_and_the_letter_still_goes(name: str) -> None:
    text, html = bodies(freeze(replace(OFFER, display_name=name)).raw)
    assert text.startswith("Hello,\n") and ">Hello,<" in html


@pytest.mark.parametrize("name", ["Ng", "Ma", "Na", "José", "Siân", "O'Neill", "मीना", "لمى", "👩‍🦰 Kim"])
def test_ordinary_names_arrive_as_they_are(name: str) -> None:
    text, html = bodies(freeze(replace(VOLUNTEER_PLAN, name_used=name)).raw)
    assert f"You will meet: {name}\n" in text
    assert (name in html) or (name.replace("'", "&#39;") in html)


def test_only_an_invitation_carries_the_one_click_pause_and_only_when_given() -> None:
    with_pause = opened(freeze(OFFER, one_click_link=link("pause")).raw)
    assert with_pause["List-Unsubscribe"] == f"<{link('pause')}>"
    assert with_pause["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in opened(freeze(OFFER).raw)
    for letter in EVERY_LETTER.values():
        if letter.kind is not LetterKind.OFFER:
            with pytest.raises(UnsafeLetter):
                freeze(letter, one_click_link=link("pause"))


def test_a_long_link_is_never_folded_or_encoded() -> None:
    long = link("x" * 300)
    raw = freeze(replace(OFFER, pause_link=long), one_click_link=long).raw
    assert f"List-Unsubscribe: <{long}>\r\n".encode() in raw


def test_a_message_id_is_a_keyed_function_of_the_letter_and_of_nothing_else() -> None:
    letter_id = LetterId(LetterKind.OFFER, ABOUT, PARTY)
    others = [
        replace(letter_id, kind=LetterKind.COVERED),
        replace(letter_id, about_id=UUID(int=9)),
        replace(letter_id, party_id=UUID(int=9)),
        replace(letter_id, occasion="t24"),
        replace(letter_id, revision=2),
    ]
    made = {message_id(CONFIG, one) for one in (letter_id, *others)}
    assert len(made) == 6
    assert all(re.fullmatch(r"<[a-z2-7]{52}@alongside\.example\.org>", one) for one in made)
    assert freeze(OFFER).message_id == freeze(replace(OFFER, display_name="Wendy"), to="wendy@example.org").message_id
    assert str(ABOUT) not in freeze(OFFER).raw.decode()


def test_a_corrected_letter_answers_the_first_one() -> None:
    first, second = freeze(NEWCOMER_PLAN), freeze(NEWCOMER_PLAN, revision=2)
    assert first.message_id != second.message_id
    assert opened(second.raw)["References"] == first.message_id and "References" not in opened(first.raw)


def test_the_boundary_cannot_stand_in_a_body_and_comes_from_the_message_id() -> None:
    one, other = freeze(OFFER), freeze(OFFER, revision=2)
    boundaries = {opened(frozen.raw).get_boundary() for frozen in (one, other)}
    assert len(boundaries) == 2 and all(boundary.startswith("=_") for boundary in boundaries if boundary)


REFUSED = [
    "",
    "tom",
    "tom@",
    "@example.org",
    "tom@example",
    "tom@example.org\r\nBcc: eve@evil.example",
    "tom@example.org\neve@evil.example",
    "tom@example.org,eve@evil.example",
    "tom@example.org;eve@evil.example",
    "<tom@example.org>",
    "Tom <tom@example.org>",
    "tom@example.org\x00",
    "to\x00m@example.org",
    "tom @example.org",
    " tom@example.org",
    "tom@example.org ",
    "tom@eve@example.org",
    "tom@exa\u202emple.org",
    "tom\u200b@example.org",
    "tom@example.org\u2028",
    "tom@example.org\u0085",
    '"tom eve"@example.org',
    "tom(eve)@example.org",
    "tom@[127.0.0.1]",
    "tom@example..org",
    ".tom@example.org",
    "tom.@example.org",
    "t" * 245 + "@example.org",
    "ż" * 125 + "@example.org",
    "tom\\@example.org",
]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_could_reach_somebody_else_is_refused_and_never_cut(address: str) -> None:
    with pytest.raises(BadAddress):
        freeze(OFFER, to=address)


@pytest.mark.parametrize("address", ["tom@example.org", "tom.o'neill+x@mail.example.org", "t" * 52 + "@" + "e" * 50 + ".example.org"])
def test_an_ordinary_address_is_written_as_it_is(address: str) -> None:
    frozen = freeze(OFFER, to=address)
    assert frozen.to == address == checked_address(address)
    assert f"\r\nTo: {address}\r\n".encode() in frozen.raw


def test_an_address_in_other_letters_is_written_as_it_is() -> None:
    frozen = freeze(OFFER, to="żofia@example.org")
    assert "\r\nTo: żofia@example.org\r\n".encode() in frozen.raw


def test_a_test_copy_writes_to_its_own_list_and_the_simulator_only() -> None:
    staging = replace(CONFIG, allowed_recipients=("tom@example.org", "@test.example"))
    letter_id = LetterId(LetterKind.OFFER, ABOUT, PARTY)
    for allowed in ("tom@example.org", "Tom@Example.org", "anybody@test.example", "refused@simulator.invalid"):
        assert freeze_letter(staging, OFFER, letter_id=letter_id, sender=SENDER, to=allowed, due_at=DUE).to == allowed
    for refused in ("wendy@example.org", "tom@test.example.org", "tom@notest.example"):
        with pytest.raises(NotAllowedHere):
            freeze_letter(staging, OFFER, letter_id=letter_id, sender=SENDER, to=refused, due_at=DUE)


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("a link elsewhere", {"answer_link": "https://evil.example/l/x"}),
    ("a link that only begins like ours", {"answer_link": f"{BASE}.evil.example/l/x"}),
    ("a link that is a script", {"answer_link": "javascript:alert(1)"}),
    ("a link with a space", {"answer_link": f"{BASE}/l/x y"}),
    ("a time in UTC", {"reply_by": datetime(2026, 7, 1, 18, tzinfo=UTC)}),
    ("a time without a zone", {"reply_by": at(1, 18).replace(tzinfo=None)}),
]


@pytest.mark.parametrize("change", [change for _, change in BROKEN], ids=[name for name, _ in BROKEN])
def test_a_letter_that_breaks_a_rule_is_never_frozen(change: dict[str, Any]) -> None:
    with pytest.raises(UnsafeLetter):
        freeze(replace(OFFER, **change))


@pytest.mark.parametrize("name", ["Northend Recovery", "Drug and Alcohol Team", "Friends of AA", "The Fellowship"])
def test_a_sender_whose_name_tells_is_refused(name: str) -> None:
    with pytest.raises(UnsafeLetter):
        freeze(OFFER, sender=replace(SENDER, name=name))


def test_a_subject_that_tells_or_runs_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for subject in ("Your drug and alcohol plan", "x" * 51, "Thursday\u202e"):
        monkeypatch.setattr("matcher.mail.render_subject", lambda letter, subject=subject: subject)
        with pytest.raises(UnsafeLetter):
            freeze(OFFER)


def test_a_telling_first_line_is_refused_and_the_same_words_further_down_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.mail.render_text", lambda *a: "Hello. Your recovery starts here.\n")
    with pytest.raises(UnsafeLetter):
        freeze(OFFER)
    monkeypatch.setattr("matcher.mail.render_text", lambda *a: "x" * 90 + " recovery\n")
    assert freeze(OFFER).raw


def test_a_letter_filed_under_another_kind_is_refused() -> None:
    with pytest.raises(UnsafeLetter):
        freeze_letter(CONFIG, OFFER, letter_id=LetterId(LetterKind.COVERED, ABOUT, PARTY), sender=SENDER, to="tom@example.org", due_at=DUE)


def test_the_date_is_when_the_letter_is_due_whatever_the_zone() -> None:
    letter_id = LetterId(LetterKind.OFFER, ABOUT, PARTY)
    summer = DUE.astimezone(timezone(timedelta(hours=1))).replace(microsecond=17)
    frozen = freeze_letter(CONFIG, OFFER, letter_id=letter_id, sender=SENDER, to="tom@example.org", due_at=summer)
    assert opened(frozen.raw)["Date"].datetime == DUE


def test_every_written_kind_has_its_templates_and_a_letter_here() -> None:
    written = {letter.kind for letter in EVERY_LETTER.values()}
    assert written >= set(LetterKind) - NOT_WRITTEN_YET
    for kind in written:
        assert all((LETTERS / f"{kind.value}.{part}.jinja").exists() for part in ("subject", "txt", "html", "words"))


def test_no_template_switches_escaping_off_or_leaves_an_attribute_unquoted() -> None:
    for file in LETTERS.glob("*.jinja"):
        source = file.read_text()
        assert not re.search(r"\|\s*safe|autoescape|Markup|https?://", source), file.name
        assert not re.search(r"\s[a-z-]+=\{\{", source), file.name
