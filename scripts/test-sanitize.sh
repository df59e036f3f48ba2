#!/bin/sh
# The tests of LibPQ and of the engine under AddressSanitizer and ThreadSanitizer, each in a build of its own.
#   scripts/test-sanitize.sh [address] [thread]
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread

# Hundreds of tests at once would starve one another; see the Makefile.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}"
# Leaks are LeakTests' business: the language's runtime keeps what it has made once.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
export TSAN_OPTIONS="halt_on_error=0:exitcode=66:suppressions=$PWD/scripts/thread-sanitizer.supp:${TSAN_OPTIONS:-}"

run_tests() { # run_tests SANITIZER OPTIONS...
    sanitizer=$1
    shift
    SANITIZE=$sanitizer swift test --disable-xctest --sanitize "$sanitizer" --scratch-path ".build-$sanitizer" "$@"
}

for sanitizer in "$@"; do
    echo "$sanitizer sanitizer:"
    # LeakTests compare the size of the process, which is the sanitizer's here.
    run_tests "$sanitizer" --skip LeakTests --skip PurgeUnderLoadTests
    # It has a bound on how long requests take, and instrumented tests beside it would take its time.
    run_tests "$sanitizer" --filter PurgeUnderLoadTests
done
