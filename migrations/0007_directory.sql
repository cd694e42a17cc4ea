-- Finding a meeting: its start as a minute of the week and its marks as bits, so that 100,000 are searched in one index; who hosts it; the way there.

-- Minute of the local week (Monday 00:00 = 0) for a meeting that is simply held each week; NULL where its next date takes more than that to know.
ALTER TABLE meetings ADD COLUMN week_minute integer GENERATED ALWAYS AS (
    CASE WHEN schedule = 'weekly' AND status IN ('active', 'unconfirmed')
         THEN (iso_weekday - 1) * 1440 + date_part('hour', starts)::integer * 60 + date_part('minute', starts)::integer END) STORED;

-- The bits of domain/finding.py (Mark), which a test compares.
ALTER TABLE meetings ADD COLUMN finder_marks integer NOT NULL GENERATED ALWAYS AS (
    CASE WHEN in_person THEN 1 ELSE 0 END + CASE WHEN online THEN 2 ELSE 0 END
    + CASE WHEN audience = 'open' THEN 4 ELSE 0 END + CASE WHEN audience = 'closed' THEN 8 ELSE 0 END
    + CASE WHEN 'newcomer' = ANY (attributes) THEN 16 ELSE 0 END + CASE WHEN 'wheelchair' = ANY (attributes) THEN 32 ELSE 0 END
    + CASE WHEN 'women' = ANY (attributes) THEN 64 ELSE 0 END + CASE WHEN 'men' = ANY (attributes) THEN 128 ELSE 0 END
    + CASE WHEN 'lgbtq' = ANY (attributes) THEN 256 ELSE 0 END + CASE WHEN 'young_people' = ANY (attributes) THEN 512 ELSE 0 END
    + CASE WHEN 'hearing_loop' = ANY (attributes) THEN 1024 ELSE 0 END
    + CASE WHEN 'child_friendly' = ANY (attributes) THEN 2048 ELSE 0 END
    + CASE WHEN 'sign_language' = ANY (attributes) THEN 4096 ELSE 0 END
    + CASE WHEN 'institutional' = ANY (attributes) THEN 8192 ELSE 0 END) STORED;

CREATE INDEX meetings_found_by_place ON meetings USING gist (location) INCLUDE (id, timezone, week_minute, fellowship, finder_marks)
    WHERE status IN ('active', 'unconfirmed', 'temporarily_closed');
CREATE INDEX meetings_found_by_start ON meetings (fellowship, timezone, week_minute) INCLUDE (id, finder_marks)
    WHERE status IN ('active', 'unconfirmed', 'temporarily_closed');
CREATE INDEX meetings_by_town ON meetings (lower(town)) WHERE status IN ('active', 'unconfirmed', 'temporarily_closed');
CREATE INDEX meeting_exceptions_by_date ON meeting_exceptions (on_date);

-- A meeting that is held in a service's own rooms: what its staff must know about the room. Shown to staff only.
CREATE TABLE meeting_hosts (
    meeting_id uuid PRIMARY KEY REFERENCES meetings,
    provider_id uuid NOT NULL REFERENCES providers,
    room_note text NOT NULL DEFAULT '' CHECK (length(room_note) <= 500),
    by_staff uuid NOT NULL REFERENCES staff,
    at timestamptz NOT NULL
);

-- The way to a meeting as a coordinator has written it, step by step, from a stop or another landmark.
CREATE TABLE meeting_ways (
    meeting_id uuid PRIMARY KEY REFERENCES meetings,
    from_where text NOT NULL CHECK (length(from_where) BETWEEN 1 AND 120),
    steps text[] NOT NULL CHECK (cardinality(steps) BETWEEN 1 AND 12),
    by_staff uuid NOT NULL REFERENCES staff,
    at timestamptz NOT NULL
);
