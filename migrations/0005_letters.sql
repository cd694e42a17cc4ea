-- What is told and when: frozen letters, timers, links, tasks for people, and the switch that stops all sending.

-- The words that columns may hold (see 0001).
CREATE DOMAIN letter_channel AS text CHECK (VALUE IN ('email', 'print'));
CREATE DOMAIN letter_state AS text CHECK (VALUE IN ('waiting', 'sending', 'sent', 'bounced', 'expired', 'cancelled', 'held'));
CREATE DOMAIN letter_refused AS text CHECK (VALUE IN ('address', 'letter'));
CREATE DOMAIN timer_state AS text CHECK (VALUE IN ('waiting', 'running', 'done', 'cancelled', 'expired', 'held'));
CREATE DOMAIN link_purpose AS text CHECK (VALUE IN ('answer_offer', 'undo_acceptance', 'cannot_come', 'confirm_day', 'check_in', 'pause',
                                                    'reconfirm', 'own_profile', 'calendar', 'give_consent', 'my_plan', 'follow_up'));
CREATE DOMAIN link_party AS text CHECK (VALUE IN ('volunteer', 'newcomer'));
CREATE DOMAIN task_role AS text CHECK (VALUE IN ('keyworker', 'coordinator', 'safeguarding_lead'));
CREATE DOMAIN task_state AS text CHECK (VALUE IN ('open', 'done'));

CREATE TABLE letters (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    about_id uuid NOT NULL,
    party_kind person_kind NOT NULL,
    party_id uuid NOT NULL,
    occasion text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    channel letter_channel NOT NULL,
    referral_id uuid REFERENCES referrals,
    provider_id uuid REFERENCES providers,
    area_id uuid REFERENCES areas,
    message_id text NOT NULL UNIQUE,
    sealed_bytes bytea,
    sealed_to bytea,
    bytes_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    not_after timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    state letter_state NOT NULL,
    lease_id uuid,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    unanswered integer NOT NULL DEFAULT 0,
    last_code text,
    refused letter_refused,
    ended_at timestamptz,
    UNIQUE (about_id, party_id, kind, occasion, revision),
    CHECK (refused IS NULL OR state = 'bounced'),
    CHECK (due_at < not_after),
    CHECK (state <> 'sending' OR lease_id IS NOT NULL),
    CHECK (state IN ('waiting', 'sending', 'held') OR ended_at IS NOT NULL),
    CHECK (state IN ('waiting', 'sending', 'held') OR sealed_bytes IS NULL AND sealed_to IS NULL)
);
COMMENT ON COLUMN letters.refused IS 'what a mail server would not have: the address, which is flagged then, or this letter alone';
CREATE INDEX letters_due ON letters (next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX letters_by_referral ON letters (referral_id, created_at);
CREATE INDEX letters_by_about ON letters (about_id, party_id);
CREATE INDEX letters_by_party ON letters (party_id) WHERE state IN ('waiting', 'sending', 'held');

CREATE TABLE timers (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    about_id uuid NOT NULL,
    referral_id uuid REFERENCES referrals,
    due_for text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL,
    not_after timestamptz NOT NULL,
    state timer_state NOT NULL,
    lease_id uuid,
    leased_until timestamptz,
    unanswered integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    UNIQUE (kind, about_id, due_for)
);
CREATE INDEX timers_due ON timers (due_at) WHERE state IN ('waiting', 'running');
CREATE INDEX timers_by_referral ON timers (referral_id) WHERE state = 'waiting';

CREATE TABLE links (
    token_hash bytea PRIMARY KEY,
    purpose link_purpose NOT NULL,
    party_kind link_party NOT NULL,
    party_id uuid NOT NULL,
    about_id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    letter_id uuid,
    ends_older boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz
);
COMMENT ON COLUMN links.number IS 'the order in which links were made, which two of one instant do not share';
COMMENT ON COLUMN links.letter_id IS 'the letter it stands in; none for one whose letter was never written';
COMMENT ON COLUMN links.ends_older IS 'when its letter leaves, older links of its purpose about the same thing end';
CREATE INDEX links_by_letter ON links (letter_id) WHERE ended_at IS NULL;
CREATE INDEX links_by_about ON links (about_id, purpose) WHERE ended_at IS NULL;
CREATE INDEX links_by_party ON links (party_id) WHERE ended_at IS NULL;

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    reason text NOT NULL DEFAULT '',
    for_role task_role NOT NULL,
    provider_id uuid REFERENCES providers,
    area_id uuid REFERENCES areas,
    staff_id uuid REFERENCES staff,
    about_id uuid NOT NULL,
    referral_id uuid REFERENCES referrals,
    volunteer_id uuid REFERENCES volunteers,
    match_id uuid REFERENCES matches,
    meeting_id uuid REFERENCES meetings,
    letter_id uuid,
    opened_at timestamptz NOT NULL,
    due_at timestamptz,
    state task_state NOT NULL,
    outcome text,
    done_by uuid,
    done_at timestamptz,
    change_number integer NOT NULL DEFAULT 0,
    CHECK ((state = 'done') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX tasks_one_open ON tasks (kind, about_id) WHERE state = 'open';
CREATE INDEX tasks_by_area ON tasks (area_id, opened_at) WHERE state = 'open';
CREATE INDEX tasks_by_staff ON tasks (staff_id, opened_at) WHERE state = 'open';
CREATE INDEX tasks_by_referral ON tasks (referral_id);
CREATE TRIGGER tasks_numbers BEFORE INSERT OR UPDATE OF state ON tasks FOR EACH ROW EXECUTE FUNCTION number_change();
CREATE TRIGGER tasks_audit AFTER INSERT OR UPDATE OF state ON tasks FOR EACH ROW EXECUTE FUNCTION audit_change();

CREATE TABLE switches (
    name text PRIMARY KEY,
    paused_at timestamptz,
    reason text NOT NULL DEFAULT ''
);
INSERT INTO switches (name) VALUES ('sending');

CREATE TABLE suppressions (
    address_hash bytea PRIMARY KEY,
    since timestamptz NOT NULL
);
