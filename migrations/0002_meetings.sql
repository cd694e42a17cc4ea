-- The directory of meetings: what sources say, what people corrected, and what happened to it over time. Nothing here is ever deleted by an import.

-- The words that columns may hold (see 0001).
CREATE DOMAIN feed_format AS text CHECK (VALUE IN ('meeting_guide', 'sheet', 'tsml_csv', 'naws_csv', 'bmlt', 'ukna', 'aagb', 'manual'));
CREATE DOMAIN date_order AS text CHECK (VALUE IN ('dmy', 'mdy'));
CREATE DOMAIN source_state AS text CHECK (VALUE IN ('ok', 'failing', 'quarantined', 'paused'));
CREATE DOMAIN import_outcome AS text CHECK (VALUE IN ('ok', 'quarantined', 'failed', 'not_modified'));
CREATE DOMAIN import_decision AS text CHECK (VALUE IN ('used', 'discarded'));
CREATE DOMAIN issue_severity AS text CHECK (VALUE IN ('rejected', 'warning', 'notice'));
CREATE DOMAIN meeting_schedule AS text CHECK (VALUE IN ('weekly', 'not_weekly', 'by_appointment'));
CREATE DOMAIN meeting_status AS text CHECK (VALUE IN ('active', 'unconfirmed', 'temporarily_closed', 'closed', 'unpublished', 'withdrawn'));
CREATE DOMAIN place_precision AS text CHECK (VALUE IN ('venue', 'postcode', 'sector', 'outcode', 'town', 'none'));
CREATE DOMAIN meeting_audience AS text CHECK (VALUE IN ('open', 'closed', 'unknown'));
CREATE DOMAIN confirmed_how AS text CHECK (VALUE IN ('feed', 'person', 'phone', 'visit'));
CREATE DOMAIN exception_kind AS text CHECK (VALUE IN ('cancelled', 'moved'));
CREATE DOMAIN meeting_report AS text CHECK (VALUE IN ('was_there', 'not_there', 'moved'));

CREATE TABLE meeting_sources (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{2,40}$'),
    area_id uuid REFERENCES areas,
    name text NOT NULL,
    fellowship fellowship_code,
    format feed_format NOT NULL,
    url text,
    timezone text NOT NULL DEFAULT 'Europe/London',
    date_order date_order NOT NULL DEFAULT 'dmy',
    keep_areas text[] NOT NULL DEFAULT '{}',
    interval_h integer NOT NULL DEFAULT 24 CHECK (interval_h >= 6),
    licence_note text NOT NULL DEFAULT '',
    publisher_contact text NOT NULL DEFAULT '',
    may_republish boolean NOT NULL DEFAULT false,
    state source_state NOT NULL DEFAULT 'ok',
    failing_since timestamptz,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    etag text,
    last_modified text,
    last_good_rows integer,
    previewed_at timestamptz,
    next_fetch_at timestamptz,
    failures integer NOT NULL DEFAULT 0,
    lease_id uuid,
    lease_until timestamptz,
    created_at timestamptz NOT NULL,
    CHECK ((format = 'manual') = (fellowship IS NULL)),
    CONSTRAINT fetched_only_after_a_look CHECK (next_fetch_at IS NULL OR (url IS NOT NULL AND previewed_at IS NOT NULL)),
    CHECK ((lease_id IS NULL) = (lease_until IS NULL))
);
CREATE INDEX meeting_sources_due ON meeting_sources (next_fetch_at) WHERE next_fetch_at IS NOT NULL;

-- What was fetched or sent for somebody to look at before it counts: exactly this is used afterwards. One for each source, dropped after a day.
CREATE TABLE source_trials (
    source_id text PRIMARY KEY REFERENCES meeting_sources,
    body bytea NOT NULL,
    sha256 bytea NOT NULL,
    from_file boolean NOT NULL,
    http_status integer,
    etag text,
    last_modified text,
    by_staff uuid NOT NULL REFERENCES staff,
    at timestamptz NOT NULL
);

CREATE TABLE import_runs (
    id uuid PRIMARY KEY,
    source_id text NOT NULL REFERENCES meeting_sources,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    http_status integer,
    bytes bigint,
    sha256 bytea,
    reader bytea,
    fingerprint bytea,
    run import_outcome NOT NULL,
    error_kind text,
    counts jsonb NOT NULL,
    body bytea,
    decided import_decision,
    decided_by uuid
);
CREATE INDEX import_runs_by_source ON import_runs (source_id, started_at DESC);

