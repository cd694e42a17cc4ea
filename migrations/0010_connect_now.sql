-- "Connect now": volunteers who may be rung in this hour, by their own consent. A call is an ask by telephone; who is being rung is nobody else's.

ALTER DOMAIN consent_purpose DROP CONSTRAINT consent_purpose_check;
ALTER DOMAIN consent_purpose ADD CONSTRAINT consent_purpose_check CHECK (VALUE IN ('c1', 'c2', 'c3', 'c4', 'c5', 'v1', 'v2', 'v3', 'v4', 'v5'));

ALTER TABLE volunteers
    ADD COLUMN on_call int4multirange NOT NULL DEFAULT '{}',
    ADD COLUMN may_be_rung boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN volunteers.on_call IS 'when they may be rung: half-open ranges of local week minutes, as in windows; empty is never';
COMMENT ON COLUMN volunteers.may_be_rung IS 'V5 in force: the ledger in consents decides, the action that writes there keeps this';

-- One number at a time: two keyworkers never ring the same person, and one referral never has two numbers out.
CREATE UNIQUE INDEX offers_one_call_to_each ON offers (volunteer_id) WHERE by_telephone AND state = 'sent';
CREATE UNIQUE INDEX offers_one_call_for_each ON offers (referral_id) WHERE by_telephone AND state = 'sent';
CREATE INDEX volunteers_may_be_rung ON volunteers (id) WHERE may_be_rung;
