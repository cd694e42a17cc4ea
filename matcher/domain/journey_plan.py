"""The referral once somebody has said yes (journeys 5.1): undo, telling both, choices, withdrawing, changes, endings, what follows the meeting."""

from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_referral import NAMES, REASONS
from matcher.domain.journey_word import ReferralEvent, ReferralState

# Facts: in_time: the undo window is open; other_stays: another live match is left; told_already: the newcomer's letter has left;
# agree_first: the newcomer wished to say OK first; keep: policy at T - 6 h; late: under 3 h to T; fits: the plan as changed suits both;
# option_left: a dated meeting can still be had; before_start: T lies ahead; for_safety, restricted: what the hold is for; as_before: all that
# stood before the hold still stands; meeting_over: what was planned began before the hold and has come to its end; seat_held: a live match does;
# try_again: the newcomer would like another go at it; has_option: at least one meeting that fits was found for it.
ROWS = """
R26  | matched          | undo_acceptance     | V       | in_time, not other_stays, not told_already | looking
R26  | matched          | undo_acceptance     | V       | in_time, other_stays, not told_already | part_filled
R26a | matched          | undo_acceptance     | V       | in_time, not other_stays, told_already | looking | cancellation>N keyworker_notice
R26a | matched          | undo_acceptance     | V       | in_time, other_stays, told_already | part_filled | change>N keyworker_notice
R26  | part_filled      | undo_acceptance     | V       | in_time                      | looking
R26b | needs_person     | undo_acceptance     | V       | in_time                      | same
R27  | matched          | undo_over           | W       | not agree_first, not told_already | same | told volunteer_confirmation covered
R27  | matched          | undo_over           | W       | agree_first, not told_already | same                      | told covered
R27  | matched          | undo_over           | W       | not agree_first, told_already | same | volunteer_confirmation covered
R27  | matched          | undo_over           | W       | agree_first, told_already    | same                      | covered
R28  | matched          | agree_plan          | N K     |                              | same                      | volunteer_confirmation
R28  | needs_person     | agree_plan          | N K     |                              | matched                   | volunteer_confirmation
R29  | matched          | want_other_person   | N K     | not other_stays              | looking                   | cancellation>V
R29  | matched          | want_other_person   | N K     | other_stays                  | part_filled               | cancellation>V
R30* | matched          | want_other_time     | N K     |                              | looking                   | cancellation>V offer
R31  | matched          | answer_deadline     | W       | keep                         | same | volunteer_confirmation | newcomer_silent
R32  | matched          | answer_deadline     | W       | not keep | needs_person/no_newcomer_answer | coordinator_alert | newcomer_silent
R33  | matched          | withdraw_companion  | V C W   | not late, not other_stays    | looking                   | help
R33  | matched          | withdraw_companion  | V C W   | not late, other_stays        | part_filled               | help
R33  | part_filled      | withdraw_companion  | V C W   | not late                     | looking                   | help
R34  | matched          | withdraw_companion  | V C W   | late, not other_stays        | needs_person/late_dropout | help
R34  | matched          | withdraw_companion  | V C W   | late, other_stays            | part_filled               | help
R34  | part_filled      | withdraw_companion  | V C W   | late                         | needs_person/late_dropout | help
R34a | needs_person     | withdraw_companion  | V C W   |                              | same                      | help
R35a | matched          | morning_due         | W       |                              | same | morning_of
R35  | matched          | reminder_due        | W       |                              | same | reminder>V reminder>N
R36  | matched          | meeting_changed     | C F     | fits                         | same | new_details keyworker_notice | ring_them
R37  | matched | meeting_changed | C F | not fits, other_stays | part_filled | cancellation>V new_details keyworker_notice | ring_them
R37  | matched          | meeting_changed     | C F | not fits, not other_stays, option_left | looking | off keyworker_notice | ring_them
R37  | matched | meeting_changed | C F | not fits, not other_stays, not option_left | needs_person/no_candidate | off help | ring_them
R37  | matched          | meeting_cancelled   | C F     | option_left                  | looking | off keyworker_notice | ring_them
R37  | matched          | meeting_cancelled   | C F     | not option_left              | needs_person/no_candidate | off help | ring_them
R38  | matched          | meeting_ended       | W       |                              | awaiting_outcome | check_in | record_outcome
R39  | awaiting_outcome | record_attended     | N K     |                              | following
R40  | awaiting_outcome | record_not_attended | N K     | try_again, has_option        | looking
R40a | awaiting_outcome | record_not_attended | N K     | try_again, not has_option    | needs_person/no_candidate | coordinator_alert
R41  | awaiting_outcome | record_not_attended | N K     | not try_again, not later_meeting | closed/not_attended
R41  | awaiting_outcome | record_not_attended | N K     | not try_again, later_meeting | following
R42  | awaiting_outcome | chase_due           | W       |                              | same                      | follow_up
R43  | awaiting_outcome | outcome_silent      | W       | not later_meeting            | closed/completed
R43  | awaiting_outcome | outcome_silent      | W       | later_meeting                | following
R44  | awaiting_outcome following | plan_next_meeting | N K | has_option                 | looking                   | offer
R44a | awaiting_outcome following | plan_next_meeting | N K | not has_option | needs_person/no_candidate | coordinator_alert
R45  | open             | follow_up_due       | W       |                              | same                      | follow_up
R46  | following        | series_over         | W K N   |                              | closed/completed          | thank_you
R47  | open             | withdraw_consent    | N K     |                              | closed/consent_withdrawn  | cancellation>V covered
R48  | seeking awaiting_consent following on_hold | cancel_referral     | K N     |  | closed/cancelled | off covered
R48  | matched          | cancel_referral     | K N     | before_start                 | closed/cancelled          | off
R49  | seeking matched | hold_referral | L C W | for_safety, not restricted | on_hold | off covered keyworker_notice coordinator_alert | safeguarding
R49  | seeking matched  | hold_referral       | G       | restricted                   | on_hold
R49* | awaiting_consent awaiting_outcome following | hold_referral | L C W G | | on_hold | off
R49a | seeking matched  | hold_referral       | K C     | not for_safety, not restricted | on_hold | off covered keyworker_notice
R50  | on_hold          | release_hold        | L G K C | as_before, not meeting_over  | former | told volunteer_confirmation
R50b | on_hold          | release_hold        | L G K C | meeting_over                 | awaiting_outcome | check_in | record_outcome
R50  | on_hold | release_hold | L G K C | not as_before, not meeting_over, option_left, seat_held | part_filled | cancellation>V offer_accepted keyworker_notice
R50  | on_hold | release_hold | L G K C | not as_before, not meeting_over, option_left, not seat_held | looking | cancellation>V keyworker_notice
R50  | on_hold | release_hold | L G K C | not as_before, not meeting_over, not option_left | needs_person/no_candidate | cancellation>V help
R51  | on_hold          | end_hold            | L G     |                              | closed/cancelled          | off
R52* | open             | hand_over           | K M     |                              | same                      |  | taken_over
R53  | open             | discharge           | K       |                              | closed/cancelled          | cancellation>V
R54* | closed           | retention_due       | W       |                              | same
R55  | part_filled      | meeting_changed     | C F     | fits | same | change>V covered keyworker_notice | ring_them
R55  | part_filled      | meeting_changed     | C F | not fits, option_left | looking | cancellation>V covered keyworker_notice | ring_them
R55  | part_filled | meeting_changed | C F | not fits, not option_left | needs_person/no_candidate | cancellation>V covered help | ring_them
R55  | part_filled      | meeting_cancelled   | C F     | option_left | looking | cancellation>V covered keyworker_notice | ring_them
R55  | part_filled      | meeting_cancelled   | C F | not option_left | needs_person/no_candidate | cancellation>V covered help | ring_them
R55  | needs_person     | meeting_changed     | C F     |  | same | change>V covered keyworker_notice | ring_them
R55  | needs_person     | meeting_cancelled   | C F     |  | same | cancellation>V covered keyworker_notice | ring_them
R57  | matched          | amend_referral      | K       | fits                         | same                      | new_details
R57  | matched          | amend_referral      | K       | not fits, not other_stays    | looking                   | cancellation>V
R57  | matched          | amend_referral      | K       | not fits, other_stays        | part_filled               | cancellation>V
R57  | part_filled      | amend_referral      | K       | fits                         | same                      | change>V covered
R57  | part_filled      | amend_referral      | K       | not fits                     | looking                   | cancellation>V covered
R57  | looking needs_person | amend_referral      | K       |                              | same                      | covered
R57  | awaiting_consent awaiting_outcome following on_hold | amend_referral      | K       |                              | same
R58  | any              | send_again          | K C     |                              | same
"""

