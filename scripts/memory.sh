#!/usr/bin/env bash
# Memory of the payments service: at rest, and under 200 payments a second for a minute. Fails unless it rests below
# 100 MiB and stays flat.
#   SECONDS_OF_LOAD=60 make memory
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SECONDS_OF_LOAD:-60}
scripts/setup.sh wrk
swift build -c release --product payments
service="$(swift build -c release --show-bin-path)/payments"
repository=$PWD
. scripts/service.sh

cd "$work"
export LOG_LEVEL=error PORT=0 PAYMENTS_API_TOKENS=bench:bench-token
first=$("$service" seed --tenant bench --accounts 1000 --balance 1000000000000 |
    sed -n 's/^opened accounts \([0-9]*\) to .*/\1/p')
start_service "$service" serve
resident() { awk '$1 == "VmRSS:" { printf "%.1f", $2 / 1024 }' "/proc/$pid/status"; }

curl -sS -o /dev/null "$url/ready"
rest=$(resident)
echo "at rest: $rest MiB"

# 11 connections that wait 51 ms and are answered within a few: 200 requests a second and some more.
RUN=memory-$$ WHAT=protected FIRST=$first PAUSE=51 wrk -t 1 -c 11 -d "${seconds}s" -s "$repository/scripts/bench.lua" "$url" \
    >"$work/wrk.log" &
load=$!
warm='' last=''
for second in $(seq "$seconds"); do
    sleep 1
    [ $((second % 5)) -ne 0 ] || { last=$(resident) && echo "after $second s: $last MiB"; }
    [ "$second" -ne 10 ] || warm=$last # pools, caches and prepared statements are full by then
done
wait "$load"
grep -E 'Requests/sec|Non-2xx' "$work/wrk.log" || true

echo "$(date -u +%Y-%m-%d): at rest $rest MiB, after 10 s $warm MiB, after $seconds s $last MiB"
! grep -q 'Non-2xx' "$work/wrk.log" || { echo 'FAILED: some requests were refused' && exit 1; }
awk -v rest="$rest" 'BEGIN { exit !(rest < 100) }' || { echo 'FAILED: 100 MiB or more at rest' && exit 1; }
# A tenth is what malloc's arenas breathe.
awk -v warm="$warm" -v last="$last" 'BEGIN { exit !(last <= warm * 1.1) }' || { echo 'FAILED: it grows' && exit 1; }
echo 'flat'
