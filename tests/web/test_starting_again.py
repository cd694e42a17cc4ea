"""From a closed referral a new form opens with what may be copied. Consent and all that must be true anew is asked again; after a withdrawal nothing is."""

from typing import Any
from uuid import UUID

import pytest

from tests.keyworker_desk import FORM, PEOPLE, Desk, eve_sits_down, sit_down
from tests.link_stage import Links
from tests.site import Seen, from_own_page

CONTACT: dict[str, Any] = {
    "channels": "email",
    "email": "noor@letters.example",
    "email_safe": "yes",
    "phone": "01632 960009",
    "voicemail_safe": "yes",
    "consent_contact": True,
    "consent_afterwards": True,
}
NEEDS: dict[str, Any] = {"comfort": "woman", "needs": ["quiet"], "avoid_name_1": "Big T", "avoid_how_1": "from work"}
CONSENTS = ("consent_tell", "consent_contact", "consent_number", "consent_afterwards", "consent_answers", "consent_method")


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def closed(desk: Desk) -> UUID:
    """Noor's referral, sent and called off."""
    referral_id = await desk.send({}, {}, NEEDS, {}, {}, CONTACT)
    page = await desk.get(f"/referrals/{referral_id}/cancel")
    await desk.browser.submit(page, {"reason": "unwell"})
    return referral_id


async def start_again(desk: Desk, referral_id: UUID) -> Seen:
    return await desk.browser.submit(await desk.get(f"/referrals/{referral_id}"), action="/again")


def chosen(seen: Seen) -> dict[str, list[str]]:
    """What the page's form holds, its own fields apart."""
    return {name: field.chosen for name, field in seen.form().fields.items() if field.chosen and name not in ("token", "nonce", "saved")}


async def test_the_new_form_holds_what_was_said_and_asks_for_consent_anew(desk: Desk) -> None:
    referral_id = await closed(desk)
    who = await start_again(desk, referral_id)
    assert who.path.endswith("/who") and chosen(who)["name_used"] == ["Noor"] and chosen(who)["provider_ref"] == ["H-77"]
    draft = who.path.removesuffix("/who")
    fellowship = await desk.get(f"{draft}/fellowship")
    assert chosen(fellowship)["fellowships"] == ["aa"] and "exposure" not in chosen(fellowship)
    people = chosen(await desk.get(f"{draft}/people"))
    assert people["comfort"] == ["woman"] and people["needs"] == ["quiet"] and people["avoid_name_1"] == ["Big T"]
    when = chosen(await desk.get(f"{draft}/when"))
    assert when["travel_from"] == ["B1"] and when["when"] == ["3-evening"]
    contact = chosen(await desk.get(f"{draft}/contact"))
    assert contact["email"] == ["noor@letters.example"] and contact["phone"] == ["01632 960009"]
    assert not set(contact) & {*CONSENTS, "channels", "email_safe", "voicemail_safe"}
    check = await desk.get(f"{draft}/check")
    await desk.browser.submit(check, action="/check", status=400)
    assert await desk.stage.one("SELECT state FROM referrals WHERE id = $1", referral_id) == "closed"


async def test_it_is_sent_as_a_referral_of_its_own_with_consents_of_its_own(desk: Desk) -> None:
    first = await closed(desk)
    seen = await start_again(desk, first)
    for answers in FORM:
        fits = {name: value for name, value in answers.items() if name not in PEOPLE or name not in chosen(seen)}
        seen = await desk.browser.submit(seen, fits, button="Continue" if "options" in answers else "")
    sent = await desk.browser.submit(seen, action="/check")
    assert "Referral sent" in sent.text
    rows = await desk.stage.sql.fetch("SELECT id, newcomer_id, comfort, state FROM referrals ORDER BY submitted_at, id = $1 DESC", first)
    assert len(rows) == 2 and len({row["newcomer_id"] for row in rows}) == 2 and rows[1]["comfort"] == "woman"
    given = await desk.stage.sql.fetch("SELECT purpose FROM consents WHERE person_id = $1 AND given", rows[1]["newcomer_id"])
    assert [row["purpose"] for row in given] == ["c1"]


