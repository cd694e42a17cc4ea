-- The journey: drafts, referrals, options, offers, matches and the promises between them.

-- The words that columns may hold (see 0001).
CREATE DOMAIN meeting_number AS smallint CHECK (VALUE BETWEEN 1 AND 6);
CREATE DOMAIN ladder_rung AS smallint CHECK (VALUE BETWEEN 0 AND 8);
CREATE DOMAIN rung_outcome AS text CHECK (VALUE IN ('taken', 'nothing', 'told'));
CREATE DOMAIN seat_number AS smallint CHECK (VALUE BETWEEN 1 AND 2);
CREATE DOMAIN travel_minutes AS smallint CHECK (VALUE BETWEEN 10 AND 90);
CREATE DOMAIN referral_state AS text CHECK (VALUE IN ('draft', 'awaiting_consent', 'looking', 'part_filled', 'needs_person', 'matched',
                                                      'awaiting_outcome', 'following', 'on_hold', 'closed'));
CREATE DOMAIN held_cause AS text CHECK (VALUE IN ('pause', 'safety', 'restriction'));
CREATE DOMAIN close_reason AS text CHECK (VALUE IN ('completed', 'not_attended', 'unfilled', 'declined', 'cancelled', 'consent_withdrawn'));
CREATE DOMAIN settled_comfort AS text CHECK (VALUE IN ('woman', 'man', 'no_preference'));
CREATE DOMAIN who_for AS text CHECK (VALUE IN ('own_use', 'affected', 'not_sure'));
CREATE DOMAIN age_band AS text CHECK (VALUE IN ('18_or_over', '12_to_17', 'under_12'));
CREATE DOMAIN exposure AS text CHECK (VALUE IN ('never', 'been_before', 'going_now', 'not_interested'));
CREATE DOMAIN travel_how AS text CHECK (VALUE IN ('walk', 'bus', 'train', 'own', 'needs_help'));
CREATE DOMAIN comfort_wish AS text CHECK (VALUE IN ('woman', 'man', 'no_preference', 'own_words'));
CREATE DOMAIN safe_channel AS text CHECK (VALUE IN ('keyworker', 'email', 'text'));
CREATE DOMAIN fare_help AS text CHECK (VALUE IN ('none', 'ticket', 'cash', 'taxi'));
CREATE DOMAIN option_state AS text CHECK (VALUE IN ('open', 'fixed', 'lost'));
CREATE DOMAIN bar_kind AS text CHECK (VALUE IN ('newcomer_volunteer', 'newcomer_meeting', 'volunteer_provider', 'volunteer_place',
                                                'volunteer_volunteer'));
CREATE DOMAIN offer_state AS text CHECK (VALUE IN ('queued', 'sent', 'accepted', 'declined', 'not_now', 'expired', 'covered', 'withdrawn',
                                                   'undeliverable'));
CREATE DOMAIN offer_reason AS text CHECK (VALUE IN ('place_taken', 'no_longer_needed', 'volunteer_stopped', 'undone', 'by_phone', 'banked'));
CREATE DOMAIN match_state AS text CHECK (VALUE IN ('planned', 'confirmed', 'met', 'missed', 'cancelled'));
CREATE DOMAIN episode_state AS text CHECK (VALUE IN ('not_started', 'going', 'resting', 'ended'));
CREATE DOMAIN episode_reason AS text CHECK (VALUE IN ('six_met', 'own_contact', 'newcomer_stopped', 'time_over', 'referral_closed'));
CREATE DOMAIN match_cancelled_reason AS text CHECK (VALUE IN ('undone', 'newcomer_choice', 'volunteer', 'meeting', 'unconfirmed', 'called_off'));

