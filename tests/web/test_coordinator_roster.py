"""Carol keeps the roster in her browser: every topic on its own page, bad answers kept, nothing for the coordinator of another area."""

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.domain.actor import Actor, ActorKind
from matcher.domain.availability import Away
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.roster import VolunteerProfile
from matcher.domain.volunteer import Membership
from matcher.store.volunteers import get_profile
from tests.roster_people import NOW, Roster, active_volunteer, add_volunteer, near, tom_entry, wendy_entry
from tests.site import Seen, Site

NEW = {
    "display_name": "Tom",
    "private_name": "Tom Harbour",
    "email": "tom@example.org",
    "adult": "yes",
    "fellowships": ["aa"],
    "time_band": "2_to_5",
    "v1": "yes",
    "v2": "yes",
    "v4": "yes",
    "how": "spoken",
    "agreed_on": "2026-11-23",
}


def roster_of(site: Site) -> Roster:
    """Carol's roster, to prepare what a test is not about."""
    carol = Actor(ActorKind.COORDINATOR, id=site.people.carol.id, area_ids=frozenset({site.people.bay_id}))
    return Roster(site.db, site.config, site.people.bay_id, carol)


async def entry(site: Site, volunteer_id: UUID | str) -> VolunteerProfile:
    return await get_profile(site.connection, UUID(str(volunteer_id)))


@pytest.fixture
async def carols(site: Site) -> Site:
    """The site with Carol signed in."""
    site.clock.now = NOW
    await site.sign_in(site.people.carol)
    return site


@pytest.fixture
async def tom(carols: Site) -> UUID:
    return await active_volunteer(roster_of(carols))


def volunteer_in(seen: Seen) -> UUID:
    found = re.search(r"/roster/([0-9a-f-]{36})", seen.path)
    assert found, seen.path
    return UUID(found[1])


async def test_an_empty_roster_says_what_to_do(carols: Site) -> None:
    seen = await carols.get("/roster")
    assert "Nobody is on this roster yet" in seen.text and "0 volunteers" in seen.text
    seen = await carols.get("/roster?fellowship=aa")
    assert "Nobody fits all of these" in seen.text


async def test_somebody_new_is_taken_through_the_topics_and_then_taken_on(carols: Site) -> None:
    seen = await carols.submit(await carols.get("/roster/new"), NEW)
    volunteer_id = volunteer_in(seen)
    assert seen.path.endswith("/fellowships?next=yes")
    answers: list[dict[str, Any]] = [
        {"fellowships": ["aa", "smart"], "kind_smart": "facilitator", "smart_trained": "yes", "time_band": "2_to_5"},
        {"district_1": "bh1", "miles_1": "10", "district_2": "BH8", "miles_2": "2.5", "travel_mode": "car"},
        {"tue_from_1": "18:00", "tue_to_1": "22:00", "sat_all": "yes"},
        {"comfortable_with": "anyone", "says_is": "man", "languages": "English, Polish", "audiences": ["lgbtq"]},
        {"letters_per_week": "3", "going_cap": "4", "notice": "two_hours"},
        {
            "met_on": "2026-11-01",
            "referee_on": "2026-11-02",
            "training_on": "2026-11-03",
            "dbs": "not_required",
            "role_card_on": "2026-11-23",
        },
    ]
    for topic in answers:
        seen = await carols.submit(seen, topic)
    assert seen.path == f"/roster/{volunteer_id}?saved=yes"
    assert "They are still being checked" in seen.text and "Checks are missing" not in seen.text
    seen = await carols.submit(await carols.get(f"/roster/{volunteer_id}/admit"))
    assert "They can be asked" in seen.text and "Active" in seen.text
    profile = await entry(carols, volunteer_id)
    told = profile.answers
    assert profile.state is VolunteerState.ACTIVE
    assert [(area.label, area.circle.radius_km) for area in told.reach] == [("BH1", 16.09), ("BH8", 4.02)]
    assert (told.windows, told.languages, told.letters_per_week) == (((2520, 2760), (7200, 8640)), {"en", "pl"}, 3)
    assert told.fellowships == (Fellowship.AA, Fellowship.SMART)
    assert [letter.kind for letter in await carols.letters("tom@example.org")] == ["roster_notice"]


