-- Forgets every key. A retry that arrives after this runs its work again: stop the service first.

DROP TABLE idempotency.keys;

-- Without CASCADE on purpose: something of yours in this schema stops the migration instead of disappearing with it.
DROP SCHEMA idempotency;
