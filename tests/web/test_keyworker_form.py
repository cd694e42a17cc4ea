"""The referral form over real HTTP: five pages, check, send; kept as it is filled in; every bad answer with a sentence and nothing lost."""

import asyncio
import re
from datetime import time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from matcher.actions.submitting import CONSENT_WORDING
from tests.keyworker_desk import CONTACT, FELLOWSHIP, PEOPLE, WHEN, WHO, Desk, eve_sits_down, sit_down
from tests.link_stage import Links, hash_of_all_tables
from tests.site import Seen, from_own_page

LONG = "x" * 5000
BIDI, CONTROL, BROKEN = "No\u202eor", "No\x07or", "No\ue000or"
CONSENT_WORDS = Path(__file__).parents[2] / "web" / "templates" / "keyworker" / "consent_words.html"
CONSENT_SHA = {"2026-12-01": "28002d5107f7d549"}


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def draft_at(desk: Desk, page: str, *before: dict[str, Any]) -> Seen:
    """A draft filled in up to a page, opened there."""
    seen = await desk.get("/referrals/new")
    for usual in (WHO, FELLOWSHIP, PEOPLE, WHEN, {"options": ["any"]}, CONTACT):
        if seen.path.split("?")[0].endswith(f"/{page}"):
            return seen
        seen = await desk.browser.submit(seen, usual, button="Continue" if "options" in usual else "")
    return await desk.get(seen.path.replace("/check", f"/{page}"))


def check_shows_error(seen: Seen, sentence: str) -> None:
    """The page came back: its title says Error, and the sentence stands in the summary."""
    assert seen.page and seen.page.title.startswith("Error: "), seen.page and seen.page.title
    assert seen.text.count(sentence) >= 2, seen.text


