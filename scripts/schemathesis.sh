#!/usr/bin/env bash
# Sends generated requests to the payments service and checks each answer against /openapi.yaml: no 5xx, no status, header or body that
# the document does not have, nothing invalid accepted, nothing valid refused. Fails, too, when fewer than 2000 requests were sent.
#   scripts/schemathesis.sh PROGRAM, or SEED=1 EXAMPLES=300 make schemathesis
set -euo pipefail
cd "$(dirname "$0")/.."

service=$(realpath "$1")
export SEED=${SEED:-$RANDOM}
least=2000
tools=$PWD/scripts/schemathesis
environment=$PWD/.build/schemathesis
scripts/setup.sh python3 python3-venv

# Installed once; anew when the pinned versions change.
if ! cmp -s "$tools/requirements.txt" "$environment/requirements.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$tools/requirements.txt" || {
        echo "schemathesis could not be installed: pip needs PyPI, or an index that has scripts/schemathesis/requirements.txt" >&2
        exit 1
    }
    cp "$tools/requirements.txt" "$environment/"
fi

. scripts/service.sh

cd "$work"
export PAYMENTS_API_TOKENS=acme:schemathesis-token TOKEN=schemathesis-token NOTES=$work
touch requests replays
LOG_LEVEL=warning PORT=0 start_service "$service" serve
echo "seed $SEED (SEED=$SEED make schemathesis repeats it)"

failed=0
# The examples that failed before are not kept (none): what is tested depends on the seed only.
PYTHONPATH=$tools timeout 240 "$environment/bin/schemathesis" --config-file "$tools/schemathesis.toml" \
    run "$url/openapi.yaml" --seed "$SEED" --max-examples "${EXAMPLES:-300}" --generation-database none --no-color || failed=1

summary() { sort "$1" | uniq -c | awk '{ printf "%s%s %s: %s", separator, $2, $3, $1; separator = ", " }'; }
sent=$(wc -l <requests)
echo "$sent requests ($(summary requests))"
echo "$(wc -l <replays) answers asked for again with their key ($(summary replays))"
[ "$sent" -ge $least ] || { echo "FAILED: fewer than $least requests" && failed=1; }
grep -q '^POST 201' replays || { echo 'FAILED: nothing was replayed' && failed=1; }
if grep -E ' (error|critical) ' "$work/service.log"; then echo 'FAILED: the service reported errors' && failed=1; fi
exit $failed
