#!/usr/bin/env bash
# The story of the README, told with curl against the real service. Every step is checked; the exit code tells.
#   ONCE=1   end after the story instead of leaving the service running
#   PORT=N   where the service listens (default 8080; with ONCE=1 any free port)
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product payments
service="$(swift build -c release --show-bin-path)/payments"
. scripts/service.sh
run=$(date +%s)-$$
port=${PORT:-$([ -n "${ONCE:-}" ] && echo 0 || echo 8080)}
acme='Authorization: Bearer acme-token'
globex='Authorization: Bearer globex-token'
failed=0

# --- telling -------------------------------------------------------------------------------------------------------------
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
check() { # check DESCRIPTION COMMAND...: says whether the step behaved
    local what=$1
    shift
    if "$@"; then printf '   ok: %s\n' "$what"; else printf '   FAILED: %s\n' "$what" && failed=1; fi
}

start() { start_service env LOG_LEVEL="${LOG_LEVEL:-warning}" PORT="$port" "$service"; }

# request NAME CURL-ARGS...: shows the request and its answer; keeps status, headers and body under NAME
request() {
    local name=$1
    shift
    printf '   $ curl'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9:/._=?-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    status=$(curl -sS --max-time 10 -D "$work/$name.head" -o "$work/$name.body" -w '%{http_code}' "$@")
    printf '%s' "$status" >"$work/$name.status"
    grep -iE '^(HTTP|content-type|location|retry-after|idempotent-replayed)' "$work/$name.head" | sed 's/^/   < /'
    sed 's/^/   < /' "$work/$name.body"
    printf '\n'
}
pay() { # pay NAME KEY BODY [TENANT]
    request "$1" -X POST "$url/payments" -H "${4:-$acme}" -H "Idempotency-Key: $2" \
        -H 'Content-Type: application/json' -d "$3"
}
status_is() { [ "$(cat "$work/$1.status")" = "$2" ]; }
same_bytes() { cmp -s "$work/$1.body" "$work/$2.body"; }
replayed() { grep -qi '^idempotent-replayed: true' "$work/$1.head"; }
not() { ! "$@"; }
# From what was stored: payments of a reference, balance of an account.
payments_of() { curl -sS "$url/payments?reference=$1" -H "${2:-$acme}" | grep -o '"id"' | wc -l; }
balance_of() { curl -sS "$url/accounts/$1" -H "$acme" | sed 's/.*"balance":\(-\{0,1\}[0-9]*\).*/\1/'; }
equals() { [ "$1" = "$2" ]; }

# --- the story -----------------------------------------------------------------------------------------------------------
start
echo "payments is running at $url (process $pid)"

title '1. Pay.'
order='{"account_id": 42, "amount": 1250, "currency": "EUR", "reference": "order-'$run'"}'
pay first "pay-$run" "$order"
check 'answered 201' status_is first 201
check 'this is no replay' not replayed first

title '2. The answer got lost on the way; the client retries with the same key.'
pay retry "pay-$run" "$order"
check 'answered 201 again' status_is retry 201
check 'the same bytes' same_bytes first retry
check 'marked Idempotent-Replayed: true' replayed retry
check 'one payment' equals "$(payments_of "order-$run")" 1

title '3. A double-click, twenty times over: 20 requests with one key at the same moment.'
double='{"account_id": 42, "amount": 300, "currency": "EUR", "reference": "double-'$run'"}'
export work url acme double run
seq 20 | xargs -P 20 -I{} sh -c 'curl -sS --max-time 10 -o "$work/double-{}.body" -w "%{http_code}\n" \
    -X POST "$url/payments" -H "$acme" -H "Idempotency-Key: double-$run" -H "Content-Type: application/json" \
    -d "$double"' >"$work/double.statuses"
printf '   < %s\n' "$(sort "$work/double.statuses" | uniq -c | sed 's/^ *//; s/ / x /')"
printf '   < %s\n   < the same in all answers\n' "$(cat "$work/double-1.body")"
check 'all twenty answered 201' equals "$(sort -u "$work/double.statuses")" 201
check 'one payment' equals "$(payments_of "double-$run")" 1
check 'equal bodies' equals "$(for n in $(seq 20); do cksum <"$work/double-$n.body"; done | sort -u | wc -l)" 1

