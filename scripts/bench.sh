#!/usr/bin/env bash
# What protection costs: POST /payments with a fresh key each against the same handler without a key
# (/unprotected/payments), in alternating rounds; and replays. Only the ratios carry over to other machines.
#   ROUNDS=5 SECONDS_A_ROUND=5 CONNECTIONS="8 32" make bench
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-5}
seconds=${SECONDS_A_ROUND:-5}
connections=${CONNECTIONS:-8 32}

scripts/setup.sh wrk
swift build -c release --product payments
service="$(swift build -c release --show-bin-path)/payments"
repository=$PWD
. scripts/service.sh

# A fresh embedded PostgreSQL with its durable defaults; enough accounts that payments seldom meet on one row.
cd "$work"
export LOG_LEVEL=error PORT=0 PAYMENTS_BASELINE=1 PAYMENTS_API_TOKENS=bench:bench-token
seeded=$("$service" seed --tenant bench --accounts 1000 --balance 1000000000000)
first=$(sed -n 's/^opened accounts \([0-9]*\) to .*/\1/p' <<<"$seeded")
start_service "$service" serve

# measure WHAT CONNECTIONS: appends "WHAT CONNECTIONS requests/s p50 p99" to the figures
measure() {
    local output
    output=$(RUN="$1-$2-$RANDOM$RANDOM" WHAT=$1 FIRST=$first wrk -t 1 -c "$2" -d "${seconds}s" --latency \
        -s "$repository/scripts/bench.lua" "$url")
    if grep -q 'Non-2xx' <<<"$output"; then
        echo "$output" >&2
        exit 1
    fi
    awk -v what="$1" -v connections="$2" '
        function milliseconds(text) {
            if (text ~ /us$/) return text / 1000
            if (text ~ /ms$/) return text + 0
            return text * 1000
        }
        $1 == "50%" { p50 = milliseconds($2) }
        $1 == "99%" { p99 = milliseconds($2) }
        $1 == "Requests/sec:" { rate = $2 }
        END { print what, connections, rate, p50, p99 }' <<<"$output" | tee -a "$work/figures" >&2
}

echo "round by round: what, connections, requests/s, p50 ms, p99 ms" >&2
for c in $connections; do
    for what in protected unprotected replay; do # warm up: connections, prepared statements, caches
        seconds=1 measure "$what" "$c" 2>/dev/null
    done
done
: >"$work/figures"
for round in $(seq "$rounds"); do
    # Turn and turn about: whoever comes second meets what the first has left behind.
    order='protected unprotected'
    [ $((round % 2)) -eq 1 ] || order='unprotected protected'
    for c in $connections; do
        for what in $order replay; do measure "$what" "$c"; done
    done
done

echo
echo "$(date -u +%Y-%m-%d), $(nproc) cores, $rounds rounds of $seconds s, medians ($(sed -n 's/^model name.*: //p' /proc/cpuinfo 2>/dev/null | head -1))"
printf '%-12s %11s %12s %9s %9s\n' what connections requests/s 'p50 ms' 'p99 ms'
median() { # median WHAT CONNECTIONS COLUMN
    awk -v w="$1" -v c="$2" -v n="$3" '$1 == w && $2 == c { print $n }' "$work/figures" | sort -n |
        awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'
}
for c in $connections; do
    for what in protected unprotected replay; do
        printf '%-12s %11d %12.0f %9.2f %9.2f\n' "$what" "$c" \
            "$(median $what "$c" 3)" "$(median $what "$c" 4)" "$(median $what "$c" 5)"
    done
done
target=0.75
for c in $connections; do
    # The ratio of each round's neighbours, then the median: what the machine does meanwhile hits both.
    ratio=$(awk -v c="$c" '$2 == c { rate[$1] = $3 } $2 == c && $1 == "replay" { print rate["protected"] / rate["unprotected"] }' \
        "$work/figures" | sort -n | awk '{ v[NR] = $1 } END { printf "%.2f", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }')
    verdict=''
    if [ "$c" = 8 ]; then
        verdict=$(awk -v r="$ratio" -v t=$target 'BEGIN { print (r >= t ? "  (target " t ": met)" : "  (target " t ": MISSED)") }')
    fi
    echo "protected / unprotected at $c connections: $ratio$verdict"
done
