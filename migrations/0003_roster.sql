-- The roster: members willing to go along, when and how far they come, and the small sums kept about asking them.

-- The words that columns may hold (see 0001).
CREATE DOMAIN volunteer_state AS text CHECK (VALUE IN ('applied', 'email_confirmed', 'checking', 'active', 'paused', 'suspended', 'left',
                                                       'forgotten'));
CREATE DOMAIN paused_reason AS text CHECK (VALUE IN ('own_wish', 'coordinator', 'undeliverable', 'no_reply'));
CREATE DOMAIN time_band AS text CHECK (VALUE IN ('under_1', '1_to_2', '2_to_5', '5_or_more'));
CREATE DOMAIN says_is AS text CHECK (VALUE IN ('woman', 'man', 'own_words', 'rather_not_say'));
CREATE DOMAIN comfortable_with AS text CHECK (VALUE IN ('women', 'men', 'anyone'));
CREATE DOMAIN travel_mode AS text CHECK (VALUE IN ('foot', 'bus_train', 'bicycle', 'car'));
CREATE DOMAIN volunteer_notice AS text CHECK (VALUE IN ('two_hours', 'same_day', 'one_day', 'two_days'));
CREATE DOMAIN membership_kind AS text CHECK (VALUE IN ('member', 'facilitator', 'peer_mentor'));

CREATE TABLE volunteers (
    id uuid PRIMARY KEY REFERENCES person_keys DEFERRABLE INITIALLY DEFERRED,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    area_id uuid NOT NULL REFERENCES areas,
    state volunteer_state NOT NULL,
    paused_reason paused_reason,
    paused_until date,
    adult boolean NOT NULL,
    time_band time_band NOT NULL,
    smart_trained boolean NOT NULL DEFAULT false,
    says_is says_is,
    comfortable_with comfortable_with,
    pair_only boolean NOT NULL DEFAULT false,
    audiences text[] NOT NULL DEFAULT '{}',
    languages text[] NOT NULL DEFAULT '{}',
    travel_mode travel_mode NOT NULL DEFAULT 'bus_train',
    notice volunteer_notice NOT NULL DEFAULT 'one_day',
    letters_per_week smallint NOT NULL DEFAULT 2 CHECK (letters_per_week BETWEEN 1 AND 7),
    going_cap smallint NOT NULL DEFAULT 2 CHECK (going_cap BETWEEN 1 AND 8),
    further_if_needed boolean NOT NULL DEFAULT false,
    share_number boolean NOT NULL DEFAULT false,
    discreet boolean NOT NULL DEFAULT true,
    windows int4multirange NOT NULL DEFAULT '{}',
    away datemultirange NOT NULL DEFAULT '{}',
    checklist jsonb NOT NULL DEFAULT '{}',
    checklist_complete boolean NOT NULL DEFAULT false,
    role_card_version text,
    role_card_on date,
    may_be_asked boolean NOT NULL DEFAULT false,
    email_index bytea UNIQUE,
    email_state email_state NOT NULL DEFAULT 'ok',
    details_box bytea,
    conflicts_box bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    change_number integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN volunteers.may_be_asked IS 'V1, V2 and V4 in force: the ledger in consents decides, the action that writes there keeps this';
COMMENT ON COLUMN volunteers.windows IS 'half-open ranges of local week minutes, 0 = Monday 00:00, at most 10080';
CREATE INDEX volunteers_by_area ON volunteers (area_id, state);
CREATE TRIGGER volunteers_numbers BEFORE INSERT OR UPDATE OF state ON volunteers FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER volunteers_audit AFTER INSERT OR UPDATE OF state ON volunteers FOR EACH ROW EXECUTE FUNCTION audit_change();

CREATE TABLE volunteer_fellowships (
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    fellowship fellowship_code NOT NULL,
    kind membership_kind NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (volunteer_id, fellowship)
);

-- One row for each volunteer, fellowship and area they come to. The box is the reach circle's bounding box, moved east by
-- 1000 degrees for each fellowship, so that one index serves all nine without an extension (matching 13.2).
CREATE TABLE volunteer_reach (
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    number smallint NOT NULL,
    fellowship_no smallint NOT NULL CHECK (fellowship_no BETWEEN 0 AND 8),
    label text NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -89 AND 89),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    radius_km double precision NOT NULL CHECK (radius_km BETWEEN 1 AND 100),
    ready boolean NOT NULL,
    windows int4multirange NOT NULL,
    away datemultirange NOT NULL,
    says_is text,
    comfortable_with text,
    notice text NOT NULL,
    languages text[] NOT NULL,
    role_card_version text,
    letters_per_week smallint NOT NULL,
    going_cap smallint NOT NULL,
    roster_number bigint NOT NULL,
    further boolean NOT NULL,
    reach_at box GENERATED ALWAYS AS (box(
        point(longitude + 1000 * fellowship_no - 1.001 * radius_km / (111.195 * cosd(abs(latitude) + radius_km / 111.195)),
              latitude - 1.001 * radius_km / 110.574),
        point(longitude + 1000 * fellowship_no + 1.001 * radius_km / (111.195 * cosd(abs(latitude) + radius_km / 111.195)),
              latitude + 1.001 * radius_km / 110.574))) STORED,
    further_at box GENERATED ALWAYS AS (CASE WHEN further THEN box(
        point(longitude + 1000 * fellowship_no - 1.5015 * radius_km / (111.195 * greatest(0.01, cosd(abs(latitude) + 1.5 * radius_km / 111.195))),
              latitude - 1.5015 * radius_km / 110.574),
        point(longitude + 1000 * fellowship_no + 1.5015 * radius_km / (111.195 * greatest(0.01, cosd(abs(latitude) + 1.5 * radius_km / 111.195))),
              latitude + 1.5015 * radius_km / 110.574)) END) STORED,
    PRIMARY KEY (volunteer_id, fellowship_no, number)
);
-- It holds what the search asks for, so that a crowded place need not be looked up row by row: half the time at a million volunteers.
CREATE INDEX volunteer_reach_by_place ON volunteer_reach USING gist (reach_at) INCLUDE (
    volunteer_id, ready, windows, away, says_is, comfortable_with, notice, languages, role_card_version, letters_per_week, going_cap, roster_number);