async def test_pressing_add_twice_adds_one(carols: Site) -> None:
    page = await carols.get("/roster/new")
    first, second = await carols.submit(page, NEW), await carols.submit(page, NEW)
    assert first.path == second.path
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 1


async def test_whoever_looks_after_two_areas_says_for_which(carols: Site, owner_connection: Any) -> None:
    await owner_connection.execute("INSERT INTO coordinator_areas VALUES ($1, $2)", carols.people.carol.id, carols.people.moor_id)
    seen = await carols.submit(await carols.get("/roster/new"), NEW, status=400)
    assert "Choose the area" in seen.text
    seen = await carols.submit(seen, {"area": str(carols.people.moor_id)})
    assert (await entry(carols, volunteer_in(seen))).area_id == carols.people.moor_id
    seen = await carols.submit(await carols.get("/roster/import"), {"file": SHEET}, status=400)
    assert "Choose the area" in seen.text
    assert "All of mine" in (await carols.get("/roster")).text
    assert "Tom Harbour" not in (await carols.get(f"/roster?area={carols.people.bay_id}")).text


BAD_NEW = [
    ("display_name", "", "Enter the name to show"),
    ("display_name", "x" * 41, "The name to show must be 40 characters or fewer"),
    ("display_name", "T\u202eom", "hidden mark"),
    ("display_name", "T\u0007om", "cannot be seen"),
    ("display_name", "tom@example.org", "must not hold an @ sign"),
    ("private_name", "", "Enter the full name"),
    ("email", "tom", "Enter an email address in full"),
    ("email", "tom@example.org,eve@example.org", "one email address only"),
    ("email", "tom@example.org\r\nBcc: eve@example.org", "must be on one line"),
    ("telephone", "ask me", "Enter a telephone number"),
    ("agreed_on", "", "Enter the day they said so"),
    ("agreed_on", "31/02/2026", "must be a real date"),
    ("agreed_on", "2026-11-24", "must be today or earlier"),
    ("adult", False, "They must be 18 or over"),
    ("v1", False, "Without it there is no entry"),
    ("how", [], "Choose how they said so"),
    ("fellowships", [], "Choose at least one fellowship"),
    ("time_band", [], "Choose how long they have been in their fellowship"),
]


@pytest.mark.parametrize(("name", "given", "sentence"), BAD_NEW)
async def test_bad_answers_about_somebody_new_are_named_and_the_rest_is_kept(carols: Site, name: str, given: Any, sentence: str) -> None:
    seen = await carols.submit(await carols.get("/roster/new"), {**NEW, name: given}, status=400)
    assert sentence in seen.text and seen.page is not None and seen.page.title.startswith("Error: ")
    kept = seen.form().fields
    for other in ("private_name", "email", "display_name"):
        if other != name:
            assert kept[other].chosen == [NEW[other]]
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 0


async def test_state_area_and_role_are_no_fields(carols: Site) -> None:
    page = await carols.get("/roster/new")
    form = {name: field.chosen for name, field in page.form().fields.items()}
    sent = [(name, value) for name, values in {**form, **NEW}.items() for value in ([values] if isinstance(values, str) else values)]
    seen = await carols.ask("POST", "/roster/new", data=[*sent, ("state", "active")], headers={"Origin": "null"})
    assert seen.status == 400 and "This form was changed on its way" in seen.text
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 0


async def test_an_address_on_a_roster_already_is_refused_with_the_answers_kept(carols: Site, tom: UUID) -> None:
    seen = await carols.submit(await carols.get("/roster/new"), NEW, status=409)
    assert "on a roster already" in seen.text and seen.form().fields["private_name"].chosen == ["Tom Harbour"]


