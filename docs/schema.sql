-- The schema as the migrations make it. Written by `python -m scripts.dump_schema`; edit nothing here.

CREATE DOMAIN public.actor_kind AS text
	CONSTRAINT actor_kind_check CHECK ((VALUE = ANY (ARRAY['keyworker'::text, 'coordinator'::text, 'provider_lead'::text, 'records_officer'::text, 'safeguarding_lead'::text, 'volunteer'::text, 'newcomer'::text, 'clock'::text, 'feed'::text, 'operator'::text, 'anonymous'::text])));

CREATE DOMAIN public.age_band AS text
	CONSTRAINT age_band_check CHECK ((VALUE = ANY (ARRAY['18_or_over'::text, '12_to_17'::text, 'under_12'::text])));

CREATE DOMAIN public.asking_policy AS text
	CONSTRAINT asking_policy_check CHECK ((VALUE = ANY (ARRAY['round_robin_wave3_4h'::text, 'round_robin_wave3_12h'::text, 'product'::text])));

CREATE DOMAIN public.bar_kind AS text
	CONSTRAINT bar_kind_check CHECK ((VALUE = ANY (ARRAY['newcomer_volunteer'::text, 'newcomer_meeting'::text, 'volunteer_provider'::text, 'volunteer_place'::text, 'volunteer_volunteer'::text])));

CREATE DOMAIN public.close_reason AS text
	CONSTRAINT close_reason_check CHECK ((VALUE = ANY (ARRAY['completed'::text, 'not_attended'::text, 'unfilled'::text, 'declined'::text, 'cancelled'::text, 'consent_withdrawn'::text])));

CREATE DOMAIN public.comfort_wish AS text
	CONSTRAINT comfort_wish_check CHECK ((VALUE = ANY (ARRAY['woman'::text, 'man'::text, 'no_preference'::text, 'own_words'::text])));

CREATE DOMAIN public.comfortable_with AS text
	CONSTRAINT comfortable_with_check CHECK ((VALUE = ANY (ARRAY['women'::text, 'men'::text, 'anyone'::text])));

CREATE DOMAIN public.confirmed_how AS text
	CONSTRAINT confirmed_how_check CHECK ((VALUE = ANY (ARRAY['feed'::text, 'person'::text, 'phone'::text, 'visit'::text])));

CREATE DOMAIN public.consent_method AS text
	CONSTRAINT consent_method_check CHECK ((VALUE = ANY (ARRAY['spoken'::text, 'telephone'::text, 'signed'::text, 'own_link'::text, 'paper'::text])));

CREATE DOMAIN public.consent_purpose AS text
	CONSTRAINT consent_purpose_check CHECK ((VALUE = ANY (ARRAY['c1'::text, 'c2'::text, 'c3'::text, 'c4'::text, 'c5'::text, 'v1'::text, 'v2'::text, 'v3'::text, 'v4'::text, 'v5'::text])));

CREATE DOMAIN public.date_order AS text
	CONSTRAINT date_order_check CHECK ((VALUE = ANY (ARRAY['dmy'::text, 'mdy'::text])));

CREATE DOMAIN public.email_state AS text
	CONSTRAINT email_state_check CHECK ((VALUE = ANY (ARRAY['ok'::text, 'bounced'::text])));

CREATE DOMAIN public.episode_reason AS text
	CONSTRAINT episode_reason_check CHECK ((VALUE = ANY (ARRAY['six_met'::text, 'own_contact'::text, 'newcomer_stopped'::text, 'time_over'::text, 'referral_closed'::text])));

CREATE DOMAIN public.episode_state AS text
	CONSTRAINT episode_state_check CHECK ((VALUE = ANY (ARRAY['not_started'::text, 'going'::text, 'resting'::text, 'ended'::text])));

CREATE DOMAIN public.exception_kind AS text
	CONSTRAINT exception_kind_check CHECK ((VALUE = ANY (ARRAY['cancelled'::text, 'moved'::text])));

CREATE DOMAIN public.exposure AS text
	CONSTRAINT exposure_check CHECK ((VALUE = ANY (ARRAY['never'::text, 'been_before'::text, 'going_now'::text, 'not_interested'::text])));

CREATE DOMAIN public.fare_help AS text
	CONSTRAINT fare_help_check CHECK ((VALUE = ANY (ARRAY['none'::text, 'ticket'::text, 'cash'::text, 'taxi'::text])));

CREATE DOMAIN public.feed_format AS text
	CONSTRAINT feed_format_check CHECK ((VALUE = ANY (ARRAY['meeting_guide'::text, 'sheet'::text, 'tsml_csv'::text, 'naws_csv'::text, 'bmlt'::text, 'ukna'::text, 'aagb'::text, 'manual'::text])));

CREATE DOMAIN public.fellowship_code AS text
	CONSTRAINT fellowship_code_check CHECK ((VALUE = ANY (ARRAY['aa'::text, 'ca'::text, 'daa'::text, 'ma'::text, 'na'::text, 'smart'::text, 'alateen'::text, 'alanon'::text, 'fa'::text])));

CREATE DOMAIN public.follow_up_state AS text
	CONSTRAINT follow_up_state_check CHECK ((VALUE = ANY (ARRAY['asked'::text, 'answered'::text, 'skipped'::text, 'silent'::text])));

CREATE DOMAIN public.geocoder_outcome AS text
	CONSTRAINT geocoder_outcome_check CHECK ((VALUE = ANY (ARRAY['asking'::text, 'found'::text, 'nothing'::text, 'refused'::text, 'failed'::text])));

CREATE DOMAIN public.held_cause AS text
	CONSTRAINT held_cause_check CHECK ((VALUE = ANY (ARRAY['pause'::text, 'safety'::text, 'restriction'::text])));

CREATE DOMAIN public.import_decision AS text
	CONSTRAINT import_decision_check CHECK ((VALUE = ANY (ARRAY['used'::text, 'discarded'::text])));

CREATE DOMAIN public.import_outcome AS text
	CONSTRAINT import_outcome_check CHECK ((VALUE = ANY (ARRAY['ok'::text, 'quarantined'::text, 'failed'::text, 'not_modified'::text])));

CREATE DOMAIN public.issue_severity AS text
	CONSTRAINT issue_severity_check CHECK ((VALUE = ANY (ARRAY['rejected'::text, 'warning'::text, 'notice'::text])));

CREATE DOMAIN public.ladder_rung AS smallint
	CONSTRAINT ladder_rung_check CHECK (((VALUE >= 0) AND (VALUE <= 8)));

CREATE DOMAIN public.letter_channel AS text
	CONSTRAINT letter_channel_check CHECK ((VALUE = ANY (ARRAY['email'::text, 'print'::text])));

CREATE DOMAIN public.letter_refused AS text
	CONSTRAINT letter_refused_check CHECK ((VALUE = ANY (ARRAY['address'::text, 'letter'::text])));

CREATE DOMAIN public.letter_state AS text
	CONSTRAINT letter_state_check CHECK ((VALUE = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'bounced'::text, 'expired'::text, 'cancelled'::text, 'held'::text])));

CREATE DOMAIN public.link_party AS text
	CONSTRAINT link_party_check CHECK ((VALUE = ANY (ARRAY['volunteer'::text, 'newcomer'::text])));

CREATE DOMAIN public.link_purpose AS text
	CONSTRAINT link_purpose_check CHECK ((VALUE = ANY (ARRAY['answer_offer'::text, 'undo_acceptance'::text, 'cannot_come'::text, 'confirm_day'::text, 'check_in'::text, 'pause'::text, 'reconfirm'::text, 'own_profile'::text, 'calendar'::text, 'give_consent'::text, 'my_plan'::text, 'follow_up'::text])));

CREATE DOMAIN public.match_cancelled_reason AS text
	CONSTRAINT match_cancelled_reason_check CHECK ((VALUE = ANY (ARRAY['undone'::text, 'newcomer_choice'::text, 'volunteer'::text, 'meeting'::text, 'unconfirmed'::text, 'called_off'::text])));

CREATE DOMAIN public.match_state AS text
	CONSTRAINT match_state_check CHECK ((VALUE = ANY (ARRAY['planned'::text, 'confirmed'::text, 'met'::text, 'missed'::text, 'cancelled'::text])));

CREATE DOMAIN public.meeting_audience AS text
	CONSTRAINT meeting_audience_check CHECK ((VALUE = ANY (ARRAY['open'::text, 'closed'::text, 'unknown'::text])));

CREATE DOMAIN public.meeting_number AS smallint
	CONSTRAINT meeting_number_check CHECK (((VALUE >= 1) AND (VALUE <= 6)));

CREATE DOMAIN public.meeting_report AS text
	CONSTRAINT meeting_report_check CHECK ((VALUE = ANY (ARRAY['was_there'::text, 'not_there'::text, 'moved'::text])));

CREATE DOMAIN public.meeting_schedule AS text
	CONSTRAINT meeting_schedule_check CHECK ((VALUE = ANY (ARRAY['weekly'::text, 'not_weekly'::text, 'by_appointment'::text])));

CREATE DOMAIN public.meeting_status AS text
	CONSTRAINT meeting_status_check CHECK ((VALUE = ANY (ARRAY['active'::text, 'unconfirmed'::text, 'temporarily_closed'::text, 'closed'::text, 'unpublished'::text, 'withdrawn'::text])));

CREATE DOMAIN public.membership_kind AS text
	CONSTRAINT membership_kind_check CHECK ((VALUE = ANY (ARRAY['member'::text, 'facilitator'::text, 'peer_mentor'::text])));

CREATE DOMAIN public.minimum_band AS text
	CONSTRAINT minimum_band_check CHECK ((VALUE = ANY (ARRAY['1_to_2'::text, '2_to_5'::text, '5_or_more'::text])));

CREATE DOMAIN public.offer_reason AS text
	CONSTRAINT offer_reason_check CHECK ((VALUE = ANY (ARRAY['place_taken'::text, 'no_longer_needed'::text, 'volunteer_stopped'::text, 'undone'::text, 'by_phone'::text, 'banked'::text])));

CREATE DOMAIN public.offer_state AS text
	CONSTRAINT offer_state_check CHECK ((VALUE = ANY (ARRAY['queued'::text, 'sent'::text, 'accepted'::text, 'declined'::text, 'not_now'::text, 'expired'::text, 'covered'::text, 'withdrawn'::text, 'undeliverable'::text])));

CREATE DOMAIN public.option_state AS text
	CONSTRAINT option_state_check CHECK ((VALUE = ANY (ARRAY['open'::text, 'fixed'::text, 'lost'::text])));

CREATE DOMAIN public.outcome_hand AS text
	CONSTRAINT outcome_hand_check CHECK ((VALUE = ANY (ARRAY['newcomer'::text, 'keyworker'::text])));

