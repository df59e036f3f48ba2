-- Takes the columns of 0002 away. Rows that need them would be misread afterwards: outcomes that are sealed or no whole
-- answers, and tombstones. They are deleted, and retries of their requests count as new.

DELETE FROM idempotency.keys
WHERE replay_form IS NOT NULL OR sealed_with IS NOT NULL OR tombstone_until IS NOT NULL;

ALTER TABLE idempotency.keys
  DROP COLUMN replay_form,
  DROP COLUMN sealed_with,
  DROP COLUMN tombstone_until;