BAD_TOPICS: list[tuple[str, dict[str, Any], str]] = [
    ("who", {"email": ""}, "Enter an email address"),
    ("who", {"recognise_me": "ring 07700 900123"}, "must not hold a long number"),
    ("fellowships", {"fellowships": []}, "Choose at least one fellowship"),
    ("where", {"district_1": "BH1 4AB"}, "We do not need the whole postcode. Enter BH1 only"),
    ("where", {"district_1": "Harbour"}, "must be the first part of a postcode"),
    ("where", {"district_1": "BH99"}, "There is no such district"),
    ("where", {"district_1": "", "miles_1": ""}, "Enter the first part of a postcode"),
    ("where", {"miles_1": ""}, "Enter how many miles"),
    ("where", {"miles_1": "63"}, "must be 62 or less"),
    ("where", {"miles_1": "0"}, "must be 1 or more"),
    ("where", {"miles_1": "nan"}, "must be"),
    ("where", {"miles_1": "ten"}, "must be a number"),
    ("where", {"district_2": "B14", "miles_2": "3"}, "on the list twice"),
    ("when", {"mon_to_1": ""}, "Enter until when they are free on Monday"),
    ("when", {"mon_from_1": "noonish"}, "The start on Monday must be a time"),
    ("when", {"mon_to_1": "18:00"}, "The end on Monday is the same as the start"),
    ("when", {f"{day}_{end}_1": "" for day in ("mon", "tue", "wed", "thu", "fri") for end in ("from", "to")}, "at least one time"),
    ("ring", {"mon_from_1": "18:00"}, "Enter until when they are free on Monday"),
    ("ring", {"mon_from_1": "18:00", "mon_to_1": "18:00"}, "The end on Monday is the same as the start"),
    ("ring", {"mon_all": "yes", "ring_number": "ask me"}, "Enter a telephone number"),
    ("whom", {"languages": "English, Klingon"}, "We do not know the language “Klingon”"),
    ("often", {"going_cap": "0"}, "For none, pause them instead"),
    ("often", {"letters_per_week": "8"}, "must be 7 or less"),
    ("often", {"letters_per_week": "two"}, "must be a number"),
    ("checks", {"met_on": "2026-11-24"}, "must be today or earlier"),
    ("checks", {"dbs": "enhanced", "dbs_seen_on": ""}, "Enter the day you saw the record check"),
    ("away", {"first_1": "2026-12-24", "last_1": "2026-12-23"}, "The last day must not be before the first"),
    ("away", {"first_1": "", "last_1": "2026-12-23"}, "Enter the first day away"),
    ("consents", {"how": "spoken", "agreed_on": "2026-11-23"}, "Choose at least one answer"),
    ("consents", {"v3": "no", "how": "telephone", "agreed_on": "2027-01-01"}, "must be today or earlier"),
    ("conflicts", {"districts": "B14, Z99"}, "Z99 is not a district"),
    ("conflicts", {"districts": "B14 7AB"}, "We do not need the whole postcode"),
    ("conflicts", {"people": "x" * 201}, "must be 200 characters or fewer"),
    ("address", {"email": "tom at example.org"}, "Enter an email address in full"),
    ("pause", {"until": "2026-11-23"}, "Enter a day after today"),
]


@pytest.mark.parametrize(("topic", "answers", "sentence"), BAD_TOPICS)
async def test_bad_answers_on_each_page_change_nothing(carols: Site, tom: UUID, topic: str, answers: dict[str, Any], sentence: str) -> None:
    before = await entry(carols, tom)
    seen = await carols.submit(await carols.get(f"/roster/{tom}/{topic}"), answers, status=400)
    assert sentence in seen.text and seen.page is not None and seen.page.title.startswith("Error: ")
    kept = seen.form().fields
    for name, given in answers.items():
        if isinstance(given, str) and given and name in kept and kept[name].kind not in ("radio", "checkbox"):
            assert kept[name].chosen == [given], name
    assert await entry(carols, tom) == before


async def test_a_window_into_the_next_day_is_shown_back_before_it_counts(carols: Site, tom: UUID) -> None:
    page = await carols.get(f"/roster/{tom}/when")
    seen = await carols.submit(page, {"fri_from_2": "23:00", "fri_to_2": "01:00"}, status=400)
    assert "Friday 11pm to Saturday 1am" in seen.text
    seen = await carols.submit(seen, {"overnight": "yes"})
    assert seen.path.endswith("?saved=yes")
    assert (4 * 1440 + 1380, 5 * 1440 + 60) in (await entry(carols, tom)).answers.windows
    seen = await carols.submit(await carols.get(f"/roster/{tom}/when"), {"sun_all": "yes"})
    assert seen.status == 200 and len((await entry(carols, tom)).answers.windows) == 7


