-- An area asks by the weighing policy unless its coordinators choose a plain wave (matching 8.8). Until now nobody could choose, so all areas change over.
ALTER TABLE areas ALTER COLUMN policy SET DEFAULT 'product';
UPDATE areas SET policy = 'product' WHERE policy = 'round_robin_wave3_4h';
COMMENT ON COLUMN areas.policy IS 'how people are asked here; the plain waves stand by for a decision that fails';
