-- Places, finer, and for venues only: full postcodes, what a geocoder has answered, and the meetings that were placed by either.

-- The words that columns may hold (see 0001).
CREATE DOMAIN postcode_source AS text CHECK (VALUE IN ('code_point_open', 'ons', 'table'));
CREATE DOMAIN postcode_load_state AS text CHECK (VALUE IN ('loading', 'used', 'ended'));
CREATE DOMAIN geocoder_outcome AS text CHECK (VALUE IN ('asking', 'found', 'nothing', 'refused', 'failed'));
CREATE DOMAIN placing_how AS text CHECK (VALUE IN ('postcode', 'geocoder'));

-- One file of postcode points. A half load is 'loading': it is never looked into, and it becomes 'used' in one transaction.
CREATE TABLE postcode_loads (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    sha256 bytea NOT NULL,
    source postcode_source NOT NULL,
    vintage smallint NOT NULL CHECK (vintage BETWEEN 1990 AND 2100),
    state postcode_load_state NOT NULL,
    batches integer NOT NULL DEFAULT 0,
    postcodes integer NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((state = 'loading') <= (finished_at IS NULL))
);
CREATE UNIQUE INDEX postcode_loads_one_of_each ON postcode_loads (state) WHERE state <> 'ended';

-- No foreign key to the load: looking it up 1.7 million times would cost more than everything else.
CREATE TABLE postcodes (
    load_id smallint NOT NULL,
    postcode text COLLATE "C" NOT NULL,
    spot point NOT NULL,
    PRIMARY KEY (load_id, postcode)
);

-- When the next question may leave, for all processes together.
CREATE TABLE geocoder_turns (
    geocoder text PRIMARY KEY,
    next_at timestamptz NOT NULL,
    failures smallint NOT NULL DEFAULT 0
);

-- What was asked and answered: the address of a venue, as the directory publishes it, and nothing else.
CREATE TABLE geocoder_answers (
    geocoder text NOT NULL,
    asked text NOT NULL CHECK (length(asked) BETWEEN 1 AND 200),
    outcome geocoder_outcome NOT NULL,
    fault text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    radius_m integer,
    label text CHECK (length(label) <= 300),
    tries smallint NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL,
    ask_again_at timestamptz NOT NULL,
    PRIMARY KEY (geocoder, asked),
    CHECK ((outcome IN ('refused', 'failed')) = (fault IS NOT NULL)),
    CHECK ((outcome = 'found') <= (num_nulls(latitude, longitude, radius_m) = 0))
);

-- Meetings that stand somewhere better than their list says. What the list said is kept beside it, to be put back.
CREATE TABLE meeting_placings (
    meeting_id uuid PRIMARY KEY REFERENCES meetings,
    how placing_how NOT NULL,
    source text NOT NULL,
    load_id smallint REFERENCES postcode_loads,
    fault text,
    placed_at timestamptz NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    said_latitude double precision,
    said_longitude double precision,
    said_precision text NOT NULL,
    said_radius_m integer,
    CHECK ((how = 'postcode') = (load_id IS NOT NULL))
);

-- Kilometres between two points, to 0.5 %: enough to tell over 30 from what is meant.
CREATE FUNCTION rough_km(latitude double precision, longitude double precision, spot point) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 111.2 * sqrt((latitude - spot[1]) ^ 2 + ((longitude - spot[0]) * cosd(spot[1])) ^ 2);

-- Why a venue's own point cannot be right, by the names an import has for it; NULL if it can. `spot`: where its postcode lies, if that is known.
CREATE FUNCTION wrong_point(latitude double precision, longitude double precision, spot point, stock_latitudes double precision[],
                            stock_longitudes double precision[], most_km double precision) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN abs(latitude) <= 0.01 AND abs(longitude) <= 0.01 THEN 'invalid_coordinates'
                WHEN EXISTS (SELECT FROM unnest(stock_latitudes, stock_longitudes) AS stock (lat, lon)
                              WHERE abs(latitude - stock.lat) < 0.00001 AND abs(longitude - stock.lon) < 0.00001) THEN 'placeholder_point'
                WHEN rough_km(latitude, longitude, spot) > most_km THEN 'point_far_from_postcode' END;

-- The venues that may be placed better, and what may be asked about them: their addresses as published. A point that a person set stands.
CREATE VIEW venue_places AS
SELECT m.id, m.source_id, m.status, m.postcode, m.latitude, m.longitude, m.place_precision, m.radius_m,
       left(coalesce(m.address || coalesce(', ' || m.town, '') || coalesce(', ' || m.postcode, ''), m.formatted_address), 200) AS asked
  FROM meetings m
 WHERE m.in_person AND m.status NOT IN ('withdrawn', 'closed')
   AND NOT EXISTS (SELECT FROM meeting_overrides o WHERE o.meeting_id = m.id AND o.field = 'point' AND o.value <> 'null');
CREATE INDEX meetings_placed_roughly ON meetings (source_id) WHERE place_precision IN ('sector', 'outcode', 'town', 'none') OR radius_m > 500;
CREATE INDEX meeting_placings_by_load ON meeting_placings (load_id);

-- People are placed by district or sector, never finer: no column that says where they set out may hold a full postcode.
ALTER TABLE referrals ADD CONSTRAINT newcomer_by_sector_at_finest CHECK (travel_from !~* '[0-9]\s*-?\s*[abd-hjlnp-uw-z]{2}\s*$');
ALTER TABLE volunteer_reach ADD CONSTRAINT volunteer_by_sector_at_finest CHECK (label !~* '[0-9]\s*-?\s*[abd-hjlnp-uw-z]{2}\s*$');