async def test_five_pages_a_check_page_and_send_make_a_referral_that_is_asked_for(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral_id = await desk.send()
    assert await desk.stage.state(referral_id) == "looking"
    await desk.stage.worker.run_until_idle()
    assert len(desk.stage.letters_to("tom")) == 1


async def test_the_confirmation_holds_reference_what_is_next_and_when_and_whom_to_ring(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    seen = await desk.get(f"/referrals/{await desk.send()}/sent")
    for said in (
        "ALG-",
        "We are asking volunteers now",
        "first answer by",
        "If nobody can, we tell you by",
        "01632 960002",
        "Thursday Welcome",
    ):
        assert said in seen.text, said
    assert seen.page and "Noor" not in seen.page.title and "Noor" not in seen.path


async def test_no_page_of_the_form_has_anything_ticked_beforehand(desk: Desk) -> None:
    seen = await desk.get("/referrals/new")
    for usual in (WHO, FELLOWSHIP, PEOPLE, WHEN, {"options": ["any"]}, CONTACT):
        chosen = {name: field.chosen for name, field in seen.form().fields.items() if field.kind in ("radio", "checkbox") and field.chosen}
        assert chosen == {}, seen.path
        seen = await desk.browser.submit(seen, usual, button="Continue" if "options" in usual else "")


async def test_looking_at_any_page_changes_nothing(desk: Desk) -> None:
    seen = await desk.fill()
    before = await hash_of_all_tables(desk.stage.sql)
    root = seen.path.rsplit("/", 1)[0]
    for name in ("who", "fellowship", "people", "when", "meetings", "contact", "more", "check", "drop", "not-interested"):
        await desk.get(f"{root}/{name}")
    await desk.get(root)
    await desk.get("/referrals")
    await desk.browser.ask("HEAD", f"{root}/check")
    after = await hash_of_all_tables(desk.stage.sql)
    assert {name for name in before if before[name] != after[name]} <= {"public.sign_ins"}


async def test_a_press_too_many_is_one_referral_and_the_same_confirmation(desk: Desk) -> None:
    check = await desk.fill()
    twice = await asyncio.gather(*(desk.browser.submit(check, action="/check") for _ in range(3)))
    assert len({seen.path for seen in twice}) == 1 and all("Referral sent" in seen.text for seen in twice)
    later = await desk.browser.submit(check, action="/check")
    assert later.path == twice[0].path
    assert await desk.stage.one("SELECT count(*) FROM referrals") == 1


async def test_a_first_page_sent_twice_is_one_draft(desk: Desk) -> None:
    first = await desk.get("/referrals/new")
    sent = [await desk.browser.submit(first, WHO) for _ in range(2)]
    assert sent[0].path == sent[1].path and await desk.stage.one("SELECT count(*) FROM drafts") == 1


async def test_a_draft_is_there_again_after_signing_out_and_in(desk: Desk) -> None:
    seen = await draft_at(desk, "when")
    await desk.browser.submit(await desk.get("/referrals"), action="/sign-out")
    again = await sit_down(desk.links)
    home = await again.get("/referrals")
    assert "Go on with Noor" in home.text
    resumed = await again.get(seen.path.rsplit("/", 1)[0])
    assert resumed.path.endswith("/when")
    people = await again.get(seen.path.replace("/when", "/people"))
    assert people.form().fields["comfort"].chosen == ["no_preference"]


async def test_going_back_keeps_every_answer(desk: Desk) -> None:
    check = await desk.fill({}, {"fellowships": ["aa", "na"]}, {"comfort": "woman", "needs": ["quiet"]})
    root = check.path.rsplit("/", 1)[0]
    kept = {
        "who": {"name_used": ["Noor"], "age_ok": ["18_or_over"]},
        "fellowship": {"fellowships": ["aa", "na"], "exposure": ["never"]},
        "people": {"comfort": ["woman"], "needs": ["quiet"]},
        "when": {"travel_from": ["B1"], "when": ["3-evening"]},
        "meetings": {"options": ["any"]},
        "contact": {"channels": ["keyworker"], "consent_tell": ["yes"], "consent_contact": []},
    }
    for page, answers in kept.items():
        fields = (await desk.get(f"{root}/{page}")).form().fields
        assert {name: fields[name].chosen for name in answers} == answers, page


async def test_change_on_the_check_page_comes_back_to_it(desk: Desk) -> None:
    check = await desk.fill()
    root = check.path.rsplit("/", 1)[0]
    for page in ("who", "fellowship", "people", "contact", "more"):
        seen = await desk.get(f"{root}/{page}?then=check")
        assert (await desk.browser.submit(seen)).path == f"{root}/check", page
    meetings = await desk.browser.submit(await desk.get(f"{root}/when?then=check"))
    assert meetings.path == f"{root}/meetings?then=check"
    assert (await desk.browser.submit(meetings, button="Continue")).path == f"{root}/check"


async def test_two_windows_on_one_page_lose_nothing(desk: Desk) -> None:
    check = await desk.fill()
    address = check.path.replace("/check", "/people")
    first, second = await desk.get(address), await desk.get(address)
    await desk.browser.submit(first, {"comfort": "woman"})
    refused = await desk.browser.submit(second, {"comfort": "man"}, status=409)
    assert "changed in another window" in refused.text and refused.form().fields["comfort"].chosen == ["man"]
    await desk.browser.submit(refused, {}, status=200)
    assert (await desk.get(address)).form().fields["comfort"].chosen == ["man"]


# ── bad input: a sentence, and nothing lost ─────────────────────────────────────────────────────────────────────────────────────────────────────

BAD_WHO = [
    ("name_used", "", "Enter a first name or another name they like"),
    ("name_used", LONG, "must be 40 characters or fewer"),
    ("name_used", BIDI, "hidden mark that turns text around"),
    ("name_used", CONTROL, "character that cannot be seen"),
    ("name_used", BROKEN, "other screens cannot show"),
    ("name_used", "Noor 07700 900123", "must not hold a long number"),
    ("name_used", "noor@example.org", "must not hold an @ sign"),
    ("name_used", "www.noor.example", "must not hold a web address"),
    ("name_used", "Noor SW1A 1AA", "must not hold a postcode"),
    ("name_used", "943 476 5919", "NHS number"),
    ("name_used", "Noor\r\nBcc: a@b.example", "one line"),
    ("provider_ref", "", "Enter your own reference"),
    ("provider_ref", "943 476 5919", "This looks like an NHS number"),
    ("provider_ref", LONG, "must be 40 characters or fewer"),
    ("provider_ref", f"H-{BIDI}", "hidden mark"),
]


async def test_a_bad_first_page_comes_back_with_a_sentence_and_every_other_answer(desk: Desk) -> None:
    first = await desk.get("/referrals/new")
    for field, typed, sentence in BAD_WHO:
        seen = await desk.browser.submit(first, {**WHO, field: typed}, status=400)
        check_shows_error(seen, sentence)
        fields = seen.form().fields
        others = {name: [value] for name, value in WHO.items() if name != field}
        assert {name: fields[name].chosen for name in others} == others, (field, typed)
    assert await desk.stage.one("SELECT count(*) FROM drafts") == 0


async def test_a_first_page_without_a_choice_comes_back(desk: Desk) -> None:
    first = await desk.get("/referrals/new")
    for field, sentence in (("who_for", "Choose who the meeting is for"), ("age_ok", "Choose their age group")):
        seen = await desk.browser.submit(first, {name: value for name, value in WHO.items() if name != field}, status=400)
        check_shows_error(seen, sentence)


BAD_LATER = [
    ("fellowship", {"exposure": "never"}, "Choose at least one fellowship"),
    ("fellowship", {"fellowships": ["aa"]}, "Choose whether they have been to a meeting before"),
    ("people", {"language": "english"}, "Choose who they would feel comfortable with"),
    ("people", {"comfort": "woman"}, "Choose the language"),
    ("people", {**PEOPLE, "comfort": "own_words"}, "Enter what they said"),
    ("people", {**PEOPLE, "comfort": "own_words", "comfort_words": LONG}, "must be 200 characters or fewer"),
    ("people", {**PEOPLE, "language": "other"}, "Choose the language they would like to speak"),
    ("people", {**PEOPLE, "needs": ["other"]}, "Enter what else they need"),
    ("people", {**PEOPLE, "needs": ["other"], "needs_note": "x" * 101}, "must be 100 characters or fewer"),
    ("people", {**PEOPLE, "avoid_how_1": "a cousin"}, "Enter a name or nickname for person 1"),
    ("people", {**PEOPLE, "avoid_name_2": "Gaz 07700 900123"}, "must not hold a long number"),
    ("people", {**PEOPLE, "avoid_name_1": BIDI}, "hidden mark"),
    ("when", {"when": ["3-evening"]}, "Enter a town or the first part of a postcode"),
    ("when", {"travel_from": "B1"}, "Choose at least one time"),
    ("when", {**WHEN, "travel_from": "B1 1AA"}, "We do not need the whole postcode. Enter B1 only"),
    ("when", {**WHEN, "travel_from": "Atlantis"}, "We do not know this place"),
    ("when", {**WHEN, "travel_from": "LS1"}, "No coordinator looks after LS1 yet"),
    ("when", {**WHEN, "travel_from": BIDI}, "hidden mark"),
    ("when", {**WHEN, "travel_from": LONG}, "must be 60 characters or fewer"),
    ("when", {**WHEN, "earliest_on": "2026-11-22"}, "must be today or later"),
    ("when", {**WHEN, "earliest_on": "2026-02-30"}, "must be a real date"),
    ("when", {**WHEN, "earliest_on": "soon"}, "must be a real date"),
    ("contact", {"channels": "keyworker", "consent_method": "spoken"}, "Tick this only if they agreed"),
    ("contact", {"consent_tell": True, "consent_method": "spoken"}, "Choose how we may be in touch"),
    ("contact", {"channels": "keyworker", "consent_tell": True}, "Choose how they agreed"),
    ("contact", {**CONTACT, "channels": "email"}, "Enter an email address"),
    ("contact", {**CONTACT, "channels": "email", "email": "noor"}, "Enter an email address in full"),
    ("contact", {**CONTACT, "channels": "email", "email": "a@b.example,c@d.example"}, "one email address only"),
    ("contact", {**CONTACT, "channels": "email", "email": "a@b.example\r\nBcc: c@d.example"}, "line"),
    ("contact", {**CONTACT, "channels": "email", "email": "a@b.example"}, "Choose whether it is safe"),
    ("contact", {**CONTACT, "channels": "email", "email": "a@b.example", "email_safe": "yes"}, "Tick that they agree to emails"),
    ("contact", {**CONTACT, "consent_number": True}, "Enter their telephone number"),
    ("contact", {**CONTACT, "phone": "none"}, "Enter a telephone number"),
    ("contact", {**CONTACT, "who_else": LONG}, "must be 120 characters or fewer"),
    ("more", {"travel_minutes": "9"}, "between 10 and 90"),
    ("more", {"travel_minutes": "91"}, "between 10 and 90"),
    ("more", {"travel_minutes": "an hour"}, "must be a number"),
    ("more", {"fare_amount": "-1"}, "£0 or more"),
    ("more", {"fare_amount": "50.01"}, "£50 or less"),
    ("more", {"fare_amount": "NaN"}, "Enter an amount in pounds"),
    ("more", {"experience_note": "x" * 201}, "must be 200 characters or fewer"),
    ("more", {"goal": CONTROL}, "cannot be seen"),
    ("more", {"target_on": "2020-01-01"}, "must be today or later"),
    ("more", {"leaving_on": "2026-11-22"}, "The leaving date must be today or later"),
    ("more", {"leaving_on": "soon"}, "leaving date"),
    ("more", {"leaving_district": "B2"}, "Enter the date they leave"),
    ("more", {"leaving_on": "2026-12-01", "leaving_district": "ZE1"}, "No coordinator looks after ZE1"),
    ("more", {"leaving_on": "2026-12-01", "leaving_district": "Atlantis"}, "not"),
]


@pytest.mark.parametrize("page", ["fellowship", "people", "when", "contact", "more"])
async def test_a_bad_later_page_comes_back_with_a_sentence_and_its_answers(desk: Desk, page: str) -> None:
    first = await draft_at(desk, page)
    before = await desk.stage.one("SELECT answers_box FROM drafts")
    for answers, sentence in [(answers, sentence) for which, answers, sentence in BAD_LATER if which == page]:
        refused = await desk.browser.submit(first, answers, status=400)
        check_shows_error(refused, sentence)
        fields = refused.form().fields
        for name, value in answers.items():
            wanted = [value] if isinstance(value, str) else ["yes"] if value is True else list(value)
            if len(str(value)) < 100 and not {BIDI, CONTROL} & set(wanted) and "\n" not in str(value):
                assert fields[name].chosen == wanted, (name, answers)
    assert await desk.stage.one("SELECT answers_box FROM drafts") == before


NOT_ON_THE_PAGE = [
    ("fellowship", "fellowships", "alanon"),
    ("fellowship", "fellowships", "alateen"),
    ("fellowship", "exposure", "often"),
    ("people", "comfort", "anybody"),
    ("when", "when", "9-evening"),
    ("meetings", "options", "not-a-meeting"),
    ("contact", "channels", "pigeon"),
    ("who", "surname", "Smith"),
]


async def test_an_answer_that_was_not_on_the_page_is_refused(desk: Desk) -> None:
    root = (await desk.fill()).path.rsplit("/", 1)[0]
    before = await desk.stage.one("SELECT answers_box FROM drafts")
    for page, field, value in NOT_ON_THE_PAGE:
        seen = await desk.get(f"{root}/{page}")
        usual = {name: one.chosen for name, one in seen.form().fields.items() if name != field}
        body = [(name, text) for name, texts in usual.items() for text in texts] + [(field, value)]
        refused = await desk.browser.ask("POST", seen.path, data=body, status=400, headers=from_own_page(desk.browser.base_url))
        assert refused.page and refused.page.title.startswith("Error: "), (page, value)
    assert await desk.stage.one("SELECT answers_box FROM drafts") == before


async def test_a_fourth_meeting_is_refused_and_all_four_stay_ticked(desk: Desk) -> None:
    for hour in (18, 20, 21):
        await desk.stage.world.meeting(uuid4(), starts=time(hour))
    seen = await draft_at(desk, "meetings")
    four = [value for value in seen.form().fields["options"].values if value != "any"][:4]
    refused = await desk.browser.submit(seen, {"options": four}, button="Continue", status=400)
    check_shows_error(refused, "Choose three meetings at most")
    assert set(refused.form().fields["options"].chosen) == set(four)


async def test_nothing_ticked_among_meetings_that_fit_is_an_error(desk: Desk) -> None:
    seen = await draft_at(desk, "meetings")
    check_shows_error(await desk.browser.submit(seen, button="Continue", status=400), "Choose up to three meetings")


async def test_meetings_of_two_fellowships_are_refused_with_a_sentence(desk: Desk) -> None:
    other = uuid4()
    await desk.stage.world.meeting(other, fellowship="na")
    check = await desk.fill({}, {"fellowships": ["aa", "na"]}, {}, {}, {"options": [f"{desk.stage.world.meeting_id}|2026-11-26"]})
    seen = await desk.get(check.path.replace("/check", "/meetings?fellowship=na"))
    values = [value for value in seen.form().fields["options"].values if value != "any"]
    refused = await desk.browser.submit(seen, {"options": values[:2]}, button="Continue", status=400)
    check_shows_error(refused, "Choose meetings of one fellowship")


async def test_turning_the_page_keeps_the_ticks(desk: Desk) -> None:
    for hour in range(17, 23):
        await desk.stage.world.meeting(uuid4(), starts=time(hour, 5))
    seen = await draft_at(desk, "meetings")
    first = seen.form().fields["options"].values[0]
    second = await desk.browser.submit(seen, {"options": [first]}, button="Later ones")
    assert "page=2" in second.path and first in second.form().fields["options"].chosen and "Chosen so far" in second.text
    pick = [value for value in second.form().fields["options"].values if value not in (first, "any")][-1]
    await desk.browser.submit(second, {"options": [first, pick]}, button="Continue")
    kept = (await desk.get(second.path.split("?")[0])).form().fields["options"].chosen
    assert set(kept) == {first, pick}


async def test_a_meeting_unchecked_for_180_days_is_shown_without_a_box(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE meetings SET last_confirmed_at = $1", desk.stage.now - timedelta(days=181))
    seen = await draft_at(desk, "meetings")
    assert "Not checked for over 180 days" in seen.text and seen.form().fields["options"].values == ["any"]
    await desk.stage.sql.execute("UPDATE meetings SET last_confirmed_at = $1", desk.stage.now - timedelta(days=91))
    assert "ring before they go" in (await desk.get(seen.path)).text


async def test_where_nothing_fits_the_form_can_be_sent_and_a_person_looks(desk: Desk) -> None:
    seen = await draft_at(desk, "when")
    meetings = await desk.browser.submit(seen, {"travel_from": "B1", "when": ["0-morning"]})
    assert "fits in the next two weeks" in meetings.text
    contact = await desk.browser.submit(meetings, button="Continue")
    check = await desk.browser.submit(contact, CONTACT)
    assert "No meeting fits yet" in check.text
    sent = await desk.browser.submit(check, action="/check")
    assert "A coordinator in Millbrook has been told and looks for one" in sent.text


async def test_a_town_will_do_where_meetings_are_held(desk: Desk) -> None:
    await desk.fill({}, {}, {}, {"travel_from": "millbrook"})
    referral = await desk.browser.submit(desk.browser.here or await desk.get("/"), action="/check")
    assert "Referral sent" in referral.text and await desk.stage.one("SELECT travel_from FROM referrals") == "B1"


# ── who is not for us ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("age", ["12_to_17", "under_12"])
async def test_somebody_under_18_gets_the_stop_page_and_nothing_is_kept(desk: Desk, age: str) -> None:
    await desk.stage.sql.execute("UPDATE providers SET young_people_contact = 'Ring the young people’s team on 01632 960500'")
    seen = await desk.browser.submit(await desk.get("/referrals/new"), {**WHO, "age_ok": age})
    assert "We cannot arrange company for somebody under 18" in seen.text and "01632 960500" in seen.text and "Alateen" not in seen.text
    assert await desk.stage.one("SELECT count(*) FROM drafts") == 0


async def test_a_young_relative_is_told_of_alateen_and_of_nobody_to_go_with(desk: Desk) -> None:
    seen = await desk.browser.submit(await desk.get("/referrals/new"), {**WHO, "who_for": "affected", "age_ok": "12_to_17"})
    assert "Alateen" in seen.text and "never goes with one volunteer alone" in seen.text


async def test_an_age_corrected_to_under_18_later_forgets_the_draft(desk: Desk) -> None:
    seen = await draft_at(desk, "fellowship")
    who = await desk.get(seen.path.replace("/fellowship", "/who"))
    stop = await desk.browser.submit(who, {"age_ok": "under_12"})
    assert "under 18" in stop.text and await desk.stage.one("SELECT count(*) FROM drafts") == 0
    assert await desk.stage.one("SELECT count(*) FROM person_keys WHERE kind = 'newcomer'") == 0


async def test_offered_and_not_interested_ends_as_a_short_record(desk: Desk) -> None:
    seen = await draft_at(desk, "fellowship")
    ask = await desk.browser.submit(seen, {"exposure": "not_interested"})
    kept = await desk.browser.submit(ask, action="/not-interested")
    assert kept.path.startswith("/referrals/") and "Not interested" in kept.text
    assert await desk.stage.one("SELECT close_reason FROM referrals") == "declined"


async def test_the_service_s_own_pattern_is_kept_to(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE providers SET reference_pattern = 'HRB-[0-9]{4}', reference_hint = 'HRB and four figures'")
    seen = await desk.browser.submit(await desk.get("/referrals/new"), WHO, status=400)
    check_shows_error(seen, "not how your service writes its references. HRB and four figures")
    await desk.browser.submit(seen, {"provider_ref": "HRB-0142"})


@pytest.mark.parametrize(("rule", "two"), [("always", True), ("first_time", True), ("when_asked", False)])
async def test_a_service_that_wants_two_is_no_question_but_a_fact(desk: Desk, rule: str, two: bool) -> None:
    await desk.stage.sql.execute("UPDATE providers SET pair_rule = $1", rule)
    check = await desk.fill()
    more = await desk.get(check.path.replace("/check", "/more"))
    assert ("companions" in more.form().fields) is not two and ("your service always wants two" in more.text) is two
    assert ("Two, as your service always wants" in check.text) is two and ("1 companion" in check.text) is not two
    await desk.browser.submit(more, {"goal": "to go once"})


async def test_the_check_page_says_what_a_reader_should_know_before_sending(desk: Desk) -> None:
    await desk.send()
    check = await desk.fill(
        {}, {}, {"avoid_name_1": "Gaz"}, {}, {}, {"channels": "email", "email": "n@l.example", "email_safe": "no", "consent_contact": True}
    )
    more = await desk.get(check.path.replace("/check", "/more"))
    check = await desk.browser.submit(more, {"experience_note": "Prescribed methadone 40 mg"})
    for said in (
        "open referral with this reference",
        "A coordinator looks first",
        "We will not write to them",
        "reads like clinical history",
    ):
        assert said in check.text, said
    assert "Gaz" not in check.text


async def test_the_words_of_the_consents_and_their_version_belong_together() -> None:
    digest = sha256(CONSENT_WORDS.read_bytes()).hexdigest()
    assert {CONSENT_WORDING: digest[:16]} == CONSENT_SHA, "the words were changed: give them a new version, and write its hash here"


# ── whose draft it is ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_but_its_keyworker_sees_a_draft(desk: Desk) -> None:
    check = await desk.fill()
    root = check.path.rsplit("/", 1)[0]
    eve = await eve_sits_down(desk.links)
    for name in ("", "/who", "/people", "/meetings", "/contact", "/check", "/drop", "/not-interested"):
        assert "Noor" not in (await eve.get(root + name, status=404)).text
    for name in ("/who", "/check", "/drop"):
        token = (await eve.get("/referrals/new")).form().fields["token"].chosen[0]
        await eve.browser.ask(
            "POST", root + name, data={"token": token, "nonce": "n" * 20}, status=403, headers=from_own_page(eve.browser.base_url)
        )
    assert await desk.stage.one("SELECT count(*) FROM drafts") == 1


async def test_a_draft_dropped_is_gone(desk: Desk) -> None:
    check = await desk.fill()
    seen = await desk.get(check.path.replace("/check", "/drop"))
    assert (await desk.browser.submit(seen, action="/drop")).path == "/referrals"
    assert await desk.stage.one("SELECT count(*) FROM drafts") == 0


async def test_the_summary_of_errors_reads_like_the_page(desk: Desk) -> None:
    seen = await desk.get("/referrals/new")
    for usual in (WHO, FELLOWSHIP, PEOPLE, WHEN, {"options": ["any"]}, CONTACT):
        refused = await desk.browser.submit(seen, {}, button="Continue" if "options" in usual else "", status=400)
        html = refused.body.decode()
        fields = re.findall(r'<li><a href="#(\w+)">', html)
        assert fields and fields == sorted(fields, key=lambda name: html.index(f'name="{name}"')), refused.path
        seen = await desk.browser.submit(seen, usual, button="Continue" if "options" in usual else "")
