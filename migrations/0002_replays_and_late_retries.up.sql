-- Three columns for what a route's policy may ask of its keys. All are NULL under the default policy and then cost
-- nothing but bits; adding them changes the catalogue only, so that this migration does not read the table.
--
-- By hand: psql -1 -v ON_ERROR_STOP=1 -f migrations/0002_replays_and_late_retries.up.sql

ALTER TABLE idempotency.keys
  -- What the outcome's columns hold: NULL the whole answer, 1 a reference (status, Location, identifier),
  -- 2 nothing that could be repeated. Kept with the row, because the route's policy may have changed since.
  ADD COLUMN replay_form smallint,
  -- The name of the encryption key under which headers and body are sealed; NULL when they are not. Readable, so that an
  -- operator can count the rows that still need a key before it is retired.
  ADD COLUMN sealed_with text,
  -- Until when a retry after the retention is refused; NULL when it counts as new. The purge then keeps the row as a tombstone:
  -- an empty fingerprint and no outcome, with this time as its expires_at.
  ADD COLUMN tombstone_until timestamptz;

COMMENT ON COLUMN idempotency.keys.replay_form IS 'NULL: the whole answer is stored; 1: a reference to its resource; 2: nothing to repeat';
COMMENT ON COLUMN idempotency.keys.sealed_with IS 'Name of the encryption key of headers and body; NULL: stored as they are';
COMMENT ON COLUMN idempotency.keys.tombstone_until IS 'Until when a retry after the retention is refused; NULL: it counts as new';
