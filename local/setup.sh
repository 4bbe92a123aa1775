#!/usr/bin/env bash
# Installs one part of what the project needs, inside the project's folder: python, node or firestore.
# `make` calls it with the part and its inputs, only when these have changed. chromium, for the tests of the pages, is the system's own.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'make setup: %s\n' "$*" >&2; exit 1; }

usable_python() { "$1" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if usable_python "$candidate"; then echo "$candidate"; return; fi
    done
    fail "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3-venv)." \
        "If it has an unusual name: make setup PYTHON=/path/to/python3"
}

setup_python() {
    if ! usable_python .local/venv/bin/python; then
        local python
        python=$(find_python)
        rm -rf .local/venv
        "$python" -m venv .local/venv
    fi
    echo "Installing the Python packages into .local/venv (a minute or two the first time)"
    env -u PYTHONDONTWRITEBYTECODE .local/venv/bin/python -m pip install --quiet \
        --disable-pip-version-check --require-hashes -r requirements.txt -r requirements/dev.txt
}

setup_node() {
    local version
    version=$(node --version 2>/dev/null) || fail "Node.js 20 or newer is needed."
    version=${version#v}
    [ "${version%%.*}" -ge 20 ] || fail "Node.js 20 or newer is needed; this is $version."
    echo "Installing the Firebase tools into local/node_modules (a minute the first time)"
    npm ci --prefix local --ignore-scripts --no-audit --no-fund --silent
}

setup_firestore() { .local/venv/bin/python -m local.emulators --install; }

has_chromium() {
    [ -n "$(type -P ${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable} || true)" ]
}

setup_chromium() {
    if has_chromium; then return; fi
    if [ "$(id -u)" = 0 ] && type -P apt-get >/dev/null; then
        echo "Installing Chromium (a minute)"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends chromium fonts-dejavu >/dev/null || true
    fi
    has_chromium || fail "the tests of the pages need Chromium (Debian: apt-get install chromium)." \
        "If one is there under another name: CHROMIUM=/path/to/it. Everything else works without."
}

is_done() { # the stamp is newer than each of the inputs; without inputs there is no telling
    local input
    [ -e "$stamp" ] && [ $# -gt 0 ] || return 1
    for input in "$@"; do [ "$stamp" -nt "$input" ] || return 1; done
}

part=$1 stamp=.local/stamps/$1
shift
mkdir -p .local/stamps
if type -P flock >/dev/null; then # one set-up of a part at a time; the lock goes with the process
    exec 9>".local/stamps/.$part.lock"
    if ! flock --nonblock 9; then
        echo "Another set-up of $part is running; waiting for it"
        flock 9
    fi
fi
if is_done "$@"; then exit 0; fi
rm -f "$stamp" # what is half done must not look done
"setup_$part"
touch "$stamp"
