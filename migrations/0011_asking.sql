-- What the weighing policy needs in the tables: that a decision fell back to the plain wave, where somebody's answer is always yes, how often
-- somebody was one of few, and which offers stand in another one's letter.

ALTER TABLE ask_decisions ADD COLUMN fell_back boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ask_decisions.fell_back IS 'the area''s own policy failed, so the plain wave decided';

-- Meetings to which somebody would always go along, as they told their coordinator (matching 7.3). A human still answers each invitation.
CREATE TABLE standing_yeses (
    volunteer_id uuid NOT NULL REFERENCES volunteers,
    meeting_id uuid NOT NULL REFERENCES meetings,
    said_at timestamptz NOT NULL,
    PRIMARY KEY (volunteer_id, meeting_id)
);
COMMENT ON COLUMN standing_yeses.said_at IS 'when they last said so: two invitations there since then, in a row, without a yes, and it counts no more';

-- How often somebody was one of few who could go (matching 2): a sum that fades by .995 with each new referral of their area, reckoned only when it is read.
ALTER TABLE areas ADD COLUMN referrals_begun bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN areas.referrals_begun IS 'how many referrals company was looked for: what scarcity fades by';
ALTER TABLE volunteer_tally ADD COLUMN scarce_number bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN volunteer_tally.scarce_number IS 'areas.referrals_begun when `scarce` was last added to: it has faded since';

-- An offer shown beside another one: in the same letter, or on the page of a yes that came too late (matching 8.3, 8.4). It is no letter of its own.
-- To the same person and of the same fellowship, whatever code asks for it.
ALTER TABLE offers ADD COLUMN beside uuid CHECK (beside <> id);
ALTER TABLE offers ADD FOREIGN KEY (beside, volunteer_id, fellowship) REFERENCES offers (id, volunteer_id, fellowship);
CREATE INDEX offers_beside ON offers (beside) WHERE beside IS NOT NULL;
COMMENT ON COLUMN offers.beside IS 'the offer whose letter or page holds this one too; nothing for an invitation of its own';
