#!/usr/bin/env bash
# Pins the dependencies with their hashes. Keeps today's versions where it can; UPGRADE=1 renews all.
# The locks name no package index: whoever installs uses their own.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${VENV:-.local/venv}/bin/uv
locks=()

compile() { # LOCK, then what goes into it
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-strip-extras --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} -o "$@"
    locks+=("$1")
}
compile requirements.txt --group runtime
compile requirements-dev.txt pyproject.toml --group dev -c requirements.txt
compile requirements-deploy.txt --group infrastructure # apart: Pulumi needs protobuf before 7
for function in functions/*/main.py; do # what each ships, in the versions that all are tested with
    folder=$(dirname "$function")
    compile "$folder/requirements.txt" --group "$(basename "$folder")" -c requirements.txt
done
for folder in local clients/typescript; do
    npm install --prefix "$folder" --package-lock-only --omit-lockfile-registry-resolved \
        --ignore-scripts --no-audit --no-fund --loglevel=error
done

if grep -nE '^-|://|"resolved"' "${locks[@]}" ||
    grep -n '"resolved"' local/package-lock.json clients/typescript/package-lock.json; then
    echo "make lock: these lines name where a package came from" >&2
    exit 1
fi