title '4. The same key with a changed body is a mistake of the client.'
pay changed "pay-$run" "${order/1250/9999}"
check 'answered 422' status_is changed 422

title '5. A payment without a key is refused.'
request keyless -X POST "$url/payments" -H "$acme" -H 'Content-Type: application/json' -d "$order"
check 'answered 400' status_is keyless 400

title '6. Another tenant may use the same key: it is a key of its own.'
pay other "pay-$run" "${order/42/142}" "$globex"
check 'answered 201' status_is other 201
check 'this is no replay' not replayed other
check 'a payment of its own' not same_bytes first other

title '7. Declined: too little money. The refusal is remembered, the balance is untouched.'
before=$(balance_of 43)
declined='{"account_id": 43, "amount": '$((before + 1))', "currency": "EUR"}'
pay declined "declined-$run" "$declined"
check 'answered 402' status_is declined 402
pay declined-again "declined-$run" "$declined"
check 'answered 402 again' status_is declined-again 402
check 'from memory' replayed declined-again
check 'the same bytes' same_bytes declined declined-again
check "the balance is still $before" equals "$(balance_of 43)" "$before"

title '8. kill -9 in the middle of 200 payments; start again; the clients retry.'
before=$(balance_of 44)
cat >"$work/pay-one" <<'EOF'
#!/bin/sh
# One client: its key is its reference.
curl -sS --max-time 5 -o "$work/crash-$1.body" -w "%{http_code}" -X POST "$url/payments" -H "$acme" \
    -H "Idempotency-Key: crash-$run-$1" -H 'Content-Type: application/json' \
    -d '{"account_id": 44, "amount": 1, "currency": "EUR", "reference": "crash-'"$run-$1"'"}' \
    >"$work/crash-$1.status" 2>/dev/null || true
EOF
chmod +x "$work/pay-one"
seq 200 | xargs -P 20 -n 1 "$work/pay-one" &
clients=$!
answered() { grep -l 201 "$work"/crash-*.status 2>/dev/null | wc -l; }
for _ in $(seq 500); do [ "$(answered)" -lt 40 ] || break; sleep 0.01; done
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
wait "$clients"
echo "   killed process $pid: $(answered) of 200 clients had their answer"
for file in "$work"/crash-*.body; do cp "$file" "$file.first"; done
check 'some clients had no answer' test "$(answered)" -lt 200
for n in $(seq 200); do cp "$work/crash-$n.status" "$work/crash-$n.status.first"; done
start
echo "   started again as process $pid"
export url
seq 200 | xargs -P 20 -n 1 "$work/pay-one"
check 'every retry answered 201' equals "$(answered)" 200
wrong=0 changed=0
for n in $(seq 200); do
    [ "$(payments_of "crash-$run-$n")" = 1 ] || wrong=$((wrong + 1))
    if grep -q 201 "$work/crash-$n.status.first" && ! cmp -s "$work/crash-$n.body" "$work/crash-$n.body.first"; then
        changed=$((changed + 1))
    fi
done
check 'exactly one payment a key' equals "$wrong" 0
check 'who had an answer got the same bytes again' equals "$changed" 0
check "the balance fell by 200, from $before to $(balance_of 44)" equals "$(balance_of 44)" "$((before - 200))"

title "$([ "$failed" = 0 ] && echo 'Every step behaved.' || echo 'A step did NOT behave; see FAILED above.')"
[ -z "${ONCE:-}" ] || exit "$failed"
cat <<EOF

The service is running at $url until Ctrl-C. Try it:
   curl -i -X POST $url/payments -H '$acme' -H 'Idempotency-Key: my-key' \\
        -H 'Content-Type: application/json' -d '{"account_id": 1, "amount": 100, "currency": "EUR"}'
   curl $url/docs/idempotency
EOF
wait "$pid"
