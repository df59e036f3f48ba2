# Sourced by the scripts that run the payments service: start_service, stop_service. Needs $work, a private folder.
# Sets $pid and $url.

start_service() { # start_service PROGRAM ARGUMENTS...: waits until it listens
    "$@" >"$work/service.log" 2>&1 &
    pid=$!
    for _ in $(seq 300); do
        url=$(sed -n 's/^listening on //p' "$work/service.log")
        [ -z "$url" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo 'the service did not start:' >&2
    cat "$work/service.log" >&2
    exit 1
}

stop_service() {
    [ -z "${pid:-}" ] || { kill -TERM "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
    pid=''
}

# The service must not take over settings of the caller's shell.
unset DATABASE_URL PAYMENTS_API_TOKENS PAYMENTS_AUTH PAYMENTS_BASELINE PAYMENTS_RETENTION PAYMENTS_KEY_SYNTAX HOST POOL

work=$(mktemp -d)
chmod 755 "$work" # the embedded server may run as another user
trap 'stop_service; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
