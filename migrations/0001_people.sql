-- Who there is: keys, services, areas, staff, sign-ins, consents; and the audit that every change of state writes by itself.

-- The words that columns may hold, each list once. As domains, not as checks of a table: those are read and worked out anew for every change
-- of a row, whichever column changes, and were a seventh of what an acceptance cost (decision 15).
CREATE DOMAIN person_kind AS text CHECK (VALUE IN ('staff', 'volunteer', 'newcomer'));
CREATE DOMAIN actor_kind AS text CHECK (VALUE IN ('keyworker', 'coordinator', 'provider_lead', 'records_officer', 'safeguarding_lead', 'volunteer',
                                                  'newcomer', 'clock', 'feed', 'operator', 'anonymous'));
CREATE DOMAIN pair_rule AS text CHECK (VALUE IN ('when_asked', 'first_time', 'always'));
CREATE DOMAIN minimum_band AS text CHECK (VALUE IN ('1_to_2', '2_to_5', '5_or_more'));
CREATE DOMAIN team_visibility AS text CHECK (VALUE IN ('own', 'team'));
CREATE DOMAIN asking_policy AS text CHECK (VALUE IN ('round_robin_wave3_4h', 'round_robin_wave3_12h', 'product'));
CREATE DOMAIN fellowship_code AS text CHECK (VALUE IN ('aa', 'ca', 'daa', 'ma', 'na', 'smart', 'alateen', 'alanon', 'fa'));
CREATE DOMAIN staff_role AS text CHECK (VALUE IN ('keyworker', 'coordinator', 'provider_lead', 'records_officer', 'safeguarding_lead'));
CREATE DOMAIN staff_state AS text CHECK (VALUE IN ('active', 'disabled'));
CREATE DOMAIN email_state AS text CHECK (VALUE IN ('ok', 'bounced'));
CREATE DOMAIN consent_purpose AS text CHECK (VALUE IN ('c1', 'c2', 'c3', 'c4', 'c5', 'v1', 'v2', 'v3', 'v4'));
CREATE DOMAIN consent_method AS text CHECK (VALUE IN ('spoken', 'telephone', 'signed', 'own_link', 'paper'));

CREATE TABLE person_keys (
    person_id uuid PRIMARY KEY,
    kind person_kind NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind actor_kind NOT NULL,
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
    CHECK ((to_state IS NULL) = (change_number IS NULL)),
    UNIQUE (thing_id, thing_kind, change_number)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Numbers the changes of state of a row, so that a missing audit row can be found.
CREATE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- Writes the audit row of a change of state. Who acts, why and when is told once for each transaction (store/audit.py);
-- a change by nobody is refused, so that no code path can forget it.
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TABLE providers (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    discreet_name text NOT NULL CHECK (length(discreet_name) BETWEEN 1 AND 40),
    reply_to text NOT NULL,
    telephone text NOT NULL,
    opening_hours text NOT NULL DEFAULT '',
    crisis_line text NOT NULL DEFAULT '',
    reference_hint text NOT NULL DEFAULT '',
    reference_pattern text NOT NULL DEFAULT '',
    fellowships text[] NOT NULL,
    pair_rule pair_rule NOT NULL DEFAULT 'when_asked',
    one_may_go_alone boolean NOT NULL DEFAULT true,
    minimum_band minimum_band NOT NULL DEFAULT '1_to_2',
    team_visibility team_visibility NOT NULL DEFAULT 'own',
    young_people_contact text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
);

CREATE TABLE areas (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
    timezone text NOT NULL DEFAULT 'Europe/London',
    discreet_name text NOT NULL CHECK (length(discreet_name) BETWEEN 1 AND 40),
    reply_to text NOT NULL,
    on_call_telephone text NOT NULL DEFAULT '',
    on_call_hours text NOT NULL DEFAULT '',
    policy asking_policy NOT NULL DEFAULT 'round_robin_wave3_4h',
    created_at timestamptz NOT NULL
);

-- The primary key is the promise: each outcode belongs to at most one area.
CREATE TABLE area_outcodes (
    outcode text PRIMARY KEY CHECK (outcode ~ '^[A-Z]{1,2}[0-9][0-9A-Z]?$'),
    area_id uuid NOT NULL REFERENCES areas
);
CREATE INDEX area_outcodes_by_area ON area_outcodes (area_id);

-- Where to ring and read for each fellowship of an area: kept true by a coordinator.
CREATE TABLE fellowship_contacts (
    area_id uuid NOT NULL REFERENCES areas,
    fellowship fellowship_code NOT NULL,
    web_address text NOT NULL,
    helpline text NOT NULL DEFAULT '',
    checked_on date,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (area_id, fellowship)
);

CREATE TABLE staff (
    id uuid PRIMARY KEY REFERENCES person_keys DEFERRABLE INITIALLY DEFERRED,
    provider_id uuid REFERENCES providers,
    role staff_role NOT NULL,
    state staff_state NOT NULL,
    email_index bytea NOT NULL UNIQUE,
    email_state email_state NOT NULL DEFAULT 'ok',
    details_box bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz NOT NULL,
    change_number integer NOT NULL DEFAULT 0,
    CHECK (role <> 'keyworker' OR provider_id IS NOT NULL)
);
CREATE INDEX staff_by_provider ON staff (provider_id);
CREATE TRIGGER staff_numbers BEFORE INSERT OR UPDATE OF state ON staff FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER staff_audit AFTER INSERT OR UPDATE OF state ON staff FOR EACH ROW EXECUTE FUNCTION audit_change();

CREATE TABLE coordinator_areas (
    staff_id uuid NOT NULL REFERENCES staff,
    area_id uuid NOT NULL REFERENCES areas,
    PRIMARY KEY (staff_id, area_id)
);
CREATE INDEX coordinator_areas_by_area ON coordinator_areas (area_id);

CREATE TABLE sign_ins (
    token_hash bytea PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sign_ins_by_staff ON sign_ins (staff_id) WHERE ended_at IS NULL;

-- A code belongs to the browser that asked for it (its cookie, hashed); tries are counted there, so that no stranger can bar a keyworker.
CREATE TABLE sign_in_codes (
    id uuid PRIMARY KEY,
    staff_id uuid REFERENCES staff,
    browser_hash bytea NOT NULL,
    address_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 10),
    used_at timestamptz
);
CREATE INDEX sign_in_codes_by_browser ON sign_in_codes (browser_hash, expires_at);
CREATE INDEX sign_in_codes_by_address ON sign_in_codes (address_hash, created_at);

-- One row for each thing counted (a keyed hash, never an address); the window begins with its first hit.
CREATE TABLE rate_limits (
    counted bytea PRIMARY KEY,
    window_from timestamptz NOT NULL,
    hits integer NOT NULL
);

CREATE TABLE consents (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    purpose consent_purpose NOT NULL,
    given boolean NOT NULL,
    wording_version text NOT NULL,
    method consent_method NOT NULL,
    actor_id uuid,
    at timestamptz NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX consents_by_person ON consents (person_id, purpose, number DESC);
CREATE TRIGGER consents_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The same form twice is one change: the answer is kept with the form's nonce for a day.
CREATE TABLE submissions (
    nonce text PRIMARY KEY CHECK (length(nonce) BETWEEN 16 AND 64),
    actor_id uuid,
    body_sha256 bytea NOT NULL,
    answer text NOT NULL,
    at timestamptz NOT NULL,
    confirmed_at timestamptz
);
CREATE INDEX submissions_by_age ON submissions (at);
