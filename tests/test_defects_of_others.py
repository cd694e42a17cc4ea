"""Mistakes that other programs of this kind were seen to make, and the tests of ours that would catch each; every one of them is there."""

import ast
from functools import cache

import pytest

from tests.house import ROOT

COLUMNS, PEOPLE, TIMES, WINDOWS = (
    "matching/test_rules_columns.py",
    "matching/test_rules_people.py",
    "matching/test_rules_meeting.py",
    "domain/test_volunteer_windows.py",
)
ANSWERING, RACES, SCANNERS = "actions/test_asking_and_answering.py", "actions/test_accept_races.py", "web/test_scanners.py"
DEFECTS = {
    ("RG-01", "a wish for a woman or a man collapsed to yes and no, or always men"): [
        (PEOPLE, "test_comfort_holds_both_ways_for_every_wish_and_everything_said"),
        (PEOPLE, "test_a_wrong_comfort_rule_is_caught"),
    ],
    ("RG-02", "a language that nobody stated was taken for any language"): [
        (PEOPLE, "test_no_language_stated_never_satisfies_a_named_one"),
    ],
    ("RG-03", "an unknown postcode lay at distance −1 and so was the nearest"): [
        (TIMES, "test_an_unknown_place_is_not_a_candidate_is_counted_apart_and_is_never_nearest"),
        ("matching/test_reach.py", "test_an_unknown_place_is_within_nobodys_reach"),
        ("matching/test_explaining.py", "test_an_unknown_place_is_counted_apart"),
    ],
    ("RG-04", "the branch for Tuesdays was wrong, and nobody could be found on that day"): [
        (TIMES, "test_every_hour_of_every_day_is_covered_by_its_own_window_and_no_other_in_weeks_with_and_without_a_clock_change"),
        (WINDOWS, "test_a_window_of_one_hour_covers_that_hour_of_that_day_and_no_other"),
        (WINDOWS, "test_the_hour_that_comes_twice_is_needed_whole"),
        (WINDOWS, "test_the_hour_that_is_skipped_is_passed"),
    ],
    ("RG-05", "a window over midnight was never active"): [
        (TIMES, "test_a_window_from_ten_at_night_to_two_covers_half_past_midnight_of_the_next_day"),
        (WINDOWS, "test_an_overnight_window_covers_half_past_midnight_of_the_next_day"),
    ],
    ("RG-06", "opening a link accepted, extended or declined"): [
        (SCANNERS, "test_a_scanner_that_opens_every_link_changes_nothing"),
        (SCANNERS, "test_a_page_that_accepts_on_get_is_caught_by_the_same_crawl"),
    ],
    ("RG-07", "places were counted and then written, so that two yeses at once both held"): [
        (ANSWERING, "test_fifty_yeses_at_once_give_one_seat"),
        ("web/test_races.py", "test_fifty_yeses_at_once_are_one_companion_and_49_thanks"),
        ("web/test_races.py", "test_two_hundred_times_fifty_yeses_at_once"),
    ],
    ("RG-09", "a flag was stored that no rule read"): [
        (COLUMNS, "test_flipping_a_column_changes_the_outcome_by_its_own_rule_alone"),
        (COLUMNS, "test_every_column_of_the_records_is_read_by_a_rule_or_named_as_not_read"),
        (COLUMNS, "test_a_rule_that_is_removed_or_always_fails_is_caught"),
    ],
    ("RG-10", "a page printed nothing, and no test opened it"): [
        ("browser/test_keyworker_browser.py", "test_every_page_is_axe_clean_and_fits"),
        ("browser/test_finder_browser.py", "test_every_page_is_axe_clean_and_fits"),
        ("browser/test_link_scanner.py", "test_every_page_of_a_link_is_axe_clean_and_fits_a_small_phone"),
        ("browser/test_whole_journey.py", "test_every_main_page_of_the_demo_is_clean_in_the_dark_and_wide"),
    ],
    ("RG-11", "an empty rule fitted everything, and a rule for one kind touched the others"): [
        (PEOPLE, "test_an_empty_set_on_a_profile_fits_nothing"),
        (PEOPLE, "test_an_empty_wish_of_the_newcomer_is_no_wish_for_anything"),
        (PEOPLE, "test_a_rule_for_one_kind_of_meeting_leaves_the_others_alone"),
    ],
    ("RG-12", "a state was shown in the words of another one"): [
        ("web/test_coordinator_words.py", "test_every_state_reason_outcome_and_answer_has_words"),
        ("web/test_keyworker_status.py", "test_a_referral_that_waits_for_a_person_says_why"),
        ("letters/test_staff_letters.py", "test_keyworker_notice_letter_says_what_happened_and_what_to_do_for_every_reason"),
    ],
    ("RG-13", "the same person was told the same thing in each round"): [
        ("matching/test_waves.py", "test_whatever_the_state_nobody_is_asked_twice_too_many_too_late_or_at_night"),
        ("matching/test_choosing_asks.py", "test_nobody_is_asked_at_night_twice_over_a_cap_or_too_late"),
        ("actions/test_timekeeping.py", "test_two_workers_do_what_is_due_once"),
    ],
    ("RG-14", "staff arranged it by hand, and nobody was told"): [
        ("web/test_coordinator_referral.py", "test_asking_by_hand_says_that_it_sends_an_email_and_sends_one"),
        ("web/test_coordinator_referral.py", "test_pressing_twice_asks_once"),
    ],
    ("RG-15", "somebody was booked twice at one time"): [
        (RACES, "test_five_hundred_races_of_two_processes_leave_nobody_in_two_places"),
        (RACES, "test_without_the_promise_of_one_place_the_same_race_finds_somebody_in_two"),
        (ANSWERING, "test_one_volunteer_cannot_be_in_two_places_at_once"),
        (
            "matching/test_rules_by_chance.py",
            "test_nobody_who_goes_wherever_nothing_stands_in_the_way_is_ever_in_two_places_or_over_their_cap",
        ),
        (TIMES, "test_the_way_there_and_back_counts_as_out_of_the_house"),
    ],
    ("RG-16", "passwords stood in the code, and statements were joined from what was typed"): [
        ("test_lint.py", "test_nothing_is_found_by"),
        ("test_house.py", "test_sql_lives_in_the_store"),
    ],
    ("RG-17", "a dump of the database held tokens that worked"): [
        ("web/test_dump.py", "test_no_token_of_a_letter_stands_in_the_database"),
        ("actions/test_signing_in.py", "test_neither_codes_nor_tokens_stand_in_the_database"),
    ],
    ("RG-18", "who had been asked never heard that somebody was found"): [
        (ANSWERING, "test_the_first_yes_wins_and_the_second_is_thanked"),
    ],
}


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect[0])
def test_each_mistake_of_others_has_a_test_that_would_catch_it(defect: tuple[str, str]) -> None:
    assert DEFECTS[defect]
    assert [(path, name) for path, name in DEFECTS[defect] if name not in named_in(path)] == []