CREATE DOMAIN public.pair_rule AS text
	CONSTRAINT pair_rule_check CHECK ((VALUE = ANY (ARRAY['when_asked'::text, 'first_time'::text, 'always'::text])));

CREATE DOMAIN public.paused_reason AS text
	CONSTRAINT paused_reason_check CHECK ((VALUE = ANY (ARRAY['own_wish'::text, 'coordinator'::text, 'undeliverable'::text, 'no_reply'::text])));

CREATE DOMAIN public.person_kind AS text
	CONSTRAINT person_kind_check CHECK ((VALUE = ANY (ARRAY['staff'::text, 'volunteer'::text, 'newcomer'::text])));

CREATE DOMAIN public.place_precision AS text
	CONSTRAINT place_precision_check CHECK ((VALUE = ANY (ARRAY['venue'::text, 'postcode'::text, 'sector'::text, 'outcode'::text, 'town'::text, 'none'::text])));

CREATE DOMAIN public.placing_how AS text
	CONSTRAINT placing_how_check CHECK ((VALUE = ANY (ARRAY['postcode'::text, 'geocoder'::text])));

CREATE DOMAIN public.postcode_load_state AS text
	CONSTRAINT postcode_load_state_check CHECK ((VALUE = ANY (ARRAY['loading'::text, 'used'::text, 'ended'::text])));

CREATE DOMAIN public.postcode_source AS text
	CONSTRAINT postcode_source_check CHECK ((VALUE = ANY (ARRAY['code_point_open'::text, 'ons'::text, 'table'::text])));

CREATE DOMAIN public.referral_state AS text
	CONSTRAINT referral_state_check CHECK ((VALUE = ANY (ARRAY['draft'::text, 'awaiting_consent'::text, 'looking'::text, 'part_filled'::text, 'needs_person'::text, 'matched'::text, 'awaiting_outcome'::text, 'following'::text, 'on_hold'::text, 'closed'::text])));

CREATE DOMAIN public.rung_outcome AS text
	CONSTRAINT rung_outcome_check CHECK ((VALUE = ANY (ARRAY['taken'::text, 'nothing'::text, 'told'::text])));

CREATE DOMAIN public.safe_channel AS text
	CONSTRAINT safe_channel_check CHECK ((VALUE = ANY (ARRAY['keyworker'::text, 'email'::text, 'text'::text])));

CREATE DOMAIN public.says_is AS text
	CONSTRAINT says_is_check CHECK ((VALUE = ANY (ARRAY['woman'::text, 'man'::text, 'own_words'::text, 'rather_not_say'::text])));

CREATE DOMAIN public.seat_number AS smallint
	CONSTRAINT seat_number_check CHECK (((VALUE >= 1) AND (VALUE <= 2)));

CREATE DOMAIN public.settled_comfort AS text
	CONSTRAINT settled_comfort_check CHECK ((VALUE = ANY (ARRAY['woman'::text, 'man'::text, 'no_preference'::text])));

CREATE DOMAIN public.source_state AS text
	CONSTRAINT source_state_check CHECK ((VALUE = ANY (ARRAY['ok'::text, 'failing'::text, 'quarantined'::text, 'paused'::text])));

CREATE DOMAIN public.staff_role AS text
	CONSTRAINT staff_role_check CHECK ((VALUE = ANY (ARRAY['keyworker'::text, 'coordinator'::text, 'provider_lead'::text, 'records_officer'::text, 'safeguarding_lead'::text])));

CREATE DOMAIN public.staff_state AS text
	CONSTRAINT staff_state_check CHECK ((VALUE = ANY (ARRAY['active'::text, 'disabled'::text])));

CREATE DOMAIN public.task_role AS text
	CONSTRAINT task_role_check CHECK ((VALUE = ANY (ARRAY['keyworker'::text, 'coordinator'::text, 'safeguarding_lead'::text])));

CREATE DOMAIN public.task_state AS text
	CONSTRAINT task_state_check CHECK ((VALUE = ANY (ARRAY['open'::text, 'done'::text])));

CREATE DOMAIN public.team_visibility AS text
	CONSTRAINT team_visibility_check CHECK ((VALUE = ANY (ARRAY['own'::text, 'team'::text])));

CREATE DOMAIN public.time_band AS text
	CONSTRAINT time_band_check CHECK ((VALUE = ANY (ARRAY['under_1'::text, '1_to_2'::text, '2_to_5'::text, '5_or_more'::text])));

CREATE DOMAIN public.timer_state AS text
	CONSTRAINT timer_state_check CHECK ((VALUE = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'cancelled'::text, 'expired'::text, 'held'::text])));

CREATE DOMAIN public.told_how AS text
	CONSTRAINT told_how_check CHECK ((VALUE = ANY (ARRAY['link'::text, 'keyworker'::text])));

CREATE DOMAIN public.travel_how AS text
	CONSTRAINT travel_how_check CHECK ((VALUE = ANY (ARRAY['walk'::text, 'bus'::text, 'train'::text, 'own'::text, 'needs_help'::text])));

CREATE DOMAIN public.travel_minutes AS smallint
	CONSTRAINT travel_minutes_check CHECK (((VALUE >= 10) AND (VALUE <= 90)));

CREATE DOMAIN public.travel_mode AS text
	CONSTRAINT travel_mode_check CHECK ((VALUE = ANY (ARRAY['foot'::text, 'bus_train'::text, 'bicycle'::text, 'car'::text])));

CREATE DOMAIN public.volunteer_feeling AS text
	CONSTRAINT volunteer_feeling_check CHECK ((VALUE = ANY (ARRAY['ok'::text, 'ring_me'::text, 'worried'::text])));

CREATE DOMAIN public.volunteer_notice AS text
	CONSTRAINT volunteer_notice_check CHECK ((VALUE = ANY (ARRAY['two_hours'::text, 'same_day'::text, 'one_day'::text, 'two_days'::text])));

CREATE DOMAIN public.volunteer_state AS text
	CONSTRAINT volunteer_state_check CHECK ((VALUE = ANY (ARRAY['applied'::text, 'email_confirmed'::text, 'checking'::text, 'active'::text, 'paused'::text, 'suspended'::text, 'left'::text, 'forgotten'::text])));

CREATE DOMAIN public.went AS text
	CONSTRAINT went_check CHECK ((VALUE = ANY (ARRAY['yes'::text, 'part'::text, 'no'::text])));

CREATE DOMAIN public.who_for AS text
	CONSTRAINT who_for_check CHECK ((VALUE = ANY (ARRAY['own_use'::text, 'affected'::text, 'not_sure'::text])));

CREATE FUNCTION public.audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    acting text := current_setting('alongside.acting', true);
    told text[];
    was text;
    provider uuid;
    area uuid;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
            RETURN NULL;
        END IF;
        was := OLD.state;
    END IF;
    IF acting IS NULL OR acting = '' THEN
        RAISE EXCEPTION 'a change of % needs to be told who acts', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    told := string_to_array(acting, '|');
    IF TG_TABLE_NAME <> 'volunteers' THEN
        provider := NEW.provider_id;
    END IF;
    IF TG_TABLE_NAME <> 'staff' THEN
        area := NEW.area_id;
    END IF;
    INSERT INTO audit (at, actor_kind, actor_id, action, thing_kind, thing_id, from_state, to_state, change_number, reason, provider_id, area_id)
    VALUES (told[1]::timestamptz, told[2], nullif(told[3], '')::uuid, told[4], TG_TABLE_NAME, NEW.id, was, NEW.state, NEW.change_number,
            nullif(told[5], ''), provider, area);
    RETURN NULL;
END $$;

CREATE FUNCTION public.begin_ladder_anew() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.ladder_step := 0;
    NEW.ladder_at := NULL;
    NEW.rungs_taken := '{}';
    RETURN NEW;
END $$;

CREATE FUNCTION public.blocks_touched(block integer, half_hours int4range) RETURNS SETOF integer
    LANGUAGE sql IMMUTABLE ROWS 1
    AS $$
    SELECT n FROM (VALUES (block), (block - 1), (block + 1)) AS near (n) WHERE n = block OR busy_bits(n, half_hours) <> 0::bit(1344)
$$;

CREATE FUNCTION public.busy_bits(block integer, half_hours int4range) RETURNS bit
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT ((-1)::bit(1344) >> greatest(0, lower(half_hours) - 192 - block * 1344))
         & ((-1)::bit(1344) << greatest(0, (block + 1) * 1344 + 192 - upper(half_hours)))
$$;

CREATE FUNCTION public.check_not_a_broadcast() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM referrals WHERE id = NEW.referral_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM offers WHERE referral_id = NEW.referral_id AND state IN ('queued', 'sent')) > 10 THEN
        RAISE EXCEPTION 'more than ten people asked at once' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_a_broadcast';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.check_one_occurrence() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM matches m WHERE (m.referral_id, m.meeting_number) = (NEW.referral_id, NEW.meeting_number)
                 AND m.state NOT IN ('cancelled', 'missed') AND m.option_id <> NEW.option_id) THEN
        RAISE EXCEPTION 'the other companion goes to another meeting' USING ERRCODE = 'check_violation', CONSTRAINT = 'one_occurrence';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.check_pair() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.check_who_says() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    hand text := split_part(coalesce(current_setting('alongside.acting', true), ''), '|', 2);
BEGIN
    IF hand IN ('newcomer', 'keyworker') AND hand = coalesce(to_jsonb(NEW) ->> 'recorded_by', hand) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'only the newcomer or the keyworker says whether they came' USING ERRCODE = 'check_violation', CONSTRAINT = 'who_says';
END $$;

CREATE FUNCTION public.copy_answers_to_reach() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT v.state = 'active' AND v.may_be_asked AND v.checklist_complete AND v.email_state = 'ok', v.windows, v.away, v.says_is, v.comfortable_with,
           v.notice, v.languages, v.role_card_version, v.letters_per_week, v.going_cap, v.number, v.further_if_needed
      INTO NEW.ready, NEW.windows, NEW.away, NEW.says_is, NEW.comfortable_with, NEW.notice, NEW.languages, NEW.role_card_version,
           NEW.letters_per_week, NEW.going_cap, NEW.roster_number, NEW.further
      FROM volunteers v WHERE v.id = NEW.volunteer_id;
    RETURN NEW;
END $$;

CREATE FUNCTION public.grant_program(program name) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', program);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', program);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', program);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, consents, meeting_history FROM %I', program);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON migrations FROM %I', program);
END $$;

CREATE FUNCTION public.number_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.change_number := 1;
    ELSIF NEW.state IS DISTINCT FROM OLD.state THEN
        NEW.change_number := OLD.change_number + 1;
    ELSE
        NEW.change_number := OLD.change_number;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.rough_km(latitude double precision, longitude double precision, spot point) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((111.2)::double precision * sqrt((((latitude - (spot)[1]) ^ (2)::double precision) + (((longitude - (spot)[0]) * cosd((spot)[1])) ^ (2)::double precision))));

