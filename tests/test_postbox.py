"""Letters on their way: from a page over the worker and real SMTP into a mailbox; and that a paused installation keeps them."""

import re
from dataclasses import replace

from matcher.transport import open_transport
from matcher.worker import Worker
from tests.postbox import Postbox
from tests.site import Site


def worker_of(site: Site, postbox: Postbox, *, sending: bool = True) -> Worker:
    config = replace(site.config, smtp_url=postbox.smtp_url, sending=sending)
    return Worker(site.db, config, open_transport(config.smtp_url, our_name=config.mail_domain), clock=site.clock)


async def test_a_code_goes_by_real_mail_and_signs_in(site: Site, postbox: Postbox) -> None:
    asked = await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    await worker_of(site, postbox).run_until_idle()
    [letter] = postbox.to(site.people.priya.email)
    assert letter.subject == "Your code" and await site.letters() == []
    found = re.search(r"\b\d{6}\b", letter.text)
    assert found and "Priya" in (await site.submit(asked, {"code": found.group()})).body.decode()


async def test_while_sending_is_paused_letters_wait(site: Site, postbox: Postbox) -> None:
    await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    await worker_of(site, postbox, sending=False).run_until_idle()
    assert postbox.letters == [] and len(await site.letters()) == 1
    await worker_of(site, postbox).run_until_idle()
    assert len(postbox.letters) == 1


async def test_a_code_that_could_not_leave_in_its_ten_minutes_never_leaves(site: Site, postbox: Postbox) -> None:
    await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    site.clock.forward(minutes=11)
    await worker_of(site, postbox).run_until_idle()
    assert postbox.letters == [] and await site.letters() == []