async def test_pressing_twice_opens_one_form(desk: Desk) -> None:
    referral_id = await closed(desk)
    page = await desk.get(f"/referrals/{referral_id}")
    once = await desk.browser.submit(page, action="/again")
    twice = await desk.browser.submit(page, action="/again")
    assert once.path == twice.path and await desk.stage.one("SELECT count(*) FROM drafts") == 1


async def test_whom_they_must_not_meet_stays_barred_until_the_form_is_dropped(desk: Desk) -> None:
    referral_id = await closed(desk)
    tom = await desk.stage.world.volunteer("Tom")
    old = await desk.stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral_id)
    await desk.stage.sql.execute(
        "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) VALUES ($1, 'newcomer_volunteer', $2, $3, $4)",
        referral_id,
        old,
        tom,
        desk.stage.now,
    )
    draft = (await start_again(desk, referral_id)).path.split("/")[2]
    new = await desk.stage.one("SELECT newcomer_id FROM drafts WHERE id = $1", UUID(draft))
    assert new != old and await desk.stage.one("SELECT volunteer_id FROM bars WHERE newcomer_id = $1", new) == tom
    await desk.browser.submit(await desk.get(f"/drafts/{draft}/drop"))
    assert await desk.stage.one("SELECT count(*) FROM bars WHERE newcomer_id = $1", new) == 0
    assert await desk.stage.one("SELECT count(*) FROM bars WHERE newcomer_id = $1", old) == 1
    assert "Noor" in (await desk.get(f"/referrals/{referral_id}")).text


async def test_after_consent_was_withdrawn_nothing_is_copied(desk: Desk) -> None:
    referral_id = await desk.send({}, {}, {}, {}, {}, CONTACT)
    withdraw = await desk.get(f"/referrals/{referral_id}/consent")
    earlier = await desk.get(f"/referrals/{referral_id}")
    assert not [form for form in earlier.page.forms if "/again" in form.action]
    ended = await desk.browser.submit(withdraw, {"sure": True})
    assert "Nothing of it goes into a new one" in ended.text and not [form for form in ended.page.forms if "/again" in form.action]
    other = await closed(desk)
    form = (await desk.get(f"/referrals/{other}")).form("/again")
    tokens = [(name, form.fields[name].chosen[0]) for name in ("token", "nonce")]
    forged = await desk.browser.ask("POST", f"/referrals/{referral_id}/again", data=tokens, headers=from_own_page(""))
    assert forged.path == "/referrals/new" and await desk.stage.one("SELECT count(*) FROM drafts") == 0


async def test_an_open_referral_and_somebody_else_s_are_not_copied(desk: Desk) -> None:
    other = await closed(desk)
    form = (await desk.get(f"/referrals/{other}")).form("/again")
    tokens = [(name, form.fields[name].chosen[0]) for name in ("token", "nonce")]
    still_open = await desk.send({"provider_ref": "H-78"})
    refused = await desk.browser.ask("POST", f"/referrals/{still_open}/again", data=tokens, headers=from_own_page(""))
    assert refused.status in (403, 409) and "still open" in refused.text
    eve = await eve_sits_down(desk.links)
    own = await eve.send({"name_used": "Pat", "provider_ref": "E-1"})
    await eve.browser.submit(await eve.get(f"/referrals/{own}/cancel"), {"reason": "unwell"})
    hers = (await eve.get(f"/referrals/{own}")).form("/again")
    stolen = [(name, hers.fields[name].chosen[0]) for name in ("token", "nonce")]
    await eve.browser.ask("POST", f"/referrals/{other}/again", data=stolen, headers=from_own_page(""), status=404)
    assert await desk.stage.one("SELECT count(*) FROM drafts") == 0
