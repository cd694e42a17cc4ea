"""What became of one attempt to send a letter, and when to try again (reliability 4). No text of a mail server is kept: it quotes addresses."""

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ABOUT_MAILBOX = re.compile(r"5\.(1\.\d+|2\.[014]|4\.\d+|7\.1[78])$")
"""RFC 3463: addressing, mailbox status, routing; RFC 7293: the mailbox or the domain has a new owner. But for a full mailbox (5.2.2), a letter too
long for it (5.2.3) and our own address (5.1.7, 5.1.8): those say nothing against where it was sent."""
_ABOUT_SENDER = re.compile(r"5\.1\.[78]$")
_NOT_THE_MAILBOX = frozenset({552, 554, 555, 571})
"""Refusals of a recipient that speak of storage, of the transaction or of policy, and not of the mailbox (RFC 5321, 4.2.3)."""
_AUTHENTICATION = frozenset({530, 534, 535, 538})  # RFC 4954: about our sign-in, at whatever verb they come
FIRST_TRIES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480))
LATER_TRIES = timedelta(minutes=15)
JITTER = 0.2


class Verb(StrEnum):
    """How far an attempt had come. END is after the last byte of the letter: from there on silence means "we do not know"."""

    SLOT = "slot"
    CONNECT = "connect"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end"


class Ours(StrEnum):
    """What the operator has to mend before anything can be sent."""

    CERTIFICATE = "certificate"
    NO_STARTTLS = "no_starttls"
    AUTH = "auth"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail server took the letter. That is "accepted", not "delivered"."""

    code: str


@dataclass(frozen=True, slots=True)
class AddressRefused:
    """This address takes no mail: tell a person. The address is flagged: it is wrong, closed, or cannot be found."""

    code: str


@dataclass(frozen=True, slots=True)
class Later:
    """A temporary refusal: try again. Nobody is blamed and the address is not flagged."""

    code: str


@dataclass(frozen=True, slots=True)
class LetterRefused:
    """The server refused this letter: its content, its size, our policy record, a full mailbox. The address is not flagged."""

    code: str


@dataclass(frozen=True, slots=True)
class TransportIll:
    """The way to the mail server is ill: try again, and tell the operator if it lasts."""

    code: str


@dataclass(frozen=True, slots=True)
class OurFault:
    """Our settings are wrong: nothing can be sent before the operator mends `what`."""

    what: Ours
    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The letter went out whole and no answer came back. The same bytes go again when the lease ends."""

    code: str


@dataclass(frozen=True, slots=True)
class NotSendable:
    """The address has letters that this mail server cannot carry. Ask for another address."""

    code: str


Outcome = Sent | AddressRefused | Later | LetterRefused | TransportIll | OurFault | Unknown | NotSendable


def code_words(code: int, text: str) -> str:
    """The reply code and, where given, the enhanced code: "550 5.1.1". The rest of a server's text is dropped here."""
    enhanced = _ENHANCED.match(text)
    return f"{code} {enhanced.group(1)}" if enhanced else str(code)


def judge_reply(verb: Verb, code: int, text: str) -> Outcome | None:
    """What a server's reply at this point means, or None where it is the one that lets the attempt go on. A reply below 200 is garbage."""
    words = code_words(code, text) if 200 <= code < 600 else verb.value
    expected = 300 if verb is Verb.DATA else 200
    if expected <= code < expected + 100:
        return Sent(words) if verb is Verb.END else None
    if code in _AUTHENTICATION:
        return OurFault(Ours.AUTH, words)
    if not 400 <= code < 600:
        return Unknown(words) if verb is Verb.END else TransportIll(words)
    return _judge_temporary(verb, words) if code < 500 else _judge_permanent(verb, words)


def _judge_temporary(verb: Verb, words: str) -> Outcome:
    return Later(words) if verb in (Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.END) else TransportIll(words)


def _judge_permanent(verb: Verb, words: str) -> Outcome:
    ours = {Verb.TLS: Ours.NO_STARTTLS, Verb.AUTH: Ours.AUTH, Verb.MAIL: Ours.SENDER}.get(verb)
    if ours is not None:
        return OurFault(ours, words)
    if verb not in (Verb.RCPT, Verb.DATA, Verb.END):
        return TransportIll(words)
    return AddressRefused(words) if _blames_the_address(verb, words) else LetterRefused(words)


def _blames_the_address(verb: Verb, words: str) -> bool:
    """Whether a permanent refusal speaks of the mailbox, and not of what the letter holds or where it comes from.

    An enhanced code says so itself, whenever it comes: some servers know their recipients only once they have the whole letter. Without one,
    what is refused at RCPT is the mailbox, unless the code says otherwise, and what is refused afterwards is the letter.
    """
    code, _, enhanced = words.partition(" ")
    if enhanced and not enhanced.endswith(".0.0"):
        return bool(_ABOUT_MAILBOX.match(enhanced)) and not _ABOUT_SENDER.match(enhanced)
    return verb is Verb.RCPT and int(code) not in _NOT_THE_MAILBOX


def judge_silence(verb: Verb) -> Outcome:
    """What a closed connection, a silence or nonsense at this point means."""
    if verb is Verb.END:
        return Unknown(verb.value)
    return Later(verb.value) if verb is Verb.SLOT else TransportIll(verb.value)


def next_try_after(attempts: int, chance: random.Random) -> timedelta:
    """How long to wait after so many attempts (1 or more): 30 s, 1, 2, 4, 8 min, then 15 min, each ±20 %."""
    usual = FIRST_TRIES[attempts - 1] if attempts <= len(FIRST_TRIES) else LATER_TRIES
    return usual * (1 + chance.uniform(-JITTER, JITTER))