-- Those who come further if nobody else can: one and a half times as far, looked at only once the ladder has come to them (matching 9).
CREATE INDEX volunteer_reach_further ON volunteer_reach USING gist (further_at) WHERE further;
COMMENT ON COLUMN volunteer_reach.ready IS 'this and what follows are copies of the volunteer''s own answers, kept by triggers: the search reads them without a join';

-- The search for candidates reads thousands of reach rows and few volunteers: what narrows most stands beside the box (measured in docs/benchmarks.md).
CREATE FUNCTION copy_answers_to_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT v.state = 'active' AND v.may_be_asked AND v.checklist_complete AND v.email_state = 'ok', v.windows, v.away, v.says_is, v.comfortable_with,
           v.notice, v.languages, v.role_card_version, v.letters_per_week, v.going_cap, v.number, v.further_if_needed
      INTO NEW.ready, NEW.windows, NEW.away, NEW.says_is, NEW.comfortable_with, NEW.notice, NEW.languages, NEW.role_card_version,
           NEW.letters_per_week, NEW.going_cap, NEW.roster_number, NEW.further
      FROM volunteers v WHERE v.id = NEW.volunteer_id;
    RETURN NEW;
END $$;
CREATE TRIGGER volunteer_reach_answers BEFORE INSERT ON volunteer_reach FOR EACH ROW EXECUTE FUNCTION copy_answers_to_reach();

CREATE FUNCTION spread_answers_to_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE volunteer_reach r
       SET ready = NEW.state = 'active' AND NEW.may_be_asked AND NEW.checklist_complete AND NEW.email_state = 'ok', windows = NEW.windows,
           away = NEW.away, says_is = NEW.says_is, comfortable_with = NEW.comfortable_with, notice = NEW.notice, languages = NEW.languages,
           role_card_version = NEW.role_card_version, letters_per_week = NEW.letters_per_week, going_cap = NEW.going_cap, further = NEW.further_if_needed
     WHERE r.volunteer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER volunteers_spread_answers
    AFTER UPDATE OF state, may_be_asked, checklist_complete, email_state, windows, away, says_is, comfortable_with, notice, languages,
                    role_card_version, letters_per_week, going_cap, further_if_needed ON volunteers
    FOR EACH ROW EXECUTE FUNCTION spread_answers_to_reach();

-- Sums over offers, kept so that asking need not add them up (matching 7.2).
CREATE TABLE volunteer_tally (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteers,
    asks double precision NOT NULL DEFAULT 0,
    yeses double precision NOT NULL DEFAULT 0,
    log_delay double precision NOT NULL DEFAULT 0,
    answers double precision NOT NULL DEFAULT 0,
    tired double precision NOT NULL DEFAULT 0,
    tired_at timestamptz,
    scarce double precision NOT NULL DEFAULT 0,
    last_asked_at timestamptz
);

-- Four weeks of a volunteer: how often they go along, and the half hours they are out of the house, one bit each, the way there and back included.
-- Every match adds its half hours to `busy` and their number to `busy_count`: where two overlap, fewer bits are set than were counted.
CREATE TABLE volunteer_blocks (
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    block integer NOT NULL,
    taken smallint NOT NULL,
    cap smallint NOT NULL,
    busy bit(1344) NOT NULL DEFAULT 0::bit(1344),
    busy_count smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (volunteer_id, block),
    CONSTRAINT going_cap CHECK (taken BETWEEN 0 AND cap),
    CONSTRAINT one_place_at_a_time CHECK (bit_count(busy) = busy_count)
);

-- Those of these half hours (numbers since 1970) that lie in this block, one bit each. Block 0 begins on Monday 5 January 1970, half hour 192.
CREATE FUNCTION busy_bits(block integer, half_hours int4range) RETURNS bit(1344) LANGUAGE sql IMMUTABLE AS $$
    SELECT ((-1)::bit(1344) >> greatest(0, lower(half_hours) - 192 - block * 1344))
         & ((-1)::bit(1344) << greatest(0, (block + 1) * 1344 + 192 - upper(half_hours)))
$$;

-- The blocks that a match touches: the one it counts in, and a neighbour that some of its half hours lie in. Not generate_series: its unknown
-- length made the planner plan every acceptance anew, which took as long again as doing it.
CREATE FUNCTION blocks_touched(block integer, half_hours int4range) RETURNS SETOF integer LANGUAGE sql IMMUTABLE ROWS 1 AS $$
    SELECT n FROM (VALUES (block), (block - 1), (block + 1)) AS near (n) WHERE n = block OR busy_bits(n, half_hours) <> 0::bit(1344)
$$;

CREATE TABLE volunteer_weeks (
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    week_on date NOT NULL,
    letters smallint NOT NULL,
    cap smallint NOT NULL,
    PRIMARY KEY (volunteer_id, week_on),
    CONSTRAINT letters_cap CHECK (letters BETWEEN 0 AND cap)
);
