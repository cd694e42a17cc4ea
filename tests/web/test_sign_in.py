"""Signing in as people meet it: an address, a code, the way out; and what a stranger learns or can do, which is nothing."""

from tests.site import Site


async def test_a_keyworker_signs_in_with_the_code_from_the_letter(site: Site) -> None:
    arrived = await site.sign_in(site.people.priya)
    assert arrived.status == 200
    assert "Priya" in arrived.body.decode()
