#!/usr/bin/env bash
# LibPQ against other clients, on one server with PostgreSQL's durable defaults: the transaction of docs/protocol.md, and a
# million rows streamed. The clients take turns, in the opposite order every other round; only the ratios carry over to other
# machines. Fails when a target is missed.
#   ROUNDS=5 SECONDS_A_ROUND=4 NO_FAIL=1 make bench-libpq
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-5}
seconds=${SECONDS_A_ROUND:-4}

scripts/setup.sh pgbench python3
build=(swift build -c release --package-path Benchmarks)
# Linked as the Dockerfile links services; Apple's systems bring the runtime along.
[ "$(uname)" = Darwin ] || build+=(--static-swift-stdlib)
"${build[@]}" --product ClientBenchmark --explicit-target-dependency-import-check error >&2
libpq="$("${build[@]}" --show-bin-path)/ClientBenchmark"
clients=$PWD/Benchmarks/Clients
migrations=$PWD/migrations
python=$PWD/Benchmarks/.build/python/bin/python
if ! "$python" -c 'import asyncpg, psycopg, uvloop' 2>/dev/null; then
    python3 -m venv Benchmarks/.build/python
    "$python" -m pip install --quiet --disable-pip-version-check asyncpg uvloop 'psycopg[binary]'
fi
. scripts/service.sh

cd "$work"
start_service "$libpq" serve "$work/postgres"
export PGOPTIONS='-c client_min_messages=warning'
database() { psql -X -q -At -v ON_ERROR_STOP=1 "$url" "$@"; }
database -f "$migrations/0001_idempotency_keys.up.sql" -f "$migrations/payments/0001_payments.up.sql" \
    -c "INSERT INTO accounts (tenant, balance, currency) SELECT 'bench', 1e12, 'EUR' FROM generate_series(1, 1000)" \
    -c "CREATE TABLE wide AS SELECT repeat('x', 100) AS text FROM generate_series(1, 1000000)" -c 'VACUUM ANALYZE wide'

# Payments. Each client prints "transactions/s, p50 us, CPU us a transaction".

libpq() { "$libpq" transactions --url "$url" --connections "$1" --seconds "$seconds" "${@:2}"; }
# By PostgresPool.withTransaction: a lease for each transaction, and COMMIT in a round trip of its own.
libpq_pool() { libpq "$1" --through-pool; }
asyncpg() { "$python" "$clients/payment_asyncpg.py" "$url" "$1" "$seconds"; }
psycopg() { "$python" "$clients/payment_psycopg.py" "$url" "$1" "$seconds"; }

text() { printf "%$1s" '' | tr ' ' x; }
values=(-D scope=bench -D fingerprint="$(text 32)" -D headers="$(text 120)" -D body="$(text 250)"
    -D retention=86400 -D amount=1 -D currency=EUR -D status=201)
# Two threads where there are connections for them: on two cores that is pgbench at its best.
pgbench_payments() {
    local log=() threads=2
    if [ "$1" = 1 ]; then # the log is what the median comes from; at 8 connections it would only slow pgbench down
        log=(--log --log-prefix="$work/latencies") threads=1
    fi
    rm -f "$work"/latencies*
    { TIMEFORMAT='cpu %U %S' && time pgbench -n -M prepared -c "$1" -j "$threads" -T "$seconds" "${values[@]}" "${log[@]}" \
        -f "$clients/payment.pgbench" "$url" >pgbench.out 2>pgbench.err; } 2>pgbench.time || { cat pgbench.err >&2; exit 1; }
    local p50='-'
    if [ "$1" = 1 ]; then
        p50=$(awk '{ print $3 }' "$work"/latencies* | sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 2) + 1] }')
    fi
    awk -v p50="$p50" '
        /^tps = / { rate = $3 }
        /actually processed/ { count = $NF }
        $1 == "cpu" { cpu = $2 + $3 }
        END { print rate, p50, cpu * 1e6 / count }' pgbench.out pgbench.time
}

measure() { # measure ROUND WHAT CONNECTIONS: appends "ROUND WHAT CONNECTIONS transactions/s p50 CPU" to the figures
    # The same start for everybody: empty tables, nothing left to write.
    database -c 'TRUNCATE idempotency.keys, payments CASCADE' -c 'VACUUM accounts' -c CHECKPOINT
    echo "$1 $2 $3 $("$2" "$3")" | tee -a figures >&2
}

# A million rows. Each client prints "seconds, MiB".

rows='SELECT text FROM wide'
libpq_rows() { "$libpq" stream --url "$url" "$rows" | awk '{ if ($1 != 1000000) exit 1; print $2, $3 }'; }
# On the wall: what \timing says leaves out the printing.
psql_rows() {
    psql -X -q -v ON_ERROR_STOP=1 "$@" "$url" -c '\set FETCH_COUNT 1000' -c '\echo `date +%s.%N`' -c '\o /dev/null' \
        -c "$rows" -c '\o' -c '\echo `date +%s.%N`' | awk '{ time[NR] = $1 } END { print time[2] - time[1], "-" }'
}
psql_unaligned_rows() { psql_rows -A -t; }