async def test_hours_and_number_for_calls_are_kept_and_the_consent_beside_them(carols: Site, tom: UUID, owner_connection: Any) -> None:
    seen = await carols.get(f"/roster/{tom}/ring")
    assert "They have not agreed to be rung" in seen.text and "such calls go through you: 0113 496 0300" in seen.text
    seen = await carols.submit(
        seen, {"ring_number": "07700 900512", "sat_from_1": "9:00", "sat_to_1": "13:00", "sun_from_1": "9:00", "sun_to_1": "13:00"}
    )
    assert "Sat–Sun 9am–1pm, at 07700 900512" in seen.text and "They have not agreed to it" in seen.text
    profile = await entry(carols, tom)
    assert profile.answers.on_call == ((7740, 7980), (9180, 9420)) and not profile.may_be_rung
    consents = {"v5": "yes", "how": "telephone", "agreed_on": "2026-11-22"}
    seen = await carols.submit(await carols.get(f"/roster/{tom}/consents"), consents)
    assert "They have not agreed to it" not in seen.text and "Yes, by telephone, 22 November 2026" in seen.text
    assert (await entry(carols, tom)).may_be_rung
    await carols.submit(await carols.get(f"/roster/{tom}/consents"), {**consents, "v5": "no", "agreed_on": "2026-11-23"})
    assert not (await entry(carols, tom)).may_be_rung and (await entry(carols, tom)).may_be_asked
    seen = await carols.submit(
        await carols.get(f"/roster/{tom}/ring"), {"sat_from_1": "", "sat_to_1": "", "sun_from_1": "", "sun_to_1": "", "ring_number": ""}
    )
    assert (await entry(carols, tom)).answers.on_call == () and "Say when they may be rung" in seen.text
    await owner_connection.execute("UPDATE areas SET on_call_telephone = ''")
    seen = await carols.submit(await carols.get(f"/roster/{tom}/ring"), {"sat_all": "yes"}, status=400)
    assert "Enter their number. There is no on-call number" in seen.text


async def test_saving_a_page_untouched_loses_nothing(carols: Site) -> None:
    roster = roster_of(carols)
    volunteer_id = await add_volunteer(
        roster,
        tom_entry(
            memberships=frozenset({Membership(Fellowship.AA), Membership(Fellowship.NA)}),
            reach=(near("B14", 12.3), near("B29", 3.21)),
            away=(Away(date(2026, 12, 1), date(2026, 12, 8)), Away(date(2027, 1, 1), None)),
            languages=frozenset({"en", "cy", "bfi"}),
            on_call=((0, 600), (9000, 10080)),
        ),
    )
    before, details = await roster.profile(volunteer_id), await roster.details(volunteer_id)
    for topic in ("who", "fellowships", "where", "when", "ring", "whom", "often", "checks", "away"):
        seen = await carols.submit(await carols.get(f"/roster/{volunteer_id}/{topic}"))
        assert seen.path.endswith("?saved=yes"), topic
    assert (await roster.profile(volunteer_id)).answers == before.answers
    assert await roster.details(volunteer_id) == details


async def test_who_saves_second_sees_their_answers_again_and_may_save_them(carols: Site, tom: UUID) -> None:
    page = await carols.get(f"/roster/{tom}/often")
    await carols.submit(await carols.get(f"/roster/{tom}/often"), {"going_cap": "5"})
    seen = await carols.submit(page, {"going_cap": "7"}, status=409)
    assert "Somebody else has changed this entry" in seen.text and seen.form().fields["going_cap"].chosen == ["7"]
    assert (await entry(carols, tom)).answers.going_cap == 5
    await carols.submit(seen)
    assert (await entry(carols, tom)).answers.going_cap == 7


async def test_not_this_week_is_one_press(carols: Site, tom: UUID) -> None:
    seen = await carols.submit(await carols.get(f"/roster/{tom}"), action="not-this-week")
    assert "They are away today" in seen.text
    assert (await entry(carols, tom)).answers.away == (Away(date(2026, 11, 23), date(2026, 11, 29)),)


