"""Letters to staff: what happened and what to do, without a name, a fellowship or a venue (journeys 9.4)."""

from dataclasses import fields, replace

import pytest

from matcher.domain.letter import CoordinatorAlertLetter, KeyworkerNoticeLetter, SignInCodeLetter
from matcher.domain.letter_parts import AlertReason, KeyworkerReason
from matcher.domain.task import NeedsReason
from tests.letters.letter_cast import ALERT, BASE, CODE, NOTICE, at, bodies, freeze, in_order, text_of


def test_staff_letters_can_hold_no_name_no_fellowship_and_no_venue() -> None:
    assert {field.name for field in fields(KeyworkerNoticeLetter)} == {"reference_end", "reason", "do_by", "sign_in_link"}
    assert {field.name for field in fields(CoordinatorAlertLetter)} == {"reason", "urgent", "area", "do_by", "sign_in_link"}
    assert {field.name for field in fields(SignInCodeLetter)} == {"code", "minutes"}


@pytest.mark.parametrize("reason", list(KeyworkerReason))
def test_keyworker_notice_letter_says_what_happened_and_what_to_do_for_every_reason(reason: KeyworkerReason) -> None:
    letter = replace(NOTICE, reason=reason)
    text = text_of(letter)
    assert freeze(letter).subject == "An update on a referral"
    assert in_order(text, "Your reference ends in: 4821", "What happened", "What to do", "by: Tuesday 24 November, 5pm", f"{BASE}/in")
    happened = text.partition("What happened ------------- ")[2].partition(" What to do")[0]
    owed = text.partition("What to do ---------- ")[2].partition(" Please do it by")[0]
    assert len(happened) > 20 and len(owed) > 5


def test_keyworker_notice_letter_shows_at_most_the_last_four_of_the_reference() -> None:
    with pytest.raises(ValueError, match="last four"):
        replace(NOTICE, reference_end="14821")


def test_keyworker_notice_letter_without_a_date_asks_for_none() -> None:
    assert "by:" not in text_of(replace(NOTICE, do_by=None))


@pytest.mark.parametrize("reason", list(AlertReason))
def test_coordinator_alert_letter_has_words_for_every_reason(reason: AlertReason) -> None:
    letter = replace(ALERT, reason=reason)
    text = text_of(letter)
    assert freeze(letter).subject in ("Someone is needed", "Please ring in")
    assert in_order(text, "What it is about", "Area: Northend", "by: Tuesday 24 November, 5pm", f"{BASE}/in")
    about = text.partition("What it is about ---------------- ")[2].partition(" Area:")[0]
    assert len(about) > 30


def test_coordinator_alert_letter_knows_every_reason_of_the_queue() -> None:
    assert {reason.value for reason in NeedsReason} <= {reason.value for reason in AlertReason}


def test_coordinator_alert_letter_asks_to_ring_in_where_somebody_may_not_be_safe() -> None:
    assert freeze(replace(ALERT, reason=AlertReason.SAFE_HOME_MISSING)).subject == "Please ring in"
    assert "as soon as you can" in text_of(replace(ALERT, urgent=True, do_by=at(24, 9)))


def test_sign_in_code_letter_holds_the_code_in_its_body_only_and_no_link_role_or_fellowship() -> None:
    frozen = freeze(CODE)
    whole = " ".join(bodies(frozen.raw))
    assert frozen.subject == "Your code" and "038116" in whole
    text = text_of(CODE)
    assert "038116" not in text[:90]
    assert in_order(text, "10 minutes", "038116", "We will never ring or write to ask you for it", "Did you not ask for a code?")
    assert "http" not in whole and not any(
        word in whole.lower() for word in ("fellowship", "keyworker", "coordinator", "volunteer", "service")
    )


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "１２３４５６", "12 345"])
def test_sign_in_code_letter_takes_six_digits_only(code: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        replace(CODE, code=code)
