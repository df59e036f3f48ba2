#!/bin/sh
# Fuzzes what reads bytes of strangers, each target for SECONDS_EACH (20): the parser of keys, the codec of stored header fields, canonical
# JSON. Arguments name targets; without any, all. SEED repeats a run from the same corpus. Fails on a find, and names the file with the input.
#
# libFuzzer comes with the Swift toolchain. A few files are compiled on their own, in seconds, where a build of the package
# with coverage would take minutes.
set -eu
cd "$(dirname "$0")/.."

seconds=${SECONDS_EACH:-20}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
checkouts=.build/checkouts
out=.build-fuzz
engine=Sources/Idempotency
flags='-O -gline-tables-only -wmo -parse-as-library -sanitize=fuzzer'

# To libFuzzer 0 means without end.
[ "$seconds" -gt 0 ] || { echo 'SECONDS_EACH must be a number above 0' >&2 && exit 2; }

[ -d $checkouts/swift-http-types ] || swift package resolve
mkdir -p $out

# A module of a dependency: its object file and what `import` reads.
module() {
    swiftc $flags -suppress-warnings -module-name "$1" -emit-module -emit-module-path "$out/$1.swiftmodule" -c -o "$out/$1.o" "$2"/*.swift
}

# A target: its name, the dependency that it links ('' for none), and the files under test.
fuzz() {
    name=$1 dependency=$2 file=$3
    shift 3
    [ -n "$(ls "Tests/Fuzz/Corpus/$name" 2>&-)" ] || { echo "$name: there is no seed in Tests/Fuzz/Corpus/$name" >&2 && exit 1; }
    echo "== $name for $seconds s, seed $seed"
    [ -z "$dependency" ] || dependency="-I $out $out/$dependency.o"
    swiftc $flags -swift-version 6 -enable-upcoming-feature InternalImportsByDefault -use-ld=lld -module-name Fuzz $dependency \
        -o "$out/$name" Tests/Fuzz/EntryPoint.swift "Tests/Fuzz/$file" "$@"
    mkdir -p "$out/corpus/$name" "$out/finds"
    # New inputs go to the first folder; the committed ones stay as they are. No input that matters is longer than 4 KiB.
    # Swift's own report of a crash would come before libFuzzer's, which keeps the input.
    if ! SWIFT_BACKTRACE=enable=no "$out/$name" -seed="$seed" -max_total_time="$seconds" -max_len=4096 -timeout=5 -print_final_stats=1 \
        -artifact_prefix="$out/finds/$name-" "$out/corpus/$name" "Tests/Fuzz/Corpus/$name" >"$out/$name.log" 2>&1; then
        tail -n 40 "$out/$name.log" >&2
        echo "$name: found something with seed $seed. The input: $(sed -n 's/.*Test unit written to //p' "$out/$name.log")" >&2
        exit 1
    fi
    sed -n 's/^stat::\(number_of_executed_units\|new_units_added\): */   \1 /p' "$out/$name.log"
}

for target in ${*:-key headers json}; do
    case $target in
    key)
        module RawStructuredFieldValues $checkouts/swift-http-structured-headers/Sources/RawStructuredFieldValues
        fuzz key RawStructuredFieldValues KeyTarget.swift $engine/Key/IdempotencyKey.swift $engine/Key/KeyError.swift
        ;;
    headers)
        module HTTPTypes $checkouts/swift-http-types/Sources/HTTPTypes
        fuzz headers HTTPTypes HeadersTarget.swift $engine/Outcome/HeaderCodec.swift $engine/Outcome/HeaderCodecError.swift
        ;;
    json) fuzz json '' JSONTarget.swift $engine/Fingerprint/CanonicalJSON.swift $engine/Fingerprint/JSONDecimal.swift ;;
    *)
        echo "no target $target: key, headers, json" >&2
        exit 2
        ;;
    esac
done