async def test_pausing_starting_again_and_leaving(carols: Site, tom: UUID) -> None:
    seen = await carols.submit(await carols.get(f"/roster/{tom}/pause"), {"until": "2027-01-04"})
    assert "Paused until 4 January 2027" in seen.text
    seen = await carols.submit(await carols.get(f"/roster/{tom}/resume"))
    assert "They can be asked" in seen.text
    seen = await carols.submit(await carols.get(f"/roster/{tom}/leave"))
    assert "They are off the roster" in seen.text and "Change" not in seen.text
    for topic in ("who", "when", "consents", "conflicts", "pause", "leave", "address"):
        assert "left the roster" in (await carols.get(f"/roster/{tom}/{topic}", status=409)).text
    assert "Tom" not in (await carols.get("/roster")).text
    assert "Tom" in (await carols.get("/roster?state=left")).text


async def test_consents_and_conflicts_are_kept_and_shown_without_the_reason(carols: Site, tom: UUID) -> None:
    page = await carols.get(f"/roster/{tom}/consents")
    seen = await carols.submit(page, {"v2": "no", "how": "telephone", "agreed_on": "2026-11-23"})
    assert "They have not agreed to everything that asking needs" in seen.text and "No, by telephone" in seen.text
    page = await carols.get(f"/roster/{tom}/conflicts")
    answers = {"people": "my cousin", "providers": [str(carols.people.harbour_id)], "districts": "bh8, B14"}
    seen = await carols.submit(page, answers)
    assert "Harbour Recovery Service" in seen.text and "BH8" in seen.text and "cousin" not in seen.text
    seen = await carols.get(f"/roster/{tom}/conflicts")
    assert seen.form().fields["people"].chosen == ["my cousin"]


async def test_the_list_filters_sorts_and_names_nobody_in_its_addresses(carols: Site, tom: UUID) -> None:
    await add_volunteer(roster_of(carols), wendy_entry())
    for query, shown in (
        ("", {"Tom", "Wendy"}),
        ("?fellowship=na", {"Wendy"}),
        ("?state=active", {"Tom"}),
        ("?language=pl", {"Wendy"}),
        ("?language=none", set()),
        ("?day=0&part=evening", {"Tom", "Wendy"}),
        ("?day=6", set()),
        ("?part=morning", set()),
        ("?near=b29", {"Tom", "Wendy"}),
        ("?near=M14", set()),
        (f"?area={carols.people.moor_id}", set()),
        ("?order=newest&page=1", {"Tom", "Wendy"}),
    ):
        seen = await carols.get(f"/roster{query}")
        assert {name for name in ("Tom", "Wendy") if f"{name} Harbour" in seen.text} == shown, query
        assert seen.page is not None
        assert not [href for href, _ in seen.page.links if "tom" in href.lower()]
    seen = await carols.submit(await carols.get("/roster"), {"fellowship": "na", "near": "B29"})
    assert "fellowship=na" in seen.path or "1 volunteer" in seen.text
    assert "Newest first" in seen.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?fellowship=na&state=paused", "Narcotics Anonymous · paused"),
        ("?day=1&part=evening&near=b29", "free on Tuesday evening · comes to B29"),
        ("?part=morning&language=pl", "free in the morning · speaks Polish"),
        ("?language=none", "language not known"),
    ],
)
async def test_the_filters_are_folded_away_and_those_in_use_said_in_words(carols: Site, query: str, said: str) -> None:
    everybody = await carols.get("/roster?order=newest")
    assert "<details" in everybody.body.decode() and "Shown only" not in everybody.text
    seen = await carols.get(f"/roster{query}")
    assert f"Shown only: {said} . Show everybody" in seen.text and " open>" not in seen.body.decode()
    wrong = await carols.get("/roster?near=nowhere", status=400)
    assert '<details class="narrowing" open>' in wrong.body.decode()


@pytest.mark.parametrize("query", ["?near=B29%201AB", "?day=9", "?state=asleep", "?page=0", "?name=Tom", "?order=up"])
async def test_a_filter_that_cannot_be_is_named(carols: Site, query: str) -> None:
    seen = await carols.get(f"/roster{query}", status=400)
    assert "Please look at this answer" in seen.text


