"""What the Python clients share: values as in PaymentTransaction.swift, and what is measured."""

import asyncio
import random
import resource
import sys
import time

SCOPE = "bench"
FINGERPRINT = b"x" * 32
HEADERS = b"x" * 120
BODY = b"x" * 250


def random_key():
    return str(random.randint(100_000_000_000, 999_999_999_999))


def random_account():
    return random.randint(1, 1000)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def repeat(pay, connection, end, latencies):
    now = time.perf_counter()
    while now < end:
        await pay(connection)
        later = time.perf_counter()
        latencies.append(later - now)
        now = later


async def measure(connect, pay):
    """Arguments of the program: URL, connections, seconds. Prints "transactions/s, p50 us, CPU us a transaction"."""
    url, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    connections = [await connect(url) for _ in range(count)]

    async def run(seconds):
        latencies = []
        end = time.perf_counter() + seconds
        await asyncio.gather(*(repeat(pay, c, end, latencies) for c in connections))
        return latencies

    await run(0.3)  # prepares
    cpu, start = cpu_seconds(), time.perf_counter()
    latencies = sorted(await run(seconds))
    elapsed, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    print(len(latencies) / elapsed, latencies[len(latencies) // 2] * 1e6, cpu * 1e6 / len(latencies))
    for connection in connections:
        await connection.close()
