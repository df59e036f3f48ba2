"""The transaction of PaymentTransaction.swift through psycopg 3, in pipeline mode where it can: four round trips."""

import asyncio

import psycopg
import uvloop
from measurement import BODY, FINGERPRINT, HEADERS, SCOPE, measure, random_account, random_key

KEY = "('00000000-0000-8000-8000-' || %s::text)::uuid"
CLAIM = f"""
INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
VALUES (%s, {KEY}, %s, now() + %s * interval '1 second')
ON CONFLICT (scope, key_id) DO NOTHING"""
LOOK = f"""
SELECT fingerprint, status, headers, body, expires_at <= clock_timestamp()
FROM idempotency.keys WHERE scope = %s AND key_id = {KEY}"""
DEBIT = "UPDATE accounts SET balance = balance - %s WHERE tenant = %s AND id = %s"
INSERT_PAYMENT = """
INSERT INTO payments (tenant, account_id, amount, currency, reference)
VALUES (%s, %s, %s, %s, %s) RETURNING id::text"""
STORE_OUTCOME = f"""
UPDATE idempotency.keys SET status = %s::int2, headers = %s, body = %s
WHERE scope = %s AND key_id = {KEY} AND status IS NULL"""


async def connect(url):
    connection = await psycopg.AsyncConnection.connect(url, prepare_threshold=0)
    await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
    return connection


async def pay(connection):
    key, account = random_key(), random_account()
    async with connection.pipeline():  # BEGIN goes in front of the first statement
        await connection.execute(CLAIM, (SCOPE, key, FINGERPRINT, 86_400.0), binary=True)
        look = await connection.execute(LOOK, (SCOPE, key), binary=True)
    await look.fetchone()
    await connection.execute(DEBIT, (1, SCOPE, account), binary=True)
    payment = await connection.execute(INSERT_PAYMENT, (SCOPE, account, 1, "EUR", key), binary=True)
    await payment.fetchone()
    async with connection.pipeline():
        await connection.execute(STORE_OUTCOME, (201, HEADERS, BODY, SCOPE, key), binary=True)
        await connection.commit()


asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run(measure(connect, pay))