CREATE FUNCTION public.spread_answers_to_reach() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE volunteer_reach r
       SET ready = NEW.state = 'active' AND NEW.may_be_asked AND NEW.checklist_complete AND NEW.email_state = 'ok', windows = NEW.windows,
           away = NEW.away, says_is = NEW.says_is, comfortable_with = NEW.comfortable_with, notice = NEW.notice, languages = NEW.languages,
           role_card_version = NEW.role_card_version, letters_per_week = NEW.letters_per_week, going_cap = NEW.going_cap, further = NEW.further_if_needed
     WHERE r.volunteer_id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.wrong_point(latitude double precision, longitude double precision, spot point, stock_latitudes double precision[], stock_longitudes double precision[], most_km double precision) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((abs(latitude) <= (0.01)::double precision) AND (abs(longitude) <= (0.01)::double precision)) THEN 'invalid_coordinates'::text WHEN (EXISTS (SELECT FROM UNNEST(wrong_point.stock_latitudes, wrong_point.stock_longitudes) stock(lat, lon) WHERE ((abs((wrong_point.latitude - stock.lat)) < (0.00001)::double precision) AND (abs((wrong_point.longitude - stock.lon)) < (0.00001)::double precision)))) THEN 'placeholder_point'::text WHEN (public.rough_km(latitude, longitude, spot) > most_km) THEN 'point_far_from_postcode'::text ELSE NULL::text END;

CREATE TABLE public.area_outcodes (
    outcode text NOT NULL,
    area_id uuid NOT NULL,
    CONSTRAINT area_outcodes_outcode_check CHECK ((outcode ~ '^[A-Z]{1,2}[0-9][0-9A-Z]?$'::text))
);

CREATE TABLE public.areas (
    id uuid NOT NULL,
    name text NOT NULL,
    timezone text DEFAULT 'Europe/London'::text NOT NULL,
    discreet_name text NOT NULL,
    reply_to text NOT NULL,
    on_call_telephone text DEFAULT ''::text NOT NULL,
    on_call_hours text DEFAULT ''::text NOT NULL,
    policy public.asking_policy DEFAULT 'product'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    referrals_begun bigint DEFAULT 0 NOT NULL,
    CONSTRAINT areas_discreet_name_check CHECK (((length(discreet_name) >= 1) AND (length(discreet_name) <= 40))),
    CONSTRAINT areas_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60)))
);

COMMENT ON COLUMN public.areas.policy IS 'how people are asked here; the plain waves stand by for a decision that fails';

COMMENT ON COLUMN public.areas.referrals_begun IS 'how many referrals company was looked for: what scarcity fades by';

CREATE TABLE public.ask_decisions (
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    meeting_number smallint NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    policy text NOT NULL,
    asked smallint NOT NULL,
    candidates integer NOT NULL,
    reason text NOT NULL,
    fell_back boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN public.ask_decisions.fell_back IS 'the area''s own policy failed, so the plain wave decided';

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind public.actor_kind NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    thing_kind text NOT NULL,
    thing_id uuid NOT NULL,
    from_state text,
    to_state text,
    change_number integer,
    reason text,
    provider_id uuid,
    area_id uuid,
    CONSTRAINT audit_check CHECK (((to_state IS NULL) = (change_number IS NULL)))
);

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.bars (
    id uuid NOT NULL,
    kind public.bar_kind NOT NULL,
    newcomer_id uuid,
    volunteer_id uuid,
    other_volunteer_id uuid,
    meeting_id uuid,
    provider_id uuid,
    outcode text,
    set_by uuid,
    set_at timestamp with time zone NOT NULL,
    reason_box bytea,
    ended_at timestamp with time zone,
    CONSTRAINT bars_check CHECK (
CASE kind
    WHEN 'newcomer_volunteer'::text THEN (num_nulls(newcomer_id, volunteer_id) = 0)
    WHEN 'newcomer_meeting'::text THEN (num_nulls(newcomer_id, meeting_id) = 0)
    WHEN 'volunteer_provider'::text THEN (num_nulls(volunteer_id, provider_id) = 0)
    WHEN 'volunteer_place'::text THEN (num_nulls(volunteer_id, outcode) = 0)
    WHEN 'volunteer_volunteer'::text THEN (num_nulls(volunteer_id, other_volunteer_id) = 0)
    ELSE NULL::boolean
END)
);

CREATE TABLE public.check_ins (
    id uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    on_date date NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    feeling public.volunteer_feeling,
    happy_again boolean,
    may_thank boolean,
    answered_at timestamp with time zone
);

CREATE TABLE public.consents (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    purpose public.consent_purpose NOT NULL,
    given boolean NOT NULL,
    wording_version text NOT NULL,
    method public.consent_method NOT NULL,
    actor_id uuid,
    at timestamp with time zone NOT NULL,
    number bigint NOT NULL
);

ALTER TABLE public.consents ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consents_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.coordinator_areas (
    staff_id uuid NOT NULL,
    area_id uuid NOT NULL
);

CREATE TABLE public.drafts (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    keyworker_id uuid NOT NULL,
    newcomer_id uuid NOT NULL,
    answers_box bytea NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.fellowship_contacts (
    area_id uuid NOT NULL,
    fellowship public.fellowship_code NOT NULL,
    web_address text NOT NULL,
    helpline text DEFAULT ''::text NOT NULL,
    checked_on date,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.follow_ups (
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    occasion text NOT NULL,
    state public.follow_up_state NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    answered_by public.outcome_hand,
    how public.told_how,
    ended_at timestamp with time zone,
    answers_box bytea,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT follow_ups_check CHECK ((((state)::text = 'asked'::text) = (ended_at IS NULL)))
);

CREATE TABLE public.geocoder_answers (
    geocoder text NOT NULL,
    asked text NOT NULL,
    outcome public.geocoder_outcome NOT NULL,
    fault text,
    latitude double precision,
    longitude double precision,
    radius_m integer,
    label text,
    tries smallint DEFAULT 0 NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    ask_again_at timestamp with time zone NOT NULL,
    CONSTRAINT geocoder_answers_asked_check CHECK (((length(asked) >= 1) AND (length(asked) <= 200))),
    CONSTRAINT geocoder_answers_check CHECK ((((outcome)::text = ANY (ARRAY['refused'::text, 'failed'::text])) = (fault IS NOT NULL))),
    CONSTRAINT geocoder_answers_check1 CHECK ((((outcome)::text = 'found'::text) <= (num_nulls(latitude, longitude, radius_m) = 0))),
    CONSTRAINT geocoder_answers_label_check CHECK ((length(label) <= 300)),
    CONSTRAINT geocoder_answers_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT geocoder_answers_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);

CREATE TABLE public.geocoder_turns (
    geocoder text NOT NULL,
    next_at timestamp with time zone NOT NULL,
    failures smallint DEFAULT 0 NOT NULL
);

CREATE TABLE public.import_issues (
    run_id uuid NOT NULL,
    number integer NOT NULL,
    row_number integer,
    column_name text,
    source_key text,
    field text,
    code text NOT NULL,
    value text,
    severity public.issue_severity NOT NULL,
    CONSTRAINT import_issues_value_check CHECK ((length(value) <= 80))
);

CREATE TABLE public.import_runs (
    id uuid NOT NULL,
    source_id text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    http_status integer,
    bytes bigint,
    sha256 bytea,
    reader bytea,
    fingerprint bytea,
    run public.import_outcome NOT NULL,
    error_kind text,
    counts jsonb NOT NULL,
    body bytea,
    decided public.import_decision,
    decided_by uuid
);

CREATE TABLE public.ladder_steps (
    referral_id uuid NOT NULL,
    meeting_number public.meeting_number NOT NULL,
    rung public.ladder_rung NOT NULL,
    outcome public.rung_outcome NOT NULL,
    at timestamp with time zone NOT NULL,
    number bigint NOT NULL
);

ALTER TABLE public.ladder_steps ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ladder_steps_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.letters (
    id uuid NOT NULL,
    kind text NOT NULL,
    about_id uuid NOT NULL,
    party_kind public.person_kind NOT NULL,
    party_id uuid NOT NULL,
    occasion text DEFAULT ''::text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    channel public.letter_channel NOT NULL,
    referral_id uuid,
    provider_id uuid,
    area_id uuid,
    message_id text NOT NULL,
    sealed_bytes bytea,
    sealed_to bytea,
    bytes_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    state public.letter_state NOT NULL,
    lease_id uuid,
    leased_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    unanswered integer DEFAULT 0 NOT NULL,
    last_code text,
    refused public.letter_refused,
    ended_at timestamp with time zone,
    CONSTRAINT letters_check CHECK (((refused IS NULL) OR ((state)::text = 'bounced'::text))),
    CONSTRAINT letters_check1 CHECK ((due_at < not_after)),
    CONSTRAINT letters_check2 CHECK ((((state)::text <> 'sending'::text) OR (lease_id IS NOT NULL))),
    CONSTRAINT letters_check3 CHECK ((((state)::text = ANY (ARRAY['waiting'::text, 'sending'::text, 'held'::text])) OR (ended_at IS NOT NULL))),
    CONSTRAINT letters_check4 CHECK ((((state)::text = ANY (ARRAY['waiting'::text, 'sending'::text, 'held'::text])) OR ((sealed_bytes IS NULL) AND (sealed_to IS NULL)))),
    CONSTRAINT letters_revision_check CHECK ((revision >= 1))
);

COMMENT ON COLUMN public.letters.refused IS 'what a mail server would not have: the address, which is flagged then, or this letter alone';

CREATE TABLE public.links (
    token_hash bytea NOT NULL,
    purpose public.link_purpose NOT NULL,
    party_kind public.link_party NOT NULL,
    party_id uuid NOT NULL,
    about_id uuid NOT NULL,
    number bigint NOT NULL,
    letter_id uuid,
    ends_older boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    ended_at timestamp with time zone
);

COMMENT ON COLUMN public.links.number IS 'the order in which links were made, which two of one instant do not share';

COMMENT ON COLUMN public.links.letter_id IS 'the letter it stands in; none for one whose letter was never written';

COMMENT ON COLUMN public.links.ends_older IS 'when its letter leaves, older links of its purpose about the same thing end';

ALTER TABLE public.links ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.links_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.matches (
    id uuid NOT NULL,
    offer_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    area_id uuid NOT NULL,
    meeting_number public.meeting_number NOT NULL,
    seat public.seat_number NOT NULL,
    volunteer_id uuid NOT NULL,
    fellowship text NOT NULL,
    option_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    on_date date NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    meet_at timestamp with time zone NOT NULL,
    half_hours int4range NOT NULL,
    block integer NOT NULL,
    state public.match_state NOT NULL,
    cancelled_reason public.match_cancelled_reason,
    not_answered boolean DEFAULT false NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    undo_until timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    day_confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    revision integer DEFAULT 1 NOT NULL,
    told_newcomer_at timestamp with time zone,
    calendar_uid uuid NOT NULL,
    change_number integer DEFAULT 0 NOT NULL,
    ahead_number smallint GENERATED ALWAYS AS (
CASE
    WHEN (((state)::text = ANY (ARRAY['planned'::text, 'confirmed'::text])) AND (ended_at IS NULL)) THEN (meeting_number)::smallint
    ELSE NULL::smallint
END) STORED,
    CONSTRAINT matches_check CHECK ((((state)::text = 'cancelled'::text) = (cancelled_reason IS NOT NULL))),
    CONSTRAINT matches_half_hours_check CHECK ((NOT isempty(half_hours)))
);

CREATE TABLE public.meeting_exceptions (
    meeting_id uuid NOT NULL,
    on_date date NOT NULL,
    kind public.exception_kind NOT NULL,
    starts time without time zone,
    venue text,
    note text DEFAULT ''::text NOT NULL,
    by_staff uuid,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.meeting_history (
    id bigint NOT NULL,
    meeting_id uuid NOT NULL,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    at timestamp with time zone NOT NULL,
    run_id uuid,
    by_staff uuid
);

ALTER TABLE public.meeting_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.meeting_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.meeting_hosts (
    meeting_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    room_note text DEFAULT ''::text NOT NULL,
    by_staff uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT meeting_hosts_room_note_check CHECK ((length(room_note) <= 500))
);

CREATE TABLE public.meeting_joins (
    meeting_id uuid NOT NULL,
    details jsonb NOT NULL
);

CREATE TABLE public.meeting_overrides (
    meeting_id uuid NOT NULL,
    field text NOT NULL,
    value jsonb NOT NULL,
    base_value jsonb NOT NULL,
    reason text NOT NULL,
    by_staff uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    conflict_value jsonb,
    CONSTRAINT meeting_overrides_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200)))
);

