-- What comes after a meeting: how it went, by the newcomer or their keyworker; how things are later; and the volunteer's own "are you OK?".

CREATE DOMAIN went AS text CHECK (VALUE IN ('yes', 'part', 'no'));
CREATE DOMAIN outcome_hand AS text CHECK (VALUE IN ('newcomer', 'keyworker'));
CREATE DOMAIN told_how AS text CHECK (VALUE IN ('link', 'keyworker'));
CREATE DOMAIN follow_up_state AS text CHECK (VALUE IN ('asked', 'answered', 'skipped', 'silent'));
CREATE DOMAIN volunteer_feeling AS text CHECK (VALUE IN ('ok', 'ring_me', 'worried'));

-- One row for each meeting and try. A meeting that was missed may be tried again; one that was gone to is gone to once.
CREATE TABLE outcomes (
    referral_id uuid NOT NULL REFERENCES referrals,
    meeting_number meeting_number NOT NULL,
    attempt smallint NOT NULL CHECK (attempt >= 1),
    meeting_at timestamptz NOT NULL,
    went went NOT NULL,
    recorded_by outcome_hand NOT NULL,
    recorder_id uuid NOT NULL,
    how told_how NOT NULL,
    recorded_at timestamptz NOT NULL,
    barrier_box bytea,
    PRIMARY KEY (referral_id, meeting_number, attempt)
);
CREATE UNIQUE INDEX outcomes_gone_to_once ON outcomes (referral_id, meeting_number) WHERE went <> 'no';

-- Nobody but the newcomer and the keyworker says whether somebody came, whatever code asks for it (reliability: illegal everywhere).
CREATE FUNCTION check_who_says() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hand text := split_part(coalesce(current_setting('alongside.acting', true), ''), '|', 2);
BEGIN
    IF hand IN ('newcomer', 'keyworker') AND hand = coalesce(to_jsonb(NEW) ->> 'recorded_by', hand) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'only the newcomer or the keyworker says whether they came' USING ERRCODE = 'check_violation', CONSTRAINT = 'who_says';
END $$;
CREATE TRIGGER outcomes_who_says BEFORE INSERT OR UPDATE ON outcomes FOR EACH ROW EXECUTE FUNCTION check_who_says();
CREATE TRIGGER matches_who_says BEFORE UPDATE OF state ON matches
    FOR EACH ROW WHEN (NEW.state IN ('met', 'missed') AND OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION check_who_says();

-- The questions put to a newcomer: after a meeting, and one, four and twelve weeks after the first. Every answer is sealed under their own key.
CREATE TABLE follow_ups (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals,
    occasion text NOT NULL,
    state follow_up_state NOT NULL,
    asked_at timestamptz NOT NULL,
    answered_by outcome_hand,
    how told_how,
    ended_at timestamptz,
    answers_box bytea,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (referral_id, occasion),
    CHECK ((state = 'asked') = (ended_at IS NULL))
);

-- A volunteer and a dated meeting, and nothing else: no column or key leads from here to a match, an outcome or a newcomer.
CREATE TABLE check_ins (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    meeting_id uuid NOT NULL REFERENCES meetings,
    on_date date NOT NULL,
    asked_at timestamptz NOT NULL,
    feeling volunteer_feeling,
    happy_again boolean,
    may_thank boolean,
    answered_at timestamptz,
    UNIQUE (volunteer_id, meeting_id, on_date)
);