async def test_two_hundred_volunteers_come_in_pages(carols: Site) -> None:
    roster = roster_of(carols)
    for number in range(103):
        await add_volunteer(roster, tom_entry({"email": f"v{number}@example.org", "display_name": "Wolfeschlegelsteinhausenbergerdorff"}))
    seen = await carols.get("/roster?fellowship=aa")
    assert "103 volunteers" in seen.text and seen.page is not None
    onward = [href for href, text in seen.page.links if text.startswith("Next")]
    assert onward == ["/roster?fellowship=aa&page=2"]
    assert (await carols.get("/roster?fellowship=aa&page=3")).text.count("Wolfeschlegel") == 3


async def test_a_coordinator_of_another_area_and_a_keyworker_find_nothing(site: Site) -> None:
    site.clock.now = NOW
    tom = await active_volunteer(roster_of(site))
    paths = [
        "",
        *(
            f"/{topic}"
            for topic in "who fellowships where when whom often checks away address consents conflicts admit pause leave".split()
        ),
    ]
    eve, priya, nobody = site.new_browser(), site.new_browser(), site.new_browser()
    await site.sign_in(site.people.eve_coordinator, eve)
    await site.sign_in(site.people.priya, priya)
    for path in paths:
        unknown = await eve.get(f"/roster/{uuid4()}{path}", status=404)
        seen = await eve.get(f"/roster/{tom}{path}", status=404)
        assert seen.text == unknown.text and "Tom" not in seen.text
        await priya.get(f"/roster/{tom}{path}", status=404)
        assert (await nobody.get(f"/roster/{tom}{path}")).path == "/sign-in"
    assert "Tom" not in (await eve.get("/roster")).text


SHEET = (
    "Name to show,Full name,Email,18 or over,Fellowships,Time in fellowship,Districts,How far,When,Comfortable with,How they agreed,Agreed to be held\n"
    "Wendy,Wendy Harbour,wendy@example.org,yes,NA,2-5,B29,5,Fri 8pm-1am,women,on paper,19/11/2026\n"
    '=HYPERLINK("x"),Sam,sam@example.org,yes,NA,2-5,B29 1AB,5,sometimes,women,on paper,19/11/2026\n'
)


async def test_a_sheet_is_shown_first_and_then_added(carols: Site) -> None:
    page = await carols.get("/roster/import")
    seen = await carols.submit(page, {"file": SHEET})
    assert "1 person to add" in seen.text and "(next day)" in seen.text and "Into the next day" in seen.text
    assert "Write times like “Tues eve”" in seen.text and "We do not need the whole postcode. Enter B29 only" in seen.text
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 0
    faults = await carols.submit(seen, action="/faults")
    assert faults.headers["Content-Type"].startswith("text/csv") and b"sometimes" in faults.body
    done = await carols.submit(seen, action="/add")
    assert "Added 1 volunteer" in done.text
    assert (await carols.submit(seen, action="/add")).text == done.text
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 1
    seen = await carols.submit(await carols.get("/roster/import"), {"file": SHEET})
    assert "This is already on the list" in seen.text and "Nobody on this sheet can be added yet" in seen.text


@pytest.mark.parametrize(
    ("sheet", "sentence"),
    [
        ("", "Choose the sheet"),
        ("Name to show\nTom\n", "These columns are missing"),
        ("a,b\n1,2\n", "holds none of our headings"),
        ("Email,E-mail\n", "stands there twice: Email"),
        ("<!doctype html><html><body>no</body></html>", "not a sheet we can read"),
    ],
)
async def test_what_is_no_sheet_is_refused_with_a_sentence(carols: Site, sheet: str, sentence: str) -> None:
    seen = await carols.submit(await carols.get("/roster/import"), {"file": sheet}, status=400)
    assert sentence in seen.text


async def test_a_sheet_that_was_changed_on_its_way_adds_nobody(carols: Site) -> None:
    seen = await carols.submit(await carols.get("/roster/import"), {"file": SHEET})
    for answers in ({"sheet": "AAAA"}, {"digest": "0" * 64}, {"sheet": "x"}):
        await carols.submit(seen, answers, action="/add", status=409)
    assert await carols.connection.fetchval("SELECT count(*) FROM volunteers") == 0


async def test_the_template_opens_in_a_spreadsheet(carols: Site) -> None:
    seen = await carols.get("/roster/import/template")
    assert seen.headers["Content-Disposition"] == 'attachment; filename="volunteers.csv"'
    assert seen.body.startswith(b"\xef\xbb\xbfName to show,")