CREATE TABLE public.meeting_placings (
    meeting_id uuid NOT NULL,
    how public.placing_how NOT NULL,
    source text NOT NULL,
    load_id smallint,
    fault text,
    placed_at timestamp with time zone NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    said_latitude double precision,
    said_longitude double precision,
    said_precision text NOT NULL,
    said_radius_m integer,
    CONSTRAINT meeting_placings_check CHECK ((((how)::text = 'postcode'::text) = (load_id IS NOT NULL)))
);

CREATE TABLE public.meeting_reports (
    meeting_id uuid NOT NULL,
    person_id uuid NOT NULL,
    on_date date NOT NULL,
    report public.meeting_report NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.meeting_sources (
    id text NOT NULL,
    area_id uuid,
    name text NOT NULL,
    fellowship public.fellowship_code,
    format public.feed_format NOT NULL,
    url text,
    timezone text DEFAULT 'Europe/London'::text NOT NULL,
    date_order public.date_order DEFAULT 'dmy'::text NOT NULL,
    keep_areas text[] DEFAULT '{}'::text[] NOT NULL,
    interval_h integer DEFAULT 24 NOT NULL,
    licence_note text DEFAULT ''::text NOT NULL,
    publisher_contact text DEFAULT ''::text NOT NULL,
    may_republish boolean DEFAULT false NOT NULL,
    state public.source_state DEFAULT 'ok'::text NOT NULL,
    failing_since timestamp with time zone,
    last_attempt_at timestamp with time zone,
    last_success_at timestamp with time zone,
    etag text,
    last_modified text,
    last_good_rows integer,
    previewed_at timestamp with time zone,
    next_fetch_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    lease_id uuid,
    lease_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT fetched_only_after_a_look CHECK (((next_fetch_at IS NULL) OR ((url IS NOT NULL) AND (previewed_at IS NOT NULL)))),
    CONSTRAINT meeting_sources_check CHECK ((((format)::text = 'manual'::text) = (fellowship IS NULL))),
    CONSTRAINT meeting_sources_check1 CHECK (((lease_id IS NULL) = (lease_until IS NULL))),
    CONSTRAINT meeting_sources_id_check CHECK ((id ~ '^[a-z0-9-]{2,40}$'::text)),
    CONSTRAINT meeting_sources_interval_h_check CHECK ((interval_h >= 6))
);

CREATE TABLE public.meeting_ways (
    meeting_id uuid NOT NULL,
    from_where text NOT NULL,
    steps text[] NOT NULL,
    by_staff uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT meeting_ways_from_where_check CHECK (((length(from_where) >= 1) AND (length(from_where) <= 120))),
    CONSTRAINT meeting_ways_steps_check CHECK (((cardinality(steps) >= 1) AND (cardinality(steps) <= 12)))
);

CREATE TABLE public.meeting_weeks (
    meeting_id uuid NOT NULL,
    weeks_of_month smallint[],
    anchor_on date,
    every_weeks smallint,
    on_dates date[],
    CONSTRAINT meeting_weeks_check CHECK ((num_nonnulls(weeks_of_month, anchor_on, on_dates) = 1)),
    CONSTRAINT meeting_weeks_check1 CHECK (((anchor_on IS NULL) = (every_weeks IS NULL))),
    CONSTRAINT meeting_weeks_every_weeks_check CHECK (((every_weeks >= 2) AND (every_weeks <= 12)))
);

CREATE TABLE public.meetings (
    id uuid NOT NULL,
    source_id text NOT NULL,
    source_key text NOT NULL,
    area_id uuid,
    fellowship public.fellowship_code NOT NULL,
    name text NOT NULL,
    iso_weekday smallint,
    starts time without time zone,
    duration_min integer,
    duration_is_assumed boolean DEFAULT true NOT NULL,
    timezone text NOT NULL,
    schedule public.meeting_schedule NOT NULL,
    status public.meeting_status NOT NULL,
    attendable boolean NOT NULL,
    needs_human_check boolean NOT NULL,
    in_person boolean NOT NULL,
    online boolean NOT NULL,
    venue text,
    address text,
    formatted_address text,
    town text,
    region text,
    regions text[] DEFAULT '{}'::text[] NOT NULL,
    postcode text,
    outcode text,
    latitude double precision,
    longitude double precision,
    place_precision public.place_precision DEFAULT 'none'::text NOT NULL,
    radius_m integer,
    conference_url text,
    conference_provider text,
    conference_phone text,
    join_secret_separated boolean DEFAULT false NOT NULL,
    audience public.meeting_audience NOT NULL,
    audience_note text,
    attributes text[] DEFAULT '{}'::text[] NOT NULL,
    languages text[] DEFAULT '{}'::text[] NOT NULL,
    raw_types text[] DEFAULT '{}'::text[] NOT NULL,
    notes text,
    location_notes text,
    travel_notes text,
    source_url text,
    source_updated timestamp with time zone,
    source_row jsonb NOT NULL,
    content_hash bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    missing_since timestamp with time zone,
    missing_runs integer DEFAULT 0 NOT NULL,
    last_confirmed_at timestamp with time zone,
    confirmed_how public.confirmed_how,
    confirmed_by uuid,
    location point GENERATED ALWAYS AS (point(longitude, latitude)) STORED,
    week_minute integer GENERATED ALWAYS AS (
CASE
    WHEN (((schedule)::text = 'weekly'::text) AND ((status)::text = ANY (ARRAY['active'::text, 'unconfirmed'::text]))) THEN ((((iso_weekday - 1) * 1440) + ((date_part('hour'::text, starts))::integer * 60)) + (date_part('minute'::text, starts))::integer)
    ELSE NULL::integer
END) STORED,
    finder_marks integer GENERATED ALWAYS AS ((((((((((((((
CASE
    WHEN in_person THEN 1
    ELSE 0
END +
CASE
    WHEN online THEN 2
    ELSE 0
END) +
CASE
    WHEN ((audience)::text = 'open'::text) THEN 4
    ELSE 0
END) +
CASE
    WHEN ((audience)::text = 'closed'::text) THEN 8
    ELSE 0
END) +
CASE
    WHEN ('newcomer'::text = ANY (attributes)) THEN 16
    ELSE 0
END) +
CASE
    WHEN ('wheelchair'::text = ANY (attributes)) THEN 32
    ELSE 0
END) +
CASE
    WHEN ('women'::text = ANY (attributes)) THEN 64
    ELSE 0
END) +
CASE
    WHEN ('men'::text = ANY (attributes)) THEN 128
    ELSE 0
END) +
CASE
    WHEN ('lgbtq'::text = ANY (attributes)) THEN 256
    ELSE 0
END) +
CASE
    WHEN ('young_people'::text = ANY (attributes)) THEN 512
    ELSE 0
END) +
CASE
    WHEN ('hearing_loop'::text = ANY (attributes)) THEN 1024
    ELSE 0
END) +
CASE
    WHEN ('child_friendly'::text = ANY (attributes)) THEN 2048
    ELSE 0
END) +
CASE
    WHEN ('sign_language'::text = ANY (attributes)) THEN 4096
    ELSE 0
END) +
CASE
    WHEN ('institutional'::text = ANY (attributes)) THEN 8192
    ELSE 0
END)) STORED NOT NULL,
    CONSTRAINT meetings_check CHECK (((latitude IS NULL) = (longitude IS NULL))),
    CONSTRAINT meetings_check1 CHECK ((((place_precision)::text = 'none'::text) = (latitude IS NULL))),
    CONSTRAINT meetings_check2 CHECK (((starts IS NOT NULL) OR (duration_min IS NULL))),
    CONSTRAINT meetings_duration_min_check CHECK (((duration_min >= 1) AND (duration_min <= 1440))),
    CONSTRAINT meetings_iso_weekday_check CHECK (((iso_weekday >= 1) AND (iso_weekday <= 7))),
    CONSTRAINT meetings_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT meetings_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT meetings_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)))
)
WITH (fillfactor='50');

