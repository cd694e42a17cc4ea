"""Priya at her desk: the stage with the site in front, signed in, and the referral form filled in as she does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from yarl import URL

from matcher.actions import signing_in
from matcher.actions.setting_up import NewPerson, NewProvider, create_keyworker, create_provider
from matcher.domain.actor import OPERATOR
from matcher.store.staff_accounts import get_staff
from tests.link_stage import Links
from tests.site import Browser, Seen
from tests.stage import Stage

Typed = Mapping[str, str | bool | Sequence[str]]
WHO: dict[str, Any] = {"who_for": "own_use", "age_ok": "18_or_over", "name_used": "Noor", "provider_ref": "H-77"}
FELLOWSHIP: dict[str, Any] = {"exposure": "never", "fellowships": ["aa"]}
PEOPLE: dict[str, Any] = {"comfort": "no_preference", "language": "english"}
WHEN: dict[str, Any] = {"travel_from": "B1", "when": ["3-evening"]}
MEETINGS: dict[str, Any] = {"options": ["any"]}
CONTACT: dict[str, Any] = {"channels": "keyworker", "consent_tell": True, "consent_method": "spoken"}
FORM = (WHO, FELLOWSHIP, PEOPLE, WHEN, MEETINGS, CONTACT)


@dataclass
class Desk:
    """One signed-in keyworker's browser, on a stage."""

    links: Links
    browser: Browser

    @property
    def stage(self) -> Stage:
        return self.links.stage

    async def get(self, path: str, **how: Any) -> Seen:
        return await self.browser.get(path, **how)

    async def fill(self, *pages: Typed) -> Seen:
        """Fill in the form from its start, page after page. Each may be given as it should differ; returns the page one arrives at."""
        seen = await self.get("/referrals/new")
        for usual, own in zip(FORM, [*pages, *({} for _ in FORM[len(pages) :])], strict=True):
            seen = await self.browser.submit(seen, {**usual, **own}, button="Continue" if "options" in usual else "")
        return seen

    async def send(self, *pages: Typed) -> UUID:
        """A whole referral, sent. Returns its id."""
        sent = await self.browser.submit(await self.fill(*pages), action="/check")
        assert "Referral sent" in sent.text, sent.text
        return UUID(sent.path.split("/")[2])


async def sit_down(links: Links, staff_id: UUID | None = None) -> Desk:
    """Priya's desk, or that of another keyworker; in a browser of its own."""
    stage = links.stage
    async with stage.db.reading() as c:
        staff = await get_staff(c, staff_id or stage.world.keyworker_id)
    token = await stage.db.act(signing_in.sign_in, stage.now, staff=staff)
    browser = Browser(links.config.base_url)
    links.stack.push_async_callback(browser.close)
    browser.jar.update_cookies({"in": token}, URL(links.config.base_url))
    return Desk(links, browser)


async def eve_sits_down(links: Links) -> Desk:
    """Eve, of another service, who must never see Noor."""
    stage = links.stage
    lighthouse = NewProvider(
        name="Lighthouse", discreet_name="The Lighthouse team", reply_to="team@lighthouse.example", telephone="01632 960200"
    )
    provider_id = await stage.db.act(create_provider, stage.config, stage.now, actor=OPERATOR, new=lighthouse)
    new = NewPerson(first_name="Eve", email=f"eve-{uuid4().hex[:6]}@lighthouse.example", telephone="01632 960201")
    eve = await stage.db.act(create_keyworker, stage.config, stage.now, actor=OPERATOR, new=new, provider_id=provider_id)
    return await sit_down(links, eve)
