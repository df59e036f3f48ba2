#!/bin/sh
# Installs what building and testing need and this machine lacks: libpq's headers, pkg-config, the PostgreSQL server's
# binaries, curl, and the programs named as arguments (wrk, openssl, pgbouncer, spin, gcc, python3, python3-venv). Silent and quick when all is there. Without the right to install, prints the one command to run and fails.
set -eu

has_headers() {
    # The compiler's own way to find them: pkg-config, else the usual folder.
    if command -v pkg-config >/dev/null 2>&1; then
        pkg-config --exists libpq
    else
        [ -e /usr/include/postgresql/libpq-fe.h ] || [ -e /usr/include/libpq-fe.h ]
    fi
}

has_server() {
    command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1 && return 0
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return 0
    done
    return 1
}

PATH=$PATH:/usr/sbin # where Debian keeps pgbouncer, off the PATH of most users

debian='' fedora='' brew=''
command -v pkg-config >/dev/null 2>&1 || { debian="$debian pkg-config" fedora="$fedora pkgconf-pkg-config" brew="$brew pkgconf"; }
has_headers || { debian="$debian libpq-dev" fedora="$fedora libpq-devel" brew="$brew libpq"; }
has_server || { debian="$debian postgresql" fedora="$fedora postgresql-server" brew="$brew postgresql"; }
command -v curl >/dev/null 2>&1 || { debian="$debian curl" fedora="$fedora curl" brew="$brew curl"; }
for program in "$@"; do # packages of this name exist everywhere
    if [ "$program" = python3-venv ]; then # no program: a module that Debian has apart from python3
        python3 -c 'import ensurepip' 2>/dev/null || { debian="$debian python3-venv" fedora="$fedora python3" brew="$brew python3"; }
        continue
    fi
    command -v "$program" >/dev/null 2>&1 || { debian="$debian $program" fedora="$fedora $program" brew="$brew $program"; }
done
[ -n "$debian" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    root=''
    if [ "$(id -u)" -ne 0 ]; then
        root=sudo
        if ! sudo -n true 2>/dev/null; then
            echo "Missing:$debian. Run: sudo apt-get update && sudo apt-get install -y$debian" >&2
            exit 1
        fi
    fi
    case $debian in
    *postgresql*)
        # Debian would make and start a cluster of its own. We need the programs only.
        if ! grep -qs '^[[:space:]]*create_main_cluster' /etc/postgresql-common/createcluster.conf; then
            $root mkdir -p /etc/postgresql-common
            echo 'create_main_cluster = false' | $root tee -a /etc/postgresql-common/createcluster.conf >/dev/null
        fi
        ;;
    esac
    case $debian in
    *pgbouncer*)
        # Nor is a pooler of its own to be started, now or with the machine.
        [ -e /etc/systemd/system/pgbouncer.service ] || $root ln -s /dev/null /etc/systemd/system/pgbouncer.service 2>/dev/null || true
        ;;
    esac
    echo "Installing:$debian" >&2
    log=$(mktemp)
    if ! {
        $root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
                -o Dpkg::Options::=--force-confold $debian
    } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "apt-get failed; the log is $log" >&2
        exit 1
    fi
    rm -f "$log"
elif command -v dnf >/dev/null 2>&1; then
    echo "Missing:$fedora. Run: sudo dnf install -y$fedora" >&2
    exit 1
elif command -v brew >/dev/null 2>&1; then
    echo "Missing:$brew. Run: brew install$brew" >&2
    exit 1
else
    echo "Missing (by Debian's names):$debian. Install them with this system's package manager." >&2
    exit 1
fi
