#!/usr/bin/env bash
# Checks the model of the protocol (model/README.md) exhaustively: no error in any configuration, no statement of it that none of them
# reaches, and an error in each mutant. Everything that is built goes to .build/model.
#   scripts/model.sh [mutant]...   only these mutants, no configurations
set -euo pipefail
cd "$(dirname "$0")/.."
model=$PWD/model/idempotency.pml
build=$PWD/.build/model
megabytes=4000 # more than any configuration takes; spin stops there, and an unfinished search counts as failed

# What is checked: a name, the sizes, and whether every fair run ends ("liveness") or nothing false is reached ("safety").
configurations=(
    "2-clients-a-fault|safety|-DCLIENTS=2 -DPERFORMS=1 -DFAULTS=1 -DEXPIRIES=1 -DPURGES=1 -DRERUNS=0"
    "2-clients-retries|safety|-DCLIENTS=2 -DPERFORMS=2 -DFAULTS=0 -DEXPIRIES=1 -DPURGES=1 -DRERUNS=1"
    "2-clients-retries-a-fault|safety|-DCLIENTS=2 -DPERFORMS=2 -DFAULTS=1 -DEXPIRIES=0 -DPURGES=0 -DRERUNS=0"
    "3-clients|safety|-DCLIENTS=3 -DPERFORMS=1 -DFAULTS=0 -DEXPIRIES=1 -DPURGES=1 -DRERUNS=0"
    "3-clients-a-fault|safety|-DCLIENTS=3 -DPERFORMS=1 -DFAULTS=1 -DEXPIRIES=0 -DPURGES=0 -DRERUNS=0"
    "2-clients-every-run-ends|liveness|-DCLIENTS=2 -DPERFORMS=1 -DFAULTS=1 -DEXPIRIES=0 -DPURGES=0 -DRERUNS=0"
)
mutants=(
    LOST_ANSWER_IS_SUCCESS NO_DEDUPLICATION WRITES_KEPT_ON_FINAL_ERROR PURGE_WITHOUT_RECHECK
    ONE_CTE_CLAIM RECLAIM_WITHOUT_GUARD UNKNOWN_RUNS_AGAIN COMMIT_TAG_IGNORED
)
mutant_sizes="-DCLIENTS=2 -DEXPIRIES=1 -DPURGES=1 -DRERUNS=0"

# build FOLDER SPIN-FLAGS GCC-FLAGS: without the merging of statements (-o3), so that each is reported by itself, and with -O0,
# because gcc takes longer to optimise the search than the search takes.
build() {
    rm -rf "$1" && mkdir -p "$1" && cd "$1" && cp "$model" .
    echo "spin -k idempotency.pml.trail -t -p -g -l $2 idempotency.pml" >replay.sh
    spin $2 -o3 -a idempotency.pml >spin.log 2>&1 || { cat spin.log && exit 1; }
    gcc -w -DMEMLIM=$megabytes $3 -o pan pan.c
}

failed=0
fail() { echo "FAILED: $*" && failed=1; }

check() { # NAME KIND SIZES
    local folder=$build/$1 seconds=$SECONDS flags=-DSAFETY run=
    [ "$2" = safety ] || { flags='-DNP -DNFAIR=5' run='-l -f'; }
    # COLLAPSE compresses states without losing any. No bitstate hashing: the search is complete or fails.
    (build "$folder" "$3" "-O0 -DCOLLAPSE $flags")
    (cd "$folder" && ./pan -m1000000 -w22 $run >pan.log 2>&1 && ./pan -d >lines.log 2>&1) || true
    local errors states
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$folder/pan.log")
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$folder/pan.log")
    printf '%-28s %-9s %9s states %4s s  %s errors\n' "$1" "$2" "${states:-?}" $((SECONDS - seconds)) "${errors:-?}"
    [ "$errors" = 0 ] && ! grep -qE 'max search depth too small|Search not completed|out of memory' "$folder/pan.log" ||
        fail "$1: $(grep -m1 -E '^pan:|too small|memory' "$folder/pan.log"); see $folder/pan.log"
}

# Statements of the model that no configuration reaches: a check of what never happens proves nothing.
unreached() {
    for log in "$build"/*-clients*/pan.log; do
        folder=$(dirname "$log")
        awk '
            FILENAME ~ /pan.log$/ {
                if (/^unreached in /) process = $NF
                if (match($0, /idempotency.pml:[0-9]+, state [0-9]+/)) {
                    split(substr($0, RSTART, RLENGTH), part, /[:, ]+/)
                    unreached[process, part[4]] = 1
                }
                next
            }
            /^proctype / { process = $2 }
            match($0, /idempotency.pml:[0-9]+ =>/) {
                line = substr($0, RSTART + 16, RLENGTH - 19)
                statement = substr($0, RSTART + RLENGTH + 1)
                gsub(/[0-9]+/, "N", statement) # the sizes of a configuration
                match($0, /state +[0-9]+/)
                state = substr($0, RSTART + 5, RLENGTH - 5) + 0
                print line "\t" statement "\t" (((process, state) in unreached) ? "unreached" : "reached")
            }' "$log" "$folder/lines.log"
    done | awk -F '\t' '{ all[$1 ": " $2] = 1; if ($3 == "reached") reached[$1 ": " $2] = 1 }
        END { for (one in all) if (!(one in reached)) print "  line " one }' | sort -n -k 2
}

breaks() { # MUTANT: breadth first, so that the counterexample is a shortest one
    local folder=$build/$1 seconds=$SECONDS faults=0 performs=1 broken
    case $1 in # the smallest sizes that suffice: the counterexample is found sooner and shorter
    LOST_ANSWER_IS_SUCCESS | UNKNOWN_RUNS_AGAIN) faults=1 ;;
    RECLAIM_WITHOUT_GUARD) performs=2 ;; # one to leave a row, two to reclaim it
    esac
    (build "$folder" "$mutant_sizes -DFAULTS=$faults -DPERFORMS=$performs -D$1" "-O0 -DSAFETY -DBFS")
    (cd "$folder" && ./pan -w20 >pan.log 2>&1) || true
    broken=$(sed -n 's/^pan:[0-9]*: assertion violated \([a-z_]*\).*/\1/p' "$folder/pan.log" | head -n 1)
    printf '%-28s breaks %-34s %4s s\n' "$1" "${broken:-nothing}" $((SECONDS - seconds))
    [ -n "$broken" ] || fail "the model does not notice $1; see $folder/pan.log"
}

if [ $# -gt 0 ]; then
    mutants=("$@")
else
    rm -rf "$build"
    for configuration in "${configurations[@]}"; do
        IFS='|' read -r name kind sizes <<<"$configuration"
        check "$name" "$kind" "$sizes"
    done
    statements=$(unreached)
    [ -z "$statements" ] || fail "never reached in any configuration:"$'\n'"$statements"
fi
for mutant in "${mutants[@]}"; do breaks "$mutant"; done
exit $failed