turn() { # turn ROUND WHAT...: in this order or the opposite one, for whoever comes second meets what the first has left behind
    local round=$1 what
    shift
    if [ $((round % 2)) -eq 1 ]; then echo "$@"; else printf '%s\n' "$@" | tac; fi
}

echo "round by round: transactions/s, p50 us, CPU us a transaction; seconds and MiB for a million rows" >&2
for round in $(seq "$rounds"); do
    for what in $(turn "$round" libpq pgbench_payments asyncpg psycopg libpq_pool); do measure "$round" "$what" 8; done
    for what in $(turn "$round" libpq pgbench_payments); do measure "$round" "$what" 1; done
    for what in $(turn "$round" libpq_rows psql_rows psql_unaligned_rows); do
        echo "$round $what 1 $($what)" | tee -a figures >&2
    done
done

median() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'; }
figure() { # figure WHAT CONNECTIONS COLUMN: the median
    awk -v w="$1" -v c="$2" -v n="$3" '$2 == w && $3 == c { print $n }' figures | median
}
ratio() { # ratio WHAT OTHER CONNECTIONS COLUMN: the median of the rounds' ratios; what the machine does meanwhile hits both
    awk -v a="$1" -v b="$2" -v c="$3" -v n="$4" '
        $3 == c && $2 == a { x[$1] = $n }
        $3 == c && $2 == b { y[$1] = $n }
        END { for (round in x) print x[round] / y[round] }' figures | median
}
missed=0
verdict() { # verdict VALUE least|most TARGET
    if awk -v v="$1" -v t="$3" -v sign="$2" 'BEGIN { exit !(sign == "least" ? v >= t : v <= t) }'; then
        echo "(target at $2 $3: met)"
    else
        echo "(target at $2 $3: MISSED)"
        return 1
    fi
}
target() { # target WHAT VALUE FORMAT least|most TARGET
    local said
    said=$(verdict "$2" "$4" "$5") || missed=1
    printf "%s: $3 %s\n" "$1" "$2" "$said"
}

echo
echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo 2>/dev/null | head -1), $(
    database -c 'SHOW server_version'), $rounds rounds of $seconds s, medians"
printf '%-18s %11s %14s %8s %8s\n' client connections transactions/s 'p50 us' 'CPU us'
for what in libpq libpq_pool pgbench_payments asyncpg psycopg; do
    printf '%-18s %11d %14.0f %8s %8.0f\n' "$what" 8 "$(figure $what 8 4)" \
        "$([ $what = pgbench_payments ] && echo - || printf %.0f "$(figure $what 8 5)")" "$(figure $what 8 6)"
done
for what in libpq pgbench_payments; do
    printf '%-18s %11d %14.0f %8.0f %8.0f\n' "$what" 1 "$(figure $what 1 4)" "$(figure $what 1 5)" "$(figure $what 1 6)"
done
target 'LibPQ / pgbench, transactions/s at 8 connections' "$(ratio libpq pgbench_payments 8 4)" %.2f least 0.80
target 'LibPQ / pgbench, p50 at 1 connection' "$(ratio libpq pgbench_payments 1 5)" %.2f most 1.3
target 'LibPQ / asyncpg, transactions/s at 8 connections' "$(ratio libpq asyncpg 8 4)" %.2f least 1.5
printf 'LibPQ / psycopg, transactions/s at 8 connections: %.2f\n' "$(ratio libpq psycopg 8 4)"
target 'LibPQ, CPU us a transaction at 8 connections' "$(figure libpq 8 6)" %.0f most 90
printf 'LibPQ / pgbench, the same: %.2f\n' "$(ratio libpq pgbench_payments 8 6)" # what carries over to other machines
printf '%-18s %11s\n' client 'rows/s'
for what in libpq_rows psql_rows psql_unaligned_rows; do
    printf '%-18s %11.0f\n' "${what%_rows}" "$(awk -v s="$(figure $what 1 4)" 'BEGIN { print 1000000 / s }')"
done
target 'LibPQ / psql, rows/s of a million rows of 100 bytes' "$(ratio psql_rows libpq_rows 1 4)" %.2f least 0.7
printf 'LibPQ / psql -At, the same: %.2f\n' "$(ratio psql_unaligned_rows libpq_rows 1 4)"
target 'LibPQ, MiB of memory for them' "$(figure libpq_rows 1 5)" %.1f most 32
[ "$missed" = 0 ] || [ -n "${NO_FAIL:-}" ]