NOTES = {
    "R26": "offers taken out by this yes are revived (O13); nobody had been told",
    "R26a": "T was under 3 h away: the letters had gone at once, so a correction follows",
    "R26b": "the seat held is given back; the person asked stays asked",
    "R27": "Match planned; change in place of the confirmation where a companion was replaced",
    "R28": "agree first was wished; link live or signed in; before T; from needs_person only where nothing but this OK is missing",
    "R29": "that volunteer is barred for this referral; no reason asked",
    "R30": "another option exists or is picked; the same companion is asked first",
    "R31": "agree first was wished",
    "R32": "the service wants to be asked: not how it ships",
    "R33": "asked for again before others; the newcomer is told once a replacement, or none, is known",
    "R34": "urgent",
    "R34a": "the seat held is given back; the person asked stays asked",
    "R35a": "asked once, on the morning of the day or the evening before; not where the companion has said so already",
    "R35": "Match live; channel safe, else a task of the keyworker; before quiet hours; not shortly after they were told",
    "R36": "calendar SEQUENCE + 1",
    "R37": "calendar CANCEL for the one that is off",
    "R39": "never the volunteer",
    "R38": "a match is confirmed",
    "R40": "C1 in force; the same companion first if wished",
    "R40a": "nothing fits: it goes to a person",
    "R42": "C4 and a safe channel; else the keyworker's task of R38 stands",
    "R43": "the outcome is not known",
    "R44": "fewer than six met; C1 in force; the same companion alone first if wished",
    "R44a": "as R44; nothing fits: it goes to a person",
    "R45": "after a first meeting was met; C4 and a safe channel, else a task of the keyworker",
    "R46": "the last round is over, three were passed over, or no more is wanted; no meeting is planned",
    "R47": "always allowed; everything waiting stops at once",
    "R48": "reason code; each party told once, neutrally",
    "R49": "what was told already is put off, to each apart; of a restriction nobody is told",
    "R49a": "a pause, before T: the newcomer cannot just now",
    "R50": "a pause: K or C; for safety: L; a restriction: G; as before: T ahead, nobody barred, everything that was still fits",
    "R50b": "the hold came after the beginning, and the end while it lasted",
    "R51": "of a restriction nobody is told",
    "R52": "a colleague of the same provider",
    "R53": "the client has left the service; follow-ups end",
    "R54": "no legal hold; personal fields erased, statistic row kept",
    "R55": "offers without an option left are withdrawn; a held seat is told",
    "R57": "live offers and matches are checked again; those told get change if it concerns them; waiting letters are written anew",
    "R58": "letter still useful; channel safe; a new revision with new links",
}

AFTER_YES = read_steps(ROWS, ReferralState, ReferralEvent, names=NAMES, reasons=REASONS, notes=NOTES)
