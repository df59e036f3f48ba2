"""The transaction of PaymentTransaction.swift through asyncpg, which has no pipeline: seven round trips."""

import asyncpg
import uvloop
from measurement import BODY, FINGERPRINT, HEADERS, SCOPE, measure, random_account, random_key

KEY = "('00000000-0000-8000-8000-' || {}::text)::uuid"
CLAIM = f"""
INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
VALUES ($1, {KEY.format("$2")}, $3, now() + $4 * interval '1 second')
ON CONFLICT (scope, key_id) DO NOTHING"""
LOOK = f"""
SELECT fingerprint, status, headers, body, expires_at <= clock_timestamp()
FROM idempotency.keys WHERE scope = $1 AND key_id = {KEY.format("$2")}"""
DEBIT = "UPDATE accounts SET balance = balance - $1 WHERE tenant = $2 AND id = $3"
INSERT_PAYMENT = """
INSERT INTO payments (tenant, account_id, amount, currency, reference)
VALUES ($1, $2, $3, $4, $5) RETURNING id::text"""
STORE_OUTCOME = f"""
UPDATE idempotency.keys SET status = $1::int2, headers = $2, body = $3
WHERE scope = $4 AND key_id = {KEY.format("$5")} AND status IS NULL"""


async def pay(connection):
    key, account = random_key(), random_account()
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(CLAIM, SCOPE, key, FINGERPRINT, 86_400.0)
        await connection.fetchrow(LOOK, SCOPE, key)
        await connection.execute(DEBIT, 1, SCOPE, account)
        await connection.fetchval(INSERT_PAYMENT, SCOPE, account, 1, "EUR", key)
        await connection.execute(STORE_OUTCOME, 201, HEADERS, BODY, SCOPE, key)


uvloop.run(measure(asyncpg.connect, pay))