CREATE TABLE import_issues (
    run_id uuid NOT NULL REFERENCES import_runs,
    number integer NOT NULL,
    row_number integer,
    column_name text,
    source_key text,
    field text,
    code text NOT NULL,
    value text CHECK (length(value) <= 80),
    severity issue_severity NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- The columns hold the effective meeting: what the source said (source_row), with the overrides of people on top.
-- Half of each page stays free: every good run moves the clocks of every row, and a row that stays on its page leaves its nine indexes alone.
CREATE TABLE meetings (
    id uuid PRIMARY KEY,
    source_id text NOT NULL REFERENCES meeting_sources,
    source_key text NOT NULL,
    area_id uuid REFERENCES areas,
    fellowship fellowship_code NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    iso_weekday smallint CHECK (iso_weekday BETWEEN 1 AND 7),
    starts time,
    duration_min integer CHECK (duration_min BETWEEN 1 AND 1440),
    duration_is_assumed boolean NOT NULL DEFAULT true,
    timezone text NOT NULL,
    schedule meeting_schedule NOT NULL,
    status meeting_status NOT NULL,
    attendable boolean NOT NULL,
    needs_human_check boolean NOT NULL,
    in_person boolean NOT NULL,
    online boolean NOT NULL,
    venue text,
    address text,
    formatted_address text,
    town text,
    region text,
    regions text[] NOT NULL DEFAULT '{}',
    postcode text,
    outcode text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    place_precision place_precision NOT NULL DEFAULT 'none',
    radius_m integer,
    conference_url text,
    conference_provider text,
    conference_phone text,
    join_secret_separated boolean NOT NULL DEFAULT false,
    audience meeting_audience NOT NULL,
    audience_note text,
    attributes text[] NOT NULL DEFAULT '{}',
    languages text[] NOT NULL DEFAULT '{}',
    raw_types text[] NOT NULL DEFAULT '{}',
    notes text,
    location_notes text,
    travel_notes text,
    source_url text,
    source_updated timestamptz,
    source_row jsonb NOT NULL,
    content_hash bytea NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    missing_since timestamptz,
    missing_runs integer NOT NULL DEFAULT 0,
    last_confirmed_at timestamptz,
    confirmed_how confirmed_how,
    confirmed_by uuid,
    location point GENERATED ALWAYS AS (point(longitude, latitude)) STORED,
    UNIQUE (source_id, source_key),
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK ((place_precision = 'none') = (latitude IS NULL)),
    CHECK (starts IS NOT NULL OR duration_min IS NULL)
) WITH (fillfactor = 50);
CREATE INDEX meetings_by_place ON meetings USING gist (location) WHERE status IN ('active', 'unconfirmed');
CREATE INDEX meetings_by_area ON meetings (area_id, fellowship, iso_weekday);
CREATE INDEX meetings_by_outcode ON meetings (outcode);

-- Ways into an online meeting: apart from the meeting, with its own right to read.
CREATE TABLE meeting_joins (
    meeting_id uuid PRIMARY KEY REFERENCES meetings,
    details jsonb NOT NULL
);

CREATE TABLE meeting_overrides (
    meeting_id uuid NOT NULL REFERENCES meetings,
    field text NOT NULL,
    value jsonb NOT NULL,
    base_value jsonb NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    by_staff uuid NOT NULL REFERENCES staff,
    at timestamptz NOT NULL,
    until timestamptz,
    conflict_value jsonb,
    PRIMARY KEY (meeting_id, field)
);

CREATE TABLE meeting_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meeting_id uuid NOT NULL REFERENCES meetings,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    at timestamptz NOT NULL,
    run_id uuid REFERENCES import_runs,
    by_staff uuid REFERENCES staff
);
CREATE INDEX meeting_history_by_meeting ON meeting_history (meeting_id, id);

-- Meetings that are not held every week: weeks of the month (1 to 5, -1 the last), every n weeks from a date, or dates. Set by a person only.
CREATE TABLE meeting_weeks (
    meeting_id uuid PRIMARY KEY REFERENCES meetings,
    weeks_of_month smallint[],
    anchor_on date,
    every_weeks smallint CHECK (every_weeks BETWEEN 2 AND 12),
    on_dates date[],
    CHECK (num_nonnulls(weeks_of_month, anchor_on, on_dates) = 1),
    CHECK ((anchor_on IS NULL) = (every_weeks IS NULL))
);

CREATE TABLE meeting_exceptions (
    meeting_id uuid NOT NULL REFERENCES meetings,
    on_date date NOT NULL,
    kind exception_kind NOT NULL,
    starts time,
    venue text,
    note text NOT NULL DEFAULT '',
    by_staff uuid REFERENCES staff,
    at timestamptz NOT NULL,
    PRIMARY KEY (meeting_id, on_date)
);

CREATE TABLE meeting_reports (
    meeting_id uuid NOT NULL REFERENCES meetings,
    person_id uuid NOT NULL,
    on_date date NOT NULL,
    report meeting_report NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (meeting_id, person_id)
);
