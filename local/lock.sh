#!/usr/bin/env bash
# Pins the dependencies with their hashes. Keeps today's versions where it can; UPGRADE=1 renews all.
# The locks name no package index: whoever installs uses their own.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .local/venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "${@:3}" "$1" -o "$2"
}
compile requirements/runtime.in requirements.txt
compile requirements/dev.in requirements/dev.txt
locks=(requirements.txt requirements/dev.txt)
for function in functions/*/main.py; do # what each ships, in the versions that all are tested with
    name=$(basename "$(dirname "$function")")
    compile "requirements/$name.in" "functions/$name/requirements.txt" -c requirements.txt
    locks+=("functions/$name/requirements.txt")
done
npm install --prefix local --package-lock-only --omit-lockfile-registry-resolved \
    --ignore-scripts --no-audit --no-fund --silent

if grep -nE '^-|"resolved"' "${locks[@]}" local/package-lock.json; then
    echo "make lock: these lines name where a package came from" >&2
    exit 1
fi
