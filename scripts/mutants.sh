#!/bin/sh
# Do the tests notice? Runs some of them once as they are, which must pass, and once for each fault that Sources/*/Mutant can put into the
# code, which must fail within a minute. Uses the build of `make test-sanitize SANITIZERS=address`.
#   scripts/mutants.sh [name...]
set -eu
cd "$(dirname "$0")/.."

export SANITIZE=address
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}"
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
log=.build-address/mutants.log

# Which suites have to notice which fault.
suites() {
    case $1 in
    commit-tag-ignored | commit-warning-ignored) echo 'CommitDecisionTests|ConflictTests' ;;
    lost-answer-is-success) echo WireFaultTests ;;
    no-deduplication) echo 'DuplicateTests|ClaimTests' ;;
    writes-kept-on-final-error) echo 'EndingTests|DuplicateTests' ;;
    purge-without-recheck) echo PurgeServiceTests/reclaimedMeanwhile ;;
    one-statement-claim | reclaim-without-guard | fingerprint-ignored) echo ClaimTests ;;
    *) echo "there is no mutant $1" >&2 && exit 1 ;;
    esac
}
all="commit-tag-ignored commit-warning-ignored lost-answer-is-success no-deduplication writes-kept-on-final-error
    purge-without-recheck one-statement-claim reclaim-without-guard fingerprint-ignored"

for mutant in "$@"; do suites "$mutant" >/dev/null; done

swift build --build-tests --sanitize address --scratch-path .build-address >&2
run() { # run MUTANT SUITES: the tests' exit code
    MUTANT=$1 timeout -k 5 60 swift test --disable-xctest --skip-build --sanitize address --scratch-path .build-address \
        --filter "$2" >"$log" 2>&1
}

everything=
for mutant in $all; do everything="$everything|$(suites "$mutant")"; done
if ! MUTANT= timeout -k 5 300 swift test --disable-xctest --skip-build --sanitize address --scratch-path .build-address \
    --filter "${everything#|}" >"$log" 2>&1; then
    grep -a '✘' "$log" || tail -20 "$log"
    echo 'the tests fail without a mutant' >&2
    exit 1
fi
echo 'without a mutant: the tests pass'

survivors=0
for mutant in ${*:-$all}; do
    start=$(date +%s)
    code=0
    run "$mutant" "$(suites "$mutant")" || code=$?
    first=$(grep -a -m 1 'recorded an issue' "$log" | sed 's/.*Test "\([^"]*\)".*/\1/; s/.*Test \([a-zA-Z]*()\).*/\1/') || true
    if [ "$code" != 0 ] && [ -n "$first" ]; then
        printf '%-28s noticed after %2d s: %s\n' "$mutant" $(($(date +%s) - start)) "$first"
    else
        printf '%-28s SURVIVED (exit code %d)\n' "$mutant" "$code"
        survivors=$((survivors + 1))
    fi
done
[ "$survivors" = 0 ]