CREATE TABLE public.migrations (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE TABLE public.offer_options (
    offer_id uuid NOT NULL,
    option_id uuid NOT NULL
);

CREATE TABLE public.offer_reasons (
    offer_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    policy text NOT NULL,
    why jsonb NOT NULL
);

CREATE TABLE public.offers (
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    area_id uuid NOT NULL,
    meeting_number public.meeting_number NOT NULL,
    volunteer_id uuid NOT NULL,
    fellowship text NOT NULL,
    state public.offer_state NOT NULL,
    state_reason public.offer_reason,
    wave smallint DEFAULT 0 NOT NULL,
    by_hand boolean DEFAULT false NOT NULL,
    by_telephone boolean DEFAULT false NOT NULL,
    reply_by timestamp with time zone NOT NULL,
    last_moment timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    answered_at timestamp with time zone,
    banked_at timestamp with time zone,
    standby boolean DEFAULT false NOT NULL,
    instead_of uuid,
    change_number integer DEFAULT 0 NOT NULL,
    beside uuid,
    CONSTRAINT offers_check CHECK ((reply_by <= last_moment)),
    CONSTRAINT offers_check1 CHECK ((beside <> id))
);

COMMENT ON COLUMN public.offers.beside IS 'the offer whose letter or page holds this one too; nothing for an invitation of its own';

CREATE TABLE public.outcomes (
    referral_id uuid NOT NULL,
    meeting_number public.meeting_number NOT NULL,
    attempt smallint NOT NULL,
    meeting_at timestamp with time zone NOT NULL,
    went public.went NOT NULL,
    recorded_by public.outcome_hand NOT NULL,
    recorder_id uuid NOT NULL,
    how public.told_how NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    barrier_box bytea,
    CONSTRAINT outcomes_attempt_check CHECK ((attempt >= 1))
);

CREATE TABLE public.person_keys (
    person_id uuid NOT NULL,
    kind public.person_kind NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.postcode_loads (
    id smallint NOT NULL,
    file_name text NOT NULL,
    sha256 bytea NOT NULL,
    source public.postcode_source NOT NULL,
    vintage smallint NOT NULL,
    state public.postcode_load_state NOT NULL,
    batches integer DEFAULT 0 NOT NULL,
    postcodes integer DEFAULT 0 NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT postcode_loads_check CHECK ((((state)::text = 'loading'::text) <= (finished_at IS NULL))),
    CONSTRAINT postcode_loads_file_name_check CHECK (((length(file_name) >= 1) AND (length(file_name) <= 200))),
    CONSTRAINT postcode_loads_vintage_check CHECK (((vintage >= 1990) AND (vintage <= 2100)))
);

ALTER TABLE public.postcode_loads ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.postcode_loads_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.postcodes (
    load_id smallint NOT NULL,
    postcode text NOT NULL COLLATE pg_catalog."C",
    spot point NOT NULL
);

CREATE TABLE public.providers (
    id uuid NOT NULL,
    name text NOT NULL,
    discreet_name text NOT NULL,
    reply_to text NOT NULL,
    telephone text NOT NULL,
    opening_hours text DEFAULT ''::text NOT NULL,
    crisis_line text DEFAULT ''::text NOT NULL,
    reference_hint text DEFAULT ''::text NOT NULL,
    reference_pattern text DEFAULT ''::text NOT NULL,
    fellowships text[] NOT NULL,
    pair_rule public.pair_rule DEFAULT 'when_asked'::text NOT NULL,
    one_may_go_alone boolean DEFAULT true NOT NULL,
    minimum_band public.minimum_band DEFAULT '1_to_2'::text NOT NULL,
    team_visibility public.team_visibility DEFAULT 'own'::text NOT NULL,
    young_people_contact text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT providers_discreet_name_check CHECK (((length(discreet_name) >= 1) AND (length(discreet_name) <= 40))),
    CONSTRAINT providers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

CREATE TABLE public.rate_limits (
    counted bytea NOT NULL,
    window_from timestamp with time zone NOT NULL,
    hits integer NOT NULL
);

CREATE TABLE public.referral_options (
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    meeting_number public.meeting_number NOT NULL,
    rank smallint NOT NULL,
    meeting_id uuid NOT NULL,
    fellowship text NOT NULL,
    on_date date NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    meet_at timestamp with time zone NOT NULL,
    picked_by_hand boolean DEFAULT true NOT NULL,
    state public.option_state NOT NULL,
    CONSTRAINT referral_options_check CHECK (((meet_at <= starts_at) AND (starts_at < ends_at))),
    CONSTRAINT referral_options_rank_check CHECK (((rank >= 1) AND (rank <= 3)))
);

CREATE TABLE public.referrals (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    area_id uuid,
    keyworker_id uuid NOT NULL,
    newcomer_id uuid NOT NULL,
    reference text NOT NULL,
    own_reference_index bytea NOT NULL,
    state public.referral_state NOT NULL,
    close_reason public.close_reason,
    cancel_reason text,
    needs_reason text,
    held_state text,
    held_reason text,
    held_cause public.held_cause,
    overdue_at timestamp with time zone,
    meeting_number public.meeting_number DEFAULT 1 NOT NULL,
    seats public.seat_number DEFAULT 1 NOT NULL,
    seats_taken smallint DEFAULT 0 NOT NULL,
    deadline timestamp with time zone,
    next_look_at timestamp with time zone,
    ladder_step public.ladder_rung DEFAULT 0 NOT NULL,
    ladder_at timestamp with time zone,
    rungs_taken smallint[] DEFAULT '{}'::smallint[] NOT NULL,
    episode public.episode_state DEFAULT 'not_started'::text NOT NULL,
    episode_reason public.episode_reason,
    met_count smallint DEFAULT 0 NOT NULL,
    first_met_at timestamp with time zone,
    ask_first uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    leaving_on date,
    leaving_district text,
    settled_comfort public.settled_comfort,
    released boolean DEFAULT false NOT NULL,
    asking_since timestamp with time zone,
    who_for public.who_for,
    age public.age_band,
    exposure public.exposure,
    stage text,
    fellowships text[] DEFAULT '{}'::text[] NOT NULL,
    travel_from text,
    travel_how public.travel_how,
    travel_minutes public.travel_minutes DEFAULT 60 NOT NULL,
    times text[] DEFAULT '{}'::text[] NOT NULL,
    earliest_on date,
    may_widen text[] DEFAULT '{}'::text[] NOT NULL,
    comfort public.comfort_wish,
    newcomer_is public.says_is,
    both_meet_wish boolean DEFAULT true NOT NULL,
    needs text[] DEFAULT '{}'::text[] NOT NULL,
    audiences text[] DEFAULT '{}'::text[] NOT NULL,
    languages text[] DEFAULT '{en}'::text[] NOT NULL,
    interpreter boolean DEFAULT false NOT NULL,
    care text[] DEFAULT '{}'::text[] NOT NULL,
    avoid_meetings uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    to_settle text[] DEFAULT '{}'::text[] NOT NULL,
    channel public.safe_channel DEFAULT 'keyworker'::text NOT NULL,
    email_safe boolean DEFAULT false NOT NULL,
    email_state public.email_state DEFAULT 'ok'::text NOT NULL,
    discreet boolean DEFAULT true NOT NULL,
    agree_first boolean DEFAULT false NOT NULL,
    share_number boolean DEFAULT false NOT NULL,
    reminder_two_hours boolean DEFAULT false NOT NULL,
    fare_help public.fare_help DEFAULT 'none'::text NOT NULL,
    newcomer_box bytea,
    contact_box bytea,
    avoid_box bytea,
    submitted_at timestamp with time zone NOT NULL,
    matched_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    closed_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    change_number integer DEFAULT 0 NOT NULL,
    CONSTRAINT newcomer_by_sector_at_finest CHECK ((travel_from !~* '[0-9]\s*-?\s*[abd-hjlnp-uw-z]{2}\s*$'::text)),
    CONSTRAINT referrals_check CHECK (((held_state IS NOT NULL) = ((state)::text = 'on_hold'::text))),
    CONSTRAINT referrals_check1 CHECK ((((state)::text = 'closed'::text) = (close_reason IS NOT NULL))),
    CONSTRAINT referrals_check2 CHECK ((((state)::text = 'needs_person'::text) = (needs_reason IS NOT NULL))),
    CONSTRAINT referrals_check3 CHECK ((((channel)::text <> 'email'::text) OR email_safe)),
    CONSTRAINT referrals_check4 CHECK ((((state)::text = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT referrals_check5 CHECK ((((episode)::text = 'ended'::text) = (episode_reason IS NOT NULL))),
    CONSTRAINT referrals_check6 CHECK (((met_count = 0) = (first_met_at IS NULL))),
    CONSTRAINT seats_held CHECK (((seats_taken >= 0) AND (seats_taken <= (seats)::smallint))),
    CONSTRAINT six_at_most CHECK (((met_count >= 0) AND (met_count <= 6)))
)
WITH (fillfactor='70');

COMMENT ON COLUMN public.referrals.ladder_step IS 'the next rung to be tried';

CREATE TABLE public.sign_in_codes (
    id uuid NOT NULL,
    staff_id uuid,
    browser_hash bytea NOT NULL,
    address_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT sign_in_codes_tries_check CHECK (((tries >= 0) AND (tries <= 10)))
);

CREATE TABLE public.sign_ins (
    token_hash bytea NOT NULL,
    staff_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE public.source_trials (
    source_id text NOT NULL,
    body bytea NOT NULL,
    sha256 bytea NOT NULL,
    from_file boolean NOT NULL,
    http_status integer,
    etag text,
    last_modified text,
    by_staff uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.staff (
    id uuid NOT NULL,
    provider_id uuid,
    role public.staff_role NOT NULL,
    state public.staff_state NOT NULL,
    email_index bytea NOT NULL,
    email_state public.email_state DEFAULT 'ok'::text NOT NULL,
    details_box bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    change_number integer DEFAULT 0 NOT NULL,
    CONSTRAINT staff_check CHECK ((((role)::text <> 'keyworker'::text) OR (provider_id IS NOT NULL)))
);

CREATE TABLE public.standing_yeses (
    volunteer_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    said_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.standing_yeses.said_at IS 'when they last said so: two invitations there since then, in a row, without a yes, and it counts no more';

CREATE TABLE public.submissions (
    nonce text NOT NULL,
    actor_id uuid,
    body_sha256 bytea NOT NULL,
    answer text NOT NULL,
    at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    CONSTRAINT submissions_nonce_check CHECK (((length(nonce) >= 16) AND (length(nonce) <= 64)))
);

CREATE TABLE public.suppressions (
    address_hash bytea NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.switches (
    name text NOT NULL,
    paused_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.tasks (
    id uuid NOT NULL,
    kind text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    for_role public.task_role NOT NULL,
    provider_id uuid,
    area_id uuid,
    staff_id uuid,
    about_id uuid NOT NULL,
    referral_id uuid,
    volunteer_id uuid,
    match_id uuid,
    meeting_id uuid,
    letter_id uuid,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    state public.task_state NOT NULL,
    outcome text,
    done_by uuid,
    done_at timestamp with time zone,
    change_number integer DEFAULT 0 NOT NULL,
    CONSTRAINT tasks_check CHECK ((((state)::text = 'done'::text) = (outcome IS NOT NULL)))
);

CREATE TABLE public.timers (
    id uuid NOT NULL,
    kind text NOT NULL,
    about_id uuid NOT NULL,
    referral_id uuid,
    due_for text DEFAULT ''::text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    state public.timer_state NOT NULL,
    lease_id uuid,
    leased_until timestamp with time zone,
    unanswered integer DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone
);

CREATE VIEW public.venue_places AS
 SELECT id,
    source_id,
    status,
    postcode,
    latitude,
    longitude,
    place_precision,
    radius_m,
    "left"(COALESCE(((address || COALESCE((', '::text || town), ''::text)) || COALESCE((', '::text || postcode), ''::text)), formatted_address), 200) AS asked
   FROM public.meetings m
  WHERE (in_person AND ((status)::text <> ALL (ARRAY['withdrawn'::text, 'closed'::text])) AND (NOT (EXISTS ( SELECT
           FROM public.meeting_overrides o
          WHERE ((o.meeting_id = m.id) AND (o.field = 'point'::text) AND (o.value <> 'null'::jsonb))))));

CREATE TABLE public.volunteer_blocks (
    volunteer_id uuid NOT NULL,
    block integer NOT NULL,
    taken smallint NOT NULL,
    cap smallint NOT NULL,
    busy bit(1344) DEFAULT (0)::bit(1344) NOT NULL,
    busy_count smallint DEFAULT 0 NOT NULL,
    CONSTRAINT going_cap CHECK (((taken >= 0) AND (taken <= cap))),
    CONSTRAINT one_place_at_a_time CHECK ((bit_count(busy) = busy_count))
);

CREATE TABLE public.volunteer_fellowships (
    volunteer_id uuid NOT NULL,
    fellowship public.fellowship_code NOT NULL,
    kind public.membership_kind NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE public.volunteer_reach (
    volunteer_id uuid NOT NULL,
    number smallint NOT NULL,
    fellowship_no smallint NOT NULL,
    label text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    radius_km double precision NOT NULL,
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
    reach_at box GENERATED ALWAYS AS (box(point(((longitude + ((1000 * fellowship_no))::double precision) - (((1.001)::double precision * radius_km) / ((111.195)::double precision * cosd((abs(latitude) + (radius_km / (111.195)::double precision)))))), (latitude - (((1.001)::double precision * radius_km) / (110.574)::double precision))), point(((longitude + ((1000 * fellowship_no))::double precision) + (((1.001)::double precision * radius_km) / ((111.195)::double precision * cosd((abs(latitude) + (radius_km / (111.195)::double precision)))))), (latitude + (((1.001)::double precision * radius_km) / (110.574)::double precision))))) STORED,
    further_at box GENERATED ALWAYS AS (
CASE
    WHEN further THEN box(point(((longitude + ((1000 * fellowship_no))::double precision) - (((1.5015)::double precision * radius_km) / ((111.195)::double precision * GREATEST((0.01)::double precision, cosd((abs(latitude) + (((1.5)::double precision * radius_km) / (111.195)::double precision))))))), (latitude - (((1.5015)::double precision * radius_km) / (110.574)::double precision))), point(((longitude + ((1000 * fellowship_no))::double precision) + (((1.5015)::double precision * radius_km) / ((111.195)::double precision * GREATEST((0.01)::double precision, cosd((abs(latitude) + (((1.5)::double precision * radius_km) / (111.195)::double precision))))))), (latitude + (((1.5015)::double precision * radius_km) / (110.574)::double precision))))
    ELSE NULL::box
END) STORED,
    CONSTRAINT volunteer_by_sector_at_finest CHECK ((label !~* '[0-9]\s*-?\s*[abd-hjlnp-uw-z]{2}\s*$'::text)),
    CONSTRAINT volunteer_reach_fellowship_no_check CHECK (((fellowship_no >= 0) AND (fellowship_no <= 8))),
    CONSTRAINT volunteer_reach_latitude_check CHECK (((latitude >= ('-89'::integer)::double precision) AND (latitude <= (89)::double precision))),
    CONSTRAINT volunteer_reach_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT volunteer_reach_radius_km_check CHECK (((radius_km >= (1)::double precision) AND (radius_km <= (100)::double precision)))
);

COMMENT ON COLUMN public.volunteer_reach.ready IS 'this and what follows are copies of the volunteer''s own answers, kept by triggers: the search reads them without a join';

CREATE TABLE public.volunteer_tally (
    volunteer_id uuid NOT NULL,
    asks double precision DEFAULT 0 NOT NULL,
    yeses double precision DEFAULT 0 NOT NULL,
    log_delay double precision DEFAULT 0 NOT NULL,
    answers double precision DEFAULT 0 NOT NULL,
    tired double precision DEFAULT 0 NOT NULL,
    tired_at timestamp with time zone,
    scarce double precision DEFAULT 0 NOT NULL,
    last_asked_at timestamp with time zone,
    scarce_number bigint DEFAULT 0 NOT NULL
);

COMMENT ON COLUMN public.volunteer_tally.scarce_number IS 'areas.referrals_begun when `scarce` was last added to: it has faded since';

CREATE TABLE public.volunteer_weeks (
    volunteer_id uuid NOT NULL,
    week_on date NOT NULL,
    letters smallint NOT NULL,
    cap smallint NOT NULL,
    CONSTRAINT letters_cap CHECK (((letters >= 0) AND (letters <= cap)))
);

CREATE TABLE public.volunteers (
    id uuid NOT NULL,
    number bigint NOT NULL,
    area_id uuid NOT NULL,
    state public.volunteer_state NOT NULL,
    paused_reason public.paused_reason,
    paused_until date,
    adult boolean NOT NULL,
    time_band public.time_band NOT NULL,
    smart_trained boolean DEFAULT false NOT NULL,
    says_is public.says_is,
    comfortable_with public.comfortable_with,
    pair_only boolean DEFAULT false NOT NULL,
    audiences text[] DEFAULT '{}'::text[] NOT NULL,
    languages text[] DEFAULT '{}'::text[] NOT NULL,
    travel_mode public.travel_mode DEFAULT 'bus_train'::text NOT NULL,
    notice public.volunteer_notice DEFAULT 'one_day'::text NOT NULL,
    letters_per_week smallint DEFAULT 2 NOT NULL,
    going_cap smallint DEFAULT 2 NOT NULL,
    further_if_needed boolean DEFAULT false NOT NULL,
    share_number boolean DEFAULT false NOT NULL,
    discreet boolean DEFAULT true NOT NULL,
    windows int4multirange DEFAULT '{}'::int4multirange NOT NULL,
    away datemultirange DEFAULT '{}'::datemultirange NOT NULL,
    checklist jsonb DEFAULT '{}'::jsonb NOT NULL,
    checklist_complete boolean DEFAULT false NOT NULL,
    role_card_version text,
    role_card_on date,
    may_be_asked boolean DEFAULT false NOT NULL,
    email_index bytea,
    email_state public.email_state DEFAULT 'ok'::text NOT NULL,
    details_box bytea,
    conflicts_box bytea,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    change_number integer DEFAULT 0 NOT NULL,
    on_call int4multirange DEFAULT '{}'::int4multirange NOT NULL,
    may_be_rung boolean DEFAULT false NOT NULL,
    CONSTRAINT volunteers_going_cap_check CHECK (((going_cap >= 1) AND (going_cap <= 8))),
    CONSTRAINT volunteers_letters_per_week_check CHECK (((letters_per_week >= 1) AND (letters_per_week <= 7)))
);

COMMENT ON COLUMN public.volunteers.windows IS 'half-open ranges of local week minutes, 0 = Monday 00:00, at most 10080';

COMMENT ON COLUMN public.volunteers.may_be_asked IS 'V1, V2 and V4 in force: the ledger in consents decides, the action that writes there keeps this';

COMMENT ON COLUMN public.volunteers.on_call IS 'when they may be rung: half-open ranges of local week minutes, as in windows; empty is never';

COMMENT ON COLUMN public.volunteers.may_be_rung IS 'V5 in force: the ledger in consents decides, the action that writes there keeps this';

ALTER TABLE public.volunteers ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.volunteers_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.area_outcodes
    ADD CONSTRAINT area_outcodes_pkey PRIMARY KEY (outcode);

ALTER TABLE ONLY public.areas
    ADD CONSTRAINT areas_name_key UNIQUE (name);

ALTER TABLE ONLY public.areas
    ADD CONSTRAINT areas_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ask_decisions
    ADD CONSTRAINT ask_decisions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_thing_id_thing_kind_change_number_key UNIQUE (thing_id, thing_kind, change_number);

ALTER TABLE ONLY public.bars
    ADD CONSTRAINT bars_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT check_ins_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT check_ins_volunteer_id_meeting_id_on_date_key UNIQUE (volunteer_id, meeting_id, on_date);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.coordinator_areas
    ADD CONSTRAINT coordinator_areas_pkey PRIMARY KEY (staff_id, area_id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_newcomer_id_key UNIQUE (newcomer_id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.fellowship_contacts
    ADD CONSTRAINT fellowship_contacts_pkey PRIMARY KEY (area_id, fellowship);

ALTER TABLE ONLY public.follow_ups
    ADD CONSTRAINT follow_ups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.follow_ups
    ADD CONSTRAINT follow_ups_referral_id_occasion_key UNIQUE (referral_id, occasion);

ALTER TABLE ONLY public.geocoder_answers
    ADD CONSTRAINT geocoder_answers_pkey PRIMARY KEY (geocoder, asked);

ALTER TABLE ONLY public.geocoder_turns
    ADD CONSTRAINT geocoder_turns_pkey PRIMARY KEY (geocoder);

ALTER TABLE ONLY public.import_issues
    ADD CONSTRAINT import_issues_pkey PRIMARY KEY (run_id, number);

ALTER TABLE ONLY public.import_runs
    ADD CONSTRAINT import_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ladder_steps
    ADD CONSTRAINT ladder_steps_pkey PRIMARY KEY (referral_id, meeting_number, number);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_about_id_party_id_kind_occasion_revision_key UNIQUE (about_id, party_id, kind, occasion, revision);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_message_id_key UNIQUE (message_id);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_number_key UNIQUE (number);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.meeting_exceptions
    ADD CONSTRAINT meeting_exceptions_pkey PRIMARY KEY (meeting_id, on_date);

ALTER TABLE ONLY public.meeting_history
    ADD CONSTRAINT meeting_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.meeting_hosts
    ADD CONSTRAINT meeting_hosts_pkey PRIMARY KEY (meeting_id);

ALTER TABLE ONLY public.meeting_joins
    ADD CONSTRAINT meeting_joins_pkey PRIMARY KEY (meeting_id);

ALTER TABLE ONLY public.meeting_overrides
    ADD CONSTRAINT meeting_overrides_pkey PRIMARY KEY (meeting_id, field);

ALTER TABLE ONLY public.meeting_placings
    ADD CONSTRAINT meeting_placings_pkey PRIMARY KEY (meeting_id);

ALTER TABLE ONLY public.meeting_reports
    ADD CONSTRAINT meeting_reports_pkey PRIMARY KEY (meeting_id, person_id);

ALTER TABLE ONLY public.meeting_sources
    ADD CONSTRAINT meeting_sources_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.meeting_ways
    ADD CONSTRAINT meeting_ways_pkey PRIMARY KEY (meeting_id);

ALTER TABLE ONLY public.meeting_weeks
    ADD CONSTRAINT meeting_weeks_pkey PRIMARY KEY (meeting_id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_source_id_source_key_key UNIQUE (source_id, source_key);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.offer_options
    ADD CONSTRAINT offer_options_pkey PRIMARY KEY (offer_id, option_id);

ALTER TABLE ONLY public.offer_reasons
    ADD CONSTRAINT offer_reasons_pkey PRIMARY KEY (offer_id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_id_volunteer_id_fellowship_key UNIQUE (id, volunteer_id, fellowship);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_pkey PRIMARY KEY (referral_id, meeting_number, attempt);

ALTER TABLE ONLY public.person_keys
    ADD CONSTRAINT person_keys_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.postcode_loads
    ADD CONSTRAINT postcode_loads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.postcodes
    ADD CONSTRAINT postcodes_pkey PRIMARY KEY (load_id, postcode);

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (counted);

ALTER TABLE ONLY public.referral_options
    ADD CONSTRAINT referral_options_id_meeting_id_fellowship_key UNIQUE (id, meeting_id, fellowship);

ALTER TABLE ONLY public.referral_options
    ADD CONSTRAINT referral_options_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_id_meeting_number_key UNIQUE (id, meeting_number);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_id_provider_id_area_id_key UNIQUE (id, provider_id, area_id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_newcomer_id_key UNIQUE (newcomer_id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_reference_key UNIQUE (reference);

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.source_trials
    ADD CONSTRAINT source_trials_pkey PRIMARY KEY (source_id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_email_index_key UNIQUE (email_index);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.standing_yeses
    ADD CONSTRAINT standing_yeses_pkey PRIMARY KEY (volunteer_id, meeting_id);

ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_pkey PRIMARY KEY (nonce);

ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_pkey PRIMARY KEY (address_hash);

ALTER TABLE ONLY public.switches
    ADD CONSTRAINT switches_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.timers
    ADD CONSTRAINT timers_kind_about_id_due_for_key UNIQUE (kind, about_id, due_for);

ALTER TABLE ONLY public.timers
    ADD CONSTRAINT timers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.volunteer_blocks
    ADD CONSTRAINT volunteer_blocks_pkey PRIMARY KEY (volunteer_id, block);

ALTER TABLE ONLY public.volunteer_fellowships
    ADD CONSTRAINT volunteer_fellowships_pkey PRIMARY KEY (volunteer_id, fellowship);

ALTER TABLE ONLY public.volunteer_reach
    ADD CONSTRAINT volunteer_reach_pkey PRIMARY KEY (volunteer_id, fellowship_no, number);

ALTER TABLE ONLY public.volunteer_tally
    ADD CONSTRAINT volunteer_tally_pkey PRIMARY KEY (volunteer_id);

ALTER TABLE ONLY public.volunteer_weeks
    ADD CONSTRAINT volunteer_weeks_pkey PRIMARY KEY (volunteer_id, week_on);

ALTER TABLE ONLY public.volunteers
    ADD CONSTRAINT volunteers_email_index_key UNIQUE (email_index);

ALTER TABLE ONLY public.volunteers
    ADD CONSTRAINT volunteers_number_key UNIQUE (number);

ALTER TABLE ONLY public.volunteers
    ADD CONSTRAINT volunteers_pkey PRIMARY KEY (id);

CREATE INDEX area_outcodes_by_area ON public.area_outcodes USING btree (area_id);

CREATE INDEX ask_decisions_by_referral ON public.ask_decisions USING btree (referral_id, decided_at);

CREATE INDEX bars_by_newcomer ON public.bars USING btree (newcomer_id) WHERE (ended_at IS NULL);

CREATE INDEX bars_by_provider ON public.bars USING btree (provider_id) WHERE (ended_at IS NULL);

CREATE INDEX bars_by_volunteer ON public.bars USING btree (volunteer_id) WHERE (ended_at IS NULL);

CREATE INDEX consents_by_person ON public.consents USING btree (person_id, purpose, number DESC);

CREATE INDEX coordinator_areas_by_area ON public.coordinator_areas USING btree (area_id);

CREATE INDEX drafts_by_keyworker ON public.drafts USING btree (keyworker_id, updated_at DESC);

CREATE INDEX import_runs_by_source ON public.import_runs USING btree (source_id, started_at DESC);

CREATE INDEX letters_by_about ON public.letters USING btree (about_id, party_id);

CREATE INDEX letters_by_party ON public.letters USING btree (party_id) WHERE ((state)::text = ANY (ARRAY['waiting'::text, 'sending'::text, 'held'::text]));

CREATE INDEX letters_by_referral ON public.letters USING btree (referral_id, created_at);

CREATE INDEX letters_due ON public.letters USING btree (next_at) WHERE ((state)::text = ANY (ARRAY['waiting'::text, 'sending'::text]));

CREATE INDEX links_by_about ON public.links USING btree (about_id, purpose) WHERE (ended_at IS NULL);

CREATE INDEX links_by_letter ON public.links USING btree (letter_id) WHERE (ended_at IS NULL);

CREATE INDEX links_by_party ON public.links USING btree (party_id) WHERE (ended_at IS NULL);

CREATE INDEX matches_by_meeting ON public.matches USING btree (meeting_id, on_date);

CREATE INDEX matches_by_volunteer ON public.matches USING btree (volunteer_id, starts_at);

CREATE UNIQUE INDEX matches_one_for_each_offer ON public.matches USING btree (offer_id) WHERE ((state)::text <> 'cancelled'::text);

CREATE UNIQUE INDEX matches_one_for_each_seat ON public.matches USING btree (referral_id, meeting_number, seat) WHERE ((state)::text <> ALL (ARRAY['cancelled'::text, 'missed'::text]));

CREATE UNIQUE INDEX matches_two_people ON public.matches USING btree (referral_id, meeting_number, volunteer_id) WHERE ((state)::text <> ALL (ARRAY['cancelled'::text, 'missed'::text]));

CREATE INDEX meeting_exceptions_by_date ON public.meeting_exceptions USING btree (on_date);

CREATE INDEX meeting_history_by_meeting ON public.meeting_history USING btree (meeting_id, id);

CREATE INDEX meeting_placings_by_load ON public.meeting_placings USING btree (load_id);

CREATE INDEX meeting_sources_due ON public.meeting_sources USING btree (next_fetch_at) WHERE (next_fetch_at IS NOT NULL);

CREATE INDEX meetings_by_area ON public.meetings USING btree (area_id, fellowship, iso_weekday);

CREATE INDEX meetings_by_outcode ON public.meetings USING btree (outcode);

CREATE INDEX meetings_by_place ON public.meetings USING gist (location) WHERE ((status)::text = ANY (ARRAY['active'::text, 'unconfirmed'::text]));

CREATE INDEX meetings_by_town ON public.meetings USING btree (lower(town)) WHERE ((status)::text = ANY (ARRAY['active'::text, 'unconfirmed'::text, 'temporarily_closed'::text]));

CREATE INDEX meetings_found_by_place ON public.meetings USING gist (location) INCLUDE (id, timezone, week_minute, fellowship, finder_marks) WHERE ((status)::text = ANY (ARRAY['active'::text, 'unconfirmed'::text, 'temporarily_closed'::text]));

CREATE INDEX meetings_found_by_start ON public.meetings USING btree (fellowship, timezone, week_minute) INCLUDE (id, finder_marks) WHERE ((status)::text = ANY (ARRAY['active'::text, 'unconfirmed'::text, 'temporarily_closed'::text]));

CREATE INDEX meetings_placed_roughly ON public.meetings USING btree (source_id) WHERE (((place_precision)::text = ANY (ARRAY['sector'::text, 'outcode'::text, 'town'::text, 'none'::text])) OR (radius_m > 500));

CREATE INDEX offer_options_by_option ON public.offer_options USING btree (option_id);

CREATE INDEX offers_beside ON public.offers USING btree (beside) WHERE (beside IS NOT NULL);

CREATE INDEX offers_by_referral ON public.offers USING btree (referral_id, meeting_number);

CREATE INDEX offers_by_volunteer ON public.offers USING btree (volunteer_id, created_at DESC);

CREATE INDEX offers_instead_of ON public.offers USING btree (instead_of) WHERE (instead_of IS NOT NULL);

CREATE UNIQUE INDEX offers_one_call_for_each ON public.offers USING btree (referral_id) WHERE (by_telephone AND ((state)::text = 'sent'::text));

CREATE UNIQUE INDEX offers_one_call_to_each ON public.offers USING btree (volunteer_id) WHERE (by_telephone AND ((state)::text = 'sent'::text));

CREATE UNIQUE INDEX offers_one_live ON public.offers USING btree (referral_id, meeting_number, volunteer_id) WHERE ((state)::text = ANY (ARRAY['queued'::text, 'sent'::text, 'expired'::text]));

CREATE INDEX offers_open ON public.offers USING btree (volunteer_id) WHERE ((state)::text = ANY (ARRAY['queued'::text, 'sent'::text]));

CREATE INDEX options_by_meeting ON public.referral_options USING btree (meeting_id, on_date);

CREATE UNIQUE INDEX options_once ON public.referral_options USING btree (referral_id, meeting_number, meeting_id, on_date) WHERE ((state)::text <> 'lost'::text);

CREATE UNIQUE INDEX options_three_at_most ON public.referral_options USING btree (referral_id, meeting_number, rank) WHERE ((state)::text <> 'lost'::text);

CREATE UNIQUE INDEX outcomes_gone_to_once ON public.outcomes USING btree (referral_id, meeting_number) WHERE ((went)::text <> 'no'::text);

CREATE UNIQUE INDEX postcode_loads_one_of_each ON public.postcode_loads USING btree (state) WHERE ((state)::text <> 'ended'::text);

CREATE INDEX referrals_by_keyworker ON public.referrals USING btree (keyworker_id, submitted_at DESC);

CREATE INDEX referrals_by_own_reference ON public.referrals USING btree (provider_id, own_reference_index);

CREATE INDEX referrals_open ON public.referrals USING btree (area_id) WHERE (closed_at IS NULL);

CREATE INDEX sign_in_codes_by_address ON public.sign_in_codes USING btree (address_hash, created_at);

CREATE INDEX sign_in_codes_by_browser ON public.sign_in_codes USING btree (browser_hash, expires_at);

CREATE INDEX sign_ins_by_staff ON public.sign_ins USING btree (staff_id) WHERE (ended_at IS NULL);

CREATE INDEX staff_by_provider ON public.staff USING btree (provider_id);

CREATE INDEX submissions_by_age ON public.submissions USING btree (at);

CREATE INDEX tasks_by_area ON public.tasks USING btree (area_id, opened_at) WHERE ((state)::text = 'open'::text);

CREATE INDEX tasks_by_referral ON public.tasks USING btree (referral_id);

CREATE INDEX tasks_by_staff ON public.tasks USING btree (staff_id, opened_at) WHERE ((state)::text = 'open'::text);

CREATE UNIQUE INDEX tasks_one_open ON public.tasks USING btree (kind, about_id) WHERE ((state)::text = 'open'::text);

CREATE INDEX timers_by_referral ON public.timers USING btree (referral_id) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX timers_due ON public.timers USING btree (due_at) WHERE ((state)::text = ANY (ARRAY['waiting'::text, 'running'::text]));

CREATE INDEX volunteer_reach_by_place ON public.volunteer_reach USING gist (reach_at) INCLUDE (volunteer_id, ready, windows, away, says_is, comfortable_with, notice, languages, role_card_version, letters_per_week, going_cap, roster_number);

CREATE INDEX volunteer_reach_further ON public.volunteer_reach USING gist (further_at) WHERE further;

CREATE INDEX volunteers_by_area ON public.volunteers USING btree (area_id, state);

CREATE INDEX volunteers_may_be_rung ON public.volunteers USING btree (id) WHERE may_be_rung;

CREATE TRIGGER audit_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consents_are_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.consents FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER matches_audit AFTER INSERT OR UPDATE OF state ON public.matches FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER matches_check_pair BEFORE INSERT ON public.matches FOR EACH ROW EXECUTE FUNCTION public.check_pair();

CREATE TRIGGER matches_numbers BEFORE INSERT OR UPDATE OF state ON public.matches FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER matches_one_occurrence BEFORE INSERT ON public.matches FOR EACH ROW EXECUTE FUNCTION public.check_one_occurrence();

CREATE TRIGGER matches_who_says BEFORE UPDATE OF state ON public.matches FOR EACH ROW WHEN ((((new.state)::text = ANY (ARRAY['met'::text, 'missed'::text])) AND ((old.state)::text IS DISTINCT FROM (new.state)::text))) EXECUTE FUNCTION public.check_who_says();

CREATE TRIGGER offers_audit AFTER INSERT OR UPDATE OF state ON public.offers FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER offers_check_pair BEFORE INSERT ON public.offers FOR EACH ROW EXECUTE FUNCTION public.check_pair();

CREATE TRIGGER offers_never_a_broadcast AFTER INSERT OR UPDATE OF state ON public.offers FOR EACH ROW WHEN (((new.state)::text = ANY (ARRAY['queued'::text, 'sent'::text]))) EXECUTE FUNCTION public.check_not_a_broadcast();

CREATE TRIGGER offers_numbers BEFORE INSERT OR UPDATE OF state ON public.offers FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER outcomes_who_says BEFORE INSERT OR UPDATE ON public.outcomes FOR EACH ROW EXECUTE FUNCTION public.check_who_says();

CREATE TRIGGER referrals_audit AFTER INSERT OR UPDATE OF state ON public.referrals FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER referrals_ladder_anew BEFORE UPDATE OF meeting_number ON public.referrals FOR EACH ROW WHEN (((new.meeting_number)::smallint <> (old.meeting_number)::smallint)) EXECUTE FUNCTION public.begin_ladder_anew();

CREATE TRIGGER referrals_numbers BEFORE INSERT OR UPDATE OF state ON public.referrals FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER staff_audit AFTER INSERT OR UPDATE OF state ON public.staff FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER staff_numbers BEFORE INSERT OR UPDATE OF state ON public.staff FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER tasks_audit AFTER INSERT OR UPDATE OF state ON public.tasks FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER tasks_numbers BEFORE INSERT OR UPDATE OF state ON public.tasks FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER volunteer_reach_answers BEFORE INSERT ON public.volunteer_reach FOR EACH ROW EXECUTE FUNCTION public.copy_answers_to_reach();

CREATE TRIGGER volunteers_audit AFTER INSERT OR UPDATE OF state ON public.volunteers FOR EACH ROW EXECUTE FUNCTION public.audit_change();

CREATE TRIGGER volunteers_numbers BEFORE INSERT OR UPDATE OF state ON public.volunteers FOR EACH ROW EXECUTE FUNCTION public.number_change();

CREATE TRIGGER volunteers_spread_answers AFTER UPDATE OF state, may_be_asked, checklist_complete, email_state, windows, away, says_is, comfortable_with, notice, languages, role_card_version, letters_per_week, going_cap, further_if_needed ON public.volunteers FOR EACH ROW EXECUTE FUNCTION public.spread_answers_to_reach();

ALTER TABLE ONLY public.area_outcodes
    ADD CONSTRAINT area_outcodes_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.ask_decisions
    ADD CONSTRAINT ask_decisions_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.bars
    ADD CONSTRAINT bars_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.bars
    ADD CONSTRAINT bars_other_volunteer_id_fkey FOREIGN KEY (other_volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.bars
    ADD CONSTRAINT bars_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.bars
    ADD CONSTRAINT bars_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT check_ins_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT check_ins_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.coordinator_areas
    ADD CONSTRAINT coordinator_areas_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.coordinator_areas
    ADD CONSTRAINT coordinator_areas_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_keyworker_id_fkey FOREIGN KEY (keyworker_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_newcomer_id_fkey FOREIGN KEY (newcomer_id) REFERENCES public.person_keys(person_id);

ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.fellowship_contacts
    ADD CONSTRAINT fellowship_contacts_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.follow_ups
    ADD CONSTRAINT follow_ups_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.import_issues
    ADD CONSTRAINT import_issues_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.import_runs(id);

ALTER TABLE ONLY public.import_runs
    ADD CONSTRAINT import_runs_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.meeting_sources(id);

ALTER TABLE ONLY public.ladder_steps
    ADD CONSTRAINT ladder_steps_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_offer_id_volunteer_id_fellowship_fkey FOREIGN KEY (offer_id, volunteer_id, fellowship) REFERENCES public.offers(id, volunteer_id, fellowship);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_option_id_meeting_id_fellowship_fkey FOREIGN KEY (option_id, meeting_id, fellowship) REFERENCES public.referral_options(id, meeting_id, fellowship);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_referral_id_provider_id_area_id_fkey FOREIGN KEY (referral_id, provider_id, area_id) REFERENCES public.referrals(id, provider_id, area_id);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.meeting_exceptions
    ADD CONSTRAINT meeting_exceptions_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.meeting_exceptions
    ADD CONSTRAINT meeting_exceptions_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_history
    ADD CONSTRAINT meeting_history_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.meeting_history
    ADD CONSTRAINT meeting_history_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_history
    ADD CONSTRAINT meeting_history_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.import_runs(id);

ALTER TABLE ONLY public.meeting_hosts
    ADD CONSTRAINT meeting_hosts_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.meeting_hosts
    ADD CONSTRAINT meeting_hosts_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_hosts
    ADD CONSTRAINT meeting_hosts_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.meeting_joins
    ADD CONSTRAINT meeting_joins_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_overrides
    ADD CONSTRAINT meeting_overrides_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.meeting_overrides
    ADD CONSTRAINT meeting_overrides_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_placings
    ADD CONSTRAINT meeting_placings_load_id_fkey FOREIGN KEY (load_id) REFERENCES public.postcode_loads(id);

ALTER TABLE ONLY public.meeting_placings
    ADD CONSTRAINT meeting_placings_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_reports
    ADD CONSTRAINT meeting_reports_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_sources
    ADD CONSTRAINT meeting_sources_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.meeting_ways
    ADD CONSTRAINT meeting_ways_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.meeting_ways
    ADD CONSTRAINT meeting_ways_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meeting_weeks
    ADD CONSTRAINT meeting_weeks_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.meetings
    ADD CONSTRAINT meetings_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.meeting_sources(id);

ALTER TABLE ONLY public.offer_options
    ADD CONSTRAINT offer_options_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES public.offers(id);

ALTER TABLE ONLY public.offer_options
    ADD CONSTRAINT offer_options_option_id_fkey FOREIGN KEY (option_id) REFERENCES public.referral_options(id);

ALTER TABLE ONLY public.offer_reasons
    ADD CONSTRAINT offer_reasons_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES public.offers(id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_beside_volunteer_id_fellowship_fkey FOREIGN KEY (beside, volunteer_id, fellowship) REFERENCES public.offers(id, volunteer_id, fellowship);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_instead_of_fkey FOREIGN KEY (instead_of) REFERENCES public.matches(id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_referral_id_provider_id_area_id_fkey FOREIGN KEY (referral_id, provider_id, area_id) REFERENCES public.referrals(id, provider_id, area_id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_volunteer_id_fellowship_fkey FOREIGN KEY (volunteer_id, fellowship) REFERENCES public.volunteer_fellowships(volunteer_id, fellowship);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT one_meeting_at_a_time FOREIGN KEY (referral_id, ahead_number) REFERENCES public.referrals(id, meeting_number);

ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.referral_options
    ADD CONSTRAINT referral_options_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.referral_options
    ADD CONSTRAINT referral_options_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_keyworker_id_fkey FOREIGN KEY (keyworker_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.sign_in_codes
    ADD CONSTRAINT sign_in_codes_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.source_trials
    ADD CONSTRAINT source_trials_by_staff_fkey FOREIGN KEY (by_staff) REFERENCES public.staff(id);

ALTER TABLE ONLY public.source_trials
    ADD CONSTRAINT source_trials_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.meeting_sources(id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_id_fkey FOREIGN KEY (id) REFERENCES public.person_keys(person_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.standing_yeses
    ADD CONSTRAINT standing_yeses_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.standing_yeses
    ADD CONSTRAINT standing_yeses_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_match_id_fkey FOREIGN KEY (match_id) REFERENCES public.matches(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.meetings(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.timers
    ADD CONSTRAINT timers_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES public.referrals(id);

ALTER TABLE ONLY public.volunteer_blocks
    ADD CONSTRAINT volunteer_blocks_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.volunteer_fellowships
    ADD CONSTRAINT volunteer_fellowships_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.volunteer_reach
    ADD CONSTRAINT volunteer_reach_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.volunteer_tally
    ADD CONSTRAINT volunteer_tally_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.volunteer_weeks
    ADD CONSTRAINT volunteer_weeks_volunteer_id_fkey FOREIGN KEY (volunteer_id) REFERENCES public.volunteers(id);

ALTER TABLE ONLY public.volunteers
    ADD CONSTRAINT volunteers_area_id_fkey FOREIGN KEY (area_id) REFERENCES public.areas(id);

ALTER TABLE ONLY public.volunteers
    ADD CONSTRAINT volunteers_id_fkey FOREIGN KEY (id) REFERENCES public.person_keys(person_id) DEFERRABLE INITIALLY DEFERRED;
