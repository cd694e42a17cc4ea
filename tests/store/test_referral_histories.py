"""One question about a referral answers the same as its six lists do, each in its own order."""

from pathlib import Path
from uuid import uuid4

import pytest

from matcher.database import Database
from matcher.store import letters, matches, offers, parties, referrals, tasks
from matcher.store.referral_histories import get_history
from tests.conftest import TestDatabase
from tests.stage import set_stage


@pytest.mark.parametrize("companions", [1, 2])
async def test_the_whole_history_at_once_is_what_each_list_says(database: TestDatabase, folder: Path, companions: int) -> None:
    async with set_stage(database, folder) as stage:
        for name in ("Tom", "Wendy", "Ann", "Bob"):
            await stage.world.volunteer(name)
        referral = await stage.world.referral(seats=companions)
        await stage.begin(referral)
        for offer in (await stage.offers("sent"))[:companions]:
            await stage.yes(offer)
        await stage.pass_time(minutes=16)
        async with stage.db.reading() as c:
            found = await get_history(c, referral, 1)
            live = await matches.list_matches(c, referral, 1)
            people = await parties.list_volunteer_parties(c, [match.volunteer_id for match in live])
            assert list(found.options) == await referrals.list_options(c, referral, 1) != []
            assert list(found.offers) == await offers.list_offers(c, referral, 1) != []
            assert list(found.letters) == await letters.list_letters_of_referral(c, referral) != []
            assert list(found.tasks) == await tasks.list_open_tasks_of_referral(c, referral)
        assert list(found.live) == live and len(live) == companions
        assert list(found.companions) == [people[match.volunteer_id].details for match in live]


async def test_a_referral_nobody_has_has_no_history(db: Database) -> None:
    async with db.reading() as c:
        found = await get_history(c, uuid4(), 1)
    assert not (found.options or found.live or found.gone or found.companions or found.offers or found.letters or found.tasks or found.been)
