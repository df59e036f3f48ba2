#!/bin/sh
# Compiles the SQL files of migrations/ into the products: writes the Swift files named below. Run it after every change to
# a migration; tests compare its output with the files, byte by byte.
#
#   scripts/embed-migrations.sh            write the Swift files
#   scripts/embed-migrations.sh --check    write nothing, exit 1 when one of them is out of date
set -eu
cd "$(dirname "$0")/.."

# A raw string keeps the SQL readable in a diff. Only these could end it or be taken for an escape.
refuse() {
    if grep -q -F -e '"""' -e '\#' "$1" || grep -q "$(printf '\r')" "$1"; then
        echo "$1: contains \"\"\", \\# or a carriage return, which scripts/embed-migrations.sh cannot write" >&2
        exit 1
    fi
    if [ -n "$(tail -c 1 "$1")" ]; then
        echo "$1: does not end with a line break" >&2
        exit 1
    fi
}

# generate DIRECTORY PROPERTY ACCESS IMPORTED: the Swift file on standard output.
generate() {
    # Above the imports, or the formatter does not see it.
    echo "// swift-format-ignore-file"
    echo "// Written by scripts/embed-migrations.sh from $1/*.sql. Do not edit."
    echo
    if [ -n "$4" ]; then
        echo "$4"
        echo
    fi
    echo "extension MigrationSet {"
    echo "    /// The files of \`$1/\`, compiled in: a deployed program needs no checkout."
    echo "    $3static let $2 = MigrationSet("
    echo "        name: \"$2\","
    echo "        compiled: ["
    for file in "$1"/*.sql; do
        refuse "$file"
        echo "            \"$(basename "$file")\": #\"\"\""
        cat "$file"
        # The line break before the closing delimiter is not part of the string: the file's own last one needs this line.
        echo
        echo "\"\"\"#,"
    done
    echo "        ]"
    echo "    )"
    echo "}"
}

status=0
# embed DIRECTORY PROPERTY ACCESS IMPORTED TARGET
embed() {
    new=$(mktemp)
    generate "$1" "$2" "$3" "$4" > "$new"
    if cmp -s "$new" "$5"; then
        rm -f "$new"
    elif [ "$check" = yes ]; then
        rm -f "$new"
        echo "$5 is out of date: run scripts/embed-migrations.sh" >&2
        status=1
    else
        mkdir -p "$(dirname "$5")"
        cat "$new" > "$5"
        rm -f "$new"
        echo "wrote $5"
    fi
}

case "${1-}" in
    "") check=no ;;
    --check) check=yes ;;
    *) echo "usage: scripts/embed-migrations.sh [--check]" >&2; exit 2 ;;
esac

embed migrations idempotency "public " "" "Sources/SQLMigrations/Set/MigrationSet+Idempotency.swift"
embed migrations/payments payments "" "import SQLMigrations" "Sources/Payments/Migrations/MigrationSet+Payments.swift"
exit $status
