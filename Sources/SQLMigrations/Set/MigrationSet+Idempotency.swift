// swift-format-ignore-file
// Written by scripts/embed-migrations.sh from migrations/*.sql. Do not edit.

extension MigrationSet {
    /// The files of `migrations/`, compiled in: a deployed program needs no checkout.
    public static let idempotency = MigrationSet(
        name: "idempotency",
        compiled: [
            "0001_idempotency_keys.down.sql": #"""
-- Forgets every key. A retry that arrives after this runs its work again: stop the service first.

DROP TABLE idempotency.keys;

-- Without CASCADE on purpose: something of yours in this schema stops the migration instead of disappearing with it.
DROP SCHEMA idempotency;

"""#,
            "0001_idempotency_keys.up.sql": #"""
-- The ledger of the engine: one row for each (scope, key), written in the same transaction as the work it
-- stands for. The terms (scope, key, fingerprint, outcome, claim) are those of the protocol's glossary.
--
-- By hand: psql -1 -v ON_ERROR_STOP=1 -f migrations/0001_idempotency_keys.up.sql
-- (then the migrator does not know of it; `idempotency migrate up` is the usual way).

CREATE SCHEMA IF NOT EXISTS idempotency;

CREATE TABLE idempotency.keys (
  -- Who owns the key: tenant or principal. First in the primary key, so that it can be the distribution column
  -- of a sharded table.
  scope        text        NOT NULL,
  -- UUIDv8 from SHA-256(key) or HMAC-SHA-256(key). The raw key is never stored. A uuid costs about a third of
  -- a text key in the index.
  key_id       uuid        NOT NULL,
  -- SHA-256 over the request. Same key with another fingerprint is a mismatch.
  fingerprint  bytea       NOT NULL,
  -- The outcome. status is NULL only inside the claiming transaction: nobody else ever sees such a row.
  status       smallint,
  -- Encoded once by the engine, replayed byte for byte.
  headers      bytea,
  body         bytea,
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- The end of retention. Written by the claim and never by the UPDATE that stores the outcome: that UPDATE then
  -- touches no indexed column and stays HOT.
  expires_at   timestamptz NOT NULL,
  CONSTRAINT keys_pkey PRIMARY KEY (scope, key_id)
) WITH (
  -- Every row is inserted by the claim and updated once with the outcome. A tenth of each page kept free lets
  -- the new version land on the same page, so that the UPDATE writes no index entry.
  fillfactor = 90,

  -- Every request leaves a dead version behind, and the purge deletes whole days of rows. With the default (a fifth
  -- of the table) a table of 10 million keys would collect 2 million dead rows before the first vacuum.
  -- A hundredth, or 1000 rows while the table is small, keeps each vacuum short.
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,

  -- Also after insertions alone: the visibility map stays fresh and freezing is spread over the day instead of
  -- coming as one long anti-wraparound vacuum.
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_vacuum_insert_threshold = 10000,

  -- The planner must see expires_at move: stale statistics turn the purge's index scan into a sequential scan.
  autovacuum_analyze_scale_factor = 0.02,
  autovacuum_analyze_threshold = 1000,

  -- Half of the default pause (2 ms): each vacuum is short but there are many, and they must not fall behind the
  -- requests. Not 0: it still yields to the foreground.
  autovacuum_vacuum_cost_delay = 1,

  -- Bodies over about 2 kB live in the TOAST table, which has its own settings and dies with the same purge.
  toast.autovacuum_vacuum_scale_factor = 0.01,
  toast.autovacuum_vacuum_threshold = 1000,
  toast.autovacuum_vacuum_cost_delay = 1
);

-- The purge deletes in order of expiry and in batches. It needs this index to find the next batch without
-- reading the live rows. It costs about 85 bytes of WAL a request.
CREATE INDEX keys_expires_at_idx ON idempotency.keys (expires_at);

COMMENT ON SCHEMA idempotency IS 'swift-idempotency: keys and outcomes';
COMMENT ON TABLE idempotency.keys IS 'One row for each (scope, key): the request''s fingerprint and its committed outcome';
COMMENT ON COLUMN idempotency.keys.key_id IS 'UUIDv8 of the hashed key; the raw key is not stored';
COMMENT ON COLUMN idempotency.keys.status IS 'HTTP status of the outcome; NULL only inside the claiming transaction';
COMMENT ON COLUMN idempotency.keys.expires_at IS 'End of retention: from here on the key counts as new and the purge may delete it';

"""#,
            "0002_replays_and_late_retries.down.sql": #"""
-- Takes the columns of 0002 away. Rows that need them would be misread afterwards: outcomes that are sealed or no whole
-- answers, and tombstones. They are deleted, and retries of their requests count as new.

DELETE FROM idempotency.keys
WHERE replay_form IS NOT NULL OR sealed_with IS NOT NULL OR tombstone_until IS NOT NULL;

ALTER TABLE idempotency.keys
  DROP COLUMN replay_form,
  DROP COLUMN sealed_with,
  DROP COLUMN tombstone_until;

"""#,
            "0002_replays_and_late_retries.up.sql": #"""
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

"""#,
        ]
    )
}