CREATE TABLE drafts (
    id uuid PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES providers,
    keyworker_id uuid NOT NULL REFERENCES staff,
    newcomer_id uuid NOT NULL UNIQUE REFERENCES person_keys,
    answers_box bytea NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX drafts_by_keyworker ON drafts (keyworker_id, updated_at DESC);

CREATE TABLE referrals (
    id uuid PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES providers,
    area_id uuid REFERENCES areas,
    keyworker_id uuid NOT NULL REFERENCES staff,
    newcomer_id uuid NOT NULL UNIQUE,
    reference text NOT NULL UNIQUE,
    own_reference_index bytea NOT NULL,
    state referral_state NOT NULL,
    close_reason close_reason,
    cancel_reason text,
    needs_reason text,
    held_state text CHECK ((held_state IS NOT NULL) = (state = 'on_hold')),
    held_reason text,
    held_cause held_cause,
    overdue_at timestamptz,
    meeting_number meeting_number NOT NULL DEFAULT 1,
    seats seat_number NOT NULL DEFAULT 1,
    seats_taken smallint NOT NULL DEFAULT 0,
    deadline timestamptz,
    next_look_at timestamptz,
    ladder_step ladder_rung NOT NULL DEFAULT 0,
    ladder_at timestamptz,
    rungs_taken smallint[] NOT NULL DEFAULT '{}',
    episode episode_state NOT NULL DEFAULT 'not_started',
    episode_reason episode_reason,
    met_count smallint NOT NULL DEFAULT 0,
    first_met_at timestamptz,
    ask_first uuid[] NOT NULL DEFAULT '{}',
    leaving_on date,
    leaving_district text,
    settled_comfort settled_comfort,
    released boolean NOT NULL DEFAULT false,
    asking_since timestamptz,
    who_for who_for,
    age age_band,
    exposure exposure,
    stage text,
    fellowships text[] NOT NULL DEFAULT '{}',
    travel_from text,
    travel_how travel_how,
    travel_minutes travel_minutes NOT NULL DEFAULT 60,
    times text[] NOT NULL DEFAULT '{}',
    earliest_on date,
    may_widen text[] NOT NULL DEFAULT '{}',
    comfort comfort_wish,
    newcomer_is says_is,
    both_meet_wish boolean NOT NULL DEFAULT true,
    needs text[] NOT NULL DEFAULT '{}',
    audiences text[] NOT NULL DEFAULT '{}',
    languages text[] NOT NULL DEFAULT '{en}',
    interpreter boolean NOT NULL DEFAULT false,
    care text[] NOT NULL DEFAULT '{}',
    avoid_meetings uuid[] NOT NULL DEFAULT '{}',
    to_settle text[] NOT NULL DEFAULT '{}',
    channel safe_channel NOT NULL DEFAULT 'keyworker',
    email_safe boolean NOT NULL DEFAULT false,
    email_state email_state NOT NULL DEFAULT 'ok',
    discreet boolean NOT NULL DEFAULT true,
    agree_first boolean NOT NULL DEFAULT false,
    share_number boolean NOT NULL DEFAULT false,
    reminder_two_hours boolean NOT NULL DEFAULT false,
    fare_help fare_help NOT NULL DEFAULT 'none',
    newcomer_box bytea,
    contact_box bytea,
    avoid_box bytea,
    submitted_at timestamptz NOT NULL,
    matched_at timestamptz,
    confirmed_at timestamptz,
    closed_at timestamptz,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    change_number integer NOT NULL DEFAULT 0,
    CONSTRAINT seats_held CHECK (seats_taken BETWEEN 0 AND seats),
    CHECK ((state = 'closed') = (close_reason IS NOT NULL)),
    CHECK ((state = 'needs_person') = (needs_reason IS NOT NULL)),
    CHECK (channel <> 'email' OR email_safe),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT six_at_most CHECK (met_count BETWEEN 0 AND 6),
    CHECK ((episode = 'ended') = (episode_reason IS NOT NULL)),
    CHECK ((met_count = 0) = (first_met_at IS NULL)),
    UNIQUE (id, provider_id, area_id),
    UNIQUE (id, meeting_number)
) WITH (fillfactor = 70);
CREATE INDEX referrals_by_keyworker ON referrals (keyworker_id, submitted_at DESC);
CREATE INDEX referrals_by_own_reference ON referrals (provider_id, own_reference_index);
-- Not by state: a referral that only moves from state to state then needs no new index entry (a heap-only update).
CREATE INDEX referrals_open ON referrals (area_id) WHERE closed_at IS NULL;
CREATE TRIGGER referrals_numbers BEFORE INSERT OR UPDATE OF state ON referrals FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER referrals_audit AFTER INSERT OR UPDATE OF state ON referrals FOR EACH ROW EXECUTE FUNCTION audit_change();

CREATE TABLE referral_options (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals,
    meeting_number meeting_number NOT NULL,
    rank smallint NOT NULL CHECK (rank BETWEEN 1 AND 3),
    meeting_id uuid NOT NULL REFERENCES meetings,
    fellowship text NOT NULL,
    on_date date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    meet_at timestamptz NOT NULL,
    picked_by_hand boolean NOT NULL DEFAULT true,
    state option_state NOT NULL,
    CHECK (meet_at <= starts_at AND starts_at < ends_at),
    UNIQUE (id, meeting_id, fellowship)
);
CREATE UNIQUE INDEX options_three_at_most ON referral_options (referral_id, meeting_number, rank) WHERE state <> 'lost';
CREATE UNIQUE INDEX options_once ON referral_options (referral_id, meeting_number, meeting_id, on_date) WHERE state <> 'lost';
CREATE INDEX options_by_meeting ON referral_options (meeting_id, on_date);

-- The rungs of the ladder that were tried for one meeting number, and what came of each (matching 9). The newcomer's own words stay as they said them:
-- what is widened is read from `rungs_taken`, so that the next meeting number begins with their own wishes again.
COMMENT ON COLUMN referrals.ladder_step IS 'the next rung to be tried';
CREATE TABLE ladder_steps (
    referral_id uuid NOT NULL REFERENCES referrals,
    meeting_number meeting_number NOT NULL,
    rung ladder_rung NOT NULL,
    outcome rung_outcome NOT NULL,
    at timestamptz NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (referral_id, meeting_number, number)
);
CREATE FUNCTION begin_ladder_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ladder_step := 0;
    NEW.ladder_at := NULL;
    NEW.rungs_taken := '{}';
    RETURN NEW;
END $$;
CREATE TRIGGER referrals_ladder_anew BEFORE UPDATE OF meeting_number ON referrals FOR EACH ROW
    WHEN (NEW.meeting_number <> OLD.meeting_number) EXECUTE FUNCTION begin_ladder_anew();

-- Who must not meet whom, or what. A bar is a wall: the insert of an offer or match across it is refused below.
CREATE TABLE bars (
    id uuid PRIMARY KEY,
    kind bar_kind NOT NULL,
    newcomer_id uuid,
    volunteer_id uuid REFERENCES volunteers,
    other_volunteer_id uuid REFERENCES volunteers,
    meeting_id uuid REFERENCES meetings,
    provider_id uuid REFERENCES providers,
    outcode text,
    set_by uuid,
    set_at timestamptz NOT NULL,
    reason_box bytea,
    ended_at timestamptz,
    CHECK (CASE kind
        WHEN 'newcomer_volunteer' THEN num_nulls(newcomer_id, volunteer_id) = 0
        WHEN 'newcomer_meeting' THEN num_nulls(newcomer_id, meeting_id) = 0
        WHEN 'volunteer_provider' THEN num_nulls(volunteer_id, provider_id) = 0
        WHEN 'volunteer_place' THEN num_nulls(volunteer_id, outcode) = 0
        WHEN 'volunteer_volunteer' THEN num_nulls(volunteer_id, other_volunteer_id) = 0
    END)
);
CREATE INDEX bars_by_volunteer ON bars (volunteer_id) WHERE ended_at IS NULL;
CREATE INDEX bars_by_newcomer ON bars (newcomer_id) WHERE ended_at IS NULL;
CREATE INDEX bars_by_provider ON bars (provider_id) WHERE ended_at IS NULL;

CREATE TABLE offers (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    area_id uuid NOT NULL,
    meeting_number meeting_number NOT NULL,
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    fellowship text NOT NULL,
    state offer_state NOT NULL,
    state_reason offer_reason,
    wave smallint NOT NULL DEFAULT 0,
    by_hand boolean NOT NULL DEFAULT false,
    by_telephone boolean NOT NULL DEFAULT false,
    reply_by timestamptz NOT NULL,
    last_moment timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    answered_at timestamptz,
    banked_at timestamptz,
    standby boolean NOT NULL DEFAULT false,
    instead_of uuid,
    change_number integer NOT NULL DEFAULT 0,
    UNIQUE (id, volunteer_id, fellowship),
    CHECK (reply_by <= last_moment),
    FOREIGN KEY (referral_id, provider_id, area_id) REFERENCES referrals (id, provider_id, area_id),
    FOREIGN KEY (volunteer_id, fellowship) REFERENCES volunteer_fellowships (volunteer_id, fellowship)
);
CREATE UNIQUE INDEX offers_one_live ON offers (referral_id, meeting_number, volunteer_id) WHERE state IN ('queued', 'sent', 'expired');
CREATE INDEX offers_by_volunteer ON offers (volunteer_id, created_at DESC);
CREATE INDEX offers_open ON offers (volunteer_id) WHERE state IN ('queued', 'sent');
CREATE INDEX offers_by_referral ON offers (referral_id, meeting_number);
CREATE TRIGGER offers_numbers BEFORE INSERT OR UPDATE OF state ON offers FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER offers_audit AFTER INSERT OR UPDATE OF state ON offers FOR EACH ROW EXECUTE FUNCTION audit_change();

CREATE TABLE offer_options (
    offer_id uuid NOT NULL REFERENCES offers,
    option_id uuid NOT NULL REFERENCES referral_options,
    PRIMARY KEY (offer_id, option_id)
);
CREATE INDEX offer_options_by_option ON offer_options (option_id);

-- Why each ask was made, as it was true then; and each decision that asked nobody, with its reason.
CREATE TABLE offer_reasons (
    offer_id uuid PRIMARY KEY REFERENCES offers,
    decision_id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    policy text NOT NULL,
    why jsonb NOT NULL
);
CREATE TABLE ask_decisions (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals,
    meeting_number smallint NOT NULL,
    decided_at timestamptz NOT NULL,
    policy text NOT NULL,
    asked smallint NOT NULL,
    candidates integer NOT NULL,
    reason text NOT NULL
);
CREATE INDEX ask_decisions_by_referral ON ask_decisions (referral_id, decided_at);

CREATE TABLE matches (
    id uuid PRIMARY KEY,
    offer_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    area_id uuid NOT NULL,
    meeting_number meeting_number NOT NULL,
    seat seat_number NOT NULL,
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    fellowship text NOT NULL,
    option_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    on_date date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    meet_at timestamptz NOT NULL,
    half_hours int4range NOT NULL CHECK (NOT isempty(half_hours)),
    block integer NOT NULL,
    state match_state NOT NULL,
    cancelled_reason match_cancelled_reason,
    not_answered boolean NOT NULL DEFAULT false,
    accepted_at timestamptz NOT NULL,
    undo_until timestamptz NOT NULL,
    confirmed_at timestamptz,
    day_confirmed_at timestamptz,
    ended_at timestamptz,
    revision integer NOT NULL DEFAULT 1,
    told_newcomer_at timestamptz,
    calendar_uid uuid NOT NULL,
    change_number integer NOT NULL DEFAULT 0,
    -- The meeting number while the going lies ahead or is under way, else nothing. See one_meeting_at_a_time.
    ahead_number smallint GENERATED ALWAYS AS (CASE WHEN state IN ('planned', 'confirmed') AND ended_at IS NULL THEN meeting_number END) STORED,
    CHECK ((state = 'cancelled') = (cancelled_reason IS NOT NULL)),
    -- A newcomer's bookings never clash: what lies ahead is of the one meeting number their referral is at.
    CONSTRAINT one_meeting_at_a_time FOREIGN KEY (referral_id, ahead_number) REFERENCES referrals (id, meeting_number),
    FOREIGN KEY (referral_id, provider_id, area_id) REFERENCES referrals (id, provider_id, area_id),
    FOREIGN KEY (offer_id, volunteer_id, fellowship) REFERENCES offers (id, volunteer_id, fellowship),
    FOREIGN KEY (option_id, meeting_id, fellowship) REFERENCES referral_options (id, meeting_id, fellowship)
);
-- A stand-by's offer: their yes takes the seat of that match, as long as its companion has not said that they are coming (M11, M12).
ALTER TABLE offers ADD FOREIGN KEY (instead_of) REFERENCES matches;
CREATE INDEX offers_instead_of ON offers (instead_of) WHERE instead_of IS NOT NULL;
-- One match for each seat; no volunteer twice on one pair; one live match for each offer. What was missed may be tried again (R40).
CREATE UNIQUE INDEX matches_one_for_each_seat ON matches (referral_id, meeting_number, seat) WHERE state NOT IN ('cancelled', 'missed');
CREATE UNIQUE INDEX matches_two_people ON matches (referral_id, meeting_number, volunteer_id) WHERE state NOT IN ('cancelled', 'missed');
CREATE UNIQUE INDEX matches_one_for_each_offer ON matches (offer_id) WHERE state <> 'cancelled';
CREATE INDEX matches_by_volunteer ON matches (volunteer_id, starts_at);
CREATE INDEX matches_by_meeting ON matches (meeting_id, on_date);
CREATE TRIGGER matches_numbers BEFORE INSERT OR UPDATE OF state ON matches FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER matches_audit AFTER INSERT OR UPDATE OF state ON matches FOR EACH ROW EXECUTE FUNCTION audit_change();

-- The wall: no offer or match across a bar, to somebody who is not active, or for a minor. However it came about.
CREATE FUNCTION check_pair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pair record;
BEGIN
    SELECT r.age = '18_or_over' AS adult,
           EXISTS (SELECT FROM volunteers v WHERE v.id = NEW.volunteer_id AND v.state = 'active' AND v.may_be_asked) AS active,
           EXISTS (SELECT FROM bars b WHERE b.volunteer_id = NEW.volunteer_id AND b.ended_at IS NULL
                      AND (b.kind = 'newcomer_volunteer' AND b.newcomer_id = r.newcomer_id
                        OR b.kind = 'volunteer_provider' AND b.provider_id = r.provider_id)) AS barred
      INTO pair FROM referrals r WHERE r.id = NEW.referral_id;
    IF pair.adult IS NOT TRUE THEN
        RAISE EXCEPTION 'no offer for a minor' USING ERRCODE = 'check_violation', CONSTRAINT = 'adults_only';
    END IF;
    IF NOT pair.active THEN
        RAISE EXCEPTION 'the volunteer is not active' USING ERRCODE = 'check_violation', CONSTRAINT = 'active_only';
    END IF;
    IF pair.barred THEN
        RAISE EXCEPTION 'a bar stands between them' USING ERRCODE = 'check_violation', CONSTRAINT = 'no_bar';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER offers_check_pair BEFORE INSERT ON offers FOR EACH ROW EXECUTE FUNCTION check_pair();
CREATE TRIGGER matches_check_pair BEFORE INSERT ON matches FOR EACH ROW EXECUTE FUNCTION check_pair();

-- Two who go along go to the same dated meeting: else the newcomer would be wanted at two places. The referral is locked by whoever gives the seat.
CREATE FUNCTION check_one_occurrence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM matches m WHERE (m.referral_id, m.meeting_number) = (NEW.referral_id, NEW.meeting_number)
                 AND m.state NOT IN ('cancelled', 'missed') AND m.option_id <> NEW.option_id) THEN
        RAISE EXCEPTION 'the other companion goes to another meeting' USING ERRCODE = 'check_violation', CONSTRAINT = 'one_occurrence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matches_one_occurrence BEFORE INSERT ON matches FOR EACH ROW EXECUTE FUNCTION check_one_occurrence();

-- Never a broadcast: at most ten offers of a referral are on their way or wait for an answer. The referral is locked first, so that two
-- transactions cannot both count nine.
CREATE FUNCTION check_not_a_broadcast() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM referrals WHERE id = NEW.referral_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM offers WHERE referral_id = NEW.referral_id AND state IN ('queued', 'sent')) > 10 THEN
        RAISE EXCEPTION 'more than ten people asked at once' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_a_broadcast';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER offers_never_a_broadcast AFTER INSERT OR UPDATE OF state ON offers
    FOR EACH ROW WHEN (NEW.state IN ('queued', 'sent')) EXECUTE FUNCTION check_not_a_broadcast();
