-- Drops the sample's data, in the reverse order of the foreign keys.

DROP TABLE refunds;
DROP TABLE payments;
DROP TABLE accounts;
